//! What the gateway itself adds to the time that somebody waits for a reply.

use super::super::http;
use super::super::report::{at_share, print, rounded};
use super::super::world::{Plan, World};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Has so many people called, who say something that is replied to. Their recognizer, model and synthesizer
/// answer at once, so that what is waited for beyond the pause is the gateway's, and theirs, and the line's.
pub(crate) fn turns() -> anyhow::Result<()> {
    let plan = Plan { kind: "simulated", latency: Duration::ZERO, duration_max: HOUR, is_reached: true };
    let mut world = World::build(&plan)?;
    let agent = agent(vendor(SPEECH)?);
    world.mend(|before| before + &agent)?;
    world.start_gateway()?;
    let begun = Instant::now();
    for n in 0..N_CALLS {
        let order = json!({ "to": format!("+1555{:03}0012", 200 + n), "agent": "clerk" }).to_string();
        http::ask(world.address, "POST", "/v1/calls", order.as_bytes())?;
        std::thread::sleep(APART);
    }
    loop {
        let latency = http::ask(world.address, "GET", "/v1/latency", b"")?;
        let replies = latency["agents"][0]["replies"].as_u64().unwrap_or_default();
        if replies >= N_CALLS as u64 {
            break;
        }
        ensure!(begun.elapsed() < PATIENCE, "only {replies} replies are heard");
        std::thread::sleep(Duration::from_millis(200));
    }
    // All of them are listened to now.
    let used = world.running()?.processor_time()?;
    std::thread::sleep(LISTENED);
    let used = world.running()?.processor_time()? - used;
    let core = used.as_secs_f64() / LISTENED.as_secs_f64();
    let felt: Vec<f64> = world
        .truth()?
        .iter()
        .filter_map(|call| call["streams"][0]["waited_ms"][0].as_f64())
        .map(|ms| ms - PAUSE_MS)
        .collect();
    let own = waits(&world)?;
    ensure!(felt.len() == N_CALLS && own.len() == N_CALLS, "somebody heard no reply");
    let of = |times: &[f64], share| rounded(at_share(times, share));
    let value = json!({
        "figure": "own_share_of_a_turn", "conversations": N_CALLS, "value": of(&own, 0.5), "unit": "ms",
        "p99": of(&own, 0.99), "felt_beyond_pause_ms": of(&felt, 0.5), "felt_p99_ms": of(&felt, 0.99),
        "listening_core": rounded(core), "us_per_frame": rounded(core * 1e6 / (N_CALLS as f64 * 50.0)),
    });
    let sentence = format!(
        "{N_CALLS} replies: {} ms beyond the pause in the median, p99 {}; their ears say {} and {}",
        value["value"], value["p99"], value["felt_beyond_pause_ms"], value["felt_p99_ms"]
    );
    print(&value, &sentence);
    Ok(())
}

/// What each reply was waited for beyond the pause by which somebody is done.
fn waits(world: &World) -> anyhow::Result<Vec<f64>> {
    let listed = http::ask(world.address, "GET", "/v1/calls?limit=500", b"")?;
    let mut waits = Vec::new();
    for call in listed["calls"].as_array().context("the gateway lists calls")? {
        let id = call["id"].as_str().context("a call has an id")?;
        let events = http::ask(world.address, "GET", &format!("/v1/calls/{id}/events"), b"")?;
        let events = events["events"].as_array().cloned().unwrap_or_default();
        let waited =
            events.iter().map(|event| &event["event"]["spoken"]["waits"]).find(|one| one.is_object());
        let part = |name: &str| waited.and_then(|one| one[name].as_f64()).unwrap_or_default();
        if waited.is_some() {
            waits
                .push(part("recognizer_ms") + part("model_ms") + part("synthesizer_ms") + part("playout_ms"));
        }
    }
    Ok(waits)
}

pub(super) fn agent(vendor: SocketAddr) -> String {
    format!(
        "[recognizers.ear]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://{vendor}/v1\"\n\
         [synthesizers.mouth]\nkind = \"openai\"\nmodel = \"m\"\nvoice = \"v\"\nbase_url = \"http://{vendor}/v1\"\n\
         [agents.clerk]\nkind = \"llm\"\nmodel = \"m\"\nprompt = \"Be kind.\"\nbase_url = \"http://{vendor}/v1\"\n\
         recognizer = \"ear\"\nsynthesizer = \"mouth\"\nsilent_after = \"0s\"\n"
    )
}

/// A server that understands, replies and speaks for so long, the same each time and at once.
pub(super) fn vendor(speech: Duration) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            std::thread::spawn(move || serve(socket, speech));
        }
    });
    Ok(address)
}

fn serve(mut socket: TcpStream, speech: Duration) {
    let _ = socket.set_nodelay(true);
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        while let Some((path, n_bytes)) = request(&bytes) {
            bytes.drain(..n_bytes);
            let (kind, body) = answer(&path, speech);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
            if socket.write_all(&[head.as_bytes(), &body].concat()).is_err() {
                return;
            }
        }
        match socket.read(&mut piece) {
            Ok(n_read) if n_read > 0 => bytes.extend_from_slice(&piece[..n_read]),
            _ => return,
        }
    }
}

/// Where a request goes, and how long it is, once all of it is there.
fn request(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let path = head.split(' ').nth(1)?.to_owned();
    (bytes.len() >= end + length).then_some((path, end + length))
}

fn answer(path: &str, speech: Duration) -> (&'static str, Vec<u8>) {
    match path {
        "/v1/audio/transcriptions" => ("application/json", br#"{"text":"Hello, who is this?"}"#.to_vec()),
        // A saw, 24 kHz.
        "/v1/audio/speech" => {
            let n_samples = usize::try_from(speech.as_millis()).unwrap_or_default() * 24;
            let samples = (0..100i16).map(|n| n * 100).cycle().take(n_samples);
            ("audio/pcm", samples.flat_map(i16::to_le_bytes).collect())
        }
        _ => {
            let choice = |delta: Value, reason: Value| json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] });
            let words = choice(json!({ "content": "Good morning to you." }), Value::Null);
            let end = choice(json!({}), json!("stop"));
            ("text/event-stream", format!("data: {words}\n\ndata: {end}\n\ndata: [DONE]\n\n").into_bytes())
        }
    }
}

const N_CALLS: usize = 200;
/// So long after each other they are called.
const APART: Duration = Duration::from_millis(50);
/// How long a reply is.
const SPEECH: Duration = Duration::from_millis(500);
/// For how long it is measured what it costs to listen.
const LISTENED: Duration = Duration::from_secs(5);
/// The default of `pause`.
const PAUSE_MS: f64 = 600.0;
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
