//! `/v1/tokens`: who may use the API. The text of a token is told once, when it is made.

use super::api::read;
use super::book::{Book, Held, digest, drawn};
use super::caller::{Caller, OWNER};
use super::problem::Kind;
use super::reading::within;
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use call::Timestamp;
use call::access::{Grant, Scope};
use engine::{EngineError, Refusal, TokenChange};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use store::KeptToken;

/// What is asked of `POST /v1/tokens`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddToken {
    /// Small letters, digits (no more than six in a row), - and _, beginning with a letter.
    #[schemars(extend("pattern" = "^[a-z][a-z0-9_-]{0,31}$", "not" = { "pattern": "[0-9]{7}|^owner$" }))]
    name: String,
    /// What it may do.
    #[schemars(length(min = 1), extend("items" = json!({ "enum": Scope::ALL.map(Scope::word) })))]
    scopes: Vec<String>,
    /// The numbers that it may call, or what they begin with and a star. Default: all.
    #[schemars(inner(pattern(CALLERS)), length(max = ENTRIES_MAX))]
    to: Option<Vec<String>>,
    /// The numbers that it may call from, likewise. Default: all.
    #[schemars(inner(pattern(CALLERS)), length(max = ENTRIES_MAX))]
    from: Option<Vec<String>>,
    /// The agents that it may have talk. Default: all.
    #[schemars(inner(length(min = 1, max = AGENT_MAX)), length(max = ENTRIES_MAX))]
    agents: Option<Vec<String>>,
    /// How many calls it may place in an hour. Default: any number.
    calls_per_hour: Option<u64>,
    /// How many calls it may place in a day. Default: any number.
    calls_per_day: Option<u64>,
    /// Whether it sees only the calls that it placed.
    #[serde(default)]
    own_calls: bool,
    /// After how long it is no longer good, in seconds. Default: never.
    #[schemars(range(min = 1, max = EXPIRES_S_MAX))]
    expires_in_s: Option<u64>,
}

/// What is asked of `POST /v1/tokens/{name}/rotate`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotate {
    /// How long the text before is good, in seconds. Default: an hour.
    #[schemars(range(min = 0, max = OVERLAP_S_MAX))]
    overlap_s: Option<u64>,
    /// After how long it is no longer good. Default: that stays as it is.
    #[schemars(range(min = 1, max = EXPIRES_S_MAX))]
    expires_in_s: Option<u64>,
}

/// The tokens there are, without the owner's.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenList {
    tokens: Vec<TokenView>,
}

/// A token, without its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(crate) struct TokenView {
    name: String,
    scopes: Vec<&'static str>,
    to: Option<Vec<String>>,
    from: Option<Vec<String>>,
    agents: Option<Vec<String>>,
    calls_per_hour: Option<u64>,
    calls_per_day: Option<u64>,
    own_calls: bool,
    created_at: String,
    rotated_at: Option<String>,
    /// Until when its text before the rotation is good.
    old_until: Option<String>,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

/// A token with its text, which nobody is told again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenMade {
    #[serde(flatten)]
    view: TokenView,
    token: String,
}

type Made = Result<(StatusCode, HeaderMap, Json<TokenMade>), Problem>;

/// `GET /v1/tokens`: in the order of their names.
pub(crate) async fn list(pages: Pages) -> Json<TokenList> {
    let tokens = pages.book.all().iter().map(|held| view(&held.token, held.last_used_at())).collect();
    Json(TokenList { tokens })
}

/// `POST /v1/tokens`: 201 with the token and its text, which nobody is told again.
pub(crate) async fn add(pages: Pages, caller: Caller, body: Bytes) -> Made {
    let asked: AddToken = read(&body)?;
    let name = named(asked.name)?;
    let grant = Grant {
        scopes: scopes(&asked.scopes)?,
        to: asked.to,
        from: asked.from,
        agents: asked.agents.map(agents).transpose()?,
        calls_per_hour: asked.calls_per_hour,
        calls_per_day: asked.calls_per_day,
        own_calls: asked.own_calls,
    };
    let n_entries = [&grant.to, &grant.from, &grant.agents].map(|list| list.as_ref().map_or(0, Vec::len));
    within("the number of entries in a limit", n_entries.into_iter().max().unwrap_or(0), &(0..=ENTRIES_MAX))?;
    let grant = grant.checked().map_err(|error| Problem::new(Kind::BadNumber, error.to_string()))?;
    caller.may_give(grant.scopes.iter().copied())?;
    let text = drawn();
    let now = pages.calls.now();
    let token = KeptToken {
        name,
        hash: digest(&text),
        old: None,
        grant,
        created_at: now,
        rotated_at: None,
        expires_at: expiry(asked.expires_in_s, now)?,
        last_used_at: None,
    };
    let token = Book::change(&pages, TokenChange::Add(Box::new(token))).await?;
    Ok(made(StatusCode::CREATED, &token, &text))
}

