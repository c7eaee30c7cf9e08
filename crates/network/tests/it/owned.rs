//! What a customer can ask of the account's own numbers and applications, at each carrier.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use network::{
    Application, Connection, DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_PLIVO_AUTH_ID,
    DEFAULT_PLIVO_AUTH_TOKEN, DEFAULT_TELNYX_API_KEY, DEFAULT_TELNYX_CONNECTION_ID, Number, Settings,
    WireRequest,
};
use serde_json::{Value, from_value, json as value};

use crate::customer::{Customer, json};

const OURS: &str = "+15550199000";

fn customer() -> Customer {
    let mut settings = Settings::default();
    let number: Number = from_value(value!({ "voice_url": "https://gw/voice" })).unwrap();
    settings.numbers.insert(OURS.to_owned(), number);
    let connection: Connection = from_value(value!({ "webhook_event_url": "https://gw/events" })).unwrap();
    settings.telnyx.connections.insert(DEFAULT_TELNYX_CONNECTION_ID.to_owned(), connection);
    settings.telnyx.numbers.insert(OURS.to_owned(), DEFAULT_TELNYX_CONNECTION_ID.to_owned());
    let application: Application = from_value(value!({ "answer_url": "https://gw/voice" })).unwrap();
    settings.plivo.numbers.insert(OURS.to_owned(), application);
    Customer::with(settings, 7)
}

fn get(customer: &mut Customer, authorization: &str, path: &str) -> (u16, Value) {
    let request = WireRequest::new(Method::GET, path).with_header("authorization", authorization);
    json(customer.network.request(&request, customer.now))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn twilio_tells_whom_a_number_asks() {
    let customer = &mut customer();
    let page = format!("/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/IncomingPhoneNumbers.json");
    let us = basic(DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN);
    let (status, body) = get(customer, &us, &format!("{page}?PhoneNumber=%2B15550199000"));
    assert_eq!(status, 200);
    let number = &body["incoming_phone_numbers"][0];
    assert_eq!((&number["phone_number"], &number["voice_url"]), (&value!(OURS), &value!("https://gw/voice")));
    assert_eq!((&number["status_callback"], &number["trunk_sid"]), (&value!(""), &Value::Null));
    assert_eq!(body["next_page_uri"], Value::Null);
    let (_, body) = get(customer, &us, &format!("{page}?PhoneNumber=%2B15550199001"));
    assert_eq!(body["incoming_phone_numbers"], value!([]));
    assert_eq!(get(customer, &basic(DEFAULT_ACCOUNT_SID, "wrong"), &page).0, 401);
}

#[test]
fn telnyx_tells_whom_an_application_asks_and_where_a_number_goes() {
    let customer = &mut customer();
    let us = format!("Bearer {DEFAULT_TELNYX_API_KEY}");
    let page = format!("/v2/call_control_applications/{DEFAULT_TELNYX_CONNECTION_ID}");
    let (status, body) = get(customer, &us, &page);
    assert_eq!((status, &body["data"]["webhook_event_url"]), (200, &value!("https://gw/events")));
    assert_eq!(body["data"]["webhook_api_version"], value!("2"));
    assert_eq!(get(customer, &us, "/v2/call_control_applications/7").0, 404);
    for (digits, n_found) in [("15550199000", 1), ("%2B15550199000", 0), ("15550199001", 0)] {
        let page = format!("/v2/phone_numbers?filter%5Bphone_number%5D={digits}");
        let (status, body) = get(customer, &us, &page);
        assert_eq!((status, body["data"].as_array().map(Vec::len)), (200, Some(n_found)), "{digits}");
    }
    assert_eq!(get(customer, "Bearer wrong", &page).0, 401);
}

#[test]
fn plivo_tells_a_number_s_application_and_whom_that_asks() {
    let customer = &mut customer();
    let us = basic(DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_TOKEN);
    let account = format!("/v1/Account/{DEFAULT_PLIVO_AUTH_ID}");
    let (status, number) = get(customer, &us, &format!("{account}/Number/15550199000/"));
    assert_eq!(status, 200, "{number}");
    let (status, application) = get(customer, &us, number["application"].as_str().unwrap());
    assert_eq!((status, &application["answer_url"]), (200, &value!("https://gw/voice")));
    assert_eq!(application["hangup_url"], value!(""));
    assert_eq!(get(customer, &us, &format!("{account}/Number/15550199001/")).0, 404);
    assert_eq!(get(customer, &us, &format!("{account}/Application/7/")).0, 404);
    assert_eq!(get(customer, &basic("x", "y"), &format!("{account}/Number/15550199000/")).0, 401);
}
