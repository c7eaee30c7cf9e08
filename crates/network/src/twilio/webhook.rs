//! Webhooks: how they are written and signed, in which order they leave, what faults do to them,
//! and what becomes of their answers.

use http::Method;
use rand::Rng;
use serde_json::{Value, json};

use super::call::{Call, CallbackEvent, Hook};
use super::script::Fetch;
use super::{Alarm, Face, signature};
use crate::form::Form;
use crate::time::Millis;
use crate::wire::{Webhook, WebhookFailure, WebhookId, WireResponse};
use crate::world::{Act, LegId, Subject, Target, Trick, World};

/// How long a webhook that changes places waits for another.
const HELD_MS: u64 = 5_000;

/// How many words that the customer heard are remembered for one call.
const TOLD_MAX: usize = 100;

/// How many exchanges of one call are remembered.
const EXCHANGES_MAX: usize = 100;

/// How much of an answer is remembered, in bytes.
const ANSWER_KEPT_MAX: usize = 4_000;

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
    /// To tell how the call goes.
    Callback,
    /// To get instructions.
    Instructions(Fetch),
}

/// A webhook on its way.
#[derive(Debug)]
pub(crate) struct Flight {
    leg: LegId,
    purpose: Purpose,
    webhook: Webhook,
    form: Form,
    sent_at: Millis,
    retries_left: u32,
    rank: Rank,
}

/// Whether anything waits for a webhook's fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    /// It does.
    Proper,
    /// A copy, or a late one: its fate concerns nobody.
    Loose,
}

impl Planned {
    fn new(hook: Hook, form: Form, purpose: Purpose) -> Planned {
        Planned { hook, form, purpose, garbled: false, doubled: false }
    }
}

impl Face {
    /// Tells the customer of an event, if told to.
    pub(super) fn tell(&mut self, world: &mut World, id: LegId, event: CallbackEvent) {
        let (Some(call), Some(leg)) = (self.calls.get_mut(&id), world.leg(id)) else { return };
        let Some(hook) = call.callback.clone() else { return };
        if !call.callback_events.contains(&event) {
            return;
        }
        let status = match event {
            CallbackEvent::Initiated => "initiated",
            CallbackEvent::Ringing => "ringing",
            CallbackEvent::Answered => "in-progress",
            CallbackEvent::Completed => call.status(leg),
        };
        let mut form = call.parameters(status);
        form.put("CallbackSource", "call-progress-events");
        form.put("SequenceNumber", call.callbacks.n_made.to_string());
        form.put("Timestamp", world.now.rfc2822());
        call.callbacks.n_made += 1;
        if event == CallbackEvent::Completed {
            let talked_s = leg.talked_s().unwrap_or(0);
            form.put("CallDuration", talked_s.to_string());
            form.put("Duration", talked_s.div_ceil(60).to_string());
            if let Some(code) = call.sip_code(leg) {
                form.put("SipResponseCode", code.to_string());
            }
        }
        let planned = Planned::new(hook, form, Purpose::Callback);
        self.queue_callback(world, id, planned);
    }

    /// Tells the customer something else, in its turn.
    pub(super) fn post(&mut self, world: &mut World, id: LegId, hook: Hook, form: Form) {
        self.queue_callback(world, id, Planned::new(hook, form, Purpose::Callback));
    }

