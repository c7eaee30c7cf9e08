//! The wires between the gateway and the network: requests and their replies, webhooks and theirs,
//! each with its time on the way and its ways of getting lost.

use super::gateway::{Job, Then};
use super::telling::{end, tail};
use super::{BASE, Happening, World};
use crate::check::Breach;
use crate::plan::{REQUEST_TIMEOUT, SEND_WITHIN};
use crate::sabotage::Sabotage;
use call::Effect;
use call::call::script::NOBODY_HERE;
use call::call::{Command, CommandState, Direction, News, Performed, Verb};
use carrier::{Document, HeardWebhook, InboundCall, Next, Operation, RawWebhook, Request, SendError};
use engine::{Errand, Heard, Inbound, Offer, Owed, Purpose};
use network::{Reply, Webhook, WebhookFailure, WireRequest, WireResponse};
use rand::Rng;
use std::collections::BTreeSet;
use std::sync::Arc;

/// An errand under way.
pub(crate) struct Trip {
    errand: Errand,
    /// Since when it is owed, on the clock that nobody can set.
    since: i64,
    life: u32,
    request: Option<Request>,
    sent_at: i64,
}

impl World {
    /// How long something is on its way.
    pub(super) fn way(&mut self) -> i64 {
        self.rng.random_range(1..=self.plan.latency_ms)
    }

    /// Begins what is owed.
    pub(super) fn begin(&mut self, owed: &Owed) {
        self.checks.looked_at(owed.call.facts.id);
        if self.is_forgotten(owed) {
            return;
        }
        let Some(errand) = Errand::new(owed) else { return };
        let errand = errand.at_skew(self.carrier_skew_ms());
        let (life, since) = (self.lives, self.now);
        let held_up = self.plan.held_up;
        let held_up = self.calm_since.is_none() && held_up > 0.0 && self.rng.random_bool(held_up);
        let pause = if held_up { self.rng.random_range(0..30_000) } else { self.rng.random_range(0..4) };
        if held_up {
            self.tally.fault("held up");
        }
        let looks = matches!(errand.purpose(), Purpose::LookUp(_));
        let n_times = if looks && self.sabotage == Some(Sabotage::AskTooOften) { 20 } else { 1 };
        for _ in 0..n_times {
            let errand = errand.clone();
            let trip = Box::new(Trip { errand, since, life, request: None, sent_at: 0 });
            self.agenda.put(self.now + pause, Happening::Leave { life, trip });
        }
    }

    /// An errand's next request leaves, or it comes to its end.
    pub(super) fn leave(&mut self, mut trip: Box<Trip>) {
        let request = match trip.errand.next(self.carrier.as_ref()) {
            Next::Done(heard) => return self.bring(heard),
            Next::Ask(request) => request,
        };
        if self.may_die("before a request is sent") {
            return;
        }
        if let Purpose::Place { send_by, .. } = trip.errand.purpose() {
            let in_time = self.wall() < *send_by && self.now - trip.since < super::millis(SEND_WITHIN);
            if !in_time && self.sabotage != Some(Sabotage::PlaceAgainOnResume) {
                return self.bring(trip.errand.failed(self.carrier.as_ref(), &SendError::TooLate));
            }
        }
        let lost = self.plan.unreachable;
        if self.calm_since.is_none() && lost > 0.0 && self.rng.random_bool(lost) {
            self.tally.fault("no connection");
            return self.bring(
                trip.errand.failed(self.carrier.as_ref(), &SendError::NotSent("no connection".to_owned())),
            );
        }
        trip.sent_at = self.now;
        trip.request = Some(request);
        let way = self.way();
        self.agenda.put(self.now + way, Happening::Arrive(trip));
    }

    /// A request reaches the network, unless it was still in the process when that died.
    pub(super) fn arrive(&mut self, mut trip: Box<Trip>) -> Result<(), Breach> {
        let died = !self.lives_in(trip.life);
        if died && self.rng.random_bool(0.5) {
            self.story.tell(self.now, || {
                format!("{} asked, and it never left the dead process", tail(trip.errand.call()))
            });
            return Ok(());
        }
        let Some(request) = trip.request.take() else { return Ok(()) };
        let places = request.operation == Operation::Place;
        let n_before = if places { self.network.calls().len() } else { 0 };
        let wire = on_the_wire(&request);
        let reply = self.network.request(&wire, self.millis());
        let reply = if request.operation == Operation::List { self.lagging(reply) } else { reply };
        self.tally.requests += 1;
        self.story.tell(self.now, || {
            let kind = match &reply {
                Reply::Respond { response, after_ms } => format!("{} after {after_ms} ms", response.status),
                other => format!("{other:?}").split(' ').next().unwrap_or_default().to_owned(),
            };
            let path = wire.path().rsplit('/').next().unwrap_or_default().to_owned();
            format!(
                "{} {:?} {} at the network: {kind}",
                tail(trip.errand.call()),
                request.operation,
                end(&path)
            )
        });
        if let Purpose::HangUp(leg) | Purpose::Decline(leg) | Purpose::Perform(leg, _) = trip.errand.purpose()
        {
            self.inspect_meant(leg.id.as_str())?;
        }
        self.inspect_request(trip.errand.call(), request.operation, n_before)?;
        if !died && self.may_die("after a request was carried out, before its reply") {
            return Ok(());
        }
        self.send_back(trip, reply);
        Ok(())
    }

