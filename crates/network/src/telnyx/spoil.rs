//! What faults do to Telnyx's own answers, where that takes knowing them.

use serde_json::{Value, json};

use super::error::ApiError;
use crate::wire::{Reply, WireResponse};
use crate::world::{self, Act};

/// How many requests Telnyx says that it takes, where it says that it took too many.
const RATE_LIMIT: &str = "100";

/// When it says that it takes more, where a fault says nothing, in seconds.
const RATE_RESET_S: u32 = 1;

/// Spoils the answer to a request that was carried out.
pub(crate) fn spoil(act: &Act, response: WireResponse) -> Reply {
    let response = match act {
        Act::Status { status, retry_after_s, .. } => refusal(*status, *retry_after_s),
        Act::Word { word } => {
            let response = rewritten(response, "is_alive", word);
            rewritten(response, "result", word)
        }
        Act::WrongSid { .. } => {
            let response = rewritten(response, "call_control_id", &format!("v3:{}", "f".repeat(54)));
            rewritten(response, "call_leg_id", "ffffffff-ffff-ffff-ffff-ffffffffffff")
        }
        Act::Trick(_) | Act::Delay { .. } => response,
    };
    world::spoil(act, response)
}

/// Telnyx's own words for a refusal that is not about the request.
///
/// Source of the headers:
/// <https://developers.telnyx.com/development/api-fundamentals/reliability/rate-limiting>.
pub(crate) fn refusal(status: u16, retry_after_s: Option<u32>) -> WireResponse {
    let mut response = ApiError::of_status(status).response();
    if status == 429 {
        let reset = retry_after_s.unwrap_or(RATE_RESET_S).to_string();
        response = response
            .with_header("x-ratelimit-limit", RATE_LIMIT)
            .with_header("x-ratelimit-remaining", "0")
            .with_header("x-ratelimit-reset", reset);
    }
    match retry_after_s {
        Some(seconds) => response.with_header("retry-after", seconds.to_string()),
        None => response,
    }
}

/// The same answer with another value under `key` in everything in it that has one.
fn rewritten(response: WireResponse, key: &str, text: &str) -> WireResponse {
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return response };
    match body.get_mut("data") {
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| put(item, key, text)),
        Some(item) => put(item, key, text),
        None => {}
    }
    WireResponse { body: serde_json::to_vec(&body).unwrap_or_default(), ..response }
}

fn put(item: &mut Value, key: &str, text: &str) {
    if let Some(value) = item.get_mut(key) {
        *value = json!(text);
    }
}