/// `POST /v1/tokens/{name}/rotate`: 200 with another text; the one before is good for a while.
pub(crate) async fn rotate(pages: Pages, caller: Caller, Path(name): Path<String>, body: Bytes) -> Made {
    let asked: Rotate = if body.is_empty() { Rotate::default() } else { read(&body)? };
    let overlap_s = within("overlap_s", asked.overlap_s.unwrap_or(OVERLAP_S), &(0..=OVERLAP_S_MAX))?;
    let held = held(&pages, &name)?;
    // Whoever rotates it has it.
    caller.may_give(held.token.grant.scopes.iter().copied())?;
    let now = pages.calls.now();
    let expires_at = expiry(asked.expires_in_s, now)?;
    if expires_at.or(held.token.expires_at).is_some_and(|at| at <= now) {
        let detail = format!("token {name} has expired: say with expires_in_s how long the new text is good");
        return Err(Problem::new(Kind::TokenNotMade, detail));
    }
    let text = drawn();
    let old_until = now + Duration::from_secs(overlap_s);
    let change = TokenChange::Rotate { name, hash: digest(&text), old_until, expires_at };
    let token = Book::change(&pages, change).await?;
    Ok(made(StatusCode::OK, &token, &text))
}

/// `DELETE /v1/tokens/{name}`: it is good no longer when this is answered. What it was.
pub(crate) async fn remove(pages: Pages, Path(name): Path<String>) -> Result<Json<TokenView>, Problem> {
    let last_used_at = held(&pages, &name)?.last_used_at();
    let token = Book::change(&pages, TokenChange::Remove(name)).await?;
    Ok(Json(view(&token, last_used_at)))
}

fn held(pages: &Pages, name: &str) -> Result<std::sync::Arc<Held>, Problem> {
    if name == OWNER {
        let detail = "the owner's token is that of the configuration: change [api] token, or remove the .token \
             file beside the store, and send the gateway SIGHUP";
        return Err(Problem::new(Kind::NoSuchToken, detail));
    }
    pages.book.get(name).ok_or_else(|| EngineError::from(Refusal::NoSuchToken(shortened(name))).into())
}

/// A name that says who has it. One with as many digits as a number has would have to be forgotten
/// with a person.
fn named(name: String) -> Result<String, Problem> {
    let fits = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-_".contains(&letter);
    let n_digits = name.split(|letter: char| !letter.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let shaped = (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(fits) && n_digits <= DIGITS_MAX;
    if shaped && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name != OWNER {
        return Ok(name);
    }
    let detail = format!(
        "`name` is 1 to {NAME_MAX} small letters, digits, - and _, begins with a letter, has no more than \
         {DIGITS_MAX} digits in a row, and is not {OWNER}; write one like night-clerk"
    );
    Err(Problem::new(Kind::Unreadable, detail))
}

fn scopes(words: &[String]) -> Result<BTreeSet<Scope>, Problem> {
    let known = Scope::ALL.map(Scope::word).join(", ");
    if words.is_empty() {
        let detail = format!("`scopes` is empty: a token is for at least one of {known}");
        return Err(Problem::new(Kind::Unreadable, detail));
    }
    let read = |word: &String| {
        let unknown = || format!("{:?} is no scope; the scopes are {known}", shortened(word));
        Scope::read(word).ok_or_else(|| Problem::new(Kind::Unreadable, unknown()))
    };
    words.iter().map(read).collect()
}

fn agents(names: Vec<String>) -> Result<Vec<String>, Problem> {
    let fits = |name: &String| (1..=AGENT_MAX).contains(&name.chars().count());
    if names.iter().all(fits) {
        return Ok(names);
    }
    Err(Problem::new(Kind::Unreadable, format!("`agents` has names of 1 to {AGENT_MAX} letters")))
}

fn expiry(in_s: Option<u64>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let in_s = in_s.map(|in_s| within("expires_in_s", in_s, &(1..=EXPIRES_S_MAX))).transpose()?;
    Ok(in_s.map(|in_s| now + Duration::from_secs(in_s)))
}

/// The one answer that has a token's text: nobody on the way may keep it.
fn made(status: StatusCode, token: &KeptToken, text: &str) -> (StatusCode, HeaderMap, Json<TokenMade>) {
    let shown = TokenMade { view: view(token, token.last_used_at), token: text.to_owned() };
    let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    (status, headers, Json(shown))
}

fn view(token: &KeptToken, last_used_at: Option<Timestamp>) -> TokenView {
    let Grant { scopes, to, from, agents, calls_per_hour, calls_per_day, own_calls } = &token.grant;
    TokenView {
        name: token.name.clone(),
        scopes: scopes.iter().map(|scope| scope.word()).collect(),
        to: to.clone(),
        from: from.clone(),
        agents: agents.clone(),
        calls_per_hour: *calls_per_hour,
        calls_per_day: *calls_per_day,
        own_calls: *own_calls,
        created_at: rfc3339(token.created_at),
        rotated_at: token.rotated_at.map(rfc3339),
        old_until: token.old.as_ref().map(|(_, until)| rfc3339(*until)),
        expires_at: token.expires_at.map(rfc3339),
        last_used_at: last_used_at.map(rfc3339),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(NAME_MAX).collect()
}

/// A number, or the beginning of one with a star.
const CALLERS: &str = r"^\+[1-9][0-9]{0,14}\*?$";
/// As long as an installation's name.
const NAME_MAX: usize = 32;
/// One fewer than the shortest number has.
const DIGITS_MAX: usize = 6;
/// As long as any name in a configuration.
const AGENT_MAX: usize = 64;
/// So many numbers or agents are in a limit.
const ENTRIES_MAX: usize = 100;
/// How long the text before a rotation is good, in seconds, unless told otherwise.
const OVERLAP_S: u64 = 3_600;
/// A month.
const OVERLAP_S_MAX: u64 = 30 * 24 * 3_600;
/// Ten years.
const EXPIRES_S_MAX: u64 = 10 * 365 * 24 * 3_600;
