//! `/v1/calls/{id}/say`, `ask`, `play`, `digits`, `transfer`, `stream`: what may be asked of a call
//! that lives, and what came of it.

use super::api::{call_id, idempotency_key, no_such_call, number, read};
use super::problem::Kind;
use super::{Pages, Problem, view};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use call::call::{CommandId, Input, Verb};
use call::{Call, CallId};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::Instant;

/// What is asked of `POST /v1/calls/{id}/say`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Say {
    text: String,
}

/// What is asked of `POST /v1/calls/{id}/ask`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    text: String,
    /// `digits` or `speech`. Default: `digits`.
    input: Option<String>,
    /// How many keys at most. Default: as many as are pressed, until `#` or a pause.
    digits: Option<u8>,
    /// How long it may take until the other side begins, in seconds. Default: 10.
    timeout_s: Option<u64>,
}

/// What is asked of `POST /v1/calls/{id}/digits`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Digits {
    digits: String,
}

/// What is asked of `POST /v1/calls/{id}/transfer`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    to: String,
}

/// What is asked of `POST /v1/calls/{id}/play`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    url: String,
    /// How long the file takes, in seconds. Default: 30.
    lasts_s: Option<u64>,
}

/// What is asked of `POST /v1/calls/{id}/stream`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stream {
    url: String,
}

/// What is asked of `GET /v1/calls/{id}/commands/{command}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    /// How long the reply may wait until the command is over, in seconds, at most 30. Default: 0.
    wait_s: Option<u64>,
}

type Reply = Result<(StatusCode, Json<Value>), Problem>;

/// `POST /v1/calls/{id}/say`: 202 with the command, which is on disk.
pub(crate) async fn say(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Say { text } = read(&body)?;
    not_empty(&text)?;
    command(&pages, &id, &headers, Verb::Say { text }).await
}

/// `POST /v1/calls/{id}/ask`: as [`say`]; what was answered is told by [`get`].
pub(crate) async fn ask(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let asked: Ask = read(&body)?;
    not_empty(&asked.text)?;
    let input = match (asked.input.as_deref(), asked.digits) {
        (Some("digits") | None, n_max) => Input::Digits { n_max },
        (Some("speech"), None) => Input::Speech,
        (Some("speech"), Some(_)) => {
            return Err(Problem::new(
                Kind::Unreadable,
                "digits counts keys, and input is speech: leave one out",
            ));
        }
        (Some(other), _) => {
            let detail = format!("input {other:?} is neither \"digits\" nor \"speech\"");
            return Err(Problem::new(Kind::Unreadable, detail));
        }
    };
    if asked.digits.is_some_and(|n_max| !(1..=DIGITS_MAX).contains(&n_max)) {
        let detail = format!("digits must be 1 to {DIGITS_MAX}, the most keys that are waited for");
        return Err(Problem::new(Kind::Unreadable, detail));
    }
    let timeout_s = asked.timeout_s.unwrap_or(TIMEOUT_S);
    if !(1..=TIMEOUT_S_MAX).contains(&timeout_s) {
        let detail = format!("timeout_s must be 1 to {TIMEOUT_S_MAX} seconds, not {timeout_s}");
        return Err(Problem::new(Kind::Unreadable, detail));
    }
    let timeout = Duration::from_secs(timeout_s);
    command(&pages, &id, &headers, Verb::Ask { text: asked.text, input, timeout }).await
}

/// `POST /v1/calls/{id}/digits`: as [`say`].
pub(crate) async fn digits(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Digits { digits } = read(&body)?;
    command(&pages, &id, &headers, Verb::SendDigits { digits }).await
}

/// `POST /v1/calls/{id}/transfer`: as [`say`].
pub(crate) async fn transfer(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Transfer { to } = read(&body)?;
    let to = number(&to)?;
    command(&pages, &id, &headers, Verb::Transfer { to }).await
}

