//! Strangers: calls that live at a carrier and that this store doesn't know. Only a store that went
//! back in time is asked about them: after a backup was put back, calls that were placed since may
//! still ring, and nobody else would tell.

use super::errands::Runner;
use super::lane::Lane;
use crate::calls::{Calls, EngineError};
use call::{CarrierCallId, CarrierName};
use std::sync::Arc;
use std::time::Duration;

/// Looks for them until somebody has said that calls may be placed again.
pub(crate) async fn watch(calls: Calls, runner: Arc<Runner>) {
    while runner.wire.health.has_notice() {
        let mut all_listed = true;
        for (carrier, lane) in runner.wire.lanes.all().iter() {
            match strangers(&calls, &runner, carrier, lane).await {
                Ok(Some(legs)) => runner.wire.health.set_strangers(carrier, legs),
                Ok(None) | Err(_) => all_listed = false,
            }
        }
        tokio::time::sleep(if all_listed { EVERY } else { AGAIN }).await;
    }
}

/// The legs that live there and are no call's of this store; `None` if the carrier didn't say.
async fn strangers(
    calls: &Calls,
    runner: &Runner,
    carrier: &CarrierName,
    lane: &Lane,
) -> Result<Option<Vec<CarrierCallId>>, EngineError> {
    let Ok(live) = lane.live(&runner.wire.sender).await else { return Ok(None) };
    let (legs, carrier): (Vec<CarrierCallId>, _) = (live.keys().cloned().collect(), carrier.clone());
    let unknown = calls.read(move |history| {
        let mut unknown = Vec::new();
        for leg in legs {
            if history.call_by_leg(&carrier, &leg)?.is_none() {
                unknown.push(leg);
            }
        }
        Ok(unknown)
    });
    Ok(Some(unknown.await?))
}

/// How often a carrier is asked.
const EVERY: Duration = Duration::from_secs(30);
/// How soon again, when one could not say.
const AGAIN: Duration = Duration::from_secs(5);
