//! The face that models see, [`mcp::face`]: before the gateway's own pages, and, by `offhook mcp`, before a
//! gateway that runs elsewhere. Both ask the same API, so no verb is done twice.

mod remote;
mod within;

use crate::cli::args::Global;
use crate::config::Environment;
use remote::Remote;
use std::io::{Read as _, Write as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Handle;

pub(crate) use within::Within;

/// `offhook mcp`: speaks with whoever started this program, until they leave.
///
/// # Errors
/// What they say is no MCP.
pub(crate) fn run(global: &Global, environment: &Environment) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let gateway = Remote::new(global.clone(), environment.clone());
    let (heard, to_us) = tokio::io::duplex(PIPE_BYTES);
    let (from_us, said) = tokio::io::duplex(PIPE_BYTES);
    let handle = runtime.handle().clone();
    // It ends with the process: a read of the standard input can't be given up.
    std::thread::spawn(move || hear(&handle, heard));
    let handle = runtime.handle().clone();
    let speaker = std::thread::spawn(move || say(&handle, said));
    let spoken = runtime.block_on(mcp::face::speak(gateway, to_us, from_us));
    // The last answer is written before the process ends.
    let _ = speaker.join();
    spoken.map_err(|why| anyhow::anyhow!("whoever started this does not speak MCP: {why}"))
}

/// Hands on what comes by the standard input, until it ends.
fn hear(runtime: &Handle, mut heard: DuplexStream) {
    let mut stdin = std::io::stdin().lock();
    let mut bytes = vec![0; PIPE_BYTES];
    while let Ok(n_bytes @ 1..) = stdin.read(&mut bytes) {
        if runtime.block_on(heard.write_all(&bytes[..n_bytes])).is_err() {
            return;
        }
    }
}

/// Writes what is said to the standard output, until nothing more is.
fn say(runtime: &Handle, mut said: DuplexStream) {
    let mut bytes = vec![0; PIPE_BYTES];
    while let Ok(n_bytes @ 1..) = runtime.block_on(said.read(&mut bytes)) {
        let mut stdout = std::io::stdout().lock();
        if stdout.write_all(&bytes[..n_bytes]).and_then(|()| stdout.flush()).is_err() {
            return;
        }
    }
}

/// So much is read or written at once.
const PIPE_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
