//! Who is let in, and what they may do: the one place where that is checked, for every page that has
//! a row in [`rows`](super::rows). What has none is not there.
//!
//! Tokens are shown as RFC 6750 has it. What changes something is put on record here or by the turn
//! that does it, and so is who listens in, and whatever is refused.

use super::api::{call_id, no_such_call};
use super::book::NotGood;
use super::caller::Caller;
use super::problem::{Kind, no_such_page, wrong_method};
use super::request_id::RequestId;
use super::rows::{Found, Row, Whose, find};
use super::{Pages, Problem};
use axum::RequestExt as _;
use axum::extract::{ConnectInfo, MatchedPath, OriginalUri, RawPathParams, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use call::CallId;
use engine::Asker;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::{AccessLine, DONE};

/// What is known of a request before its token is.
struct Asked {
    row: &'static Row,
    request_id: Arc<str>,
    address: Option<IpAddr>,
    /// What its path names as a call.
    call: Option<CallId>,
}

/// Lets a request through that shows a token which may do what it asks for.
pub(crate) async fn check(State(pages): State<Pages>, mut request: Request, next: Next) -> Response {
    let (address, request_id) = sent_by(&request);
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let found = find(request.method(), matched.as_deref());
    let call = call_of_path(&mut request).await;
    let row = match &found {
        Found::Row(row) => Some(*row),
        Found::OtherMethod | Found::Nothing => None,
    };
    let caller = match known(&pages, request.headers(), address, row, &request_id) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let row = match found {
        Found::Row(row) => row,
        Found::OtherMethod => {
            return wrong_method(request.method().clone(), uri_of(&request)).await.into_response();
        }
        Found::Nothing => return no_such_page(uri_of(&request)).await.into_response(),
    };
    let asked = Asked { row, request_id, address, call };
    if let Err(too_fast) = in_pace(&pages, &caller, &asked) {
        return too_fast.into_response();
    }
    let response = match may(&pages, &caller, &asked).await {
        Ok(()) => {
            request.extensions_mut().insert(caller.clone());
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    note(&pages, &caller, &asked, &response);
    response
}

/// Lets a request through that shows any good token: what is asked for by it is checked when it asks.
pub(crate) async fn check_any(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let (address, request_id) = sent_by(&request);
    match known(&pages, request.headers(), address, None, &request_id) {
        Ok(_) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// The same for the metrics, unless they are open.
pub(crate) async fn check_metrics(state: State<Pages>, request: Request, next: Next) -> Response {
    if state.terms().open_metrics { next.run(request).await } else { check(state, request, next).await }
}

/// From where a request came, and its id.
fn sent_by(request: &Request) -> (Option<IpAddr>, Arc<str>) {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    let request_id = request.extensions().get::<RequestId>().map(|id| Arc::clone(&id.0));
    (address, request_id.unwrap_or_else(|| "-".into()))
}

/// Whoever showed a token that is good.
fn known(
    pages: &Pages,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    row: Option<&'static Row>,
    request_id: &Arc<str>,
) -> Result<Caller, Problem> {
    let verb = row.map_or("-", |row| row.verb);
    let shown = shown(headers);
    let found = shown.map(|token| pages.book.find(token, &pages.terms(), address, pages.calls.now()));
    let why = match found {
        Some(Ok(held)) => {
            let asker = Arc::new(Asker::new(held.token.name.clone(), verb, request_id.to_string()));
            return Ok(Caller { held, asker });
        }
        Some(Err(NotGood::Expired)) => Some("the bearer token has expired"),
        Some(Err(NotGood::Unknown)) => Some("the bearer token is wrong"),
        Some(Err(NotGood::NotLookedAt)) => Some("too many wrong tokens came from this address"),
        None => None,
    };
    let (problem, is_told) = match pages.book.note_failure(address) {
        Ok(()) => (Problem::unauthorized(why), true),
        Err(over) => {
            let detail = "too many requests without a good token came from this address; wait, and look for \
                 what sends them: offhook audit --access --refused";
            (Problem::new(Kind::TooFast, detail).after(over.wait), over.first)
        }
    };
    if is_told && pages.book.has_line_for_stranger() {
        let outcome = problem.code().to_owned();
        let address = address.map(|address| address.to_canonical().to_string());
        let (token, call, number) = (None, None, None);
        let (verb, request_id, at) = (verb.to_owned(), request_id.to_string(), pages.calls.now());
        pages.calls.note_access(AccessLine { at, token, verb, call, number, outcome, address, request_id });
    }
    Err(problem)
}

/// The token that a request shows.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the token isn't used too fast.
fn in_pace(pages: &Pages, caller: &Caller, asked: &Asked) -> Result<(), Problem> {
    let now = pages.calls.now();
    let over = match caller.held.take(pages.terms().rate, now) {
        Ok(()) => {
            if !caller.held.is_owner() {
                pages.calls.note_use(caller.name(), now);
            }
            return Ok(());
        }
        Err(over) => over,
    };
    let detail = format!(
        "token {} asks more often than [api] requests_per_second and burst allow; wait, or raise them",
        caller.name()
    );
    let problem = Problem::new(Kind::TooFast, detail).after(over.wait);
    if over.first && caller.held.has_line_for_refusal() {
        pages.calls.note_access(line(pages, caller, asked, None, problem.code()));
    }
    Err(problem)
}

/// Whether the token may do this at all, and on this call.
async fn may(pages: &Pages, caller: &Caller, asked: &Asked) -> Result<(), Problem> {
    caller.must_have(asked.row.scope)?;
    match asked.row.whose {
        Whose::Nobodys | Whose::OfCaller => Ok(()),
        Whose::Everybodys => caller.may_see_all(),
        Whose::OfPath => {
            let (Some(_), Some(id)) = (caller.sees_only(), asked.call) else { return Ok(()) };
            // Whether there is such a call is none of its business.
            let own = pages.calls.get(id).await?.filter(|kept| caller.sees(&kept.call));
            own.map(drop).ok_or_else(|| no_such_call(id))
        }
    }
}

/// Puts on record what came of it, unless the turn that did it has.
fn note(pages: &Pages, caller: &Caller, asked: &Asked, response: &Response) {
    let status = response.status();
    let is_refused = !status.is_success();
    let is_told = asked.row.is_noted() || status == axum::http::StatusCode::FORBIDDEN;
    if !is_told || (is_refused && !caller.held.has_line_for_refusal()) {
        return;
    }
    let problem = response.extensions().get::<Problem>();
    match (is_refused, problem) {
        (false, _) if caller.asker.is_noted() => {}
        (false, _) => pages.calls.note_access(line(pages, caller, asked, None, DONE)),
        (true, Some(problem)) => {
            let number = problem.number().map(str::to_owned);
            pages.calls.note_access(line(pages, caller, asked, number, problem.code()));
        }
        (true, None) => pages.calls.note_access(line(pages, caller, asked, None, status.as_str())),
    }
}

fn line(pages: &Pages, caller: &Caller, asked: &Asked, number: Option<String>, outcome: &str) -> AccessLine {
    let token = caller.name().to_owned();
    AccessLine {
        at: pages.calls.now(),
        token: Some(token),
        verb: asked.row.verb.to_owned(),
        call: asked.call,
        number,
        outcome: outcome.to_owned(),
        address: asked.address.filter(|_| outcome != DONE).map(|address| address.to_canonical().to_string()),
        request_id: asked.request_id.to_string(),
    }
}

/// The address as it was asked for.
fn uri_of(request: &Request) -> OriginalUri {
    let uri = request.extensions().get::<OriginalUri>().cloned();
    uri.unwrap_or_else(|| OriginalUri(request.uri().clone()))
}

/// The call that a path names.
async fn call_of_path(request: &mut Request) -> Option<CallId> {
    let parameters = request.extract_parts::<RawPathParams>().await.ok()?;
    let (_, id) = parameters.iter().find(|(name, _)| *name == "id")?;
    call_id(id).ok()
}
