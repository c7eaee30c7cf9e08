//! Exchanges with carriers, request by request: the gateway runs them, and so does a preview of what
//! a start would decide.

use super::lane::{Lane, Live};
use super::lanes::Lanes;
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::driver::Owed;
use crate::errand::{Errand, Purpose};
use crate::health::Health;
use crate::heard::Heard;
use crate::media::Door;
use crate::traced::{TRACED, note_reply};
use call::call::{Effect, News, Sighting, Source, Unknown, UnknownWhy};
use call::{Call, Timestamp};
use carrier::send::Sender;
use carrier::{Next, SendError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument as _;
use tracing::field::Empty;

/// The ways to all carriers.
pub(crate) struct Wire {
    pub(crate) lanes: Lanes,
    pub(crate) sender: Sender,
    pub(crate) send_within: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) health: Arc<Health>,
    pub(crate) door: Option<Door>,
    /// Sends nothing that could change anything at a carrier.
    pub(crate) only_looks: bool,
}

impl Wire {
    /// The lane of the carrier that carries the call, if it is still configured with the call's
    /// account.
    pub(crate) fn lane_of(&self, call: &Call) -> Option<Arc<Lane>> {
        let lane = self.lanes.get(&call.facts.carrier)?;
        let same = call.facts.account.is_none() || call.facts.account.as_deref() == lane.carrier().account();
        same.then_some(lane)
    }

    /// A placement leaves only while its time runs, on the wall clock and on the clock that nobody
    /// can set: a stopped process or a suspended machine rings nobody late.
    pub(crate) async fn exchange(&self, mut errand: Errand, call: &Call, since: Instant) -> Heard {
        let Some(lane) = self.lane_of(call) else { return errand.nobody_to_ask() };
        errand = errand.at_skew(lane.skew_ms()).by_door(self.door.as_ref());
        loop {
            let request = match errand.next(lane.carrier().as_ref()) {
                Next::Done(heard) => return heard,
                Next::Ask(request) => request,
            };
            let span = tracing::info_span!(
                target: TRACED,
                "carrier.request",
                call = %call.facts.id,
                carrier = %call.facts.carrier,
                operation = ?request.operation,
                status = Empty,
                outcome = Empty,
            );
            let sent = match errand.purpose() {
                _ if self.only_looks && !request.method.is_safe() => {
                    Err(SendError::NotSent("it could change something".to_owned()))
                }
                Purpose::Place { send_by, .. } => {
                    let may_send = || {
                        crash::at(Point::PlaceUnsent);
                        self.clock.now() < *send_by && since.elapsed() < self.send_within
                    };
                    lane.place(&self.sender, &request, may_send).instrument(span.clone()).await
                }
                _ => lane.send(&self.sender, &request).instrument(span.clone()).await,
            };
            note_reply(&span, &sent);
            drop(span);
            match sent {
                Ok(reply) => {
                    lane.note_skew(&reply, self.clock.now());
                    self.health.note_skew(lane.carrier().name(), lane.skew_ms());
                    errand.hear(reply);
                }
                Err(error) => return errand.failed(lane.carrier().as_ref(), &error),
            }
        }
    }

    /// All calls that live at the carrier of this one, and before that each page that tells some of them.
    pub(crate) async fn listing(
        &self,
        call: &Call,
        by_page: impl FnMut(Live) + Send,
    ) -> Result<Live, Unknown> {
        match self.lane_of(call) {
            Some(lane) => lane.live(&self.sender, by_page).await,
            None => Ok(Arc::default()),
        }
    }

    /// What a listing tells of a call that is to be looked at. Who is in the listing lives; who isn't
    /// must be asked about alone, for absence proves nothing.
    pub(crate) fn listed(&self, owed: &Owed, listing: &Result<Live, Unknown>) -> Option<Heard> {
        let Effect::LookUp(leg) = &owed.effect else { return None };
        let sighting = match listing {
            Ok(live) => live.get(leg).filter(|seen| is_enough(&owed.call, seen, self.clock.now()))?.clone(),
            Err(unknown) if says_it_of_all(unknown.why) => Sighting::Unknown(unknown.clone()),
            Err(_) => return None,
        };
        let news = News::Sighted { leg: leg.clone(), sighting };
        Some(Heard::News { call: owed.call.facts.id, source: Source::Listing, news })
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

/// From so many looks at once on, a listing (one request a state and page) is cheaper. Fewer share
/// what was listed a moment ago.
pub(crate) const LIST_FROM: usize = 32;
