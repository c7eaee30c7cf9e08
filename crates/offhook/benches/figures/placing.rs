//! How long it takes from `POST /v1/calls` until the carrier has the request for the call.

use super::http::{self, Connection};
use super::report::{at_share, ms, print, rounded};
use super::world::{ACCOUNT, Plan, World};
use super::{calls, machine};
use anyhow::{Context as _, ensure};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Places calls one after another, at a carrier that takes each at once.
pub(crate) fn to_the_carrier() -> anyhow::Result<()> {
    let mut world = World::build(&Plan {
        kind: "twilio",
        latency: Duration::ZERO,
        duration_max: Duration::from_secs(3_600),
        is_reached: false,
    })?;
    let (carrier, arrived) = carrier()?;
    world.mend(|settings| {
        let settings = settings.replace("request_timeout", "calls_per_second = 100\nrequest_timeout");
        let lines = settings.lines().map(|line| match line.strip_prefix("base_url") {
            Some(_) => format!("base_url = \"http://{carrier}\"\n"),
            None => format!("{line}\n"),
        });
        lines.collect()
    })?;
    world.start_gateway()?;
    machine::wait_for_others()?;
    let mut connection = Connection::open(world.address)?;
    let mut file = File::create(world.path().join("syncs"))?;
    let (mut to_carrier, mut to_answer, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..CALLS {
        std::thread::sleep(APART);
        // What the disk itself takes, in the same run.
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        syncs.push(ms(begun.elapsed()));
        let wish = json!({ "to": calls::person(n), "hold": true }).to_string();
        let request = http::request(world.address, "POST", "/v1/calls", wish.as_bytes());
        let begun = Instant::now();
        let answer = connection.exchange(&request)?;
        to_answer.push(ms(begun.elapsed()));
        ensure!(answer.status == 202, "{}", String::from_utf8_lossy(&answer.body));
        let there = arrived.recv_timeout(PATIENCE).context("the carrier was not asked")?;
        to_carrier.push(ms(there.saturating_duration_since(begun)));
    }
    let (p50, p99) = (at_share(&to_carrier, 0.5), at_share(&to_carrier, 0.99));
    let (sync_p50, sync_p99) = (at_share(&syncs, 0.5), at_share(&syncs, 0.99));
    let figure = json!({
        "figure": "placing_to_the_carrier", "value": rounded(p50), "unit": "ms", "calls": CALLS,
        "p99_ms": rounded(p99), "max_ms": rounded(at_share(&to_carrier, 1.0)),
        "answer_p50_ms": rounded(at_share(&to_answer, 0.5)), "answer_p99_ms": rounded(at_share(&to_answer, 0.99)),
        "sync_p50_ms": rounded(sync_p50), "sync_p99_ms": rounded(sync_p99),
    });
    let told = format!(
        "{CALLS} calls: {p50:.2} ms in the middle and {p99:.2} at p99 from POST /v1/calls to the carrier; \
         one sync of this disk takes {sync_p50:.2} and {sync_p99:.2}"
    );
    print(&figure, &told);
    Ok(())
}

/// A carrier that takes each call at once and knows nothing else; when each request for one came.
fn carrier() -> anyhow::Result<(SocketAddr, Receiver<Instant>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (tell, arrived) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            // A connection that breaks is asked on another.
            std::thread::spawn(move || answer(stream, &tell));
        }
    });
    Ok((address, arrived))
}

fn answer(stream: TcpStream, tell: &Sender<Instant>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut n_calls = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let at = Instant::now();
        let places = line.starts_with("POST ") && line.contains("/Calls.json");
        let mut n_bytes = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                n_bytes = value.trim().parse().unwrap_or_default();
            }
        }
        let mut body = vec![0; n_bytes];
        reader.read_exact(&mut body)?;
        let (status, body) = if places {
            let _ = tell.send(at);
            n_calls += 1;
            let sid = calls::sid(&format!("{:?}", reader.get_ref().peer_addr()), n_calls);
            ("201 Created", json!({ "sid": sid, "status": "queued", "account_sid": ACCOUNT }).to_string())
        } else {
            ("503 Service Unavailable", "{}".to_owned())
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        reader.get_mut().write_all((head + &body).as_bytes())?;
    }
}

const CALLS: usize = 1_000;
/// Slower than a carrier lets one call, so that none waits for another.
const APART: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);
