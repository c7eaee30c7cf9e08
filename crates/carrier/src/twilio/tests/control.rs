//! One call: the requests, and the verdict on every answer.

use super::*;
use crate::roles::{Listens, PlaceError};
use crate::wire::Operation;
use call::call::{CarrierEnding, EndingKind, HangUpReply, Progress, Sighting};
use proptest::prelude::*;

const QUEUED: &str = include_str!("../fixtures/queued.json");
const RINGING: &str = include_str!("../fixtures/ringing.json");
const IN_PROGRESS: &str = include_str!("../fixtures/in_progress.json");
const COMPLETED: &str = include_str!("../fixtures/completed.json");
const UNKNOWN_STATUS: &str = include_str!("../fixtures/unknown_status.json");
const TRUNCATED: &str = include_str!("../fixtures/truncated.json");
const CREATED_REPLY: &str = include_str!("../fixtures/created.json");
const ERROR_20003: &str = include_str!("../fixtures/error_20003.json");
const ERROR_20404: &str = include_str!("../fixtures/error_20404.json");
const ERROR_20429: &str = include_str!("../fixtures/error_20429.json");
const ERROR_20500: &str = include_str!("../fixtures/error_20500.json");
const ERROR_21211: &str = include_str!("../fixtures/error_21211.json");
const ERROR_21220: &str = include_str!("../fixtures/error_21220.json");
const BAD_GATEWAY: &str = include_str!("../fixtures/bad_gateway.html");

