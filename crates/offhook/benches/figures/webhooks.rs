//! Signed status callbacks through signature, step and durable store, beside what the raw store
//! and the disk do in the same run.

use super::load::{self, Loaded};
use super::process::own_processor_time;
use super::raw::RawStore;
use super::report::{at_share, median, print, rounded, spread};
use super::webhook::{STATUSES, request};
use super::world::{Plan, World};
use super::{calls, disk, machine};
use anyhow::ensure;
use serde_json::json;
use std::time::Duration;

/// What one round gave.
struct Round {
    per_second: f64,
    raw_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    gateway_us: f64,
    client_us: f64,
    each_commit: f64,
    others: f64,
}

/// Measures webhooks per second at 8, 32 and 128 connections. The raw store and the gateway take turns,
/// so that whatever else the machine does meets both.
pub(crate) fn per_second() -> anyhow::Result<()> {
    let mut world = world()?;
    world.start_gateway()?;
    let mut raw = RawStore::create(world.path())?;
    let mut rounds: [Vec<Round>; 3] = [const { Vec::new() }; 3];
    let mut syncs = Vec::new();
    for n in 0..ROUNDS {
        for (connections, rounds) in CONNECTIONS.into_iter().zip(&mut rounds) {
            let sids: Vec<String> =
                (0..CALLS).map(|call| calls::sid(&format!("{connections}-{n}"), call)).collect();
            rounds.push(round(&world, &mut raw, &sids, connections)?);
            syncs.push(disk::syncs_per_second(world.path())?);
        }
    }
    for (connections, rounds) in CONNECTIONS.into_iter().zip(&rounds) {
        tell(connections, rounds, median(&syncs));
    }
    Ok(())
}

/// Sends 32 webhooks at the same moment from one address, each over a new connection.
pub(crate) fn burst() -> anyhow::Result<()> {
    let mut world = world()?;
    world.start_gateway()?;
    let (mut refused, mut slowest_ms) = (0, Vec::new());
    for n in 0..BURSTS {
        let sids: Vec<String> = (0..BURST).map(|call| calls::sid(&format!("burst-{n}"), call)).collect();
        world.import(&calls::file("twilio", "initiated", &sids), sids.len())?;
        let loaded = load::run(world.address, lanes(&sids, BURST, &STATUSES[..1])?)?;
        refused += loaded.refused;
        slowest_ms.push(at_share(&loaded.each_ms, 1.0));
    }
    let figure = json!({
        "figure": "webhooks_refused_of_32_at_once", "value": refused, "unit": "1", "bursts": BURSTS,
        "slowest_ms": rounded(median(&slowest_ms)),
    });
    print(&figure, &format!("{BURSTS} bursts of {BURST} webhooks from one address: {refused} refused"));
    Ok(())
}

/// A network that answers no look-up while the figure is taken, so that the calls are moved by
/// webhooks alone.
fn world() -> anyhow::Result<World> {
    let latency = Duration::from_secs(110);
    World::build(&Plan {
        kind: "twilio",
        latency,
        duration_max: Duration::from_secs(3600),
        is_reached: false,
    })
}

fn round(world: &World, raw: &mut RawStore, sids: &[String], connections: usize) -> anyhow::Result<Round> {
    raw.prepare(sids)?;
    machine::wait_for_others()?;
    let raw_per_second = raw.per_second(sids, connections)?;
    world.import(&calls::file("twilio", "initiated", sids), sids.len())?;
    let lanes = lanes(sids, connections, &STATUSES)?;
    let turns = world.turns_written()?;
    machine::wait_for_others()?;
    let busy = machine::Busy::begin()?;
    let before = (world.running()?.processor_time()?, own_processor_time()?);
    let loaded = load::run(world.address, lanes)?;
    let after = (world.running()?.processor_time()?, own_processor_time()?);
    let (gateway, client) = (after.0 - before.0, after.1 - before.1);
    let others = busy.others(gateway + client)?;
    let turns = world.turns_written()? - turns;
    let Loaded { took, each_ms, refused, last_refusal } = loaded;
    ensure!(refused == 0, "{refused} webhooks were refused, the last with {last_refusal:?}");
    let n_webhooks = each_ms.len() as f64;
    Ok(Round {
        per_second: n_webhooks / took.as_secs_f64(),
        raw_per_second,
        p50_ms: at_share(&each_ms, 0.5),
        p99_ms: at_share(&each_ms, 0.99),
        max_ms: at_share(&each_ms, 1.0),
        gateway_us: gateway.as_secs_f64() * 1e6 / n_webhooks,
        client_us: client.as_secs_f64() * 1e6 / n_webhooks,
        each_commit: n_webhooks / turns as f64,
        others,
    })
}

/// Each connection's requests: its share of the calls, each told of in the order of its life.
fn lanes(sids: &[String], connections: usize, statuses: &[&str]) -> anyhow::Result<Vec<Vec<Vec<u8>>>> {
    let mut lanes = vec![Vec::new(); connections];
    for (n, sid) in sids.iter().enumerate() {
        for status in statuses {
            lanes[n % connections].push(request(sid, n, status)?);
        }
    }
    Ok(lanes)
}

fn tell(connections: usize, rounds: &[Round], syncs: f64) {
    let all = |of: fn(&Round) -> f64| rounds.iter().map(of).collect::<Vec<f64>>();
    let of = |of: fn(&Round) -> f64| rounded(median(&all(of)));
    let share = of(|round| round.per_second / round.raw_per_second);
    let figure = json!({
        "figure": "webhooks_per_second", "connections": connections,
        "value": of(|round| round.per_second), "unit": "1/s",
        "spread": spread(&all(|round| round.per_second)),
        "p50_ms": of(|round| round.p50_ms), "p99_ms": of(|round| round.p99_ms),
        "max_ms": of(|round| round.max_ms),
        "raw_store_per_second": of(|round| round.raw_per_second),
        "raw_store_spread": spread(&all(|round| round.raw_per_second)),
        "share_of_raw": share,
        "fsyncs_per_second": rounded(syncs),
        "gateway_cpu_us_each": of(|round| round.gateway_us),
        "client_cpu_us_each": of(|round| round.client_us),
        "webhooks_each_commit": of(|round| round.each_commit),
        "others_cpu_share": of(|round| round.others),
        "rounds": rounds.len(), "webhooks_a_round": CALLS * STATUSES.len(),
    });
    let sentence = format!(
        "{connections} connections: {} webhooks/s, {:.0} % of the raw store's {}, p99 {} ms, {} syncs/s",
        figure["value"],
        share * 100.0,
        figure["raw_store_per_second"],
        figure["p99_ms"],
        figure["fsyncs_per_second"],
    );
    print(&figure, &sentence);
}

const CONNECTIONS: [usize; 3] = [8, 32, 128];
/// Rounds of which the median is told.
const ROUNDS: usize = 5;
/// Calls a round; each hears three webhooks.
const CALLS: usize = 4_000;
/// So many webhooks a carrier may send at the same moment.
const BURST: usize = 32;
const BURSTS: usize = 20;
