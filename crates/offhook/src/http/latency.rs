//! `/v1/latency`: how long replies were waited for.

use super::reading::{query, within};
use super::{Pages, Problem};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use engine::{Latency, Spread};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What is asked of `GET /v1/latency`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    calls: Option<usize>,
}

/// `GET /v1/latency`: by agent and carrier.
pub(crate) async fn get(
    pages: Pages,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let n_calls = within("calls", query(asked)?.calls.unwrap_or(CALLS), &(1..=CALLS_MAX))?;
    let (n_read, found) = pages.calls.latencies(n_calls).await?;
    let agents: Vec<Value> = found.iter().map(view).collect();
    Ok(Json(json!({ "calls": n_read, "agents": agents })))
}

fn view(Latency { agent, carrier, whole, parts }: &Latency) -> Value {
    let parts: Map<String, Value> =
        parts.iter().map(|(name, spread)| ((*name).to_owned(), spread_view(*spread))).collect();
    json!({
        "agent": agent, "carrier": carrier.0, "replies": whole.n, "whole": spread_view(*whole), "parts": parts,
    })
}

fn spread_view(Spread { p50_ms, p95_ms, p99_ms, .. }: Spread) -> Value {
    json!({ "p50_ms": p50_ms, "p95_ms": p95_ms, "p99_ms": p99_ms })
}

/// Of how many calls it is, unless it is asked of others.
const CALLS: usize = 1_000;
const CALLS_MAX: usize = 10_000;
