//! Tells whoever started the gateway how it stands (`NOTIFY_SOCKET`): that it is ready, that it is alive,
//! and that it stops.
//!
//! Source: sd_notify(3), <https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>. A
//! datagram is all there is to it.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use engine::Calls;

/// Whoever started the gateway, if they asked to be told.
pub(super) struct Starter {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often they want to hear that it is alive.
    alive_every: Option<Duration>,
}

/// Tells that webhooks are heard from here on, and then again and again that the gateway is alive, for as
/// long as its store can be asked: one that hangs is worth no more than a dead one. A store that answers
/// with an error is alive.
pub(super) fn begin(address: std::net::SocketAddr, calls: &Calls) -> Arc<Starter> {
    let starter = Arc::new(Starter::of_process());
    starter.tell(&format!("READY=1\nSTATUS=listens on http://{address}"));
    if let Some(every) = starter.alive_every {
        let (starter, calls) = (Arc::clone(&starter), calls.clone());
        tokio::spawn(async move {
            let mut turns = tokio::time::interval(every);
            loop {
                turns.tick().await;
                let _ = calls.live().await;
                starter.tell("WATCHDOG=1");
            }
        });
    }
    starter
}

impl Starter {
    /// Reads who wants to be told, and of what.
    fn of_process() -> Starter {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let socket = variable("NOTIFY_SOCKET").and_then(|path| {
            let address = match path.strip_prefix('@') {
                Some(name) => SocketAddr::from_abstract_name(name),
                None => SocketAddr::from_pathname(path),
            };
            Some((UnixDatagram::unbound().ok()?, address.ok()?))
        });
        let is_meant = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let within = variable("WATCHDOG_USEC").filter(|_| is_meant).and_then(|text| text.parse().ok());
        // Twice in the time, as the manual has it.
        let alive_every = within.map(|within| Duration::from_micros(within) / 2);
        Starter { socket, alive_every: alive_every.filter(|every| !every.is_zero()) }
    }

    /// No connection is taken from here on.
    pub(super) fn stops(&self) {
        self.tell("STOPPING=1\nSTATUS=finishes what is being said");
    }

    fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.socket
            && let Err(error) = socket.send_to_addr(what.as_bytes(), address)
        {
            tracing::warn!(%error, "whoever started the gateway could not be told how it stands");
        }
    }
}
