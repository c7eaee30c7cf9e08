//! What somebody should know: carriers that can't be asked, calls that can't be ended, a store
//! that can't be written. Kept in memory: after a start the first looks tell it anew.

use crate::heard::Heard;
use call::call::{Found, HangUpReply, News, Sighting, Unknown, UnknownWhy};
use call::{Call, CallId, CarrierName};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What somebody should know.
#[derive(Debug, Default)]
pub struct Health {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    ready: bool,
    store: Option<String>,
    notice: Option<String>,
    unseen: BTreeMap<CallId, (CarrierName, UnknownWhy, String)>,
    alarms: BTreeMap<CallId, String>,
}

/// How the gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether what is heard can be put on disk.
    pub ready: bool,
    /// What is amiss, in words; empty if nothing is.
    pub reasons: Vec<String>,
}

impl Health {
    /// How the gateway is.
    pub fn report(&self) -> Report {
        let inner = self.lock();
        let mut reasons = Vec::new();
        reasons.extend(inner.store.clone());
        reasons.extend(inner.notice.clone());
        let mut groups: BTreeMap<(&CarrierName, UnknownWhy), (usize, &str)> = BTreeMap::new();
        for (carrier, why, detail) in inner.unseen.values() {
            groups.entry((carrier, *why)).or_insert((0, detail)).0 += 1;
        }
        for ((carrier, why), (n_calls, detail)) in groups {
            let calls = if n_calls == 1 { "call" } else { "calls" };
            reasons.push(format!(
                "{n_calls} {calls} at {carrier} cannot be verified: {} ({detail}); kept, and asked about again",
                why.word()
            ));
        }
        reasons.extend(inner.alarms.iter().map(|(call, alarm)| format!("{call}: {alarm}")));
        Report { ready: inner.ready && inner.store.is_none(), reasons }
    }

    /// The start is done: what is heard goes to disk.
    pub(crate) fn set_ready(&self) {
        self.lock().ready = true;
    }

    /// The store failed, or works again.
    pub(crate) fn set_store(&self, failure: Option<String>) {
        self.lock().store = failure;
    }

    /// Something that stays true until the next start.
    pub(crate) fn set_notice(&self, notice: Option<String>) {
        self.lock().notice = notice;
    }

    /// Notes what an errand came back with, and how its call stands after it.
    pub(crate) fn note(&self, heard: &Heard, call: &Call) {
        let id = call.facts.id;
        let mut inner = self.lock();
        match told(heard) {
            Some(Some(unknown)) if !call.state.is_ended() || !call.strays.is_empty() => {
                let seen = (call.facts.carrier.clone(), unknown.why, unknown.detail.clone());
                inner.unseen.insert(id, seen);
            }
            Some(_) => {
                inner.unseen.remove(&id);
            }
            None => {}
        }
        match call.alarm() {
            Some(alarm) => inner.alarms.insert(id, alarm),
            None => inner.alarms.remove(&id),
        };
    }

    /// The call is over: nothing more is owed to it.
    pub(crate) fn forget(&self, call: CallId) {
        let mut inner = self.lock();
        inner.unseen.remove(&call);
        inner.alarms.remove(&call);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether the carrier told something: `None` if this was no answer of a carrier.
fn told(heard: &Heard) -> Option<Option<&Unknown>> {
    match heard {
        Heard::Candidates { .. } => Some(None),
        Heard::News { news, .. } => match news {
            News::Sighted { sighting: Sighting::Unknown(unknown), .. }
            | News::HangUpReplied { reply: HangUpReply::Failed(unknown), .. }
            | News::Found(Found::Unknown(unknown)) => Some(Some(unknown)),
            News::Sighted { .. } | News::Found(_) => Some(None),
            _ => None,
        },
        _ => None,
    }
}
