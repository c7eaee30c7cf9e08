//! The way to one carrier: how many requests may be on it, how its clock differs from ours, and
//! what it listed a moment ago.

use super::turnstile::Turnstile;
use call::call::{Sighting, Unknown, UnknownWhy};
use call::{CarrierCallId, Timestamp};
use carrier::roles::EXCHANGE_MAX;
use carrier::send::Sender;
use carrier::{Candidate, Carrier, Next, Operation, Reply, Request, SendError};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Semaphore, watch};

/// A carrier, and how it is asked.
pub struct Line {
    /// The carrier.
    pub carrier: Arc<dyn Carrier>,
    /// How long its reply may take.
    pub request_timeout: Duration,
}

/// The way to one carrier.
pub(crate) struct Lane {
    carrier: Arc<dyn Carrier>,
    request_timeout: Duration,
    places: Arc<Semaphore>,
    turnstile: Option<Arc<Turnstile>>,
    /// How far the carrier's clock is ahead of ours, by its last reply; none yet is 0.
    skew_ms: AtomicI64,
    /// The last listing of its live calls. Who waits for the lock shares what is being listed.
    listing: Mutex<Option<Listing>>,
    /// What the one that is being made has told so far, page by page.
    pages: watch::Sender<Vec<Live>>,
    /// How many looks in a row were one too many.
    refused: AtomicUsize,
}

/// Who lives at a carrier, by a listing.
pub(crate) type Live = Arc<BTreeMap<CarrierCallId, Sighting>>;

/// What a carrier listed, when it had done so, and for how long that is as good as a new listing.
struct Listing {
    at: Instant,
    live: Result<Live, Unknown>,
    fresh: Duration,
}

impl Listing {
    fn new(live: Result<Live, Unknown>, fresh: Duration) -> Listing {
        Listing { at: Instant::now(), live, fresh }
    }

    fn is_fresh(&self) -> bool {
        self.at.elapsed() < self.fresh
    }

    fn is_refused(&self) -> bool {
        matches!(&self.live, Err(unknown) if unknown.why == UnknownWhy::RateLimited)
    }
}

/// How long a carrier that was asked too often isn't asked again: twice as long as the last time, if
/// that was just now.
fn left_alone(last: Option<&Listing>) -> Duration {
    match last {
        Some(last) if last.is_refused() && last.at.elapsed() < last.fresh * 3 => {
            (last.fresh * 2).min(LEFT_ALONE_MAX)
        }
        Some(_) | None => LISTING_FRESH,
    }
}

impl Lane {
    /// The lane of a carrier.
    pub(crate) fn of(line: Line) -> Lane {
        let Line { carrier, request_timeout } = line;
        let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
        let turnstile = carrier.pace().map(|pace| Arc::new(Turnstile::new(pace)));
        let (skew_ms, listing, refused) = (AtomicI64::new(0), Mutex::new(None), AtomicUsize::new(0));
        let pages = watch::Sender::default();
        Lane { carrier, request_timeout, places, turnstile, skew_ms, listing, pages, refused }
    }

    /// The lane of a carrier that is configured anew: what is on its way over the old one still
    /// counts, and what was listed by the old credentials doesn't.
    pub(crate) fn renewed(&self, line: Line) -> Lane {
        let fresh = Lane::of(line);
        Lane {
            places: Arc::clone(&self.places),
            turnstile: fresh.turnstile.map(|new| self.turnstile.clone().unwrap_or(new)),
            skew_ms: AtomicI64::new(self.skew_ms()),
            ..fresh
        }
    }

    /// The carrier at its end.
    pub(crate) fn carrier(&self) -> &Arc<dyn Carrier> {
        &self.carrier
    }

    /// How far the carrier's clock is ahead of ours, in milliseconds.
    pub(crate) fn skew_ms(&self) -> i64 {
        self.skew_ms.load(Ordering::Relaxed)
    }

    /// Notes how far the carrier's clock is from ours. Its `Date` has whole seconds, and a reply
    /// takes its time: less than that says nothing.
    pub(crate) fn note_skew(&self, reply: &Reply, now: Timestamp) {
        let Some(date) = reply.date() else { return };
        let skew = date.0 - now.0;
        let heeded = if skew.unsigned_abs() > SKEW_HEEDED_MS { skew } else { 0 };
        self.skew_ms.store(heeded, Ordering::Relaxed);
    }

    /// Sends a request, when it is its turn.
    pub(crate) async fn send(&self, sender: &Sender, request: &Request) -> Result<Reply, SendError> {
        let urgent = matches!(request.operation, Operation::HangUp | Operation::Command);
        let place = self.places.acquire();
        let _place = match &self.turnstile {
            Some(turnstile) => turnstile.pass(urgent, place).await,
            None => place.await,
        };
        sender.send(request, self.request_timeout).await
    }

    /// Sends a placement, when it is its turn, if it still may leave then.
    pub(crate) async fn place(
        &self,
        sender: &Sender,
        request: &Request,
        may_send: impl Fn() -> bool + Send,
    ) -> Result<Reply, SendError> {
        let _place = self.places.acquire().await;
        sender.place(request, self.request_timeout, may_send).await
    }

