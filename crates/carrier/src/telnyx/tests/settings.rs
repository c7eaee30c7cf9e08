//! What the account's settings say, from recorded replies.

use super::*;
use crate::wiring::{Setting, Stake, Wiring};
use call::PhoneNumber;

const APPLICATION: &str = include_str!("../fixtures/application.json");
const NUMBERS: &str = include_str!("../fixtures/numbers.json");
const EVENTS: &str = "https://gw.example/hooks/telnyx/events";

fn told(replies: &[Reply]) -> Next<Result<Wiring, Unknown>> {
    let number: PhoneNumber = "+15550100000".parse().unwrap();
    telnyx().webhook_settings(Some(&number), replies)
}

fn settings(version: &str, url: &str, connection: &str) -> Wiring {
    Wiring::Told(vec![
        Setting::new("active", Some("true"), Some("true"), Stake::EveryCall),
        Setting::new("webhook_api_version", Some(version), Some("2"), Stake::EveryCall),
        Setting::new("webhook_event_url", Some(url), Some(EVENTS), Stake::CallsIn),
        Setting::new("connection_id", Some(connection), Some(CONNECTION), Stake::CallsIn),
    ])
}

#[test]
fn an_application_and_its_number_tell_where_calls_go() {
    let first = reply(200, APPLICATION);
    let request = asked(told(&[]));
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/call_control_applications/{CONNECTION}"));
    let request = asked(told(std::slice::from_ref(&first)));
    let page = "phone_numbers?filter%5Bphone_number%5D=15550100000";
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/{page}"));
    let right = settings("2", EVENTS, CONNECTION);
    assert_eq!(done(told(&[first, reply(200, NUMBERS)])), Ok(right));
}

#[test]
fn what_is_set_otherwise_is_told() {
    let application = APPLICATION
        .replace("\"webhook_api_version\": \"2\"", "\"webhook_api_version\": \"1\"")
        .replace("gw.example", "old.example");
    let numbers = NUMBERS.replace(CONNECTION, "7");
    let replies = [reply(200, &application), reply(200, &numbers)];
    let wrong = settings("1", "https://old.example/hooks/telnyx/events", "7");
    assert_eq!(done(told(&replies)), Ok(wrong));
    let inactive = APPLICATION.replace("\"active\": true", "\"active\": false");
    let Ok(Wiring::Told(settings)) = done(telnyx().webhook_settings(None, &[reply(200, &inactive)])) else {
        panic!("it is told")
    };
    assert_eq!(settings.len(), 2, "without a number only what every call needs: {settings:?}");
    assert!(!settings[0].is_right() && settings[1].is_right(), "{settings:?}");
}

#[test]
fn a_number_of_somebody_else_is_none_and_an_error_says_nothing() {
    let first = reply(200, APPLICATION);
    let none = reply(200, r#"{"data": []}"#);
    assert_eq!(done(told(&[first.clone(), none])), Ok(Wiring::NoSuchNumber));
    let refused = done(told(&[reply(401, ERROR_10009)]));
    assert_eq!(refused, Err(unknown(UnknownWhy::Unauthorized, "HTTP 401, 10009")));
    for body in [BAD_GATEWAY, TRUNCATED] {
        assert!(done(told(&[reply(200, body)])).is_err());
        assert!(done(told(&[first.clone(), reply(200, body)])).is_err());
    }
}
