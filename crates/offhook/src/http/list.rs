//! `GET /v1/calls`: calls, the newest first, all of them or those that are like what is asked for.

use super::caller::Caller;
use super::openapi::{CALL_ID, NOT_BLANK};
use super::problem::Kind;
use super::reading::{query, within};
use super::view::{CallView, DIRECTIONS};
use super::{Pages, Problem, api};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use call::call::{Direction, EndingKind};
use call::{CallState, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{CallQuery, CallSearch, CallsFound};

/// What is asked of `GET /v1/calls`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListCalls {
    /// How many at most, 1 to 500. Default: 50.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<usize>,
    /// `next` of the page before.
    #[schemars(extend("pattern" = CALL_ID))]
    cursor: Option<String>,
    #[schemars(extend("enum" = CallState::WORDS))]
    state: Option<String>,
    /// Only those that aren't over.
    live: Option<bool>,
    #[schemars(extend("enum" = DIRECTIONS))]
    direction: Option<String>,
    /// Only those to this number, as the call writes it.
    to: Option<String>,
    /// Only those from this number, as the call writes it.
    from: Option<String>,
    /// Only those to or from this number, as the call writes it.
    number: Option<String>,
    /// The carrier, by the name of its section in the configuration.
    carrier: Option<String>,
    /// The agent that talks, by its name.
    agent: Option<String>,
    #[schemars(extend("enum" = EndingKind::ALL.map(EndingKind::word)))]
    ending: Option<String>,
    /// Asked for or come in at this time or later, in RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    since: Option<String>,
    /// Before this time, in RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    until: Option<String>,
    /// Words that were said on it.
    #[schemars(extend("pattern" = NOT_BLANK))]
    said: Option<String>,
}

/// A page of calls.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CallList {
    calls: Vec<CallView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// `GET /v1/calls`: the newest first.
pub(crate) async fn list(
    pages: Pages,
    caller: Caller,
    asked: Result<Query<ListCalls>, QueryRejection>,
) -> Result<Json<CallList>, Problem> {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE), &(1..=api::PAGE_MAX))?;
    let search = CallSearch { placed_by: caller.sees_only(), ..search(&asked, limit)? };
    let CallsFound { calls, next } = match asked.is_plain() {
        true => plain(&pages, search).await?,
        false => pages.calls.search(search).await?,
    };
    let calls = calls.iter().map(|kept| CallView::of(&kept.call)).collect();
    Ok(Json(CallList { calls, next: next.map(|id| id.to_string()) }))
}

/// All calls, those of one state, or the live ones, in the order of their names.
async fn plain(pages: &Pages, search: CallSearch) -> Result<CallsFound, Problem> {
    let CallSearch { unfinished, state, placed_by, after, limit, .. } = search;
    let query = CallQuery { unfinished, state, placed_by, before: after, limit: limit + 1 };
    let mut calls = pages.calls.list(query).await?;
    let more = calls.len() > limit;
    calls.truncate(limit);
    let next = calls.last().filter(|_| more).map(|kept| kept.call.facts.id);
    Ok(CallsFound { calls, next })
}

impl ListCalls {
    /// Whether nothing is asked for that must be searched.
    fn is_plain(&self) -> bool {
        let ListCalls { direction, to, from, number, carrier, agent, ending, since, until, said, .. } = self;
        [direction, to, from, number, carrier, agent, ending, since, until, said]
            .into_iter()
            .all(Option::is_none)
    }
}

fn search(asked: &ListCalls, limit: usize) -> Result<CallSearch, Problem> {
    let refuse = |detail: String| Problem::new(Kind::Unreadable, detail);
    let ending = asked
        .ending
        .as_deref()
        .map(|word| one_of("ending", word, &EndingKind::ALL.map(EndingKind::word)))
        .transpose()?;
    let direction = match asked.direction.as_deref() {
        None => None,
        Some("inbound") => Some(Direction::Inbound),
        Some("outbound") => Some(Direction::Outbound),
        Some(other) => return Err(refuse(format!("{other:?} is no direction; it is inbound or outbound"))),
    };
    if asked.said.as_deref().is_some_and(api::is_blank) {
        return Err(refuse("said is empty: write what was said, or leave it out".to_owned()));
    }
    Ok(CallSearch {
        unfinished: asked.live == Some(true),
        state: asked.state.as_deref().map(|word| one_of("state", word, &CallState::WORDS)).transpose()?,
        direction,
        to: asked.to.clone(),
        from: asked.from.clone(),
        number: asked.number.clone(),
        carrier: asked.carrier.clone(),
        agent: asked.agent.clone(),
        ending,
        placed_by: None,
        since: asked.since.as_deref().map(|text| time("since", text)).transpose()?,
        until: asked.until.as_deref().map(|text| time("until", text)).transpose()?,
        said: asked.said.clone(),
        after: asked.cursor.as_deref().map(api::call_id).transpose()?,
        limit,
    })
}

fn one_of(field: &str, word: &str, words: &[&str]) -> Result<String, Problem> {
    if words.contains(&word) {
        return Ok(word.to_owned());
    }
    let detail = format!("{word:?} is no {field}; the {field}s are {}", words.join(", "));
    Err(Problem::new(Kind::Unreadable, detail))
}

fn time(field: &str, text: &str) -> Result<Timestamp, Problem> {
    let read = text.parse::<jiff::Timestamp>().map(|at| Timestamp(at.as_millisecond()));
    let way_out = "write it like 2026-11-22T13:34:17Z";
    read.map_err(|_| {
        Problem::new(Kind::Unreadable, format!("{field} is {text:?}, which is no time; {way_out}"))
    })
}

/// How many calls a page has unless asked otherwise.
const PAGE: usize = 50;
