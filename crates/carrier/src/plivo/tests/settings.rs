//! What the account's settings say of a number, from recorded replies.

use super::*;
use crate::wiring::{Setting, Stake, Wiring};
use call::PhoneNumber;

const NUMBER: &str = include_str!("../fixtures/number.json");
const APPLICATION: &str = include_str!("../fixtures/application.json");
const ASKS_NUMBER: &str = "GET /Number/15550100000/";
const ASKS_APPLICATION: &str = "GET /Application/29986316244302815/";
const VOICE: &str = "https://gw.example/hooks/plivo/voice";
const STATUS: &str = "https://gw.example/hooks/plivo/status";

fn told(lines: &[(&str, Reply)]) -> Result<Wiring, Unknown> {
    talk(|replies| plivo().webhook_settings(Some(&number()), replies), lines)
}

fn number() -> PhoneNumber {
    "+15550100000".parse().unwrap()
}

fn of_application(body: &str) -> Wiring {
    told(&[(ASKS_NUMBER, reply(200, NUMBER)), (ASKS_APPLICATION, reply(200, body))]).unwrap()
}

fn voice(found: &str) -> Setting {
    Setting::new("answer_url", Some(found), Some(VOICE), Stake::CallsIn)
}

fn hangup(found: &str, wanted: &str) -> Setting {
    Setting::new("hangup_url", Some(found), Some(wanted), Stake::News)
}

#[test]
fn a_number_tells_by_its_application_whom_it_asks() {
    let right = Wiring::Told(vec![voice(VOICE), hangup(STATUS, STATUS)]);
    assert_eq!(of_application(APPLICATION), right);
    // Without an address of its own the end is told to the answer URL.
    let alone = APPLICATION.replace(STATUS, "");
    assert_eq!(of_application(&alone), Wiring::Told(vec![voice(VOICE)]));
    let at_voice = APPLICATION.replace(STATUS, VOICE);
    assert_eq!(of_application(&at_voice), Wiring::Told(vec![voice(VOICE), hangup(VOICE, VOICE)]));
}

#[test]
fn what_is_set_otherwise_is_told() {
    let elsewhere = APPLICATION.replace("gw.example", "old.example");
    let (old_voice, old_status) =
        ("https://old.example/hooks/plivo/voice", "https://old.example/hooks/plivo/status");
    let expected = Wiring::Told(vec![voice(old_voice), hangup(old_status, STATUS)]);
    assert_eq!(of_application(&elsewhere), expected);
    for application in ["null", "\"\"", "\"/v1/%2e%2e/\""] {
        let path = "\"/v1/Account/MA2025RK4E639VJFZAGV/Application/29986316244302815/\"";
        let Ok(Wiring::Told(settings)) =
            told(&[(ASKS_NUMBER, reply(200, &NUMBER.replace(path, application)))])
        else {
            panic!("it is told")
        };
        assert!(matches!(settings.as_slice(), [one] if one.name == "application" && !one.is_right()));
    }
}

#[test]
fn a_number_of_somebody_else_is_none_and_an_error_says_nothing() {
    assert_eq!(told(&[(ASKS_NUMBER, not_found())]), Ok(Wiring::NoSuchNumber));
    assert!(told(&[(ASKS_NUMBER, reply(401, "{}"))]).is_err());
    assert!(told(&[(ASKS_NUMBER, reply(200, BAD_GATEWAY))]).is_err());
    assert!(told(&[(ASKS_NUMBER, reply(200, NUMBER)), (ASKS_APPLICATION, not_found())]).is_err());
    assert_eq!(done(plivo().webhook_settings(None, &[])), Ok(Wiring::Untold));
}
