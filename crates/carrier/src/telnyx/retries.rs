//! How often Telnyx tells again what nobody heard: a gateway that is away for less than a minute, as
//! while it is started again, misses no webhook of a call that it made, answered or transferred.
//!
//! Source: `webhook_retries_policies` of `CallRequest`, `AnswerRequest` and `TransferCallRequest` in
//! Telnyx's OpenAPI document (2026-07-16): for each type of event at most five delays between
//! attempts, of 60 s together.

use serde_json::{Map, Value, json};

/// A policy for each event that is heeded here.
pub(super) fn policies() -> Value {
    let policy = |event: &&str| ((*event).to_owned(), json!({ "retries_ms": RETRIES_MS }));
    Value::Object(EVENTS.iter().map(policy).collect::<Map<String, Value>>())
}

/// A gateway that is started again is back in a second or three; who must be woken first, or is moved
/// to another machine, takes longer. The last attempt comes a whole minute after the first.
const RETRIES_MS: [u64; 5] = [1_000, 2_000, 7_000, 20_000, 30_000];

const EVENTS: [&str; 14] = [
    "call.answered",
    "call.bridged",
    "call.dtmf.received",
    "call.gather.ended",
    "call.hangup",
    "call.initiated",
    "call.machine.detection.ended",
    "call.machine.greeting.ended",
    "call.playback.ended",
    "call.speak.ended",
    "call.transcription",
    "streaming.failed",
    "streaming.started",
    "streaming.stopped",
];
