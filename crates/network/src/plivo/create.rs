//! Placing calls by the API.

use super::Face;
use super::body::{self, Body};
use super::call::{Call, Detection, Hook, Way};
use super::error::ApiError;
use crate::world::{LegId, Limits, World};

/// How many numbers one request may call.
const CALLED_MAX: usize = 1_000;

/// How long it may ring where nothing else is asked for.
const RING_S: u64 = 120;

/// Longer than any time that a request may name, in seconds.
const ANY_S: std::ops::RangeInclusive<u64> = 0..=1_000_000;

/// Keys that the API has. Those that nothing here reads are taken and change nothing.
///
/// Source: <https://docs.plivo.com/docs/voice/api/call/make-a-call> and `Calls.create` of Plivo's
/// own Python client.
#[rustfmt::skip]
const KNOWN: [&str; 33] = [
    "answer_method", "answer_url", "callback_method", "callback_url", "caller_name",
    "error_if_parent_not_found", "fallback_method", "fallback_url", "from", "hangup_method",
    "hangup_on_ring", "hangup_url", "machine_detection", "machine_detection_initial_greeting",
    "machine_detection_initial_silence", "machine_detection_maximum_speech_length",
    "machine_detection_maximum_words", "machine_detection_method", "machine_detection_silence",
    "machine_detection_time", "machine_detection_url", "media_region", "parent_call_uuid",
    "ring_method", "ring_timeout", "ring_url", "send_digits", "send_on_preanswer", "sip_headers",
    "stream_id", "time_limit", "to", "type",
];

/// Everything that a request says but whom to call.
struct Order {
    from: String,
    caller_name: String,
    answer: Hook,
    ring: Option<Hook>,
    hangup: Option<Hook>,
    fallback: Option<Hook>,
    send_digits: Option<String>,
    detection: Detection,
    limits: Limits,
}

impl Face {
    /// Places one call or several, or says what is wrong with the request.
    pub(super) fn create(&mut self, world: &mut World, body: &Body) -> Result<Vec<LegId>, ApiError> {
        for key in body.keys().filter(|key| !KNOWN.contains(key)) {
            world.journal.note_unknown_parameter(key);
        }
        let order = order(body)?;
        let to = called(&body.needed("to")?)?;
        if to.contains(&order.from) {
            return Err(ApiError::bad("from and to cannot be the same number"));
        }
        let mut placed = Vec::new();
        for to in to {
            let call = order.call(&to);
            world.journal.note_create_made(&call.mark());
            let id = self.open(world, call, order.limits, None);
            let after_ms = self.free_after_ms(world.now);
            if let Some(call) = self.calls.get_mut(&id) {
                call.queued = after_ms > self.dial_after_ms;
            }
            world.dial_after(id, after_ms);
            placed.push(id);
        }
        Ok(placed)
    }
}

impl Order {
    fn call(&self, to: &str) -> Call {
        let mut call = Call::new(Way::OutboundApi, &self.from, to);
        call.caller_name = self.caller_name.clone();
        call.answer = Some(self.answer.clone());
        call.ring = self.ring.clone();
        call.hangup = Some(self.hangup.as_ref().unwrap_or(&self.answer).clone());
        call.fallback = self.fallback.clone();
        call.send_digits = self.send_digits.clone();
        call.detection = self.detection.clone();
        call
    }
}

fn order(body: &Body) -> Result<Order, ApiError> {
    let from = body.needed("from")?;
    body.needed("to")?;
    let answer = body.hook("answer_url", "answer_method")?.ok_or_else(|| ApiError::missing("answer_url"))?;
    let ring_s = body.number("ring_timeout", &ANY_S)?.unwrap_or(RING_S);
    let rings_s = body.number("hangup_on_ring", &ANY_S)?.unwrap_or(ring_s);
    let talk_s = body.number("time_limit", &ANY_S)?.unwrap_or(super::TIME_LIMIT_S);
    Ok(Order {
        from: body::number(&from).ok_or_else(|| ApiError::invalid("from"))?,
        caller_name: body.text("caller_name").unwrap_or_default(),
        answer,
        ring: body.hook("ring_url", "ring_method")?,
        hangup: body.hook("hangup_url", "hangup_method")?,
        fallback: body.hook("fallback_url", "fallback_method")?,
        send_digits: body.text("send_digits"),
        detection: detection(body)?,
        limits: Limits { ring_ms: ring_s.min(rings_s) * 1_000, talk_ms: talk_s * 1_000 },
    })
}

fn detection(body: &Body) -> Result<Detection, ApiError> {
    let ms = body.number("machine_detection_time", &(2_000..=10_000))?.unwrap_or(5_000);
    let hook = body.hook("machine_detection_url", "machine_detection_method")?;
    let wish = body.word("machine_detection", &["true", "hangup", "false"])?;
    Ok(match (wish, hook) {
        (Some("hangup"), _) => Detection::HangUp { ms },
        (Some("true"), Some(hook)) => Detection::Meanwhile { ms, hook },
        (Some("true"), None) => Detection::First { ms },
        _ => Detection::Off,
    })
}

/// Whom to call: numbers with `<` between them.
fn called(to: &str) -> Result<Vec<String>, ApiError> {
    let numbers: Option<Vec<String>> = to.split('<').map(body::number).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= CALLED_MAX);
    numbers.ok_or_else(|| ApiError::invalid("to"))
}
