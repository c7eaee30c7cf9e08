//! `/v1/calls/{id}/say`, `ask`, `play`, `digits`, `transfer`, `stream`: what may be asked of a call
//! that lives, and what came of it.

use super::api::{call_id, idempotency_key, is_blank, no_such_call, number, read};
use super::caller::Caller;
use super::openapi::{NOT_BLANK, NUMBER};
use super::problem::Kind;
use super::reading::{query, within};
use super::view::{self, CommandView};
use super::{Pages, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use call::access::Scope;
use call::call::{CommandId, Input, Speaks, Verb};
use call::{Call, CallId, Party};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::Instant;

/// What is asked of `POST /v1/calls/{id}/say`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Say {
    /// What is said, as one says it on the phone.
    #[schemars(extend("pattern" = NOT_BLANK))]
    text: String,
}

/// What is asked of `POST /v1/calls/{id}/ask`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
// Keys are counted where keys are asked for, and those are asked for by something that is said.
#[schemars(extend("anyOf" = [
    { "required": ["text"], "properties": { "text": { "type": "string" }, "input": { "enum": ["digits", null] } } },
    { "properties": { "input": { "enum": ["speech", "any"] }, "digits": { "type": "null" } } },
    { "properties": { "text": { "type": "null" }, "input": { "type": "null" }, "digits": { "type": "null" } } },
]))]
pub(super) struct Ask {
    /// Without one the other side is only listened to.
    #[schemars(extend("pattern" = NOT_BLANK))]
    text: Option<String>,
    /// `digits`, `speech` or `any`. Default: `digits`, and without a text `any`.
    #[schemars(extend("enum" = ["digits", "speech", "any", null]))]
    input: Option<String>,
    /// How many keys at most. Default: as many as are pressed, until `#` or a pause.
    #[schemars(range(min = 1, max = DIGITS_MAX))]
    digits: Option<u64>,
    /// How long it may take until the other side begins, in seconds. Default: 10.
    #[schemars(range(min = 1, max = TIMEOUT_S_MAX))]
    timeout_s: Option<u64>,
}

/// What is asked of `POST /v1/calls/{id}/digits`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Digits {
    /// The keys in order: 0-9, * and #, and w for a pause of half a second.
    #[schemars(extend("pattern" = "^[0-9*#wW]{1,64}$"))]
    digits: String,
}

/// What is asked of `POST /v1/calls/{id}/transfer`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Transfer {
    /// The number of whoever is to talk with them.
    #[schemars(extend("pattern" = NUMBER))]
    to: String,
}

/// What is asked of `POST /v1/calls/{id}/play`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Play {
    /// Where the carrier finds the sound.
    url: String,
    /// How long the file takes, in seconds. Default: 30.
    #[schemars(range(min = 1, max = LASTS_S_MAX))]
    lasts_s: Option<u64>,
}

/// What is asked of `POST /v1/calls/{id}/stream`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stream {
    /// The WebSocket of the program.
    url: String,
    /// Whose messages the program speaks: `carrier`'s own, which is the default, or `twilio`'s on every
    /// carrier.
    speaks: Option<Language>,
}

/// What the program of a [`Stream`] speaks.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Language {
    #[default]
    Carrier,
    Twilio,
}

/// What is asked of `GET /v1/calls/{id}/commands/{command}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    /// How long the reply may wait until the command is over, in seconds, at most 30. Default: 0.
    #[schemars(range(min = 0, max = WAIT_S_MAX))]
    wait_s: Option<u64>,
}

/// A command, and the call of which it was asked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CommandShown {
    call: String,
    command: CommandView,
}

type Reply = Result<(StatusCode, Json<CommandShown>), Problem>;

/// `POST /v1/calls/{id}/say`: 202 with the command, which is on disk.
pub(crate) async fn say(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Say { text } = read(&body)?;
    not_empty(&text)?;
    command(&pages, &caller, &id, &headers, Verb::Say { text }).await
}

/// `POST /v1/calls/{id}/ask`: as [`say`]; what was answered is told by [`get`].
pub(crate) async fn ask(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let asked: Ask = read(&body)?;
    asked.text.as_deref().map(not_empty).transpose()?;
    let n_max = asked.digits.map(|n_keys| within("digits", n_keys, &(1..=DIGITS_MAX))).transpose()?;
    let n_max = n_max.and_then(|n_keys| u8::try_from(n_keys).ok());
    let input = match (asked.input.as_deref(), n_max) {
        // Telnyx waits for several keys only with something to say.
        (Some("digits"), _) | (None, Some(_)) if asked.text.is_none() => {
            let detail = "without a text words or one key are listened for: leave digits out, and set input to \
                          \"any\" or \"speech\", or say what is asked";
            return Err(Problem::new(Kind::Unreadable, detail));
        }
        (None, None) if asked.text.is_none() => Input::Any,
        (Some("digits") | None, n_max) => Input::Digits { n_max },
        (Some("speech"), None) => Input::Speech,
        (Some("any"), None) => Input::Any,
        (Some(input @ ("speech" | "any")), Some(_)) => {
            let detail = format!("digits counts keys, and input is {input}: leave one out");
            return Err(Problem::new(Kind::Unreadable, detail));
        }
        (Some(other), _) => {
            let detail = format!("input {other:?} is none of \"digits\", \"speech\" and \"any\"");
            return Err(Problem::new(Kind::Unreadable, detail));
        }
    };
    let timeout_s = within("timeout_s", asked.timeout_s.unwrap_or(TIMEOUT_S), &(1..=TIMEOUT_S_MAX))?;
    let timeout = Duration::from_secs(timeout_s);
    command(
        &pages,
        &caller,
        &id,
        &headers,
        Verb::Ask { text: asked.text.unwrap_or_default(), input, timeout },
    )
    .await
}

