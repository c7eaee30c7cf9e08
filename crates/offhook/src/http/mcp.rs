//! `/mcp`: the face that models see, over streamable HTTP, before the same pages that everyone asks.

use super::{Pages, auth, health};
use crate::face::Within;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::http::request::Parts;
use axum::middleware;
use axum::routing::{any, get};
use mcp::face::Door;
use url::Url;

/// The page, which asks `api` for whatever a model wants.
pub(super) fn face(pages: &Pages, api: Router<Pages>) -> Router<Pages> {
    let asked = Router::new().nest("/v1", api).route("/healthz", get(health::healthz));
    let mut closing = pages.closing.clone();
    let stopped = async move {
        // A sender that is gone says nothing any more, and so is no stop: tests have none.
        if closing.wait_for(|closing| *closing).await.is_err() {
            std::future::pending().await
        }
    };
    let origins: Vec<String> = Url::parse(&pages.public_url).iter().filter_map(origin).collect();
    let door = Door::new(Within(asked.with_state(pages.clone())), &origins, stopped);
    let answer = move |parts: Parts, body: Bytes| {
        let door = door.clone();
        async move { door.answer(Request::from_parts(parts, body)).await.map(Body::new) }
    };
    Router::new()
        .route("/mcp", any(answer))
        .route_layer(middleware::from_fn_with_state(pages.clone(), auth::check_any))
}

/// Whose pages a browser shows at this address, with the port: without one the library would let any in.
fn origin(url: &Url) -> Option<String> {
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    Some(format!("{}://{host}:{port}", url.scheme()))
}
