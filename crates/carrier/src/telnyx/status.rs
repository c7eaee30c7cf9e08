//! Telnyx's events and hang-up causes in the shared words.
//!
//! Source: the webhooks `callInitiated`, `callAnswered` and `callHangup` of Telnyx's OpenAPI
//! document (2026-07-16). No event says that a phone rings.

use call::call::{EndingKind, Progress};

/// How far an event says that a call is. `None` for one that says nothing of it, and for one that
/// Telnyx may add some day.
pub fn progress(event_type: &str) -> Option<Progress> {
    match event_type {
        "call.initiated" => Some(Progress::Initiated),
        "call.answered" => Some(Progress::InProgress),
        _ => None,
    }
}

/// How a call ended, by the `hangup_cause` of `call.hangup`. `None` for one that we don't know.
pub fn ending(hangup_cause: &str) -> Option<EndingKind> {
    match hangup_cause {
        "normal_clearing" | "time_limit" => Some(EndingKind::Completed),
        "user_busy" => Some(EndingKind::Busy),
        "no_answer" | "timeout" => Some(EndingKind::NoAnswer),
        "originator_cancel" => Some(EndingKind::Canceled),
        "call_rejected" => Some(EndingKind::Rejected),
        "not_found" | "unspecified" => Some(EndingKind::Failed),
        _ => None,
    }
}
