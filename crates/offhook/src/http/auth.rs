//! The API's bearer token (RFC 6750).

use super::Pages;
use super::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

/// Lets a request through that shows the token.
pub(crate) async fn check(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match token {
        Some((_, token)) if bool::from(token.trim().as_bytes().ct_eq(pages.terms().token.as_bytes())) => {
            next.run(request).await
        }
        Some(_) => refuse("the bearer token is wrong"),
        None => refuse("no bearer token"),
    }
}

/// The same for the metrics, unless they are open.
pub(crate) async fn check_metrics(state: State<Pages>, request: Request, next: Next) -> Response {
    if state.terms().open_metrics { next.run(request).await } else { check(state, request, next).await }
}

fn refuse(why: &str) -> Response {
    let detail = format!(
        "{why}; send 'Authorization: Bearer TOKEN' with [api] token, or the token in the .token file beside the store"
    );
    Problem::new(Kind::Unauthorized, detail).into_response()
}
