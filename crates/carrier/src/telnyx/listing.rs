//! Telnyx's listing of the calls that live on our application: all of them, and the search for a
//! placement in doubt.
//!
//! What is in it lives, and it tells no more than names, marks and durations (schema `ActiveCall`,
//! 2026-07-16). A page's successor is asked for by its cursor, always at our own address.

use super::Telnyx;
use super::record::{Record, alive, text, unknown, unreadable};
use crate::mark::{Ends, Mark};
use crate::roles::{Candidate, Listed, Next, Sought, each_once};
use crate::wire::{Operation, Reply, Request};
use call::Party;
use call::call::Unknown;
use serde::Deserialize;

/// One page of calls.
#[derive(Deserialize)]
struct Page {
    data: Vec<Record>,
    meta: Option<Meta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    cursors: Option<Cursors>,
    #[serde(deserialize_with = "text")]
    next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cursors {
    #[serde(deserialize_with = "text")]
    after: Option<String>,
}

/// Searches for a placement in doubt, by its mark, among the calls that live.
pub(super) fn find(
    telnyx: &Telnyx,
    sought: &Sought,
    replies: &[Reply],
) -> Next<Result<Vec<Candidate>, Unknown>> {
    let chosen = all(telnyx, replies, |records| {
        let mut found = Vec::new();
        for record in records {
            if fits(telnyx, &record, sought) {
                let listed = listed(telnyx, &record);
                found.push(listed.ok_or_else(|| unreadable("a listed call without its name"))?);
            }
        }
        Ok(found)
    });
    chosen.map(|found| Ok(found?.into_iter().map(Candidate::from).collect()))
}

/// Lists all calls that live now and can be named.
pub(super) fn survey(telnyx: &Telnyx, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
    all(telnyx, replies, |records| Ok(records.iter().filter_map(|record| listed(telnyx, record)).collect()))
}

pub(super) fn page_of_live(telnyx: &Telnyx, reply: &Reply) -> Vec<Candidate> {
    let records = page(reply).map(|page| page.data).unwrap_or_default();
    records.iter().filter_map(|record| listed(telnyx, record)).map(Candidate::from).collect()
}

fn listed(telnyx: &Telnyx, record: &Record) -> Option<Listed> {
    let party = |end: &Option<String>| end.as_deref().map(Party::read);
    Some(Listed {
        leg: record.leg()?,
        also: record.leg_id(),
        sighting: alive(),
        age: record.duration(),
        mark: record.mark(telnyx.config.installation.as_ref()),
        ends: Ends { direction: None, from: party(&record.from), to: party(&record.to) },
    })
}

/// Whether a call is the one sought. Every call that we make carries its mark, so that one with a
/// foreign mark is not ours, and neither is a leg that a transfer rang. One that carries nothing is
/// taken by its two ends, should the listing ever tell them.
fn fits(telnyx: &Telnyx, record: &Record, sought: &Sought) -> bool {
    let is = |end: &Option<String>, wanted: &str| end.as_deref() == Some(wanted);
    match record.mark(telnyx.config.installation.as_ref()) {
        Mark::Ours(mark) | Mark::Unsigned(mark) => mark == sought.mark,
        Mark::None => is(&record.from, sought.from.as_str()) && is(&record.to, sought.to.as_str()),
        Mark::Foreign | Mark::Others | Mark::Beside => false,
    }
}

/// Reads the listing to its end, and then what it holds. A call that moves from page to page while
/// they are read stands once in what is found.
fn all(
    telnyx: &Telnyx,
    replies: &[Reply],
    choose: impl Fn(Vec<Record>) -> Result<Vec<Listed>, Unknown>,
) -> Next<Result<Vec<Listed>, Unknown>> {
    let mut records = Vec::new();
    let mut cursor: Option<String> = None;
    for (n_before, reply) in replies.iter().enumerate() {
        let page = match page(reply) {
            Ok(page) => page,
            Err(unknown) => return Next::Done(Err(unknown)),
        };
        let next = match next_cursor(page.meta.unwrap_or_default()) {
            Ok(next) => next,
            Err(unknown) => return Next::Done(Err(unknown)),
        };
        if n_before > 0 && next.is_some() && next == cursor {
            return Next::Done(Err(unreadable("the listing goes on with the page it is on")));
        }
        cursor = next;
        records.extend(page.data);
    }
    if replies.is_empty() || cursor.is_some() {
        return Next::Ask(list(telnyx, cursor.as_deref()));
    }
    Next::Done(choose(records).map(each_once))
}

fn page(reply: &Reply) -> Result<Page, Unknown> {
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply));
    }
    serde_json::from_slice(&reply.body).map_err(|_| unreadable("the listing is no list of calls"))
}

/// Where the listing goes on; `None` after the last page.
fn next_cursor(meta: Meta) -> Result<Option<String>, Unknown> {
    let is_there = |text: &String| !text.is_empty();
    match (meta.cursors.and_then(|cursors| cursors.after).filter(is_there), meta.next.filter(is_there)) {
        (Some(after), _) => Ok(Some(after)),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(unreadable("the listing goes on, and doesn't say where")),
    }
}

fn list(telnyx: &Telnyx, after: Option<&str>) -> Request {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("page[limit]", PAGE);
    if let Some(after) = after {
        query.append_pair("page[after]", after);
    }
    telnyx.get(Operation::List, format!("{}?{}", telnyx.active_calls_url(), query.finish()))
}

/// The largest page that Telnyx gives: 12,500 live calls in 50 requests.
const PAGE: &str = "250";
