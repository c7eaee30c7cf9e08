//! What Plivo says of a call, read from JSON: a live or queued call, the record of a completed one,
//! and its errors.
//!
//! Every field is optional and of any type: Plivo may leave out or change what decorates a call,
//! and an end that is told plainly must not be missed for it. What a verdict rests on is asked for
//! by name.

use super::path::Name;
use super::status;
use crate::mark::Ends;
use crate::roles::Sought;
use crate::wire::{Reply, seconds};
use call::call::{CarrierEnding, Direction, EndingKind, Progress, Sighting, Unknown, UnknownWhy};
use call::{CarrierCallId, Party, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::time::Duration;

/// A call that lives or waits in the queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Detail {
    #[serde(deserialize_with = "text")]
    call_uuid: Option<String>,
    #[serde(deserialize_with = "text")]
    request_uuid: Option<String>,
    #[serde(deserialize_with = "text")]
    call_status: Option<String>,
    #[serde(deserialize_with = "text")]
    direction: Option<String>,
    #[serde(deserialize_with = "text")]
    from: Option<String>,
    #[serde(deserialize_with = "text")]
    to: Option<String>,
    #[serde(deserialize_with = "text")]
    session_start: Option<String>,
    /// It isn't in Plivo's description of a live call; it is read should it ever be told.
    #[serde(deserialize_with = "text")]
    answer_time: Option<String>,
}

/// The record of a call (CDR): "all completed calls".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    #[serde(deserialize_with = "text")]
    call_uuid: Option<String>,
    #[serde(deserialize_with = "text")]
    request_uuid: Option<String>,
    #[serde(deserialize_with = "text")]
    parent_call_uuid: Option<String>,
    #[serde(deserialize_with = "text")]
    call_direction: Option<String>,
    #[serde(deserialize_with = "text")]
    from_number: Option<String>,
    #[serde(deserialize_with = "text")]
    to_number: Option<String>,
    #[serde(deserialize_with = "text")]
    initiation_time: Option<String>,
    #[serde(deserialize_with = "text")]
    answer_time: Option<String>,
    #[serde(deserialize_with = "text")]
    end_time: Option<String>,
    #[serde(deserialize_with = "text")]
    call_duration: Option<String>,
    #[serde(deserialize_with = "text")]
    call_state: Option<String>,
    #[serde(deserialize_with = "text")]
    hangup_cause_code: Option<String>,
    #[serde(deserialize_with = "text")]
    hangup_cause_name: Option<String>,
    #[serde(deserialize_with = "text")]
    hangup_source: Option<String>,
}

/// Plivo's own account of an error, beside the HTTP status. It has no code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    #[serde(deserialize_with = "text")]
    error: Option<String>,
    #[serde(deserialize_with = "text")]
    message: Option<String>,
}

/// What a live call or a webhook tells of a call beside how it stands.
pub(super) fn ends(direction: Option<&str>, from: Option<&str>, to: Option<&str>) -> Ends {
    let direction = match direction {
        Some("inbound") => Some(Direction::Inbound),
        Some("outbound") => Some(Direction::Outbound),
        _ => None,
    };
    Ends { direction, from: from.map(told), to: to.map(told) }
}

/// One end of a call that Plivo has, whose numbers come without their `+`.
fn told(text: &str) -> Party {
    match Party::told(&format!("+{text}")) {
        Party::Other(_) => Party::told(text),
        number @ Party::Number(_) => number,
    }
}

/// One end of a call. Plivo's numbers come without their `+`; what isn't one with it is left as it is.
pub(super) fn party(text: &str) -> Party {
    match format!("+{text}").parse() {
        Ok(number) if !text.starts_with('+') => Party::Number(number),
        _ => Party::read(text),
    }
}

impl Detail {
    /// Reads the call that a reply describes, if it is the one that was asked about: a proxy's
    /// cache, or an error told with 200, must not speak for it.
    pub(super) fn about(reply: &Reply, asked: &Name) -> Result<Detail, Unknown> {
        let detail: Detail = json(reply)?;
        about(asked, [&detail.call_uuid, &detail.request_uuid])?;
        Ok(detail)
    }

    /// What the call is called now: by its own name, or by that of its request as long as it has
    /// none.
    pub(super) fn leg(&self) -> Option<CarrierCallId> {
        leg([&self.call_uuid, &self.request_uuid])
    }

    /// Whether that request made it.
    pub(super) fn is_of(&self, request: &Name) -> bool {
        self.request_uuid.as_deref() == Some(request.as_str())
    }

