//! How soon a gateway that was killed knows the truth again.

use super::calls::{self, now_ms};
use super::process::Resident;
use super::report::{median, ms, print, rounded, spread};
use super::world::{PATIENCE, Plan, World};
use super::{machine, past};
use anyhow::ensure;
use call::CallId;
use call::call::Source;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use store::History as _;
use store::sqlite::SqliteHistory;

/// What one start gave.
struct Start {
    ready_ms: f64,
    done_ms: f64,
    gateway_ms: f64,
    others: f64,
    n_requests: f64,
    in_flight_max: usize,
    by_operation: serde_json::Value,
}

/// Kills a gateway with live calls and measures from the next exec until a carrier was heard of
/// every one of them.
pub(crate) fn of_live_calls() -> anyhow::Result<()> {
    for (n_calls, n_ended, n_rounds) in [(100, 0, 5), (1_000, 0, 5), (10_000, 0, 3), (10_000, 100_000, 3)] {
        let mut world = live_calls_of(n_calls, n_ended, Duration::from_secs(3600))?;
        let mut starts = Vec::new();
        for _ in 0..n_rounds {
            starts.push(restart(&mut world, n_calls)?);
        }
        tell("recovery_of_live_calls", n_calls, n_ended, &starts, "heard of");
    }
    Ok(())
}

/// The same at a carrier that lists nothing: each call is asked about alone.
pub(crate) fn one_by_one() -> anyhow::Result<()> {
    let mut world = with_live_calls(10_000)?;
    world.list_nothing()?;
    let mut starts = Vec::new();
    for _ in 0..3 {
        starts.push(restart(&mut world, 10_000)?);
    }
    tell("recovery_one_by_one", 10_000, 0, &starts, "heard of");
    Ok(())
}

/// Kills a gateway with live calls, lets their time pass, and measures from the next exec until
/// every one of them is hung up, verified and over: by the carrier's webhooks, or where none come.
pub(crate) fn of_expired_calls() -> anyhow::Result<()> {
    for (is_told, n_calls, n_rounds) in
        [(true, 100, 3), (true, 1_000, 3), (true, 10_000, 3), (false, 10_000, 2)]
    {
        let mut starts = Vec::new();
        for _ in 0..n_rounds {
            starts.push(start_with_expired(n_calls, is_told)?);
        }
        let figure = if is_told { "recovery_of_expired_calls" } else { "recovery_of_expired_calls_untold" };
        tell(figure, n_calls, 0, &starts, "hung up, verified and over");
    }
    Ok(())
}

/// A network and a running gateway with so many live calls, each of which was looked at.
pub(crate) fn with_live_calls(n_calls: usize) -> anyhow::Result<World> {
    live_calls_of(n_calls, 0, Duration::from_secs(3600))
}

/// Kills the gateway and starts it again; returns what the start found out, and how soon.
fn restart(world: &mut World, n_calls: usize) -> anyhow::Result<Start> {
    world.kill_gateway();
    let before = world.requests(LATENCY)?;
    machine::wait_for_others()?;
    let (busy, used) = (machine::Busy::begin()?, world.processor_time()?);
    let exec_ms = now_ms();
    let ready = world.start_gateway()?;
    let last_heard_ms = wait_until_heard(&world.store(), n_calls)?;
    let gateway = world.running()?.processor_time()?;
    let others = busy.others(world.processor_time()? - used)?;
    world.wait_for_quiet()?;
    let after = world.requests(LATENCY)?;
    Ok(Start {
        ready_ms: ms(ready),
        done_ms: (last_heard_ms - exec_ms) as f64,
        gateway_ms: ms(gateway),
        others,
        n_requests: (after.total - before.total) as f64,
        in_flight_max: after.in_flight_max,
        by_operation: after.by_operation,
    })
}

/// Restarts once, and says how much memory the gateway has when all is quiet again.
pub(crate) fn resident_after_restart(world: &mut World, n_calls: usize) -> anyhow::Result<Resident> {
    restart(world, n_calls)?;
    world.running()?.resident()
}

