//! What Telnyx's webhooks say.
//!
//! Source: `x-webhooks` of Telnyx's OpenAPI document (2026-07-16).

use super::record::{read_mark, short, text, time};
use super::status;
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use call::call::{CarrierEnding, EndedBy, News, Progress};
use call::{CallId, CarrierCallId, Party};
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
}

/// Reads a webhook that was verified.
pub(super) fn decode(connection_id: &str, raw: &RawWebhook) -> Result<HeardWebhook, WebhookError> {
    let unreadable = |what: &str| WebhookError::Unreadable(what.to_owned());
    let envelope: Envelope =
        serde_json::from_slice(&raw.body).map_err(|_| unreadable("it is no JSON, or not Telnyx's"))?;
    let event = match envelope {
        Envelope { data: Some(event), .. } => event,
        Envelope { data: None, event_type: Some(_) } => return Err(unreadable(VERSION_1)),
        Envelope { data: None, event_type: None } => return Err(unreadable("it holds no event")),
    };
    let payload = &event.payload;
    let leg = payload.call_control_id.as_deref().and_then(|id| CarrierCallId::new(id).ok());
    let leg = leg.ok_or_else(|| unreadable("it names no call"))?;
    // All applications of an account sign with one key: what runs on another isn't ours.
    if payload.connection_id.as_deref().is_some_and(|id| id != connection_id) {
        return Ok(HeardWebhook { mark: None, leg, news: None, inbound: None, wants_script: false });
    }
    let mark = payload.client_state.as_deref().and_then(read_mark);
    let news = news(&leg, mark, &event);
    let inbound = offers(&event).then(|| {
        let party = |end: &Option<String>| Party::read(end.as_deref().unwrap_or_default());
        InboundCall { from: party(&payload.from), to: party(&payload.to) }
    });
    Ok(HeardWebhook { mark, leg, news, inbound, wants_script: false })
}

/// What the event says of its own leg; a leg that a transfer made has a name of its own, so that
/// its end is never the end of the call that was transferred.
fn news(leg: &CarrierCallId, mark: Option<CallId>, event: &Event) -> Option<News> {
    let leg = leg.clone();
    let Some(event_type) = event.event_type.as_deref() else {
        return Some(News::Unread { leg, what: "an event without its type".to_owned() });
    };
    if offers(event) {
        return Some(News::Progressed { leg, progress: Progress::Ringing });
    }
    if let Some(progress) = status::progress(event_type) {
        return Some(News::Progressed { leg, progress });
    }
    (event_type == HANGUP).then(|| over(leg, mark, event))
}

/// The end of a leg. A cause that we don't know is unread: the look that follows tells whether the
/// call was answered, which the cause would have told.
fn over(leg: CarrierCallId, mark: Option<CallId>, event: &Event) -> News {
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
/// Of our side there are several, and the call knows which. Where the direction isn't told, a call
/// with our mark is one that we made.
fn ended_by(cause: &str, mark: Option<CallId>, payload: &Payload) -> Option<EndedBy> {
    let is_outgoing = payload.direction.as_deref().map_or(mark.is_some(), |word| word == "outgoing");
    let other_side = if is_outgoing { "callee" } else { "caller" };
    match payload.hangup_source.as_deref() {
        _ if cause == "time_limit" => Some(EndedBy::Carrier),
        Some(source) if source == other_side => Some(EndedBy::Remote),
        _ => None,
    }
}

/// Whether it offers us a call that comes in.
fn offers(event: &Event) -> bool {
    event.event_type.as_deref() == Some("call.initiated")
        && event.payload.direction.as_deref() == Some("incoming")
}

const HANGUP: &str = "call.hangup";
/// What is wrong with a webhook of the old format, which is what an application sends by default.
const VERSION_1: &str =
    "it has the format of version 1; set webhook_api_version of the Call Control application to 2";
