//! The socket that the gateway listens on: its own, or one that whoever started it holds and hands over
//! (`LISTEN_FDS`), so that connections wait in its queue while the gateway is started again and none is
//! refused.
//!
//! Source: sd_listen_fds(3), <https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html>.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::serve::Listener;
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A socket that was handed over.
pub(super) struct Inherited(Option<std::net::TcpListener>);

impl Inherited {
    /// Takes what was handed over, before any other thread runs: it takes the variables away, so that no
    /// child believes them meant for it.
    ///
    /// # Errors
    /// It is no socket to listen on, or there are several.
    pub(super) fn take() -> anyhow::Result<Inherited> {
        let mut handed = ListenFd::from_env();
        match handed.len() {
            0 => return Ok(Inherited(None)),
            1 => {}
            n => {
                bail!("{n} sockets were handed over, and the gateway listens on one; give one ListenStream=")
            }
        }
        // It closes on exec: the simulated network and the programs of others don't hold it.
        let listener = handed.take_tcp_listener(0);
        let listener =
            listener.context("what was handed over is no TCP socket; give ListenStream=HOST:PORT")?;
        Ok(Inherited(listener))
    }

    /// Listens on it, or where the configuration says. Whether it was handed over.
    ///
    /// # Errors
    /// Another program listens there, or the address is none of this machine's.
    pub(super) async fn listen(self, on: SocketAddr) -> anyhow::Result<(TcpListener, bool)> {
        if let Some(listener) = self.0 {
            listener.set_nonblocking(true)?;
            return Ok((TcpListener::from_std(listener)?, true));
        }
        let listener = TcpListener::bind(on).await.with_context(|| {
            format!("cannot listen on {on}; another program may, or set listen in the configuration")
        })?;
        Ok((listener, false))
    }
}

/// A socket from which nobody is taken any more once the gateway is to end: who connects then is left to
/// whoever listens on it next.
pub(super) struct Accepting {
    listener: TcpListener,
    closing: watch::Receiver<bool>,
}

impl Accepting {
    pub(super) fn new(listener: TcpListener, closing: watch::Receiver<bool>) -> Accepting {
        Accepting { listener, closing }
    }
}

impl Listener for Accepting {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let closing = &mut self.closing;
        let closed = async {
            let _ = closing.wait_for(|closing| *closing).await;
        };
        tokio::select! {
            biased;
            () = closed => std::future::pending().await,
            taken = Listener::accept(&mut self.listener) => taken,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// How long the last who were taken have until their requests are read. The server cuts off whoever has
/// said nothing yet when it is told to end.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(500);
