//! What the API says of a call: three resources on one path, for live calls, for queued ones and
//! for those that are over.
//!
//! Source: the fixtures of Plivo's own Python client, `callGetResponse.json` and
//! `liveCallGetResponse.json`.

use serde_json::{Map, Value, json};

use super::call::{Call, bare, billed_s, status};
use super::zone;
use crate::world::{Cause, Leg, Stage};

/// A call that is dialled and not over, as `?status=live` gives it.
pub(crate) fn live(call: &Call, leg: &Leg) -> Map<String, Value> {
    object(json!({
        "call_status": status(leg),
        "call_uuid": call.call_uuid,
        "caller_name": call.caller_name,
        "direction": call.way.word(),
        "from": call.from,
        "request_uuid": call.request_uuid,
        "session_start": zone::session_start(leg.asked_at),
        "to": bare(&call.to),
    }))
}

/// A call that waits to be dialled, as `?status=queued` gives it.
pub(crate) fn queued(call: &Call) -> Map<String, Value> {
    object(json!({
        "call_status": "queued",
        "call_uuid": call.request_uuid,
        "caller_name": call.caller_name,
        "direction": call.way.word(),
        "from": call.from,
        "request_uuid": call.request_uuid,
        "to": bare(&call.to),
    }))
}

/// The record of a call that is over.
pub(crate) fn record(call: &Call, leg: &Leg, auth_id: &str, east_minutes: i16) -> Map<String, Value> {
    let talked_s = leg.talked_s().unwrap_or(0);
    let local = |at| zone::local(at, east_minutes);
    let hangup = call.hung_up(leg);
    object(json!({
        "answer_time": leg.answered_at.map(local),
        "bill_duration": talked_s,
        "billed_duration": billed_s(talked_s),
        "call_direction": call.way.word(),
        "call_duration": talked_s,
        "call_state": state(leg),
        "call_uuid": call.call_uuid,
        "conference_uuid": null,
        "end_time": leg.end().map(|end| local(end.at)),
        "from_number": call.from,
        "hangup_cause_code": hangup.map(|hangup| hangup.code),
        "hangup_cause_name": hangup.map(|hangup| hangup.name),
        "hangup_source": hangup.map(|hangup| hangup.source),
        "initiation_time": local(leg.asked_at),
        "parent_call_uuid": call.parent_uuid,
        "resource_uri": format!("/v1/Account/{auth_id}/Call/{}/", call.call_uuid),
        "to_number": bare(&call.to),
        "total_amount": "0.00000",
        "total_rate": "0.00300",
    }))
}

/// `ANSWER` for a call that was answered; the other words are this face's own.
fn state(leg: &Leg) -> &'static str {
    match leg.stage {
        _ if leg.answered_at.is_some() => "ANSWER",
        Stage::Queued | Stage::Dialling | Stage::Ringing | Stage::Talking => "RINGING",
        Stage::Ended(end) => match end.cause {
            Cause::Busy | Cause::Rejected => "BUSY",
            Cause::RingTimeout | Cause::TimeLimit => "NO_ANSWER",
            Cause::HungUp | Cause::Canceled => "CANCEL",
            Cause::Unreachable | Cause::InstructionsFailed => "FAILED",
        },
    }
}

/// The keys of what is written as an object.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(keys) => keys,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
