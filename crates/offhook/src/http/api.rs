//! `/v1`: the verbs, for programs.

use super::caller::Caller;
use super::openapi::{NOT_BLANK, NUMBER};
use super::problem::Kind;
pub(super) use super::reading::read;
use super::reading::{query, within};
use super::story::EventLine;
use super::view::{self, CallView};
use super::{Pages, Problem, decided};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use call::{Call, CallId, CallState, Party, PhoneNumber};
use engine::Wish;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::CallQuery;

/// What is asked of `POST /v1/calls`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceCall {
    /// The number to call.
    #[schemars(extend("pattern" = NUMBER))]
    to: String,
    /// Which of the gateway's own numbers calls. Default: the first of them.
    #[schemars(extend("pattern" = NUMBER))]
    from: Option<String>,
    /// What is said as soon as somebody picks up.
    #[schemars(extend("pattern" = NOT_BLANK))]
    say: Option<String>,
    /// The agent that talks then, by its name in the configuration.
    agent: Option<String>,
    /// Whether the line is held when that was said. Default: it is hung up.
    #[serde(default)]
    hold: bool,
    /// Whether the call is recorded, after the announcement.
    #[serde(default)]
    record: bool,
}

/// What is asked of `GET /v1/calls/{id}/events`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListEvents {
    /// How many at most, 1 to 500. Default: 500.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<usize>,
    /// Only those after this version: `next` of the page before.
    cursor: Option<u64>,
}

/// The log of a call.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventList {
    events: Vec<EventLine>,
    /// The cursor of the next page, if there is one.
    next: Option<u64>,
}

/// What the last start found and decided.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RecoveryReport {
    started_at: Option<String>,
    /// The calls that it found unfinished.
    calls: Vec<view::Recovered>,
    /// Live calls that were ours and not in the store, by their ids.
    orphans: Vec<String>,
    /// Live calls that aren't ours, or aren't proved to be; they are left alone.
    strangers: Vec<view::StrangerView>,
    /// How many were unfinished.
    unfinished: u64,
    /// Of how many nothing was heard yet.
    pending: u64,
}

/// What is asked of `POST /v1/pause`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pause {
    /// Why, for whoever asks later.
    reason: Option<String>,
}

/// Whether outbound calls are paused.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Paused {
    paused: bool,
    reason: Option<String>,
}

/// That outbound calls are paused now.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NowPaused {
    paused: bool,
    reason: String,
    /// The reason before, if they were paused already.
    was: Option<String>,
}

/// What came of an import.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Imported {
    /// How many calls were taken over.
    taken: usize,
    /// How many of them live, as far as the file knows; their carriers are asked.
    live: usize,
    /// How many were here already.
    known: usize,
    /// Lines that can't be read.
    skipped: Vec<SkippedLine>,
    /// Calls that were taken over with a remark.
    reported: Vec<ReportedLine>,
}

/// A line of a file that can't be read.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SkippedLine {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// A line of a file whose call was taken over with a remark.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ReportedLine {
    line: usize,
    call: String,
    reason: String,
}

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
) -> Result<Json<EventList>, Problem> {
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
    Ok(Json(EventList { events: decided::lines(&before, &found), next }))
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
pub(crate) async fn recovery(pages: Pages) -> Result<Json<RecoveryReport>, Problem> {
    let report = pages.calls.recovery().await?;
    Ok(Json(RecoveryReport {
        started_at: report.started_at.map(view::rfc3339),
        calls: report.lines.iter().map(view::recovered).collect(),
        orphans: pages.calls.orphans().iter().map(ToString::to_string).collect(),
        strangers: view::strangers(&pages.calls.strangers()),
        unfinished: report.unfinished,
        pending: report.pending,
    }))
}

/// `GET /v1/pause`: whether outbound calls are paused, and why.
pub(crate) async fn paused(pages: Pages) -> Result<Json<Paused>, Problem> {
    let reason = pages.calls.paused().await?;
    Ok(Json(Paused { paused: reason.is_some(), reason }))
}

/// `POST /v1/pause`: the reason that is given last counts, and none given replaces none.
pub(crate) async fn pause(pages: Pages, body: Bytes) -> Result<Json<NowPaused>, Problem> {
    let asked: Pause = if body.is_empty() { Pause::default() } else { read(&body)? };
    let was = pages.calls.paused().await?;
    let given = asked.reason.filter(|reason| !is_blank(reason));
    let reason = given.or_else(|| was.clone()).unwrap_or_else(|| "by hand".to_owned());
    pages.calls.pause(reason.clone()).await?;
    Ok(Json(NowPaused { paused: true, reason, was }))
}

/// `POST /v1/resume`.
pub(crate) async fn resume(pages: Pages) -> Result<Json<Paused>, Problem> {
    pages.calls.resume().await?;
    Ok(Json(Paused { paused: false, reason: None }))
}

/// `POST /v1/import`: the file of another gateway.
pub(crate) async fn import(pages: Pages, body: Bytes) -> Result<Json<Imported>, Problem> {
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
    let reported = outcomes
        .iter()
        .filter(|outcome| !outcome.known)
        .filter_map(|outcome| {
            let reason = outcome.remark.clone()?;
            Some(ReportedLine { line: outcome.line, call: outcome.call.to_string(), reason })
        })
        .collect();
    let skipped =
        read.skipped.into_iter().map(|skipped| SkippedLine { line: skipped.line, reason: skipped.reason });
    let skipped = skipped.collect();
    Ok(Json(Imported { taken: outcomes.len() - known, live, known, skipped, reported }))
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
