//! Exchanges with those who speak and understand: servers, and programs on this machine.

use crate::settings::Server;
use carrier::send::{Opened, Sender};
use carrier::{Operation, Request};
use http::Method;
use speech::Post;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Asks a server, and reads its answer whole; if it doesn't do what it was asked, why.
pub(crate) async fn ask(
    sender: &Sender,
    operation: Operation,
    server: &Server,
    post: Post,
    within: Duration,
) -> Result<Vec<u8>, String> {
    let request = request(operation, server, post);
    let reply = sender.send(&request, within).await.map_err(|error| error.to_string())?;
    if reply.status / 100 == 2 { Ok(reply.body) } else { Err(refusal(reply.status, &reply.body)) }
}

/// Asks a server for sound, and gives its answer as it comes.
pub(crate) async fn open(
    sender: &Sender,
    server: &Server,
    post: Post,
    within: Duration,
) -> Result<Opened, String> {
    let request = request(Operation::Synthesize, server, post);
    let mut answer = sender.open(&request, within).await.map_err(|error| error.to_string())?;
    if answer.status / 100 == 2 {
        return Ok(answer);
    }
    let said = timeout(within, answer.next()).await.ok().and_then(Result::ok).flatten().unwrap_or_default();
    Err(refusal(answer.status, &said))
}

fn request(operation: Operation, server: &Server, post: Post) -> Request {
    let Post { path, headers, body } = post;
    let url = format!("{}/{path}", server.base_url.trim_end_matches('/'));
    Request { operation, method: Method::POST, url, headers, body }
}

fn refusal(status: u16, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(&said[..said.len().min(SHOWN_MAX)]);
    format!("HTTP {status}: {said}")
}

/// Runs a program that reads this, and gives what it writes; if it fails, why.
pub(crate) async fn run(words: &[String], input: Vec<u8>, within: Duration) -> Result<Vec<u8>, String> {
    let (program, arguments) = words.split_first().ok_or("it has no name")?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = child.map_err(|error| format!("cannot run {program}: {error}"))?;
    let _group = Group::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let work = async {
        let write = async {
            if let Some(mut stdin) = stdin {
                // One that has heard enough closes it.
                let _ = stdin.write_all(&input).await;
            }
        };
        let read = async {
            let mut written = Vec::new();
            if let Some(stdout) = stdout {
                let _ = stdout.take(OUTPUT_MAX).read_to_end(&mut written).await;
            }
            written
        };
        let complain = async {
            let mut said = Vec::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(OUTPUT_MAX).read_to_end(&mut said).await;
            }
            said
        };
        let ((), written, said) = tokio::join!(write, read, complain);
        (child.wait().await, written, said)
    };
    match timeout(within, work).await {
        Ok((Ok(status), written, _)) if status.success() => Ok(written),
        Ok((Ok(status), _, said)) => {
            let end = said.len().saturating_sub(SHOWN_MAX);
            Err(format!("{program} failed ({status}): {}", String::from_utf8_lossy(&said[end..]).trim()))
        }
        Ok((Err(error), ..)) => Err(format!("{program}: {error}")),
        Err(_) => Err(format!("{program} took longer than {within:?}")),
    }
}

/// The processes that a program started, which end with it: when this is dropped.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group(id.and_then(rustix::process::Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Most have ended by themselves.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// So much a program may write: some five minutes of sound.
const OUTPUT_MAX: u64 = 16 << 20;
/// So much is shown of what somebody says instead of doing what they were asked.
const SHOWN_MAX: usize = 300;
