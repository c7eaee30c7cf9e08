//! Lists of calls: Twilio's filters and pages.

use serde_json::{Map, Value, json};

use super::Face;
use super::call::Call;
use super::resource::CallResource;
use crate::form::Form;
use crate::time::Millis;
use crate::wire::WireResponse;
use crate::world::{Leg, LegId, World};

/// The longest page.
const PAGE_SIZE_MAX: usize = 1_000;

/// The length of a page where none is asked for.
const PAGE_SIZE: usize = 50;

/// Which page of a list is wanted.
struct Page {
    size: usize,
    number: usize,
    /// The page begins behind this call; without it `number` full pages are skipped.
    after: Option<LegId>,
}

impl Face {
    /// Lists an account's calls, the newest first.
    pub(super) fn list(&self, world: &World, account_sid: &str, query: &Form) -> WireResponse {
        let page = self.page(query);
        let before = page.after.unwrap_or(LegId(u64::MAX));
        let n_skipped = if page.after.is_some() { 0 } else { page.size * page.number };
        let fitting = self.calls.range(..before).rev().filter_map(|(id, call)| {
            let leg = world.leg(*id)?;
            let fits = call.account_sid == account_sid && !call.deleted && fits(query, call, leg);
            fits.then_some((call, leg))
        });
        let mut found: Vec<_> = fitting.skip(n_skipped).take(page.size + 1).collect();
        let there_is_more = found.len() > page.size;
        found.truncate(page.size);
        let last = found.last().filter(|_| there_is_more).map(|(call, _)| call.sid.as_str());
        let path = format!("/{}/Accounts/{account_sid}/Calls.json", super::API_VERSION);
        let mut envelope = envelope(&path, query, &page, found.len(), last);
        let calls: Vec<_> = found.iter().map(|(call, leg)| CallResource::of(call, leg)).collect();
        envelope.insert("calls".to_owned(), json!(calls));
        WireResponse::json(200, &envelope)
    }

    /// What was asked of a call's webhooks, and answered.
    pub(super) fn events(&self, call: &Call, query: &Form) -> WireResponse {
        let page = self.page(query);
        let skipped = call.exchanges.iter().skip(page.size * page.number);
        let found: Vec<_> = skipped.take(page.size).collect();
        let path = format!("{}/Events.json", super::resource::path(&call.account_sid, &call.sid));
        let there_is_more = call.exchanges.len() > page.size * (page.number + 1);
        let next = there_is_more.then_some("");
        let mut envelope = envelope(&path, query, &page, found.len(), next);
        envelope.insert("events".to_owned(), json!(found));
        WireResponse::json(200, &envelope)
    }

    fn page(&self, query: &Form) -> Page {
        let number = |name| query.get(name).and_then(|value| value.parse::<usize>().ok());
        let token = query.get("PageToken").and_then(|token| token.strip_prefix("PA"));
        Page {
            size: number("PageSize").unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE_MAX),
            number: number("Page").unwrap_or(0).min(1_000_000),
            after: token.and_then(|sid| self.leg_of(sid)),
        }
    }
}

/// The fields around a page. `next_after`: the last one on it, if more follow.
fn envelope(
    path: &str,
    query: &Form,
    page: &Page,
    n_found: usize,
    next_after: Option<&str>,
) -> Map<String, Value> {
    let start = page.size * page.number;
    let uri = |number: usize, after: Option<&str>| {
        let mut form = Form::default();
        for (name, value) in query.pairs() {
            if !matches!(name, "Page" | "PageSize" | "PageToken") {
                form.put(name, value);
            }
        }
        form.put("PageSize", page.size.to_string());
        form.put("Page", number.to_string());
        if let Some(sid) = after.filter(|sid| !sid.is_empty()) {
            form.put("PageToken", format!("PA{sid}"));
        }
        format!("{path}?{}", form.write())
    };
    let previous = page.number.checked_sub(1).map(|number| uri(number, None));
    let mut envelope = Map::new();
    envelope.insert("first_page_uri".to_owned(), json!(uri(0, None)));
    envelope.insert("end".to_owned(), json!((start + n_found).saturating_sub(1)));
    envelope.insert("previous_page_uri".to_owned(), json!(previous));
    envelope.insert("uri".to_owned(), json!(uri(page.number, None)));
    envelope.insert("page_size".to_owned(), json!(page.size));
    envelope.insert("start".to_owned(), json!(start));
    let next = next_after.map(|sid| uri(page.number + 1, Some(sid)));
    envelope.insert("next_page_uri".to_owned(), json!(next));
    envelope.insert("page".to_owned(), json!(page.number));
    envelope
}

fn fits(query: &Form, call: &Call, leg: &Leg) -> bool {
    let is = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
    let is_number = |name: &str, value: &str| query.get(name).is_none_or(|wanted| same(wanted, value));
    is_number("To", &call.to)
        && is_number("From", &call.from)
        && is("Status", call.status(leg))
        && is("ParentCallSid", call.parent_sid.as_deref().unwrap_or_default())
        && fits_time(query, "StartTime", leg.answered_at.or(leg.dialled_at))
        && fits_time(query, "EndTime", leg.end().map(|end| end.at))
}

/// Whether two ways to write a number mean the same: a `+` in a query is easily lost.
fn same(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    digits(a) == digits(b)
}

/// Dates count by the day, in UTC, the named one included, whichever the comparison.
fn fits_time(query: &Form, name: &str, at: Option<Millis>) -> bool {
    let day = at.map(Millis::day);
    let wanted = |suffix: &str| {
        let value = query.get(&format!("{name}{suffix}"))?;
        Some(value.get(..10).unwrap_or(value).to_owned())
    };
    let fits = |wanted: Option<String>, compare: fn(&String, &String) -> bool| match wanted {
        None => true,
        Some(wanted) => day.as_ref().is_some_and(|day| compare(day, &wanted)),
    };
    fits(wanted(""), |day, wanted| day == wanted)
        && fits(wanted("<"), |day, wanted| day <= wanted)
        && fits(wanted(">"), |day, wanted| day >= wanted)
}
