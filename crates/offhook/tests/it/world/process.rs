//! Child processes of the binary under test, with what they say kept in a file. Nothing of the
//! environment that the tests run in reaches them.

use super::{SOON, wait_for, wait_until};
use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running child. It dies with its owner, also when a test fails.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the binary in `folder`; what it says is in `NAME.log` there.
    pub(crate) fn start<A: AsRef<OsStr>>(
        folder: impl AsRef<Path>,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Process {
        Process::start_in(folder, name, arguments, &[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn start_in<A: AsRef<OsStr>>(
        folder: impl AsRef<Path>,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
    ) -> Process {
        let log = folder.as_ref().join(format!("{name}.log"));
        let file = File::create(&log).expect("a log can be made");
        let twin = file.try_clone().expect("a log can be shared");
        let mut command = offhook(folder.as_ref());
        command
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin);
        Process { child: command.spawn().expect("the binary starts"), log }
    }

    /// Starts the binary by a shell that does something first.
    pub(crate) fn start_by(folder: impl AsRef<Path>, name: &str, first: &str, arguments: &[&str]) -> Process {
        let log = folder.as_ref().join(format!("{name}.log"));
        let file = File::create(&log).expect("a log can be made");
        let twin = file.try_clone().expect("a log can be shared");
        let mut command = Command::new("sh");
        command.env_clear().env("HOME", folder.as_ref());
        command.current_dir(folder.as_ref()).arg("-c").arg(format!("{first}; exec \"$0\" \"$@\""));
        command.arg(env!("CARGO_BIN_EXE_offhook")).args(arguments);
        command.stdin(Stdio::null()).stdout(file).stderr(twin);
        Process { child: command.spawn().expect("a shell starts"), log }
    }

    /// Starts the binary with a listening socket, as whoever holds one hands it over.
    pub(crate) fn start_on(
        folder: impl AsRef<Path>,
        name: &str,
        socket: &TcpListener,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Process {
        let log = folder.as_ref().join(format!("{name}.log"));
        let file = File::create(&log).expect("a log can be made");
        let twin = file.try_clone().expect("a log can be shared");
        let socket = OwnedFd::from(socket.try_clone().expect("it can be shared"));
        // Only the process itself knows its id before it is the gateway.
        let first = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$; export LISTEN_FDS LISTEN_PID";
        let mut command = Command::new("sh");
        command.env_clear().env("HOME", folder.as_ref()).envs(variables.iter().copied());
        command.current_dir(folder.as_ref()).arg("-c").arg(format!("{first}; exec \"$0\" \"$@\""));
        command.arg(env!("CARGO_BIN_EXE_offhook")).args(arguments);
        command.stdin(socket).stdout(file).stderr(twin);
        Process { child: command.spawn().expect("a shell starts"), log }
    }

    /// Lets no file that it writes become larger than so many bytes, or `unlimited`.
    pub(crate) fn limit_files(&self, bytes: &str) {
        let limit = format!("--fsize={bytes}:");
        let pid = self.child.id().to_string();
        let done = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
        assert!(done.expect("prlimit can be run").success());
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The word that it says after `mark`, once it has said so.
    pub(crate) fn announced(&mut self, mark: &str) -> String {
        wait_for(&format!("a process says {mark:?}"), SOON, || {
            assert!(self.is_running(), "it ended at its start:\n{}", self.log());
            let log = self.log();
            let (_, rest) = log.split_once(mark)?;
            let (word, _) = rest.split_once(char::is_whitespace)?;
            Some(word.to_owned())
        })
    }

    /// Whether it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The code that it ended with.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().expect("it can be waited for").code()
    }

    /// The signal that ended it, once it has ended.
    pub(crate) fn signal(&mut self) -> Option<i32> {
        self.child.wait().expect("it can be waited for").signal()
    }

    /// Whether it is stopped by a signal, and runs on when it is told to.
    pub(crate) fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// Sends it a signal, such as `HUP`.
    pub(crate) fn signal_it(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// SIGKILL: no destructor of it runs.
    pub(crate) fn kill_dash_nine(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// SIGTERM, and waits until it is gone.
    pub(crate) fn terminate(mut self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").arg(pid).status().expect("kill can be run");
        assert!(sent.success());
        wait_until("a process that was told to stop has stopped", SOON, || !self.is_running());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary under test, as a command that finds nothing of this machine's configuration.
pub(crate) fn offhook(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.env_clear().env("HOME", folder).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir(folder);
    command
}
