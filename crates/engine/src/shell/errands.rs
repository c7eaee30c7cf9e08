//! Errands on the wire: bounded parallel, each result heard by the crank.

use super::lane::Live;
use super::wire::{LIST_FROM, Wire};
use super::{Ear, Errands, TurnFailed};
use crate::driver::Owed;
use crate::errand::Errand;
use crate::heard::Heard;
use crate::metrics::Metrics;
use call::call::{Effect, Unknown};
use call::{Call, CallState, CarrierName};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

/// Everything that errands need.
pub(crate) struct Runner {
    pub(crate) wire: Wire,
    pub(crate) ear: Ear,
    pub(crate) metrics: Arc<Metrics>,
    /// How many errands were taken and not done yet.
    pub(crate) under_way: AtomicUsize,
    /// Rings when there is room for more.
    pub(crate) room: Notify,
    /// Where what carriers recorded is fetched from and deleted.
    pub(crate) recordings: mpsc::Sender<Owed>,
}

/// Runs what is owed until nobody owes any more.
pub(crate) async fn run(runner: Arc<Runner>, mut owed: mpsc::Receiver<Errands>) {
    while let Some(Errands { owed, since }) = owed.recv().await {
        let (recordings, owed) = owed.into_iter().partition::<Vec<_>, _>(concerns_recording);
        for one in recordings {
            // What finds no place is owed still, and asked for again.
            let _ = runner.recordings.try_send(one);
        }
        runner.under_way.fetch_add(owed.len(), Ordering::Relaxed);
        let (looks, others): (Vec<Owed>, Vec<Owed>) = owed.into_iter().partition(listing_tells);
        for one in others {
            tokio::spawn(Arc::clone(&runner).perform(one, since));
        }
        for (_, group) in by_carrier(looks) {
            let listed = || {
                group
                    .first()
                    .and_then(|owed| runner.wire.lane_of(&owed.call))
                    .is_some_and(|lane| lane.has_listed())
            };
            if group.len() >= LIST_FROM || listed() {
                tokio::spawn(Arc::clone(&runner).look_at_all(group, since));
            } else {
                for one in group {
                    tokio::spawn(Arc::clone(&runner).perform(one, since));
                }
            }
        }
    }
}

impl Runner {
    /// How many more calls may be taken up.
    pub(crate) fn room(&self) -> usize {
        UNDER_WAY_MAX.saturating_sub(self.under_way.load(Ordering::Relaxed))
    }

    async fn perform(self: Arc<Self>, owed: Owed, since: Instant) {
        if let Some(errand) = Errand::new(&owed) {
            let heard = self.wire.exchange(errand, &owed.call, since).await;
            self.note(&heard, &owed.call);
            self.note_look(&heard, &owed.call);
            self.tell(heard).await;
        }
        self.done(1);
    }

    /// Notes what a carrier answered, for those who watch.
    fn note(&self, heard: &Heard, call: &Call) {
        self.wire.health.note_credentials(heard, &call.facts.carrier);
        self.metrics.note_errand(heard, &call.facts.carrier);
    }

    /// Notes what a look told, for the looks that come after it.
    fn note_look(&self, heard: &Heard, call: &Call) {
        if let Heard::Seen { seen, .. } = heard
            && let Some(lane) = self.wire.lane_of(call)
        {
            lane.note_look(&seen.sighting);
        }
    }

    fn done(&self, n_errands: usize) {
        let before = self.under_way.fetch_sub(n_errands, Ordering::Relaxed);
        if before <= UNDER_WAY_MAX / 2 {
            self.room.notify_one();
        }
    }

    /// Has the crank hear it. If the store can't be written it is tried again for a while; after
    /// that the state on disk still owes the look that tells the same.
    async fn tell(&self, heard: Heard) {
        for pause in TELL_AGAIN {
            match self.ear.hear(heard.clone()).await {
                Ok(_) => return,
                Err(TurnFailed(error)) => tracing::warn!(error, "what a carrier said is not on disk yet"),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Asks for all live calls at once. Who is on a page of the listing lives, and is told of before the next
    /// page comes; who isn't on any is asked about alone, for absence proves nothing.
    async fn look_at_all(self: Arc<Self>, mut group: Vec<Owed>, since: Instant) {
        let n_looks = group.len();
        // Calls that were made one after another stand beside one another in the store, and are
        // written with fewer pages.
        group.sort_unstable_by_key(|owed| owed.call.facts.id);
        let Some(first) = group.first().map(|owed| owed.call.clone()) else { return };
        let mut telling = JoinSet::new();
        let by_page = |page| self.tell_listed(&mut group, &Ok(page), &mut telling);
        let listing = self.wire.listing(&first, by_page).await;
        self.tell_listed(&mut group, &listing, &mut telling);
        for owed in group {
            self.under_way.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(Arc::clone(&self).perform(owed, since));
        }
        while telling.join_next().await.is_some() {}
        self.done(n_looks);
    }

    /// Takes those out of a group of whom this listing tells, and has the crank hear it.
    fn tell_listed(
        self: &Arc<Self>,
        group: &mut Vec<Owed>,
        listing: &Result<Live, Unknown>,
        telling: &mut JoinSet<()>,
    ) {
        group.retain(|owed| {
            let Some(heard) = self.wire.listed(owed, listing) else { return true };
            self.note(&heard, &owed.call);
            let runner = Arc::clone(self);
            telling.spawn(async move { runner.tell(heard).await });
            false
        });
    }
}

/// Whether it takes as long as a file does.
fn concerns_recording(owed: &Owed) -> bool {
    matches!(owed.effect, Effect::FetchRecording | Effect::DropRecording)
}

/// Whether a listing of a moment ago answers it. What was hung up since may still stand in one.
fn listing_tells(owed: &Owed) -> bool {
    matches!(owed.effect, Effect::LookUp(_)) && !matches!(owed.call.state, CallState::HangingUp(_))
}

fn by_carrier(looks: Vec<Owed>) -> BTreeMap<CarrierName, Vec<Owed>> {
    let mut groups: BTreeMap<CarrierName, Vec<Owed>> = BTreeMap::new();
    for look in looks {
        groups.entry(look.call.facts.carrier.clone()).or_default().push(look);
    }
    groups
}

/// So many errands may be taken and not done: the ticker takes no more calls up meanwhile.
const UNDER_WAY_MAX: usize = 16_384;
/// The pauses after which a result that could not be written is told again.
const TELL_AGAIN: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(9),
    Duration::from_secs(9),
];
