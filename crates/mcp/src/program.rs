//! A server that is a program on this machine. It ends when nobody is connected with it any more.

use std::process::Stdio;
use tokio::io::{AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// Such a program, and what it started. When this is dropped, they are ended.
pub(crate) struct Program {
    _child: Child,
    group: Option<rustix::process::Pid>,
}

impl Program {
    /// Starts it, without a shell; if it can't be, why.
    pub(crate) fn start(words: &[String]) -> Result<(Program, ChildStdout, ChildStdin), String> {
        let (program, arguments) = words.split_first().ok_or("its command names no program")?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Of its own, so that what it starts ends with it, and a key at our terminal is none for it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|error| format!("cannot run {program}: {error}"))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let program = Program { _child: child, group };
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err("it has no standard input and output".to_owned());
        };
        if let Some(stderr) = stderr {
            tokio::spawn(complain(stderr, words[0].clone()));
        }
        Ok((program, stdout, stdin))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// What it complains of goes to the log. It is read to its end, so that the program doesn't wait for us.
async fn complain(stderr: ChildStderr, program: String) {
    let mut stderr = BufReader::new(stderr);
    let mut said = vec![0; PIECE_BYTES];
    while let Ok(n_bytes @ 1..) = stderr.read(&mut said).await {
        for line in String::from_utf8_lossy(&said[..n_bytes]).lines().filter(|line| !line.trim().is_empty()) {
            tracing::debug!(program, line, "a server of tools says");
        }
    }
}

const PIECE_BYTES: usize = 4 * 1024;
