//! Recordings of a call: begun on its line, listed under it, and fetched from the account.
//!
//! Sources: `https://www.twilio.com/docs/voice/api/recording` and `api.v2010.account.call.call_recording` in
//! Twilio's OpenAPI document `twilio_api_v2010` (2026-04-14).

use super::Twilio;
use super::control::segment;
use super::record::{Fault, short, text, unknown, unreadable};
use super::webhook::RECORDING;
use crate::recording::{self, Begun, Found};
use crate::roles::{Leg, Next};
use crate::wire::{Operation, Reply};
use call::call::{CommandReply, Unknown};
use http::Method;
use serde::Deserialize;

/// The recordings of a call.
#[derive(Deserialize)]
struct Page {
    recordings: Vec<Recording>,
}

/// A recording, as Twilio describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Recording {
    #[serde(deserialize_with = "text")]
    sid: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "text")]
    source: Option<String>,
    #[serde(deserialize_with = "text")]
    error_code: Option<String>,
}

/// Has both sides of the line recorded, each in its channel.
pub(super) fn record(twilio: &Twilio, leg: &Leg, replies: &[Reply]) -> Next<Begun> {
    let Some(reply) = replies.last() else {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("RecordingChannels", "dual");
        if let Some(addresses) = twilio.addresses(Some(leg.sought.mark)) {
            form.append_pair("RecordingStatusCallback", &format!("{}&{RECORDING}", addresses.status));
            form.append_pair("RecordingStatusCallbackMethod", "POST");
            form.append_pair("RecordingStatusCallbackEvent", "completed absent");
        }
        return Next::Ask(twilio.post(Operation::Command, of_call(twilio, leg, None), form.finish()));
    };
    let begun =
        || serde_json::from_slice::<Recording>(&reply.body).ok()?.sid.as_deref().and_then(recording_sid);
    Next::Done(match (reply.status, begun()) {
        (200..=299, name @ Some(_)) => Begun { reply: CommandReply::Taken { lasts: None }, name },
        _ => Begun { reply: no(reply), name: None },
    })
}

/// Ends it before the call does. Without a name it is the one that goes on.
pub(super) fn stop(twilio: &Twilio, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<CommandReply> {
    let Some(reply) = replies.last() else {
        let url = of_call(twilio, leg, Some(name.unwrap_or(CURRENT)));
        return Next::Ask(twilio.post(Operation::Command, url, "Status=stopped".to_owned()));
    };
    Next::Done(match reply.status {
        200..=299 => CommandReply::Taken { lasts: None },
        // It is over, or never was.
        404 if Fault::read(reply).code.is_some() => CommandReply::Taken { lasts: None },
        _ => no(reply),
    })
}

/// Lists what was recorded of the call, and finds ours among it.
pub(super) fn find(
    twilio: &Twilio,
    leg: &Leg,
    name: Option<&str>,
    replies: &[Reply],
) -> Next<Result<Found, Unknown>> {
    let Some(reply) = replies.last() else {
        return Next::Ask(twilio.get(Operation::LookUp, of_call(twilio, leg, None)));
    };
    Next::Done(ours(reply, name).map(|ours| found(twilio, &ours)))
}

/// Deletes it. Where its name isn't known it is found first.
pub(super) fn drop(
    twilio: &Twilio,
    leg: &Leg,
    name: Option<&str>,
    replies: &[Reply],
) -> Next<Result<(), Unknown>> {
    let delete = |name: &str| {
        let mut request = twilio.get(Operation::Recording, of_call(twilio, leg, Some(name)));
        request.method = Method::DELETE;
        Next::Ask(request)
    };
    let last = match (name, replies) {
        (Some(name), []) => return delete(name),
        (None, []) => return Next::Ask(twilio.get(Operation::LookUp, of_call(twilio, leg, None))),
        (None, [listed]) => {
            return match ours(listed, None) {
                Ok(Recording { sid: Some(sid), .. }) => delete(&sid),
                Ok(_) => Next::Done(Ok(())),
                Err(unknown) => Next::Done(Err(unknown)),
            };
        }
        (_, [.., last]) => last,
    };
    Next::Done(match last.status {
        200..=299 | 404 => Ok(()),
        _ => Err(unknown(last)),
    })
}

/// Ours among the recordings of a call; an empty one where there is none.
fn ours(reply: &Reply, name: Option<&str>) -> Result<Recording, Unknown> {
    match reply.status {
        200..=299 => {}
        // The record of the call is gone, and of what was recorded nothing is told.
        404 if Fault::read(reply).code.is_some() => return Ok(Recording::default()),
        _ => return Err(unknown(reply)),
    }
    let page: Page =
        serde_json::from_slice(&reply.body).map_err(|_| unreadable("the answer is no list of recordings"))?;
    let is_ours = |one: &Recording| match name {
        Some(name) => one.sid.as_deref() == Some(name),
        // Somebody else's settings may have the call recorded, too.
        None => one.source.as_deref() == Some("StartCallRecordingAPI"),
    };
    let named = |one: &Recording| one.sid.as_deref().and_then(recording_sid).is_some();
    Ok(page.recordings.into_iter().find(|one| is_ours(one) && named(one)).unwrap_or_default())
}

fn found(twilio: &Twilio, ours: &Recording) -> Found {
    let (Some(sid), Some(status)) = (&ours.sid, ours.status.as_deref()) else {
        return Found::Nothing("the carrier has no such recording".to_owned());
    };
    match status {
        "completed" => {
            let account = segment(&twilio.config.account_sid);
            let path = format!("/2010-04-01/Accounts/{account}/Recordings/{}.wav", segment(sid));
            let link = format!("{}{path}?RequestedChannels=2", twilio.base);
            let own = twilio.get(Operation::Recording, twilio.calls_url());
            match recording::fetch(&link, &own) {
                Some(request) => Found::File(request),
                None => Found::Nothing("the carrier's address can't be fetched from".to_owned()),
            }
        }
        "absent" => {
            let code = ours.error_code.as_deref().map(short);
            let code = code.map_or_else(String::new, |code| format!(" ({code})"));
            Found::Nothing(format!("the carrier could not record it{code}"))
        }
        _ => Found::NotYet,
    }
}

/// As with a command: a 4xx means that Twilio judged the request and did nothing, but for three that are said of
/// requests which may go on somewhere.
fn no(reply: &Reply) -> CommandReply {
    match reply.status {
        400..=499 if !matches!(reply.status, 408 | 409 | 425) => {
            let fault = Fault::read(reply);
            let code = fault.code.map_or_else(|| reply.status.to_string(), |code| short(&code));
            let reason = fault.message.map_or_else(|| format!("HTTP {}", reply.status), |said| short(&said));
            CommandReply::Refused { code, reason }
        }
        _ => CommandReply::InDoubt { why: unknown(reply).detail },
    }
}

/// The address of a call's recordings, or of one of them.
fn of_call(twilio: &Twilio, leg: &Leg, name: Option<&str>) -> String {
    let call = twilio.call_url(&leg.id);
    let call = call.trim_end_matches(".json");
    match name {
        None => format!("{call}/Recordings.json"),
        Some(CURRENT) => format!("{call}/Recordings/{CURRENT}.json"),
        Some(name) => format!("{call}/Recordings/{}.json", segment(name)),
    }
}

/// A recording's name: letters, digits, `-` and `_`, as no path is changed by.
pub(super) fn recording_sid(text: &str) -> Option<String> {
    let fits = (2..=64).contains(&text.len())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'));
    fits.then(|| text.to_owned())
}

/// Twilio's name for the one recording that goes on.
const CURRENT: &str = "Twilio.CURRENT";
