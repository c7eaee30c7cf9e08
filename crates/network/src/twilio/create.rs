//! Placing a call by the API.

use url::Url;

use super::Face;
use super::call::{Call, CallbackEvent, Detection, Hook, Way};
use super::error::ApiError;
use crate::form::Form;
use crate::world::{LegId, Limits, World};

/// The longest inline document.
const TWIML_MAX: usize = 4_000;

/// How long it may ring where nothing else is asked for, and at most.
const RING_S: u64 = 60;
const RING_MAX_S: u64 = 600;

/// Parameters that the API has. Those that nothing here reads are taken and change nothing.
const KNOWN: [&str; 36] = [
    "To",
    "From",
    "Method",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackEvent",
    "StatusCallbackMethod",
    "SendDigits",
    "Timeout",
    "Record",
    "RecordingChannels",
    "RecordingStatusCallback",
    "RecordingStatusCallbackMethod",
    "SipAuthUsername",
    "SipAuthPassword",
    "MachineDetection",
    "MachineDetectionTimeout",
    "RecordingStatusCallbackEvent",
    "Trim",
    "CallerId",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
    "Byoc",
    "CallReason",
    "CallToken",
    "RecordingTrack",
    "TimeLimit",
    "ClientNotificationUrl",
    "Url",
    "Twiml",
    "ApplicationSid",
];

impl Face {
    /// Places a call, or says what is wrong with the request.
    pub(super) fn create(
        &mut self,
        world: &mut World,
        account_sid: &str,
        form: &Form,
    ) -> Result<LegId, ApiError> {
        for name in form.names().filter(|name| !KNOWN.contains(name)) {
            world.journal.note_unknown_parameter(name);
        }
        let (call, limits) = read(account_sid, form)?;
        world.journal.note_create_made(&call.mark());
        let id = self.open(world, call, limits, None);
        let after_ms = self.dial_after_ms(world.now, account_sid);
        world.dial_after(id, after_ms);
        Ok(id)
    }
}

fn read(account_sid: &str, form: &Form) -> Result<(Call, Limits), ApiError> {
    let bad = |code: u32, message: String| ApiError::new(400, code, message);
    let to = form.get("To").ok_or_else(|| bad(21_201, "No 'To' number is specified".to_owned()))?;
    let from = form.get("From").ok_or_else(|| bad(21_213, "No 'From' number is specified".to_owned()))?;
    let to = number(to).ok_or_else(|| {
        bad(21_211, format!("The phone number you are attempting to call, {to}, is not valid."))
    })?;
    let from = number(from)
        .ok_or_else(|| bad(21_212, format!("The source phone number provided, {from}, is not valid.")))?;
    let mut call = Call::new(account_sid, Way::OutboundApi, &from, &to);
    call.twiml = form.get("Twiml").map(str::to_owned);
    call.voice = hook(form, "Url", "Method", 21_205)?;
    call.fallback = hook(form, "FallbackUrl", "FallbackMethod", 21_205)?;
    call.callback = hook(form, "StatusCallback", "StatusCallbackMethod", 21_609)?;
    call.callback_events = events(form);
    call.send_digits = form.get("SendDigits").map(str::to_owned);
    let detects = form.get("MachineDetection").filter(|wish| *wish != "None");
    if let Some(wish) = detects.filter(|wish| !["Enable", "DetectMessageEnd"].contains(wish)) {
        return Err(bad(20_001, format!("MachineDetection may be Enable or DetectMessageEnd, not {wish}")));
    }
    let told = hook(form, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod", 21_609)?;
    let meanwhile = form.get("AsyncAmd") == Some("true");
    call.detects_machines = detects.is_some() && !meanwhile;
    call.detection = told
        .filter(|_| meanwhile)
        .zip(detects)
        .map(|(hook, wish)| Detection { hook, until_it_records: wish == "DetectMessageEnd" });
    if let Some(document) = &call.twiml
        && document.chars().count() > TWIML_MAX
    {
        return Err(bad(20_001, format!("Twiml is longer than {TWIML_MAX} characters")));
    }
    if call.twiml.is_none() && call.voice.is_none() {
        return Err(match form.get("ApplicationSid") {
            Some(sid) => bad(21_218, format!("Invalid ApplicationSid {sid}")),
            None => bad(21_205, "Url parameter is required.".to_owned()),
        });
    }
    let seconds = |name: &str| form.get(name).and_then(|value| value.parse::<u64>().ok());
    let ring_s = seconds("Timeout").unwrap_or(RING_S).min(RING_MAX_S);
    let talk_s = seconds("TimeLimit").unwrap_or(super::TIME_LIMIT_S);
    let limits = Limits { ring_ms: ring_s * 1_000, talk_ms: talk_s.saturating_mul(1_000) };
    Ok((call, limits))
}

/// A URL in a parameter, with its method in another.
pub(super) fn hook(form: &Form, name: &str, method_name: &str, code: u32) -> Result<Option<Hook>, ApiError> {
    let Some(url) = form.get(name) else { return Ok(None) };
    let method = form.get(method_name).unwrap_or("POST");
    if !["GET", "POST"].contains(&method) {
        let message = format!("{method_name} must be GET or POST, not {method}");
        return Err(ApiError::new(400, 21_200, message));
    }
    let parsed = Url::parse(url).ok();
    if !parsed.is_some_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme())) {
        return Err(ApiError::new(400, code, format!("{name} is not a valid URL: {url}")));
    }
    Ok(Some(Hook::new(url, method)))
}

/// Events come as one parameter each, or several in one with spaces between.
fn events(form: &Form) -> Vec<CallbackEvent> {
    let words = form.all("StatusCallbackEvent").flat_map(str::split_whitespace);
    let events: Vec<_> = words.filter_map(CallbackEvent::read).collect();
    if events.is_empty() { vec![CallbackEvent::Completed] } else { events }
}

/// A number in E.164; spaces, brackets, dots and dashes are left out.
fn number(text: &str) -> Option<String> {
    let number: String =
        text.chars().filter(|character| !matches!(character, ' ' | '(' | ')' | '-' | '.')).collect();
    let digits = number.strip_prefix('+')?;
    let is_plausible = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plausible.then_some(number)
}
