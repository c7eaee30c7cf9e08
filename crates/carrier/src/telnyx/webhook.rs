//! What Telnyx's webhooks say.
//!
//! Source: `x-webhooks` of Telnyx's OpenAPI document (2026-07-16); of `call.transcription`, which
//! isn't there, <https://developers.telnyx.com/api-reference/callbacks/transcription> (2026-11-22).
//!
//! Nothing here depends on what was heard before, so that neither order nor repeats change what a
//! webhook says.

use super::config::TelnyxConfig;
use super::mark::{ClientState, Doing};
use super::record::{flag, short, text, time};
use super::recording::is_name;
use super::status;
use crate::mark::{Ends, Mark};
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use call::call::{
    AnsweredBy, CarrierEnding, CommandId, Direction, EndedBy, EndingKind, News, Outcome, Performed, Progress,
    Recorded,
};
use call::{CarrierCallId, Party};
use serde::Deserialize;

/// A webhook, in the format of either version.
#[derive(Deserialize)]
struct Envelope {
    /// Version 2 wraps the event.
    data: Option<Event>,
    /// Version 1 doesn't: it has this where version 2 has `data`.
    #[serde(default, deserialize_with = "text")]
    event_type: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    occurred_at: Option<String>,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    #[serde(deserialize_with = "text")]
    call_control_id: Option<String>,
    /// The name by which the events of the leg are listed.
    #[serde(deserialize_with = "text")]
    call_leg_id: Option<String>,
    #[serde(deserialize_with = "text")]
    connection_id: Option<String>,
    #[serde(deserialize_with = "text")]
    client_state: Option<String>,
    #[serde(deserialize_with = "text")]
    direction: Option<String>,
    #[serde(deserialize_with = "text")]
    from: Option<String>,
    #[serde(deserialize_with = "text")]
    to: Option<String>,
    #[serde(deserialize_with = "text")]
    hangup_cause: Option<String>,
    #[serde(deserialize_with = "text")]
    hangup_source: Option<String>,
    /// Why a stream failed.
    #[serde(deserialize_with = "text")]
    failure_reason: Option<String>,
    /// How a command ended.
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    /// The keys of `call.gather.ended`.
    #[serde(deserialize_with = "text")]
    digits: Option<String>,
    /// The key of `call.dtmf.received`.
    #[serde(deserialize_with = "text")]
    digit: Option<String>,
    /// Who picked up, and how a machine's greeting ended.
    #[serde(deserialize_with = "text")]
    result: Option<String>,
    /// The name of what was recorded.
    #[serde(deserialize_with = "text")]
    recording_id: Option<String>,
    transcription_data: Option<Transcription>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Transcription {
    #[serde(deserialize_with = "text")]
    transcript: Option<String>,
    #[serde(deserialize_with = "flag")]
    is_final: Option<bool>,
}

/// Reads a webhook that was verified.
pub(super) fn decode(config: &TelnyxConfig, raw: &RawWebhook) -> Result<HeardWebhook, WebhookError> {
    let unreadable = |what: &str| WebhookError::Unreadable(what.to_owned());
    let envelope: Envelope =
        serde_json::from_slice(&raw.body).map_err(|_| unreadable("it is no JSON, or not Telnyx's"))?;
    let event = match envelope {
        Envelope { data: Some(event), .. } => event,
        Envelope { data: None, event_type: Some(_) } => return Err(unreadable(VERSION_1)),
        Envelope { data: None, event_type: None } => return Err(unreadable("it holds no event")),
    };
    let payload = &event.payload;
    // What tells of a recording may name its leg as its events do, and no other way.
    let leg = payload.call_control_id.as_ref().or(payload.call_leg_id.as_ref());
    let leg = leg.and_then(|id| CarrierCallId::new(id).ok());
    let leg = leg.ok_or_else(|| unreadable("it names no call"))?;
    let state = payload.client_state.as_deref().and_then(ClientState::read);
    let us = config.installation.as_ref();
    let (mark, doing) = match state {
        Some(ClientState::Second { call, id, first }) => {
            return Ok(of_second(Mark::of(Some(call), us), id, first, &event));
        }
        Some(ClientState::Ours { call, doing }) => (Mark::of(Some(call), us), doing),
        None => (Mark::None, None),
    };
    // All applications of an account sign with one key: what runs on another isn't ours.
    if payload.connection_id.as_deref().is_some_and(|id| id != config.connection_id) {
        return Ok(HeardWebhook {
            mark: Mark::None,
            leg,
            was: None,
            news: None,
            ends: None,
            inbound: None,
            page: None,
        });
    }
    let news = news(&leg, &mark, doing, &event);
    let inbound = offers(&event).then(|| {
        let party = |end: &Option<String>| Party::read(end.as_deref().unwrap_or_default());
        InboundCall { from: party(&payload.from), to: party(&payload.to) }
    });
    let begins = event.event_type.as_deref() == Some(INITIATED);
    let leg_id = payload.call_leg_id.as_deref().and_then(|id| CarrierCallId::new(id).ok());
    let ends = Some(ends(payload));
    Ok(HeardWebhook { mark, leg, was: leg_id.filter(|_| begins), news, ends, inbound, page: None })
}

/// A leg that a transfer rang: what becomes of it becomes of the transfer, and of nothing else.
fn of_second(mark: Mark, id: CommandId, first: CarrierCallId, event: &Event) -> HeardWebhook {
    let performed = match event.event_type.as_deref() {
        Some("call.answered" | BRIDGED) => Some(Performed::Begun),
        Some(HANGUP) => Some(second_over(event.payload.hangup_cause.as_deref())),
        _ => None,
    };
    let news = performed.map(|performed| News::CommandHeard { leg: first.clone(), id, performed });
    HeardWebhook { mark, leg: first, was: None, news, ends: None, inbound: None, page: None }
}

/// It ended as a talk does, or it never came to one. How, where it isn't told plainly, is for the
/// reader: over it is.
fn second_over(cause: Option<&str>) -> Performed {
    let word = short(cause.unwrap_or("unspecified"));
    match cause.and_then(status::ending) {
        Some(EndingKind::Completed) | None => {
            Performed::Finished(Outcome { transfer: Some(word), ..Outcome::default() })
        }
        Some(_) => Performed::Failed { code: word },
    }
}

/// What the event says of its own leg, and of the command that is done on it.
fn news(leg: &CarrierCallId, mark: &Mark, doing: Option<(CommandId, Doing)>, event: &Event) -> Option<News> {
    let Some(event_type) = event.event_type.as_deref() else {
        return Some(News::Unread { leg: leg.clone(), what: "an event without its type".to_owned() });
    };
    if offers(event) {
        return Some(News::Progressed { leg: leg.clone(), progress: Progress::Ringing });
    }
    if let Some(progress) = status::progress(event_type) {
        return Some(News::Progressed { leg: leg.clone(), progress });
    }
    match (event_type, doing) {
        (HANGUP, _) => Some(over(leg.clone(), mark, event)),
        ("call.dtmf.received", _) => pressed(leg, event),
        ("call.recording.saved" | "call.recording.error", _) => {
            let name = event.payload.recording_id.clone().filter(|name| is_name(name));
            Some(News::Recording(Recorded::Told { name }))
        }
        ("call.machine.detection.ended", _) => Some(picked_up(leg, event, |word| match word {
            "human" => AnsweredBy::Human,
            "machine" => AnsweredBy::Machine,
            "fax_detected" => AnsweredBy::Fax,
            // It is "not_sure", or heard "silence".
            _ => AnsweredBy::Unknown,
        })),
        // It was a machine, or no greeting would have ended; whether that was heard matters not.
        ("call.machine.greeting.ended", _) => Some(picked_up(leg, event, |_| AnsweredBy::Recording)),
        (_, Some((id, doing))) => {
            let performed = performed(event_type, doing, &event.payload)?;
            Some(News::CommandHeard { leg: leg.clone(), id, performed })
        }
        (_, None) => None,
    }
}

/// What the event says of a command that does this; nothing where such a command brings no such
/// event about. So neither the end of the voice that asks answers its question, nor what is heard
/// of an earlier one.
fn performed(event_type: &str, doing: Doing, payload: &Payload) -> Option<Performed> {
    match (doing, event_type) {
        (Doing::Say, "call.speak.ended") | (Doing::Play, "call.playback.ended") => {
            Some(match payload.status.as_deref() {
                None | Some("completed") => Performed::Finished(Outcome::default()),
                Some(word) => Performed::Failed { code: short(word) },
            })
        }
        (Doing::Keys, "call.gather.ended") => gathered(payload),
        (Doing::Speech, "call.transcription") => {
            let heard = payload.transcription_data.as_ref().filter(|heard| heard.is_final == Some(true))?;
            let speech = heard.transcript.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
            Some(Performed::Finished(Outcome { speech: Some(speech.to_owned()), ..Outcome::default() }))
        }
        (Doing::Transfer, BRIDGED)
        | (Doing::Stream, "streaming.started")
        | (Doing::Speech, "call.speak.started") => Some(Performed::Begun),
        (Doing::Stream, "streaming.stopped") => Some(Performed::Finished(Outcome::default())),
        (Doing::Stream, "streaming.failed") => {
            let code = short(payload.failure_reason.as_deref().unwrap_or("streaming.failed"));
            Some(Performed::Failed { code })
        }
        _ => None,
    }
}

/// The keys that were pressed in answer to a question, however the asking ended. We cancel none: one
/// that a later question displaced would be told with that one's name.
fn gathered(payload: &Payload) -> Option<Performed> {
    if payload.status.as_deref().is_some_and(|word| word.starts_with("cancelled")) {
        return None;
    }
    let digits = payload.digits.clone().filter(|digits| !digits.is_empty());
    Some(Performed::Finished(Outcome { digits, ..Outcome::default() }))
}

/// A key was pressed. One that answers a question is told again when the question ends.
fn pressed(leg: &CarrierCallId, event: &Event) -> Option<News> {
    let is_key = |letter: char| letter.is_ascii_digit() || matches!(letter, 'A'..='D' | '*' | '#');
    let digits = event.payload.digit.clone().filter(|text| !text.is_empty() && text.chars().all(is_key))?;
    let event_id = event.id.as_deref().map(short).filter(|id| !id.is_empty());
    Some(News::DigitsHeard { leg: leg.clone(), digits, event_id })
}

fn picked_up(leg: &CarrierCallId, event: &Event, who: impl Fn(&str) -> AnsweredBy) -> News {
    News::AnsweredBy { leg: leg.clone(), by: who(event.payload.result.as_deref().unwrap_or_default()) }
}

/// The end of a leg. A cause that we don't know is unread: the look that follows tells whether the
/// call was answered, which the cause would have told.
fn over(leg: CarrierCallId, mark: &Mark, event: &Event) -> News {
    let Some(cause) = event.payload.hangup_cause.as_deref() else {
        return News::Unread { leg, what: "call.hangup without hangup_cause".to_owned() };
    };
    let Some(kind) = status::ending(cause) else {
        return News::Unread { leg, what: short(cause) };
    };
    let ended_at = event.occurred_at.as_deref().and_then(time);
    let by = ended_by(cause, mark, &event.payload);
    News::Over { leg, ending: CarrierEnding { kind, code: cause.to_owned(), by, ended_at, duration: None } }
}

/// Who ended it, as far as Telnyx knows better than we: the other side, or Telnyx at its own limit.
/// Of our side there are several, and the call knows which. Where the direction isn't told, a leg
/// without our mark is one that came in and wasn't answered; one with it may be either.
fn ended_by(cause: &str, mark: &Mark, payload: &Payload) -> Option<EndedBy> {
    if cause == "time_limit" {
        return Some(EndedBy::Carrier);
    }
    let other_side = match (payload.direction.as_deref(), mark.call()) {
        (Some("outgoing"), _) => "callee",
        (Some("incoming"), _) | (None, None) => "caller",
        (Some(_), _) | (None, Some(_)) => return None,
    };
    (payload.hangup_source.as_deref() == Some(other_side)).then_some(EndedBy::Remote)
}

fn ends(payload: &Payload) -> Ends {
    let direction = match payload.direction.as_deref() {
        Some("incoming") => Some(Direction::Inbound),
        Some("outgoing") => Some(Direction::Outbound),
        _ => None,
    };
    let party = |end: &Option<String>| end.as_deref().map(Party::told);
    Ends { direction, from: party(&payload.from), to: party(&payload.to) }
}

/// Whether it offers us a call that comes in.
fn offers(event: &Event) -> bool {
    event.event_type.as_deref() == Some(INITIATED) && event.payload.direction.as_deref() == Some("incoming")
}

const INITIATED: &str = "call.initiated";
const HANGUP: &str = "call.hangup";
const BRIDGED: &str = "call.bridged";
/// What is wrong with a webhook of the old format, which is what an application sends by default.
const VERSION_1: &str =
    "it has the format of version 1; set webhook_api_version of the Call Control application to 2";