    /// Asks the customer for instructions.
    pub(super) fn ask(&mut self, world: &mut World, id: LegId, fetch: Fetch, form: Form) {
        let mut planned = Planned::new(fetch.hook.clone(), form, Purpose::Instructions(fetch.clone()));
        match self.strike(world, id, Target::Voice) {
            Some(Act::Trick(Trick::Drop)) => {
                self.count(world, id, |counts| counts.webhooks_lost += 1);
                return self.fetched(world, id, &fetch, Err(WebhookFailure::Refused));
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
        self.send(world, id, planned, Rank::Proper);
    }

    fn queue_callback(&mut self, world: &mut World, id: LegId, mut planned: Planned) {
        let struck = self.strike(world, id, Target::StatusCallback);
        let Some(call) = self.calls.get_mut(&id) else { return };
        match struck {
            Some(Act::Trick(Trick::Drop)) => {
                return self.count(world, id, |counts| counts.webhooks_lost += 1);
            }
            Some(Act::Delay { delay_ms }) => {
                let alarm = Alarm::Send { leg: id, planned: Box::new(planned) };
                Face::remind(world, delay_ms, alarm);
                return;
            }
            Some(Act::Trick(Trick::Reorder)) if call.callbacks.held.is_none() => {
                call.callbacks.held = Some(planned);
                Face::remind(world, HELD_MS, Alarm::Release { leg: id });
                return;
            }
            Some(Act::Trick(Trick::Double)) => planned.doubled = true,
            Some(Act::Trick(Trick::GarbleSignature)) => planned.garbled = true,
            Some(_) | None => {}
        }
        call.callbacks.waiting.push_back(planned);
        let held = call.callbacks.held.take();
        call.callbacks.waiting.extend(held);
        self.send_next_callback(world, id);
    }

    /// The webhook that waited for another to overtake it has waited long enough.
    pub(super) fn release(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let held = call.callbacks.held.take();
        call.callbacks.waiting.extend(held);
        self.send_next_callback(world, id);
    }

    /// Sends a webhook that was delayed. Instructions are still waited for; a callback is not.
    pub(super) fn send_loose(&mut self, world: &mut World, id: LegId, planned: Planned) {
        let rank = match planned.purpose {
            Purpose::Callback => Rank::Loose,
            Purpose::Instructions(_) => Rank::Proper,
        };
        self.send(world, id, planned, rank);
    }

    fn send_next_callback(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.callbacks.one_is_away {
            return;
        }
        if let Some(planned) = call.callbacks.waiting.pop_front() {
            call.callbacks.one_is_away = true;
            self.send(world, id, planned, Rank::Proper);
        }
    }

    fn strike(&mut self, world: &mut World, id: LegId, target: Target) -> Option<Act> {
        let call = self.calls.get(&id)?;
        let subject = Subject { to: Some(&call.to), sid: Some(&call.sid) };
        world.faults.draw(&[target, Target::Webhook], subject, &mut world.rng)
    }

    fn send(&mut self, world: &mut World, id: LegId, planned: Planned, rank: Rank) {
        let Some(call) = self.calls.get(&id) else { return };
        let (webhook, retries) = write(world, call, &planned, self.auth_token(id));
        let flight = Flight {
            leg: id,
            purpose: planned.purpose,
            webhook,
            form: planned.form,
            sent_at: world.now,
            retries_left: retries,
            rank,
        };
        let twin = planned.doubled.then(|| Flight {
            leg: id,
            purpose: flight.purpose.clone(),
            webhook: flight.webhook.clone(),
            form: flight.form.clone(),
            sent_at: world.now,
            retries_left: 0,
            rank: Rank::Loose,
        });
        self.depart(world, flight);
        if let Some(twin) = twin {
            self.depart(world, twin);
        }
    }

    /// What signs all that a call tells.
    pub(super) fn auth_token(&self, id: LegId) -> &str {
        let owner = self.calls.get(&id).map(|call| &call.account_sid);
        let account = self.accounts.iter().find(|account| Some(&account.account_sid) == owner);
        account.map_or("", |account| account.auth_token.as_str())
    }

    fn depart(&mut self, world: &mut World, mut flight: Flight) {
        flight.webhook.id = world.outbox.name();
        flight.webhook.at = world.now;
        flight.sent_at = world.now;
        self.count(world, flight.leg, |counts| counts.webhooks_sent += 1);
        world.outbox.put(flight.webhook.clone());
        self.flights.insert(flight.webhook.id, flight);
    }

    /// What became of a webhook.
    pub(crate) fn settled(
        &mut self,
        world: &mut World,
        id: WebhookId,
        outcome: Result<WireResponse, WebhookFailure>,
    ) {
        let Some(mut flight) = self.flights.remove(&id) else { return };
        if outcome == Err(WebhookFailure::Refused) && flight.retries_left > 0 {
            flight.retries_left -= 1;
            return self.depart(world, flight);
        }
        let word = flight.form.get("CallStatus").map(str::to_owned);
        self.count(world, flight.leg, |counts| match &outcome {
            Ok(response) if response.is_success() => {
                counts.webhooks_answered_2xx += 1;
                counts.told.extend(word.filter(|_| counts.told.len() < TOLD_MAX));
            }
            Ok(_) => {}
            Err(_) => counts.webhooks_lost += 1,
        });
        let Some(call) = self.calls.get_mut(&flight.leg) else { return };
        if call.exchanges.len() < EXCHANGES_MAX {
            call.exchanges.push(exchange(&flight, &outcome, world.now));
        }
        match (flight.purpose, flight.rank) {
            (_, Rank::Loose) => {}
            (Purpose::Callback, Rank::Proper) => {
                call.callbacks.one_is_away = false;
                self.send_next_callback(world, flight.leg);
            }
            (Purpose::Instructions(fetch), Rank::Proper) => {
                self.fetched(world, flight.leg, &fetch, outcome);
            }
        }
    }

    fn count(&self, world: &mut World, id: LegId, change: impl FnOnce(&mut crate::world::Counts)) {
        if let Some(leg) = world.leg_mut(id) {
            change(&mut leg.counts);
        }
    }
}

/// Writes a webhook, and says how often it may be repeated.
fn write(world: &mut World, call: &Call, planned: &Planned, token: &str) -> (Webhook, u32) {
    let (mut url, limits) = Overrides::split(&planned.hook.url);
    let mut signed = planned.form.clone();
    let mut body = Vec::new();
    if planned.hook.method == Method::GET {
        let glue = if url.contains('?') { '&' } else { '?' };
        url = format!("{url}{glue}{}", planned.form.write());
        signed = Form::default();
    } else {
        body = planned.form.write().into_bytes();
    }
    let mut signature = signature::sign(token, &url, &signed);
    if planned.garbled {
        signature = signature.chars().rev().collect();
    }
    let mut headers = vec![
        ("User-Agent".to_owned(), "TwilioProxy/1.1".to_owned()),
        ("Accept".to_owned(), "*/*".to_owned()),
        ("X-Twilio-Signature".to_owned(), signature),
        ("I-Twilio-Idempotency-Token".to_owned(), token_of(world)),
    ];
    if planned.hook.method == Method::POST {
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        headers.push(("Content-Type".to_owned(), form.to_owned()));
    }
    let webhook = Webhook {
        id: WebhookId(0),
        call: call.sid.clone(),
        method: planned.hook.method.clone(),
        url,
        headers,
        body,
        at: world.now,
        connect_timeout_ms: limits.connect_ms,
        timeout_ms: limits.total_ms.min(limits.read_ms),
    };
    (webhook, limits.retries)
}

fn token_of(world: &mut World) -> String {
    let digits = format!("{:032x}", world.rng.random::<u128>());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

fn exchange(flight: &Flight, outcome: &Result<WireResponse, WebhookFailure>, now: Millis) -> Value {
    let parameters: Value = flight
        .form
        .pairs()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let response = match outcome {
        Ok(response) => {
            let kept = response.body.get(..ANSWER_KEPT_MAX).unwrap_or(&response.body);
            json!({
                "response_code": response.status,
                "request_duration": now.since(flight.sent_at),
                "content_type": response.header("content-type"),
                "response_body": String::from_utf8_lossy(kept),
                "date_created": now.rfc2822(),
            })
        }
        // Twilio's own answer where the customer gave none.
        Err(failure) => json!({
            "response_code": 502,
            "request_duration": now.since(flight.sent_at),
            "content_type": null,
            "response_body": format!("{failure:?}"),
            "date_created": now.rfc2822(),
        }),
    };
    json!({
        "request": {
            "method": flight.webhook.method.as_str(),
            "url": flight.webhook.url,
            "parameters": parameters,
        },
        "response": response,
    })
}

/// What a URL's fragment asks of whoever sends to it.
///
/// Source: <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>.
struct Overrides {
    connect_ms: u64,
    read_ms: u64,
    total_ms: u64,
    retries: u32,
}

impl Overrides {
    /// Splits the fragment off and reads it, within Twilio's bounds.
    fn split(url: &str) -> (String, Overrides) {
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let asked = Form::read(fragment.as_bytes());
        let number = |name: &str, otherwise: u64, least: u64, most: u64| {
            let value = asked.get(name).and_then(|value| value.parse().ok());
            value.unwrap_or(otherwise).clamp(least, most)
        };
        let overrides = Overrides {
            connect_ms: number("ct", 5_000, 100, 10_000),
            read_ms: number("rt", 15_000, 100, 15_000),
            total_ms: number("tt", 15_000, 100, 15_000),
            retries: u32::try_from(number("rc", 1, 0, 5)).unwrap_or(1),
        };
        (url.to_owned(), overrides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fragment_sets_the_time_outs_and_is_not_sent() {
        let (url, asked) = Overrides::split("http://x/y?a=1#rc=3&tt=2000&ct=99999");
        assert_eq!(url, "http://x/y?a=1");
        assert_eq!((asked.retries, asked.total_ms, asked.connect_ms), (3, 2_000, 10_000));
        let (url, usual) = Overrides::split("http://x/y");
        assert_eq!(url, "http://x/y");
        assert_eq!((usual.retries, usual.total_ms, usual.connect_ms), (1, 15_000, 5_000));
    }
}