    /// The request that made it, where it tells.
    pub(super) fn request(&self) -> Option<&str> {
        self.request_uuid.as_deref().filter(|text| !text.is_empty())
    }

    /// What it tells beside how it stands.
    pub(super) fn ends(&self) -> Ends {
        ends(self.direction.as_deref(), self.from.as_deref(), self.to.as_deref())
    }

    /// How the call stands; `now` is Plivo's own clock. A word that ends a call is no end here: the
    /// record tells ends, and a live call that claims one contradicts itself.
    pub(super) fn sighting(&self, now: Option<Timestamp>) -> Sighting {
        let Some(word) = self.call_status.as_deref() else {
            return Sighting::Unknown(unreadable("a call without call_status"));
        };
        match status::progress(word) {
            Some(progress) => Sighting::Live { progress, lasted: self.lasted(progress, now) },
            None => Sighting::Unknown(unknown_status(word)),
        }
    }

    /// Since when: both times are Plivo's, so that a wrong clock of ours ends no call. What is told
    /// of a live call is when its sound began; of one in progress that may be too long by the
    /// ringing.
    fn lasted(&self, progress: Progress, now: Option<Timestamp>) -> Option<Duration> {
        let answered =
            self.answer_time.as_deref().filter(|_| progress == Progress::InProgress).and_then(time);
        let since = answered.or_else(|| self.began_at());
        Some(now?.since(since?))
    }

    fn began_at(&self) -> Option<Timestamp> {
        self.session_start.as_deref().and_then(utc)
    }

    /// Whether it may be the call sought.
    ///
    /// # Errors
    /// It can be neither taken nor ruled out.
    pub(super) fn fits(&self, sought: &Sought, lag: Duration) -> Result<bool, Unknown> {
        if !is_between(sought, &self.direction, &self.from, &self.to) {
            return Ok(false);
        }
        let undated = || unreadable("a call between the same numbers without its time");
        let began = self.began_at().ok_or_else(undated)?;
        Ok(sought.may_be_of(began, WHOLE_SECOND, lag + SOUND_WITHIN))
    }
}

impl Record {
    /// Reads the record that a reply holds, if it is that of the call that was asked about.
    pub(super) fn about(reply: &Reply, asked: &Name) -> Result<Record, Unknown> {
        let record: Record = json(reply)?;
        about(asked, [&record.call_uuid, &record.request_uuid])?;
        Ok(record)
    }

    /// The call's own name.
    pub(super) fn leg(&self) -> Option<CarrierCallId> {
        leg([&self.call_uuid])
    }

    /// The end that it tells. A record without its `end_time` tells none.
    pub(super) fn sighting(&self) -> Sighting {
        match self.end_time.as_deref() {
            None | Some("") => Sighting::Unknown(unknown_status("a record without end_time")),
            Some(text) => Sighting::Over(self.ending(time(text))),
        }
    }

    fn ending(&self, ended_at: Option<Timestamp>) -> CarrierEnding {
        let told = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let code = told(&self.hangup_cause_code);
        let duration = self.call_duration.as_deref().and_then(seconds);
        let answered = told(&self.answer_time).is_some()
            || self.call_state.as_deref() == Some("ANSWER")
            || duration.is_some_and(|span| !span.is_zero());
        let kind = match code.as_deref() {
            Some(code) if status::is_wordless(code) => EndingKind::Failed,
            _ if answered => EndingKind::Completed,
            None | Some("0") => EndingKind::NoAnswer,
            // The causes of usual ends.
            Some(code) if code.starts_with('4') => EndingKind::NoAnswer,
            Some(code) => status::unanswered(code).unwrap_or(EndingKind::Failed),
        };
        let word = |field: &Option<String>| field.clone().unwrap_or_default();
        CarrierEnding {
            kind,
            by: status::ended_by(
                &word(&self.hangup_source),
                code.as_deref().unwrap_or_default(),
                &word(&self.call_direction),
            ),
            code: short(&match (code, told(&self.hangup_cause_name)) {
                (Some(code), name) => status::reason(&code, name.as_deref()),
                (None, _) => told(&self.call_state).unwrap_or_else(|| "ended".to_owned()),
            }),
            ended_at,
            duration,
        }
    }

