//! `/v1/figures`: calls, endings, talk, cost and replies over time.

use super::reading::{query, within};
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use engine::{Figures, Spread};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use store::Stretches;

/// What is asked of `GET /v1/figures`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    by: By,
    n: Option<u32>,
}

/// How long one stretch is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    Hour,
    Day,
}

/// `GET /v1/figures`: the stretch that lasts comes last.
pub(crate) async fn get(
    pages: Pages,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let asked = query(asked)?;
    let (word, each, n) = match asked.by {
        By::Hour => ("hour", HOUR, 24),
        By::Day => ("day", HOUR * 24, 30),
    };
    let n = within("n", asked.n.unwrap_or(n), &(1..=STRETCHES_MAX))?;
    let now = pages.calls.now();
    let into = now.as_millis().rem_euclid(i64::try_from(each.as_millis()).unwrap_or(1));
    let lasting = call::Timestamp(now.as_millis() - into);
    let from = lasting - each * (n - 1);
    let (calls_read, found) = pages.calls.figures(Stretches { from, each, n }).await?;
    let stretches: Vec<Value> = found.iter().map(view).collect();
    Ok(Json(json!({ "by": word, "replies_of": calls_read, "stretches": stretches })))
}

fn view(figures: &Figures) -> Value {
    let replies = figures.replies.map(|Spread { n, p50_ms, p95_ms, p99_ms }| {
        json!({ "n": n, "p50_ms": p50_ms, "p95_ms": p95_ms, "p99_ms": p99_ms })
    });
    json!({
        "from": rfc3339(figures.from),
        "inbound": figures.n_inbound,
        "outbound": figures.n_outbound,
        "answered": figures.n_answered,
        "talked_s": figures.talked.as_secs(),
        "endings": figures.endings,
        "cost": figures.cost.map(|cost| cost.to_string()),
        "replies": replies,
    })
}

const HOUR: Duration = Duration::from_secs(3_600);
/// A year of days, or two weeks of hours.
const STRETCHES_MAX: u32 = 366;
