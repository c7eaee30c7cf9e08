//! Calls as JSON. The shapes are promised: `docs/http.md`.

use call::call::{
    AnsweredBy, Command, CommandState, ConfirmedBy, Direction, EndedBy, Ending, EndingKind, Outcome,
    Recording, RecordingState,
};
use call::{Call, CallState, CarrierName, Timestamp};
use engine::{RecoveryLine, Stranger};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Call")]
pub(crate) struct CallView {
    /// Our name for it: `c_` and 26 letters; names sort by age.
    id: String,
    /// How it stands.
    #[schemars(extend("enum" = CallState::WORDS))]
    state: &'static str,
    #[schemars(extend("enum" = DIRECTIONS))]
    direction: &'static str,
    /// A number, or what else the carrier names there, such as `anonymous`.
    from: String,
    /// A number, or what else the carrier names there.
    to: String,
    /// The name of its section in the configuration.
    carrier: String,
    /// The carrier's name for it, once that is known.
    carrier_call_id: Option<String>,
    /// When it was asked for, or came in.
    created_at: String,
    /// When it was answered.
    answered_at: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// How it ended, when it is over.
    ending: Option<EndingView>,
    /// When its state ends at the latest.
    deadline: Option<String>,
    /// What is said when it is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<String>,
    /// The agent that talks then.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// Whether the line is held when that was said.
    #[serde(skip_serializing_if = "is_false")]
    hold: bool,
    /// What was asked of it, the oldest first: the last 32.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<CommandView>,
    /// The keys that the other side pressed unasked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pressed: String,
    /// Since when the other side wants no more calls, if they said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    opted_out_at: Option<String>,
    /// Who picked up, as far as the carrier listened for it.
    answered_by: Option<&'static str>,
    /// The token that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    placed_by: Option<String>,
    /// What is kept of its sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<RecordingView>,
    /// Its name in the gateway that it was taken over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    imported_id: Option<String>,
    /// That hanging up has failed again and again, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<String>,
    /// Legs at the carrier that belong to it, should not live, and are being hung up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    strays: Vec<String>,
    /// What a queued call waits for: `slot`, `doubt`, `pace`, `retry` or `pause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<&'static str>,
}

/// How a call ended.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ending")]
struct EndingView {
    #[schemars(extend("enum" = EndingKind::ALL.map(EndingKind::word)))]
    kind: &'static str,
    /// Who ended it.
    #[schemars(extend("enum" = ["agent", "remote", "carrier", "gateway"]))]
    by: &'static str,
    /// Why, in a word or a sentence.
    cause: String,
    /// The carrier's own word for it.
    carrier_code: Option<String>,
    /// Who said that it is over.
    #[schemars(extend("enum" = ["webhook", "look_up", "listing", "reply", "gateway", "import", "nobody"]))]
    confirmed_by: &'static str,
    /// How long it lasted, in seconds, by the carrier's reckoning.
    duration_s: Option<u64>,
}

/// What is kept of a call's sound.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Recording")]
struct RecordingView {
    #[schemars(extend("enum" = ["recording", "awaited", "kept", "failed", "deleted"]))]
    state: &'static str,
    begun_at: String,
    seconds: u64,
    bytes: u64,
    /// How often its sound came.
    parts: u32,
    /// Why the rest is missing.
    failed: Option<String>,
}

/// Something that was asked of a call, and what came of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Command")]
pub(crate) struct CommandView {
    /// Its number in its call, from 1.
    id: u32,
    /// `say`, `ask`, `play`, `digits`, `transfer` or `stream`.
    verb: &'static str,
    /// How it stands.
    state: &'static str,
    asked_at: String,
    /// Who asked for it: `agent` or `api`.
    by: &'static str,
    /// The keys that were pressed.
    digits: Option<String>,
    /// The words that were heard.
    speech: Option<String>,
    /// How the leg ended to which the call was put through.
    transfer: Option<String>,
    /// Whether it ended before its time.
    stopped: bool,
    /// Of one that failed: the carrier's code, or ours.
    code: Option<String>,
    /// Why it failed, or is in doubt.
    why: Option<String>,
}

impl CallView {
    /// The call as programs see it.
    pub(crate) fn of(call: &Call) -> CallView {
        let facts = &call.facts;
        let over = match &call.state {
            CallState::Ended(over) => Some(over),
            _ => None,
        };
        CallView {
            id: facts.id.to_string(),
            state: call.state.word(),
            direction: direction(facts.direction),
            from: facts.from.as_str().to_owned(),
            to: facts.to.as_str().to_owned(),
            carrier: facts.carrier.as_str().to_owned(),
            carrier_call_id: call.leg().map(|leg| leg.as_str().to_owned()),
            created_at: rfc3339(facts.created_at),
            answered_at: call.answered_at().map(rfc3339),
            ended_at: over.map(|over| rfc3339(over.ended_at)),
            ending: over.map(|over| ending(&over.ending)),
            deadline: call.state.deadline().map(rfc3339),
            say: facts.say.clone(),
            agent: facts.agent.as_ref().map(|agent| agent.name.clone()),
            hold: facts.hold,
            commands: call.commands.iter().map(command).collect(),
            pressed: call.pressed.iter().map(|one| one.digits.as_str()).collect(),
            opted_out_at: call.opted_out.map(rfc3339),
            answered_by: call.answered_by.map(AnsweredBy::word),
            placed_by: facts.placed_by.clone(),
            recording: call.recording.as_ref().map(recording),
            imported_id: facts.imported_id.clone(),
            alarm: call.alarm(),
            strays: call.strays.iter().map(|stray| stray.leg.as_str().to_owned()).collect(),
            waits_for: None,
        }
    }