/// Waits until the store holds an answer of the carrier, younger than the last start, for every
/// call that the start found; returns when the last one came. The times are the log's own (when
/// the turn that committed it began), so that asking seldom makes them no worse.
fn wait_until_heard(store: &Path, n_calls: usize) -> anyhow::Result<i64> {
    let begun = Instant::now();
    let mut history = SqliteHistory::open(store)?;
    let mut heard: BTreeSet<CallId> = BTreeSet::new();
    let mut last = 0;
    while begun.elapsed() < PATIENCE {
        let (_, found) = history.recovered(n_calls + 1)?;
        ensure!(found.len() == n_calls, "the start found {} unfinished calls of {n_calls}", found.len());
        for one in found {
            let id = one.kept.call.facts.id;
            if heard.contains(&id) {
                continue;
            }
            let events = history.events(id, one.version, 8)?;
            let of_carrier = |source: Source| matches!(source, Source::LookUp | Source::Listing);
            if let Some(answer) = events.iter().find(|kept| of_carrier(kept.event.source)) {
                heard.insert(id);
                last = last.max(answer.event.at.as_millis());
            }
        }
        if heard.len() == n_calls {
            return Ok(last);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    anyhow::bail!("only {} of {n_calls} calls were heard of after {PATIENCE:?}", heard.len())
}

fn start_with_expired(n_calls: usize, is_told: bool) -> anyhow::Result<Start> {
    let born = Instant::now();
    let mut world = live_calls(n_calls, 0, DURATION_MAX, is_told)?;
    world.kill_gateway();
    std::thread::sleep((DURATION_MAX + PAST).saturating_sub(born.elapsed()));
    ensure!(world.live_at_network()? == n_calls as u64, "calls ended before they were hung up");
    let before = world.requests(LATENCY)?;
    machine::wait_for_others()?;
    let (busy, used) = (machine::Busy::begin()?, world.processor_time()?);
    let begun = Instant::now();
    let ready = world.start_gateway()?;
    let mut history = SqliteHistory::open(&world.store())?;
    // An empty census: every call is over.
    while !history.census()?.iter().all(|(state, n_calls)| state == "ended" || *n_calls == 0) {
        ensure!(begun.elapsed() < PATIENCE, "calls are still unfinished after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    let done = begun.elapsed();
    let gateway = world.running()?.processor_time()?;
    let others = busy.others(world.processor_time()? - used)?;
    ensure!(world.live_at_network()? == 0, "a call is over here and lives at the network");
    let after = world.requests(LATENCY)?;
    Ok(Start {
        ready_ms: ms(ready),
        done_ms: ms(done),
        gateway_ms: ms(gateway),
        others,
        n_requests: (after.total - before.total) as f64,
        in_flight_max: after.in_flight_max,
        by_operation: after.by_operation,
    })
}

pub(crate) fn live_calls_of(n_calls: usize, n_ended: usize, duration_max: Duration) -> anyhow::Result<World> {
    live_calls(n_calls, n_ended, duration_max, false)
}

fn live_calls(
    n_calls: usize,
    n_ended: usize,
    duration_max: Duration,
    is_reached: bool,
) -> anyhow::Result<World> {
    let mut world = World::build(&Plan { kind: "simulated", latency: LATENCY, duration_max, is_reached })?;
    if n_ended > 0 {
        past::write(&world.store(), n_ended)?;
    }
    let sids = world.seed(n_calls)?;
    world.start_gateway()?;
    world.import(&calls::file("mock", "answered", &sids), n_calls)?;
    world.wait_for_quiet()?;
    Ok(world)
}

fn tell(figure: &str, n_calls: usize, n_ended: usize, starts: &[Start], done: &str) {
    let all = |of: fn(&Start) -> f64| starts.iter().map(of).collect::<Vec<f64>>();
    let of = |of: fn(&Start) -> f64| rounded(median(&all(of)));
    let figure = json!({
        "figure": figure, "calls": n_calls, "ended_calls": n_ended, "value": of(|start| start.done_ms), "unit": "ms",
        "spread": spread(&all(|start| start.done_ms)),
        "ready_ms": of(|start| start.ready_ms),
        "requests": of(|start| start.n_requests),
        // The network remembers its last 1,000 requests one by one.
        "in_flight_max": starts.iter().map(|start| start.in_flight_max).max(),
        "gateway_cpu_ms": of(|start| start.gateway_ms),
        "others_cpu_share": of(|start| start.others),
        "carrier_latency_ms": LATENCY.as_millis(), "rounds": starts.len(),
    });
    let sentence = format!(
        "{n_calls} calls: ready after {} ms, all {done} after {} ms, {} requests, at most {} in flight",
        figure["ready_ms"], figure["value"], figure["requests"], figure["in_flight_max"],
    );
    print(&figure, &sentence);
    if let Some(last) = starts.last() {
        eprintln!("  asked of the last network in all: {}", last.by_operation);
    }
}

/// How late the carrier answers.
const LATENCY: Duration = Duration::from_millis(50);
/// How long a call that is to expire may last: long enough for the calls to be imported and looked
/// at meanwhile.
const DURATION_MAX: Duration = Duration::from_secs(10);
/// How long after its time a call is met: the carrier's dates are whole seconds.
const PAST: Duration = Duration::from_secs(3);