    /// Whether it may be the call sought. The other leg of a transfer has a parent.
    ///
    /// # Errors
    /// It can be neither taken nor ruled out.
    pub(super) fn fits(&self, sought: &Sought, lag: Duration) -> Result<bool, Unknown> {
        let has_parent = self.parent_call_uuid.as_deref().is_some_and(|uuid| !uuid.is_empty());
        if has_parent || !is_between(sought, &self.call_direction, &self.from_number, &self.to_number) {
            return Ok(false);
        }
        let undated = || unreadable("a record between the same numbers without its time");
        let made = self.initiation_time.as_deref().and_then(time).ok_or_else(undated)?;
        Ok(sought.may_be_of(made, WHOLE_SECOND, lag))
    }
}

impl Fault {
    /// What the error says, or the HTTP status.
    pub(super) fn reason(reply: &Reply) -> String {
        let fault: Fault = serde_json::from_slice(&reply.body).unwrap_or_default();
        let said = fault.error.or(fault.message).map(|said| short(&said)).filter(|said| !said.is_empty());
        said.unwrap_or_else(|| format!("HTTP {}", reply.status))
    }
}

/// A call that lives, and nothing more: a list has names alone. This is the one sight that neither
/// ends a call nor moves it on. `Initiated` is the lowest rank, and a call never goes back to it; a
/// span of zero can't be a phone that rang for too long, where a longer one or none would hang up a
/// talk whose answer we didn't hear of.
pub(super) fn alive() -> Sighting {
    Sighting::Live { progress: Progress::Initiated, lasted: Some(Duration::ZERO) }
}

/// A number as Plivo takes it in a request: "in E.164 format (e.g., 14157654321)".
pub(super) fn digits(party: &Party) -> &str {
    match party {
        Party::Number(number) => number.as_str().trim_start_matches('+'),
        Party::Other(text) => text,
    }
}

/// What a reply says that isn't the expected one.
pub(super) fn unknown(reply: &Reply) -> Unknown {
    reply.unknown()
}

/// An answer that isn't what it should be.
pub(super) fn unreadable(detail: &str) -> Unknown {
    Unknown { why: UnknownWhy::Unreadable, detail: detail.to_owned(), retry_after: None }
}

/// The whole body of a reply.
pub(super) fn json<T: for<'a> Deserialize<'a>>(reply: &Reply) -> Result<T, Unknown> {
    let odd = || unreadable(&format!("HTTP {} without the JSON that was asked for", reply.status));
    serde_json::from_slice(&reply.body).map_err(|_| odd())
}

/// A time with its offset, as in `2022-10-12 21:57:47+05:30`. One without is in the zone that the
/// account is set to, which we don't know.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(time.as_millisecond()))
}

/// A time that is UTC where it doesn't say otherwise, as in `2017-05-22 13:17:49.050872`.
fn utc(text: &str) -> Option<Timestamp> {
    let plain = || {
        let time: jiff::civil::DateTime = text.parse().ok()?;
        let time = jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?;
        Some(Timestamp(time.as_millisecond()))
    };
    time(text).or_else(plain)
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

fn about(asked: &Name, names: [&Option<String>; 2]) -> Result<(), Unknown> {
    let is_asked = |name: &Option<String>| name.as_deref() == Some(asked.as_str());
    if names.into_iter().any(is_asked) {
        return Ok(());
    }
    Err(unreadable("the answer is about no call, or another one"))
}

fn leg<const N: usize>(names: [&Option<String>; N]) -> Option<CarrierCallId> {
    names.into_iter().flatten().find_map(|text| Name::read(text)).map(|name| name.id().clone())
}

/// Whether a call is ours by its direction and its two ends; what isn't told doesn't rule it out.
/// Plivo writes the same number now with its `+`, now without.
fn is_between(
    sought: &Sought,
    direction: &Option<String>,
    from: &Option<String>,
    to: &Option<String>,
) -> bool {
    let plain = |text: &str| text.trim_start_matches('+').to_owned();
    let is =
        |told: &Option<String>, wanted: &str| told.as_deref().is_none_or(|told| plain(told) == plain(wanted));
    is(direction, "outbound") && is(from, sought.from.as_str()) && is(to, sought.to.as_str())
}

fn unknown_status(word: &str) -> Unknown {
    Unknown { why: UnknownWhy::UnknownStatus, detail: short(word), retry_after: None }
}

/// The times of records are whole seconds, cut off: a call may seem up to a second older than it is.
const WHOLE_SECOND: Duration = Duration::from_secs(1);
/// So long may it take from a call's making to its first sound, which is what a live call tells.
/// Chosen by us; Plivo promises nothing.
const SOUND_WITHIN: Duration = Duration::from_secs(120);
/// So many letters of what a carrier wrote are shown to people.
const SHOWN_MAX: usize = 200;
