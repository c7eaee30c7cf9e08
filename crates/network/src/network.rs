//! The network as a machine without clock and sockets: the world, its faces, and the order in
//! which things happen.

use crate::control;
use crate::settings::Settings;
use crate::time::Millis;
use crate::wire::{Reply, Webhook, WebhookFailure, WebhookId, WireRequest, WireResponse};
use crate::world::{CallTruth, Happening, LegId, StreamId, StreamReport, StreamWish, World};
use crate::{plivo, telnyx, twilio};

/// A telephone network.
///
/// Everything that happens between two calls of its methods happens in its own order and at its
/// own time, however late the second one is. Time never goes back: an earlier `now` counts as the
/// latest one seen.
pub struct Network {
    pub(crate) settings: Settings,
    pub(crate) world: World,
    pub(crate) twilio: twilio::Face,
    pub(crate) telnyx: telnyx::Face,
    pub(crate) plivo: plivo::Face,
}

impl Network {
    /// Makes a network on which nothing has happened. One seed gives one history.
    pub fn new(settings: Settings, seed: u64) -> Network {
        let world = World::new(&settings, seed);
        let twilio = twilio::Face::new(&settings);
        let telnyx = telnyx::Face::new(&settings);
        let plivo = plivo::Face::new(&settings);
        Network { settings, world, twilio, telnyx, plivo }
    }

    /// Takes a request, to a carrier's API or under `/network/`, and says how to reply.
    pub fn request(&mut self, request: &WireRequest, now: Millis) -> Reply {
        self.advance(now);
        let path = request.path();
        let reply = if control::owns(path) {
            Reply::now(control::respond(self, request))
        } else if twilio::Face::owns(path) {
            self.twilio.request(&mut self.world, request)
        } else if telnyx::Face::owns(path) {
            self.telnyx.request(&mut self.world, request)
        } else if plivo::Face::owns(path) {
            self.plivo.request(&mut self.world, request)
        } else {
            Reply::now(control::no_such_path())
        };
        self.settle_news();
        reply
    }

    /// Lets everything happen that is due, and takes the webhooks that are to be sent, in order.
    pub fn poll(&mut self, now: Millis) -> Vec<Webhook> {
        self.advance(now);
        self.world.outbox.take()
    }

    /// When [`poll`](Network::poll) has something to do; `None` if nothing is to happen.
    pub fn next_due(&self) -> Option<Millis> {
        if self.world.outbox.is_empty() { self.world.agenda.next_due() } else { Some(self.world.now) }
    }

    /// Takes what became of a webhook. One that is not known any more changes nothing.
    pub fn webhook_answered(
        &mut self,
        id: WebhookId,
        outcome: Result<WireResponse, WebhookFailure>,
        now: Millis,
    ) {
        self.advance(now);
        if self.telnyx.awaits(id) {
            self.telnyx.settled(&mut self.world, id, &outcome);
        } else if self.plivo.awaits(id) {
            self.plivo.settled(&mut self.world, id, &outcome);
        } else {
            self.twilio.settled(&mut self.world, id, outcome);
        }
        self.settle_news();
    }

    /// Takes what is wished of media streams. Whoever does opens and closes the sockets, and tells
    /// what became of them with [`stream_reported`](Network::stream_reported).
    pub(crate) fn take_stream_wishes(&mut self) -> Vec<StreamWish> {
        self.world.take_stream_wishes()
    }

    /// Takes what happened to a media stream. One that is over or forgotten stays so.
    pub(crate) fn stream_reported(&mut self, id: StreamId, report: StreamReport, now: Millis) {
        self.advance(now);
        self.world.stream_reported(id, report);
        self.settle_news();
    }

    /// All calls as they really were, the oldest first.
    pub fn calls(&self) -> Vec<CallTruth> {
        let World { journal, .. } = &self.world;
        self.world.legs().map(|(_, leg)| CallTruth::of(leg, journal)).collect()
    }

    /// How many calls are not over.
    pub fn n_live(&self) -> usize {
        self.world.legs().filter(|(_, leg)| leg.end().is_none()).count()
    }

    /// Forgets all calls, faults and changes, as if just made; no name is given twice.
    pub fn reset(&mut self) {
        self.world.reset(&self.settings);
        self.twilio = twilio::Face::new(&self.settings);
        self.telnyx = telnyx::Face::new(&self.settings);
        self.plivo = plivo::Face::new(&self.settings);
    }

    fn advance(&mut self, now: Millis) {
        let now = now.max(self.world.now);
        while let Some((at, happening)) = self.world.agenda.take_due(now) {
            self.world.now = at.max(self.world.now);
            match happening {
                Happening::Leg(id, happening) => self.world.happen(id, happening),
                Happening::StreamUntaken(id) => self.world.stream_untaken(id),
                Happening::Twilio(alarm) => self.twilio.happen(&mut self.world, alarm),
                Happening::Telnyx(alarm) => self.telnyx.happen(&mut self.world, alarm),
                Happening::Plivo(alarm) => self.plivo.happen(&mut self.world, alarm),
            }
            self.settle_news();
        }
        self.world.now = now;
    }

    pub(crate) fn settle_news(&mut self) {
        while let Some((leg, news)) = self.world.take_news() {
            // Each face passes over the legs of the others.
            self.twilio.hear(&mut self.world, leg, news.clone());
            self.telnyx.hear(&mut self.world, leg, news.clone());
            self.plivo.hear(&mut self.world, leg, news);
        }
    }

    /// Which leg has this id, at whichever carrier.
    pub(crate) fn leg_of(&self, id: &str) -> Option<LegId> {
        let known = self.twilio.leg_of(id).or_else(|| self.telnyx.leg_of(id));
        known.or_else(|| self.plivo.leg_of(id))
    }
}
