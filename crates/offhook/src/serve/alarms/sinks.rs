//! Those who are told: each by a task of its own, in order, again and again until it succeeds.

use super::NOTICES_MAX;
use super::notice::Notice;
use crate::config::settings::Secret;
use carrier::send::Sender;
use carrier::{Operation, Request};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::mpsc;

/// One who is told.
pub(super) struct Sink {
    notices: mpsc::Sender<Notice>,
}

/// How somebody is told.
pub(super) enum Way {
    /// By a page that takes JSON.
    Post(Box<Sender>, Secret),
    /// By a program that reads a letter.
    Run(Vec<String>),
}

impl Sink {
    /// Starts its task. `done` hears of each notice that was told, or given up.
    pub(super) fn start(way: Way, done: mpsc::Sender<Notice>) -> Sink {
        let (notices, waiting) = mpsc::channel(NOTICES_MAX);
        tokio::spawn(tell_all(way, waiting, done));
        Sink { notices }
    }

    /// Has it told, unless too many wait already.
    pub(super) fn take(&self, notice: Notice) -> bool {
        self.notices.try_send(notice).is_ok()
    }
}

async fn tell_all(way: Way, mut waiting: mpsc::Receiver<Notice>, done: mpsc::Sender<Notice>) {
    while let Some(notice) = waiting.recv().await {
        let mut pause = PAUSE_FIRST;
        for n_left in (0..TRIES_MAX).rev() {
            let Err(why) = way.tell(&notice).await else { break };
            let to = way.name();
            if n_left == 0 {
                tracing::error!(to, why, "an alarm could not be told, and is given up");
                break;
            }
            tracing::warn!(to, why, "an alarm could not be told yet");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        let _ = done.send(notice).await;
    }
}

impl Way {
    fn name(&self) -> &'static str {
        match self {
            Way::Post(..) => "alarms.url",
            Way::Run(_) => "alarms.command",
        }
    }

    /// Tells it once.
    async fn tell(&self, notice: &Notice) -> Result<(), String> {
        match self {
            Way::Post(sender, url) => post(sender, url, notice).await,
            Way::Run(words) => {
                let run = tokio::time::timeout(TOLD_WITHIN, run(words, notice.letter()));
                run.await
                    .unwrap_or_else(|_| Err(format!("it took longer than {TOLD_WITHIN:?}, and was killed")))
            }
        }
    }
}

async fn post(sender: &Sender, url: &Secret, notice: &Notice) -> Result<(), String> {
    let request = Request {
        // Not a carrier's at all: of this word only that it is no placement matters here.
        operation: Operation::Command,
        method: http::Method::POST,
        url: url.expose().to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: notice.json().to_string().into_bytes(),
    };
    match sender.send(&request, TOLD_WITHIN).await {
        Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
        Ok(reply) => Err(format!("it answered {}", reply.status)),
        Err(error) => Err(error.to_string()),
    }
}

/// Runs the program. It dies with this future.
async fn run(words: &[String], letter: String) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that doesn't read its input may do all the same what it is for.
        let _ = stdin.write_all(letter.as_bytes()).await;
    }
    let status = child.wait().await.map_err(|error| format!("cannot wait for {program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}")) }
}

/// So long may one try take.
const TOLD_WITHIN: Duration = Duration::from_secs(30);
/// The first pause after a failure; each is twice the one before, up to the longest.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// An hour, more or less: what could not be told by then is in the log, the metrics and the health.
const TRIES_MAX: u32 = 65;
