//! Tells somebody of alarms, also at night: posts each to a page, runs a command for each, or both.
//! Calls never wait for any of it.

mod notice;
mod sinks;
mod watch;

use self::notice::{Key, Notice, State};
use self::sinks::{Sink, Way};
use self::watch::Watch;
use super::beside;
use crate::config::settings::Alarms;
use call::Timestamp;
use carrier::send::Sender;
use engine::Calls;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::watch::Receiver;

/// Watches over what is amiss for as long as the process lives, and tells it where anybody wants to be
/// told. `wanted` says who that is, also after a reload.
pub(super) fn watch(calls: &Calls, wanted: Receiver<Alarms>, file: PathBuf, sender: Sender, gateway: &str) {
    let (done, told) = mpsc::channel(NOTICES_MAX);
    let known = read(&file);
    let watch = Watch::new(wanted.borrow().after, known.clone(), calls.now());
    let post = Post { sinks: Vec::new(), known, file, under_way: BTreeMap::new(), sender, done };
    tokio::spawn(run(calls.clone(), watch, post, told, wanted, gateway.to_owned()));
}

async fn run(
    calls: Calls,
    mut watch: Watch,
    mut post: Post,
    mut told: mpsc::Receiver<Notice>,
    mut wanted: Receiver<Alarms>,
    gateway: String,
) {
    post.tell_these(&wanted.borrow_and_update());
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = tick.tick(), if !post.sinks.is_empty() => {
                for notice in watch.look(calls.alarms(), calls.now(), &gateway) {
                    post.hand_out(notice);
                }
            }
            Some(notice) = told.recv() => post.told(&notice),
            Ok(()) = wanted.changed() => {
                let wanted = wanted.borrow_and_update();
                watch.set_after(wanted.after);
                post.tell_these(&wanted);
            }
        }
    }
}

/// Who is told, and of what they were told.
struct Post {
    sinks: Vec<Sink>,
    /// The alarms that were told and not cleared yet, as the file has them.
    known: BTreeMap<Key, Timestamp>,
    file: PathBuf,
    /// How many have not been told yet.
    under_way: BTreeMap<(Key, State), usize>,
    sender: Sender,
    /// Hears of each notice that was told, or given up.
    done: mpsc::Sender<Notice>,
}

impl Post {
    /// Has these told from now on. What waits for those before is still told to them.
    fn tell_these(&mut self, wanted: &Alarms) {
        let post = wanted.url.clone().map(|url| Way::Post(Box::new(self.sender.clone()), url));
        let run = (!wanted.command.is_empty()).then(|| Way::Run(wanted.command.clone()));
        let ways = post.into_iter().chain(run);
        self.sinks = ways.map(|way| Sink::start(way, self.done.clone())).collect();
    }

    fn hand_out(&mut self, notice: Notice) {
        let (alarm, state) = (notice.key.to_string(), notice.state.word());
        match notice.state {
            State::Raised => tracing::error!(alarm, text = notice.text(), "an alarm was raised"),
            State::Cleared => tracing::info!(alarm, "an alarm was cleared"),
        }
        let n_taken = self.sinks.iter().filter(|sink| sink.take(notice.clone())).count();
        if n_taken < self.sinks.len() {
            tracing::warn!(alarm, state, "too many alarms wait to be told; this one is dropped");
        }
        self.under_way.insert((notice.key, notice.state), n_taken);
    }

    /// One of them was told, or given up. What all know is remembered, so that the next start neither
    /// tells it again nor forgets to say that it is over.
    fn told(&mut self, notice: &Notice) {
        let key = (notice.key.clone(), notice.state);
        let Some(n_left) = self.under_way.get_mut(&key) else { return };
        *n_left = n_left.saturating_sub(1);
        if *n_left > 0 {
            return;
        }
        self.under_way.remove(&key);
        match notice.state {
            State::Raised => self.known.insert(notice.key.clone(), notice.since),
            State::Cleared => self.known.remove(&notice.key),
        };
        if let Err(error) = write(&self.file, &self.known) {
            tracing::warn!(file = %self.file.display(), %error, "cannot remember which alarms were told");
        }
    }
}

/// Of which alarms somebody was told before the last end. A file that can't be read is none: an alarm
/// told twice is better than one untold.
fn read(file: &Path) -> BTreeMap<Key, Timestamp> {
    let text = beside::read(file).ok().flatten().unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (since, key) = line.split_once(' ')?;
            Some((key.parse().ok()?, Timestamp(since.parse().ok()?)))
        })
        .collect()
}

/// Writes a line for each: since when, in Unix milliseconds, and what.
fn write(file: &Path, known: &BTreeMap<Key, Timestamp>) -> std::io::Result<()> {
    let lines: String = known.iter().map(|(key, since)| format!("{} {key}\n", since.as_millis())).collect();
    beside::keep(file, &lines)
}

/// How often it is looked whether something is amiss.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many notices may wait for one who can't be told: more than there are kinds and carriers.
const NOTICES_MAX: usize = 64;
