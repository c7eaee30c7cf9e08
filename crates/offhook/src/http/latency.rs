//! `/v1/latency`: how long replies were waited for.

use super::reading::{query, within};
use super::{Pages, Problem};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use engine::{Latencies, Latency, Spread, VendorLatency};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked of `GET /v1/latency`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LatencyAsked")]
pub(crate) struct Asked {
    /// Of how many calls, the newest first. Default: 1,000.
    #[schemars(range(min = 1, max = CALLS_MAX))]
    calls: Option<usize>,
}

/// How long replies were waited for, by agent and carrier, and how long those took whose work they are.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LatencyView {
    /// How many calls were read.
    calls: usize,
    agents: Vec<OfAgent>,
    vendors: Vec<OfVendor>,
}

/// How long one of those took who understand, write and speak.
#[derive(Serialize, JsonSchema)]
struct OfVendor {
    /// Its name: of a recognizer or synthesizer that in the configuration, of a model that at its server.
    vendor: String,
    /// What it did: `recognizer`, `model`, `synthesizer`, or, of a model that hears and speaks, `whole`.
    part: &'static str,
    /// How many times.
    times: usize,
    /// From when it was asked until the first of its work was there; of `whole`, as of an agent's replies.
    #[serde(flatten)]
    took: SpreadView,
}

/// How long the replies of one agent were waited for over one carrier.
#[derive(Serialize, JsonSchema)]
struct OfAgent {
    agent: String,
    carrier: String,
    /// How many there were.
    replies: usize,
    /// From the end of the caller's speech to the first that they hear.
    whole: SpreadView,
    /// What of it was spent where.
    parts: BTreeMap<&'static str, SpreadView>,
    /// How long the other side talked over the agent, if it ever did.
    #[serde(skip_serializing_if = "Option::is_none")]
    talk_over: Option<TalkOverView>,
}

/// How long somebody talked over somebody else.
#[derive(Serialize, JsonSchema)]
struct TalkOverView {
    /// How many times.
    times: usize,
    #[serde(flatten)]
    lasted: SpreadView,
}

/// In milliseconds.
#[derive(Serialize, JsonSchema)]
struct SpreadView {
    p50_ms: u64,
    p95_ms: u64,
    p99_ms: u64,
}

/// `GET /v1/latency`: by agent and carrier, and by vendor.
pub(crate) async fn get(
    pages: Pages,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<LatencyView>, Problem> {
    let n_calls = within("calls", query(asked)?.calls.unwrap_or(CALLS), &(1..=CALLS_MAX))?;
    let Latencies { n_calls, agents, vendors } = pages.calls.latencies(n_calls).await?;
    Ok(Json(LatencyView {
        calls: n_calls,
        agents: agents.iter().map(view).collect(),
        vendors: vendors.into_iter().map(of_vendor).collect(),
    }))
}

fn of_vendor(VendorLatency { part, vendor, spread }: VendorLatency) -> OfVendor {
    OfVendor { vendor, part, times: spread.n, took: spread_view(spread) }
}

fn view(Latency { agent, carrier, whole, parts, talk_over }: &Latency) -> OfAgent {
    OfAgent {
        agent: agent.clone(),
        carrier: carrier.0.clone(),
        replies: whole.n,
        whole: spread_view(*whole),
        parts: parts.iter().map(|(name, spread)| (*name, spread_view(*spread))).collect(),
        talk_over: talk_over.map(|spread| TalkOverView { times: spread.n, lasted: spread_view(spread) }),
    }
}

fn spread_view(Spread { p50_ms, p95_ms, p99_ms, .. }: Spread) -> SpreadView {
    SpreadView { p50_ms, p95_ms, p99_ms }
}

/// Of how many calls it is, unless it is asked of others.
const CALLS: usize = 1_000;
const CALLS_MAX: usize = 10_000;
