//! Whose a live call is: told by its events, "API and webhook requests and responses" of one call
//! (`twilio_api_v2010`, 2026-04-14). The addresses in them carry the mark.
//!
//! How soon an event is listed isn't promised, so that a mark which isn't found proves nothing.

use super::Twilio;
use super::record::{text, unknown, unreadable};
use crate::mark::{self, Mark};
use crate::roles::{Listed, Next};
use crate::wire::{Operation, Reply, Request};
use call::call::Unknown;
use serde::Deserialize;

#[derive(Deserialize)]
struct Events {
    events: Vec<Event>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    request: Option<Asked>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Where a webhook went.
    #[serde(deserialize_with = "text")]
    url: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    /// Where the request that made the call wanted them to go.
    #[serde(deserialize_with = "text")]
    status_callback: Option<String>,
}

/// Looks for a mark in the events of a call.
pub(super) fn prove(twilio: &Twilio, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
    if listed.mark != Mark::None {
        return Next::Done(Ok(listed.clone()));
    }
    match replies.last() {
        None => Next::Ask(events(twilio, listed)),
        Some(reply) => Next::Done(read(twilio, reply).map(|mark| Listed { mark, ..listed.clone() })),
    }
}

/// One page, of more events than a call has: whatever isn't on it isn't claimed.
fn events(twilio: &Twilio, listed: &Listed) -> Request {
    let call = twilio.call_url(&listed.leg);
    let call = call.strip_suffix(".json").unwrap_or(&call);
    twilio.get(Operation::LookUp, format!("{call}/Events.json?PageSize={PAGE}"))
}

/// Another installation's mark on any of them goes before ours: what isn't plainly ours is not.
fn read(twilio: &Twilio, reply: &Reply) -> Result<Mark, Unknown> {
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply));
    }
    let Events { events } =
        serde_json::from_slice(&reply.body).map_err(|_| unreadable("no list of a call's events"))?;
    let mut found = Mark::None;
    for asked in events.into_iter().filter_map(|event| event.request) {
        let told = asked.parameters.and_then(|parameters| parameters.status_callback);
        for url in asked.url.iter().chain(&told) {
            match mark_of(twilio, url) {
                Mark::None => {}
                Mark::Others => return Ok(Mark::Others),
                // The call's own events may tell of the leg that its transfer rang.
                Mark::Beside if found != Mark::None => {}
                mark => found = mark,
            }
        }
    }
    Ok(found)
}

fn mark_of(twilio: &Twilio, url: &str) -> Mark {
    let Some((path, query)) = url.split('#').next().and_then(|url| url.split_once('?')) else {
        return Mark::None;
    };
    if !(path.ends_with("/voice") || path.ends_with("/status")) {
        return Mark::None;
    }
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let us = twilio.config.installation.as_ref();
    match Mark::of_query(value(mark::CALL), value(mark::BY), us) {
        Mark::Ours(_) | Mark::Unsigned(_) if value("transfer").is_some() => Mark::Beside,
        mark => mark,
    }
}

/// The largest page that Twilio gives.
const PAGE: usize = 1_000;
