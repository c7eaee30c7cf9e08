//! `/healthz` and `/readyz`, for whoever watches.

use super::Pages;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::LazyLock;

/// 200 while the process serves, with what is amiss in words.
pub(crate) async fn healthz(State(pages): State<Pages>) -> Response {
    let report = pages.calls.health();
    let notes: Vec<String> =
        report.notes.into_iter().chain(pages.notices.untold(pages.calls.now().as_millis())).collect();
    let status = if report.reasons.is_empty() { "ok" } else { "degraded" };
    let body = json!({
        "status": status, "reasons": report.reasons, "notes": notes, "instance": *INSTANCE,
    });
    Json(body).into_response()
}

/// 503 until what is heard can be put on disk.
pub(crate) async fn readyz(State(pages): State<Pages>) -> Response {
    let report = pages.calls.health();
    let (status, word) =
        if report.ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    (status, Json(json!({ "status": word, "reasons": report.reasons }))).into_response()
}

/// Drawn anew by each process: `offhook doctor` compares what answers at the public address with
/// what answers here by it.
static INSTANCE: LazyLock<String> = LazyLock::new(|| hex::encode(rand::random::<[u8; 8]>()));
