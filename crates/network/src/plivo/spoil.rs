//! What faults do to Plivo's own answers, where that takes knowing them.

use serde_json::{Value, json};

use super::error::ApiError;
use super::uuid;
use crate::wire::{Reply, WireResponse};
use crate::world::{self, Act, World};

/// An id that no call has.
const NOBODY: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/// Spoils the answer to a request that was carried out.
pub(crate) fn spoil(world: &mut World, act: &Act, response: WireResponse) -> Reply {
    let response = match act {
        Act::Status { status, retry_after_s, .. } => refusal(world, *status, *retry_after_s),
        Act::Word { word } => rewritten(response, &["call_status", "call_state"], word),
        Act::WrongSid { .. } => rewritten(response, &["call_uuid", "request_uuid"], NOBODY),
        Act::Trick(_) | Act::Delay { .. } => response,
    };
    world::spoil(act, response)
}

/// Plivo's own words for a refusal that is not about the request.
pub(crate) fn refusal(world: &mut World, status: u16, retry_after_s: Option<u32>) -> WireResponse {
    let response = ApiError::of_status(status).response(&uuid(world));
    match retry_after_s {
        Some(seconds) => response.with_header("retry-after", seconds.to_string()),
        None => response,
    }
}

/// The same answer with another value under these keys, and in place of ids that stand alone.
fn rewritten(response: WireResponse, keys: &[&str], text: &str) -> WireResponse {
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return response };
    if let Some(objects) = body.get_mut("objects").and_then(Value::as_array_mut) {
        objects.iter_mut().for_each(|object| put(object, keys, text));
    }
    if keys.contains(&"call_uuid")
        && let Some(ids) = body.get_mut("calls").and_then(Value::as_array_mut)
    {
        ids.iter_mut().for_each(|id| *id = json!(text));
    }
    put(&mut body, keys, text);
    WireResponse { body: serde_json::to_vec(&body).unwrap_or_default(), ..response }
}

fn put(object: &mut Value, keys: &[&str], text: &str) {
    for key in keys {
        if let Some(value) = object.get_mut(*key) {
            *value = json!(text);
        }
    }
}
