//! What faults do to Twilio's own answers, where that takes knowing them.

use serde_json::Value;

use super::error::ApiError;
use crate::wire::{Reply, WireResponse};
use crate::world::{self, Act};

/// Spoils the answer to a request that was carried out.
pub(crate) fn spoil(act: &Act, path: &str, response: WireResponse) -> Reply {
    let response = match act {
        Act::Status { status, retry_after_s, .. } => refusal(*status, *retry_after_s, path),
        Act::Word { word } => rewritten(response, "status", word),
        Act::WrongSid { .. } => rewritten(response, "sid", &format!("CA{}", "f".repeat(32))),
        Act::Trick(_) | Act::Delay { .. } => response,
    };
    world::spoil(act, response)
}

/// Twilio's own words for a refusal that is not about the request.
pub(crate) fn refusal(status: u16, retry_after_s: Option<u32>, path: &str) -> WireResponse {
    let response = ApiError::of_status(status, path).response();
    match retry_after_s {
        Some(seconds) => response.with_header("retry-after", seconds.to_string()),
        None => response,
    }
}

/// The same answer with another value under `key` in every call in it.
fn rewritten(response: WireResponse, key: &str, text: &str) -> WireResponse {
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return response };
    if let Some(calls) = body.get_mut("calls").and_then(Value::as_array_mut) {
        calls.iter_mut().for_each(|call| put(call, key, text));
    } else {
        put(&mut body, key, text);
    }
    WireResponse { body: serde_json::to_vec(&body).unwrap_or_default(), ..response }
}

fn put(call: &mut Value, key: &str, text: &str) {
    if let Some(value) = call.get_mut(key)
        && value.is_string()
    {
        *value = Value::from(text);
    }
}
