//! Requests about one call, and what their replies say.
//!
//! Source: <https://docs.plivo.com/docs/voice/api/call/make-a-call> and its neighbours (2026-11-22).
//! Plivo has no idempotency key for the creation of a call, so whatever isn't a plain yes or no is
//! in doubt. Its own libraries send the request again after a 5xx; we never do.

use super::Plivo;
use super::exchange::{Exchange, Stop, outcome};
use super::listing;
use super::path::{Name, Shelf, Target};
use super::record::{Detail, Fault, Record, digits, unknown, unreadable};
use super::xml::whole_seconds;
use crate::roles::{Leg, Next, PlaceError, Placement, Seen};
use crate::wire::{Reply, Request};
use call::CarrierCallId;
use call::call::{HangUpReply, Sighting, Unknown, UnknownWhy};
use serde::{Deserialize, Serialize};

/// The body of the request that makes a call.
#[derive(Serialize)]
struct Call<'a> {
    from: &'a str,
    to: &'a str,
    answer_url: &'a str,
    answer_method: &'static str,
    /// Asked when `answer_url` failed three times or for a minute: the same again, for a gateway
    /// that was being started.
    fallback_url: &'a str,
    fallback_method: &'static str,
    ring_url: &'a str,
    ring_method: &'static str,
    /// Older descriptions have it that the end is told to `answer_url` where this isn't set.
    hangup_url: &'a str,
    hangup_method: &'static str,
    ring_timeout: u64,
    time_limit: u64,
    /// Whether it finds out if a machine answered, meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_detection: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_detection_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_detection_method: Option<&'static str>,
}

/// What Plivo answers to it.
#[derive(Deserialize)]
struct Placed {
    request_uuid: Named,
}

/// One name, or a list of them where several numbers were called.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    One(String),
    Each(Vec<String>),
}

/// The request that makes a call. `<` parts several numbers, all of which would be called; no
/// number has one, so whatever does is nobody, which Plivo refuses.
pub(super) fn place(plivo: &Plivo, placement: &Placement) -> Request {
    let to = digits(&placement.to);
    let addresses = plivo.config.addresses(placement.id);
    // Without an address of its own, the verdict would be waited for before anything is said.
    let listens = placement.listens.is_some();
    plivo.create(&Call {
        from: digits(&placement.from),
        to: if to.contains('<') { "" } else { to },
        answer_url: &addresses.voice,
        answer_method: "POST",
        fallback_url: &addresses.voice,
        fallback_method: "POST",
        ring_url: &addresses.status,
        ring_method: "POST",
        hangup_url: &addresses.status,
        hangup_method: "POST",
        ring_timeout: whole_seconds(placement.ring_max).clamp(1, DURATION_S_MAX),
        time_limit: whole_seconds(placement.duration_max).clamp(1, DURATION_S_MAX),
        machine_detection: listens.then_some("true"),
        machine_detection_url: listens.then_some(&*addresses.status),
        machine_detection_method: listens.then_some("POST"),
    })
}

/// Reads the reply to [`place`]: what it names is the request, and the call has a name of its own
/// as soon as there is one.
///
/// A 4xx means that Plivo judged the request and made no call, but for four: 408, 409 and 425 are
/// said of requests that may go on somewhere, and after 429 the call may be tried again.
pub(super) fn read_placed(reply: &Reply) -> Result<CarrierCallId, PlaceError> {
    let in_doubt = || PlaceError::InDoubt(unknown(reply).detail);
    match reply.status {
        200..=299 => placed(reply)
            .ok_or_else(|| PlaceError::InDoubt(format!("HTTP {} that names no request", reply.status))),
        429 => Err(PlaceError::Deferred { why: "rate_limited".to_owned(), retry_after: reply.retry_after() }),
        408 | 409 | 425 => Err(in_doubt()),
        400..=499 => Err(refused(reply)),
        _ => Err(in_doubt()),
    }
}

/// Asks how one call stands: live, queued and completed calls are three resources, asked for in
/// that order under every name of the leg. So a call that lives is never taken for its record, and
/// what is on none of the three shelves is unknown: between two of them it is on neither.
pub(super) fn look_up(plivo: &Plivo, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
    let sight = sight(plivo, leg, &mut Exchange::new(replies));
    outcome(sight).map(|told| told.unwrap_or_else(|unknown| Seen::from(Sighting::Unknown(unknown))))
}

/// Ends one call under whichever name it has. A name that no call goes by may be that of a request
/// that isn't a call yet, and is called off.
pub(super) fn hang_up(plivo: &Plivo, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
    let ended = end(plivo, leg, &mut Exchange::new(replies));
    outcome(ended).map(|told| match told {
        Ok(true) => HangUpReply::Accepted,
        Ok(false) => HangUpReply::NothingToEnd { code: "404".to_owned() },
        Err(unknown) => HangUpReply::Failed(unknown),
    })
}

/// All names of a leg that can be asked about, of which there must be one.
pub(super) fn names(leg: &Leg) -> Result<Vec<Name>, Unknown> {
    let names = Name::all_of(leg);
    if names.is_empty() { Err(unreadable("the leg has no name that Plivo gives")) } else { Ok(names) }
}

/// How a leg was seen that goes by this name.
pub(super) fn seen(leg: &Leg, called: Option<CarrierCallId>, sighting: Sighting) -> Seen {
    Seen { sighting, named: called.filter(|called| *called != leg.id), also: None }
}

fn sight(plivo: &Plivo, leg: &Leg, exchange: &mut Exchange<'_>) -> Result<Seen, Stop> {
    let names = names(leg)?;
    for shelf in [Shelf::Live, Shelf::Queued] {
        for name in &names {
            if let Some(reply) = exchange.find(plivo.one(shelf, name))? {
                let detail = Detail::about(reply, name)?;
                return Ok(seen(leg, detail.leg(), detail.sighting(reply.date())));
            }
        }
    }
    for name in &names {
        if let Some(reply) = exchange.find(plivo.one(Shelf::Records, name))? {
            let record = Record::about(reply, name)?;
            return Ok(seen(leg, record.leg(), record.sighting()));
        }
    }
    // A single name may be that of the request, while the call goes by one that we never heard.
    if let [name] = names.as_slice()
        && let Some(seen) = listing::search(plivo, leg, name, exchange)?
    {
        return Ok(seen);
    }
    let detail = "HTTP 404 of the live call, the queued call and the record".to_owned();
    Err(Stop::Unknown(Unknown { why: UnknownWhy::NotFound, detail, retry_after: None }))
}

/// Whether Plivo took the end of the call.
fn end(plivo: &Plivo, leg: &Leg, exchange: &mut Exchange<'_>) -> Result<bool, Stop> {
    let names = names(leg)?;
    let calls = names.iter().map(Target::Call);
    for target in calls.chain(names.iter().map(Target::Request)) {
        if exchange.find(plivo.delete(target))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn placed(reply: &Reply) -> Option<CarrierCallId> {
    let placed: Placed = serde_json::from_slice(&reply.body).ok()?;
    let uuid = match placed.request_uuid {
        Named::One(uuid) => uuid,
        Named::Each(uuids) => uuids.into_iter().next()?,
    };
    Name::read(&uuid).map(|name| name.id().clone())
}

fn refused(reply: &Reply) -> PlaceError {
    let said = Fault::reason(reply);
    let reason = match reply.status {
        401 => format!("the carrier did not accept our credentials: {said}"),
        _ => said,
    };
    PlaceError::Refused { code: reply.status.to_string(), reason }
}

/// No call lasts longer than a day: "calls >= 86400s are disconnected at 24h".
const DURATION_S_MAX: u64 = 86_400;
