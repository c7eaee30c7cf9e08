//! `calls.jsonl` files: calls as another gateway would hand them over.

use super::world::OURS;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file of calls, one for each sid, in this state. `provider` is `twilio` or `mock`.
pub(crate) fn file(provider: &str, state: &str, sids: &[String]) -> String {
    let now = now_ms();
    let line = |(n, sid): (usize, &String)| {
        let mut call = snapshot(provider, sid, n);
        call["state"] = json!(state);
        call["startedAt"] = json!(now);
        if state != "initiated" {
            call["answeredAt"] = json!(now);
        }
        format!("{call}\n")
    };
    sids.iter().enumerate().map(line).collect()
}

/// A file of calls that are long over.
pub(crate) fn history(count: usize) -> String {
    let now = now_ms();
    let line = |n: usize| {
        let mut call = snapshot("twilio", &sid("history", n), n);
        let started_at = now - 1_000 * i64::try_from(count - n).unwrap_or_default();
        call["state"] = json!("completed");
        call["startedAt"] = json!(started_at - 60_000);
        call["answeredAt"] = json!(started_at - 50_000);
        call["endedAt"] = json!(started_at);
        call["endReason"] = json!("hangup-user");
        format!("{call}\n")
    };
    (0..count).map(line).collect()
}

/// A sid as Twilio writes them, another one for every group and number.
pub(crate) fn sid(group: &str, n: usize) -> String {
    let group = group.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("CA{group:08x}{n:024x}")
}

/// The number of the n-th person called.
pub(crate) fn person(n: usize) -> String {
    format!("+1202555{:04}", n % 10_000)
}

/// How long ago the epoch was, in milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn snapshot(provider: &str, sid: &str, n: usize) -> Value {
    json!({
        "callId": format!("call-{sid}"),
        "providerCallId": sid,
        "provider": provider,
        "direction": "outbound",
        "from": OURS,
        "to": person(n),
        "transcript": [],
        "processedEventIds": [],
        "metadata": {},
    })
}
