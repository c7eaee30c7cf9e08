//! `/healthz` and `/readyz`, for whoever watches.

use super::Pages;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::LazyLock;

/// How the gateway is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    #[schemars(extend("enum" = ["ok", "degraded"]))]
    status: &'static str,
    /// What is amiss, in words.
    reasons: Vec<String>,
    /// What somebody should know though nothing is amiss.
    notes: Vec<String>,
    /// Drawn anew by each process.
    instance: &'static str,
    /// Whether no new call is taken, and the gateway ends with the last one.
    draining: bool,
}

/// Whether what is heard can be put on disk.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Readiness {
    #[schemars(extend("enum" = ["ready", "draining", "not_ready"]))]
    status: &'static str,
    reasons: Vec<String>,
}

/// 200 while the process serves, with what is amiss in words.
pub(crate) async fn healthz(State(pages): State<Pages>) -> Json<Health> {
    let report = pages.calls.health();
    let notes = report.notes.into_iter().chain(pages.notices.untold(pages.calls.now().as_millis())).collect();
    let status = if report.reasons.is_empty() { "ok" } else { "degraded" };
    let draining = pages.calls.draining().is_some();
    Json(Health { status, reasons: report.reasons, notes, instance: &INSTANCE, draining })
}

/// 503 until what is heard can be put on disk, and from when no new call is taken.
pub(crate) async fn readyz(State(pages): State<Pages>) -> (StatusCode, Json<Readiness>) {
    let report = pages.calls.health();
    let (code, status) = match (report.ready, pages.calls.draining()) {
        (true, None) => (StatusCode::OK, "ready"),
        (true, Some(_)) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
    };
    (code, Json(Readiness { status, reasons: report.reasons }))
}

/// Drawn anew by each process: `offhook doctor` compares what answers at the public address with
/// what answers here by it.
pub(super) static INSTANCE: LazyLock<String> = LazyLock::new(|| hex::encode(rand::random::<[u8; 8]>()));
