//! Webhooks: how they are written and signed, what faults do to them, and what becomes of them.

use std::collections::VecDeque;

use http::Method;
use serde_json::{Map, Value, json};

use super::call::Event;
use super::{Alarm, Face, uuid};
use crate::wire::{Webhook, WebhookFailure, WebhookId, WireResponse};
use crate::world::{Act, Counts, LegId, Subject, Target, Trick, World};

/// How long a webhook that changes places waits for another.
const HELD_MS: u64 = 5_000;

/// How many words that the customer heard are remembered for one call.
const TOLD_MAX: usize = 100;

/// How long Telnyx waits for a connection; it names no time of its own.
const CONNECT_MS: u64 = 5_000;

/// A webhook before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    kind: &'static str,
    /// What `data` is in the body.
    data: Value,
    garbled: bool,
    doubled: bool,
}

/// A webhook on its way, or between two attempts.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    leg: LegId,
    planned: Planned,
    attempt: u32,
    url: String,
    timeout_ms: u64,
    /// What is tried next if this attempt fails: after how long, and where.
    next: VecDeque<(u64, String)>,
}

impl Face {
    /// Tells the customer of an event, if there is a URL to tell it to.
    pub(super) fn tell(
        &mut self,
        world: &mut World,
        id: LegId,
        kind: &'static str,
        payload: Map<String, Value>,
    ) {
        let data = json!({
            "record_type": "event",
            "event_type": kind,
            "id": uuid(world),
            "occurred_at": world.now.rfc3339_micros(),
            "payload": payload,
        });
        let Some(call) = self.calls.get_mut(&id) else { return };
        let metadata = json!({ "event": data });
        call.note(Event { at: world.now, name: kind.to_owned(), kind: "webhook", metadata });
        let planned = Planned { kind, data, garbled: false, doubled: false };
        self.queue(world, id, planned);
    }

    fn queue(&mut self, world: &mut World, id: LegId, mut planned: Planned) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let subject = Subject { to: Some(&call.to), sid: Some(&call.control_id) };
        let targets = [Target::StatusCallback, Target::Webhook];
        match world.faults.draw(&targets, subject, &mut world.rng) {
            Some(Act::Trick(Trick::Drop)) => {
                return count(world, id, |counts| counts.webhooks_lost += 1);
            }
            Some(Act::Delay { delay_ms }) => {
                let alarm = Alarm::Send { leg: id, planned: Box::new(planned) };
                Face::remind(world, delay_ms, alarm);
                return;
            }
            Some(Act::Trick(Trick::Reorder)) if call.held.is_none() => {
                call.held = Some(planned);
                Face::remind(world, HELD_MS, Alarm::Release { leg: id });
                return;
            }
            Some(Act::Trick(Trick::Double)) => planned.doubled = true,
            Some(Act::Trick(Trick::GarbleSignature)) => planned.garbled = true,
            Some(_) | None => {}
        }
        let held = call.held.take();
        self.send(world, id, planned);
        if let Some(held) = held {
            self.send(world, id, held);
        }
    }

    /// The webhook that waited for another to overtake it has waited long enough.
    pub(super) fn release(&mut self, world: &mut World, id: LegId) {
        let held = self.calls.get_mut(&id).and_then(|call| call.held.take());
        if let Some(held) = held {
            self.send(world, id, held);
        }
    }

    /// Sends a webhook where the call or its connection has one sent.
    pub(super) fn send(&mut self, world: &mut World, id: LegId, planned: Planned) {
        let Some(call) = self.calls.get(&id) else { return };
        let connection = self.account.connections.get(&call.connection_id);
        let own = connection.and_then(|connection| connection.webhook_event_url.as_ref());
        let Some(url) = call.webhook_url.as_ref().or(own).cloned() else { return };
        let waits_ms = call.retries_ms.get(planned.kind).cloned().unwrap_or_else(|| vec![0]);
        let mut next: VecDeque<(u64, String)> = waits_ms.iter().map(|ms| (*ms, url.clone())).collect();
        let failover = connection.and_then(|connection| connection.webhook_event_failover_url.clone());
        next.extend(failover.map(|url| (0, url)));
        let timeout_s = connection.map_or(5, |connection| connection.webhook_timeout_secs.clamp(1, 30));
        let doubled = planned.doubled;
        let flight = Flight { leg: id, planned, attempt: 0, url, timeout_ms: timeout_s * 1_000, next };
        if doubled {
            // The copy's fate concerns nobody.
            let copy = Flight { next: VecDeque::new(), ..flight.clone() };
            self.depart(world, flight);
            return self.depart(world, copy);
        }
        self.depart(world, flight);
    }

    /// Writes one attempt and lets it leave.
    pub(super) fn depart(&mut self, world: &mut World, mut flight: Flight) {
        let Some(call) = self.calls.get(&flight.leg) else { return };
        flight.attempt += 1;
        let meta = json!({ "attempt": flight.attempt, "delivered_to": flight.url });
        let body = json!({ "data": flight.planned.data, "meta": meta }).to_string().into_bytes();
        let unix_seconds = world.now.unix_seconds();
        let signature = self.keys.sign(unix_seconds, &body, flight.planned.garbled);
        let id = world.outbox.name();
        let headers = [
            ("User-Agent", "telnyx-webhooks".to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("telnyx-timestamp", unix_seconds.to_string()),
            ("telnyx-signature-ed25519", signature),
        ];
        let before_fragment = flight.url.split('#').next().unwrap_or_default();
        world.outbox.put(Webhook {
            id,
            call: call.control_id.clone(),
            method: Method::POST,
            url: before_fragment.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body,
            at: world.now,
            connect_timeout_ms: CONNECT_MS,
            timeout_ms: flight.timeout_ms,
        });
        count(world, flight.leg, |counts| counts.webhooks_sent += 1);
        self.flights.insert(id, flight);
    }

    /// Whether a webhook is one of this face's.
    pub(crate) fn awaits(&self, id: WebhookId) -> bool {
        self.flights.contains_key(&id)
    }

    /// What became of a webhook.
    pub(crate) fn settled(
        &mut self,
        world: &mut World,
        id: WebhookId,
        outcome: &Result<WireResponse, WebhookFailure>,
    ) {
        let Some(mut flight) = self.flights.remove(&id) else { return };
        let word = flight.planned.kind;
        if let Ok(response) = outcome
            && response.is_success()
        {
            count(world, flight.leg, |counts| {
                counts.webhooks_answered_2xx += 1;
                if counts.told.len() < TOLD_MAX {
                    counts.told.push(word.to_owned());
                }
            });
        }
        if matches!(outcome, Ok(response) if response.status == 200) {
            return;
        }
        match flight.next.pop_front() {
            Some((0, url)) => self.depart(world, Flight { url, ..flight }),
            Some((after_ms, url)) => {
                let flight = Box::new(Flight { url, ..flight });
                Face::remind(world, after_ms, Alarm::Retry { flight });
            }
            None if outcome.is_err() => count(world, flight.leg, |counts| counts.webhooks_lost += 1),
            None => {}
        }
    }
}

fn count(world: &mut World, id: LegId, change: impl FnOnce(&mut Counts)) {
    if let Some(leg) = world.leg_mut(id) {
        change(&mut leg.counts);
    }
}
