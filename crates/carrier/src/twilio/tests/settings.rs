//! What the account's settings say of a number, from recorded replies.

use super::*;
use crate::wiring::{Setting, Stake, Wiring};
use call::PhoneNumber;

const NUMBERS: &str = include_str!("../fixtures/numbers.json");
const NUMBERS_APP: &str = include_str!("../fixtures/numbers_app.json");
const APP: &str = include_str!("../fixtures/app.json");
const VOICE: &str = "https://gw.example/hooks/twilio/voice";
const STATUS: &str = "https://gw.example/hooks/twilio/status";

fn told(replies: &[Reply]) -> Next<Result<Wiring, Unknown>> {
    let number: PhoneNumber = "+15550100000".parse().unwrap();
    twilio().webhook_settings(Some(&number), replies)
}

fn voice(name: &'static str, found: &str) -> Setting {
    Setting::new(name, Some(found), Some(VOICE), Stake::CallsIn)
}

#[test]
fn a_number_tells_whom_it_asks() {
    let request = asked(told(&[]));
    let page = "IncomingPhoneNumbers.json?PhoneNumber=%2B15550100000";
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/{page}"));
    assert_eq!((request.method.as_str(), request.body.is_empty()), ("GET", true));
    let status = Setting::new("status_callback", None, Some(STATUS), Stake::News);
    let expected = Wiring::Told(vec![voice("voice_url", VOICE), status]);
    assert_eq!(done(told(&[reply(200, NUMBERS)])), Ok(expected));
}

#[test]
fn an_app_stands_in_for_the_addresses_of_its_number() {
    let first = reply(200, NUMBERS_APP);
    let request = asked(told(std::slice::from_ref(&first)));
    assert!(request.url.ends_with("/Applications/AP0123456789abcdef0123456789abcdef.json"), "{request:?}");
    let status = Setting::new("status_callback of its TwiML app", Some(STATUS), Some(STATUS), Stake::News);
    let elsewhere = voice("voice_url of its TwiML app", "https://elsewhere.example/voice");
    let expected = Wiring::Told(vec![elsewhere, status]);
    assert_eq!(done(told(&[first, reply(200, APP)])), Ok(expected));
}

#[test]
fn a_trunk_takes_the_calls_of_its_number() {
    let body = NUMBERS.replace("\"trunk_sid\": null", "\"trunk_sid\": \"TK1\"");
    let trunk = Setting::new("trunk_sid", Some("TK1"), None, Stake::CallsIn);
    assert_eq!(done(told(&[reply(200, &body)])), Ok(Wiring::Told(vec![trunk])));
}

#[test]
fn a_number_of_somebody_else_is_none() {
    let other = NUMBERS.replace("\"phone_number\": \"+15550100000\"", "\"phone_number\": \"+155501000001\"");
    for body in [r#"{"incoming_phone_numbers": []}"#, &other] {
        assert_eq!(done(told(&[reply(200, body)])), Ok(Wiring::NoSuchNumber));
    }
    let refused = done(told(&[reply(401, r#"{"code": 20003}"#)]));
    assert_eq!(refused, Err(unknown(UnknownWhy::Unauthorized, "HTTP 401, 20003")));
    assert!(done(told(&[reply(200, "<html>")])).is_err());
}

#[test]
fn nothing_is_asked_where_nothing_can_be_compared() {
    assert_eq!(done(twilio().webhook_settings(None, &[])), Ok(Wiring::Untold));
    let hidden = Twilio::new(TwilioConfig { callback_base: None, ..config() });
    let number: PhoneNumber = "+15550100000".parse().unwrap();
    assert_eq!(done(hidden.webhook_settings(Some(&number), &[])), Ok(Wiring::Untold));
}