/// `POST /v1/calls/{id}/digits`: as [`say`].
pub(crate) async fn digits(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Digits { digits } = read(&body)?;
    not_too_many(&digits)?;
    command(&pages, &caller, &id, &headers, Verb::SendDigits { digits }).await
}

/// `POST /v1/calls/{id}/transfer`: as [`say`].
pub(crate) async fn transfer(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Transfer { to } = read(&body)?;
    let to = number(&to)?;
    caller.may_call(&Party::Number(to.clone()))?;
    command(&pages, &caller, &id, &headers, Verb::Transfer { to }).await
}

/// `POST /v1/calls/{id}/play`: as [`say`].
pub(crate) async fn play(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Play { url, lasts_s } = read(&body)?;
    let lasts_s = within("lasts_s", lasts_s.unwrap_or(LASTS_S), &(1..=LASTS_S_MAX))?;
    command(&pages, &caller, &id, &headers, Verb::Play { url, lasts: Duration::from_secs(lasts_s) }).await
}

/// `POST /v1/calls/{id}/stream`: as [`say`].
pub(crate) async fn stream(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let Stream { url, speaks } = read(&body)?;
    let speaks = match speaks.unwrap_or_default() {
        Language::Carrier => Speaks::Carrier,
        Language::Twilio => Speaks::Twilio,
    };
    command(&pages, &caller, &id, &headers, Verb::Stream { url, speaks }).await
}

/// `GET /v1/calls/{id}/commands/{command}`: how it stands, at once or when it is over. Whoever may ask gets the
/// answer whole, of which not all may be kept.
pub(crate) async fn get(
    pages: Pages,
    caller: Caller,
    Path((id, command)): Path<(String, String)>,
    wait: Result<Query<Wait>, QueryRejection>,
) -> Reply {
    let wait_s = within("wait_s", query(wait)?.wait_s.unwrap_or(0), &(0..=WAIT_S_MAX))?;
    let id = call_id(&id)?;
    let command: u32 = command.parse().map_err(|_| {
        Problem::new(Kind::NoSuchCommand, format!("{command:?} is no command; they are numbered from 1"))
    })?;
    let until = Instant::now() + Duration::from_secs(wait_s);
    loop {
        let may_ask = caller.must_have(Scope::Control).is_ok();
        let kept = if may_ask { pages.calls.answered(id).await? } else { pages.calls.get(id).await? };
        let kept = kept.ok_or_else(|| no_such_call(id))?;
        let (is_open, shown) = shown(&kept.call, CommandId(command))?;
        let left = until.saturating_duration_since(Instant::now());
        if !is_open || left.is_zero() {
            return Ok((StatusCode::OK, Json(shown)));
        }
        tokio::time::sleep(left.min(LOOK_AGAIN)).await;
    }
}

async fn command(pages: &Pages, caller: &Caller, id: &str, headers: &HeaderMap, verb: Verb) -> Reply {
    let key = idempotency_key(headers)?.map(|key| (caller.key(key), digest(id, &verb)));
    let (call, command) = pages.calls.command(call_id(id)?, verb, key).await?;
    let (_, shown) = shown(&call, command)?;
    Ok((StatusCode::ACCEPTED, Json(shown)))
}

/// The command, and whether it may still change by itself.
fn shown(call: &Call, id: CommandId) -> Result<(bool, CommandShown), Problem> {
    let command = call.command(id).ok_or_else(|| no_such_command(call.facts.id, id))?;
    let shown = CommandShown { call: call.facts.id.to_string(), command: view::command(command) };
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
    if is_blank(text) {
        return Err(Problem::new(Kind::Unreadable, "text is empty: write what is to be said"));
    }
    Ok(())
}

/// Whatever they are, so many keys at once are not taken.
fn not_too_many(digits: &str) -> Result<(), Problem> {
    let n_keys = digits.chars().count();
    if n_keys <= KEYS_MAX {
        return Ok(());
    }
    let detail = format!("{n_keys} keys are too many for one command, which takes at most {KEYS_MAX}");
    Err(Problem::new(Kind::NoDigits, format!("{detail}; press the rest with another")))
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
const DIGITS_MAX: u64 = 32;
/// So many keys may be pressed by one command.
const KEYS_MAX: usize = 64;
/// So long may a reply wait.
const WAIT_S_MAX: u64 = 30;
/// How often a command is looked at while somebody waits.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
