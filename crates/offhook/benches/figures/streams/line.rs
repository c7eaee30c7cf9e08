//! Twilio's side of many streams, and a program that says again what it hears. Each frame carries its
//! number, so that its delay is known when it comes back.

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_async_with_config, client_async_with_config};

/// Where one stream goes.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) address: SocketAddr,
    pub(super) path: String,
    pub(super) signature: Option<String>,
    pub(super) call: String,
}

/// What was measured.
#[derive(Default)]
pub(super) struct Carried {
    /// From sending a frame until it was back.
    pub(super) delays_ms: Vec<f64>,
    pub(super) n_frames: u64,
    pub(super) n_lost: u64,
    /// Of each stream, until its first frame was back.
    pub(super) first_ms: Vec<f64>,
}

/// Carries sound over all of them for so long; with a listener, to a program there.
pub(super) fn carry(
    ways: &[Way],
    program: Option<std::net::TcpListener>,
    span: Duration,
) -> anyhow::Result<Carried> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if let Some(listener) = program {
            listener.set_nonblocking(true)?;
            tokio::spawn(answer(TcpListener::from_std(listener)?));
        }
        let measured = Arc::new(Mutex::new(Carried::default()));
        let mut lines = Vec::new();
        for (n, way) in ways.iter().enumerate() {
            let socket = open(way, n).await.with_context(|| format!("stream {n}"))?;
            // All of them within a frame.
            let offset = Duration::from_micros(20_000 * n as u64 / ways.len() as u64);
            lines.push(tokio::spawn(talk(socket, offset, span, Arc::clone(&measured))));
        }
        for line in lines {
            line.await??;
        }
        let measured = Arc::into_inner(measured).context("all lines are over")?;
        Ok(measured.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    })
}

async fn answer(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        tokio::spawn(async move {
            if let Ok(socket) = accept_async_with_config(socket, Some(sockets())).await {
                echo_all(socket).await;
            }
        });
    }
}

/// Says again what it hears.
pub(super) async fn echo_all(mut socket: WebSocketStream<TcpStream>) {
    while let Some(Ok(message)) = socket.next().await {
        let Ok(text) = message.to_text() else { continue };
        let Some(payload) = payload_of(text) else { continue };
        let again = format!(r#"{{"event":"media","streamSid":"MZ","media":{{"payload":"{payload}"}}}}"#);
        if socket.send(Message::text(again)).await.is_err() {
            return;
        }
    }
}

async fn open(way: &Way, n: usize) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let socket = TcpStream::connect(way.address).await?;
    socket.set_nodelay(true)?;
    let mut request = format!("ws://{}{}", way.address, way.path).into_client_request()?;
    if let Some(signature) = &way.signature {
        request.headers_mut().insert("x-twilio-signature", signature.parse()?);
    }
    let (mut socket, _) = client_async_with_config(request, socket, Some(sockets())).await?;
    let call = &way.call;
    socket.send(Message::text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)).await?;
    let start = format!(
        r#"{{"event":"start","sequenceNumber":"1","streamSid":"MZ{n:032x}","start":{{"accountSid":"AC","streamSid":"MZ{n:032x}","callSid":"{call}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"customParameters":{{}}}}}}"#
    );
    socket.send(Message::text(start)).await?;
    Ok(socket)
}

async fn talk(
    socket: WebSocketStream<TcpStream>,
    offset: Duration,
    span: Duration,
    measured: Arc<Mutex<Carried>>,
) -> anyhow::Result<()> {
    let (mut to, mut from) = socket.split();
    let begun = tokio::time::Instant::now() + Duration::from_millis(200) + offset;
    let sent: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let times = Arc::clone(&sent);
    let speaking = tokio::spawn(async move {
        sleep_until(begun).await;
        let mut ticks = interval_at(begun, Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let n_frames = span.as_millis() as u32 / 20;
        for n in 0..n_frames {
            ticks.tick().await;
            let message = media(n);
            if let Ok(mut times) = times.lock() {
                times.push(Instant::now());
            }
            to.send(Message::text(message)).await?;
        }
        Ok::<_, anyhow::Error>((to, n_frames))
    });
    let mut delays = Vec::new();
    let n_wanted = span.as_millis() as usize / 20;
    while delays.len() < n_wanted {
        let Ok(Some(Ok(message))) = timeout(PATIENCE, from.next()).await else { break };
        let Ok(text) = message.to_text() else { continue };
        let Some(n) = payload_of(text).and_then(number_of) else { continue };
        let at = sent.lock().ok().and_then(|times| times.get(n as usize).copied());
        delays.push(at.context("it was sent")?.elapsed().as_secs_f64() * 1e3);
    }
    let (_to, n_frames) = speaking.await??;
    ensure!(!delays.is_empty(), "nothing came back");
    let mut measured = measured.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    measured.first_ms.push(delays[0]);
    measured.n_lost += u64::from(n_frames) - delays.len() as u64;
    measured.n_frames += u64::from(n_frames);
    measured.delays_ms.extend(delays);
    Ok(())
}

/// A frame with its number, in codes that come through a codec as they are.
fn media(n: u32) -> String {
    let mut frame = [0xFFu8; 160];
    for (place, code) in frame.iter_mut().take(8).enumerate() {
        *code = 0x90 | ((n >> (28 - 4 * place)) & 0xF) as u8;
    }
    let (chunk, at) = (n + 1, n * 20);
    let payload = STANDARD.encode(frame);
    format!(
        r#"{{"event":"media","sequenceNumber":"{chunk}","media":{{"track":"inbound","chunk":"{chunk}","timestamp":"{at}","payload":"{payload}"}},"streamSid":"MZ"}}"#
    )
}

fn payload_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(r#""payload":""#)?;
    Some(rest.split_once('"')?.0)
}

fn number_of(payload: &str) -> Option<u32> {
    let codes = STANDARD.decode(payload.get(..12)?).ok()?;
    Some(codes.iter().take(8).fold(0, |number, code| number << 4 | u32::from(code & 0xF)))
}

/// Buffers as small as ours: what is compared is the work.
pub(super) fn sockets() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0)
}

const PATIENCE: Duration = Duration::from_secs(5);
