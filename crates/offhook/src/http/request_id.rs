//! What a request is called: in the answer, in a problem, in the log and in the audit.

use super::Problem;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use call::CallId;
use engine::TRACED;
use std::sync::Arc;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

/// A request's name.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// Names every request, and its answer.
pub(crate) async fn name(mut request: Request, next: Next) -> Response {
    let id = named(request.headers()).unwrap_or_else(drawn);
    request.extensions_mut().insert(RequestId(id.as_str().into()));
    let method = request.method().clone();
    // Not the path itself: a number may be in it, or a ticket.
    let page = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = span(&id, &request, page.as_deref().unwrap_or("-"));
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.of_request(&id).into_response();
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(NAME, value);
    }
    let status = response.status().as_u16();
    span.record("status", status);
    tracing::debug!(request = id, %method, page = page.as_deref().unwrap_or("-"), status, "a request was answered");
    response
}

/// The span of a request, in the trace of the call that is in its path, if one is. Those who only look how the
/// gateway is have none.
fn span(id: &str, request: &Request, page: &str) -> Span {
    if matches!(page, "/healthz" | "/readyz" | "/metrics") {
        return Span::none();
    }
    let method = request.method();
    let span = tracing::info_span!(target: TRACED, "http.request", request = id, %method, page, call = Empty, status = Empty);
    if let Some(call) = request.uri().path().split('/').find_map(|part| part.parse::<CallId>().ok()) {
        span.record("call", display(call));
    }
    span
}

/// The name that whoever asks gave it, if it can be one.
fn named(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(NAME)?.to_str().ok()?;
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
    ((1..=NAME_MAX).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
}

fn drawn() -> String {
    format!("r_{}", hex::encode(rand::random::<[u8; 12]>()))
}

const NAME: HeaderName = HeaderName::from_static("x-request-id");
/// As long as anybody's trace id, twice.
const NAME_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_sane_name_is_taken_and_any_other_is_not() {
        for (text, taken) in [
            ("4bf92f3577b34da6a3ce929d0e0e4736", true),
            ("job-7.step_2", true),
            ("", false),
            ("a b", false),
            ("{\"a\":1}", false),
            (&"x".repeat(65), false),
        ] {
            let headers = HeaderMap::from_iter([(NAME, HeaderValue::from_str(text).unwrap())]);
            assert_eq!(named(&headers).is_some(), taken, "{text:?}");
        }
        assert_eq!(drawn().len(), 26);
    }
}
