//! Sound through the gateway: how late it is, what it costs, and how many streams a core carries.
//!
//! The load is one thread that plays Twilio's side of every stream and the program at its other end, which
//! says again what it hears. The gateway has one processor to itself, the load another.

mod barge_in;
mod echo;
mod first;
mod gap;
mod line;
mod overload;
mod peer;
mod peers;
mod turns;

use super::http;
use super::machine::{self, Busy};
use super::process::{own_processor_time, pin, pin_self};
use super::recovery::live_calls_of;
use super::report::{at_share, print, rounded};
use super::webhook::signature;
use super::world::{PUBLIC_URL, World};
use anyhow::Context as _;
use line::{Carried, Load, Way};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

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
        echo::by_the_gateway(n_streams)?;
        through_the_gateway(n_streams)?;
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
    tell(figure, n_streams, &carried, &Cost { used, grown, others });
    Ok(())
}

fn ways_to(address: SocketAddr, n_streams: usize) -> Vec<Way> {
    let way =
        |n| Way { address, path: "/".to_owned(), signature: None, call: super::calls::sid("stream", n) };
    (0..n_streams).map(way).collect()
}

fn through_the_gateway(n_streams: usize) -> anyhow::Result<()> {
    let world = live_calls_of(n_streams, 0, Duration::from_secs(3600))?;
    pin(world.running()?.id(), GATEWAY_ON)?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let ways = addresses(&world, listener.local_addr()?, n_streams)?;
    world.wait_for_quiet()?;
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, world.processor_time()?);
    let before = (world.running()?.processor_time()?, world.running()?.resident()?.all);
    let carried = line::carry(Load { program: Some(listener), ..Load::of(&ways, SPAN) })?;
    let used = world.running()?.processor_time()? - before.0;
    let others = busy.others(world.processor_time()? - ours)?;
    let grown = world.running()?.resident()?.peak.saturating_sub(before.1);
    tell("streams", n_streams, &carried, &Cost { used, grown, others });
    Ok(())
}

/// Has each call's sound go to the program, and reads where its carrier was told to bring it.
fn addresses(world: &World, program: SocketAddr, n_streams: usize) -> anyhow::Result<Vec<Way>> {
    let listed = http::ask(world.address, "GET", "/v1/calls?state=in_progress&limit=500", b"")?;
    let calls = listed["calls"].as_array().context("the gateway lists calls")?;
    let wish = json!({ "url": format!("ws://{program}/"), "speaks": "twilio" }).to_string();
    for call in calls {
        let id = call["id"].as_str().context("a call has an id")?;
        http::ask(world.address, "POST", &format!("/v1/calls/{id}/stream"), wish.as_bytes())?;
    }
    led(world, n_streams.min(calls.len()))
}

/// Where the carrier was told to bring the sound of so many calls. The network tries it too, and reaches
/// nobody.
fn led(world: &World, n_streams: usize) -> anyhow::Result<Vec<Way>> {
    let told = loop {
        std::thread::sleep(Duration::from_millis(200));
        let truth = world.truth()?;
        let told: Vec<(String, String)> = truth.iter().filter_map(told).collect();
        if told.len() >= n_streams {
            break told;
        }
    };
    let way = |(call, url): (String, String)| {
        let path = url.strip_prefix(&PUBLIC_URL.replace("https", "wss")).context("it is ours")?.to_owned();
        Ok(Way { address: world.address, path, signature: Some(signature(&url, &[])?), call })
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

fn tell(figure: &str, n_streams: usize, carried: &Carried, cost: &Cost) {
    let Carried { delays_ms, n_frames, n_lost, first_ms, .. } = carried;
    let each_us = cost.used.as_secs_f64() * 1e6 / (*n_frames).max(1) as f64;
    let (p50, p99) = (at_share(delays_ms, 0.5), at_share(delays_ms, 0.99));
    let share = cost.used.as_secs_f64() / SPAN.as_secs_f64();
    let kib = cost.grown / 1024 / n_streams as u64;
    let value = json!({
        "figure": figure, "streams": n_streams, "value": rounded(p50), "unit": "ms", "p99": rounded(p99),
        "us_per_frame": rounded(each_us), "core": rounded(share), "kib_per_stream": kib,
        "frames": n_frames, "lost": n_lost, "first_ms": rounded(at_share(first_ms, 0.5)),
        "others_cpu_share": rounded(cost.others),
    });
    let sentence = format!(
        "{figure}: {n_streams} streams, a frame is back after {p50:.2} ms (p99 {p99:.2}), {each_us:.1} µs of \
         processor time a frame, {:.0} % of a core, {kib} KiB a stream, {n_lost} of {n_frames} lost",
        share * 100.0
    );
    print(&value, &sentence);
}

const STREAMS: [usize; 5] = [1, 100, 200, 400, 500];
/// How long each is measured.
const SPAN: Duration = Duration::from_secs(15);
const GATEWAY_ON: usize = 0;
const LOAD_ON: usize = 1;