/// `POST /v1/calls/{id}/play`: as [`say`].
pub(crate) async fn play(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Play { url, lasts_s } = read(&body)?;
    let lasts_s = lasts_s.unwrap_or(LASTS_S);
    if !(1..=LASTS_S_MAX).contains(&lasts_s) {
        let detail = format!("lasts_s must be 1 to {LASTS_S_MAX} seconds, not {lasts_s}");
        return Err(Problem::new(Kind::Unreadable, detail));
    }
    command(&pages, &id, &headers, Verb::Play { url, lasts: Duration::from_secs(lasts_s) }).await
}

/// `POST /v1/calls/{id}/stream`: as [`say`].
pub(crate) async fn stream(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Stream { url } = read(&body)?;
    command(&pages, &id, &headers, Verb::Stream { url }).await
}

/// `GET /v1/calls/{id}/commands/{command}`: how it stands, at once or when it is over.
pub(crate) async fn get(
    State(pages): State<Pages>,
    Path((id, command)): Path<(String, String)>,
    query: Result<Query<Wait>, axum::extract::rejection::QueryRejection>,
) -> Reply {
    let Query(wait) = query
        .map_err(|error| Problem::new(Kind::Unreadable, format!("{}; it takes wait_s", error.body_text())))?;
    let id = call_id(&id)?;
    let command: u32 = command.parse().map_err(|_| {
        Problem::new(Kind::NoSuchCommand, format!("{command:?} is no command; they are numbered from 1"))
    })?;
    let until = Instant::now() + Duration::from_secs(wait.wait_s.unwrap_or(0).min(WAIT_S_MAX));
    loop {
        let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
        let (is_open, shown) = shown(&kept.call, CommandId(command))?;
        let left = until.saturating_duration_since(Instant::now());
        if !is_open || left.is_zero() {
            return Ok((StatusCode::OK, Json(shown)));
        }
        tokio::time::sleep(left.min(LOOK_AGAIN)).await;
    }
}

async fn command(pages: &Pages, id: &str, headers: &HeaderMap, verb: Verb) -> Reply {
    let key = idempotency_key(headers)?.map(|key| (key, digest(id, &verb)));
    let (call, command) = pages.calls.command(call_id(id)?, verb, key).await?;
    let (_, shown) = shown(&call, command)?;
    Ok((StatusCode::ACCEPTED, Json(shown)))
}

/// The command, and whether it may still change by itself.
fn shown(call: &Call, id: CommandId) -> Result<(bool, Value), Problem> {
    let command = call.command(id).ok_or_else(|| no_such_command(call.facts.id, id))?;
    let shown = json!({ "call": call.facts.id.to_string(), "command": view::command(command) });
    Ok((command.state.is_open(), shown))
}

fn no_such_command(call: CallId, id: CommandId) -> Problem {
    let detail = format!(
        "call {call} has no command {id}, or has forgotten it; GET /v1/calls/{call} shows those it remembers"
    );
    Problem::new(Kind::NoSuchCommand, detail)
}

/// What was asked of which call.
fn digest(id: &str, verb: &Verb) -> String {
    hex::encode(Sha256::digest(json!([id, verb]).to_string().as_bytes()))
}

fn not_empty(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new(Kind::Unreadable, "text is empty: write what is to be said"));
    }
    Ok(())
}

/// How long the other side has to begin, in seconds, unless told otherwise.
const TIMEOUT_S: u64 = 10;
/// The longest that all carriers take.
const TIMEOUT_S_MAX: u64 = 60;
/// How long a file takes, in seconds, unless told otherwise.
const LASTS_S: u64 = 30;
/// A file that takes longer is a talk.
const LASTS_S_MAX: u64 = 3_600;
/// More keys are waited for by no carrier.
const DIGITS_MAX: u8 = 32;
/// So long may a reply wait.
const WAIT_S_MAX: u64 = 30;
/// How often a command is looked at while somebody waits.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
