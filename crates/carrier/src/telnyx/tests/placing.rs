//! The request that makes a call, and the reply to it.

use super::*;
use crate::roles::{Listens, PlaceError};
use crate::telnyx::retries::policies;
use crate::wire::Operation;
use proptest::prelude::*;
use serde_json::json;

const ERROR_10010: &str = include_str!("../fixtures/error_10010.json");
const ERROR_10011_SRTP: &str = include_str!("../fixtures/error_10011_srtp.json");
const ERROR_10015: &str = include_str!("../fixtures/error_10015.json");

#[test]
fn a_call_is_asked_for_with_our_mark_and_its_limits() {
    let request = telnyx().place(&placement());
    assert_eq!((request.operation, &request.method), (Operation::Place, &http::Method::POST));
    assert_eq!(request.url, "https://api.telnyx.com/v2/calls");
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    let expected = json!({
        "connection_id": CONNECTION,
        "to": "+12025550143",
        "from": "+15550100000",
        // printf c_01jd3v6p9nf4q8s0t2x5z7a9bc | base64
        "client_state": "Y18wMWpkM3Y2cDluZjRxOHMwdDJ4NXo3YTliYw==",
        "command_id": CALL,
        "timeout_secs": 45,
        "time_limit_secs": 600,
        "retry_on_timeout": false,
        "webhook_url": "https://gw.example/hooks/telnyx/events",
        "webhook_retries_policies": policies(),
    });
    assert_eq!(json(&request), expected);
}

#[test]
fn without_a_public_address_the_application_s_own_is_left() {
    let telnyx = Telnyx::new(TelnyxConfig { callback_base: None, ..config() });
    let body = json(&telnyx.place(&placement()));
    assert_eq!((body.get("webhook_url"), body.get("webhook_retries_policies")), (None, None));
}

/// At most five retries, of 60 s together, says the OpenAPI document.
#[test]
fn what_nobody_heard_is_told_again_for_a_minute() {
    let policies = policies();
    let policies = policies.as_object().unwrap();
    for event in ["call.initiated", "call.answered", "call.hangup", "call.dtmf.received", "call.gather.ended"]
    {
        let waits = policies[event]["retries_ms"].as_array().unwrap();
        let total: u64 = waits.iter().filter_map(serde_json::Value::as_u64).sum();
        assert!(waits.len() <= 5 && total == 60_000, "{event}: {waits:?}");
    }
}

#[test]
fn limits_are_rounded_up_and_kept_within_what_telnyx_takes() {
    let check = |ring_ms, duration_ms, ring: u64, duration: u64| {
        let placement = Placement {
            ring_max: Duration::from_millis(ring_ms),
            duration_max: Duration::from_millis(duration_ms),
            ..placement()
        };
        let body = json(&telnyx().place(&placement));
        assert_eq!((&body["timeout_secs"], &body["time_limit_secs"]), (&json!(ring), &json!(duration)));
    };
    check(0, 0, 5, 30);
    check(5_001, 30_001, 6, 31);
    check(3_600_000, 90_000_000, 600, 14_400);
    check(u64::MAX, u64::MAX, 600, 14_400);
}

#[test]
fn every_request_signs_in_and_prints_no_secret() {
    let telnyx = telnyx();
    let requests = [
        telnyx.place(&placement()),
        asked(telnyx.look_up(&known(LEG), &[])),
        asked(telnyx.find(&sought(), &[])),
        asked(telnyx.list_live(&[])),
        asked(telnyx.hang_up(&known(LEG), &[])),
        asked(telnyx.answer(&known(LEG), &[])),
        asked(telnyx.decline(&known(LEG), &[])),
        asked(telnyx.perform(&known(LEG), &super::command::performance(1, super::command::say()), &[])),
    ];
    for request in requests {
        assert_eq!(header(&request, "authorization"), Some("Bearer KEY0123_nobody_may_see"));
        let printed = format!("{request:?}");
        assert!(!printed.contains("nobody") && !printed.contains("2025550143"), "{printed}");
    }
    assert!(!format!("{:?}", config()).contains("nobody"));
}

#[test]
fn the_api_is_where_base_url_says() {
    let config = TelnyxConfig { base_url: Some("http://127.0.0.1:9/face/v2/".to_owned()), ..config() };
    assert_eq!(Telnyx::new(config).place(&placement()).url, "http://127.0.0.1:9/face/v2/calls");
}

#[test]
fn calls_run_on_the_application() {
    assert_eq!((telnyx().account(), telnyx().name().as_str()), (Some(CONNECTION), "telnyx"));
}

/// Read as an end, it would drop every call that was just made.
#[test]
fn fact_01_a_call_just_dialled_is_not_alive_and_not_over() {
    assert!(DIALLED_REPLY.contains("\"is_alive\": false"));
    assert_eq!(telnyx().read_placed(&reply(200, DIALLED_REPLY)), Ok(leg()));
    let seen = sighting(telnyx().look_up(&known(LEG), &[reply(200, DIALLED_REPLY)]));
    assert!(matches!(seen, Sighting::Unknown(_)), "{seen:?}");
}

