//! Programs that say again what they hear, each as a process of its own: a bare echo, which is this binary,
//! asked to be one, and what others would write.

use super::super::process::{Resident, processor_time, resident};
use super::line::{echo_all, sockets};
use anyhow::Context as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio_tungstenite::accept_async_with_config;

/// The process, killed when it is dropped.
pub(super) struct Peer {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    /// The bare echo.
    pub(super) fn bare() -> anyhow::Result<Peer> {
        Peer::start(Command::new(std::env::current_exe()?).arg(ECHO))
    }

    /// What this command starts, which says in its first line where it listens.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Peer> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut peer = Peer { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        BufReader::new(peer.child.stdout.take().context("it has an output")?).read_line(&mut line)?;
        peer.address = line.trim().parse().with_context(|| format!("it listens at {line:?}"))?;
        Ok(peer)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn processor_time(&self) -> anyhow::Result<Duration> {
        processor_time(&self.id().to_string())
    }

    pub(super) fn resident(&self) -> anyhow::Result<Resident> {
        resident(self.id())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this process is to be the echo.
pub(crate) fn is_asked_for() -> bool {
    std::env::args().nth(1).as_deref() == Some(ECHO)
}

/// Says again what it hears, until it is killed.
///
/// # Errors
/// It can't listen.
pub(crate) fn echo() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            tokio::spawn(async move {
                if let Ok(socket) = accept_async_with_config(socket, Some(sockets())).await {
                    echo_all(socket).await;
                }
            });
        }
    })
}

const ECHO: &str = "be-an-echo";
