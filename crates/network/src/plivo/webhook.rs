//! Webhooks: how they are written and signed, what faults do to them, how often they are tried,
//! and what becomes of their answers.

use http::Method;
use rand::Rng;

use super::call::Hook;
use super::callback::Manner;
use super::hangup::Origin;
use super::script::Fetch;
use super::signature::{sign_v2, sign_v3};
use super::{Alarm, Face};
use crate::form::Form;
use crate::time::Millis;
use crate::wire::{Webhook, WebhookFailure, WebhookId, WireResponse};
use crate::world::{Act, Counts, LegId, Subject, Target, Trick, World};

/// How long a webhook that changes places waits for another.
const HELD_MS: u64 = 5_000;

/// How many words that the customer heard are remembered for one call.
const TOLD_MAX: usize = 100;

/// A webhook before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    hook: Hook,
    form: Form,
    purpose: Purpose,
    garbled: bool,
    doubled: bool,
}

/// What a webhook is for.
#[derive(Clone, Debug)]
enum Purpose {
    /// To tell of something.
    Notice,
    /// To get a document.
    Document(Fetch),
    /// A copy, whose fate concerns nobody.
    Copy,
}

/// A webhook on its way.
#[derive(Debug)]
pub(crate) struct Flight {
    leg: LegId,
    planned: Planned,
    manner: Manner,
    /// When the first attempt left.
    began_at: Millis,
    n_retries_left: u64,
}

impl Face {
    /// Tells the customer of an event of a call, if there is a URL to tell it to.
    pub(super) fn tell(&mut self, world: &mut World, id: LegId, hook: Option<Hook>, more: Form) {
        let (Some(call), Some(leg), Some(hook)) = (self.calls.get(&id), world.leg(id), hook) else {
            return;
        };
        let mut form = call.parameters(leg);
        form.extend(more);
        let planned = Planned { hook, form, purpose: Purpose::Notice, garbled: false, doubled: false };
        self.queue(world, id, planned);
    }

    /// Tells the customer something that says nothing of how the call stands.
    pub(super) fn tell_alone(&mut self, world: &mut World, id: LegId, hook: Option<Hook>, form: Form) {
        let Some(hook) = hook else { return };
        let planned = Planned { hook, form, purpose: Purpose::Notice, garbled: false, doubled: false };
        self.queue(world, id, planned);
    }

    /// Asks the customer for a document.
    pub(super) fn ask(&mut self, world: &mut World, id: LegId, fetch: Fetch, form: Form) {
        let hook = fetch.hook.clone();
        let purpose = Purpose::Document(fetch.clone());
        let mut planned = Planned { hook, form, purpose, garbled: false, doubled: false };
        match self.strike(world, id, Target::Voice) {
            Some(Act::Trick(Trick::Drop)) => {
                count(world, id, |counts| counts.webhooks_lost += 1);
                return self.fetched(world, id, &fetch, &Err(WebhookFailure::Refused));
            }
            Some(Act::Delay { delay_ms }) => {
                let alarm = Alarm::Send { leg: id, planned: Box::new(planned) };
                Face::remind(world, delay_ms, alarm);
                return;
            }
            Some(Act::Trick(Trick::Double)) => planned.doubled = true,
            Some(Act::Trick(Trick::GarbleSignature)) => planned.garbled = true,
            Some(_) | None => {}
        }
        self.send(world, id, planned);
    }

