//! The request that makes a call, and the verdict on every answer to it.

use super::*;
use crate::roles::{Listens, PlaceError};
use crate::wire::Operation;
use proptest::prelude::*;

const CREATED_REPLY: &str = include_str!("../fixtures/created.json");

#[test]
fn a_call_is_asked_for_with_callbacks_that_carry_our_mark() {
    let request = plivo().place(&placement());
    assert_eq!((request.operation, line(&request).as_str()), (Operation::Place, "POST /Call/"));
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    let voice = format!("https://gw.example/hooks/plivo/voice?call={CALL}");
    let status = format!("https://gw.example/hooks/plivo/status?call={CALL}");
    let expected = serde_json::json!({
        "from": "15550100000", "to": "12025550143",
        "answer_url": voice, "answer_method": "POST",
        "fallback_url": voice, "fallback_method": "POST",
        "ring_url": status, "ring_method": "POST",
        "hangup_url": status, "hangup_method": "POST",
        "ring_timeout": 45, "time_limit": 600,
    });
    assert_eq!(body(&request), expected);
}

#[test]
fn limits_are_rounded_up_and_kept_within_a_day() {
    for (ring_ms, duration_ms, ring, limit) in
        [(0, 0, 1, 1), (1_000, 1_001, 1, 2), (u64::MAX, u64::MAX, 86_400, 86_400)]
    {
        let placement = Placement {
            ring_max: Duration::from_millis(ring_ms),
            duration_max: Duration::from_millis(duration_ms),
            ..placement()
        };
        let body = body(&plivo().place(&placement));
        assert_eq!((body["ring_timeout"].as_u64(), body["time_limit"].as_u64()), (Some(ring), Some(limit)));
    }
}

#[test]
fn every_request_signs_in_and_none_prints_a_secret() {
    // printf 'MA2025RK4E639VJFZAGV:12345' | base64
    let expected = "Basic TUEyMDI1Uks0RTYzOVZKRlpBR1Y6MTIzNDU=";
    let requests = [
        plivo().place(&placement()),
        asked(plivo().look_up(&known(&[LEG]), &[])),
        asked(plivo().list_live(&[])),
        asked(plivo().find(&sought(), &[])),
        asked(plivo().hang_up(&known(&[LEG]), &[])),
    ];
    for request in requests {
        assert_eq!(header(&request, "authorization"), Some(expected));
        let printed = format!("{request:?}");
        assert!(!printed.contains("Basic") && !printed.contains("2025550143"), "{printed}");
    }
    let mut config = config();
    config.auth_token = Secret::new("one nobody may see");
    config.auth_token_previous = Some(Secret::new("two nobody may see"));
    let printed = format!("{config:?}");
    assert!(!printed.contains("nobody may see"), "{printed}");
}

#[test]
fn the_api_is_where_base_url_says() {
    let plivo = Plivo::new(PlivoConfig { base_url: Some("http://127.0.0.1:9/face/".to_owned()), ..config() });
    assert_eq!(plivo.place(&placement()).url, format!("http://127.0.0.1:9/face/v1/Account/{ACCOUNT}/Call/"));
    assert_eq!((plivo.account(), plivo.name().as_str()), (Some(ACCOUNT), "plivo"));
}

#[test]
fn the_reply_to_a_placement_is_a_yes_a_no_a_not_now_or_a_doubt() {
    let check = |reply: Reply, expected: Result<&str, PlaceError>| {
        assert_eq!(plivo().read_placed(&reply), expected.map(id), "{reply:?}");
    };
    let refused =
        |code: &str, reason: &str| PlaceError::Refused { code: code.to_owned(), reason: reason.to_owned() };
    let in_doubt = |why: &str| PlaceError::InDoubt(why.to_owned());
    let deferred = |retry_after| PlaceError::Deferred { why: "rate_limited".to_owned(), retry_after };

    check(reply(201, CREATED_REPLY), Ok(REQUEST));
    check(reply(200, CREATED_REPLY), Ok(REQUEST));
    check(reply(201, include_str!("../fixtures/created_queued.json")), Ok(REQUEST));
    check(reply(201, include_str!("../fixtures/created_list.json")), Ok(REQUEST));
    let unnamed = in_doubt("HTTP 201 that names no request");
    for body in ["", "{}", "{\"request_uuid\":\"\"}", "{\"request_uuid\":[]}", "{\"request_uuid\":\"../x\"}"]
    {
        check(reply(201, body), Err(unnamed.clone()));
    }
    check(reply(201, &CREATED_REPLY[..60]), Err(unnamed));
    check(reply(200, BAD_GATEWAY), Err(in_doubt("HTTP 200 that names no request")));
    check(
        reply(400, include_str!("../fixtures/error_400.json")),
        Err(refused("400", "to parameter is invalid")),
    );
    check(reply(400, BAD_GATEWAY), Err(refused("400", "HTTP 400")));
    check(
        reply(401, include_str!("../fixtures/error_401.html")),
        Err(refused("401", "the carrier did not accept our credentials: HTTP 401")),
    );
    check(reply(403, ""), Err(refused("403", "HTTP 403")));
    check(not_found(), Err(refused("404", "not found")));
    check(reply(405, ""), Err(refused("405", "HTTP 405")));
    check(reply(429, include_str!("../fixtures/error_429.json")), Err(deferred(None)));
    check(with_header(reply(429, ""), "retry-after", "7"), Err(deferred(Some(Duration::from_secs(7)))));
    for status in [301, 302, 307, 308, 408, 409, 425, 500, 502, 503, 504] {
        check(reply(status, BAD_GATEWAY), Err(in_doubt(&format!("HTTP {status}"))));
    }
    check(reply(500, include_str!("../fixtures/error_500.json")), Err(in_doubt("HTTP 500")));
}

proptest! {
    /// `<` would make several calls of one; whatever holds it is nobody.
    #[test]
    fn one_placement_never_calls_two(to in "[0-9<+a-z:@.&\"\\\\]{0,40}") {
        let body = body(&plivo().place(&Placement { to: Party::read(&to), ..placement() }));
        let sent = body["to"].as_str().unwrap();
        prop_assert!(!sent.contains('<'));
        let read = Party::read(&to);
        let as_told = read.as_str() == sent || read.as_str().strip_prefix('+') == Some(sent);
        prop_assert!(sent.is_empty() || as_told);
    }

    /// No garbage is a verdict.
    #[test]
    fn garbage_names_nothing(status in 200u16..600, body: Vec<u8>) {
        let reply = Reply { status, headers: Vec::new(), body };
        prop_assert!(plivo().read_placed(&reply).is_err());
    }
}

/// An address of its own has the talk begin at once; the verdict is told there meanwhile.
#[test]
fn an_answering_machine_is_listened_for_beside_the_talk() {
    for listens in [Listens::Briefly, Listens::UntilItRecords] {
        let body = body(&plivo().place(&Placement { listens: Some(listens), ..placement() }));
        let status = format!("https://gw.example/hooks/plivo/status?call={CALL}");
        let told = ["machine_detection", "machine_detection_url", "machine_detection_method"];
        assert_eq!(told.map(|key| body[key].as_str().unwrap_or("?")), ["true", &status, "POST"]);
    }
}
