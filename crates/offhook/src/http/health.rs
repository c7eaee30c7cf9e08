//! `/healthz` and `/readyz`, for whoever watches.

use super::Pages;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// 200 while the process serves, with what is amiss in words.
pub(crate) async fn healthz(State(pages): State<Pages>) -> Response {
    let report = pages.calls.health();
    let status = if report.reasons.is_empty() { "ok" } else { "degraded" };
    Json(json!({ "status": status, "reasons": report.reasons })).into_response()
}

/// 503 until what is heard can be put on disk.
pub(crate) async fn readyz(State(pages): State<Pages>) -> Response {
    let report = pages.calls.health();
    let (status, word) =
        if report.ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    (status, Json(json!({ "status": word, "reasons": report.reasons }))).into_response()
}
