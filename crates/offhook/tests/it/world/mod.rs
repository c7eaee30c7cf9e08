//! A small world for each test: a simulated network and a gateway as processes of their own, on a
//! loopback address and in a folder that no other test has. What it starts dies with it, and when
//! a test fails it tells what both of them said.

mod clerk;
mod face;
mod file;
mod gateway;
mod http;
mod lives;
mod mcp;
mod model;
mod network;
mod past;
mod process;
mod program;
mod pty;
mod realtime;
mod relay;
mod speech;
mod talk;
mod tool;
mod webhook;

pub(crate) use clerk::assert_clerk_ended;
pub(crate) use face::{Face, PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN, TELNYX_CONNECTION};
pub(crate) use file::Line;
pub(crate) use gateway::{bare, order_at, word, words};
pub(crate) use http::{Answer, Sent, at_once, exchange};
pub(crate) use mcp::{Mcp, SCRIPT};
pub(crate) use model::{Model, Replies};
pub(crate) use network::{millis_of, number};
pub(crate) use process::{Process, offhook};
pub(crate) use program::Program;
pub(crate) use pty::Pty;
pub(crate) use realtime::{Realtime, Speaks};
pub(crate) use relay::{Does, Relay, Script, says};
pub(crate) use speech::Speech;
pub(crate) use talk::heard;
pub(crate) use tool::Tool;
pub(crate) use webhook::Form;

use engine::crash::VARIABLE;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The token of the gateway's API in every test's configuration.
pub(crate) const API_TOKEN: &str = "sesame-of-the-api-8d1f";

/// The gateway's own number in every test's configuration.
pub(crate) const OURS: &str = "+12025550100";

/// The network's made-up account.
pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// The token of [`ACCOUNT`].
pub(crate) const AUTH_TOKEN: &str = "00000000000000000000000000000002";

/// Longer than anything that a test waits for takes on a busy machine, unless it says otherwise.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// One network, one gateway, and their folder.
pub(crate) struct World {
    /// Where the network listens.
    pub(crate) network: SocketAddr,
    /// Where the gateway listens, while it lives.
    pub(crate) gateway: SocketAddr,
    line: Line,
    /// None where it is another world's.
    sim: Option<Process>,
    serve: Option<Process>,
    n_starts: u32,
    folder: TempDir,
}

impl World {
    /// Starts a network and a gateway on it. `settings` are laid over those that every test has.
    pub(crate) fn start(line: Line, settings: &str) -> World {
        let mut world = World::without_gateway(line, settings);
        world.start_gateway();
        world
    }

    /// Starts a network, and writes the configuration of a gateway that isn't started yet.
    pub(crate) fn without_gateway(line: Line, settings: &str) -> World {
        let folder = TempDir::with_prefix("offhook-it-").expect("a temporary folder can be made");
        let ip = own_ip();
        let mut sim = Process::start(&folder, "network", ["sim", "--listen", &format!("{ip}:0")]);
        let network = sim.announced("listens on http://").parse().expect("the network says where it listens");
        let gateway = SocketAddr::new(ip, free_port(ip));
        let sim = Some(sim);
        let world = World { network, gateway, line, sim, serve: None, n_starts: 0, folder };
        world.write_settings(settings);
        world
    }

    /// Starts another gateway on this world's network, on the same account.
    pub(crate) fn beside(&self, settings: &str) -> World {
        let folder = TempDir::with_prefix("offhook-it-").expect("a temporary folder can be made");
        let ip = own_ip();
        let (network, gateway, line) = (self.network, SocketAddr::new(ip, free_port(ip)), self.line);
        let mut world = World { network, gateway, line, sim: None, serve: None, n_starts: 0, folder };
        world.write_settings(settings);
        world.start_gateway();
        world
    }

    /// Kills the gateway, loses its store, and starts it again.
    pub(crate) fn restart_without_store(&mut self) {
        self.kill_dash_nine();
        std::fs::remove_dir_all(self.path("store")).expect("the store can be removed");
        self.start_gateway();
    }

    /// Writes the configuration anew; the next start reads it.
    pub(crate) fn write_settings(&self, settings: &str) {
        let text = file::write(self.line, self.network, self.gateway, self.folder.path(), settings);
        std::fs::write(self.config_file(), text).expect("the configuration can be written");
    }

