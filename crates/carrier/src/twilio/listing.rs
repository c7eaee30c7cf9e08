//! Twilio's listing of calls: the search for a placement in doubt, and all calls that live now.
//!
//! The listing is not filtered by `StartTime`: that field is empty until a call is dialled, and
//! the filter has the grain of a day, so that it would hide just the queued call that is sought
//! (`twilio_api_v2010`, 2026-04-14). A page's successor is asked for with Twilio's query, but
//! always at our own address: credentials go nowhere else.

use super::Twilio;
use super::record::{Record, unknown, unreadable};
use crate::mark::Mark;
use crate::roles::{Candidate, Listed, Next, Sought, each_once};
use crate::wire::{Operation, Reply, Request};
use call::call::{Sighting, Unknown};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::time::Duration;

/// One page of calls. Both fields must be there: a listing that doesn't say whether it goes on
/// hasn't been read to its end.
#[derive(Deserialize)]
struct Page<T> {
    calls: Vec<T>,
    #[serde(deserialize_with = "Option::deserialize")]
    next_page_uri: Option<String>,
}

/// Searches for a placement in doubt.
///
/// Twilio lists the newest first, but doesn't promise by which date. So paging stops early only at
/// a page on which every call is older than the window by more than [`QUEUED_MAX`]: by whatever
/// date of theirs the calls are ordered, ours would have come before.
pub(super) fn find(
    twilio: &Twilio,
    sought: &Sought,
    replies: &[Reply],
) -> Next<Result<Vec<Candidate>, Unknown>> {
    let Some(last) = replies.last() else {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", sought.to.as_str())
            .append_pair("From", sought.from.as_str())
            .append_pair("PageSize", FIND_PAGE)
            .finish();
        return Next::Ask(list(twilio, &query));
    };
    let page = match page::<Record>(last) {
        Ok(page) => page,
        Err(unknown) => return Next::Done(Err(unknown)),
    };
    let horizon = sought.earliest() - QUEUED_MAX;
    let is_past = |record: &Record| record.created_at().is_some_and(|created| created < horizon);
    let all_past = !page.calls.is_empty() && page.calls.iter().all(is_past);
    match next_query(twilio, page.next_page_uri.as_deref()) {
        Err(unknown) => Next::Done(Err(unknown)),
        Ok(Some(query)) if !all_past => Next::Ask(list(twilio, query)),
        Ok(_) => Next::Done(candidates(twilio, sought, replies)),
    }
}

/// Lists all calls that live now, of every status that a live call may have. Each status has its
/// own pages.
pub(super) fn survey(twilio: &Twilio, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
    // Only where it goes on is of interest here; the calls are read once, at the end.
    let goes_on = |reply: &Reply| {
        let page = page::<IgnoredAny>(reply)?;
        Ok(next_query(twilio, page.next_page_uri.as_deref())?.map(str::to_owned))
    };
    match replies.last().map(goes_on).transpose() {
        Ok(Some(Some(query))) => return Next::Ask(list(twilio, &query)),
        Ok(_) => {}
        Err(unknown) => return Next::Done(Err(unknown)),
    }
    let n_statuses_read = replies.iter().map(goes_on).filter(|next| matches!(next, Ok(None))).count();
    match LIVE_STATUSES.get(n_statuses_read) {
        Some(status) => Next::Ask(list(twilio, &format!("Status={status}&PageSize={LIVE_PAGE}"))),
        None => Next::Done(live(replies)),
    }
}

pub(super) fn page_of_live(page: &Reply) -> Vec<Candidate> {
    let listed = live(std::slice::from_ref(page)).unwrap_or_default();
    listed.into_iter().map(Candidate::from).collect()
}