    /// A listing that doesn't show yet what is younger than its lag.
    pub(super) fn lagging(&mut self, reply: Reply) -> Reply {
        let lag_ms = self.plan.listing_lag_ms;
        let Reply::Respond { response, after_ms } = reply else { return reply };
        let listing = serde_json::from_slice::<serde_json::Value>(&response.body).ok();
        let Some(mut listing) = listing.filter(|_| lag_ms > 0 && self.calm_since.is_none()) else {
            return Reply::Respond { response, after_ms };
        };
        let shown: BTreeSet<String> = self
            .network
            .calls()
            .into_iter()
            .filter(|truth| self.now - truth.asked_at.get() >= lag_ms)
            .map(|truth| truth.id)
            .collect();
        let mut n_hidden = 0;
        for key in ["calls", "data", "objects"] {
            let Some(calls) = listing.get_mut(key).and_then(|calls| calls.as_array_mut()) else { continue };
            let n_calls = calls.len();
            calls.iter().filter_map(name_in).for_each(|name| self.learn_name(name));
            calls.retain(|call| name_in(call).is_some_and(|name| shown.contains(self.checks.real(name))));
            n_hidden += n_calls - calls.len();
        }
        // A listing that counts doesn't count what it hides.
        if let Some(total) = listing["meta"]["total_count"].as_u64() {
            listing["meta"]["total_count"] = total.saturating_sub(n_hidden as u64).into();
        }
        self.tally.faults_of("hidden from a listing", n_hidden as u64);
        let body = serde_json::to_vec(&listing).unwrap_or_default();
        Reply::Respond { response: WireResponse { body, ..response }, after_ms }
    }

    fn send_back(&mut self, trip: Box<Trip>, reply: Reply) {
        let life = trip.life;
        let (at, reply) = self.fate_of(reply, trip.sent_at);
        self.agenda.put(at, Happening::Return { life, trip, reply });
    }

    /// When the fate of a request is known to whoever sent it, and what that is.
    pub(super) fn fate_of(&mut self, reply: Reply, sent_at: i64) -> (i64, Result<carrier::Reply, SendError>) {
        let patience_ends = sent_at + super::millis(REQUEST_TIMEOUT);
        let way = self.way();
        let timed_out = Err(SendError::TimedOut(REQUEST_TIMEOUT));
        let broken = || Err(SendError::Broken("the connection was closed".to_owned()));
        let (at, reply) = match reply {
            Reply::Respond { response, after_ms } => (self.later(after_ms) + way, Ok(read(response))),
            Reply::Cut { after_ms } | Reply::Truncated { after_ms, .. } => {
                (self.later(after_ms) + way, broken())
            }
            Reply::Stall => (patience_ends, timed_out.clone()),
        };
        let (at, reply) = if at > patience_ends { (patience_ends, timed_out) } else { (at, reply) };
        (at.max(self.now), reply)
    }

    fn later(&self, ms: u64) -> i64 {
        self.now.saturating_add_unsigned(ms)
    }

    /// A request's fate is known.
    pub(super) fn come_back(&mut self, mut trip: Box<Trip>, reply: Result<carrier::Reply, SendError>) {
        if self.may_die("after a reply, before it is heard") {
            return;
        }
        match reply {
            Ok(reply) => {
                self.note_skew(&reply);
                trip.errand.hear(reply);
                self.leave(trip);
            }
            Err(error) if self.repeats(&trip, &error) => {}
            Err(error) => self.bring(trip.errand.failed(self.carrier.as_ref(), &error)),
        }
    }

    /// Sabotage: whether a command whose fate is unknown is sent again.
    fn repeats(&mut self, trip: &Trip, error: &SendError) -> bool {
        let repeats = self.sabotage == Some(Sabotage::RepeatCommand)
            && !matches!(error, SendError::NotSent(_) | SendError::TooLate);
        let Purpose::Perform(_, performance) = trip.errand.purpose() else { return false };
        if !repeats {
            return false;
        }
        let call = self.disk.tables().calls.get(&trip.errand.call()).map(|row| row.call.clone());
        let Some(call) = call else { return false };
        self.begin(&Owed { call, effect: Effect::Perform(performance.id) });
        true
    }

    /// Sabotage: an answer goes to the last question, whichever was answered.
    fn misheard(&self, mut heard: HeardWebhook) -> HeardWebhook {
        if self.sabotage != Some(Sabotage::AnswerToLast) {
            return heard;
        }
        let tables = self.disk.tables();
        let by_mark = heard.mark.call().and_then(|mark| tables.calls.get(&mark));
        let row = by_mark.or_else(|| tables.calls.values().find(|row| row.call.leg() == Some(&heard.leg)));
        let was_asked = |command: &&Command| {
            matches!(command.verb, Verb::Ask { .. }) && command.state != CommandState::Asked
        };
        let last = row.and_then(|row| row.call.commands.iter().rfind(was_asked));
        if let (Some(News::CommandHeard { id, performed: Performed::Finished(outcome), .. }), Some(last)) =
            (&mut heard.news, last)
            && (outcome.digits.is_some() || outcome.speech.is_some())
        {
            *id = last.id;
        }
        heard
    }