    /// The file of the gateway's configuration.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.path("offhook.toml")
    }

    /// The store.
    pub(crate) fn store_file(&self) -> PathBuf {
        self.path("store/offhook.db")
    }

    /// What the store's file and its write-ahead log hold.
    pub(crate) fn store_bytes(&self) -> [Vec<u8>; 2] {
        ["store/offhook.db", "store/offhook.db-wal"]
            .map(|name| std::fs::read(self.path(name)).unwrap_or_default())
    }

    /// A file in this world's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the gateway and waits until it puts on disk what it hears.
    pub(crate) fn start_gateway(&mut self) {
        self.start_serve(&[]);
        self.wait_until_ready();
    }

    /// The same, by a shell that does something first.
    pub(crate) fn start_gateway_by(&mut self, first: &str) {
        self.n_starts += 1;
        let name = format!("gateway-{}", self.n_starts);
        self.serve =
            Some(Process::start_by(&self.folder, &name, first, &["serve", "--config", "offhook.toml"]));
        self.wait_until_ready();
    }

    /// The same, on a socket that is handed over, and with these variables in its environment.
    pub(crate) fn start_gateway_on(&mut self, socket: &TcpListener, variables: &[(&str, &str)]) {
        self.n_starts += 1;
        let name = format!("gateway-{}", self.n_starts);
        let arguments = ["serve", "--config", "offhook.toml"];
        self.serve = Some(Process::start_on(&self.folder, &name, socket, &arguments, variables));
        self.wait_until_ready();
    }

    /// Lets no file that the gateway writes become larger than so many bytes, or `unlimited`.
    pub(crate) fn limit_files(&self, bytes: &str) {
        self.serve.as_ref().expect("the gateway runs").limit_files(bytes);
    }

    /// Waits until the gateway puts on disk what it hears.
    pub(crate) fn wait_until_ready(&mut self) {
        wait_until("the gateway is ready", SOON, || {
            let serve = self.serve.as_mut().expect("it was started");
            assert!(serve.is_running(), "the gateway ended at its start:\n{}", serve.log());
            self.try_ask("GET", "/readyz", None).is_ok_and(|answer| answer.status == 200)
        });
    }

    /// Starts a gateway that kills itself at this step, and doesn't wait for anything.
    pub(crate) fn start_gateway_to_die(&mut self, at: &str) {
        self.start_serve(&[(VARIABLE, at)]);
    }

    /// Starts a gateway with these variables in its environment, and waits until it is ready.
    pub(crate) fn start_gateway_with(&mut self, variables: &[(&str, &str)]) {
        self.start_serve(variables);
        self.wait_until_ready();
    }

    /// Waits until the gateway has stopped itself, as if its machine slept.
    pub(crate) fn wait_for_stop(&self) {
        let serve = self.serve.as_ref().expect("the gateway runs");
        wait_until("the gateway has stopped itself", SOON, || serve.is_stopped());
    }

    fn start_serve(&mut self, variables: &[(&str, &str)]) {
        assert!(self.serve.is_none(), "the gateway runs already");
        self.n_starts += 1;
        let name = format!("gateway-{}", self.n_starts);
        let config = self.config_file();
        let arguments = ["serve".as_ref(), "--config".as_ref(), config.as_os_str()];
        self.serve = Some(Process::start_in(&self.folder, &name, arguments, variables));
    }

    /// Waits until the gateway has killed itself.
    pub(crate) fn wait_for_death(&mut self) {
        let serve = self.serve.as_mut().expect("the gateway runs");
        wait_until("the gateway has killed itself", SOON, || !serve.is_running());
        let mut serve = self.serve.take().expect("it was there a moment ago");
        assert_eq!(serve.signal(), Some(SIGKILL), "{}", serve.log());
    }

    /// Waits until the gateway has ended by itself, and returns its exit code.
    pub(crate) fn wait_for_exit(&mut self) -> i32 {
        let serve = self.serve.as_mut().expect("the gateway runs");
        wait_until("the gateway has ended", SOON, || !serve.is_running());
        let mut serve = self.serve.take().expect("it was there a moment ago");
        serve.exit_code().expect("no signal ended it")
    }

    /// Starts a gateway that must not start. Its exit code, and all that it said.
    pub(crate) fn refused_start(&self) -> (Option<i32>, String) {
        let arguments = ["serve", "--config", "offhook.toml"];
        let mut serve = Process::start(&self.folder, "refused", arguments);
        wait_until("a gateway that must not start ends", SOON, || !serve.is_running());
        (serve.exit_code(), serve.log())
    }

    /// Kills the gateway as the out-of-memory killer would: it hears nothing of it.
    pub(crate) fn kill_dash_nine(&mut self) {
        self.serve.take().expect("the gateway runs").kill_dash_nine();
    }

    /// Sends the gateway a signal, such as `HUP`.
    pub(crate) fn signal_gateway(&self, name: &str) {
        self.serve.as_ref().expect("the gateway runs").signal_it(name);
    }

    /// Kills the gateway and starts it again.
    pub(crate) fn restart(&mut self) {
        self.kill_dash_nine();
        self.start_gateway();
    }

    /// Asks the gateway to stop, as a service manager does, and waits until it has.
    pub(crate) fn stop_gateway(&mut self) {
        self.serve.take().expect("the gateway runs").terminate();
    }

    /// Everything that gateways said in this world so far.
    pub(crate) fn gateway_logs(&self) -> String {
        let logs = (1..=self.n_starts).map(|n| self.path(&format!("gateway-{n}.log")));
        logs.map(|log| std::fs::read_to_string(log).unwrap_or_default()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        eprintln!("--- the network's truth\n{}", self.try_network("/network/calls"));
        eprintln!("--- the network's requests\n{}", self.try_network("/network/requests"));
        let log = self.sim.as_mut().map(|sim| sim.log()).unwrap_or_default();
        eprintln!("--- the network's log\n{log}");
        eprintln!("--- the gateways' logs, one after another\n{}", self.gateway_logs());
    }
}

/// Asks again and again until it is so. Fails the test, with what both processes said, when it
/// isn't `within` that time.
pub(crate) fn wait_until(what: &str, within: Duration, mut is_so: impl FnMut() -> bool) {
    wait_for(what, within, || is_so().then_some(()));
}

/// Asks again and again until there is something, and returns it.
pub(crate) fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < within, "waited {within:?} in vain: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// A loopback address that no other test uses: while a gateway is dead nobody else's connection
/// can take its port. Where the system has but one, that one.
fn own_ip() -> IpAddr {
    static N_WORLDS: AtomicU32 = AtomicU32::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let n_world = N_WORLDS.fetch_add(1, Ordering::Relaxed) % 250;
    let own = Ipv4Addr::new(127, 1 + high % 250, low, u8::try_from(n_world + 1).unwrap_or(1));
    match TcpListener::bind((own, 0)) {
        Ok(_) => own.into(),
        Err(_) => Ipv4Addr::LOCALHOST.into(),
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port(ip: IpAddr) -> u16 {
    let listener = TcpListener::bind((ip, 0)).expect("a free port can be found");
    listener.local_addr().expect("a listener has an address").port()
}

/// The signal that can't be caught.
const SIGKILL: i32 = 9;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(30);
