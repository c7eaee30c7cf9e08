//! `/v1/access/audit`: what was asked for through the API, by whom, and what came of it.

use super::api::call_id;
use super::reading::{query, within};
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AccessQuery, KeptLine};

/// What is asked of `GET /v1/access/audit`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    limit: Option<usize>,
    cursor: Option<u64>,
    refused: Option<bool>,
    token: Option<String>,
    verb: Option<String>,
    call: Option<String>,
}

/// `GET /v1/access/audit`: the newest first.
pub(crate) async fn list(
    pages: Pages,
    asked: Result<Query<Audit>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
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
    let lines: Vec<Value> = found.iter().map(line).collect();
    Ok(Json(json!({ "lines": lines, "next": next })))
}

fn line(KeptLine { id, line }: &KeptLine) -> Value {
    json!({
        "id": id,
        "at": rfc3339(line.at),
        "token": line.token,
        "verb": line.verb,
        "call": line.call.map(|call| call.to_string()),
        "number": line.number,
        "outcome": line.outcome,
        "address": line.address,
        "request_id": line.request_id,
    })
}

/// How many lines a page has unless asked otherwise.
const PAGE: usize = 50;
/// How many a page has at most.
const PAGE_MAX: usize = 500;