    /// Says what a queued call waits for: `slot`, `doubt`, `pace`, `retry` or `pause`.
    pub(crate) fn waiting_for(self, what: Option<&'static str>) -> CallView {
        CallView { waits_for: what, ..self }
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

fn recording(recording: &Recording) -> RecordingView {
    let Recording { begun_at, parts, state, ms, bytes, failed } = recording;
    let state = match (state, failed) {
        (RecordingState::Kept, Some(_)) if *bytes == 0 => "failed",
        (state, _) => state.word(),
    };
    RecordingView {
        state,
        begun_at: rfc3339(*begun_at),
        seconds: ms / 1_000,
        bytes: *bytes,
        parts: *parts,
        failed: failed.clone(),
    }
}

/// Something that was asked of a call.
pub(crate) fn command(command: &Command) -> CommandView {
    let (mut code, mut why) = (None, None);
    let mut outcome = None;
    match &command.state {
        CommandState::Asked
        | CommandState::Sent { .. }
        | CommandState::Taken { .. }
        | CommandState::Stopping { .. } => {}
        CommandState::Done(done) => outcome = Some(done.clone()),
        CommandState::Failed { code: said, reason } => {
            (code, why) = (Some(said.clone()), Some(reason.clone()));
        }
        CommandState::InDoubt { why: doubt, .. } => why = Some(doubt.clone()),
    }
    let Outcome { digits, speech, transfer, stopped } = outcome.unwrap_or_default();
    CommandView {
        id: command.id.0,
        verb: command.verb.word(),
        state: command.state.word(),
        asked_at: rfc3339(command.asked_at),
        by: if command.by_agent { "agent" } else { "api" },
        digits,
        speech,
        transfer,
        stopped,
        code,
        why,
    }
}

fn ending(ending: &Ending) -> EndingView {
    let by = match ending.by {
        EndedBy::Agent => "agent",
        EndedBy::Remote => "remote",
        EndedBy::Carrier => "carrier",
        EndedBy::Gateway => "gateway",
    };
    EndingView {
        kind: ending.kind.word(),
        by,
        cause: ending.cause.clone(),
        carrier_code: ending.carrier_code.clone(),
        confirmed_by: confirmed_by(ending.confirmed_by),
        duration_s: ending.duration.map(|duration| duration.as_secs()),
    }
}

fn confirmed_by(by: ConfirmedBy) -> &'static str {
    match by {
        ConfirmedBy::Webhook => "webhook",
        ConfirmedBy::LookUp => "look_up",
        ConfirmedBy::Listing => "listing",
        ConfirmedBy::Reply => "reply",
        ConfirmedBy::Gateway => "gateway",
        ConfirmedBy::Import => "import",
        ConfirmedBy::Nobody => "nobody",
    }
}

/// One call that the last start found unfinished.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Recovered {
    id: String,
    to: String,
    /// The state that was believed at the start.
    believed: String,
    /// What the carrier says of it.
    carrier: Option<String>,
    /// What was decided.
    decision: &'static str,
    /// Why.
    why: String,
    /// Its state now.
    after: &'static str,
}

/// One call that the last start found unfinished.
pub(crate) fn recovered(line: &RecoveryLine) -> Recovered {
    Recovered {
        id: line.call.facts.id.to_string(),
        to: line.call.facts.to.as_str().to_owned(),
        believed: line.believed.clone(),
        carrier: line.carrier.clone(),
        decision: line.decision.word(),
        why: line.why.clone(),
        after: line.call.state.word(),
    }
}

/// A live call at a carrier that isn't in the store and is left alone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Stranger")]
pub(crate) struct StrangerView {
    carrier: String,
    carrier_call_id: String,
    /// The id that its mark has, if it has one.
    id: Option<String>,
    #[schemars(extend("enum" = ["inbound", "outbound", null]))]
    direction: Option<&'static str>,
    from: Option<String>,
    to: Option<String>,
}

/// The live calls at each carrier that aren't in the store and are left alone.
pub(crate) fn strangers(found: &BTreeMap<CarrierName, Vec<Stranger>>) -> Vec<StrangerView> {
    let told = |carrier: &CarrierName, stranger: &Stranger| StrangerView {
        carrier: carrier.as_str().to_owned(),
        carrier_call_id: stranger.leg.as_str().to_owned(),
        id: stranger.call.map(|call| call.to_string()),
        direction: stranger.ends.direction.map(direction),
        from: stranger.ends.from.as_ref().map(|from| from.as_str().to_owned()),
        to: stranger.ends.to.as_ref().map(|to| to.as_str().to_owned()),
    };
    found.iter().flat_map(|(carrier, all)| all.iter().map(move |one| told(carrier, one))).collect()
}

/// A time as RFC 3339 has it, in UTC with milliseconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.as_millis()) {
        Ok(at) => format!("{at:.3}"),
        // A time that no calendar holds: shown as it is, since the call must still be shown.
        Err(_) => at.as_millis().to_string(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

pub(super) const DIRECTIONS: [&str; 2] = ["inbound", "outbound"];
