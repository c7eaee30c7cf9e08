//! Sound through the gateway: how late it is, what it costs, and how many streams a core carries.
//!
//! The load is one thread that plays a carrier's side of every stream and the program at its other end, which
//! says again what it hears. The gateway has one processor to itself, the load another.

mod barge_in;
mod first;
mod gap;
mod line;
mod overload;
mod peer;
mod peers;
mod turns;
mod words;

use super::machine::{self, Busy};
use super::process::{own_processor_time, pin, pin_self};
use super::report::{at_share, print, rounded};
use super::webhook::signature;
use super::world::{PATIENCE, Plan, World, stranger};
use anyhow::{Context as _, ensure};
use line::{Carried, Load, Way};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use words::Carrier;

pub(crate) use barge_in::barge_in;
pub(crate) use first::first_audio;
pub(crate) use gap::gap;
pub(crate) use overload::overload;
pub(crate) use peer::{echo as echo_peer, is_asked_for};
pub(crate) use turns::turns;

/// Delay, cost and memory at so many streams, beside a bare echo and what others write.
pub(crate) fn delay() -> anyhow::Result<()> {
    pin_self(LOAD_ON)?;
    for n_streams in STREAMS {
        bare(n_streams)?;
        echoed_by_the_gateway(Carrier::Twilio, n_streams)?;
        through_the_gateway(n_streams)?;
    }
    for carrier in [Carrier::Telnyx, Carrier::TelnyxWide, Carrier::Plivo] {
        for n_streams in [100, 500] {
            echoed_by_the_gateway(carrier, n_streams)?;
        }
    }
    peers::all()
}

/// The floor: a program that takes what it is sent and sends it back, with nothing between.
fn bare(n_streams: usize) -> anyhow::Result<()> {
    beside("bare_echo", &peer::Peer::bare()?, n_streams, Duration::from_millis(200))
}

/// A program alone: what the gateway would stand before.
fn beside(figure: &str, peer: &peer::Peer, n_streams: usize, settle: Duration) -> anyhow::Result<()> {
    pin(peer.id(), GATEWAY_ON)?;
    let ways = ways_to(peer.address(), n_streams);
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, own_processor_time()?);
    let before = (peer.processor_time()?, peer.resident()?.all);
    let carried = line::carry(Load { settle, ..Load::of(&ways, SPAN) })?;
    let used = peer.processor_time()? - before.0;
    let others = busy.others(used + own_processor_time()? - ours)?;
    let grown = peer.resident()?.peak.saturating_sub(before.1);
    tell(figure, &ways, &carried, &Cost { used, grown, others });
    Ok(())
}

/// Twilio's side of so many streams, to a program that speaks with it itself.
fn ways_to(address: SocketAddr, n_streams: usize) -> Vec<Way> {
    let way = |n| Way {
        carrier: Carrier::Twilio,
        address,
        path: "/".to_owned(),
        signature: None,
        call: super::calls::sid("stream", n),
    };
    (0..n_streams).map(way).collect()
}

/// To a program and back.
fn through_the_gateway(n_streams: usize) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let (world, ways) = with_callers(Carrier::Twilio, &program_at(listener.local_addr()?), n_streams)?;
    measure("streams", &world, Load { program: Some(listener), ..Load::of(&ways, SPAN) })
}

/// One socket a stream: what a stream costs that no program is behind, as where the gateway hears and speaks.
fn echoed_by_the_gateway(carrier: Carrier, n_streams: usize) -> anyhow::Result<()> {
    let (world, ways) = with_callers(carrier, "kind = \"echo\"", n_streams)?;
    measure("echoed_by_the_gateway", &world, Load::of(&ways, SPAN))
}

fn measure(figure: &str, world: &World, load: Load<'_>) -> anyhow::Result<()> {
    pin(world.running()?.id(), GATEWAY_ON)?;
    world.wait_for_quiet()?;
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, world.processor_time()?);
    let before = (world.running()?.processor_time()?, world.running()?.resident()?.all);
    let ways = load.ways;
    let carried = line::carry(load)?;
    let used = world.running()?.processor_time()? - before.0;
    let others = busy.others(world.processor_time()? - ours)?;
    let grown = world.running()?.resident()?.peak.saturating_sub(before.1);
    tell(figure, ways, &carried, &Cost { used, grown, others });
    let Carried { n_lost, n_frames, .. } = carried;
    ensure!(n_lost == 0, "{n_lost} of {n_frames} frames were lost");
    Ok(())
}

