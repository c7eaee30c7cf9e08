//! The way to one carrier: how many requests may be on it, how its clock differs from ours, and
//! what it listed a moment ago.

use super::turnstile::Turnstile;
use call::call::{Sighting, Unknown};
use call::{CarrierCallId, CarrierName, Timestamp};
use carrier::roles::EXCHANGE_MAX;
use carrier::send::Sender;
use carrier::{Carrier, Next, Operation, Reply, Request, SendError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Semaphore};

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
    places: Semaphore,
    turnstile: Option<Turnstile>,
    /// How far the carrier's clock is ahead of ours, by its last reply; none yet is 0.
    skew_ms: AtomicI64,
    /// The last listing of its live calls. Who waits for the lock shares what is being listed.
    listing: Mutex<Option<Listing>>,
}

/// Who lives at a carrier, by a listing.
pub(crate) type Live = Arc<BTreeMap<CarrierCallId, Sighting>>;

/// What a carrier listed, and when it had done so.
struct Listing {
    at: Instant,
    live: Result<Live, Unknown>,
}

impl Lane {
    /// The lane of a carrier, under its name.
    pub(crate) fn of(line: Line) -> (CarrierName, Lane) {
        let Line { carrier, request_timeout } = line;
        let name = carrier.name().clone();
        let places = Semaphore::new(IN_FLIGHT_MAX);
        let turnstile = carrier.pace().map(Turnstile::new);
        let (skew_ms, listing) = (AtomicI64::new(0), Mutex::new(None));
        (name, Lane { carrier, request_timeout, places, turnstile, skew_ms, listing })
    }

    /// The carrier at its end.
    pub(crate) fn carrier(&self) -> &dyn Carrier {
        self.carrier.as_ref()
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

    /// All calls that live at the carrier. A listing of a moment ago is as good as a new one: who
    /// is in it lived then, and what isn't in it must be asked about alone anyway.
    pub(crate) async fn live(&self, sender: &Sender) -> Result<Live, Unknown> {
        let mut last = self.listing.lock().await;
        if let Some(listing) = last.as_ref().filter(|listing| listing.at.elapsed() < LISTING_FRESH) {
            return listing.live.clone();
        }
        let live = self.list(sender).await.map(Arc::new);
        *last = Some(Listing { at: Instant::now(), live: live.clone() });
        live
    }

    /// Whether there is a listing of a moment ago, or one is being made.
    pub(crate) fn has_listed(&self) -> bool {
        match self.listing.try_lock() {
            Ok(last) => last.as_ref().is_some_and(|listing| listing.at.elapsed() < LISTING_FRESH),
            Err(_) => true,
        }
    }

    async fn list(&self, sender: &Sender) -> Result<BTreeMap<CarrierCallId, Sighting>, Unknown> {
        let mut replies = Vec::new();
        loop {
            match self.carrier.list_live(&replies) {
                Next::Done(listed) => {
                    let listed = listed?;
                    return Ok(listed.into_iter().map(|one| (one.leg, one.sighting)).collect());
                }
                // Too many to list: each is asked about alone.
                Next::Ask(_) if replies.len() >= EXCHANGE_MAX => return Ok(BTreeMap::new()),
                Next::Ask(request) => match self.send(sender, &request).await {
                    Ok(reply) => replies.push(reply),
                    Err(error) => return Err(error.unknown()),
                },
            }
        }
    }
}

/// So many requests may be in flight to one carrier.
const IN_FLIGHT_MAX: usize = 64;
/// For so long a listing is as good as a new one.
const LISTING_FRESH: Duration = Duration::from_secs(2);
/// A smaller difference between the carrier's clock and ours is no difference, in milliseconds.
const SKEW_HEEDED_MS: u64 = 2_000;
