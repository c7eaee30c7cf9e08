//! How long whoever is on the line waits for the first sound of a stream.

use super::super::machine::{self, Busy};
use super::super::process::{pin, pin_self};
use super::super::report::{at_share, print, rounded};
use super::words::Carrier;
use super::{GATEWAY_ON, LOAD_ON, line, peer, program_at, ways_to, with_callers};
use serde_json::json;

/// Opens streams one after the other, and measures from when each begins until its first frame was at the
/// program and is back, beside a bare echo.
pub(crate) fn first_audio() -> anyhow::Result<()> {
    pin_self(LOAD_ON)?;
    let peer = peer::Peer::bare()?;
    pin(peer.id(), GATEWAY_ON)?;
    machine::wait_for_others()?;
    let (_, bare_ms) = line::first_frames(&ways_to(peer.address(), N_STREAMS), None)?;
    for carrier in [Carrier::Twilio, Carrier::Telnyx, Carrier::Plivo] {
        through_the_gateway(carrier, &bare_ms)?;
    }
    Ok(())
}

fn through_the_gateway(carrier: Carrier, bare_ms: &[f64]) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let (world, ways) = with_callers(carrier, &program_at(listener.local_addr()?), N_STREAMS)?;
    pin(world.running()?.id(), GATEWAY_ON)?;
    world.wait_for_quiet()?;
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, world.processor_time()?);
    let (let_in_ms, first_ms) = line::first_frames(&ways, Some(listener))?;
    let others = busy.others(world.processor_time()? - ours)?;
    let of = |times: &[f64], share| rounded(at_share(times, share));
    let value = json!({
        "figure": "first_audio", "carrier": carrier.name(), "streams": N_STREAMS,
        "value": of(&first_ms, 0.5), "unit": "ms", "p99": of(&first_ms, 0.99), "bare_ms": of(bare_ms, 0.5),
        "bare_p99_ms": of(bare_ms, 0.99), "let_in_ms": of(&let_in_ms, 0.5), "let_in_p99_ms": of(&let_in_ms, 0.99),
        "others_cpu_share": rounded(others),
    });
    let sentence = format!(
        "the first sound of a stream of {} is back {} ms after it begins, p99 {}; a bare echo's {} and {}; to \
         be let in takes {} ms, p99 {}",
        carrier.name(),
        value["value"],
        value["p99"],
        value["bare_ms"],
        value["bare_p99_ms"],
        value["let_in_ms"],
        value["let_in_p99_ms"]
    );
    print(&value, &sentence);
    Ok(())
}

const N_STREAMS: usize = 200;
