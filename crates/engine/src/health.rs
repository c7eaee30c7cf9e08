//! What somebody should know: carriers that can't be asked, calls that can't be ended, a store
//! that can't be written. Kept in memory: after a start the first looks tell it anew.

mod alarm;

pub use alarm::{Alarm, AlarmKind};

use crate::heard::Heard;
use crate::orphan::Stranger;
use call::call::{Found, HangUpReply, News, Sighting, Unknown, UnknownWhy};
use call::number::without_numbers;
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
    /// Why the configuration that is written isn't the one in force.
    configuration: Option<String>,
    /// What of the store can't be read; true until the next start.
    damage: Option<String>,
    unseen: BTreeMap<CallId, (CarrierName, UnknownWhy, String)>,
    alarms: BTreeMap<CallId, String>,
    /// Carriers that did not accept our credentials, in their words.
    locked_out: BTreeMap<CarrierName, String>,
    /// How far carriers' clocks are ahead of ours, where that matters, in seconds.
    skewed: BTreeMap<CarrierName, i64>,
    /// What the last sweep of each carrier found that isn't in the store and is left alone.
    strangers: BTreeMap<CarrierName, Vec<Stranger>>,
    /// Calls that were taken into the store because a carrier had them, since the start.
    orphans: Vec<CallId>,
}

/// How the gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether what is heard can be put on disk.
    pub ready: bool,
    /// What is amiss, in words; empty if nothing is.
    pub reasons: Vec<String>,
    /// What is worth knowing, and nothing is amiss for it.
    pub notes: Vec<String>,
}

impl Health {
    /// How the gateway is.
    pub fn report(&self) -> Report {
        let inner = self.lock();
        let reasons = inner.alarms().into_iter().flat_map(|alarm| alarm.texts).collect();
        Report { ready: inner.ready && inner.store.is_none(), reasons, notes: inner.notes() }
    }

