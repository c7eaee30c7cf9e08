//! `/v1/figures`: calls, endings, talk, cost and replies over time.

use super::reading::{query, within};
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use engine::{Figures, Spread};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use store::Stretches;

/// What is asked of `GET /v1/figures`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FiguresAsked")]
pub(crate) struct Asked {
    /// How long one stretch is. Default: an hour.
    #[serde(default)]
    by: By,
    /// How many stretches. Default: 24 hours or 30 days.
    #[schemars(range(min = 1, max = STRETCHES_MAX))]
    n: Option<u32>,
}

/// How long one stretch is.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    Hour,
    Day,
}

/// Figures over time, the stretch that lasts last.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FiguresView {
    /// `hour` or `day`.
    by: &'static str,
    /// Of how many calls the replies were read.
    replies_of: usize,
    stretches: Vec<Stretch>,
}

/// What was in one stretch of time.
#[derive(Serialize, JsonSchema)]
struct Stretch {
    /// When it begins.
    from: String,
    inbound: u64,
    outbound: u64,
    answered: u64,
    /// How long was talked, in seconds.
    talked_s: u64,
    /// How many calls ended how, by the word for it.
    endings: BTreeMap<String, u64>,
    /// What the calls cost by the configured prices.
    cost: Option<String>,
    /// How long replies were waited for.
    replies: Option<Replies>,
}

/// How long replies were waited for, in milliseconds.
#[derive(Serialize, JsonSchema)]
struct Replies {
    n: usize,
    p50_ms: u64,
    p95_ms: u64,
    p99_ms: u64,
}

/// `GET /v1/figures`: the stretch that lasts comes last.
pub(crate) async fn get(
    pages: Pages,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<FiguresView>, Problem> {
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
    let (replies_of, found) = pages.calls.figures(Stretches { from, each, n }).await?;
    Ok(Json(FiguresView { by: word, replies_of, stretches: found.iter().map(view).collect() }))
}

fn view(figures: &Figures) -> Stretch {
    let replies = |Spread { n, p50_ms, p95_ms, p99_ms }| Replies { n, p50_ms, p95_ms, p99_ms };
    Stretch {
        from: rfc3339(figures.from),
        inbound: figures.n_inbound,
        outbound: figures.n_outbound,
        answered: figures.n_answered,
        talked_s: figures.talked.as_secs(),
        endings: figures.endings.clone(),
        cost: figures.cost.map(|cost| cost.to_string()),
        replies: figures.replies.map(replies),
    }
}

const HOUR: Duration = Duration::from_secs(3_600);
/// A year of days, or two weeks of hours.
const STRETCHES_MAX: u32 = 366;
