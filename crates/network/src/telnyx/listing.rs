//! Lists: a connection's live calls, in pages by cursor, and events, in pages by number.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Face;
use super::call::{Call, Event, is_alive};
use super::error::ApiError;
use super::resource::ActiveCall;
use crate::wire::WireResponse;
use crate::world::{Leg, LegId, World};

/// The length of a page where none is asked for, and at most.
const PAGE: u64 = 20;
const PAGE_MAX: u64 = 250;

/// How far back events are listed where neither leg nor session is named.
const EVENTS_MS: u64 = 24 * 3_600_000;

/// The parameters of a query.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn read(encoded: &str) -> Query {
        Query(form_urlencoded::parse(encoded.as_bytes()).into_owned().collect())
    }

    /// The first value under a name, unless it is empty.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    fn filter(&self, name: &str) -> Option<&str> {
        self.get(&format!("filter[{name}]"))
    }

    /// The length of a page: `page[limit]`, or `page[size]` as some of Telnyx's own clients say.
    fn page_length(&self) -> Result<usize, ApiError> {
        let Some(text) = self.get("page[limit]").or_else(|| self.get("page[size]")) else {
            return Ok(usize::try_from(PAGE).unwrap_or(usize::MAX));
        };
        let range = 1..=PAGE_MAX;
        let length = text.parse::<u64>().ok().filter(|length| range.contains(length));
        let length = length.ok_or_else(|| ApiError::query_outside("page[limit]", &range))?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Which page is asked for, 1 being the first. A list with cursors heeds it where none is
    /// given: Telnyx's own clients ask so for the second page. The list has no `page_number`, by which
    /// they count, so that they ask for the second for ever; with cursors they don't.
    fn page_number(&self) -> usize {
        let number = self.get("page[number]").and_then(|text| text.parse().ok());
        number.unwrap_or(1).max(1)
    }
}

/// The cursor that stands for a place in the list.
fn cursor(id: LegId) -> String {
    format!("v1:{}", URL_SAFE_NO_PAD.encode(id.0.to_be_bytes()))
}

/// The place that a cursor stands for.
fn place(cursor: &str) -> Result<LegId, ApiError> {
    let decoded = cursor.strip_prefix("v1:").and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok());
    let bytes = decoded.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    let number = bytes.map(u64::from_be_bytes);
    number.map(LegId).ok_or_else(|| ApiError::bad_request("The page cursor is not valid."))
}

/// A call that is alive.
type Live<'a> = (LegId, &'a Call, &'a Leg);

/// Where in the list the page that is asked for begins, and where it is over.
fn bounds(live: &[Live<'_>], query: &Query, length: usize) -> Result<(usize, usize), ApiError> {
    if let Some(after) = query.get("page[after]") {
        let after = place(after)?;
        let from = live.partition_point(|(id, ..)| *id <= after);
        return Ok((from, from.saturating_add(length).min(live.len())));
    }
    if let Some(before) = query.get("page[before]") {
        let before = place(before)?;
        let to = live.partition_point(|(id, ..)| *id < before);
        return Ok((to.saturating_sub(length), to));
    }
    let from = length.saturating_mul(query.page_number() - 1).min(live.len());
    Ok((from, from.saturating_add(length).min(live.len())))
}

impl Face {
    /// Lists a connection's live calls, the oldest first.
    pub(super) fn active_calls(
        &self,
        world: &World,
        connection_id: &str,
        query: &Query,
    ) -> Result<WireResponse, ApiError> {
        if !self.account.connections.contains_key(connection_id) {
            return Err(ApiError::not_found());
        }
        let length = query.page_length()?;
        let live: Vec<Live<'_>> = self
            .calls
            .iter()
            .filter_map(|(id, call)| {
                let leg = world.leg(*id)?;
                (call.connection_id == connection_id && is_alive(leg)).then_some((*id, call, leg))
            })
            .collect();
        let (from, to) = bounds(&live, query, length)?;
        let found = live.get(from..to).unwrap_or_default();
        let after = found.last().filter(|_| to < live.len()).map(|(id, ..)| cursor(*id));
        let before = found.first().filter(|_| from > 0).map(|(id, ..)| cursor(*id));
        let path = |key: &str, cursor: &str| {
            format!("/v2/connections/{connection_id}/active_calls?page[{key}]={cursor}&page[limit]={length}")
        };
        let data: Vec<_> = found.iter().map(|(_, call, leg)| ActiveCall::of(call, leg, world.now)).collect();
        let mut meta = json!({ "cursors": {}, "total_items": live.len() });
        // What there is no such page for is left out: the API's schema knows no null here.
        for (key, name, cursor) in [("after", "next", &after), ("before", "previous", &before)] {
            if let Some(cursor) = cursor {
                meta["cursors"][key] = json!(cursor);
                meta[name] = json!(path(key, cursor));
            }
        }
        Ok(WireResponse::json(200, &json!({ "data": data, "meta": meta })))
    }

    /// Lists what happened to calls, the oldest first.
    pub(super) fn call_events(&self, world: &World, query: &Query) -> Result<WireResponse, ApiError> {
        let length = query.page_length()?;
        let number = query.page_number();
        let names_calls =
            ["leg_id", "application_session_id"].iter().any(|name| query.filter(name).is_some());
        let mut events: Vec<_> = self
            .calls
            .values()
            .filter(|call| fits(query, call))
            .flat_map(|call| call.events.iter().map(move |event| (call, event)))
            .filter(|(_, event)| {
                let is = |name: &str, value: &str| query.filter(name).is_none_or(|wanted| wanted == value);
                let is_recent = names_calls || world.now.since(event.at) <= EVENTS_MS;
                is("type", event.kind) && is("name", &event.name) && is_recent
            })
            .collect();
        events.sort_by_key(|(_, event)| event.at);
        let n_events = events.len();
        let page = events.into_iter().skip(length.saturating_mul(number - 1)).take(length);
        let data: Vec<_> = page.map(|(call, event)| written(call, event)).collect();
        Ok(WireResponse::json(
            200,
            &json!({
                "data": data,
                "meta": {
                    "page_number": number,
                    "page_size": length,
                    "total_pages": n_events.div_ceil(length),
                    "total_results": n_events,
                },
            }),
        ))
    }
}

fn fits(query: &Query, call: &Call) -> bool {
    let is = |name: &str, value: &str| query.filter(name).is_none_or(|wanted| wanted == value);
    is("leg_id", &call.leg_id)
        && is("application_session_id", &call.session_id)
        && is("connection_id", &call.connection_id)
        && is("from", &call.from)
        && is("to", &call.to)
}

fn written(call: &Call, event: &Event) -> Value {
    json!({
        "record_type": "call_event",
        "call_leg_id": call.leg_id,
        "call_session_id": call.session_id,
        "event_timestamp": event.at.rfc3339_micros(),
        "name": event.name,
        "type": event.kind,
        "metadata": event.metadata,
    })
}
