//! Sound that the gateway itself gives back, one socket a stream: what a stream costs that no program is
//! behind, as where the gateway hears and speaks.

use super::super::machine::{self, Busy};
use super::super::process::pin;
use super::line::{self, Load};
use super::words::Carrier;
use super::{Cost, GATEWAY_ON, SPAN, tell, with_callers};

/// So many people call, and hear themselves.
pub(super) fn by_the_gateway(carrier: Carrier, n_streams: usize) -> anyhow::Result<()> {
    let (world, ways) = with_callers(carrier, "kind = \"echo\"", n_streams)?;
    pin(world.running()?.id(), GATEWAY_ON)?;
    world.wait_for_quiet()?;
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, world.processor_time()?);
    let before = (world.running()?.processor_time()?, world.running()?.resident()?.all);
    let carried = line::carry(Load::of(&ways, SPAN))?;
    let used = world.running()?.processor_time()? - before.0;
    let others = busy.others(world.processor_time()? - ours)?;
    let grown = world.running()?.resident()?.peak.saturating_sub(before.1);
    tell("echoed_by_the_gateway", &ways, &carried, &Cost { used, grown, others });
    carried.all_came_back()
}
