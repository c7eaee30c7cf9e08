//! The binary on a terminal of its own: what a person types goes in, and what they would see comes out.

use super::{SOON, wait_for, wait_until};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A program on a terminal. It dies with its owner.
pub(crate) struct Pty {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    /// Reads what is shown, until the program is gone.
    reader: JoinHandle<()>,
}

impl Pty {
    /// Starts the binary in `folder` on a terminal of so many columns and rows.
    pub(crate) fn start(folder: &Path, arguments: &[&str], (columns, rows): (u16, u16)) -> Pty {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be had");
        grantpt(&terminal).expect("it is ours");
        unlockpt(&terminal).expect("it can be opened");
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal, size).expect("it has a size");
        let name = ptsname(&terminal, Vec::new()).expect("it has a name");
        let name = Path::new(OsStr::from_bytes(name.to_bytes()));
        let side = OpenOptions::new().read(true).write(true).open(name).expect("it can be opened");
        let twin = || Stdio::from(side.try_clone().expect("it can be shared"));
        // The terminal must be the program's own for Ctrl-C and a change of size to reach it; and whoever runs
        // these tests in the background has them, and all they start, ignore Ctrl-C.
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", "env", "--default-signal=INT", env!("CARGO_BIN_EXE_offhook")]);
        command.args(arguments);
        command.env_clear().env("HOME", folder).env("TERM", "xterm-256color").current_dir(folder);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let child = command.stdin(twin()).stdout(twin()).stderr(twin()).spawn().expect("setsid runs");
        let keyboard = File::from(terminal);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut glass, kept) = (keyboard.try_clone().expect("it can be shared"), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // It ends with an error when the program is gone.
            while let Ok(n @ 1..) = glass.read(&mut piece) {
                kept.lock().expect("nobody panics with it").extend_from_slice(&piece[..n]);
            }
        });
        Pty { child, keyboard, screen, reader }
    }

    /// Types.
    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("somebody reads");
    }

    /// Waits until this was shown, and types after it.
    pub(crate) fn answers(&mut self, shown: &str, keys: &str) {
        self.waits_for(shown);
        self.screen.lock().expect("nobody panics with it").clear();
        self.types(&format!("{keys}\n"));
    }

    /// Waits until this is shown.
    pub(crate) fn waits_for(&self, shown: &str) {
        wait_for(&format!("the terminal shows {shown:?}, not {}", self.shown()), SOON, || {
            self.shown().contains(shown).then_some(())
        });
    }

    /// All that was shown since the last answer, control sequences and all.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("nobody panics with it")).into_owned()
    }

    /// Sends the program SIGTERM.
    pub(crate) fn terminate(&self) {
        // The program is the only child of what gave it the terminal.
        let setsid = self.child.id().to_string();
        let sent = Command::new("pkill").args(["-TERM", "-P", &setsid]).status().expect("pkill can be run");
        if !sent.success() {
            // It replaced itself by the program.
            let sent = Command::new("kill").arg(&setsid).status().expect("kill can be run");
            assert!(sent.success());
        }
    }

    /// Waits until the program has ended. Its exit code.
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        wait_until("the program on the terminal ends", SOON, || matches!(self.child.try_wait(), Ok(Some(_))));
        wait_until("what it showed is read", SOON, || self.reader.is_finished());
        let code = self.child.wait().expect("it has ended").code();
        (code, self.shown())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
