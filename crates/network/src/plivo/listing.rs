//! Lists: the ids of live and of queued calls, and the records of those that are over.
//!
//! Source: <https://www.plivo.com/docs/voice/api/call/retrieve-all-calls/>.

use serde_json::{Map, Value, json};

use super::Face;
use super::call::{Call, bare};
use super::error::ApiError;
use super::resource::{object, record};
use super::zone;
use crate::form::Form;
use crate::time::Millis;
use crate::world::{Leg, Stage, World};

/// The length of a page where none is asked for, and at most.
const PAGE_MAX: usize = 20;

const DAY_MS: u64 = 24 * 3_600_000;

/// How far back records are listed where nothing is said of their ends.
const WINDOW_MS: u64 = 7 * DAY_MS;

/// The longest time between the two ends of a search.
const RANGE_MS_MAX: u64 = 30 * DAY_MS;

/// Which part of a list is asked for.
struct Page {
    limit: usize,
    offset: usize,
}

impl Page {
    fn read(query: &Form) -> Result<Page, ApiError> {
        let number = |name: &str, otherwise: usize| match query.get(name) {
            None => Ok(otherwise),
            Some(text) => text.parse::<usize>().map_err(|_| ApiError::invalid(name)),
        };
        let page = Page { limit: number("limit", PAGE_MAX)?, offset: number("offset", 0)? };
        if (1..=PAGE_MAX).contains(&page.limit) { Ok(page) } else { Err(ApiError::invalid("limit")) }
    }
}

impl Face {
    /// The ids of the calls that are dialled and not over, the oldest first.
    pub(super) fn live_ids(&self, world: &World, query: &Form) -> Result<Map<String, Value>, ApiError> {
        self.ids(world, query, |call, leg| is_live(leg).then(|| call.call_uuid.clone()))
    }

    /// The ids of the requests whose calls wait to be dialled, the oldest first.
    pub(super) fn queued_ids(&self, world: &World, query: &Form) -> Result<Map<String, Value>, ApiError> {
        self.ids(world, query, |call, leg| is_queued(call, leg).then(|| call.request_uuid.clone()))
    }

    fn ids(
        &self,
        world: &World,
        query: &Form,
        id: impl Fn(&Call, &Leg) -> Option<String>,
    ) -> Result<Map<String, Value>, ApiError> {
        let page = Page::read(query)?;
        let calls = self.calls.iter().filter_map(|(leg_id, call)| {
            let leg = world.leg(*leg_id)?;
            fits(query, call).then(|| id(call, leg)).flatten()
        });
        let ids: Vec<String> = calls.skip(page.offset).take(page.limit).collect();
        Ok(object(json!({ "calls": ids })))
    }

    /// The records of calls that are over, the latest first.
    pub(super) fn records(&self, world: &World, query: &Form) -> Result<Map<String, Value>, ApiError> {
        let page = Page::read(query)?;
        let (from, to) = span(query, world.now)?;
        let mut found: Vec<(Millis, &Call, &Leg)> = Vec::new();
        for (id, call) in &self.calls {
            let Some(leg) = world.leg(*id) else { continue };
            let Some(end) = leg.end().filter(|_| self.has_record(leg, world.now)) else { continue };
            if (from..=to).contains(&end.at) && fits(query, call) && ended_so(query, call, leg)? {
                found.push((end.at, call, leg));
            }
        }
        found.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        let n_found = found.len();
        let (auth_id, east_minutes) = (&self.account.auth_id, self.account.utc_offset_minutes);
        let objects: Vec<_> = found
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .map(|(_, call, leg)| record(call, leg, auth_id, east_minutes))
            .collect();
        let link = |offset: Option<usize>| offset.map(|offset| self.link(query, page.limit, offset));
        let next = page.offset + page.limit;
        let previous = (page.offset > 0).then(|| page.offset.saturating_sub(page.limit));
        Ok(object(json!({
            "meta": {
                "limit": page.limit,
                "offset": page.offset,
                "next": link((next < n_found).then_some(next)),
                "previous": link(previous),
                "total_count": n_found,
            },
            "objects": objects,
        })))
    }

