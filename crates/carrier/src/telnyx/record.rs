//! Telnyx's call resource and its error document, read from JSON.
//!
//! Every field is optional and of any type: Telnyx may leave out or change what decorates a call,
//! and an end that is told plainly must not be missed for it. What a verdict rests on is asked for
//! by name.

use super::mark::read_mark;
use crate::mark::{Installation, Mark};
use crate::wire::{Reply, seconds};
use call::call::{CarrierEnding, EndingKind, Progress, Sighting, Unknown, UnknownWhy};
use call::{CarrierCallId, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::time::Duration;

/// What Telnyx wraps every answer in.
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

/// A call, as Telnyx describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    #[serde(deserialize_with = "text")]
    call_control_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) call_leg_id: Option<String>,
    #[serde(deserialize_with = "text")]
    client_state: Option<String>,
    #[serde(deserialize_with = "flag")]
    is_alive: Option<bool>,
    #[serde(deserialize_with = "text")]
    end_time: Option<String>,
    #[serde(deserialize_with = "text")]
    call_duration: Option<String>,
    /// The listing's description doesn't have the two ends; they are read should it ever tell them.
    #[serde(deserialize_with = "text")]
    pub(super) from: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) to: Option<String>,
}

/// Telnyx's own account of an error, beside the HTTP status: the first of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    /// The same code may mean several things, told apart by the HTTP status: 10011 is `too many
    /// requests` with 429, and no encryption on telephone lines with 422.
    #[serde(deserialize_with = "text")]
    pub(super) code: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) detail: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Faults {
    errors: Vec<Fault>,
}

impl Record {
    /// Reads the one call that a reply describes.
    pub(super) fn read(reply: &Reply) -> Option<Record> {
        serde_json::from_slice::<Envelope<Record>>(&reply.body).ok().map(|envelope| envelope.data)
    }

    /// The call's own name, if it is one.
    pub(super) fn leg(&self) -> Option<CarrierCallId> {
        CarrierCallId::new(self.call_control_id.as_deref()?).ok()
    }

    /// The name by which its events are listed, if it is one.
    pub(super) fn leg_id(&self) -> Option<CarrierCallId> {
        CarrierCallId::new(self.call_leg_id.as_deref()?).ok()
    }

    /// How long it lasts, or lasted: from what it counts isn't stated.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.call_duration.as_deref().and_then(seconds)
    }

    /// Whose call it is.
    pub(super) fn mark(&self, us: Option<&Installation>) -> Mark {
        match self.client_state.as_deref() {
            None | Some("") => Mark::None,
            Some(state) => read_mark(state, us),
        }
    }

    /// How the call stands. An end is told by two fields together: `is_alive` alone is also false
    /// of a call that is being dialled, and `end_time` is there only "when the call is not alive"
    /// (schema `Call`, 2026-07-16).
    pub(super) fn sighting(&self) -> Sighting {
        let no_verdict = |detail: &str| {
            let why = UnknownWhy::UnknownStatus;
            Sighting::Unknown(Unknown { why, detail: detail.to_owned(), retry_after: None })
        };
        match (self.is_alive, self.end_time.as_deref().and_then(time)) {
            (Some(true), _) => alive(),
            (Some(false), Some(ended_at)) => Sighting::Over(self.ending(ended_at)),
            (Some(false), None) => no_verdict("not alive, and no end_time"),
            (None, _) => Sighting::Unknown(unreadable("a call without is_alive")),
        }
    }

    /// The resource has no cause. Whether anybody answered is read off `call_duration`, which in
    /// Telnyx's own example is shorter than from start to end: it counts the talk.
    fn ending(&self, ended_at: Timestamp) -> CarrierEnding {
        let duration = self.duration();
        let talked = duration.is_some_and(|duration| !duration.is_zero());
        CarrierEnding {
            kind: if talked { EndingKind::Completed } else { EndingKind::NoAnswer },
            code: "ended".to_owned(),
            by: None,
            ended_at: Some(ended_at),
            duration,
        }
    }
}

impl Fault {
    /// Reads the error that a reply describes; nothing where it describes none.
    pub(super) fn read(reply: &Reply) -> Fault {
        let faults = serde_json::from_slice::<Faults>(&reply.body).unwrap_or_default();
        faults.errors.into_iter().next().unwrap_or_default()
    }
}

/// A call that lives, and nothing more: Telnyx tells of no call whether its phone rings or was
/// answered. This is the one sight that neither ends a call nor moves it on. `Initiated` is the
/// lowest rank, and a call never goes back to it; a span of zero can't be a phone that rang for too
/// long, where a longer one or none would hang up a talk whose `call.answered` was lost.
pub(super) fn alive() -> Sighting {
    Sighting::Live { progress: Progress::Initiated, lasted: Some(Duration::ZERO) }
}

/// What a reply says that isn't the expected one, with Telnyx's own code for people to look up.
/// A call's name that Telnyx doesn't know is told with 404 (10005) or with 422 (90015): its data
/// went ten minutes after the call, or it is another account's. Neither is an end.
pub(super) fn unknown(reply: &Reply) -> Unknown {
    let mut unknown = reply.unknown();
    unknown.retry_after = wait(reply);
    let Some(code) = Fault::read(reply).code else { return unknown };
    if (400..=499).contains(&reply.status) && matches!(code.as_str(), "10005" | "90015") {
        unknown.why = UnknownWhy::NotFound;
    }
    unknown.detail = format!("{}, {}", unknown.detail, short(&code));
    unknown
}

/// How long Telnyx asks us to wait: `Retry-After`, or, of a 429, the seconds to the next window
/// (<https://developers.telnyx.com/development/api-fundamentals/reliability/rate-limiting>, 2026-11-22).
pub(super) fn wait(reply: &Reply) -> Option<Duration> {
    let window = || {
        let seconds: u64 = reply.header("x-ratelimit-reset")?.trim().parse().ok()?;
        (reply.status == 429 && seconds <= WINDOW_S_MAX).then(|| Duration::from_secs(seconds))
    };
    reply.retry_after().or_else(window)
}

/// An answer that isn't what it should be.
pub(super) fn unreadable(detail: &str) -> Unknown {
    Unknown { why: UnknownWhy::Unreadable, detail: detail.to_owned(), retry_after: None }
}

/// A time as Telnyx writes it: ISO 8601 with its offset.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(time.as_millisecond()))
}

/// A foreign text, cut to what a line of a log can hold.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(SHOWN_MAX).collect()
}

/// A text, or a number as a text; nothing where there is anything else.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Yes or no and nothing that resembles them: an end rests on it.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(from)?.as_bool())
}

/// So many letters of what a carrier wrote are shown to people.
const SHOWN_MAX: usize = 200;
/// A longer window is no span but a point in time, or nonsense.
const WINDOW_S_MAX: u64 = 3_600;
