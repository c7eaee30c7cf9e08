//! Tells others of calls, by webhooks of our own: whoever the configuration names is posted each thing
//! that they want to know, in the order in which it happened, until they take it.
//!
//! The log of calls is the queue: of each who is told, only the place in it is remembered. What is told
//! twice, since the process died in between, has the same id both times.

mod kind;
mod ledger;
mod plan;
mod seal;
mod teller;

pub(crate) use ledger::{Aside, Standing};

use self::ledger::Ledger;
use self::teller::Teller;
use crate::config::settings::{ConfiguredNotices, NoticeKind as Kind};
use carrier::send::Sender;
use engine::Calls;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// What the pages see of it. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Notices {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: Ledger,
    told: Mutex<BTreeMap<String, Told>>,
}

/// One who is told.
struct Told {
    tells: Vec<Kind>,
    trying: Arc<Mutex<Option<Trying>>>,
    replay: mpsc::Sender<Option<u64>>,
    task: JoinHandle<()>,
}

/// A notice that was not taken yet.
#[derive(Clone, Debug)]
pub(crate) struct Trying {
    /// Of what it tells.
    pub(crate) kind: Kind,
    /// Of which call.
    pub(crate) call: String,
    /// How often it was sent.
    pub(crate) n_tries: u32,
    /// When it was sent first, and when it is sent again, in Unix milliseconds.
    pub(crate) since: i64,
    /// When it is sent again.
    pub(crate) next_at: i64,
    /// Why it was not taken.
    pub(crate) why: String,
}

/// How one stands who is told.
pub(crate) struct View {
    /// Their name in the configuration.
    pub(crate) name: String,
    /// What they want to know.
    pub(crate) tells: Vec<Kind>,
    /// What is remembered of them.
    pub(crate) standing: Standing,
    /// What they were not told yet, though it was tried.
    pub(crate) trying: Option<Trying>,
}

impl Notices {
    /// Tells those who are wanted, also after a reload, for as long as the process lives.
    pub(crate) fn start(
        calls: Calls,
        wanted: watch::Receiver<BTreeMap<String, ConfiguredNotices>>,
        file: PathBuf,
        sender: Sender,
    ) -> Notices {
        let inner = Inner { ledger: Ledger::open(file), told: Mutex::new(BTreeMap::new()) };
        let notices = Notices { inner: Arc::new(inner) };
        tokio::spawn(notices.clone().run(calls, wanted, sender));
        notices
    }

    async fn run(
        self,
        calls: Calls,
        mut wanted: watch::Receiver<BTreeMap<String, ConfiguredNotices>>,
        sender: Sender,
    ) {
        loop {
            let these = wanted.borrow_and_update().clone();
            self.tell_these(these, &calls, &sender);
            if wanted.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    fn tell_these(&self, these: BTreeMap<String, ConfiguredNotices>, calls: &Calls, sender: &Sender) {
        // What is cut off in the middle is told again, with the same id.
        std::mem::take(&mut *self.held()).into_values().for_each(|told| told.task.abort());
        self.inner.ledger.retain(&these.keys().map(String::as_str).collect::<Vec<_>>());
        for (name, wanted) in these {
            let (replay, asked) = mpsc::channel(REPLAYS_MAX);
            let trying = Arc::default();
            let tells = wanted.tells.clone();
            let teller = Teller {
                name: name.clone(),
                wanted,
                calls: calls.clone(),
                sender: sender.clone(),
                notices: self.clone(),
                trying: Arc::clone(&trying),
                asked,
            };
            let task = tokio::spawn(teller.run());
            self.held().insert(name, Told { tells, trying, replay, task });
        }
    }

    /// How everybody stands who is told.
    pub(crate) fn list(&self) -> Vec<View> {
        let told = self.held();
        let view = |(name, told): (&String, &Told)| View {
            name: name.clone(),
            tells: told.tells.clone(),
            standing: self.inner.ledger.of(name).unwrap_or_default(),
            trying: told.trying.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        told.iter().map(view).collect()
    }

    /// Has them told again now: what was put aside, all of it or that of one place, and what waits. `false`
    /// if nobody of this name is told.
    pub(crate) fn replay(&self, name: &str, place: Option<u64>) -> bool {
        let told = self.held();
        let Some(told) = told.get(name) else { return false };
        // Where so many wait to be told again already, this is among them or can be asked for again.
        let _ = told.replay.try_send(place);
        true
    }

    /// Who has been told nothing for a while, and why, for the health.
    pub(crate) fn untold(&self, now: i64) -> Vec<String> {
        let mut notes = Vec::new();
        for View { name, standing, trying, .. } in self.list() {
            if standing.gone_at.is_some() {
                notes.push(format!(
                    "notices to {name} stopped: it answered 410, that it wants none; if it does, run 'offhook notices replay {name}'"
                ));
            } else if let Some(Trying { since, why, .. }) = trying.filter(|one| now - one.since >= UNTOLD_MS)
            {
                let minutes = (now - since) / 60_000;
                notes.push(format!("notices to {name} are not taken for {minutes} min: {why}"));
            }
            if !standing.aside.is_empty() {
                let n_aside = standing.aside.len();
                notes.push(format!(
                    "{n_aside} notices to {name} were given up; see 'offhook notices', and 'offhook notices replay {name}'"
                ));
            }
        }
        notes
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Told>> {
        self.inner.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many times one may be asked to be told again before the first is done.
const REPLAYS_MAX: usize = 8;
/// How long somebody may be told nothing before the health says so.
const UNTOLD_MS: i64 = 60_000;
