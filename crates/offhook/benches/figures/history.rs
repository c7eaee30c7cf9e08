//! A gateway with a long past: how soon it starts, and how soon it shows the last calls.

use super::http::{Connection, request};
use super::report::{at_share, median, ms, print, rounded, spread};
use super::world::{Plan, World};
use super::{calls, machine};
use anyhow::ensure;
use serde_json::json;
use std::time::{Duration, Instant};

/// Imports 100,000 ended calls, kills the gateway, and measures the next starts and pages.
pub(crate) fn start_with_many() -> anyhow::Result<()> {
    let mut world = World::build(&Plan {
        kind: "twilio",
        latency: Duration::ZERO,
        duration_max: Duration::from_secs(3600),
        is_reached: false,
    })?;
    world.start_gateway()?;
    let file = calls::history(CALLS);
    let import = world.import(&file, CALLS)?;
    let n_bytes = std::fs::metadata(world.store())?.len();
    let figure = json!({
        "figure": "import_of_ended_calls", "calls": CALLS, "value": rounded(ms(import)), "unit": "ms",
        "file_bytes": file.len(), "store_bytes_each": n_bytes / CALLS as u64, "rounds": 1,
    });
    print(&figure, &format!("{CALLS} ended calls imported in {} ms", figure["value"]));
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        world.kill_gateway();
        machine::wait_for_others()?;
        starts.push(ms(world.start_gateway()?));
    }
    let figure = json!({
        "figure": "start_with_history", "calls": CALLS, "value": rounded(median(&starts)), "unit": "ms",
        "spread": spread(&starts), "rounds": STARTS,
    });
    print(&figure, &format!("ready {} ms after exec with {CALLS} ended calls", figure["value"]));
    list(&world)
}

fn list(world: &World) -> anyhow::Result<()> {
    let mut connection = Connection::open(world.address)?;
    let page = request(world.address, "GET", "/v1/calls?limit=50", b"");
    let mut each_ms = Vec::new();
    let mut n_bytes = 0;
    for _ in 0..PAGES {
        let begun = Instant::now();
        let answer = connection.exchange(&page)?;
        each_ms.push(ms(begun.elapsed()));
        ensure!(answer.status == 200, "the list is answered with {}", answer.status);
        n_bytes = answer.body.len();
    }
    let first = each_ms.first().copied().unwrap_or_default();
    let figure = json!({
        "figure": "last_50_of_history", "calls": CALLS, "value": rounded(median(&each_ms)), "unit": "ms",
        "p99_ms": rounded(at_share(&each_ms, 0.99)), "first_ms": rounded(first), "bytes": n_bytes,
        "requests": PAGES,
    });
    print(&figure, &format!("the last 50 of {CALLS} calls in {} ms", figure["value"]));
    Ok(())
}

const CALLS: usize = 100_000;
const STARTS: usize = 5;
const PAGES: usize = 200;
