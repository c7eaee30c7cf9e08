//! The account's numbers, as its owner can ask for them.
//!
//! Source: `IncomingPhoneNumber` in Twilio's OpenAPI, `twilio_api_v2010`. There is one page, and no
//! pattern but a whole number.

use serde_json::{Value, json};

use super::{API_VERSION, Face};
use crate::form::Form;
use crate::settings::Number;
use crate::wire::WireResponse;

impl Face {
    /// The numbers of an account, or the one that is asked for.
    pub(super) fn owned_numbers(&self, account_sid: &str, query: &Form) -> WireResponse {
        let first = self.accounts.first().map(|account| account.account_sid.as_str());
        let owner = |number: &Number| number.account_sid.as_deref().or(first) == Some(account_sid);
        let wanted = |digits: &str| query.get("PhoneNumber").is_none_or(|asked| asked == digits);
        let found: Vec<Value> = self
            .numbers
            .iter()
            .filter(|(digits, number)| owner(number) && wanted(digits))
            .map(|(digits, number)| written(account_sid, digits, number))
            .collect();
        let path = format!("/{API_VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers.json");
        let body = json!({
            "end": found.len().saturating_sub(1),
            "first_page_uri": format!("{path}?{}", query.write()),
            "incoming_phone_numbers": found,
            "next_page_uri": null,
            "page": 0,
            "page_size": 50,
            "previous_page_uri": null,
            "start": 0,
            "uri": format!("{path}?{}", query.write()),
        });
        WireResponse::json(200, &body)
    }
}

fn written(account_sid: &str, digits: &str, number: &Number) -> Value {
    let sid = format!("PN{:0>32}", digits.trim_start_matches('+'));
    json!({
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "capabilities": { "fax": false, "mms": false, "sms": false, "voice": true },
        "friendly_name": digits,
        "origin": "twilio",
        "phone_number": digits,
        "sid": sid,
        "status": "in-use",
        "status_callback": number.status_callback.as_deref().unwrap_or_default(),
        "status_callback_method": number.status_callback_method,
        "trunk_sid": null,
        "uri": format!("/{API_VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json"),
        "voice_application_sid": "",
        "voice_fallback_method": "POST",
        "voice_fallback_url": number.voice_fallback_url.as_deref().unwrap_or_default(),
        "voice_method": number.voice_method,
        "voice_url": number.voice_url,
    })
}
