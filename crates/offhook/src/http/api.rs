//! `/v1`: the verbs, for programs.

use super::caller::Caller;
use super::problem::Kind;
pub(super) use super::reading::read;
use super::reading::{query, within};
use super::view::{self, CallView};
use super::{Pages, Problem, decided};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use call::{Call, CallId, CallState, Party, PhoneNumber};
use engine::Wish;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::CallQuery;

/// What is asked of `POST /v1/calls`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceCall {
    to: String,
    from: Option<String>,
    say: Option<String>,
    agent: Option<String>,
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    record: bool,
}

/// What is asked of `GET /v1/calls/{id}/events`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListEvents {
    limit: Option<usize>,
    cursor: Option<u64>,
}

/// What is asked of `POST /v1/pause`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    reason: Option<String>,
}

type Reply = Result<Json<Value>, Problem>;

/// `POST /v1/calls`: 202 with the call, which is on disk.
pub(crate) async fn place(
    pages: Pages,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<CallView>), Problem> {
    let asked: PlaceCall = read(&body)?;
    let to = callee(&asked.to)?;
    let from = asked.from.as_deref().map(number).transpose()?;
    caller.may_call(&to)?;
    if let Some(from) = from.clone().or_else(|| pages.calls.first_number()) {
        caller.may_call_from(&from)?;
    }
    asked.agent.as_deref().map(|agent| caller.may_use(agent)).transpose()?;
    not_itself(&pages, &to, from.as_ref())?;
    if asked.say.as_deref().is_some_and(is_blank) {
        return Err(Problem::new(
            Kind::Unreadable,
            "say is empty: write what is to be said, or leave it out",
        ));
    }
    let key = idempotency_key(&headers)?.map(|key| (caller.key(key), digest(&to, from.as_ref(), &asked)));
    let placed_by = Some(caller.placed_by());
    let wish = Wish { say: asked.say, agent: asked.agent, hold: asked.hold, record: asked.record, placed_by };
    let call = pages.calls.place(to, from, wish, key).await?;
    let waits_for = waits_for(&pages, &call).await?;
    Ok((StatusCode::ACCEPTED, Json(CallView::of(&call).waiting_for(waits_for))))
}

/// `GET /v1/calls/{id}`.
pub(crate) async fn get(pages: Pages, Path(id): Path<String>) -> Result<Json<CallView>, Problem> {
    let id = call_id(&id)?;
    let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
    let waits_for = waits_for(&pages, &kept.call).await?;
    Ok(Json(CallView::of(&kept.call).waiting_for(waits_for)))
}

/// `GET /v1/calls/{id}/events`: its log, in order.
pub(crate) async fn events(
    pages: Pages,
    Path(id): Path<String>,
    asked: Result<Query<ListEvents>, QueryRejection>,
) -> Reply {
    let asked = query(asked)?;
    let limit = within("limit", asked.limit.unwrap_or(PAGE_MAX), &(1..=PAGE_MAX))?;
    let id = call_id(&id)?;
    if pages.calls.get(id).await?.is_none() {
        return Err(no_such_call(id));
    }
    let mut found = pages.calls.events(id, asked.cursor.unwrap_or(0), limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|kept| kept.version);
    // What was believed is told from the beginning; of a log that is followed, mostly nothing is new.
    let before = match asked.cursor {
        Some(cursor) if !found.is_empty() => {
            let n_events = usize::try_from(cursor).unwrap_or(usize::MAX);
            pages.calls.events(id, 0, n_events).await?
        }
        _ => Vec::new(),
    };
    let events = decided::lines(&before, &found);
    Ok(Json(json!({ "events": events, "next": next })))
}

/// `POST /v1/calls/{id}/hangup`: 202 with the call, which is to end.
pub(crate) async fn hang_up(
    pages: Pages,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<CallView>), Problem> {
    let call = pages.calls.hang_up(call_id(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(CallView::of(&call))))
}

