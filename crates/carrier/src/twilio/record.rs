//! Twilio's call resource and its error document, read from JSON.
//!
//! Every field is optional and of any type: Twilio may leave out or change what decorates a call,
//! and an end that is told plainly must not be missed for it. What a verdict rests on is asked for
//! by name.

use super::status;
use crate::mark::Ends;
use crate::wire::{Reply, seconds};
use call::call::{CarrierEnding, Direction, Progress, Sighting, Unknown, UnknownWhy};
use call::{CarrierCallId, Party, Timestamp};
use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// A call, as Twilio describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    #[serde(deserialize_with = "text")]
    sid: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) account_sid: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) direction: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) to: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) from: Option<String>,
    /// The leg that dialled this one.
    #[serde(deserialize_with = "text")]
    parent_call_sid: Option<String>,
    #[serde(deserialize_with = "text")]
    date_created: Option<String>,
    #[serde(deserialize_with = "text")]
    start_time: Option<String>,
    #[serde(deserialize_with = "text")]
    end_time: Option<String>,
    #[serde(deserialize_with = "text")]
    duration: Option<String>,
}

/// Twilio's own account of an error, beside the HTTP status.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    /// The number under which `https://www.twilio.com/docs/api/errors` describes it.
    #[serde(deserialize_with = "text")]
    pub(super) code: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) message: Option<String>,
}

/// What a listing or a webhook tells of a call beside how it stands.
pub(super) fn ends(direction: Option<&str>, from: Option<&str>, to: Option<&str>) -> Ends {
    let direction = direction.map(|word| match word {
        "inbound" => Direction::Inbound,
        _ => Direction::Outbound,
    });
    Ends { direction, from: from.map(Party::told), to: to.map(Party::told) }
}

impl Record {
    /// Reads the one call that a reply describes.
    pub(super) fn read(reply: &Reply) -> Option<Record> {
        serde_json::from_slice(&reply.body).ok()
    }

    /// The call's own name, if it is one.
    pub(super) fn leg(&self) -> Option<CarrierCallId> {
        self.sid.as_deref().and_then(call_sid)
    }

    /// When Twilio took the call, in whole seconds.
    pub(super) fn created_at(&self) -> Option<Timestamp> {
        time(self.date_created.as_deref()?)
    }

    /// Whether `<Dial>` made it, on another call.
    pub(super) fn is_child(&self) -> bool {
        self.parent_call_sid.as_deref().is_some_and(|parent| !parent.is_empty())
            || self.direction.as_deref() == Some("outbound-dial")
    }

    /// What it tells beside how it stands.
    pub(super) fn ends(&self) -> Ends {
        ends(self.direction.as_deref(), self.from.as_deref(), self.to.as_deref())
    }

    /// How the call stands; `now` is Twilio's own clock.
    pub(super) fn sighting(&self, now: Option<Timestamp>) -> Sighting {
        let Some(word) = self.status.as_deref() else {
            return Sighting::Unknown(unreadable("a call without a status"));
        };
        if let Some(progress) = status::progress(word) {
            return Sighting::Live { progress, lasted: self.lasted(progress, now) };
        }
        match status::ending(word) {
            Some(kind) => Sighting::Over(CarrierEnding {
                kind,
                code: word.to_owned(),
                by: None,
                ended_at: self.end_time.as_deref().and_then(time),
                duration: self.duration.as_deref().and_then(seconds),
            }),
            None => Sighting::Unknown(Unknown {
                why: UnknownWhy::UnknownStatus,
                detail: short(word),
                retry_after: None,
            }),
        }
    }

    /// Since when: both times are Twilio's, so that a wrong clock of ours ends no call. An answered
    /// call counts from `start_time`, any other from there or from `date_created`.
    fn lasted(&self, progress: Progress, now: Option<Timestamp>) -> Option<Duration> {
        let started = self.start_time.as_deref().and_then(time);
        let since = match progress {
            Progress::InProgress => started,
            Progress::Initiated | Progress::Ringing => started.or_else(|| self.created_at()),
        };
        Some(now?.since(since?))
    }
}

impl Fault {
    /// Reads the error that a reply describes; nothing where it describes none.
    pub(super) fn read(reply: &Reply) -> Fault {
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }
}

/// What a reply says that isn't the expected one, with Twilio's own code for people to look up.
pub(super) fn unknown(reply: &Reply) -> Unknown {
    let mut unknown = reply.unknown();
    if let Some(code) = Fault::read(reply).code {
        unknown.detail = format!("{}, {}", unknown.detail, short(&code));
    }
    unknown
}

/// An answer that isn't what it should be.
pub(super) fn unreadable(detail: &str) -> Unknown {
    Unknown { why: UnknownWhy::Unreadable, detail: detail.to_owned(), retry_after: None }
}

/// A call's name. Twilio's are `CA` and 32 hexadecimal digits (`twilio_api_v2010`), but relatives
/// of its interface name calls by UUIDs, so only letters, digits, `-` and `_` are asked for: what
/// no path and no query can be changed by. What is named like another resource is no call.
pub(super) fn call_sid(text: &str) -> Option<CarrierCallId> {
    let (kind, digits) = text.split_at_checked(2)?;
    let is_sid = digits.len() == 32 && kind.bytes().all(|letter| letter.is_ascii_uppercase());
    if is_sid && kind != "CA" {
        return None;
    }
    let fits = (2..=64).contains(&text.len())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'));
    if fits { CarrierCallId::new(text).ok() } else { None }
}

/// A time as Twilio writes it: RFC 2822.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp(time.timestamp().as_millisecond()))
}

/// A foreign text, cut to what a line of a log can hold.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(SHOWN_MAX).collect()
}

pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// So many letters of what a carrier wrote are shown to people.
const SHOWN_MAX: usize = 200;