    /// An errand's outcome is to be heard.
    fn bring(&mut self, heard: Heard) {
        let heard = match self.sabotage {
            Some(sabotage) => sabotage.twist(heard),
            None => heard,
        };
        self.hear(Job { heard, then: Then::Errand, n_tries: 0 });
    }

    /// Takes the webhooks that the network wants sent.
    pub(super) fn poll(&mut self) {
        for webhook in self.network.poll(self.millis()) {
            self.tally.webhooks += 1;
            let way = self.way();
            self.agenda.put(self.now + way, Happening::Knock(Box::new(webhook)));
        }
    }

    /// A webhook at the door.
    pub(super) fn knock(&mut self, webhook: Webhook) {
        let id = webhook.id;
        if let Some(answer) = self.others_answer(&webhook) {
            return self.agenda.put(self.now, Happening::Answer { id, answer: Ok(answer) });
        }
        let turn_away = |status| Ok(WireResponse::empty(status));
        if self.gateway.is_none() {
            self.story.tell(self.now, || format!("a webhook of {} finds nobody", end(&webhook.call)));
            let refused = Happening::Answer { id, answer: Err(WebhookFailure::Refused) };
            return self.agenda.put(self.now, refused);
        }
        let raw = RawWebhook {
            method: webhook.method,
            url: webhook.url,
            headers: webhook
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: webhook.body,
        };
        let read = self.carrier.verify(&raw, self.wall()).and_then(|verified| self.carrier.decode(&verified));
        let heard = match read {
            Ok(heard) => Arc::new(self.misheard(heard)),
            Err(error) => {
                self.story.tell(self.now, || format!("a webhook is turned away: {error}"));
                return self.agenda.put(self.now, Happening::Answer { id, answer: turn_away(403) });
            }
        };
        let offer = heard.inbound.clone().map(|inbound| Box::new(self.offer(&inbound)));
        let carrier = self.carrier.name().clone();
        let then = Then::Webhook(id, Arc::clone(&heard));
        let heard = if self.sabotage == Some(Sabotage::DropDigits) { without_digits(heard) } else { heard };
        self.hear(Job { heard: Heard::Webhook { carrier, heard, offer }, then, n_tries: 0 });
    }

    /// What is to become of a call that comes in.
    fn offer(&mut self, inbound: &InboundCall) -> Offer {
        let number = inbound.to.number().and_then(|to| self.settings.numbers.get(to)).cloned();
        let declined = match &number {
            None => Some("unknown_number"),
            Some(number) if number.inbound == Inbound::Deny => Some("inbound_denied"),
            Some(_) => None,
        };
        let id = self.draw_id();
        let mut facts = self.facts(id, Direction::Inbound, inbound.from.clone(), inbound.to.clone());
        facts.hold = number.as_ref().is_some_and(|number| number.hold);
        facts.say = number.and_then(|number| number.greeting);
        if facts.say.is_none() && !facts.hold {
            facts.say = Some(NOBODY_HERE.to_owned());
        }
        Offer { facts, declined: declined.map(str::to_owned), ring_out: false, full: None }
    }
}

/// Sabotage: what a webhook says without the keys that it tells of.
fn without_digits(mut heard: Arc<HeardWebhook>) -> Arc<HeardWebhook> {
    let tells = match &heard.news {
        Some(News::CommandHeard { performed: Performed::Finished(outcome), .. }) => outcome.digits.is_some(),
        Some(News::DigitsHeard { .. }) => true,
        _ => false,
    };
    let told = Arc::make_mut(&mut heard);
    told.news = told.news.take().filter(|_| !tells);
    heard
}

/// The name of a call in a listing, in whichever carrier's shape.
fn name_in(call: &serde_json::Value) -> Option<&str> {
    let named = ["sid", "call_control_id", "call_uuid"].iter().find_map(|key| call.get(key));
    named.unwrap_or(call).as_str()
}

pub(super) fn on_the_wire(request: &Request) -> WireRequest {
    let path = request.url.strip_prefix(BASE).unwrap_or(&request.url);
    let wire = WireRequest::new(request.method.clone(), path).with_body(request.body.clone());
    request.headers.iter().fold(wire, |wire, (name, value)| wire.with_header(name, value.clone()))
}

pub(super) fn answered_with(document: Option<Document>) -> WireResponse {
    match document {
        // As the gateway does: whatever isn't answered with 200 is told again by some.
        None => WireResponse::empty(200),
        Some(document) => {
            let page = WireResponse::empty(200).with_header("content-type", document.content_type);
            WireResponse { body: document.body.into_bytes(), ..page }
        }
    }
}

fn read(response: WireResponse) -> carrier::Reply {
    carrier::Reply { status: response.status, headers: response.headers, body: response.body }
}