/// `GET /v1/recovery`: what the last start found and decided.
pub(crate) async fn recovery(pages: Pages) -> Reply {
    let report = pages.calls.recovery().await?;
    let calls: Vec<Value> = report.lines.iter().map(view::recovered).collect();
    let started_at = report.started_at.map(view::rfc3339);
    let orphans: Vec<String> = pages.calls.orphans().iter().map(ToString::to_string).collect();
    Ok(Json(json!({
        "started_at": started_at,
        "calls": calls,
        "orphans": orphans,
        "strangers": view::strangers(&pages.calls.strangers()),
        "unfinished": report.unfinished,
        "pending": report.pending,
    })))
}

/// `GET /v1/pause`: whether outbound calls are paused, and why.
pub(crate) async fn paused(pages: Pages) -> Reply {
    let reason = pages.calls.paused().await?;
    Ok(Json(json!({ "paused": reason.is_some(), "reason": reason })))
}

/// `POST /v1/pause`: the reason that is given last counts, and none given replaces none.
pub(crate) async fn pause(pages: Pages, body: Bytes) -> Reply {
    let asked: Pause = if body.is_empty() { Pause::default() } else { read(&body)? };
    let was = pages.calls.paused().await?;
    let given = asked.reason.filter(|reason| !is_blank(reason));
    let reason = given.or_else(|| was.clone()).unwrap_or_else(|| "by hand".to_owned());
    pages.calls.pause(reason.clone()).await?;
    Ok(Json(json!({ "paused": true, "reason": reason, "was": was })))
}

/// `POST /v1/resume`.
pub(crate) async fn resume(pages: Pages) -> Reply {
    pages.calls.resume().await?;
    Ok(Json(json!({ "paused": false, "reason": null })))
}

/// `POST /v1/import`: the file of another gateway.
pub(crate) async fn import(pages: Pages, body: Bytes) -> Reply {
    let (terms, now) = (pages.terms(), pages.calls.now());
    // A large file takes seconds to read, and webhooks must be heard meanwhile.
    let reading = move || crate::import::read(&String::from_utf8_lossy(&body), &terms.import, now);
    let read = tokio::task::spawn_blocking(reading)
        .await
        .map_err(|error| Problem::new(Kind::Unreadable, format!("the file could not be read: {error}")))?;
    let mut outcomes = Vec::with_capacity(read.calls.len());
    for part in read.calls.chunks(IMPORTED_AT_ONCE) {
        outcomes.extend(pages.calls.import(part.to_vec()).await?);
    }
    let known = outcomes.iter().filter(|outcome| outcome.known).count();
    let live = outcomes.iter().filter(|outcome| outcome.live && !outcome.known).count();
    let reported: Vec<Value> = outcomes
        .iter()
        .filter(|outcome| !outcome.known)
        .filter_map(|outcome| {
            let reason = outcome.remark.as_ref()?;
            Some(json!({ "line": outcome.line, "call": outcome.call.to_string(), "reason": reason }))
        })
        .collect();
    let skipped: Vec<Value> =
        read.skipped.iter().map(|line| json!({ "line": line.line, "reason": line.reason })).collect();
    Ok(Json(json!({
        "taken": outcomes.len() - known,
        "live": live,
        "known": known,
        "skipped": skipped,
        "reported": reported,
    })))
}

/// What a queued call waits for, as far as can be told without its turn: `pause`, `retry`, `slot`,
/// `doubt` (a placement between the same two numbers, whose fate is unknown) or `pace`.
async fn waits_for(pages: &Pages, call: &Call) -> Result<Option<&'static str>, Problem> {
    let CallState::Queued(queued) = &call.state else { return Ok(None) };
    if pages.calls.paused().await?.is_some() {
        return Ok(Some("pause"));
    }
    if queued.not_before > pages.calls.now() {
        return Ok(Some("retry"));
    }
    let (live_max, carrier_live_max) = pages.calls.live_max(&call.facts.carrier);
    if pages.calls.live().await? >= live_max {
        return Ok(Some("slot"));
    }
    if let Some(most) = carrier_live_max {
        let live = CallQuery { unfinished: true, limit: PAGE_MAX, ..CallQuery::default() };
        let here = |other: &Call| other.state.is_live() && other.facts.carrier == call.facts.carrier;
        let n_live = pages.calls.list(live).await?.iter().filter(|kept| here(&kept.call)).count();
        if u64::try_from(n_live).unwrap_or(u64::MAX) >= most {
            return Ok(Some("slot"));
        }
    }
    let placing = CallQuery { state: Some("placing".to_owned()), limit: PAGE_MAX, ..CallQuery::default() };
    let facts = &call.facts;
    let same = |other: &Call| other.facts.from == facts.from && other.facts.to == facts.to;
    let doubt = pages.calls.list(placing).await?.iter().any(|kept| same(&kept.call));
    Ok(Some(if doubt { "doubt" } else { "pace" }))
}