/// A minute after the first request the same `command_id` would make a second phone ring.
#[test]
fn fact_04_a_command_id_is_no_leave_to_dial_again() {
    assert_eq!(json(&telnyx().place(&placement()))["command_id"], CALL);
    for status in [408, 409, 425, 500, 502, 503, 504] {
        let read = telnyx().read_placed(&reply(status, ""));
        assert!(matches!(read, Err(PlaceError::InDoubt(_))), "{status}: {read:?}");
    }
    let request = asked(telnyx().find(&sought(), &[]));
    assert_eq!((request.operation, request.method), (Operation::List, http::Method::GET));
}

/// The second table of `docs/carriers/telnyx.md`, one row per line.
#[test]
fn the_reply_to_a_placement_is_a_yes_a_no_a_not_now_or_a_doubt() {
    let check = |reply: Reply, expected: Result<&str, PlaceError>| {
        let expected = expected.map(|leg| CarrierCallId::new(leg).unwrap());
        assert_eq!(telnyx().read_placed(&reply), expected, "{reply:?}");
    };
    let refused =
        |code: &str, reason: &str| PlaceError::Refused { code: code.to_owned(), reason: reason.to_owned() };
    let in_doubt = |why: &str| PlaceError::InDoubt(why.to_owned());
    let deferred = |after_s: Option<u64>| PlaceError::Deferred {
        why: "rate_limited".to_owned(),
        retry_after: after_s.map(Duration::from_secs),
    };

    check(reply(200, DIALLED_REPLY), Ok(LEG));
    check(reply(201, DIALLED_REPLY), Ok(LEG));
    check(reply(200, TRUNCATED), Err(in_doubt("HTTP 200 that names no call")));
    check(reply(200, "{\"data\":{\"call_control_id\":\"\"}}"), Err(in_doubt("HTTP 200 that names no call")));
    check(reply(200, "{\"data\":[]}"), Err(in_doubt("HTTP 200 that names no call")));
    check(reply(204, ""), Err(in_doubt("HTTP 204 that names no call")));
    check(reply(200, ERROR_10007), Err(in_doubt("HTTP 200 that names no call")));
    check(reply(422, ERROR_10016), Err(refused("10016", "The 'to' parameter must be in E164 format.")));
    let connection = "The requested connection_id (Call Control App ID) is either invalid or does not \
        exist. Only Call Control Apps with valid webhook URL are accepted.";
    check(reply(422, ERROR_10015), Err(refused("10015", connection)));
    // One code, two meanings: the status tells them apart.
    let srtp = "SRTP media encryption is not supported for PSTN calls.";
    check(reply(422, ERROR_10011_SRTP), Err(refused("10011", srtp)));
    check(reply(429, ERROR_10011), Err(deferred(None)));
    check(with_header(reply(429, ERROR_10011), "x-ratelimit-reset", "7"), Err(deferred(Some(7))));
    let both = with_header(reply(429, ""), "x-ratelimit-reset", "7");
    check(with_header(both, "retry-after", "9"), Err(deferred(Some(9))));
    // A point in time isn't a span.
    check(with_header(reply(429, ""), "x-ratelimit-reset", "1795341660"), Err(deferred(None)));
    check(reply(400, BAD_GATEWAY), Err(refused("400", "HTTP 400")));
    let who = "the carrier did not accept our credentials: The required authentication headers were either \
        invalid or not included in the request.";
    check(reply(401, ERROR_10009), Err(refused("10009", who)));
    let may = "the carrier did not accept our credentials: You do not have permission to perform the \
        requested action on the specified resource or resources.";
    check(reply(403, ERROR_10010), Err(refused("10010", may)));
    check(reply(403, ""), Err(refused("403", "the carrier did not accept our credentials")));
    let nowhere = "The requested resource or URL could not be found.";
    check(reply(404, ERROR_10005), Err(refused("10005", nowhere)));
    for status in [301, 302, 307, 308, 408, 409, 425, 500, 502, 503, 504] {
        check(reply(status, BAD_GATEWAY), Err(in_doubt(&format!("HTTP {status}"))));
    }
    check(reply(500, ERROR_10007), Err(in_doubt("HTTP 500, 10007")));
}

proptest! {
    /// Whoever is called, the body has the same fields, and each holds what it was given.
    #[test]
    fn a_body_holds_what_it_was_given(to: String, from: String, bits: u128) {
        let placement = Placement {
            id: CallId::from_bits(bits),
            to: Party::Other(to.clone()),
            from: Party::Other(from.clone()),
            ..placement()
        };
        let body = json(&telnyx().place(&placement));
        prop_assert_eq!(body.as_object().unwrap().len(), 10);
        prop_assert_eq!(&body["to"], &to);
        prop_assert_eq!(&body["from"], &from);
        prop_assert_eq!(&body["connection_id"], CONNECTION);
        prop_assert_eq!(&body["command_id"], &CallId::from_bits(bits).to_string());
    }
}

#[test]
fn an_answering_machine_is_listened_for_beside_the_talk() {
    let rows = [(None, json!(null)), (Some(Listens::Briefly), json!("detect"))];
    for (listens, word) in rows.into_iter().chain([(Some(Listens::UntilItRecords), json!("greeting_end"))]) {
        let body = json(&telnyx().place(&Placement { listens, ..placement() }));
        assert_eq!(body["answering_machine_detection"], word);
    }
}
