//! `/v1/access/audit`: what was asked for through the API, by whom, and what came of it.

use super::api::call_id;
use super::openapi::CALL_ID;
use super::reading::{query, within};
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AccessQuery, KeptLine};

/// What is asked of `GET /v1/access/audit`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessAuditAsked")]
pub(crate) struct Audit {
    /// How many at most, 1 to 500. Default: 50.
    #[schemars(range(min = 1, max = PAGE_MAX))]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<u64>,
    /// Only what was refused.
    refused: Option<bool>,
    /// Only what this token asked for, by its name.
    token: Option<String>,
    /// Only what was asked for by this verb.
    verb: Option<String>,
    /// Only what was asked of this call.
    #[schemars(extend("pattern" = CALL_ID))]
    call: Option<String>,
}

/// What was asked for through the API, the newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccessLines {
    lines: Vec<AccessLine>,
    /// The cursor of the next page, if there is one.
    next: Option<u64>,
}

/// Something that was asked for through the API.
#[derive(Serialize, JsonSchema)]
struct AccessLine {
    id: u64,
    at: String,
    /// Who asked, by the token's name.
    token: Option<String>,
    verb: String,
    call: Option<String>,
    number: Option<String>,
    /// `ok`, or the code of what it was refused for.
    outcome: String,
    /// From where it was asked.
    address: Option<String>,
    request_id: String,
}

/// `GET /v1/access/audit`: the newest first.
pub(crate) async fn list(
    pages: Pages,
    asked: Result<Query<Audit>, QueryRejection>,
) -> Result<Json<AccessLines>, Problem> {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE), &(1..=PAGE_MAX))?;
    let wanted = AccessQuery {
        refused: asked.refused == Some(true),
        token: asked.token,
        verb: asked.verb,
        call: asked.call.as_deref().map(call_id).transpose()?,
        before: asked.cursor,
        limit: limit + 1,
    };
    let mut found = pages.calls.access_lines(wanted).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.id);
    Ok(Json(AccessLines { lines: found.into_iter().map(line).collect(), next }))
}

fn line(KeptLine { id, line }: KeptLine) -> AccessLine {
    AccessLine {
        id,
        at: rfc3339(line.at),
        token: line.token,
        verb: line.verb,
        call: line.call.map(|call| call.to_string()),
        number: line.number,
        outcome: line.outcome,
        address: line.address,
        request_id: line.request_id,
    }
}

/// How many lines a page has unless asked otherwise.
const PAGE: usize = 50;
/// How many a page has at most.
const PAGE_MAX: usize = 500;
