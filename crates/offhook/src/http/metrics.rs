//! `/metrics`, for Prometheus and what reads its text: `docs/metrics.md`.

use super::{Pages, Problem};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Everything that can be measured.
pub(crate) async fn metrics(pages: Pages) -> Result<Response, Problem> {
    let text = pages.calls.metrics().await?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#protocol-negotiation>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