/// The calls on the pages that may be the one sought. One that can be neither taken nor ruled out
/// makes the whole listing unreadable: to overlook it would be to guess.
fn candidates(twilio: &Twilio, sought: &Sought, replies: &[Reply]) -> Result<Vec<Candidate>, Unknown> {
    let lag = twilio.config.request_timeout + ACCEPTANCE_LAG;
    let mut found = Vec::new();
    for reply in replies {
        for record in page::<Record>(reply)?.calls {
            if !is_between(&record, sought) {
                continue;
            }
            let created = record.created_at().ok_or_else(|| unreadable("a listed call without its date"))?;
            if !sought.may_be_of(created, WHOLE_SECOND, lag) {
                continue;
            }
            let leg = record.leg().ok_or_else(|| unreadable("a listed call without its sid"))?;
            found.push(Candidate { leg, sighting: record.sighting(reply.date()) });
        }
    }
    Ok(without_repeats(found))
}

/// Whether a call is ours by its direction and its two ends; what isn't told doesn't rule it out.
fn is_between(record: &Record, sought: &Sought) -> bool {
    let is = |told: &Option<String>, wanted: &str| told.as_deref().is_none_or(|told| told == wanted);
    is(&record.direction, "outbound-api")
        && is(&record.to, sought.to.as_str())
        && is(&record.from, sought.from.as_str())
}

/// The calls on the pages that live and can be named.
fn live(replies: &[Reply]) -> Result<Vec<Listed>, Unknown> {
    let mut found = Vec::new();
    for reply in replies {
        for record in page::<Record>(reply)?.calls {
            let sighting = record.sighting(reply.date());
            if let (Some(leg), Sighting::Live { lasted: age, .. }) = (record.leg(), sighting.clone()) {
                let mark = if record.is_child() { Mark::Beside } else { Mark::None };
                found.push(Listed { leg, also: None, sighting, age, mark, ends: record.ends() });
            }
        }
    }
    Ok(each_once(found))
}

/// A call that moves while the pages are read may stand on two of them: the later sight counts.
fn without_repeats(found: Vec<Candidate>) -> Vec<Candidate> {
    let mut by_leg = BTreeMap::new();
    for candidate in found {
        by_leg.insert(candidate.leg.clone(), candidate);
    }
    by_leg.into_values().collect()
}

fn page<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<Page<T>, Unknown> {
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply));
    }
    serde_json::from_slice(&reply.body).map_err(|_| unreadable("the listing is no list of calls"))
}

/// The query of the page that follows, `None` after the last. Twilio writes the address relative to
/// its own origin; whatever else stands there is no page of this account's calls.
fn next_query<'a>(twilio: &Twilio, uri: Option<&'a str>) -> Result<Option<&'a str>, Unknown> {
    let Some(uri) = uri.filter(|uri| !uri.is_empty()) else { return Ok(None) };
    let foreign = || unreadable("the listing goes on at an address that is not ours");
    let (address, query) = uri.split_once('?').ok_or_else(foreign)?;
    let path = address.strip_prefix(twilio.base.as_str()).unwrap_or(address);
    let is_query = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    if path != twilio.calls_path() || !query.bytes().all(is_query) {
        return Err(foreign());
    }
    Ok(Some(query))
}

fn list(twilio: &Twilio, query: &str) -> Request {
    twilio.get(Operation::List, format!("{}?{query}", twilio.calls_url()))
}

/// The statuses of calls that live (`call_enum_status`), in the order in which a call goes through
/// them: one that moves on while the pages are read is met again, not missed.
const LIVE_STATUSES: [&str; 3] = ["queued", "ringing", "in-progress"];
/// The largest page that Twilio gives: 10,000 live calls in ten requests.
const LIVE_PAGE: &str = "1000";
/// Calls between the same two numbers are few, and small pages come sooner.
const FIND_PAGE: &str = "200";
/// Twilio's dates are whole seconds, cut off: a call may seem up to a second older than it is.
const WHOLE_SECOND: Duration = Duration::from_secs(1);
/// How long after a request's arrival Twilio may take the call. Chosen by us; it promises nothing.
const ACCEPTANCE_LAG: Duration = Duration::from_secs(5);
/// Twilio queues calls for up to a day before it dials them
/// (<https://twilio.com/docs/voice/api/call>, 2026-11-22), and one hour for the ringing and us.
const QUEUED_MAX: Duration = Duration::from_secs(25 * 3600);