    /// All calls that live at the carrier, and before that each page that tells some of them.
    pub(crate) async fn live(
        &self,
        sender: &Sender,
        mut by_page: impl FnMut(Live) + Send,
    ) -> Result<Live, Unknown> {
        let mut pages = self.pages.subscribe();
        let mut n_read = 0;
        let mut all = pin!(self.all_live(sender));
        loop {
            let fresh: Vec<Live> = pages.borrow_and_update().iter().skip(n_read).cloned().collect();
            n_read += fresh.len();
            fresh.into_iter().for_each(&mut by_page);
            tokio::select! {
                all = &mut all => return all,
                _ = pages.changed() => {}
            }
        }
    }

    /// A listing of a moment ago is as good as a new one: who is in it lived then, and what isn't in it
    /// must be asked about alone anyway.
    async fn all_live(&self, sender: &Sender) -> Result<Live, Unknown> {
        let mut last = self.listing.lock().await;
        if let Some(listing) = last.as_ref().filter(|listing| listing.is_fresh()) {
            return listing.live.clone();
        }
        let live = self.list(sender).await.map(Arc::new);
        self.pages.send_replace(Vec::new());
        *last = Some(Listing::new(live.clone(), LISTING_FRESH));
        live
    }

    /// Notes what a look at one call told. When several in a row were one too many, that is true of all:
    /// the looks of the next moments share it and aren't sent, as if a listing had been refused. One
    /// alone says nothing of the others.
    pub(crate) fn note_look(&self, sighting: &Sighting) {
        let unknown = match sighting {
            Sighting::Unknown(unknown) if unknown.why == UnknownWhy::RateLimited => unknown,
            Sighting::Unknown(_) | Sighting::Live { .. } | Sighting::Over(_) => {
                return self.refused.store(0, Ordering::Relaxed);
            }
        };
        if self.refused.fetch_add(1, Ordering::Relaxed) + 1 < REFUSED_IN_A_ROW {
            return;
        }
        let Ok(mut last) = self.listing.try_lock() else { return };
        // Looks that left together come back together.
        if !last.as_ref().is_some_and(|listing| listing.is_fresh() && listing.is_refused()) {
            let fresh = left_alone(last.as_ref());
            *last = Some(Listing::new(Err(unknown.clone()), fresh));
        }
    }

    /// Whether there is a listing of a moment ago, or one is being made.
    pub(crate) fn has_listed(&self) -> bool {
        match self.listing.try_lock() {
            Ok(last) => last.as_ref().is_some_and(Listing::is_fresh),
            Err(_) => true,
        }
    }

    async fn list(&self, sender: &Sender) -> Result<BTreeMap<CarrierCallId, Sighting>, Unknown> {
        let mut replies = Vec::new();
        loop {
            match self.carrier.list_live(&replies) {
                Next::Done(listed) => {
                    let listed = listed?;
                    return Ok(by_leg(listed));
                }
                // Too many to list: each is asked about alone.
                Next::Ask(_) if replies.len() >= EXCHANGE_MAX => return Ok(BTreeMap::new()),
                Next::Ask(request) => match self.send(sender, &request).await {
                    Ok(reply) => {
                        let page = Arc::new(by_leg(self.carrier.page_of_live(&reply)));
                        self.pages.send_modify(|pages| pages.push(page));
                        replies.push(reply);
                    }
                    Err(error) => return Err(error.unknown()),
                },
            }
        }
    }
}

fn by_leg(listed: Vec<Candidate>) -> BTreeMap<CarrierCallId, Sighting> {
    listed.into_iter().map(|one| (one.leg, one.sighting)).collect()
}

/// So many requests may be in flight to one carrier.
const IN_FLIGHT_MAX: usize = 64;
/// For so long a listing is as good as a new one.
const LISTING_FRESH: Duration = Duration::from_secs(2);
/// So many looks in a row that were one too many are no matter of one call.
const REFUSED_IN_A_ROW: usize = 8;
/// For so long at most a carrier is left alone that was asked too often and doesn't say for how long.
const LEFT_ALONE_MAX: Duration = Duration::from_secs(8);
/// A smaller difference between the carrier's clock and ours is no difference, in milliseconds.
const SKEW_HEEDED_MS: u64 = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Result<Live, Unknown> {
        Err(Unknown { why: UnknownWhy::RateLimited, detail: "HTTP 429".to_owned(), retry_after: None })
    }

    #[test]
    fn a_carrier_that_was_asked_too_often_is_left_alone_ever_longer() {
        let mut last: Option<Listing> = None;
        let mut pauses = Vec::new();
        for _ in 0..4 {
            let fresh = left_alone(last.as_ref());
            pauses.push(fresh.as_secs());
            last = Some(Listing::new(refused(), fresh));
        }
        assert_eq!(pauses, [2, 4, 8, 8]);
        let listed = Listing::new(Ok(Arc::default()), LISTING_FRESH);
        assert_eq!(left_alone(Some(&listed)), LISTING_FRESH, "it begins anew");
    }
}
