//! What a start, a look at the past and a new event cost as the past grows.

use super::http::{Connection, request};
use super::process;
use super::report::{at_share, median, ms, print, rounded, spread};
use super::webhook::{self, STATUSES};
use super::world::{Plan, World};
use super::{calls, machine, past};
use anyhow::ensure;
use call::CallId;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Measures everything that a person or a carrier waits for with 1,000 to 1,000,000 ended calls.
pub(crate) fn with_the_past() -> anyhow::Result<()> {
    for n_calls in PASTS {
        let mut world = World::build(&Plan {
            kind: "twilio",
            latency: Duration::from_secs(110),
            duration_max: Duration::from_secs(3600),
            is_reached: false,
        })?;
        let known = past::write(&world.store(), n_calls)?;
        starts(&mut world, n_calls)?;
        pages(&world, n_calls, &known)?;
        commands(&world, n_calls, &known)?;
        webhooks(&world, n_calls)?;
    }
    Ok(())
}

fn starts(world: &mut World, n_calls: usize) -> anyhow::Result<()> {
    let mut ready_ms = Vec::new();
    for _ in 0..STARTS {
        world.kill_gateway();
        machine::wait_for_others()?;
        ready_ms.push(ms(world.start_gateway()?));
    }
    tell("start_with_past", n_calls, &ready_ms, json!({}));
    Ok(())
}

fn pages(world: &World, n_calls: usize, known: &[CallId]) -> anyhow::Result<()> {
    let mut connection = Connection::open(world.address)?;
    let shown: Vec<String> = known.iter().map(|id| format!("/v1/calls/{id}/events")).collect();
    let before = known.get(known.len() / 2).map(|id| format!("/v1/calls?limit=50&cursor={id}"));
    for (figure, paths) in [
        ("page_of_live_calls", vec!["/v1/calls?live=true&limit=50".to_owned()]),
        ("page_of_last_calls", vec!["/v1/calls?limit=50".to_owned()]),
        ("page_of_old_calls", before.into_iter().collect()),
        ("page_of_a_story", shown),
    ] {
        let mut each_ms = Vec::new();
        for path in paths.iter().cycle().take(PAGES) {
            let page = request(world.address, "GET", path, b"");
            let begun = Instant::now();
            let answer = connection.exchange(&page)?;
            each_ms.push(ms(begun.elapsed()));
            ensure!(answer.status == 200, "{path} is answered with {}", answer.status);
        }
        tell(figure, n_calls, &each_ms, json!({}));
    }
    Ok(())
}

/// Whole processes, from their start to their end.
fn commands(world: &World, n_calls: usize, known: &[CallId]) -> anyhow::Result<()> {
    let a_call = known.first().map(ToString::to_string).unwrap_or_default();
    for (figure, words) in [("command_ls", vec!["ls"]), ("command_show", vec!["show", &a_call])] {
        let mut each_ms = Vec::new();
        for _ in 0..COMMANDS {
            each_ms.push(ms(process::run(world.path(), &words)?));
        }
        tell(figure, n_calls, &each_ms, json!({}));
    }
    Ok(())
}

/// One connection, one webhook after another: nothing is shared, so that each pays all of its cost.
fn webhooks(world: &World, n_calls: usize) -> anyhow::Result<()> {
    let sids: Vec<String> = (0..HEARD).map(|n| calls::sid("growth", n)).collect();
    world.import(&calls::file("twilio", "initiated", &sids), sids.len())?;
    let mut connection = Connection::open(world.address)?;
    let before = world.running()?.processor_time()?;
    let mut each_ms = Vec::new();
    for (n, sid) in sids.iter().enumerate() {
        for status in STATUSES {
            let told = webhook::request(sid, n, status)?;
            let begun = Instant::now();
            ensure!(connection.exchange(&told)?.status == 200, "a webhook is refused");
            each_ms.push(ms(begun.elapsed()));
        }
    }
    let used = world.running()?.processor_time()? - before;
    let each_us = used.as_secs_f64() * 1e6 / each_ms.len() as f64;
    tell("one_webhook", n_calls, &each_ms, json!({ "gateway_cpu_us_each": rounded(each_us) }));
    Ok(())
}

fn tell(figure: &str, n_calls: usize, each_ms: &[f64], more: Value) {
    let mut told = json!({
        "figure": figure, "calls": n_calls, "value": rounded(median(each_ms)), "unit": "ms",
        "p99_ms": rounded(at_share(each_ms, 0.99)), "spread": spread(each_ms), "rounds": each_ms.len(),
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    let sentence =
        format!("{figure} with {n_calls} ended calls: {} ms, p99 {} ms", told["value"], told["p99_ms"]);
    print(&told, &sentence);
}

const PASTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const STARTS: usize = 5;
const PAGES: usize = 200;
const COMMANDS: usize = 20;
/// Calls that hear three webhooks each.
const HEARD: usize = 200;
