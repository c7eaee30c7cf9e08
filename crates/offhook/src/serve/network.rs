//! The simulated network for a gateway that has nobody else to talk to. It is a process of its
//! own, so that calls go on when the gateway dies, as they would at a real carrier.

use super::assemble::callback_base;
use crate::config::settings::{CarrierKind, Config, Face, Simulated};
use crate::sim::Control;
use anyhow::Context as _;
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;

/// The simulated network that this gateway uses.
pub(super) struct Network {
    address: SocketAddr,
    /// The process, if it was started here.
    started: Option<Child>,
}

/// Starts the simulated network, if a carrier of the configuration is on it, it is to be on this
/// machine, and nothing listens there yet.
///
/// # Errors
/// It could not be started.
pub(super) async fn start_where_needed(config: &Config) -> anyhow::Result<Option<Network>> {
    let address = config.carriers.values().find_map(|carrier| match &carrier.kind {
        CarrierKind::Simulated(simulated) => local(simulated.base_url.as_str()),
        CarrierKind::Twilio(_) | CarrierKind::Telnyx(_) | CarrierKind::Plivo(_) => None,
    });
    let Some(address) = address else { return Ok(None) };
    if TcpStream::connect(address).await.is_ok() {
        return Ok(Some(Network { address, started: None }));
    }
    let program =
        std::env::current_exe().context("cannot find this program to start the simulated network with")?;
    let child = Command::new(program)
        .args(["sim", "--listen", &address.to_string(), "--exit-when-idle", IDLE])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("cannot start the simulated network; start it by hand with 'offhook sim'")?;
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(Some(Network { address, started: Some(child) }));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!(
        "the simulated network does not listen on {address}; start it by hand with 'offhook sim --listen {address}'"
    )
}

/// The carriers on the simulated network, and where each finds it.
pub(super) fn addresses(config: &Config) -> Vec<(String, String)> {
    let simulated = |(name, carrier): (&String, &crate::config::settings::Carrier)| match &carrier.kind {
        CarrierKind::Simulated(simulated) => Some((name.clone(), simulated.base_url.as_str().to_owned())),
        CarrierKind::Twilio(_) | CarrierKind::Telnyx(_) | CarrierKind::Plivo(_) => None,
    };
    config.carriers.iter().filter_map(simulated).collect()
}

/// Tells each simulated carrier which numbers are ours, and where it reaches us when they are
/// called: what a person does at a real carrier in its console.
pub(super) async fn tell_numbers(config: &Config, public_url: &str) {
    for (name, carrier) in &config.carriers {
        let CarrierKind::Simulated(simulated) = &carrier.kind else { continue };
        let callback = callback_base(public_url, name);
        for (number, _) in config.numbers.iter().filter(|(_, settings)| &settings.carrier == name) {
            if let Err(error) = tell_number(simulated, number, &callback).await {
                tracing::warn!(carrier = name, "nobody can call in: {error:#}");
                // The others would wait as long for the same.
                break;
            }
        }
    }
}

async fn tell_number(simulated: &Simulated, number: &str, callback: &str) -> anyhow::Result<()> {
    let control = Control::new(simulated.base_url.as_str())?;
    match &simulated.face {
        Face::Twilio { account_sid, .. } => {
            let pages = json!({
                "voice_url": format!("{callback}/voice"),
                "status_callback": format!("{callback}/status"),
                "account_sid": account_sid,
            });
            control.put(&["network", "numbers", number], &pages).await?;
        }
        Face::Telnyx { connection_id, .. } => {
            let id = connection_id.as_deref().unwrap_or(network::DEFAULT_TELNYX_CONNECTION_ID);
            let page = json!({ "webhook_event_url": format!("{callback}/events") });
            control.put(&["network", "telnyx", "connections", id], &page).await?;
            let app = json!({ "connection_id": id });
            control.put(&["network", "telnyx", "numbers", number], &app).await?;
        }
        Face::Plivo { .. } => {
            let pages = json!({
                "answer_url": format!("{callback}/voice"),
                "hangup_url": format!("{callback}/status"),
            });
            control.put(&["network", "plivo", "numbers", number], &pages).await?;
        }
    }
    Ok(())
}

impl Network {
    /// Where it is, for people.
    pub(super) fn describe(&self) -> String {
        match &self.started {
            Some(child) => format!("http://{}, started here as process {}", self.address, child.id()),
            None => format!("http://{}, running already", self.address),
        }
    }

    /// The gateway ends. The network goes with it unless calls live on there.
    pub(super) fn leave(self, n_live: u64) {
        let Some(mut child) = self.started else { return };
        if n_live > 0 {
            let pid = child.id();
            println!(
                "the simulated network goes on as process {pid}, and ends by itself {IDLE} after its last call"
            );
            return;
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The address of a base URL on this machine.
fn local(base_url: &str) -> Option<SocketAddr> {
    let url = url::Url::parse(base_url).ok()?;
    let host = (url.host_str()?, url.port_or_known_default()?);
    host.to_socket_addrs().ok()?.find(|address| address.ip().is_loopback())
}

/// How long the network stays with nothing to do.
const IDLE: &str = "10m";