    fn queue(&mut self, world: &mut World, id: LegId, mut planned: Planned) {
        let struck = self.strike(world, id, Target::StatusCallback);
        let Some(call) = self.calls.get_mut(&id) else { return };
        match struck {
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

    fn strike(&mut self, world: &mut World, id: LegId, target: Target) -> Option<Act> {
        let call = self.calls.get(&id)?;
        let subject = Subject { to: Some(&call.to), sid: Some(&call.call_uuid) };
        world.faults.draw(&[target, Target::Webhook], subject, &mut world.rng)
    }

    /// Sends a webhook for the first time.
    pub(super) fn send(&mut self, world: &mut World, id: LegId, planned: Planned) {
        let is_answer_url = match &planned.purpose {
            Purpose::Document(fetch) => fetch.origin == Origin::Answer,
            Purpose::Notice | Purpose::Copy => false,
        };
        let (url, manner) = Manner::split(&planned.hook.url, is_answer_url);
        let n_retries_left = manner.n_retries;
        let mut planned = planned;
        planned.hook.url = url;
        let began_at = world.now;
        let doubled = planned.doubled;
        let nonce = nonce(world);
        let copy = doubled.then(|| Planned { purpose: Purpose::Copy, ..planned.clone() });
        let flight = Flight { leg: id, planned, manner: manner.clone(), began_at, n_retries_left };
        self.depart(world, flight, &nonce);
        if let Some(planned) = copy {
            let copy = Flight { leg: id, planned, manner, began_at, n_retries_left: 0 };
            self.depart(world, copy, &nonce);
        }
    }

    /// Writes one attempt and lets it leave.
    fn depart(&mut self, world: &mut World, flight: Flight, nonce: &str) {
        let Some(call) = self.calls.get(&flight.leg) else { return };
        let Planned { hook, form, garbled, .. } = &flight.planned;
        let (url, body) = if hook.method == Method::GET {
            let glue = if hook.url.contains('?') { '&' } else { '?' };
            (format!("{}{glue}{}", hook.url, form.write()), Vec::new())
        } else {
            (hook.url.clone(), form.write().into_bytes())
        };
        let left_ms = flight.manner.total_ms.saturating_sub(world.now.since(flight.began_at));
        let id = world.outbox.name();
        world.outbox.put(Webhook {
            id,
            call: call.call_uuid.clone(),
            method: hook.method.clone(),
            headers: self.headers(hook, &url, form, nonce, *garbled),
            url,
            body,
            at: world.now,
            connect_timeout_ms: flight.manner.connect_ms,
            timeout_ms: flight.manner.read_ms.min(left_ms),
        });
        count(world, flight.leg, |counts| counts.webhooks_sent += 1);
        self.flights.insert(id, flight);
    }

    fn headers(
        &self,
        hook: &Hook,
        url: &str,
        form: &Form,
        nonce: &str,
        garbled: bool,
    ) -> Vec<(String, String)> {
        let token = &self.account.auth_token;
        let seen = |signature: String| if garbled { signature.chars().rev().collect() } else { signature };
        let v2 = seen(sign_v2(token, url, nonce));
        // The account's own token comes last: of several signatures any may be the right one.
        let tokens = self.account.other_tokens.iter().chain([token]);
        let v3: Vec<String> =
            tokens.map(|token| seen(sign_v3(token, &hook.method, url, form, nonce))).collect();
        let v3 = v3.join(",");
        let mut headers = vec![
            ("User-Agent", "Plivo/1.0".to_owned()),
            ("Accept", "*/*".to_owned()),
            ("X-Plivo-Signature-V3", v3.clone()),
            ("X-Plivo-Signature-V3-Nonce", nonce.to_owned()),
            // The account is a main account, so both tokens are its own.
            ("X-Plivo-Signature-Ma-V3", v3),
            ("X-Plivo-Signature-V2", v2.clone()),
            ("X-Plivo-Signature-V2-Nonce", nonce.to_owned()),
            ("X-Plivo-Signature-Ma-V2", v2),
        ];
        if hook.method == Method::POST {
            headers.push(("Content-Type", "application/x-www-form-urlencoded".to_owned()));
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
        if matches!(outcome, Ok(response) if response.is_success()) {
            let word = flight.planned.form.get("CallStatus").unwrap_or_default().to_owned();
            count(world, flight.leg, |counts| {
                counts.webhooks_answered_2xx += 1;
                if counts.told.len() < TOLD_MAX {
                    counts.told.push(word);
                }
            });
        }
        let has_time = world.now.since(flight.began_at) < flight.manner.total_ms;
        if flight.n_retries_left > 0 && has_time && flight.manner.retries_after(outcome) {
            flight.n_retries_left -= 1;
            let nonce = nonce(world);
            return self.depart(world, flight, &nonce);
        }
        if outcome.is_err() {
            count(world, flight.leg, |counts| counts.webhooks_lost += 1);
        }
        match flight.planned.purpose {
            Purpose::Document(fetch) => self.fetched(world, flight.leg, &fetch, outcome),
            Purpose::Notice | Purpose::Copy => {}
        }
    }
}

fn nonce(world: &mut World) -> String {
    format!("{:020}", world.rng.random::<u64>())
}

fn count(world: &mut World, id: LegId, change: impl FnOnce(&mut Counts)) {
    if let Some(leg) = world.leg_mut(id) {
        change(&mut leg.counts);
    }
}
