//! Plivo's lists: all calls that live, the search for a placement in doubt, and the search for a
//! call that goes by another name than the one we know.
//!
//! Sources: <https://docs.plivo.com/docs/voice/api/call/retrieve-all-calls> (2026-11-22), and
//! `live_calls.py` and `queued_calls.py` of Plivo's Python library 4.63.0. The lists of live and
//! queued calls hold names alone, twenty a page, and don't say whether they go on; the two ends of
//! a call are told by the call itself.

use super::Plivo;
use super::control::seen;
use super::exchange::{Exchange, Stop, outcome};
use super::path::{Name, Shelf};
use super::record::{Detail, Record, alive, digits, json, text, unknown, unreadable};
use crate::mark::{Ends, Mark};
use crate::roles::{Candidate, Leg, Listed, Next, Seen, Sought};
use crate::wire::Reply;
use call::call::{Sighting, Unknown, UnknownWhy};
use call::{CarrierCallId, Timestamp};
use serde::Deserialize;
use std::time::Duration;

/// A page of names.
#[derive(Deserialize)]
struct Names {
    calls: Vec<String>,
}

/// A page of records.
#[derive(Deserialize)]
struct Records {
    objects: Vec<Record>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    /// The address of the next page; it is read for whether there is one, and never asked for.
    #[serde(deserialize_with = "Option::deserialize")]
    next: Option<String>,
    #[serde(default, deserialize_with = "text")]
    total_count: Option<String>,
}

/// What a search found, each call once, as it was seen last.
#[derive(Default)]
struct Finds {
    found: Vec<(Option<String>, Candidate)>,
}

/// Searches for a placement in doubt: all calls that are queued, that live, and that were completed
/// since, in the order in which a call goes through them: one that moves on while the lists are
/// read is met again, not missed.
pub(super) fn find(
    plivo: &Plivo,
    sought: &Sought,
    replies: &[Reply],
) -> Next<Result<Vec<Candidate>, Unknown>> {
    outcome(candidates(plivo, sought, &mut Exchange::new(replies)))
}

/// Lists all calls that live now and can be named.
pub(super) fn survey(plivo: &Plivo, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
    let listed = ids(plivo, LIVE, usize::MAX, &mut Exchange::new(replies));
    let named = |ids: Vec<String>| {
        let names = ids.iter().filter_map(|id| Name::read(id));
        let listed = |name: Name| Listed {
            leg: name.id().clone(),
            also: None,
            sighting: alive(),
            age: None,
            mark: Mark::None,
            ends: Ends::default(),
        };
        names.map(listed).collect()
    };
    outcome(listed.map(named))
}

/// Asks for the names and the two ends of a live call. Whose it is Plivo tells nowhere: only a
/// webhook's address does.
pub(super) fn prove(plivo: &Plivo, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
    let told = || {
        let name = Name::read(listed.leg.as_str()).ok_or_else(unnamed)?;
        let reply = Exchange::new(replies).find(plivo.one(Shelf::Live, &name))?.ok_or_else(between)?;
        let detail = Detail::about(reply, &name)?;
        let sighting = detail.sighting(reply.date());
        let age = match &sighting {
            Sighting::Live { lasted, .. } => *lasted,
            Sighting::Over(_) | Sighting::Unknown(_) => None,
        };
        let also = detail.request().and_then(Name::read).map(|name| name.id().clone());
        let also = also.filter(|also| *also != listed.leg);
        Ok(Listed { also, sighting, age, ends: detail.ends(), ..listed.clone() })
    };
    outcome(told())
}

/// Searches for the call that a request made, where that is the only name we know: among the calls
/// that live by its request, and among the records by its two ends and its time. A record tells no
/// request, so it counts only if every live call was looked at, and it is the only one that fits.
pub(super) fn search(
    plivo: &Plivo,
    leg: &Leg,
    name: &Name,
    exchange: &mut Exchange<'_>,
) -> Result<Option<Seen>, Stop> {
    let ids = ids(plivo, LIVE, LOOKS_MAX, exchange)?;
    if ids.len() > LOOKS_MAX {
        return Ok(None);
    }
    for id in names_of(&ids)?.iter().filter(|id| *id != name) {
        let Some(reply) = exchange.find(plivo.one(Shelf::Live, id))? else { continue };
        let detail = Detail::about(reply, id)?;
        if detail.is_of(name) {
            return Ok(Some(seen(leg, detail.leg(), detail.sighting(reply.date()))));
        }
    }
    let mut fitting = Vec::new();
    for record in records(plivo, &leg.sought, exchange)? {
        if record.fits(&leg.sought, plivo.lag())? {
            fitting.push((record.leg(), record.sighting()));
        }
    }
    let one = <[_; 1]>::try_from(fitting).ok();
    Ok(one.and_then(|[(called, sighting)]| match (&called, &sighting) {
        (Some(_), Sighting::Over(_)) => Some(seen(leg, called, sighting)),
        _ => None,
    }))
}

impl Plivo {
    /// How much younger a call may be than the last moment at which its request could leave.
    fn lag(&self) -> Duration {
        self.config.request_timeout + ACCEPTANCE_LAG
    }
}

impl Finds {
    fn take(&mut self, request: Option<&str>, leg: CarrierCallId, sighting: Sighting) {
        let same = |known: &Option<String>| request.is_some() && known.as_deref() == request;
        self.found.retain(|(known, one)| one.leg != leg && !same(known));
        self.found.push((request.map(str::to_owned), Candidate { leg, sighting }));
    }

