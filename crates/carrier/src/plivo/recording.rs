//! Recordings of a call: begun and ended on its line, and found among the account's.
//!
//! Sources: <https://www.plivo.com/docs/voice/api/call/record-calls/> and
//! <https://www.plivo.com/docs/voice/api/recording/>; `record_channel_type` is that of Plivo's own libraries
//! (2026-11-29).

use super::Plivo;
use super::control::names;
use super::exchange::{Exchange, Stop, outcome};
use super::path::Name;
use super::record::{Fault, unknown, unreadable};
use super::webhook::RECORDING;
use crate::recording::{self, Begun, Found};
use crate::roles::{Leg, Next};
use crate::wire::{Operation, Reply};
use call::call::{CommandReply, Unknown};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// A page of recordings.
#[derive(Deserialize)]
struct Page {
    objects: Vec<Recording>,
}

/// A recording, as Plivo describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Recording {
    recording_id: Option<String>,
    recording_url: Option<String>,
}

/// Has both sides of the line recorded, each in its channel.
pub(super) fn record(plivo: &Plivo, leg: &Leg, lasts_max: Duration, replies: &[Reply]) -> Next<Begun> {
    let addresses = plivo.config.addresses(leg.sought.mark);
    let body = json!({
        // Without it Plivo stops after a minute.
        "time_limit": lasts_max.as_secs().saturating_add(1),
        "file_format": "wav",
        "record_channel_type": "stereo",
        "callback_url": format!("{}&{RECORDING}", addresses.status),
        "callback_method": "POST",
    });
    let begun = asked(leg, &mut Exchange::new(replies), |name| plivo.begin_recording(name, &body));
    let name = |reply: &Reply| {
        let begun: Recording = serde_json::from_slice(&reply.body).ok()?;
        begun.recording_id.filter(|name| Name::read(name).is_some())
    };
    outcome(begun).map(|begun| match begun {
        Ok((CommandReply::Taken { .. }, reply)) => {
            Begun { reply: CommandReply::Taken { lasts: None }, name: reply.and_then(name) }
        }
        Ok((reply, _)) => Begun { reply, name: None },
        Err(unknown) => Begun { reply: CommandReply::InDoubt { why: unknown.detail }, name: None },
    })
}

/// Ends it before the call does.
pub(super) fn stop(plivo: &Plivo, leg: &Leg, replies: &[Reply]) -> Next<CommandReply> {
    let told = asked(leg, &mut Exchange::new(replies), |name| plivo.end_recording(name));
    outcome(told).map(|told| match told {
        // Of a call that it doesn't know Plivo records nothing.
        Ok((CommandReply::Refused { code, .. }, _)) if code == "404" => CommandReply::Taken { lasts: None },
        Ok((reply, _)) => reply,
        Err(unknown) => CommandReply::InDoubt { why: unknown.detail },
    })
}

/// Looks for it by its name, or for what was recorded of the call under each of its names.
pub(super) fn find(
    plivo: &Plivo,
    leg: &Leg,
    name: Option<&str>,
    replies: &[Reply],
) -> Next<Result<Found, Unknown>> {
    let found = known(plivo, leg, name, &mut Exchange::new(replies));
    outcome(found.map(|found| match found {
        None => Found::Nothing("the carrier has no such recording".to_owned()),
        Some(Recording { recording_url: None, .. }) => Found::NotYet,
        Some(Recording { recording_url: Some(link), .. }) => {
            let mut own = plivo.recordings("?limit=1");
            own.operation = Operation::Recording;
            // The account may have its files shown to nobody else: they are at a host of Plivo's own.
            if own.url.starts_with(API) && link.starts_with(MEDIA) {
                MEDIA.clone_into(&mut own.url);
            }
            let request = recording::fetch(&link, &own);
            request.map_or_else(|| Found::Nothing(NO_LINK.to_owned()), Found::File)
        }
    }))
}

/// Deletes it. Where its name isn't known it is found first.
pub(super) fn drop(
    plivo: &Plivo,
    leg: &Leg,
    name: Option<&str>,
    replies: &[Reply],
) -> Next<Result<(), Unknown>> {
    let mut exchange = Exchange::new(replies);
    let mut delete = || -> Result<(), Stop> {
        let found = match name.and_then(Name::read) {
            Some(name) => Some(name),
            None => {
                let found = known(plivo, leg, None, &mut exchange)?;
                found.and_then(|one| Name::read(one.recording_id.as_deref()?))
            }
        };
        match found {
            Some(name) => exchange.find(plivo.delete_recording(&name)).map(|_| ()),
            None => Ok(()),
        }
    };
    outcome(delete())
}

fn known(
    plivo: &Plivo,
    leg: &Leg,
    name: Option<&str>,
    exchange: &mut Exchange<'_>,
) -> Result<Option<Recording>, Stop> {
    if let Some(name) = name.and_then(Name::read) {
        let Some(reply) = exchange.find(plivo.recordings(&format!("{}/", name.as_str())))? else {
            return Ok(None);
        };
        return read(reply).map(Some).map_err(Stop::Unknown);
    }
    for name in Name::all_of(leg) {
        let listed = exchange.find(plivo.recordings(&format!("?call_uuid={}", name.as_str())))?;
        let page: Option<Page> = listed.map(read).transpose().map_err(Stop::Unknown)?;
        let first = page.and_then(|page| page.objects.into_iter().next());
        if first.is_some() {
            return Ok(first);
        }
    }
    Ok(None)
}

fn read<T: for<'de> Deserialize<'de>>(reply: &Reply) -> Result<T, Unknown> {
    serde_json::from_slice(&reply.body).map_err(|_| unreadable("the answer is no recording"))
}

/// Asks under one name after the other: of a name that it doesn't know Plivo did nothing.
fn asked<'a>(
    leg: &Leg,
    exchange: &mut Exchange<'a>,
    request: impl Fn(&Name) -> crate::wire::Request,
) -> Result<(CommandReply, Option<&'a Reply>), Stop> {
    let names = match names(leg) {
        Ok(names) => names,
        Err(unnamed) => {
            let refused = CommandReply::Refused { code: "no_name".to_owned(), reason: unnamed.detail };
            return Ok((refused, None));
        }
    };
    let mut told =
        (CommandReply::Refused { code: "404".to_owned(), reason: "no such call".to_owned() }, None);
    for name in names {
        let reply = exchange.ask(request(&name))?;
        told = (judged(reply), Some(reply));
        if reply.status != 404 {
            break;
        }
    }
    Ok(told)
}

/// As with a command: a 4xx means that Plivo judged the request and did nothing, but for three that are said of
/// requests which may go on somewhere.
fn judged(reply: &Reply) -> CommandReply {
    match reply.status {
        200..=299 => CommandReply::Taken { lasts: None },
        400..=499 if !matches!(reply.status, 408 | 409 | 425) => {
            CommandReply::Refused { code: reply.status.to_string(), reason: Fault::reason(reply) }
        }
        _ => CommandReply::InDoubt { why: unknown(reply).detail },
    }
}

const NO_LINK: &str = "the carrier's link is none that is fetched from";
const API: &str = "https://api.plivo.com/";
const MEDIA: &str = "https://media.plivo.com/";