/// Whoever is to be called. An emergency or short number is left to the gate, which refuses it and
/// keeps that somebody asked.
fn callee(text: &str) -> Result<Party, Problem> {
    match text.parse::<PhoneNumber>() {
        Err(call::number::NumberError::Emergency(short)) => Ok(Party::Other(short)),
        _ => number(text).map(Party::Number),
    }
}

pub(super) fn number(text: &str) -> Result<PhoneNumber, Problem> {
    text.parse().map_err(|error: call::number::NumberError| {
        let kind = if matches!(error, call::number::NumberError::Emergency(_)) {
            Kind::NeverDialled
        } else {
            Kind::BadNumber
        };
        Problem::new(kind, error.to_string())
    })
}

/// Refuses a call of a number to itself: it would take two places, and find its own line busy.
fn not_itself(pages: &Pages, to: &Party, from: Option<&PhoneNumber>) -> Result<(), Problem> {
    let from = from.cloned().or_else(|| pages.calls.first_number());
    if from.is_none() || from.as_ref() != to.number() {
        return Ok(());
    }
    let to = to.as_str();
    let detail = format!("{to} is the number that this call would come from, and cannot call itself");
    Err(Problem::new(Kind::NeverDialled, format!("{detail}; call another, or from another of your numbers")))
}

/// Whether there is nothing in a text that could be said.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

pub(super) fn call_id(text: &str) -> Result<CallId, Problem> {
    text.parse().map_err(|error: call::ids::NoCallId| Problem::new(Kind::NoSuchCall, error.to_string()))
}

pub(super) fn no_such_call(id: CallId) -> Problem {
    Problem::new(Kind::NoSuchCall, format!("there is no call {id}; GET /v1/calls lists those there are"))
}

/// The `Idempotency-Key`, if there is one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    if keys.next().is_some() {
        return Err(Problem::new(Kind::Unreadable, "two Idempotency-Key headers: send one"));
    }
    let text = key.to_str().unwrap_or_default();
    if (1..=KEY_MAX).contains(&text.len()) {
        return Ok(Some(text.to_owned()));
    }
    Err(Problem::new(Kind::Unreadable, format!("an Idempotency-Key has 1 to {KEY_MAX} ASCII letters")))
}

/// What was asked, whatever the order and spacing of its JSON.
fn digest(to: &Party, from: Option<&PhoneNumber>, asked: &PlaceCall) -> String {
    let from = from.map(PhoneNumber::as_str);
    let mut all = vec![json!(to.as_str()), json!(from), json!(asked.say)];
    // What isn't asked for isn't written, as before there was such a wish: a key is good for as long as
    // it is kept.
    all.extend(asked.hold.then(|| json!("hold")));
    all.extend(asked.record.then(|| json!({ "record": true })));
    all.extend(asked.agent.as_ref().map(|agent| json!({ "agent": agent })));
    let asked = Value::Array(all);
    hex::encode(Sha256::digest(asked.to_string().as_bytes()))
}

/// So many calls are imported in one turn, between which others are heard.
const IMPORTED_AT_ONCE: usize = 500;
/// How many a page has at most.
pub(super) const PAGE_MAX: usize = 500;
/// How long an `Idempotency-Key` may be.
const KEY_MAX: usize = 255;
