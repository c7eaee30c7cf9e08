//! Who asks through the API, and what is on its way to the record of it.
//!
//! What was done is put on record by the very turn that did it. All else (refusals, what no turn
//! did, when a token was last shown) waits here for at most a second and shares a turn of its own,
//! so that no request waits for a disk that it wouldn't wait for otherwise.

use crate::calls::Calls;
use crate::heard::{Answer, Heard};
use call::{CallId, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::AccessLine;
use tokio::sync::Notify;

/// Who asks, by one request.
#[derive(Debug)]
pub struct Asker {
    /// The name of the token that was shown.
    pub token: String,
    /// What is asked, in a word.
    pub verb: &'static str,
    /// What the request is called.
    pub request_id: String,
    noted: AtomicBool,
}

impl Asker {
    /// Somebody whose request nothing is on record of yet.
    pub fn new(token: String, verb: &'static str, request_id: String) -> Asker {
        Asker { token, verb, request_id, noted: AtomicBool::new(false) }
    }

    /// Whether it is on disk that this was done.
    pub fn is_noted(&self) -> bool {
        self.noted.load(Ordering::Acquire)
    }

    pub(crate) fn note(&self) {
        self.noted.store(true, Ordering::Release);
    }
}

/// What waits to be put on record.
#[derive(Default)]
pub(crate) struct Ledger {
    waiting: Mutex<Waiting>,
    any: Notify,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<AccessLine>,
    used: BTreeMap<String, Timestamp>,
    n_lost: u64,
}

impl Ledger {
    pub(crate) fn note(&self, line: AccessLine) {
        let mut waiting = self.waiting();
        if waiting.lines.len() >= LINES_MAX {
            waiting.n_lost += 1;
            return;
        }
        waiting.lines.push(line);
        self.any.notify_one();
    }

    /// Nobody is woken for this: it may wait.
    pub(crate) fn note_use(&self, token: &str, at: Timestamp) {
        let mut waiting = self.waiting();
        match waiting.used.get_mut(token) {
            Some(last) => *last = at,
            None => drop(waiting.used.insert(token.to_owned(), at)),
        }
    }

    /// Puts on record what waits.
    pub(crate) async fn write(&self, calls: &Calls) {
        let Waiting { lines, used, n_lost } = std::mem::take(&mut *self.waiting());
        if n_lost > 0 {
            tracing::warn!(n_lost, "more was refused by the API in a second than is put on record");
        }
        if lines.is_empty() && used.is_empty() {
            return;
        }
        let heard = Heard::Accessed { lines: lines.clone(), used: used.clone().into_iter().collect() };
        if let Err(error) = calls.hear(heard).await {
            tracing::warn!(%error, "cannot put on record what was asked of the API; it is tried again");
            let mut waiting = self.waiting();
            let newer = std::mem::replace(&mut waiting.lines, lines);
            waiting.lines.extend(newer);
            waiting.lines.truncate(LINES_MAX);
            for (token, at) in used {
                waiting.used.entry(token).or_insert(at);
            }
            self.any.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts on record what waits, for ever.
pub(crate) async fn run(calls: Calls) {
    loop {
        let any = calls.ledger().any.notified();
        if tokio::time::timeout(USED_WITHIN, any).await.is_ok() {
            tokio::time::sleep(WRITTEN_WITHIN).await;
        }
        calls.ledger().write(&calls).await;
    }
}

/// The call that something was done on.
pub(crate) fn call_of(answer: &Answer) -> Option<CallId> {
    match answer {
        Answer::Call(call) | Answer::Asked(call, _) => Some(call.facts.id),
        Answer::Script(_)
        | Answer::Taken(_)
        | Answer::Imported(_)
        | Answer::Listed(_)
        | Answer::Token(_)
        | Answer::Unknown(_)
        | Answer::NotOurs
        | Answer::Done
        | Answer::Refused(_) => None,
    }
}

/// The number that something was about, where no call has it.
pub(crate) fn number_of(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Unlist(number) => Some(number.to_string()),
        Heard::List { numbers, .. } => match numbers.as_slice() {
            [(number, _)] => Some(number.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// So many lines may wait.
const LINES_MAX: usize = 4_096;
/// How long a line may wait.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);
/// How long it may be unwritten that a token was shown.
const USED_WITHIN: Duration = Duration::from_secs(60);
