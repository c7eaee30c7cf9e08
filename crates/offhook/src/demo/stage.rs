//! The stage: a folder, the simulated network and the gateway as processes, and their addresses.
//! Whatever happens, the processes end and the folder goes.

use super::people::Face;
use crate::cli::client::{ApiRequest, Client};
use crate::cli::gateway::Gateway;
use crate::config::settings::Secret;
use crate::sim::Control;
use anyhow::Context as _;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The stage of the demo.
pub(super) struct Stage {
    folder: PathBuf,
    /// Removes the folder; `None` if it is to be kept.
    _folder_guard: Option<tempfile::TempDir>,
    network: Option<Child>,
    gateway: Option<Child>,
    network_url: String,
    gateway_url: String,
    face: Face,
}

impl Stage {
    /// Makes the folder and starts the network, on which the gateway will speak as the customer of
    /// this carrier. A program at `agent_url` is its agent.
    pub(super) fn build(keep: bool, face: Face, agent_url: &str) -> anyhow::Result<Stage> {
        let guard = tempfile::Builder::new()
            .prefix("offhook-demo-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        let (folder, guard) =
            if keep { (guard.keep(), None) } else { (guard.path().to_owned(), Some(guard)) };
        let (network, network_url) = start_network(&folder)?;
        let mut stage = Stage {
            folder,
            _folder_guard: guard,
            network: Some(network),
            gateway: None,
            network_url,
            gateway_url: format!("http://127.0.0.1:{}", free_port()?),
            face,
        };
        stage.write_config(agent_url).inspect_err(|_| stage.strike())?;
        Ok(stage)
    }

    /// Starts the gateway, and waits until it hears.
    pub(super) async fn start_gateway(&mut self) -> anyhow::Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join("gateway.log"))?;
        let child = command()?
            .args(["serve", "--until-stdin-ends", "--config"])
            .arg(self.folder.join("offhook.toml"))
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the gateway")?;
        self.gateway = Some(child);
        let begun = Instant::now();
        let client = Client::new(&self.gateway_url, None)?;
        while client.ask(get(&["readyz"])).await.is_err() {
            anyhow::ensure!(
                begun.elapsed() < START_WITHIN,
                "the gateway did not start within {START_WITHIN:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// `kill -9`: the gateway has no chance to write anything.
    pub(super) fn kill_gateway(&mut self) {
        end(&mut self.gateway);
    }

    /// The process id of the gateway, while it runs.
    pub(super) fn gateway_pid(&self) -> u32 {
        self.gateway.as_ref().map_or(0, Child::id)
    }

    /// Ends everything that was started.
    pub(super) fn strike(&mut self) {
        end(&mut self.gateway);
        end(&mut self.network);
    }

    /// The folder with the configuration, the store and the logs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The verbs of the gateway.
    pub(super) fn gateway(&self) -> anyhow::Result<Gateway> {
        Ok(Gateway::new(Client::new(&self.gateway_url, Some(Secret::new(TOKEN)))?))
    }

    /// Whose customer the gateway is.
    pub(super) fn face(&self) -> Face {
        self.face
    }

    /// The network's own interface.
    pub(super) fn network(&self) -> anyhow::Result<Control> {
        Control::new(&self.network_url)
    }

    /// An error with the end of the gateway's log, which mostly says why.
    pub(super) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let log = std::fs::read_to_string(self.folder.join("gateway.log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(12).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        error.context(format!("the demo could not be played; the gateway said last:\n{}", tail.join("\n")))
    }

    fn write_config(&self, agent_url: &str) -> anyhow::Result<()> {
        let listen = self.gateway_url.trim_start_matches("http://");
        let (network, face) = (&self.network_url, self.face.word());
        let text = format!(
            "listen = \"{listen}\"\n\
             [store]\nurl = \"sqlite://offhook.db\"\n\
             [api]\ntoken = \"{TOKEN}\"\n\
             [calls]\nlive_max = 5\nduration_max = \"{}s\"\nring_max = \"60s\"\n\
             [carriers.simulated]\nkind = \"simulated\"\nface = \"{face}\"\nbase_url = \"{network}\"\n\
             request_timeout = \"3s\"\n\
             [agents.{AGENT}]\nkind = \"stream\"\nurl = \"{agent_url}\"\ngap = \"{GAP}\"\n\
             [numbers.\"+15550100000\"]\ncarrier = \"simulated\"\n",
            DURATION_MAX.as_secs()
        );
        std::fs::write(self.folder.join("offhook.toml"), text)
            .context("cannot write the demo's configuration")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.strike();
    }
}

/// Starts the network on a port that the system chooses, and reads which.
fn start_network(folder: &Path) -> anyhow::Result<(Child, String)> {
    let mut child = command()?
        .args(["sim", "--until-stdin-ends", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(File::create(folder.join("network.log"))?)
        .spawn()
        .context("cannot start the simulated network")?;
    let mut line = String::new();
    let out = child.stdout.as_mut().context("the network has no output")?;
    // The pipe stays open with the child: the network may say more.
    BufReader::new(out).read_line(&mut line)?;
    let Some(url) = line.split_whitespace().last().filter(|word| word.starts_with("http://")) else {
        end(&mut Some(child));
        anyhow::bail!("the simulated network did not say where it listens: {line:?}");
    };
    Ok((child, url.to_owned()))
}

/// This program, in a process group of its own, so that Ctrl-C reaches the demo alone, and with
/// nothing of the user's configuration.
fn command() -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_uppercase().starts_with("OFFHOOK_") {
            command.env_remove(name);
        }
    }
    // The pipe ends with the demo, however it ends, and what it started ends with the pipe.
    command.stdin(Stdio::piped()).process_group(0);
    Ok(command)
}

fn end(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn get<'a>(path: &'a [&'a str]) -> ApiRequest<'a> {
    ApiRequest { path, query: &[], body: None }
}

/// The agent that talks in the last act, and what is said when its line was gone.
pub(super) const AGENT: &str = "host";
pub(super) const GAP: &str = "One moment, please.";
/// How long a talk of the demo may last.
pub(super) const DURATION_MAX: Duration = Duration::from_secs(12);
/// The demo's gateway listens on loopback for as long as the demo runs.
const TOKEN: &str = "demo";
const START_WITHIN: Duration = Duration::from_secs(10);
