//! Recordings of a call: begun and ended on its line, and found among the account's.
//!
//! Sources: `record_start` and `record_stop` in Telnyx's OpenAPI document (2026-07-16), and
//! <https://developers.telnyx.com/api-reference/call-recordings/list-all-call-recordings> (2026-11-29). The links
//! to a file hold for ten minutes: each attempt asks for new ones.

use super::Telnyx;
use super::command::judged;
use super::control::{segment, whole_seconds};
use super::record::{Fault, text, unknown, unreadable};
use crate::recording::{self, Begun, Found};
use crate::roles::{Leg, Next};
use crate::wire::{Operation, Reply, Request};
use call::call::{CommandReply, Unknown};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// What Telnyx wraps one in.
#[derive(Deserialize)]
struct One {
    data: Recording,
}

/// And several.
#[derive(Deserialize)]
struct Page {
    data: Vec<Recording>,
}

/// A recording, as Telnyx describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Recording {
    #[serde(deserialize_with = "text")]
    id: Option<String>,
    /// What `id` is called in the reply to a command.
    #[serde(deserialize_with = "text")]
    recording_id: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    download_urls: Links,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Links {
    #[serde(deserialize_with = "text")]
    wav: Option<String>,
}

/// Has both sides of the line recorded, each in its channel. It gives no `client_state`, which would take the place
/// of that of the command under way: what is told of a recording carries our mark all the same.
pub(super) fn record(telnyx: &Telnyx, leg: &Leg, lasts_max: Duration, replies: &[Reply]) -> Next<Begun> {
    let Some(reply) = replies.last() else {
        let call = leg.sought.mark;
        let body = json!({
            "format": "wav",
            "channels": "dual",
            "max_length": whole_seconds(lasts_max).min(LENGTH_S_MAX),
            "command_id": format!("{call}:record"),
        });
        return Next::Ask(telnyx.act(Operation::Command, leg, "record_start", &body));
    };
    let name = serde_json::from_slice::<One>(&reply.body).ok().and_then(|begun| begun.data.recording_id);
    let reply = judged(reply, None);
    let name = name.filter(|name| is_name(name) && matches!(reply, CommandReply::Taken { .. }));
    Next::Done(Begun { reply, name })
}

/// Ends it before the call does. It may be repeated, and so carries no `command_id`.
pub(super) fn stop(telnyx: &Telnyx, leg: &Leg, replies: &[Reply]) -> Next<CommandReply> {
    match replies.last() {
        None => Next::Ask(telnyx.act(Operation::Command, leg, "record_stop", &json!({}))),
        Some(reply) => Next::Done(judged(reply, None)),
    }
}

/// Asks for it by its name, or for what was recorded of the leg.
pub(super) fn find(
    telnyx: &Telnyx,
    leg: &Leg,
    name: Option<&str>,
    replies: &[Reply],
) -> Next<Result<Found, Unknown>> {
    let Some(reply) = replies.last() else { return Next::Ask(sought(telnyx, leg, name)) };
    Next::Done(read(reply, name.is_some()).map(|one| match one {
        Some(Recording { status: Some(status), download_urls: Links { wav: Some(link) }, .. })
            if status == "completed" =>
        {
            let own = telnyx.get(Operation::Recording, recordings_url(telnyx));
            recording::fetch(&link, &own).map_or_else(|| Found::Nothing(NO_LINK.to_owned()), Found::File)
        }
        Some(_) => Found::NotYet,
        None => Found::Nothing("the carrier has no such recording".to_owned()),
    }))
}

/// Deletes it. Where its name isn't known it is found first.
pub(super) fn drop(
    telnyx: &Telnyx,
    leg: &Leg,
    name: Option<&str>,
    replies: &[Reply],
) -> Next<Result<(), Unknown>> {
    let delete = |name: &str| {
        let url = format!("{}/{}", recordings_url(telnyx), segment(name));
        Next::Ask(Request { method: Method::DELETE, ..telnyx.get(Operation::Recording, url) })
    };
    match (name, replies) {
        (Some(name), []) => delete(name),
        (None, []) => Next::Ask(sought(telnyx, leg, None)),
        (None, [listed]) => match read(listed, false) {
            Ok(Some(Recording { id: Some(id), .. })) => delete(&id),
            Ok(_) => Next::Done(Ok(())),
            Err(unknown) => Next::Done(Err(unknown)),
        },
        (_, [.., last]) => Next::Done(match last.status {
            200..=299 | 404 => Ok(()),
            _ => Err(unknown(last)),
        }),
    }
}

/// The leg is listed under the name that its events have, which it has beside the one it is told by.
fn sought(telnyx: &Telnyx, leg: &Leg, name: Option<&str>) -> Request {
    let url = recordings_url(telnyx);
    let url = match name {
        Some(name) => format!("{url}/{}", segment(name)),
        None => {
            let of_leg = leg.also.first().unwrap_or(&leg.id);
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("filter[call_leg_id]", of_leg.as_str());
            format!("{url}?{}", query.finish())
        }
    };
    telnyx.get(Operation::LookUp, url)
}

fn read(reply: &Reply, is_one: bool) -> Result<Option<Recording>, Unknown> {
    let garbled = |_| unreadable("the answer is no recording");
    let found = match reply.status {
        200..=299 if is_one => Some(serde_json::from_slice::<One>(&reply.body).map_err(garbled)?.data),
        200..=299 => serde_json::from_slice::<Page>(&reply.body).map_err(garbled)?.data.into_iter().next(),
        404 if Fault::read(reply).code.is_some() => None,
        _ => return Err(unknown(reply)),
    };
    Ok(found.filter(|one| one.id.as_deref().is_some_and(is_name)))
}

/// A recording's name: letters, digits, `-` and `_`, as no path is changed by.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'))
}

fn recordings_url(telnyx: &Telnyx) -> String {
    format!("{}/recordings", telnyx.base)
}

const NO_LINK: &str = "the carrier's link is none that is fetched from";
/// What `max_length` may be (schema `StartRecordingRequest`): four hours.
const LENGTH_S_MAX: u64 = 14_400;
