//! What was said and pressed on calls that live, where not all of it may be kept ([`redaction`]). The agents of
//! these calls work with it, and whoever asked a question gets its answer whole; nobody else sees it, and it is
//! gone with the process, or soon after the call.
//!
//! [`redaction`]: call::redaction

use call::redaction::Before;
use call::{Call, CallId, Event, News, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Kept, KeptEvent};

/// What isn't kept, by calls. All clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unredacted(Arc<Mutex<Heard>>);

/// What was heard on each call.
pub(crate) type Heard = HashMap<CallId, Whole>;

/// A call as it would be had all been kept.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) call: Call,
    /// How many events made it what it is: it is the one on disk.
    pub(crate) version: u64,
    /// The news of which not all is kept, by their places in the log.
    pub(crate) news: BTreeMap<u64, News>,
    pub(crate) before: Before,
    /// When it is forgotten; a call that lives isn't.
    until: Option<Timestamp>,
}

impl Whole {
    /// A call that was read, of which all is kept so far.
    pub(crate) fn new(kept: &Kept) -> Whole {
        let (call, version) = (kept.call.clone(), kept.version);
        Whole { call, version, news: BTreeMap::new(), before: Before::default(), until: None }
    }

    /// It moved by an event that is kept as `kept`.
    pub(crate) fn move_on(&mut self, call: &Call, event: &Event, kept: &Event) {
        self.version += 1;
        self.call = call.clone();
        if kept.news != event.news {
            self.news.insert(self.version, event.news.clone());
        }
        self.until = call.state.is_ended().then(|| event.at + REMEMBERED);
    }

    /// The call that was read, whole if it is this one as far as it came.
    pub(crate) fn of(&self, kept: Kept) -> Kept {
        let is_it = self.version == kept.version;
        if is_it { Kept { call: self.call.clone(), ..kept } } else { kept }
    }

    /// Whether it is no other than what is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.news.is_empty() && self.before.is_nothing()
    }
}

impl Unredacted {
    /// What is known of these calls from now on; what was known of calls that are long over is gone.
    pub(crate) fn note(&self, heard: Heard, now: Timestamp) {
        let mut known = self.lock();
        known.extend(heard);
        known.retain(|_, whole| whole.until.is_none_or(|until| now < until) && !whole.is_kept());
    }

    /// What is known of a call.
    pub(crate) fn get(&self, call: CallId) -> Option<Whole> {
        self.lock().get(&call).cloned()
    }

    /// The call whole, where it is known so.
    pub(crate) fn whole(&self, kept: Kept) -> Kept {
        match self.lock().get(&kept.call.facts.id) {
            Some(whole) => whole.of(kept),
            None => kept,
        }
    }

    /// The lines of a call's log whole, where they are known so.
    pub(crate) fn whole_log(&self, call: CallId, log: &mut [KeptEvent]) {
        if let Some(whole) = self.lock().get(&call) {
            for line in log {
                if let Some(news) = whole.news.get(&line.version) {
                    line.event.news.clone_from(news);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        // What a panic elsewhere left behind is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So long after a call is over whoever asked something on it may still come for the answer.
const REMEMBERED: Duration = Duration::from_secs(60);
