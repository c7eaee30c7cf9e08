//! `/v1/drain`: no new call is taken, and the gateway ends when those that live are over.

use super::api::read;
use super::health::INSTANCE;
use super::reading::within;
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::body::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is asked of `POST /v1/drain`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DrainAsked")]
pub(super) struct Asked {
    /// How long the calls that live may go on, in seconds. Default: until they are over.
    #[schemars(range(min = 1, max = WITHIN_S_MAX))]
    within_s: Option<u64>,
}

/// Whether the gateway drains, and how many calls live.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Draining {
    draining: bool,
    since: Option<String>,
    /// When it ends at the latest.
    until: Option<String>,
    live: u64,
    /// Drawn anew by each process.
    instance: &'static str,
}

type Reply = Result<Json<Draining>, Problem>;

/// `POST /v1/drain`: the time that is given last counts.
pub(crate) async fn begin(pages: Pages, body: Bytes) -> Reply {
    let asked: Asked = if body.is_empty() { Asked::default() } else { read(&body)? };
    let within_s = asked.within_s.map(|within_s| within("within_s", within_s, &(1..=WITHIN_S_MAX)));
    pages.calls.drain(within_s.transpose()?.map(Duration::from_secs)).await?;
    shown(&pages).await
}

/// `DELETE /v1/drain`: calls are taken again.
pub(crate) async fn cancel(pages: Pages) -> Reply {
    pages.calls.go_on().await?;
    shown(&pages).await
}

/// `GET /v1/drain`: whether it drains, and how many calls live.
pub(crate) async fn get(pages: Pages) -> Reply {
    shown(&pages).await
}

async fn shown(pages: &Pages) -> Reply {
    let drain = pages.calls.draining();
    Ok(Json(Draining {
        draining: drain.is_some(),
        since: drain.map(|drain| rfc3339(drain.since)),
        until: drain.and_then(|drain| drain.until).map(rfc3339),
        live: pages.calls.live().await?,
        instance: &INSTANCE,
    }))
}

/// A day: no call lasts longer.
const WITHIN_S_MAX: u64 = 24 * 3600;
