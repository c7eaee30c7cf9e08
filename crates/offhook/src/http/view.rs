//! Calls as JSON. The shapes are promised: `docs/http.md`.

use call::call::{
    AnsweredBy, Command, CommandState, ConfirmedBy, Direction, EndedBy, Ending, Outcome, Recording,
    RecordingState,
};
use call::{Call, CallState, CarrierName, Party, Timestamp};
use engine::{RecoveryLine, Stranger};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A call.
#[derive(Serialize)]
pub(crate) struct CallView {
    id: String,
    state: &'static str,
    direction: &'static str,
    from: String,
    to: String,
    carrier: String,
    carrier_call_id: Option<String>,
    created_at: String,
    answered_at: Option<String>,
    ended_at: Option<String>,
    ending: Option<Value>,
    deadline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    hold: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<Value>,
    /// The keys that the other side pressed unasked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pressed: String,
    /// Since when the other side wants no more calls, if they said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    opted_out_at: Option<String>,
    answered_by: Option<&'static str>,
    /// The token that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    placed_by: Option<String>,
    /// What is kept of its sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    strays: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<&'static str>,
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
            direction: match facts.direction {
                call::call::Direction::Inbound => "inbound",
                call::call::Direction::Outbound => "outbound",
            },
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

fn recording(recording: &Recording) -> Value {
    let Recording { begun_at, parts, state, ms, bytes, failed } = recording;
    let state = match (state, failed) {
        (RecordingState::Kept, Some(_)) if *bytes == 0 => "failed",
        (state, _) => state.word(),
    };
    json!({
        "state": state, "begun_at": rfc3339(*begun_at), "seconds": ms / 1_000, "bytes": bytes, "parts": parts,
        "failed": failed,
    })
}

/// Something that was asked of a call.
pub(crate) fn command(command: &Command) -> Value {
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
    json!({
        "id": command.id.0,
        "verb": command.verb.word(),
        "state": command.state.word(),
        "asked_at": rfc3339(command.asked_at),
        "by": if command.by_agent { "agent" } else { "api" },
        "digits": digits,
        "speech": speech,
        "transfer": transfer,
        "stopped": stopped,
        "code": code,
        "why": why,
    })
}

fn ending(ending: &Ending) -> Value {
    let by = match ending.by {
        EndedBy::Agent => "agent",
        EndedBy::Remote => "remote",
        EndedBy::Carrier => "carrier",
        EndedBy::Gateway => "gateway",
    };
    json!({
        "kind": ending.kind.word(),
        "by": by,
        "cause": ending.cause,
        "carrier_code": ending.carrier_code,
        "confirmed_by": confirmed_by(ending.confirmed_by),
        "duration_s": ending.duration.map(|duration| duration.as_secs()),
    })
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
pub(crate) fn recovered(line: &RecoveryLine) -> Value {
    json!({
        "id": line.call.facts.id.to_string(),
        "to": line.call.facts.to.as_str(),
        "believed": line.believed,
        "carrier": line.carrier,
        "decision": line.decision.word(),
        "why": line.why,
        "after": line.call.state.word(),
    })
}

/// The live calls at each carrier that aren't in the store and are left alone.
pub(crate) fn strangers(found: &BTreeMap<CarrierName, Vec<Stranger>>) -> Vec<Value> {
    let told = |carrier: &CarrierName, stranger: &Stranger| {
        let direction = stranger.ends.direction.map(|direction| match direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        });
        json!({
            "carrier": carrier.as_str(),
            "carrier_call_id": stranger.leg.as_str(),
            "id": stranger.call.map(|call| call.to_string()),
            "direction": direction,
            "from": stranger.ends.from.as_ref().map(Party::as_str),
            "to": stranger.ends.to.as_ref().map(Party::as_str),
        })
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
