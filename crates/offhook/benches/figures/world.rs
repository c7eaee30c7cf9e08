//! One simulated network, one gateway, and their folder on the disk.

use super::http::{self, Connection};
use super::process::{Process, own_processor_time};
use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One network, one gateway, and their folder.
pub(crate) struct World {
    /// The gateway, while it lives.
    pub(crate) gateway: Option<Process>,
    /// Where the gateway listens.
    pub(crate) address: SocketAddr,
    network: SocketAddr,
    sim: Process,
    folder: TempDir,
}

/// How a world is made.
pub(crate) struct Plan {
    /// `twilio`, whose webhooks are signed for [`PUBLIC_URL`]; `simulated`; or the simulated network's face
    /// `telnyx` or `plivo`.
    pub(crate) kind: &'static str,
    /// How late the network answers.
    pub(crate) latency: Duration,
    /// How long a call may last.
    pub(crate) duration_max: Duration,
    /// Whether the network reaches the gateway, and brings it webhooks and streams.
    pub(crate) is_reached: bool,
}

/// What the network counted so far.
pub(crate) struct Requests {
    /// All requests.
    pub(crate) total: u64,
    /// By what was asked.
    pub(crate) by_operation: Value,
    /// The most that were in flight at once among the last 1,000.
    pub(crate) in_flight_max: usize,
}

impl World {
    /// Starts the network and writes the gateway's configuration.
    pub(crate) fn build(plan: &Plan) -> anyhow::Result<World> {
        let folder = folder()?;
        let latency = format!("{}ms", plan.latency.as_millis());
        let arguments = ["sim", "--listen", "127.0.0.1:0", "--seed", "7", "--latency", &latency];
        let mut sim = Process::start(folder.path(), "network", &arguments)?;
        let network = announced(&mut sim)?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let world = World { gateway: None, address, network, sim, folder };
        std::fs::write(world.folder.path().join("offhook.toml"), world.configuration(plan))?;
        Ok(world)
    }

    /// Changes the configuration, before the gateway starts.
    pub(crate) fn mend(&self, change: impl Fn(String) -> String) -> anyhow::Result<()> {
        let path = self.folder.path().join("offhook.toml");
        Ok(std::fs::write(&path, change(std::fs::read_to_string(&path)?))?)
    }

    /// Starts the gateway; returns how long it took from exec to the first 200 of `/readyz`.
    pub(crate) fn start_gateway(&mut self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let arguments = ["serve", "--config", "offhook.toml"];
        let mut gateway = Process::start(self.folder.path(), "gateway", &arguments)?;
        let ready = http::request(self.address, "GET", "/readyz", b"");
        loop {
            let answer = Connection::open(self.address).map(|mut connection| connection.exchange(&ready));
            if matches!(answer, Ok(Ok(answer)) if answer.status == 200) {
                break;
            }
            ensure!(gateway.is_running(), "the gateway ended at its start:\n{}", gateway.log());
            ensure!(begun.elapsed() < PATIENCE, "the gateway is not ready after {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
        let took = begun.elapsed();
        self.gateway = Some(gateway);
        Ok(took)
    }

    /// `kill -9`.
    pub(crate) fn kill_gateway(&mut self) {
        self.gateway = None;
    }

    /// The running gateway.
    pub(crate) fn running(&self) -> anyhow::Result<&Process> {
        self.gateway.as_ref().context("the gateway does not run")
    }

    /// The processor time of the network, of the gateway if it runs, and of ourselves.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let gateway = self.gateway.as_ref().map_or(Ok(Duration::ZERO), Process::processor_time)?;
        Ok(self.sim.processor_time()? + gateway + own_processor_time()?)
    }

    /// The store.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("offhook.db")
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Has the network carry so many calls in progress, and tell the gateway what becomes of them if it
    /// reaches it; returns their sids.
    pub(crate) fn seed(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let wish = json!({
            "count": count, "from": OURS, "to_base": "+15550200000",
            "status_callback": format!("http://{}/webhooks/line/status", self.address),
        });
        let made = http::ask(self.network, "POST", "/network/seed", wish.to_string().as_bytes())?;
        Ok(serde_json::from_value(made["sids"].clone())?)
    }

    /// Imports a `calls.jsonl`; every one of its `count` calls must be taken.
    pub(crate) fn import(&self, file: &str, count: usize) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let report = http::ask(self.address, "POST", "/v1/import", file.as_bytes())?;
        ensure!(report["taken"] == count, "not every call was imported: {report}");
        Ok(begun.elapsed())
    }

    /// Has the network answer no listing, so that each call is asked about alone.
    pub(crate) fn list_nothing(&self) -> anyhow::Result<()> {
        let fault = json!({ "on": "list", "do": { "status": 503 }, "probability": 1.0 });
        http::ask(self.network, "POST", "/network/faults", fault.to_string().as_bytes())?;
        Ok(())
    }

    /// Has the network open no stream that it is asked for.
    pub(crate) fn open_no_stream(&self) -> anyhow::Result<()> {
        let fault = json!({ "on": "stream", "do": { "delay_ms": 24 * 3_600_000 } });
        http::ask(self.network, "POST", "/network/faults", fault.to_string().as_bytes())?;
        Ok(())
    }

    /// Has somebody call our number, who stays on the line.
    pub(crate) fn call_in(&self, from: &str) -> anyhow::Result<()> {
        let call = json!({ "from": from, "to": OURS, "behaviour": { "does": "silent" } });
        http::ask(self.network, "POST", "/network/calls", call.to_string().as_bytes())?;
        Ok(())
    }

