//! What was believed of a call after each event, and what was decided when its time had come. The
//! log has neither: both are found as they were then, by the call's own steps.

use super::story::{self, EventLine};
use call::Call;
use call::CallState;
use call::call::{Command, CommandState, Effect, Event, GREETING, News, born, step};
use store::KeptEvent;

/// The story's lines of `page`, where `before` are all events before it.
pub(crate) fn lines(before: &[KeptEvent], page: &[KeptEvent]) -> Vec<EventLine> {
    let mut call = None;
    for kept in before {
        moved(&mut call, &kept.event);
    }
    let line = |kept: &KeptEvent| {
        let mut line = story::line(kept);
        let Moved { decided, recording } = moved(&mut call, &kept.event);
        if let Some(decided) = decided {
            line.summary = decided;
        } else if let Some(what) = recording {
            line.summary = format!("{}; {what}", line.summary);
        }
        line.state = call.as_ref().map(|call| call.state.word());
        line
    };
    page.iter().map(line).collect()
}

/// What came of an event beside the state that it led to.
#[derive(Default)]
struct Moved {
    /// What was decided, if it was time that moved the call.
    decided: Option<String>,
    /// What the carrier is asked of a recording then.
    recording: Option<&'static str>,
}

/// Moves the call, and says what came of it.
fn moved(call: &mut Option<Call>, event: &Event) -> Moved {
    let Some(before) = call.take() else {
        *call = born(event);
        return Moved::default();
    };
    let step = step(&before, event);
    let decided = (event.news == News::CheckDue).then(|| decided(&before, &step.call, &step.effects));
    *call = Some(step.call);
    Moved { decided, recording: step.effects.iter().find_map(recording) }
}

fn recording(effect: &Effect) -> Option<&'static str> {
    Some(match effect {
        Effect::Record => "its carrier is asked to record it",
        Effect::StopRecording => "its carrier is told to record it no longer",
        Effect::FetchRecording => "what its carrier recorded is looked for",
        Effect::DropRecording => "its carrier's copy of the recording is to go",
        Effect::Place
        | Effect::Find
        | Effect::LookUp(_)
        | Effect::HangUp(_)
        | Effect::Answer(_)
        | Effect::Perform(_)
        | Effect::Conclude(_) => return None,
    })
}

fn decided(before: &Call, after: &Call, effects: &[Effect]) -> String {
    let mut parts: Vec<String> = Vec::new();
    if before.state.word() != after.state.word() {
        parts.extend(state(&after.state));
    }
    parts.extend(after.commands.iter().filter_map(|command| {
        let known = before.command(command.id).map(|known| &known.state);
        (known != Some(&command.state)).then(|| self::command(command))?
    }));
    if effects.iter().any(|effect| matches!(effect, Effect::LookUp(_) | Effect::Find)) {
        parts.push("the carrier is asked".to_owned());
    }
    parts.extend(effects.iter().filter_map(recording).map(str::to_owned));
    if parts.is_empty() { "its time had come: nothing was to be done".to_owned() } else { parts.join("; ") }
}

/// Of what its time may make a call.
fn state(state: &CallState) -> Option<String> {
    match state {
        CallState::HangingUp(hanging) => Some(format!("it is to end: {}", hanging.cause)),
        CallState::Ended(over) => {
            Some(format!("it is over: {} ({})", over.ending.kind.word(), over.ending.cause))
        }
        CallState::Queued(_)
        | CallState::Placing(_)
        | CallState::Initiated(_)
        | CallState::Ringing(_)
        | CallState::Offered(_)
        | CallState::Answering(_)
        | CallState::InProgress(_) => None,
    }
}

fn command(command: &Command) -> Option<String> {
    let name = match command.id {
        GREETING => "greeting".to_owned(),
        id => format!("{} {id}", command.verb.word()),
    };
    match &command.state {
        CommandState::Asked | CommandState::Taken { .. } => None,
        CommandState::Stopping { .. } => Some(format!("the carrier is told again to end {name}")),
        CommandState::Sent { .. } => Some(format!("{name} goes to the carrier")),
        CommandState::Done(_) => Some(format!("{name} done: its time had passed")),
        CommandState::Failed { reason, .. } => Some(format!("{name} failed: {reason}")),
        CommandState::InDoubt { why, .. } => Some(format!("{name} in doubt: {why}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use call::Timestamp;
    use call::call::{Roll, Source};
    use serde_json::{Value, json};
    use std::time::Duration;

    /// A talk in which two things are asked of the call, and the carrier tells the end of neither.
    fn log() -> Vec<KeptEvent> {
        let limits = json!({
            "queue_max": 60_000, "ring_max": 45_000, "duration_max": 600_000, "find_max": 120_000,
            "settle": 15_000, "look_unanswered": 5_000, "look_talking": 30_000,
        });
        let facts = json!({
            "id": "c_00000000000000000000000007", "direction": "outbound", "from": "+12025550100",
            "to": "+12025550143", "carrier": "main", "created_at": 0, "limits": limits,
        });
        let say = json!({ "command_asked": { "say": { "text": "Hello" } } });
        let lasts = Duration::from_secs(2).as_millis();
        let news = [
            (0, json!({ "asked": facts })),
            (1, json!({ "admitted": { "send_by": 5_000 } })),
            (2, json!({ "placed": { "leg": "CA1" } })),
            (3, json!({ "progressed": { "leg": "CA1", "progress": "in_progress" } })),
            (4, say.clone()),
            (5, say),
            (6, json!({ "command_replied": { "id": 1, "reply": { "taken": { "lasts": lasts } } } })),
            (2_006, json!("check_due")),
            (20_000, json!("check_due")),
            (20_001, json!("check_due")),
        ];
        let kept = |(index, (at, news)): (usize, (i64, Value))| {
            let news = serde_json::from_value(news).unwrap();
            let event = Event { at: Timestamp(at), roll: Roll(500), source: Source::Gateway, news };
            KeptEvent { version: index as u64 + 1, event }
        };
        news.into_iter().enumerate().map(kept).collect()
    }

    #[test]
    fn what_time_decided_is_told_on_whatever_page_it_stands() {
        let log = log();
        for cut in 0..log.len() {
            let (before, page) = log.split_at(cut);
            let lines = lines(before, page);
            let told: Vec<&str> = lines.iter().map(|line| line.summary.as_str()).collect();
            let expected = [
                "say 1 done: its time had passed; say 2 goes to the carrier; the carrier is asked",
                "say 2 in doubt: the carrier did not answer; the carrier is asked",
                "the carrier is asked",
            ];
            let n_told = told.len().min(expected.len());
            assert_eq!(told[told.len() - n_told..], expected[expected.len() - n_told..], "from {cut}");
            let believed: Vec<&str> = lines.iter().filter_map(|line| line.state).collect();
            let states = ["queued", "placing", "initiated", "in_progress"];
            let expected: Vec<&str> = (cut..log.len()).map(|nth| states[nth.min(3)]).collect();
            assert_eq!(believed, expected, "from {cut}");
        }
    }

    #[test]
    fn a_call_that_waited_too_long_is_over() {
        let mut log = log();
        log.drain(1..log.len() - 1);
        log[1].event.at = Timestamp(60_000);
        assert_eq!(lines(&[], &log)[1].summary, "it is over: failed (not_admitted)");
    }
}
