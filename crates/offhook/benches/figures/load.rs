//! Many connections at once, from one thread, since the gateway needs the other processor.

use super::http::head;
use super::report::ms;
use anyhow::bail;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// What came of it.
#[derive(Default)]
pub(crate) struct Loaded {
    /// From the first byte sent to the last received.
    pub(crate) took: Duration,
    /// How long each answer took, in milliseconds.
    pub(crate) each_ms: Vec<f64>,
    /// How many were not answered with 2xx, and the status of the last of those.
    pub(crate) refused: usize,
    /// The status of the last one that was refused.
    pub(crate) last_refusal: Option<u16>,
}

/// Sends each lane's requests over a connection of its own, one after another. All begin at once.
pub(crate) fn run(to: SocketAddr, lanes: Vec<Vec<Vec<u8>>>) -> anyhow::Result<Loaded> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let gate = Arc::new(Barrier::new(lanes.len() + 1));
        let mut running = JoinSet::new();
        for lane in lanes {
            running.spawn(drive(to, lane, Arc::clone(&gate)));
        }
        gate.wait().await;
        let begun = Instant::now();
        let mut whole = Loaded::default();
        while let Some(lane) = running.join_next().await {
            let lane = lane??;
            whole.each_ms.extend(lane.each_ms);
            whole.refused += lane.refused;
            whole.last_refusal = lane.last_refusal.or(whole.last_refusal);
        }
        whole.took = begun.elapsed();
        Ok(whole)
    })
}

async fn drive(to: SocketAddr, requests: Vec<Vec<u8>>, gate: Arc<Barrier>) -> anyhow::Result<Loaded> {
    let mut stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    gate.wait().await;
    let mut done = Loaded { each_ms: Vec::with_capacity(requests.len()), ..Loaded::default() };
    let mut bytes = vec![0; 16 * 1024];
    for request in requests {
        let begun = Instant::now();
        stream.write_all(&request).await?;
        let status = answer(&mut stream, &mut bytes).await?;
        done.each_ms.push(ms(begun.elapsed()));
        if !(200..300).contains(&status) {
            done.refused += 1;
            done.last_refusal = Some(status);
        }
    }
    Ok(done)
}

/// Reads one whole answer, and returns its status.
async fn answer(stream: &mut TcpStream, bytes: &mut [u8]) -> anyhow::Result<u16> {
    let mut n_read = 0;
    loop {
        match stream.read(&mut bytes[n_read..]).await? {
            0 => bail!("the connection was closed in the middle of an answer"),
            more => n_read += more,
        }
        if let Some(head) = head(&bytes[..n_read])
            && n_read >= head.n_bytes
        {
            return Ok(head.status);
        }
    }
}
