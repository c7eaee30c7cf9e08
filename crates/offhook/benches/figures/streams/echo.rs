//! Sound that the gateway itself gives back, one socket a stream: what a stream costs that no program is
//! behind, as where the gateway hears and speaks.

use super::super::http;
use super::super::machine::{self, Busy};
use super::super::process::pin;
use super::super::world::{Plan, World};
use super::line::{self, Load};
use super::{Cost, GATEWAY_ON, SPAN, led, tell, turns};
use serde_json::json;
use std::time::Duration;

/// So many people are called, and hear themselves.
pub(super) fn by_the_gateway(n_streams: usize) -> anyhow::Result<()> {
    let plan =
        Plan { kind: "simulated", latency: Duration::ZERO, duration_max: turns::HOUR, is_reached: false };
    let mut world = World::build(&plan)?;
    let file = world.path().join("offhook.toml");
    let before = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("{before}[agents.mirror]\nkind = \"echo\"\n"))?;
    world.start_gateway()?;
    pin(world.running()?.id(), GATEWAY_ON)?;
    for n in 0..n_streams {
        let order = json!({ "to": format!("+1555{:03}0006", 200 + n), "agent": "mirror" }).to_string();
        http::ask(world.address, "POST", "/v1/calls", order.as_bytes())?;
    }
    let ways = led(&world, n_streams)?;
    world.wait_for_quiet()?;
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, world.processor_time()?);
    let before = (world.running()?.processor_time()?, world.running()?.resident()?.all);
    let carried = line::carry(Load::of(&ways, SPAN))?;
    let used = world.running()?.processor_time()? - before.0;
    let others = busy.others(world.processor_time()? - ours)?;
    let grown = world.running()?.resident()?.peak.saturating_sub(before.1);
    tell("echoed_by_the_gateway", n_streams, &carried, &Cost { used, grown, others });
    Ok(())
}
