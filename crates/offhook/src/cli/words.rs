//! How calls are told to people: states, ends, lengths of time.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::paint::{Cell, Tone};
use super::wire::{Call, Ending};

/// A call's state in its tone.
pub(crate) fn state(call: &Call) -> Cell {
    let tone = match call.state.as_str() {
        "ended" if call.is_completed() => Tone::Good,
        "ended" => Tone::Bad,
        "queued" => Tone::Normal,
        _ => Tone::Busy,
    };
    Cell::new(&call.state, tone)
}

/// What there is to say about a call's state beside its name. Empty if nothing.
pub(crate) fn remark(call: &Call) -> String {
    match (&call.ending, call.waits_for.as_deref()) {
        (Some(end), _) => {
            let talk = talk(call, None).map(|length| format!(", after {length} of talk"));
            format!("{}{}", ending(end), talk.unwrap_or_default())
        }
        (None, Some("slot")) => {
            "waits for a free slot: as many calls are live as `calls.live_max` allows".to_owned()
        }
        (None, Some("pace")) => "waits for its turn at the carrier's calls per second".to_owned(),
        (None, Some("doubt")) => {
            "waits until a call between the same two numbers, whose fate is unknown, was found".to_owned()
        }
        (None, Some("retry")) => "waits to be tried again: the carrier took it for now".to_owned(),
        (None, Some("pause")) => "waits: outbound calls are paused, 'offhook resume' places them".to_owned(),
        (None, Some(other)) => format!("waits for {other}"),
        (None, None) => String::new(),
    }
}

/// How a call ended, who ended it, why, and who says so.
pub(crate) fn ending(ending: &Ending) -> String {
    let Ending { kind, by, cause, carrier_code, confirmed_by, duration_s: _ } = ending;
    let by = by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    // A carrier's word for an end is often the end's own name: it is said once.
    let mut reasons: Vec<String> = Vec::new();
    for reason in cause.clone().into_iter().chain(carrier_code.as_ref().and_then(code)) {
        if reason != *kind && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let proof = confirmed_by.as_deref().map(|who| format!(", confirmed by {who}")).unwrap_or_default();
    format!("{kind}{by}{reasons}{proof}")
}

/// How long the talk lasted, or has lasted by `now`. `None` if nobody answered.
pub(crate) fn talk(call: &Call, now: Option<Timestamp>) -> Option<String> {
    if let Some(ending) = &call.ending {
        // The carrier's own count, where it gives one; of an end that nobody confirmed, none.
        // Some carriers count 0 s of a call that nobody answered.
        let talked = ending.duration_s.filter(|seconds| *seconds > 0 || call.answered_at.is_some());
        let counted = talked.map(|seconds| length(SignedDuration::from_secs(seconds)));
        if counted.is_some() || ending.confirmed_by.as_deref() == Some("nobody") {
            return counted;
        }
    }
    let until = call.ended_at.or(now.filter(|_| !call.is_over()))?;
    Some(length(until.duration_since(call.answered_at?)))
}

/// A length of time in its two largest units; one that is less than nothing, as clocks that differ
/// make it, is nothing.
pub(crate) fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        (_, _, _) => format!("{days}d{:02}h", hours % 24),
    }
}

/// The other side, and which way the call goes.
pub(crate) fn who(call: &Call) -> Option<String> {
    match call.direction.as_deref() {
        Some("inbound") => call.from.as_ref().map(|from| format!("< {from}")),
        _ => call.to.as_ref().map(|to| format!("> {to}")),
    }
}

/// A point in time in UTC, to the millisecond.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}

/// A value of any shape in one line.
pub(crate) fn code(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