/// An agent that is a program of ours.
fn program_at(address: SocketAddr) -> String {
    format!("kind = \"stream\"\nurl = \"ws://{address}/\"")
}

/// A gateway at its limit: so many people have called it, with each of whom this agent talks, over a stream
/// that is ours to open.
fn with_callers(carrier: Carrier, agent: &str, n_calls: usize) -> anyhow::Result<(World, Vec<Way>)> {
    let kind = if carrier == Carrier::Twilio { "simulated" } else { carrier.name() };
    let plan = Plan { kind, latency: Duration::ZERO, duration_max: turns::HOUR, is_reached: true };
    let mut world = World::build(&plan)?;
    // The section of our number stands last.
    world.mend(|before| {
        let before = before.replace("live_max = 30000", &format!("live_max = {n_calls}"));
        let before = match carrier {
            Carrier::TelnyxWide => {
                before.replace("[carriers.line]\n", "[carriers.line]\nstream_codec = \"G722\"\n")
            }
            Carrier::Twilio | Carrier::Telnyx | Carrier::Plivo => before,
        };
        format!("{before}inbound = \"open\"\nagent = \"clerk\"\n[agents.clerk]\n{agent}\n")
    })?;
    world.start_gateway()?;
    world.open_no_stream()?;
    for n in 0..n_calls {
        world.call_in(&stranger(n))?;
    }
    let ways = led(&world, carrier, n_calls)?;
    Ok((world, ways))
}

/// Where the carrier was told to bring the sound of so many calls.
fn led(world: &World, carrier: Carrier, n_calls: usize) -> anyhow::Result<Vec<Way>> {
    let begun = Instant::now();
    let told = loop {
        let truth = world.truth()?;
        let told: Vec<(String, String)> = truth.iter().filter_map(told).collect();
        if told.len() >= n_calls {
            break told;
        }
        ensure!(begun.elapsed() < PATIENCE, "only {} of {n_calls} calls have a stream", told.len());
        std::thread::sleep(Duration::from_millis(200));
    };
    let way = |(call, url): (String, String)| {
        let signature = (carrier == Carrier::Twilio).then(|| signature(&url, &[])).transpose()?;
        let path = url.strip_prefix(&format!("ws://{}", world.address)).context("it is ours")?.to_owned();
        Ok(Way { carrier, address: world.address, path, signature, call })
    };
    told.into_iter().map(way).collect()
}

fn told(call: &Value) -> Option<(String, String)> {
    Some((call["id"].as_str()?.to_owned(), call["streams"][0]["url"].as_str()?.to_owned()))
}

/// What it took to carry sound.
struct Cost {
    /// Processor time of the program under measurement.
    used: Duration,
    /// How many bytes of memory more it had.
    grown: u64,
    /// The share of all processors that others had.
    others: f64,
}

fn tell(figure: &str, ways: &[Way], carried: &Carried, cost: &Cost) {
    let (n_streams, carrier) = (ways.len(), ways[0].carrier);
    let Carried { delays_ms, n_frames, n_lost, first_ms, .. } = carried;
    let each_us = cost.used.as_secs_f64() * 1e6 / (*n_frames).max(1) as f64;
    let (p50, p99) = (at_share(delays_ms, 0.5), at_share(delays_ms, 0.99));
    let share = cost.used.as_secs_f64() / SPAN.as_secs_f64();
    let kib = cost.grown / 1024 / n_streams as u64;
    let value = json!({
        "figure": figure, "carrier": carrier.name(), "sound": carrier.encoding(), "streams": n_streams,
        "value": rounded(p50), "unit": "ms", "p99": rounded(p99), "us_per_frame": rounded(each_us),
        "core": rounded(share), "kib_per_stream": kib, "frames": n_frames, "lost": n_lost,
        "first_ms": rounded(at_share(first_ms, 0.5)), "others_cpu_share": rounded(cost.others),
    });
    let sentence = format!(
        "{figure}: {n_streams} streams of {} in {}, a frame is back after {p50:.2} ms (p99 {p99:.2}), \
         {each_us:.1} µs of processor time a frame, {:.0} % of a core, {kib} KiB a stream, {n_lost} of \
         {n_frames} lost",
        carrier.name(),
        carrier.encoding(),
        share * 100.0
    );
    print(&value, &sentence);
}

const STREAMS: [usize; 5] = [1, 100, 200, 400, 500];
/// How long each is measured.
const SPAN: Duration = Duration::from_secs(15);
const GATEWAY_ON: usize = 0;
const LOAD_ON: usize = 1;
