//! Placing a call by the API.

use std::collections::BTreeMap;

use serde_json::Value;

use super::body::Body;
use super::call::{Call, Event, Way};
use super::command::keys;
use super::error::ApiError;
use super::machine::Detection;
use super::{COMMAND_ID_MS, Face, RING_S, TIME_LIMIT_S, stream};
use crate::world::{LegId, Limits, World};

/// The most attempts that a retry policy may add, and the most time that they may take.
const RETRIES_MAX: usize = 5;
const RETRIES_MS_MAX: u64 = 60_000;

/// Keys that the API has. Those that nothing here reads are taken and change nothing.
///
/// Source: `CallRequest` in Telnyx's OpenAPI.
#[rustfmt::skip]
const KNOWN: [&str; 63] = [
    "answering_machine_detection", "answering_machine_detection_config", "assistant", "audio_url",
    "billing_group_id", "bridge_intent", "bridge_on_answer", "client_state", "command_id",
    "conference_config", "connection_id", "conversation_relay_config", "custom_headers",
    "deepfake_detection", "dialogflow_config", "enable_dialogflow", "from", "from_display_name",
    "link_to", "media_encryption", "media_name", "park_after_unbridge", "preferred_codecs",
    "prevent_double_bridge", "privacy", "record", "record_channels", "record_custom_file_name",
    "record_format", "record_max_length", "record_timeout_secs", "record_track", "record_trim",
    "retry_on_timeout", "send_digits_on_answer", "send_silence_when_idle", "sip_auth_password",
    "sip_auth_username", "sip_headers", "sip_region", "sip_transport_protocol",
    "sound_modifications", "stream_auth_token", "stream_bidirectional_codec",
    "stream_bidirectional_mode", "stream_bidirectional_sampling_rate",
    "stream_bidirectional_target_legs", "stream_codec", "stream_establish_before_call_originate",
    "stream_track", "stream_url", "supervise_call_control_id", "supervisor_role",
    "time_limit_secs", "timeout_secs", "to", "transcription", "transcription_config",
    "webhook_retries_policies", "webhook_url", "webhook_url_method", "webhook_urls",
    "webhook_urls_method",
];

impl Face {
    /// Places a call, or says what is wrong with the request. One that repeats a command id places
    /// none and gives the call of the first one.
    pub(super) fn dial(&mut self, world: &mut World, body: &Body) -> Result<LegId, ApiError> {
        for key in body.keys().filter(|key| !KNOWN.contains(key)) {
            world.journal.note_unknown_parameter(key);
        }
        let (mut call, limits) = self.read(body)?;
        call.stream_at_answer = stream::wanted(world, body)?;
        let command_id = body.text("command_id")?;
        let now = world.now;
        self.dialled.retain(|_, (at, _)| now.since(*at) < COMMAND_ID_MS);
        if let Some((_, id)) = command_id.and_then(|command_id| self.dialled.get(command_id)) {
            return Ok(*id);
        }
        let metadata = serde_json::json!({ "to": call.to, "from": call.from });
        call.note(Event { at: now, name: "dial".to_owned(), kind: "command", metadata });
        world.journal.note_create_made(&call.mark());
        let id = self.open(world, call, limits, None);
        if let Some(command_id) = command_id {
            self.dialled.insert(command_id.to_owned(), (now, id));
        }
        world.dial_after(id, self.dial_after_ms);
        Ok(id)
    }

    fn read(&self, body: &Body) -> Result<(Call, Limits), ApiError> {
        let connection_id = body.needed("connection_id")?;
        let to = called(body)?;
        let from = body.phone_number("from")?;
        if !self.account.connections.contains_key(connection_id) {
            return Err(ApiError::unknown_connection());
        }
        let mut call = Call::new(connection_id, Way::Dialled, &from, &to);
        call.heed(body)?;
        call.digits_at_answer = keys(body, "send_digits_on_answer")?;
        call.detection = Detection::wanted(body)?;
        body.word("webhook_url_method", &["POST", "GET"])?;
        Ok((call, limits(body)?))
    }
}

/// How long a call may ring and talk.
pub(super) fn limits(body: &Body) -> Result<Limits, ApiError> {
    let ring_s = body.number("timeout_secs", &(5..=600))?.unwrap_or(RING_S);
    let talk_s = body.number("time_limit_secs", &(30..=TIME_LIMIT_S))?.unwrap_or(TIME_LIMIT_S);
    Ok(Limits { ring_ms: ring_s * 1_000, talk_ms: talk_s * 1_000 })
}

/// Whom to call: a number, or a list of one. Calling several at once is not spoken.
fn called(body: &Body) -> Result<String, ApiError> {
    match body.value("to") {
        Some(Value::Array(numbers)) => match numbers.as_slice() {
            [Value::String(number)] if super::body::is_number(number) => Ok(number.clone()),
            _ => Err(ApiError::not_a_number("to")),
        },
        _ => body.phone_number("to"),
    }
}

/// The retry policies, by event type.
pub(super) fn retries(body: &Body) -> Result<BTreeMap<String, Vec<u64>>, ApiError> {
    const KEY: &str = "webhook_retries_policies";
    let mut retries = BTreeMap::new();
    let Some(policies) = body.value(KEY) else { return Ok(retries) };
    let policies = policies.as_object().ok_or_else(|| ApiError::wrong_type(KEY, "object"))?;
    for (event, policy) in policies {
        let times = policy.get("retries_ms").and_then(Value::as_array);
        let times = times.ok_or_else(|| ApiError::wrong_type(KEY, "object"))?;
        let times: Vec<u64> = times.iter().filter_map(Value::as_u64).collect();
        let total_ms = times.iter().fold(0, |total: u64, ms| total.saturating_add(*ms));
        if times.len() > RETRIES_MAX || total_ms > RETRIES_MS_MAX {
            return Err(ApiError::outside(KEY, &(0..=RETRIES_MS_MAX)));
        }
        retries.insert(event.clone(), times);
    }
    Ok(retries)
}