#[test]
fn a_call_is_asked_for_with_callbacks_that_carry_our_mark() {
    let request = twilio().place(&placement());
    assert_eq!(request.operation, Operation::Place);
    assert_eq!(request.method, http::Method::POST);
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls.json"));
    assert_eq!(header(&request, "content-type"), Some("application/x-www-form-urlencoded"));
    // Twilio asks nobody what to do: the gateway may be away when the call is answered.
    let twiml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>Fish &amp; chips</Say><Hangup/></Response>";
    let status = format!("https://gw.example/hooks/twilio/status?call={CALL}");
    let expected = [
        ("To", "+12025550143"),
        ("From", "+15550100000"),
        ("Timeout", "45"),
        ("TimeLimit", "600"),
        ("Twiml", twiml),
        ("StatusCallback", &status),
        ("StatusCallbackMethod", "POST"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
    ];
    assert_eq!(form(&request), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
fn without_a_public_address_the_script_travels_with_the_call() {
    let twilio = Twilio::new(TwilioConfig { callback_base: None, ..config() });
    let fields = form(&twilio.place(&placement()));
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["To", "From", "Timeout", "TimeLimit", "Twiml"]);
    assert!(fields[4].1.contains("<Say>Fish &amp; chips</Say>"), "{}", fields[4].1);
}

#[test]
fn limits_are_rounded_up_and_kept_within_what_twilio_takes() {
    let check = |ring_ms, duration_ms, ring: &str, duration: &str| {
        let placement = Placement {
            ring_max: Duration::from_millis(ring_ms),
            duration_max: Duration::from_millis(duration_ms),
            ..placement()
        };
        let fields = form(&twilio().place(&placement));
        assert_eq!((fields[2].1.as_str(), fields[3].1.as_str()), (ring, duration));
    };
    check(0, 0, "1", "1");
    check(1_000, 1_001, "1", "2");
    check(3_600_000, 90_000_000, "600", "86400");
    check(u64::MAX, u64::MAX, "600", "86400");
}

#[test]
fn every_request_signs_in() {
    let key = ApiKey { sid: "SK1".to_owned(), secret: Secret::new("s") };
    let by_key = Twilio::new(TwilioConfig { api_key: Some(key), ..config() });
    // printf 'AC…:12345' | base64, and the same of SK1:s.
    let token = "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjoxMjM0NQ==";
    for (twilio, expected) in [(twilio(), token), (by_key, "Basic U0sxOnM=")] {
        let requests = [
            twilio.place(&placement()),
            asked(twilio.look_up(&known(LEG), &[])),
            asked(twilio.list_live(&[])),
            asked(twilio.hang_up(&known(LEG), &[])),
        ];
        for request in requests {
            assert_eq!(header(&request, "authorization"), Some(expected));
            let printed = format!("{request:?}");
            assert!(!printed.contains("Basic") && !printed.contains("2025550143"), "{printed}");
        }
    }
}

#[test]
fn the_api_is_where_base_url_or_region_and_edge_say() {
    let check = |base_url: Option<&str>, edge: Option<&str>, region: Option<&str>, expected: &str| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let twilio = Twilio::new(TwilioConfig {
            base_url: owned(base_url),
            edge: owned(edge),
            region: owned(region),
            ..config()
        });
        assert_eq!(
            twilio.place(&placement()).url,
            format!("{expected}/2010-04-01/Accounts/{ACCOUNT}/Calls.json")
        );
    };
    check(None, None, None, "https://api.twilio.com");
    check(None, None, Some("ie1"), "https://api.ie1.twilio.com");
    check(None, Some("dublin"), None, "https://api.dublin.us1.twilio.com");
    check(None, Some("dublin"), Some("ie1"), "https://api.dublin.ie1.twilio.com");
    check(Some("http://127.0.0.1:9/face/"), None, Some("ie1"), "http://127.0.0.1:9/face");
}

#[test]
fn the_reply_to_a_placement_is_a_yes_a_no_a_not_now_or_a_doubt() {
    let check = |reply: Reply, expected: Result<&str, PlaceError>| {
        assert_eq!(
            twilio().read_placed(&reply),
            expected.map(|leg| CarrierCallId::new(leg).unwrap()),
            "{reply:?}"
        );
    };
    let refused =
        |code: &str, reason: &str| PlaceError::Refused { code: code.to_owned(), reason: reason.to_owned() };
    let in_doubt = |why: &str| PlaceError::InDoubt(why.to_owned());
    let deferred = |retry_after| PlaceError::Deferred { why: "rate_limited".to_owned(), retry_after };

    check(reply(201, CREATED_REPLY), Ok(LEG));
    check(reply(200, CREATED_REPLY), Ok(LEG));
    check(reply(201, TRUNCATED), Err(in_doubt("HTTP 201 that names no call")));
    check(reply(201, "{\"sid\":\"\"}"), Err(in_doubt("HTTP 201 that names no call")));
    check(
        reply(201, "{\"sid\":\"SM00000000000000000000000000000001\"}"),
        Err(in_doubt("HTTP 201 that names no call")),
    );
    check(reply(204, ""), Err(in_doubt("HTTP 204 that names no call")));
    check(reply(200, ERROR_20500), Err(in_doubt("HTTP 200 that names no call")));
    check(reply(200, BAD_GATEWAY), Err(in_doubt("HTTP 200 that names no call")));
    let number = "The phone number you are attempting to call, +1202555014, is not valid.";
    check(reply(400, ERROR_21211), Err(refused("21211", number)));
    check(reply(400, BAD_GATEWAY), Err(refused("400", "HTTP 400")));
    check(
        reply(401, ERROR_20003),
        Err(refused("20003", "the carrier did not accept our credentials: Authenticate")),
    );
    check(reply(403, ""), Err(refused("403", "HTTP 403")));
    check(
        reply(404, ERROR_20404),
        Err(PlaceError::Refused {
            code: "20404".to_owned(),
            reason: format!(
                "The requested resource /2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json was not found"
            ),
        }),
    );
    check(reply(429, ERROR_20429), Err(deferred(None)));
    check(with_header(reply(429, ""), "retry-after", "7"), Err(deferred(Some(Duration::from_secs(7)))));
    for status in [301, 302, 307, 308, 408, 409, 425, 500, 502, 503, 504] {
        check(reply(status, BAD_GATEWAY), Err(in_doubt(&format!("HTTP {status}"))));
    }
    check(reply(500, ERROR_20500), Err(in_doubt("HTTP 500, 20500")));
}

#[test]
fn a_look_asks_for_the_one_call() {
    let request = asked(twilio().look_up(&known(LEG), &[]));
    assert_eq!((request.operation, request.method), (Operation::LookUp, http::Method::GET));
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json"));
    assert!(request.body.is_empty());
}

/// The verdict table of `docs/carriers/twilio.md`, one row per line.
#[test]
fn only_proof_ends_a_call() {
    let live = |progress, lasted| Sighting::Live { progress, lasted };
    let over = |kind, code: &str, ended_at: Option<i64>, duration: Option<u64>| {
        Sighting::Over(CarrierEnding {
            kind,
            code: code.to_owned(),
            by: None,
            ended_at: ended_at.map(|after_s| CREATED + Duration::from_secs(after_s.unsigned_abs())),
            duration: duration.map(Duration::from_secs),
        })
    };
    let blank = |why, detail: &str| Sighting::Unknown(unknown(why, detail));
    let without_date = Reply { headers: Vec::new(), ..reply(200, IN_PROGRESS) };
    let slow_clock = with_header(reply(200, IN_PROGRESS), "date", "Sun, 22 Nov 2026 09:00:00 GMT");
    let number_duration = COMPLETED.replace("\"duration\": \"50\"", "\"duration\": 50");
    let other_call = COMPLETED.replace(LEG, "CA0000000000000000000000000000000f");
    let other_account = COMPLETED.replace(ACCOUNT, "AC0000000000000000000000000000000f");
    let no_status = COMPLETED.replace("\"status\": \"completed\"", "\"status\": null");
    let hostile = COMPLETED.replace("\"status\": \"completed\"", "\"status\": \"constructor\"");
    let about_another = "the answer is about no call, or another one";
    let nobody = "HTTP 200 without JSON";
    let busy = include_str!("../fixtures/busy.json");
    let no_answer = include_str!("../fixtures/no_answer.json");
    let canceled = include_str!("../fixtures/canceled.json");
    let failed = include_str!("../fixtures/failed.json");

    let rows = [
        (reply(200, QUEUED), live(Progress::Initiated, Some(Duration::from_secs(60)))),
        (reply(200, RINGING), live(Progress::Ringing, Some(Duration::from_secs(60)))),
        (reply(200, IN_PROGRESS), live(Progress::InProgress, Some(Duration::from_secs(51)))),
        (without_date, live(Progress::InProgress, None)),
        (slow_clock, live(Progress::InProgress, Some(Duration::ZERO))),
        (reply(200, COMPLETED), over(EndingKind::Completed, "completed", Some(59), Some(50))),
        (reply(200, &number_duration), over(EndingKind::Completed, "completed", Some(59), Some(50))),
        (reply(200, busy), over(EndingKind::Busy, "busy", Some(59), Some(0))),
        (reply(200, no_answer), over(EndingKind::NoAnswer, "no-answer", Some(59), Some(0))),
        (reply(200, canceled), over(EndingKind::Canceled, "canceled", Some(59), Some(0))),
        (reply(200, failed), over(EndingKind::Failed, "failed", None, Some(0))),
        (reply(200, UNKNOWN_STATUS), blank(UnknownWhy::UnknownStatus, "parked")),
        (reply(200, &hostile), blank(UnknownWhy::UnknownStatus, "constructor")),
        (reply(200, &no_status), blank(UnknownWhy::Unreadable, "a call without a status")),
        (reply(200, &other_call), blank(UnknownWhy::Unreadable, about_another)),
        (reply(200, &other_account), blank(UnknownWhy::Unreadable, about_another)),
        (reply(200, ERROR_20404), blank(UnknownWhy::Unreadable, about_another)),
        (reply(200, TRUNCATED), blank(UnknownWhy::Unreadable, nobody)),
        (reply(200, BAD_GATEWAY), blank(UnknownWhy::Unreadable, nobody)),
        (reply(200, ""), blank(UnknownWhy::Unreadable, nobody)),
        (reply(302, ""), blank(UnknownWhy::Unreadable, "HTTP 302")),
        (reply(400, ERROR_21220), blank(UnknownWhy::Unreadable, "HTTP 400, 21220")),
        (reply(401, ERROR_20003), blank(UnknownWhy::Unauthorized, "HTTP 401, 20003")),
        (reply(403, BAD_GATEWAY), blank(UnknownWhy::Forbidden, "HTTP 403")),
        (reply(404, ERROR_20404), blank(UnknownWhy::NotFound, "HTTP 404, 20404")),
        // Whatever the status, the body of an error ends nothing.
        (reply(404, COMPLETED), blank(UnknownWhy::NotFound, "HTTP 404")),
        (reply(408, ""), blank(UnknownWhy::TimedOut, "HTTP 408")),
        (reply(429, ERROR_20429), blank(UnknownWhy::RateLimited, "HTTP 429, 20429")),
        (reply(500, ERROR_20500), blank(UnknownWhy::CarrierError, "HTTP 500, 20500")),
        (reply(502, BAD_GATEWAY), blank(UnknownWhy::CarrierError, "HTTP 502")),
        (reply(503, COMPLETED), blank(UnknownWhy::CarrierError, "HTTP 503")),
    ];
    for (reply, expected) in rows {
        let sighting = done(twilio().look_up(&known(LEG), std::slice::from_ref(&reply))).sighting;
        assert_eq!(sighting, expected, "{} {}", reply.status, String::from_utf8_lossy(&reply.body));
    }
}

#[test]
fn the_carrier_s_wish_to_be_left_alone_is_kept() {
    let reply = with_header(reply(429, ERROR_20429), "retry-after", "30");
    let Sighting::Unknown(unknown) = done(twilio().look_up(&known(LEG), &[reply])).sighting else {
        panic!("429 is no sight")
    };
    assert_eq!(unknown.retry_after, Some(Duration::from_secs(30)));
}

#[test]
fn a_hang_up_ends_the_call_and_never_deletes_its_record() {
    let request = asked(twilio().hang_up(&known(LEG), &[]));
    assert_eq!((request.operation, &request.method), (Operation::HangUp, &http::Method::POST));
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json"));
    assert_eq!(request.body, b"Status=completed");
}

#[test]
fn what_a_hang_up_is_answered() {
    let check = |reply: Reply, expected: HangUpReply| {
        assert_eq!(done(twilio().hang_up(&known(LEG), &[reply])), expected);
    };
    let nothing = |code: &str| HangUpReply::NothingToEnd { code: code.to_owned() };
    let failed = |why, detail: &str| HangUpReply::Failed(unknown(why, detail));
    check(reply(200, COMPLETED), HangUpReply::Accepted);
    check(reply(200, IN_PROGRESS), HangUpReply::Accepted);
    check(reply(400, ERROR_21220), nothing("21220"));
    check(reply(404, ERROR_20404), nothing("20404"));
    check(reply(404, BAD_GATEWAY), failed(UnknownWhy::NotFound, "HTTP 404"));
    check(reply(400, ERROR_21211), failed(UnknownWhy::Unreadable, "HTTP 400, 21211"));
    check(reply(401, ERROR_20003), failed(UnknownWhy::Unauthorized, "HTTP 401, 20003"));
    check(reply(429, ERROR_20429), failed(UnknownWhy::RateLimited, "HTTP 429, 20429"));
    check(reply(302, ""), failed(UnknownWhy::Unreadable, "HTTP 302"));
    check(reply(500, ERROR_20404), failed(UnknownWhy::CarrierError, "HTTP 500, 20404"));
}

proptest! {
    /// An id is one segment of a path, whatever is in it: never another path, query or host.
    #[test]
    fn a_hostile_id_stays_in_its_place(id in "[!-~]{1,64}") {
        for request in [asked(twilio().look_up(&known(&id), &[])), asked(twilio().hang_up(&known(&id), &[]))] {
            let uri: http::Uri = request.url.parse().unwrap();
            prop_assert_eq!(uri.host(), Some("api.twilio.com"));
            prop_assert_eq!(uri.query(), None);
            let segments: Vec<&str> = uri.path().split('/').collect();
            prop_assert_eq!(segments.len(), 6);
            prop_assert_eq!(&segments[..5], ["", "2010-04-01", "Accounts", ACCOUNT, "Calls"]);
            let plain = segments[5].strip_suffix(".json").unwrap();
            let bytes: Vec<u8> = percent_encoding::percent_decode_str(plain).collect();
            prop_assert_eq!(bytes, id.as_bytes());
            prop_assert!(plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_%".contains(&b)));
        }
    }

    /// Whatever is called or said, the form has the same fields, and each holds what it was given.
    #[test]
    fn a_form_holds_what_it_was_given(to: String, text in "\\PC{0,40}", bits: u128) {
        let placement = Placement {
            id: CallId::from_bits(bits),
            to: Party::Other(to.clone()),
            script: Script::SayAndHangUp(text),
            ..placement()
        };
        let fields = form(&twilio().place(&placement));
        prop_assert_eq!(fields.len(), 11);
        prop_assert_eq!(&fields[0].1, &to);
        prop_assert_eq!(&fields[5].1, &format!("https://gw.example/hooks/twilio/status?call={}", CallId::from_bits(bits)));
    }

    /// No garbage is a verdict.
    #[test]
    fn garbage_proves_nothing(status in 200u16..600, body: Vec<u8>) {
        let reply = Reply { status, headers: Vec::new(), body };
        let sighting = done(twilio().look_up(&known(LEG), std::slice::from_ref(&reply))).sighting;
        prop_assert!(matches!(sighting, Sighting::Unknown(_)));
        prop_assert!(twilio().read_placed(&reply).is_err());
    }
}

/// The talk begins at once; the verdict is told meanwhile.
#[test]
fn an_answering_machine_is_listened_for_beside_the_talk() {
    let rows = [(Listens::Briefly, "Enable"), (Listens::UntilItRecords, "DetectMessageEnd")];
    for (listens, word) in rows {
        let fields = form(&twilio().place(&Placement { listens: Some(listens), ..placement() }));
        let told = format!("https://gw.example/hooks/twilio/status?call={CALL}&machine");
        let expected = [
            ("MachineDetection", word),
            ("AsyncAmd", "true"),
            ("AsyncAmdStatusCallback", &told),
            ("AsyncAmdStatusCallbackMethod", "POST"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert!(fields.ends_with(&expected), "{fields:?}");
    }
}
