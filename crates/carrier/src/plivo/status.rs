//! Plivo's words for how a call stands and why it ended, in the shared words.
//!
//! Sources: <https://docs.plivo.com/docs/voice/xml/request/call-status> for the words,
//! <https://docs.plivo.com/docs/account/api/application> for `failed`, and
//! <https://docs.plivo.com/docs/voice/troubleshooting/hangup-causes> for the causes (2026-11-22).

use call::call::{EndedBy, EndingKind, Progress};

/// How far a call is that lives. `None` for a word that ends a call, and for one that Plivo may
/// add some day: it changes nothing, and a look follows.
pub fn progress(word: &str) -> Option<Progress> {
    match word {
        "queued" => Some(Progress::Initiated),
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
        "cancel" => Some(EndingKind::Canceled),
        // "A timeout while connecting your call", by a carrier or by Plivo's own network.
        "timeout" | "failed" => Some(EndingKind::Failed),
        _ => None,
    }
}

/// How a call ended, where its cause says so more exactly than its word.
pub(super) fn by_cause(word: EndingKind, cause_code: &str) -> Option<EndingKind> {
    match (word, cause_code) {
        // Nobody heard a word.
        (_, code) if is_wordless(code) => Some(EndingKind::Failed),
        (EndingKind::Completed, _) => None,
        (_, code) => unanswered(code),
    }
}

/// Whether Plivo did not reach us when the call was answered, or could not read what we said.
pub(super) fn is_wordless(cause_code: &str) -> bool {
    matches!(cause_code, "7011" | "8011")
}

/// How a call ended that was never answered, where its cause says so by itself.
pub(super) fn unanswered(cause_code: &str) -> Option<EndingKind> {
    match cause_code {
        "1000" => Some(EndingKind::Canceled),
        // Nobody picked up, and Plivo's own limit on the ringing.
        "3000" | "6000" | "6010" => Some(EndingKind::NoAnswer),
        "3010" => Some(EndingKind::Busy),
        "3020" => Some(EndingKind::Rejected),
        _ => None,
    }
}

/// Who ended it, as far as Plivo knows better than we: the other side, or Plivo and the networks
/// behind it. Of our side there are several (`API Request`, `Answer XML`), and the call knows which.
pub(super) fn ended_by(source: &str, cause_code: &str, direction: &str) -> Option<EndedBy> {
    match (source, direction) {
        ("Callee" | "Call recipient", "outbound") | ("Caller", "inbound") => Some(EndedBy::Remote),
        // The document that we wrote came to its end.
        ("Plivo", _) if cause_code == "4010" => None,
        ("Plivo" | "Carrier" | "Error", _) => Some(EndedBy::Carrier),
        _ => None,
    }
}

/// A cause as people and programs read it: its code, and Plivo's name for it.
pub(super) fn reason(code: &str, name: Option<&str>) -> String {
    name.map_or_else(|| code.to_owned(), |name| format!("{code} {name}"))
}