    /// What somebody should know of now.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.lock().alarms()
    }

    /// How many calls of each carrier could not be asked about the last time, by why.
    pub(crate) fn unknown_calls(&self) -> BTreeMap<(CarrierName, UnknownWhy), u64> {
        let mut calls = BTreeMap::new();
        for (carrier, why, _) in self.lock().unseen.values() {
            *calls.entry((carrier.clone(), *why)).or_default() += 1;
        }
        calls
    }

    /// The start is done: what is heard goes to disk.
    pub(crate) fn set_ready(&self) {
        self.lock().ready = true;
    }

    /// The store failed, or works again.
    pub(crate) fn set_store(&self, failure: Option<String>) {
        self.lock().store = failure;
    }

    /// Whether the store failed when it was last written.
    pub(crate) fn store_failed(&self) -> bool {
        self.lock().store.is_some()
    }

    /// A part of the store can't be read.
    pub(crate) fn set_damage(&self, damage: String) {
        let mut inner = self.lock();
        if inner.damage.is_none() {
            tracing::error!(damage, "a part of the store can't be read; no new call is placed");
        }
        inner.damage.get_or_insert(damage);
    }

    /// What of the store can't be read, if anything.
    pub(crate) fn damage(&self) -> Option<String> {
        self.lock().damage.clone()
    }

    /// Something that stays true until the next start.
    pub(crate) fn set_notice(&self, notice: Option<String>) {
        self.lock().notice = notice;
    }

    /// A configuration that was to be reloaded was refused, for this reason, or one was taken.
    pub(crate) fn set_configuration(&self, refused: Option<String>) {
        self.lock().configuration = refused;
    }

    /// Credentials were set anew: whether a carrier accepts them is to be learnt again.
    pub(crate) fn forget_credentials(&self) {
        self.lock().locked_out.clear();
    }

    /// Whether there is such a thing.
    pub(crate) fn has_notice(&self) -> bool {
        self.lock().notice.is_some()
    }

    /// Notes what an errand came back with, and how its call stands after it.
    pub(crate) fn note(&self, heard: &Heard, call: &Call) {
        let id = call.facts.id;
        let mut inner = self.lock();
        match told(heard) {
            Some(Some(unknown)) if !call.state.is_ended() || !call.strays.is_empty() => {
                let seen = (call.facts.carrier.clone(), unknown.why, unknown.detail.clone());
                let known =
                    inner.unseen.values().any(|(carrier, why, _)| (carrier, *why) == (&seen.0, seen.1));
                if !known {
                    let (carrier, why, detail) = (&seen.0, seen.1.word(), &seen.2);
                    tracing::warn!(%carrier, why, detail, "a carrier cannot be asked how calls stand; they are kept");
                }
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

    /// Notes whether the carrier that was asked accepts our credentials. A call that it refused may
    /// be on its way to another one by the time that the refusal is on disk.
    pub(crate) fn note_credentials(&self, heard: &Heard, asked: &CarrierName) {
        self.lock().note_credentials(heard, asked);
    }

    /// Notes how far a carrier's clock is ahead of ours, in milliseconds.
    pub(crate) fn note_skew(&self, carrier: &CarrierName, ahead_ms: i64) {
        let mut inner = self.lock();
        if ahead_ms.unsigned_abs() < SKEW_TOLD_MS {
            inner.skewed.remove(carrier);
        } else if inner.skewed.insert(carrier.clone(), ahead_ms / 1_000).is_none() {
            tracing::warn!(%carrier, ahead_ms, "this machine's clock and the carrier's differ; have it set by NTP");
        }
    }

    /// What a sweep found at a carrier that is left alone.
    pub(crate) fn set_strangers(&self, carrier: &CarrierName, strangers: Vec<Stranger>) {
        let mut inner = self.lock();
        let known = inner.strangers.insert(carrier.clone(), strangers).unwrap_or_default();
        let now = inner.strangers.get(carrier).map(Vec::as_slice).unwrap_or_default();
        for stranger in now.iter().filter(|one| !known.iter().any(|known| known.leg == one.leg)) {
            let leg = &stranger.leg;
            tracing::info!(%carrier, %leg, "a live call is not known to be ours; it is left alone");
        }
    }

    /// What the last sweeps found that is left alone.
    pub(crate) fn strangers(&self) -> BTreeMap<CarrierName, Vec<Stranger>> {
        self.lock().strangers.clone()
    }

    /// A live call was taken into the store.
    pub(crate) fn note_orphan(&self, call: CallId) {
        let mut inner = self.lock();
        if inner.orphans.len() < ORPHANS_TOLD && !inner.orphans.contains(&call) {
            inner.orphans.push(call);
        }
    }

    /// The live calls that were taken into the store since the start.
    pub(crate) fn orphans(&self) -> Vec<CallId> {
        self.lock().orphans.clone()
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

impl Inner {
    /// Notes whether a carrier accepts our credentials.
    fn note_credentials(&mut self, heard: &Heard, carrier: &CarrierName) {
        let seen = match heard {
            Heard::News { news: News::PlaceRefused { code, reason }, .. }
                if LOCKED_OUT.contains(&code.as_str()) =>
            {
                tracing::warn!(%carrier, code, "a carrier does not accept our credentials; no call can be made there");
                self.locked_out.insert(carrier.clone(), without_numbers(reason));
                return;
            }
            Heard::News { news: News::Placed { .. }, .. } => true,
            Heard::News { news: News::Sighted { sighting, .. }, .. } => is_known(sighting),
            Heard::Seen { seen, .. } => is_known(&seen.sighting),
            _ => false,
        };
        if seen {
            self.locked_out.remove(carrier);
        }
    }
}

/// The codes by which carriers refuse credentials: HTTP's, Twilio's 20003
/// (<https://www.twilio.com/docs/api/errors/20003>), and Telnyx's 10009
/// (<https://developers.telnyx.com/docs/overview/errors/>).
const LOCKED_OUT: [&str; 3] = ["401", "20003", "10009"];

/// So many calls that were taken in are told.
const ORPHANS_TOLD: usize = 1_000;

/// So far may a carrier's clock be from ours without a word, in milliseconds.
const SKEW_TOLD_MS: u64 = 60_000;

/// Whether the carrier let us see how a call stands.
fn is_known(sighting: &Sighting) -> bool {
    matches!(sighting, Sighting::Live { .. } | Sighting::Over(_))
}

/// Whether the carrier told something: `None` if this was no answer of a carrier.
fn told(heard: &Heard) -> Option<Option<&Unknown>> {
    match heard {
        Heard::Candidates { .. } => Some(None),
        Heard::Seen { seen, .. } => match &seen.sighting {
            Sighting::Unknown(unknown) => Some(Some(unknown)),
            Sighting::Live { .. } | Sighting::Over(_) => Some(None),
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_differs_is_told_until_it_is_mended() {
        let (health, telnyx) = (Health::default(), CarrierName("telnyx".to_owned()));
        health.note_skew(&telnyx, 3_000);
        assert_eq!(health.report().reasons, Vec::<String>::new());
        health.note_skew(&telnyx, -400_000);
        let reasons = health.report().reasons;
        assert!(reasons[0].starts_with("this machine's clock is 400 s ahead of telnyx's"), "{reasons:?}");
        health.note_skew(&telnyx, 0);
        assert_eq!(health.report().reasons, Vec::<String>::new());
    }
}
