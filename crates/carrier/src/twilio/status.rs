//! Twilio's call statuses in the shared words.
//!
//! Source: `call_enum_status` in Twilio's OpenAPI document `twilio_api_v2010` (2026-04-14), and
//! `initiated`, which only webhooks say
//! (<https://support.twilio.com/hc/en-us/articles/223132547>, 2026-11-22).

use call::call::{EndingKind, Progress};

/// How far a call is that lives. `None` for a word that ends a call, and for one that Twilio may
/// add some day: it changes nothing, and a look follows.
pub fn progress(word: &str) -> Option<Progress> {
    match word {
        // Twilio may keep a call queued for hours before it dials.
        "queued" | "initiated" => Some(Progress::Initiated),
        "ringing" => Some(Progress::Ringing),
        "in-progress" => Some(Progress::InProgress),
        _ => None,
    }
}

/// How a call ended. `None` for a word of a call that lives, and for one that we don't know: only
/// a word that is known to end a call is proof.
pub fn ending(word: &str) -> Option<EndingKind> {
    match word {
        "completed" => Some(EndingKind::Completed),
        "busy" => Some(EndingKind::Busy),
        "no-answer" => Some(EndingKind::NoAnswer),
        "canceled" => Some(EndingKind::Canceled),
        "failed" => Some(EndingKind::Failed),
        _ => None,
    }
}

/// How a call ended for which the other side's telephone said [`DECLINED`]. Twilio has one word for
/// it and for an engaged line; a call that was answered was not declined.
pub(super) fn declined(kind: EndingKind) -> EndingKind {
    match kind {
        EndingKind::Busy | EndingKind::NoAnswer | EndingKind::Failed => EndingKind::Rejected,
        EndingKind::Completed | EndingKind::Canceled | EndingKind::Rejected | EndingKind::Indeterminate => {
            kind
        }
    }
}

/// SIP's word for a call that was declined by whoever was called (RFC 3261, section 21.6.2), which
/// status callbacks carry in `SipResponseCode`.
pub(super) const DECLINED: &str = "603";