    /// Whether there is a record of a call: it appears a while after the end.
    pub(super) fn has_record(&self, leg: &Leg, now: Millis) -> bool {
        leg.end().is_some_and(|end| now.since(end.at) >= self.account.record_after_ms)
    }

    fn link(&self, query: &Form, limit: usize, offset: usize) -> String {
        let mut link = Form::default();
        for (name, value) in query.pairs().filter(|(name, _)| !["limit", "offset"].contains(name)) {
            link.put(name, value);
        }
        let link = link.with("limit", limit.to_string()).with("offset", offset.to_string());
        format!("/v1/Account/{}/Call/?{}", self.account.auth_id, link.write())
    }
}

/// Whether a call is one that Plivo calls live.
pub(super) fn is_live(leg: &Leg) -> bool {
    match leg.stage {
        Stage::Dialling | Stage::Ringing | Stage::Talking => true,
        Stage::Queued | Stage::Ended(_) => false,
    }
}

/// Whether a call is one that Plivo calls queued. One that was fired and is not dialled yet is
/// neither queued nor live.
pub(super) fn is_queued(call: &Call, leg: &Leg) -> bool {
    call.queued && leg.stage == Stage::Queued
}

/// The filters that all lists have: numbers match from their beginning.
fn fits(query: &Form, call: &Call) -> bool {
    let begins = |name: &str, number: &str| {
        query.get(name).is_none_or(|wanted| bare(number).starts_with(bare(wanted.trim())))
    };
    begins("from_number", &call.from)
        && begins("to_number", &call.to)
        && query.get("call_direction").is_none_or(|wanted| wanted == call.way.word())
}

/// The filters that only records have, save that on the time.
fn ended_so(query: &Form, call: &Call, leg: &Leg) -> Result<bool, ApiError> {
    let hangup = call.hung_up(leg);
    let talked_s = leg.talked_s().unwrap_or(0);
    let mut fits =
        query.get("parent_call_uuid").is_none_or(|wanted| call.parent_uuid.as_deref() == Some(wanted));
    fits &= query.get("hangup_source").is_none_or(|wanted| hangup.is_some_and(|is| is.source == wanted));
    if let Some(wanted) = query.get("hangup_cause_code") {
        let code: u16 = wanted.parse().map_err(|_| ApiError::invalid("hangup_cause_code"))?;
        fits &= hangup.is_some_and(|is| is.code == code);
    }
    for (suffix, holds) in COMPARISONS {
        let name = format!("bill_duration{suffix}");
        let Some(wanted) = query.get(&name) else { continue };
        let wanted: u64 = wanted.parse().map_err(|_| ApiError::invalid(&name))?;
        fits &= holds(talked_s.cmp(&wanted));
    }
    Ok(fits)
}

/// What may stand behind a filter's name.
type Comparison = (&'static str, fn(std::cmp::Ordering) -> bool);
const COMPARISONS: [Comparison; 5] = [
    ("", std::cmp::Ordering::is_eq),
    ("__lt", std::cmp::Ordering::is_lt),
    ("__lte", std::cmp::Ordering::is_le),
    ("__gt", std::cmp::Ordering::is_gt),
    ("__gte", std::cmp::Ordering::is_ge),
];

/// From when until when a call must have ended.
fn span(query: &Form, now: Millis) -> Result<(Millis, Millis), ApiError> {
    let time = |name: &str| match query.get(name) {
        None => Ok(None),
        Some(text) => zone::read(text).map(Some).ok_or_else(|| ApiError::invalid(name)),
    };
    if let Some(at) = time("end_time")? {
        return Ok((at, at + 999));
    }
    let from = time("end_time__gte")?.or(time("end_time__gt")?.map(|at| at + 1));
    let to = time("end_time__lte")?.or(time("end_time__lt")?.map(|at| at.before(1)));
    match (from, to) {
        (None, None) => Ok((now.before(WINDOW_MS), now)),
        (Some(from), None) => Ok((from, from + RANGE_MS_MAX)),
        (None, Some(to)) => Ok((to.before(RANGE_MS_MAX), to)),
        (Some(from), Some(to)) if to.since(from) > RANGE_MS_MAX => {
            Err(ApiError::bad("the search range must not be longer than 30 days"))
        }
        (Some(from), Some(to)) => Ok((from, to)),
    }
}