    fn detail(&mut self, plivo: &Plivo, sought: &Sought, reply: &Reply, id: &Name) -> Result<(), Unknown> {
        let detail = Detail::about(reply, id)?;
        if detail.fits(sought, plivo.lag())? {
            let leg = detail.leg().ok_or_else(unnamed)?;
            self.take(detail.request(), leg, detail.sighting(reply.date()));
        }
        Ok(())
    }

    fn record(&mut self, plivo: &Plivo, sought: &Sought, record: &Record) -> Result<(), Unknown> {
        if record.fits(sought, plivo.lag())? {
            self.take(None, record.leg().ok_or_else(unnamed)?, record.sighting());
        }
        Ok(())
    }
}

fn candidates(plivo: &Plivo, sought: &Sought, exchange: &mut Exchange<'_>) -> Result<Vec<Candidate>, Stop> {
    let mut finds = Finds::default();
    let mut moved_on = Vec::new();
    for id in names_of(&ids(plivo, QUEUED, usize::MAX, exchange)?)? {
        match exchange.find(plivo.one(Shelf::Queued, &id))? {
            Some(reply) => finds.detail(plivo, sought, reply, &id)?,
            None => moved_on.push(id),
        }
    }
    let mut live = names_of(&ids(plivo, LIVE, usize::MAX, exchange)?)?;
    live.extend(moved_on);
    live.sort();
    live.dedup();
    for id in live {
        if let Some(reply) = exchange.find(plivo.one(Shelf::Live, &id))? {
            finds.detail(plivo, sought, reply, &id)?;
        } else {
            // It ended just now: whose it was is told by its record, or not yet.
            let reply = exchange.find(plivo.one(Shelf::Records, &id))?.ok_or_else(between)?;
            finds.record(plivo, sought, &Record::about(reply, &id)?)?;
        }
    }
    for record in records(plivo, sought, exchange)? {
        finds.record(plivo, sought, &record)?;
    }
    Ok(finds.found.into_iter().map(|(_, candidate)| candidate).collect())
}

/// The names of all calls of a status, or of more than `enough` of them, each once.
fn ids(plivo: &Plivo, status: &str, enough: usize, exchange: &mut Exchange<'_>) -> Result<Vec<String>, Stop> {
    let mut known: Vec<String> = Vec::new();
    let mut offset = 0;
    loop {
        let request = plivo.list(&format!("status={status}&limit={PAGE}&offset={offset}"));
        let page: Names = json(answered(exchange.ask(request)?)?)?;
        let (n_before, n_read) = (known.len(), page.calls.len());
        for id in page.calls {
            if !known.contains(&id) {
                known.push(id);
            }
        }
        // A page that is longer than was asked for is of a list that has no pages.
        if n_read != PAGE || known.len() > enough {
            return Ok(known);
        }
        if known.len() == n_before {
            return Err(unreadable("the list goes on with the page it is on").into());
        }
        offset += n_read;
    }
}

/// The records of outbound calls between the two ends that were completed since.
fn records(plivo: &Plivo, sought: &Sought, exchange: &mut Exchange<'_>) -> Result<Vec<Record>, Stop> {
    let since = sought.earliest() - SINCE_MARGIN;
    let since = written(since).ok_or_else(|| unreadable("the time sought can't be written"))?;
    let mut known: Vec<Record> = Vec::new();
    loop {
        let offset = known.len().to_string();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("call_direction", "outbound")
            .append_pair("from_number", digits(&sought.from))
            .append_pair("to_number", digits(&sought.to))
            .append_pair("end_time__gte", &since)
            .append_pair("limit", &PAGE.to_string())
            .append_pair("offset", &offset)
            .finish();
        let page: Records = json(answered(exchange.ask(plivo.list(&query))?)?)?;
        let n_read = page.objects.len();
        known.extend(page.objects);
        let total: Option<usize> = page.meta.total_count.and_then(|count| count.parse().ok());
        let goes_on = page.meta.next.is_some() || total.is_some_and(|total| total > known.len());
        if !goes_on {
            return Ok(known);
        }
        if n_read == 0 {
            return Err(unreadable("the list goes on, and its page is empty").into());
        }
    }
}

fn answered(reply: &Reply) -> Result<&Reply, Unknown> {
    if (200..=299).contains(&reply.status) { Ok(reply) } else { Err(unknown(reply)) }
}

/// The listed names. To overlook one that can't be asked about would be to guess that it isn't ours.
fn names_of(ids: &[String]) -> Result<Vec<Name>, Unknown> {
    ids.iter().map(|id| Name::read(id).ok_or_else(unnamed)).collect()
}

/// A time as a filter takes it: UTC.
fn written(at: Timestamp) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn unnamed() -> Unknown {
    unreadable("a listed call without a name that Plivo gives")
}

fn between() -> Unknown {
    let detail = "a call that was listed lives no more, and has no record yet".to_owned();
    Unknown { why: UnknownWhy::NotFound, detail, retry_after: None }
}

/// The two statuses that have lists of names.
const LIVE: &str = "live";
const QUEUED: &str = "queued";
/// The largest page that Plivo gives: 960 live calls and some in the 49 requests of an exchange.
const PAGE: usize = 20;
/// So many live calls at most are looked at to find one by its request.
const LOOKS_MAX: usize = 20;
/// How long after a request's arrival Plivo may date the call. Chosen by us; it promises nothing.
const ACCEPTANCE_LAG: Duration = Duration::from_secs(5);
/// Records are asked for from so much earlier than the call can have ended: whole seconds, and two
/// of Plivo's clocks.
const SINCE_MARGIN: Duration = Duration::from_secs(60);
