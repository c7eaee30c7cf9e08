//! A gateway that is full: who rings is turned away, and those who talk notice nothing.

use super::super::http::Connection;
use super::super::machine::{self, Busy};
use super::super::process::{pin, pin_self};
use super::super::report::{at_share, print, rounded};
use super::super::{http, webhook};
use super::line::{self, Carried, Load};
use super::words::Carrier;
use super::{GATEWAY_ON, LOAD_ON, SPAN, program_at, with_callers};
use anyhow::{Context as _, ensure};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// What came of those who rang.
struct Rang {
    /// From the first to the last of them.
    span: (Instant, Instant),
    answers_ms: Vec<f64>,
}

/// Carries as many streams as calls may live, and has as many people again ring meanwhile.
pub(crate) fn overload() -> anyhow::Result<()> {
    pin_self(LOAD_ON)?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let (world, ways) = with_callers(Carrier::Twilio, &program_at(listener.local_addr()?), N_CALLS)?;
    pin(world.running()?.id(), GATEWAY_ON)?;
    world.wait_for_quiet()?;
    machine::wait_for_others()?;
    let (busy, ours) = (Busy::begin()?, world.processor_time()?);
    let (begun, told) = channel();
    let address = world.address;
    let ringing = std::thread::spawn(move || ring(address, &told));
    let load = Load { program: Some(listener), begun: Some(begun), ..Load::of(&ways, SPAN * 2) };
    let carried = line::carry(load)?;
    let rang = ringing.join().map_err(|_| anyhow::anyhow!("nobody could ring"))??;
    let others = busy.others(world.processor_time()? - ours)?;
    let listed = http::ask(world.address, "GET", "/v1/calls?state=in_progress&limit=500", b"")?;
    let live = listed["calls"].as_array().map_or(0, Vec::len);
    ensure!(live == N_CALLS && carried.n_lost == 0, "{live} calls live, {} frames lost", carried.n_lost);
    tell(&carried, &rang, others);
    Ok(())
}

/// Once the streams have been heard for a while, as many people ring as talk, evenly; all are turned away.
fn ring(address: SocketAddr, begun: &Receiver<()>) -> anyhow::Result<Rang> {
    begun.recv().context("the streams are open")?;
    std::thread::sleep(SPAN);
    let (mut connection, public_url) = (Connection::open(address)?, format!("http://{address}"));
    let (since, mut answers_ms) = (Instant::now(), Vec::new());
    for n in 0..N_CALLS {
        let due = since + SPAN * n as u32 / N_CALLS as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let asked_at = Instant::now();
        let answer = connection.exchange(&webhook::caller(&public_url, N_CALLS + n)?)?;
        answers_ms.push(asked_at.elapsed().as_secs_f64() * 1e3);
        let document = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status == 200 && document.contains("<Reject/>"), "{}: {document}", answer.status);
    }
    Ok(Rang { span: (since, Instant::now()), answers_ms })
}

fn tell(carried: &Carried, rang: &Rang, others: f64) {
    let (from, to) = rang.span;
    let sent = || carried.delays_ms.iter().zip(&carried.sent_at);
    let before: Vec<f64> = sent().filter(|(_, at)| **at < from).map(|(ms, _)| *ms).collect();
    let meanwhile: Vec<f64> = sent().filter(|(_, at)| (from..to).contains(*at)).map(|(ms, _)| *ms).collect();
    let of = |times: &[f64], share| rounded(at_share(times, share));
    let value = json!({
        "figure": "overload", "streams": N_CALLS, "turned_away": rang.answers_ms.len(),
        "value": of(&meanwhile, 0.5), "unit": "ms", "p99": of(&meanwhile, 0.99),
        "before_ms": of(&before, 0.5), "before_p99_ms": of(&before, 0.99),
        "answer_ms": of(&rang.answers_ms, 0.5), "answer_p99_ms": of(&rang.answers_ms, 0.99),
        "others_cpu_share": rounded(others),
    });
    let sentence = format!(
        "{N_CALLS} streams at the limit: a frame is back after {} ms (p99 {}) before and {} ms (p99 {}) while {} \
         more ring, each of whom is turned away within {} ms (p99 {})",
        value["before_ms"],
        value["before_p99_ms"],
        value["value"],
        value["p99"],
        value["turned_away"],
        value["answer_ms"],
        value["answer_p99_ms"]
    );
    print(&value, &sentence);
}

const N_CALLS: usize = 100;
