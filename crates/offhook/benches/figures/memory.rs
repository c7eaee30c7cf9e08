//! How big the gateway is, on disk and in memory.

use super::process::{BINARY, Resident};
use super::recovery::{resident_after_restart, with_live_calls};
use super::report::print;
use super::world::{Plan, World};
use serde_json::json;
use std::time::Duration;

/// The size of the binary.
pub(crate) fn size() -> anyhow::Result<()> {
    let n_bytes = std::fs::metadata(BINARY)?.len();
    print(
        &json!({ "figure": "binary_size", "value": n_bytes, "unit": "B" }),
        &format!("the binary has {:.1} MB", n_bytes as f64 / 1e6),
    );
    Ok(())
}

/// Resident memory with nothing to do, and with live calls after a start that verified them all.
pub(crate) fn resident() -> anyhow::Result<()> {
    let plan = Plan {
        kind: "simulated",
        latency: Duration::ZERO,
        duration_max: Duration::from_secs(3600),
        is_reached: false,
    };
    let mut world = World::build(&plan)?;
    world.start_gateway()?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = world.running()?.resident()?;
    tell(0, idle, idle);
    for n_calls in [1_000, 10_000] {
        let mut world = with_live_calls(n_calls)?;
        tell(n_calls, resident_after_restart(&mut world, n_calls)?, idle);
    }
    Ok(())
}

fn tell(n_calls: usize, resident: Resident, idle: Resident) {
    let Resident { all, anonymous, peak } = resident;
    let each = (n_calls > 0).then(|| all.saturating_sub(idle.all) / n_calls as u64);
    let figure = json!({
        "figure": "resident_memory", "live_calls": n_calls, "value": all, "unit": "B",
        "anonymous": anonymous, "peak": peak, "bytes_per_call": each,
    });
    let sentence = format!(
        "{n_calls} live calls: {:.1} MB resident (peak {:.1} MB), {} bytes per call",
        all as f64 / 1e6,
        peak as f64 / 1e6,
        each.unwrap_or_default()
    );
    print(&figure, &sentence);
}
