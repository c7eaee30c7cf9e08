//! What a line of the log is to somebody who wants to be told of calls.

use crate::config::settings::NoticeKind as Kind;
use call::Call;
use call::CallState;
use call::call::{Command, Event, News, born, step};
use store::KeptEvent;

/// One thing that a line tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tells {
    /// Of what.
    pub(crate) kind: Kind,
    /// The command that is over.
    pub(crate) command: Option<Command>,
}

/// What the last line of a call's log tells, where `log` is all of it up to there.
pub(crate) fn tells(log: &[KeptEvent]) -> Vec<Tells> {
    let Some((last, before)) = log.split_last() else { return Vec::new() };
    let was = call_after(before);
    let is = moved(was.as_ref(), &last.event);
    match is {
        Some(is) => told(was.as_ref(), &is, &last.event),
        None => Vec::new(),
    }
}

fn call_after(log: &[KeptEvent]) -> Option<Call> {
    log.iter().fold(None, |call: Option<Call>, line| moved(call.as_ref(), &line.event).or(call))
}

fn moved(call: Option<&Call>, event: &Event) -> Option<Call> {
    match call {
        None => born(event),
        Some(call) => Some(step(call, event).call),
    }
}

fn told(was: Option<&Call>, is: &Call, event: &Event) -> Vec<Tells> {
    let mut told = Vec::new();
    let mut tell = |kind| told.push(Tells { kind, command: None });
    match &event.news {
        News::AnsweredBy { .. } => tell(Kind::AnsweredBy),
        News::Spoken { .. } => tell(Kind::Spoken),
        News::DigitsHeard { .. } => tell(Kind::Pressed),
        News::OptedOut(_) => tell(Kind::OptedOut),
        _ => {}
    }
    let over = is.commands.iter().filter(|command| {
        let open = was.and_then(|was| was.command(command.id)).is_some_and(|known| known.state.is_open());
        open && !command.state.is_open()
    });
    told.extend(over.map(|command| Tells { kind: Kind::CommandOver, command: Some(command.clone()) }));
    if was.map(|was| was.state.word()) != Some(is.state.word()) {
        told.extend(state(&is.state).map(|kind| Tells { kind, command: None }));
    }
    told
}

fn state(state: &CallState) -> Option<Kind> {
    match state {
        CallState::Queued(_) => Some(Kind::Queued),
        CallState::Initiated(_) => Some(Kind::Placed),
        CallState::Ringing(_) => Some(Kind::Ringing),
        CallState::Offered(_) => Some(Kind::Offered),
        CallState::InProgress(_) => Some(Kind::Answered),
        CallState::Ended(_) => Some(Kind::Ended),
        CallState::Placing(_) | CallState::Answering(_) | CallState::HangingUp(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use call::Timestamp;
    use call::call::{Roll, Source};
    use serde_json::{Value, json};

    fn log(news: &[Value]) -> Vec<KeptEvent> {
        let event = |(at, news): (i64, &Value)| Event {
            at: Timestamp(at),
            source: Source::Webhook,
            roll: Roll(0),
            news: serde_json::from_value(news.clone()).unwrap(),
        };
        let kept = |(version, event)| KeptEvent { version, event };
        (1..).zip((0..).zip(news).map(event)).map(kept).collect()
    }

    fn asked() -> Value {
        let limits = json!({
            "queue_max": 60_000, "ring_max": 45_000, "duration_max": 600_000, "find_max": 120_000,
            "settle": 15_000, "look_unanswered": 5_000, "look_talking": 30_000,
        });
        json!({ "asked": {
            "id": "c_00000000000000000000000007", "direction": "outbound", "from": "+12025550100",
            "to": "+12025550143", "carrier": "main", "created_at": 0, "limits": limits, "hold": true,
        }})
    }

    #[test]
    fn each_line_tells_what_it_changed() {
        let progressed = |progress: &str| json!({ "progressed": { "leg": "CA1", "progress": progress } });
        let lines = [
            (asked(), "call.queued"),
            (json!({ "admitted": { "send_by": 5_000 } }), ""),
            (json!({ "placed": { "leg": "CA1" } }), "call.placed"),
            (progressed("ringing"), "call.ringing"),
            (progressed("ringing"), ""),
            (progressed("in_progress"), "call.answered"),
            (json!({ "command_asked": { "say": { "text": "Hello" } } }), ""),
            (json!({ "command_replied": { "id": 1, "reply": { "taken": { "lasts": null } } } }), ""),
            (
                json!({ "command_heard": { "id": 1, "leg": "CA1", "performed": { "finished": {} } } }),
                "call.command_over",
            ),
            (json!({ "hang_up_requested": { "by": "agent", "cause": "hangup_requested" } }), ""),
        ];
        let news: Vec<Value> = lines.iter().map(|(news, _)| news.clone()).collect();
        let log = log(&news);
        for (n, (news, expected)) in lines.iter().enumerate() {
            let told: Vec<_> = tells(&log[..=n]).iter().map(|one| one.kind.word()).collect();
            assert_eq!(told.join(" "), *expected, "{news}");
        }
        assert_eq!(tells(&log[..9])[0].command.as_ref().map(|command| command.id.0), Some(1));
        assert_eq!(tells(&[]), []);
    }
}
