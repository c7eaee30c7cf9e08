//! A call as the API writes it.
//!
//! Source: `Call` and `ActiveCall` in Telnyx's OpenAPI.

use serde::Serialize;

use super::call::{Call, is_alive};
use crate::time::Millis;
use crate::world::Leg;

/// The answer to a request to place a call.
#[derive(Serialize)]
pub(crate) struct DialledCall<'a> {
    call_control_id: &'a str,
    call_leg_id: &'a str,
    call_session_id: &'a str,
    /// Never: dialling comes after the answer.
    is_alive: bool,
    record_type: &'static str,
}

impl<'a> DialledCall<'a> {
    pub(crate) fn of(call: &'a Call) -> DialledCall<'a> {
        DialledCall {
            call_control_id: &call.control_id,
            call_leg_id: &call.leg_id,
            call_session_id: &call.session_id,
            is_alive: false,
            record_type: "call",
        }
    }
}

/// A call's status.
#[derive(Serialize)]
pub(crate) struct CallStatus<'a> {
    call_control_id: &'a str,
    call_leg_id: &'a str,
    call_session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_state: Option<&'a str>,
    is_alive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    record_type: &'static str,
}

impl<'a> CallStatus<'a> {
    pub(crate) fn of(call: &'a Call, leg: &Leg, now: Millis) -> CallStatus<'a> {
        CallStatus {
            call_control_id: &call.control_id,
            call_leg_id: &call.leg_id,
            call_session_id: &call.session_id,
            client_state: call.client_state.as_deref(),
            is_alive: is_alive(leg),
            call_duration: leg.dialled_at.map(|_| duration_s(leg, now)),
            start_time: leg.dialled_at.map(Millis::rfc3339),
            end_time: leg.end().map(|end| end.at.rfc3339()),
            record_type: "call",
        }
    }
}

/// A call in the list of a connection's live ones.
#[derive(Serialize)]
pub(crate) struct ActiveCall<'a> {
    call_control_id: &'a str,
    call_leg_id: &'a str,
    call_session_id: &'a str,
    /// Empty where there is none: the API's schema knows neither null nor absence here.
    client_state: &'a str,
    call_duration: u64,
    record_type: &'static str,
}

impl<'a> ActiveCall<'a> {
    pub(crate) fn of(call: &'a Call, leg: &Leg, now: Millis) -> ActiveCall<'a> {
        ActiveCall {
            call_control_id: &call.control_id,
            call_leg_id: &call.leg_id,
            call_session_id: &call.session_id,
            client_state: call.client_state.as_deref().unwrap_or_default(),
            call_duration: duration_s(leg, now),
            record_type: "call",
        }
    }
}

/// How long a call has lasted since it was dialled.
fn duration_s(leg: &Leg, now: Millis) -> u64 {
    let until = leg.end().map_or(now, |end| end.at);
    leg.dialled_at.map_or(0, |from| until.since(from) / 1_000)
}
