//! Errands on the wire: bounded parallel, each result heard by the crank.

use super::lane::Lane;
use super::{Ear, Errands, TurnFailed};
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::driver::Owed;
use crate::errand::{Errand, Purpose};
use crate::health::Health;
use crate::heard::Heard;
use call::call::{Effect, News, Sighting, Source, UnknownWhy};
use call::{Call, CallState, CarrierName, Timestamp};
use carrier::Next;
use carrier::send::Sender;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// Everything that errands need.
pub(crate) struct Runner {
    pub(crate) lanes: BTreeMap<CarrierName, Lane>,
    pub(crate) sender: Sender,
    pub(crate) send_within: Duration,
    pub(crate) ear: Ear,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) health: Arc<Health>,
    /// How many errands were taken and not done yet.
    pub(crate) under_way: AtomicUsize,
    /// Rings when there is room for more.
    pub(crate) room: Notify,
}

/// Runs what is owed until nobody owes any more.
pub(crate) async fn run(runner: Arc<Runner>, mut owed: mpsc::Receiver<Errands>) {
    while let Some(Errands { owed, since }) = owed.recv().await {
        runner.under_way.fetch_add(owed.len(), Ordering::Relaxed);
        let (looks, others): (Vec<Owed>, Vec<Owed>) = owed.into_iter().partition(listing_tells);
        for one in others {
            tokio::spawn(Arc::clone(&runner).perform(one, since));
        }
        for (_, group) in by_carrier(looks) {
            let listed =
                || group.first().and_then(|owed| runner.lane_of(&owed.call)).is_some_and(Lane::has_listed);
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
            let heard = self.exchange(errand, &owed.call, since).await;
            self.health.note_credentials(&heard, &owed.call.facts.carrier);
            self.tell(heard).await;
        }
        self.done(1);
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

    /// The lane of the carrier that carries the call, if it is still configured with the call's
    /// account.
    fn lane_of(&self, call: &Call) -> Option<&Lane> {
        let lane = self.lanes.get(&call.facts.carrier)?;
        let same = call.facts.account.is_none() || call.facts.account.as_deref() == lane.carrier().account();
        same.then_some(lane)
    }

    /// A placement leaves only while its time runs, on the wall clock and on the clock that nobody
    /// can set: a stopped process or a suspended machine rings nobody late.
    async fn exchange(&self, mut errand: Errand, call: &Call, since: Instant) -> Heard {
        let Some(lane) = self.lane_of(call) else { return errand.nobody_to_ask() };
        errand = errand.at_skew(lane.skew_ms());
        loop {
            let request = match errand.next(lane.carrier()) {
                Next::Done(heard) => return heard,
                Next::Ask(request) => request,
            };
            let sent = match errand.purpose() {
                Purpose::Place { send_by, .. } => {
                    let may_send = || {
                        crash::at(Point::PlaceUnsent);
                        self.clock.now() < *send_by && since.elapsed() < self.send_within
                    };
                    lane.place(&self.sender, &request, may_send).await
                }
                _ => lane.send(&self.sender, &request).await,
            };
            match sent {
                Ok(reply) => {
                    lane.note_skew(&reply, self.clock.now());
                    self.health.note_skew(lane.carrier().name(), lane.skew_ms());
                    errand.hear(reply);
                }
                Err(error) => return errand.failed(&error),
            }
        }
    }

    /// Asks for all live calls at once. Who is in the listing lives; who isn't is asked about alone,
    /// for absence proves nothing.
    async fn look_at_all(self: Arc<Self>, group: Vec<Owed>, since: Instant) {
        let n_looks = group.len();
        let listing = match group.first().and_then(|owed| self.lane_of(&owed.call)) {
            Some(lane) => lane.live(&self.sender).await,
            None => Ok(Arc::default()),
        };
        let (mut told, now) = (Vec::new(), self.clock.now());
        for owed in group {
            let Effect::LookUp(leg) = &owed.effect else { continue };
            let call = owed.call.facts.id;
            let sighted = |sighting| News::Sighted { leg: leg.clone(), sighting };
            match &listing {
                Ok(live) if live.get(leg).is_some_and(|seen| is_enough(&owed.call, seen, now)) => {
                    let heard =
                        Heard::News { call, source: Source::Listing, news: sighted(live[leg].clone()) };
                    self.health.note_credentials(&heard, &owed.call.facts.carrier);
                    told.push(heard);
                }
                Err(unknown) if says_it_of_all(unknown.why) => {
                    let news = sighted(Sighting::Unknown(unknown.clone()));
                    told.push(Heard::News { call, source: Source::Listing, news });
                }
                Ok(_) | Err(_) => {
                    self.under_way.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(Arc::clone(&self).perform(owed, since));
                }
            }
        }
        let telling: Vec<_> = told
            .into_iter()
            .map(|heard| {
                let runner = Arc::clone(&self);
                tokio::spawn(async move { runner.tell(heard).await })
            })
            .collect();
        for one in telling {
            let _ = one.await;
        }
        self.done(n_looks);
    }
}

/// Whether being listed says all that is to be known. Of a call that is past its time it matters
/// how far it got, and not every listing tells that.
fn is_enough(call: &Call, listed: &Sighting, now: Timestamp) -> bool {
    let Sighting::Live { progress, .. } = listed else { return true };
    let in_time = call.state.deadline().is_none_or(|deadline| now < deadline);
    in_time || call.state.progress().is_none_or(|known| *progress >= known)
}

/// Whether a failed listing would fail for each call as well: to ask on would only add load.
fn says_it_of_all(why: UnknownWhy) -> bool {
    matches!(why, UnknownWhy::Unauthorized | UnknownWhy::RateLimited | UnknownWhy::Unreachable)
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

/// From so many looks at once on, a listing (one request a state and page) is cheaper. Fewer share
/// what was listed a moment ago.
const LIST_FROM: usize = 32;
/// So many errands may be taken and not done: the ticker takes no more calls up meanwhile.
const UNDER_WAY_MAX: usize = 4_096;
/// The pauses after which a result that could not be written is told again.
const TELL_AGAIN: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(9),
    Duration::from_secs(9),
];
