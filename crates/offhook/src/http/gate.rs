//! `/v1/dnc` and `/v1/gate`: who must not be called, and what the dial gate decided.

use super::api::{number, read};
use super::problem::Kind;
use super::reading::{query, within};
use super::view::rfc3339;
use super::{Pages, Problem};
use crate::import::numbers;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use call::gate::{Decided, Listed, ListedBy};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{DoNotCall, KeptRecord, RecordQuery};

/// What is asked of `GET /v1/dnc`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListNumbers {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What is asked of `POST /v1/dnc`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddNumber {
    number: String,
    reason: Option<String>,
}

/// What is asked of `GET /v1/gate/audit`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    limit: Option<usize>,
    cursor: Option<u64>,
    refused: Option<bool>,
}

type Reply = Result<Json<Value>, Problem>;

/// `GET /v1/dnc`: in the order of the numbers.
pub(crate) async fn list(pages: Pages, asked: Result<Query<ListNumbers>, QueryRejection>) -> Reply {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE), &(1..=PAGE_MAX))?;
    let after = asked.cursor.as_deref().map(number).transpose()?;
    let mut found = pages.calls.do_not_call(after, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.number.to_string());
    let numbers: Vec<Value> = found.iter().map(entry).collect();
    Ok(Json(json!({ "numbers": numbers, "next": next })))
}

/// `POST /v1/dnc`: 201 with the entry, which is on disk; 200 with the older one if there is one.
pub(crate) async fn add(pages: Pages, body: Bytes) -> Result<(StatusCode, Json<Value>), Problem> {
    let asked: AddNumber = read(&body)?;
    let reason = asked.reason.unwrap_or_default();
    if reason.chars().count() > REASON_MAX {
        let detail = format!("`reason` has more than {REASON_MAX} letters; shorten it");
        return Err(Problem::new(Kind::Unreadable, detail));
    }
    let listed = pages.calls.list_numbers(vec![(number(&asked.number)?, reason)], ListedBy::Api).await?;
    let (listed, is_new) = listed
        .first()
        .ok_or_else(|| Problem::new(Kind::StoreFailed, "the store gave back no entry; ask again"))?;
    let status = if *is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(entry(listed))))
}

/// `DELETE /v1/dnc/{number}`: what the entry was.
pub(crate) async fn remove(pages: Pages, Path(digits): Path<String>) -> Reply {
    let removed = pages.calls.unlist_number(number(&digits)?).await?;
    Ok(Json(entry(&removed)))
}

/// `POST /v1/dnc/import`: a file of numbers, a line each. What can't be read is reported line by
/// line, and the rest is taken.
pub(crate) async fn import(pages: Pages, body: Bytes) -> Reply {
    let reading = move || numbers::read(&String::from_utf8_lossy(&body));
    let read = tokio::task::spawn_blocking(reading)
        .await
        .map_err(|error| Problem::new(Kind::Unreadable, format!("the file could not be read: {error}")))?;
    let (mut taken, mut known) = (0, 0);
    for part in read.numbers.chunks(LISTED_AT_ONCE) {
        for (_, is_new) in pages.calls.list_numbers(part.to_vec(), ListedBy::Import).await? {
            *(if is_new { &mut taken } else { &mut known }) += 1;
        }
    }
    let skipped: Vec<Value> =
        read.skipped.iter().map(|(line, reason)| json!({ "line": line, "reason": reason })).collect();
    Ok(Json(json!({ "taken": taken, "known": known, "skipped": skipped })))
}

/// `GET /v1/gate/audit`: what the gate decided, the newest first.
pub(crate) async fn audit(pages: Pages, asked: Result<Query<Audit>, QueryRejection>) -> Reply {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE), &(1..=PAGE_MAX))?;
    let refused = asked.refused == Some(true);
    let wanted = RecordQuery { refused, before: asked.cursor, limit: limit + 1 };
    let mut found = pages.calls.gate_records(wanted).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.id);
    let decisions: Vec<Value> = found.iter().map(decision).collect();
    Ok(Json(json!({ "decisions": decisions, "next": next })))
}

fn entry(found: &DoNotCall) -> Value {
    let Listed { at, by, reason, call } = &found.entry;
    json!({
        "number": found.number.as_str(),
        "at": rfc3339(*at),
        "by": by.word(),
        "reason": reason,
        "call": call.map(|call| call.to_string()),
    })
}

fn decision(kept: &KeptRecord) -> Value {
    let record = &kept.record;
    let (stage, rule, values, told) = match &record.decided {
        Decided::Allowed { stage, passed } => (Some(*stage), None, json!(passed), String::new()),
        Decided::Refused { stage, refused } => {
            (Some(*stage), Some(refused.rule().word()), json!(refused), refused.to_string())
        }
        Decided::Listed(entry) | Decided::Unlisted(entry) => {
            (None, None, json!(entry), format!("by {}: {}", entry.by.word(), entry.reason))
        }
    };
    json!({
        "id": kept.id,
        "at": rfc3339(record.at),
        "to": record.to,
        "call": record.call.map(|call| call.to_string()),
        "decided": record.decided.word(),
        "asked_at": stage.map(call::gate::Stage::word),
        "rule": rule,
        "summary": told.trim_end_matches([':', ' ']),
        "values": values,
    })
}

/// How many entries a page has unless asked otherwise.
const PAGE: usize = 50;
/// How many a page has at most.
const PAGE_MAX: usize = 500;
/// So many numbers are listed in one turn, between which calls are heard.
const LISTED_AT_ONCE: usize = 500;
/// How long a reason may be, in letters.
const REASON_MAX: usize = 500;
