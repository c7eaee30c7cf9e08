//! The customer's Call Control applications and numbers, as their owner can ask for them.
//!
//! Source: `CallControlApplication` and `GET /phone_numbers` in Telnyx's OpenAPI. Telnyx's filter
//! by number takes digits alone and finds nothing for any other letter. There is one page.

use serde_json::{Value, json};

use super::Face;
use super::error::ApiError;
use crate::wire::WireResponse;

impl Face {
    /// One application.
    pub(super) fn application(&self, id: &str) -> Result<WireResponse, ApiError> {
        let connection = self.account.connections.get(id).ok_or_else(ApiError::not_found)?;
        let body = json!({
            "active": true,
            "application_name": "simulated",
            "id": id,
            "record_type": "call_control_application",
            "webhook_api_version": "2",
            "webhook_event_failover_url": connection.webhook_event_failover_url,
            "webhook_event_url": connection.webhook_event_url,
            "webhook_timeout_secs": connection.webhook_timeout_secs,
        });
        Ok(WireResponse::json(200, &json!({ "data": body })))
    }

    /// The customer's numbers, or those that hold the digits asked for.
    pub(super) fn owned_numbers(&self, query: &str) -> WireResponse {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let wanted = pairs.find(|(name, _)| name == "filter[phone_number]").map(|(_, digits)| digits);
        let is_wanted = |number: &str| {
            wanted.as_deref().is_none_or(|digits| {
                digits.bytes().all(|digit| digit.is_ascii_digit()) && number.contains(digits)
            })
        };
        let numbers = self.account.numbers.iter().filter(|(number, _)| is_wanted(number));
        let found: Vec<Value> = numbers.map(|(number, id)| written(number, id)).collect();
        let meta = json!({
            "page_number": 1, "page_size": 250, "total_pages": 1, "total_results": found.len()
        });
        WireResponse::json(200, &json!({ "data": found, "meta": meta }))
    }
}

fn written(number: &str, connection_id: &str) -> Value {
    json!({
        "connection_id": connection_id,
        "connection_name": "simulated",
        "id": number.trim_start_matches('+'),
        "phone_number": number,
        "record_type": "phone_number",
        "status": "active",
    })
}
