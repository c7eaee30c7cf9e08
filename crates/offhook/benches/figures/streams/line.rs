//! A carrier's side of many streams, and a program that says again what it hears. Each frame is found again
//! in what comes back, so that its delay is known.

use super::words::{Carrier, Words, repeated};
use anyhow::{Context as _, ensure};
use futures::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
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
    pub(super) carrier: Carrier,
    pub(super) address: SocketAddr,
    pub(super) path: String,
    pub(super) signature: Option<String>,
    pub(super) call: String,
}

/// What is to be carried.
pub(super) struct Load<'a> {
    pub(super) ways: &'a [Way],
    /// Where a program of ours says again what it hears, if the sound goes to one.
    pub(super) program: Option<std::net::TcpListener>,
    /// For how long nothing is said on an open stream.
    pub(super) settle: Duration,
    pub(super) span: Duration,
    /// Told when all of them are open.
    pub(super) begun: Option<Sender<()>>,
}

/// What was measured.
#[derive(Default)]
pub(super) struct Carried {
    /// From sending a frame until it was back.
    pub(super) delays_ms: Vec<f64>,
    /// When each of those was sent.
    pub(super) sent_at: Vec<Instant>,
    pub(super) n_frames: u64,
    pub(super) n_lost: u64,
    /// Of each stream, until its first frame was back.
    pub(super) first_ms: Vec<f64>,
}

impl<'a> Load<'a> {
    /// Sound to these, for so long.
    pub(super) fn of(ways: &'a [Way], span: Duration) -> Load<'a> {
        Load { ways, program: None, settle: Duration::from_millis(200), span, begun: None }
    }
}

/// Carries sound over all streams at once.
pub(super) fn carry(load: Load<'_>) -> anyhow::Result<Carried> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Load { ways, program, settle, span, begun } = load;
        serve(program)?;
        let measured = Arc::new(Mutex::new(Carried::default()));
        let mut lines = Vec::new();
        for (n, way) in ways.iter().enumerate() {
            let mut socket = open(way).await.with_context(|| format!("stream {n}"))?;
            let words = Words::new(way.carrier, &way.call, n);
            begin(&mut socket, &words).await?;
            // All of them within a frame.
            let offset = Duration::from_micros(20_000 * n as u64 / ways.len() as u64);
            lines.push(tokio::spawn(talk(socket, words, settle + offset, span, Arc::clone(&measured))));
        }
        if let Some(begun) = begun {
            let _ = begun.send(());
        }
        for line in lines {
            line.await??;
        }
        let measured = Arc::into_inner(measured).context("all lines are over")?;
        Ok(measured.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    })
}

/// Opens one stream after the other, each with a frame at once: how long it took to be let in, and how long
/// from then until that frame was back.
pub(super) fn first_frames(
    ways: &[Way],
    program: Option<std::net::TcpListener>,
) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        serve(program)?;
        let mut times = (Vec::new(), Vec::new());
        for (n, way) in ways.iter().enumerate() {
            let asked_at = Instant::now();
            let mut socket = open(way).await.with_context(|| format!("stream {n}"))?;
            let let_in_at = Instant::now();
            let words = Words::new(way.carrier, &way.call, n);
            begin(&mut socket, &words).await?;
            socket.send(Message::text(words.sound(0))).await?;
            loop {
                let message = timeout(PATIENCE, socket.next()).await?.context("it is closed")??;
                if message.is_text() && words.played(message.to_text()?, 0)? == Some(0) {
                    break;
                }
            }
            times.0.push(let_in_at.duration_since(asked_at).as_secs_f64() * 1e3);
            times.1.push(let_in_at.elapsed().as_secs_f64() * 1e3);
        }
        Ok(times)
    })
}

fn serve(program: Option<std::net::TcpListener>) -> anyhow::Result<()> {
    if let Some(listener) = program {
        listener.set_nonblocking(true)?;
        tokio::spawn(answer(TcpListener::from_std(listener)?));
    }
    Ok(())
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
        let Some(again) = repeated(text) else { continue };
        if socket.send(Message::text(again)).await.is_err() {
            return;
        }
    }
}

async fn open(way: &Way) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let socket = TcpStream::connect(way.address).await?;
    socket.set_nodelay(true)?;
    let mut request = format!("ws://{}{}", way.address, way.path).into_client_request()?;
    if let Some(signature) = &way.signature {
        request.headers_mut().insert("x-twilio-signature", signature.parse()?);
    }
    let (socket, _) = client_async_with_config(request, socket, Some(sockets())).await?;
    Ok(socket)
}

/// Says what comes before there is sound.
async fn begin(socket: &mut WebSocketStream<TcpStream>, words: &Words) -> anyhow::Result<()> {
    for message in words.opening() {
        socket.send(Message::text(message)).await?;
    }
    Ok(())
}

async fn talk(
    socket: WebSocketStream<TcpStream>,
    words: Words,
    wait: Duration,
    span: Duration,
    measured: Arc<Mutex<Carried>>,
) -> anyhow::Result<()> {
    let (mut to, mut from) = socket.split();
    let begun = tokio::time::Instant::now() + wait;
    // Of each frame that isn't back.
    let sent: Arc<Mutex<Vec<Option<Instant>>>> = Arc::default();
    let words = Arc::new(words);
    let (times, said) = (Arc::clone(&sent), Arc::clone(&words));
    let speaking = tokio::spawn(async move {
        sleep_until(begun).await;
        let mut ticks = interval_at(begun, Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let n_frames = span.as_millis() as u32 / 20;
        for n in 0..n_frames {
            ticks.tick().await;
            let message = said.sound(n);
            if let Ok(mut times) = times.lock() {
                times.push(Some(Instant::now()));
            }
            to.send(Message::text(message)).await?;
        }
        Ok::<_, anyhow::Error>((to, n_frames))
    });
    let (mut delays, mut sent_at) = (Vec::new(), Vec::new());
    let n_wanted = span.as_millis() as usize / 20;
    while delays.len() < n_wanted {
        let Ok(Some(Ok(message))) = timeout(PATIENCE, from.next()).await else { break };
        let Message::Text(text) = message else { continue };
        let Some(n) = words.played(&text, delays.len() as u32)? else { continue };
        // A program may say more than it heard.
        let Some(at) = sent.lock().ok().and_then(|mut times| times.get_mut(n as usize)?.take()) else {
            continue;
        };
        delays.push(at.elapsed().as_secs_f64() * 1e3);
        sent_at.push(at);
    }
    let (_to, n_frames) = speaking.await??;
    ensure!(!delays.is_empty(), "nothing came back");
    let mut measured = measured.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    measured.first_ms.push(delays[0]);
    measured.n_lost += u64::from(n_frames) - delays.len() as u64;
    measured.n_frames += u64::from(n_frames);
    measured.delays_ms.extend(delays);
    measured.sent_at.extend(sent_at);
    Ok(())
}

/// Buffers as small as ours: what is compared is the work.
pub(super) fn sockets() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0)
}

const PATIENCE: Duration = Duration::from_secs(5);
