//! `/v1/dnc` and `/v1/gate`: who must not be called, and what the dial gate decided.

use super::api::{SkippedLine, number, read};
use super::openapi::NUMBER;
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
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{DoNotCall, KeptRecord, RecordQuery};

/// What is asked of `GET /v1/dnc`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListNumbers {
    /// How many at most, 1 to 500. Default: 50.
    #[schemars(range(min = 1, max = PAGE_MAX))]
    limit: Option<usize>,
    /// `next` of the page before.
    #[schemars(extend("pattern" = NUMBER))]
    cursor: Option<String>,
}

/// What is asked of `POST /v1/dnc`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddNumber {
    #[schemars(extend("pattern" = NUMBER))]
    number: String,
    /// Why, for whoever asks later.
    #[schemars(length(max = REASON_MAX))]
    reason: Option<String>,
}

/// What is asked of `GET /v1/gate/audit`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GateAuditAsked")]
pub(crate) struct Audit {
    /// How many at most, 1 to 500. Default: 50.
    #[schemars(range(min = 1, max = PAGE_MAX))]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<u64>,
    /// Only what was refused.
    refused: Option<bool>,
}

/// Numbers that are never called.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NumberList {
    numbers: Vec<ListedNumber>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// A number that is never called.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedNumber {
    number: String,
    /// Since when.
    at: String,
    /// Who put it there: `api`, `import`, or those who have the number, by a `key` or in `words`.
    by: &'static str,
    reason: String,
    /// The call in which they said so.
    call: Option<String>,
}

/// What came of a file of numbers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NumbersTaken {
    /// How many are new.
    taken: u64,
    /// How many were there already.
    known: u64,
    /// Lines that can't be read.
    skipped: Vec<SkippedLine>,
}

/// What the dial gate decided, the newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Decisions {
    decisions: Vec<Decision>,
    /// The cursor of the next page, if there is one.
    next: Option<u64>,
}

/// A decision of the dial gate, or a change of the do-not-call list.
#[derive(Serialize, JsonSchema)]
struct Decision {
    id: u64,
    at: String,
    /// The number.
    to: String,
    call: Option<String>,
    /// `allowed`, `refused`, `listed` or `unlisted`.
    decided: &'static str,
    /// When it was asked: as the call was asked for, or before it was dialled.
    asked_at: Option<&'static str>,
    /// The rule that refused it.
    rule: Option<&'static str>,
    /// In words.
    summary: String,
    /// What it was decided on.
    values: Value,
}

/// `GET /v1/dnc`: in the order of the numbers.
pub(crate) async fn list(
    pages: Pages,
    asked: Result<Query<ListNumbers>, QueryRejection>,
) -> Result<Json<NumberList>, Problem> {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE), &(1..=PAGE_MAX))?;
    let after = asked.cursor.as_deref().map(number).transpose()?;
    let mut found = pages.calls.do_not_call(after, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.number.to_string());
    Ok(Json(NumberList { numbers: found.iter().map(entry).collect(), next }))
}

/// `POST /v1/dnc`: 201 with the entry, which is on disk; 200 with the older one if there is one.
pub(crate) async fn add(pages: Pages, body: Bytes) -> Result<(StatusCode, Json<ListedNumber>), Problem> {
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
pub(crate) async fn remove(pages: Pages, Path(digits): Path<String>) -> Result<Json<ListedNumber>, Problem> {
    let removed = pages.calls.unlist_number(number(&digits)?).await?;
    Ok(Json(entry(&removed)))
}

/// `POST /v1/dnc/import`: a file of numbers, a line each. What can't be read is reported line by
/// line, and the rest is taken.
pub(crate) async fn import(pages: Pages, body: Bytes) -> Result<Json<NumbersTaken>, Problem> {
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
    let skipped = read.skipped.into_iter().map(|(line, reason)| SkippedLine { line, reason }).collect();
    Ok(Json(NumbersTaken { taken, known, skipped }))
}

/// `GET /v1/gate/audit`: what the gate decided, the newest first.
pub(crate) async fn audit(
    pages: Pages,
    asked: Result<Query<Audit>, QueryRejection>,
) -> Result<Json<Decisions>, Problem> {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE), &(1..=PAGE_MAX))?;
    let refused = asked.refused == Some(true);
    let wanted = RecordQuery { refused, before: asked.cursor, limit: limit + 1 };
    let mut found = pages.calls.gate_records(wanted).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.id);
    Ok(Json(Decisions { decisions: found.iter().map(decision).collect(), next }))
}

fn entry(found: &DoNotCall) -> ListedNumber {
    let Listed { at, by, reason, call } = &found.entry;
    ListedNumber {
        number: found.number.as_str().to_owned(),
        at: rfc3339(*at),
        by: by.word(),
        reason: reason.clone(),
        call: call.map(|call| call.to_string()),
    }
}

fn decision(kept: &KeptRecord) -> Decision {
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
    Decision {
        id: kept.id,
        at: rfc3339(record.at),
        to: record.to.clone(),
        call: record.call.map(|call| call.to_string()),
        decided: record.decided.word(),
        asked_at: stage.map(call::gate::Stage::word),
        rule,
        summary: told.trim_end_matches([':', ' ']).to_owned(),
        values,
    }
}

/// How many entries a page has unless asked otherwise.
const PAGE: usize = 50;
/// How many a page has at most.
const PAGE_MAX: usize = 500;
/// So many numbers are listed in one turn, between which calls are heard.
const LISTED_AT_ONCE: usize = 500;
/// How long a reason may be, in letters.
const REASON_MAX: usize = 500;
