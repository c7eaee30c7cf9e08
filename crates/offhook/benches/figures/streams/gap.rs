//! How long those who talk hear nothing when the gateway is killed and started again.

use super::super::http;
use super::super::report::{at_share, median, ms, print, rounded, spread};
use super::super::world::{Plan, World};
use super::line::{echo_all, sockets};
use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio_tungstenite::accept_async_with_config;

/// Kills the gateway under so many conversations, and measures from the next exec until the program of
/// each has its sound again, and so is heard.
pub(crate) fn gap() -> anyhow::Result<()> {
    let plan = Plan { kind: "simulated", latency: LATENCY, duration_max: HOUR, is_reached: true };
    let mut world = World::build(&plan)?;
    world.start_gateway()?;
    let (program, begun) = program()?;
    talk(&world, program)?;
    wait_for(&begun)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        std::thread::sleep(PAUSE);
        world.kill_gateway();
        std::thread::sleep(PAUSE);
        let since = Instant::now();
        world.start_gateway()?;
        rounds.push(wait_for(&begun)?.iter().map(|at| ms(at.duration_since(since))).collect::<Vec<f64>>());
    }
    let truth = world.truth()?;
    let live = truth.iter().filter(|call| call["status"] == "in-progress").count();
    ensure!(truth.len() == N_CALLS && live == N_CALLS, "{} calls, of which {live} live", truth.len());
    tell(&rounds);
    Ok(())
}

/// Has so many people called, who pick up at once, and their sound go to the program.
fn talk(world: &World, program: SocketAddr) -> anyhow::Result<()> {
    for n in 0..N_CALLS {
        let order = json!({ "to": format!("+1555{:03}0006", 200 + n), "hold": true }).to_string();
        http::ask(world.address, "POST", "/v1/calls", order.as_bytes())?;
    }
    let begun = Instant::now();
    let calls: Vec<Value> = loop {
        let listed = http::ask(world.address, "GET", "/v1/calls?state=in_progress&limit=500", b"")?;
        let calls = listed["calls"].as_array().context("the gateway lists calls")?.clone();
        if calls.len() == N_CALLS {
            break calls;
        }
        ensure!(begun.elapsed() < PATIENCE, "only {} calls are answered", calls.len());
        std::thread::sleep(Duration::from_millis(100));
    };
    let wish = json!({ "url": format!("ws://{program}/"), "speaks": "twilio" }).to_string();
    for call in &calls {
        let id = call["id"].as_str().context("a call has an id")?;
        http::ask(world.address, "POST", &format!("/v1/calls/{id}/stream"), wish.as_bytes())?;
    }
    Ok(())
}

/// A program that says again what it hears, and tells when each stream begins.
fn program() -> anyhow::Result<(SocketAddr, Receiver<Instant>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let (tell, begun) = channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(serve(listener, &tell)));
    Ok((address, begun))
}

async fn serve(listener: TcpListener, tell: &Sender<Instant>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let tell = tell.clone();
        tokio::spawn(async move {
            let Ok(mut socket) = accept_async_with_config(socket, Some(sockets())).await else { return };
            while let Some(Ok(message)) = socket.next().await {
                if message.to_text().is_ok_and(|text| text.contains(r#""event":"media""#)) {
                    let _ = tell.send(Instant::now());
                    break;
                }
            }
            echo_all(socket).await;
        });
    }
}

fn wait_for(begun: &Receiver<Instant>) -> anyhow::Result<Vec<Instant>> {
    let wait = |n| begun.recv_timeout(PATIENCE).with_context(|| format!("only {n} have their sound"));
    (0..N_CALLS).map(wait).collect()
}

fn tell(rounds: &[Vec<f64>]) {
    let of = |share| rounds.iter().map(|gaps| at_share(gaps, share)).collect::<Vec<f64>>();
    let (p50, p99) = (of(0.5), of(0.99));
    let value = json!({
        "figure": "recovery_gap", "conversations": N_CALLS, "value": rounded(median(&p50)), "unit": "ms",
        "p99": rounded(median(&p99)), "spread_of_p99": spread(&p99), "rounds": rounds.len(),
        "carrier_latency_ms": LATENCY.as_millis(),
    });
    let sentence = format!(
        "{N_CALLS} conversations: each has its sound again {:.0} ms after exec in the median, p99 {:.0} ms",
        median(&p50),
        median(&p99)
    );
    print(&value, &sentence);
}

const N_CALLS: usize = 100;
const ROUNDS: usize = 5;
const LATENCY: Duration = Duration::from_millis(50);
const HOUR: Duration = Duration::from_secs(3600);
const PAUSE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);