    /// Has a subscriber behave so.
    pub(crate) fn subscriber(&self, number: &str, behaviour: &Value) -> anyhow::Result<()> {
        let path = format!("/network/subscribers/{number}");
        http::ask(self.network, "PUT", &path, behaviour.to_string().as_bytes())?;
        Ok(())
    }

    /// How many calls live at the network.
    pub(crate) fn live_at_network(&self) -> anyhow::Result<u64> {
        let health = http::ask(self.network, "GET", "/network/health", b"")?;
        health["live"].as_u64().context("the network doesn't say how many calls live")
    }

    /// What the network knows of every call.
    pub(crate) fn truth(&self) -> anyhow::Result<Vec<Value>> {
        let truth = http::ask(self.network, "GET", "/network/calls", b"")?;
        truth["calls"].as_array().cloned().context("the network doesn't tell its calls")
    }

    /// How many turns the store has written. The store notes it beside itself, at most once a second
    /// and only when it writes, so it is made to.
    pub(crate) fn turns_written(&self) -> anyhow::Result<u64> {
        std::thread::sleep(NOTED_WITHIN);
        http::ask(self.address, "POST", "/v1/pause", br#"{"reason":"to count turns"}"#)?;
        let note = std::fs::read(self.folder.path().join("offhook.db.seen"))?;
        let note: Value = serde_json::from_slice(&note)?;
        note["sequence"].as_u64().context("the store's note has no sequence")
    }

    /// What the network was asked so far.
    pub(crate) fn requests(&self, latency: Duration) -> anyhow::Result<Requests> {
        let journal = http::ask(self.network, "GET", "/network/requests", b"")?;
        let total = journal["total"].as_u64().context("the network doesn't count requests")?;
        let last = journal["last"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut times: Vec<i64> = last.iter().filter_map(|asked| asked["at"].as_i64()).collect();
        times.sort_unstable();
        let span = i64::try_from(latency.as_millis())?;
        let in_flight = |(place, at): (usize, &i64)| {
            (place + 1).saturating_sub(times.partition_point(|t| t + span <= *at))
        };
        let in_flight_max = times.iter().enumerate().map(in_flight).max().unwrap_or(0);
        Ok(Requests { total, by_operation: journal["by_operation"].clone(), in_flight_max })
    }

    /// Waits until the gateway has asked the network nothing for a second.
    pub(crate) fn wait_for_quiet(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut before = None;
        while begun.elapsed() < PATIENCE {
            let total = self.requests(Duration::ZERO)?.total;
            if before == Some(total) {
                return Ok(());
            }
            before = Some(total);
            std::thread::sleep(Duration::from_secs(1));
        }
        bail!("the gateway still asks the network after {PATIENCE:?}")
    }

    fn configuration(&self, plan: &Plan) -> String {
        let Plan { kind, duration_max, is_reached, .. } = plan;
        let World { address, network, .. } = self;
        let public_url = if *is_reached { format!("http://{address}") } else { PUBLIC_URL.to_owned() };
        let account = match *kind {
            "telnyx" | "plivo" => format!("kind = \"simulated\"\nface = \"{kind}\"\n"),
            _ => format!("kind = \"{kind}\"\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{AUTH_TOKEN}\"\n"),
        };
        format!(
            "listen = \"{address}\"\n\
             public_url = \"{public_url}\"\n\
             [store]\nurl = \"sqlite://offhook.db\"\n\
             [api]\ntoken = \"{API_TOKEN}\"\nrequests_per_second = 0\n\
             [calls]\nlive_max = 30000\nduration_max = \"{}s\"\nring_max = \"60s\"\n\
             [carriers.line]\n{account}base_url = \"http://{network}\"\nrequest_timeout = \"2m\"\n\
             [numbers.\"{OURS}\"]\ncarrier = \"line\"\n",
            duration_max.as_secs()
        )
    }
}

/// A folder on the disk that holds the build: a temporary folder of the system may be memory.
pub(crate) fn folder() -> anyhow::Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("figures-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

fn announced(sim: &mut Process) -> anyhow::Result<SocketAddr> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let log = sim.log();
        let said = log.split_once("listens on http://").and_then(|(_, rest)| rest.split_once('\n'));
        if let Some((address, _)) = said {
            return Ok(address.trim().parse()?);
        }
        ensure!(sim.is_running(), "the network ended at its start:\n{log}");
        std::thread::sleep(Duration::from_millis(5));
    }
    bail!("the network does not say where it listens:\n{}", sim.log())
}

/// The number of the n-th person who called: nobody calls so often that it stands out.
pub(crate) fn stranger(n: usize) -> String {
    format!("+1303{:07}", n % 10_000_000)
}

/// The token of the gateway's API.
pub(crate) const API_TOKEN: &str = "a-token-for-figures";
/// The gateway's own number.
pub(crate) const OURS: &str = "+15550100000";
/// The network's made-up account.
pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// The token of [`ACCOUNT`].
pub(crate) const AUTH_TOKEN: &str = "00000000000000000000000000000002";
/// The address for which webhooks are signed. Nothing is ever sent to it.
pub(crate) const PUBLIC_URL: &str = "https://gateway.example";
const NOTED_WITHIN: Duration = Duration::from_millis(1_100);
/// The longest that anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
