//! The binary as a child process, and what the system says of it.

use anyhow::{Context as _, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running child, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

/// How much memory a process has, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resident {
    /// All of it, with the pages of the program's own file.
    pub(crate) all: u64,
    /// What it allocated.
    pub(crate) anonymous: u64,
    /// The most that it ever had.
    pub(crate) peak: u64,
}

impl Process {
    /// Starts the binary in `folder`; what it says is appended to `NAME.log` there.
    pub(crate) fn start(folder: &Path, name: &str, arguments: &[&str]) -> anyhow::Result<Process> {
        let log = folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let twin = file.try_clone()?;
        let mut command = Command::new(BINARY);
        command.env_clear().env("HOME", folder).current_dir(folder).args(arguments);
        command.stdin(Stdio::null()).stdout(file).stderr(twin);
        let child = command.spawn().with_context(|| format!("cannot start {BINARY}"))?;
        Ok(Process { child, log })
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The processor time that it used so far, in the kernel and outside.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        processor_time(&self.child.id().to_string())
    }

    /// How much memory it has.
    pub(crate) fn resident(&self) -> anyhow::Result<Resident> {
        resident(self.child.id())
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// How much memory a process has.
pub(crate) fn resident(pid: u32) -> anyhow::Result<Resident> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let bytes = |name: &str| kib(name).map(|kib| kib * 1024).with_context(|| format!("no {name}"));
    Ok(Resident { all: bytes("VmRSS:")?, anonymous: bytes("RssAnon:")?, peak: bytes("VmHWM:")? })
}

/// Has all threads of a process run on one processor, where there is more than one.
pub(crate) fn pin(pid: u32, to: usize) -> anyhow::Result<()> {
    if std::thread::available_parallelism()?.get() <= to {
        return Ok(());
    }
    let (to, pid) = (to.to_string(), pid.to_string());
    let pinned = Command::new("taskset").args(["-acp", &to, &pid]).stdout(Stdio::null()).status()?;
    ensure!(pinned.success(), "taskset cannot pin process {pid} to processor {to}");
    Ok(())
}

/// The same with this process.
pub(crate) fn pin_self(to: usize) -> anyhow::Result<()> {
    pin(std::process::id(), to)
}

/// Runs the binary in `folder` to its end; returns how long that took.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> anyhow::Result<Duration> {
    let mut command = Command::new(BINARY);
    command.env_clear().env("HOME", folder).current_dir(folder);
    command.args(arguments).args(["--config", "offhook.toml"]);
    let begun = Instant::now();
    let ended = command.stdin(Stdio::null()).output()?;
    let took = begun.elapsed();
    ensure!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    Ok(took)
}

impl Drop for Process {
    /// SIGKILL: the gateway has no chance to write anything.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that this process used so far.
pub(crate) fn own_processor_time() -> anyhow::Result<Duration> {
    processor_time("self")
}

/// The processor time that a process used so far.
pub(crate) fn processor_time(pid: &str) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold spaces; what follows its bracket doesn't (proc_pid_stat(5), fields 3 on).
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * MS_PER_TICK))
}

/// The binary under measurement.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_offhook");
/// Linux counts processor time in hundredths of a second on every architecture that this runs on.
pub(crate) const MS_PER_TICK: u64 = 10;
