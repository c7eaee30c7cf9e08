//! One call: the looks and hang-ups, and the verdict on every answer.

use super::*;
use crate::wire::Operation;
use call::call::{CarrierEnding, EndingKind, HangUpReply};
use proptest::prelude::*;

const EVENTS_ANSWERED: &str = include_str!("../fixtures/events_answered.json");
const EVENTS_INITIATED: &str = include_str!("../fixtures/events_initiated.json");
const ALIVE: &str = include_str!("../fixtures/alive.json");
const DIALLING: &str = include_str!("../fixtures/dialling.json");
const UNANSWERED: &str = include_str!("../fixtures/unanswered.json");
const ANSWERED: &str = include_str!("../fixtures/events_answered.json");
const INITIATED: &str = include_str!("../fixtures/events_initiated.json");

fn over(kind: EndingKind, duration_s: Option<u64>) -> Sighting {
    Sighting::Over(CarrierEnding {
        kind,
        code: "ended".to_owned(),
        by: None,
        ended_at: Some(DIALLED + Duration::from_secs(59)),
        duration: duration_s.map(Duration::from_secs),
    })
}

#[test]
fn a_look_asks_for_the_one_call() {
    let request = asked(telnyx().look_up(&known(LEG), &[]));
    assert_eq!((request.operation, request.method), (Operation::LookUp, http::Method::GET));
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/calls/{LEG}"));
    assert!(request.body.is_empty());
}

/// The first table of `docs/carriers/telnyx.md`, one row per line.
#[test]
fn only_proof_ends_a_call() {
    let blank = |why, detail: &str| Sighting::Unknown(unknown(why, detail));
    let with = |this: &str, that: &str| {
        assert!(TALKED.contains(this), "{this}");
        TALKED.replace(this, that)
    };
    let other_call = with(LEG, OTHER_LEG);
    let text_duration = with("\"call_duration\": 50", "\"call_duration\": \"50\"");
    let no_duration = with("\"call_duration\": 50", "\"call_duration\": null");
    let no_life = with("\"is_alive\": false", "\"is_alive\": null");
    let text_life = with("\"is_alive\": false", "\"is_alive\": \"false\"");
    let no_end = with("\"2026-11-22T10:00:59Z\"", "null");
    let blank_end = with("2026-11-22T10:00:59Z", "");
    let garbled_end = with("2026-11-22T10:00:59Z", "yesterday");
    let nameless = ALIVE.replace(LEG_ID, "").replace("\"call_leg_id\": \"\"", "\"call_leg_id\": null");
    let about_another = "the answer is about no call, or another one";
    let nobody = "HTTP 200 without a call";
    let not_over = "not alive, and no end_time";

    let rows = [
        (reply(200, TALKED), over(EndingKind::Completed, Some(50))),
        (reply(200, &text_duration), over(EndingKind::Completed, Some(50))),
        (reply(200, UNANSWERED), over(EndingKind::NoAnswer, Some(0))),
        (reply(200, &no_duration), over(EndingKind::NoAnswer, None)),
        // Without a name for its events nothing more can be asked.
        (reply(200, &nameless), alive()),
        (reply(200, DIALLED_REPLY), blank(UnknownWhy::UnknownStatus, not_over)),
        (reply(200, DIALLING), blank(UnknownWhy::UnknownStatus, not_over)),
        (reply(200, &no_end), blank(UnknownWhy::UnknownStatus, not_over)),
        (reply(200, &blank_end), blank(UnknownWhy::UnknownStatus, not_over)),
        (reply(200, &garbled_end), blank(UnknownWhy::UnknownStatus, not_over)),
        (reply(200, &no_life), blank(UnknownWhy::Unreadable, "a call without is_alive")),
        (reply(200, &text_life), blank(UnknownWhy::Unreadable, "a call without is_alive")),
        (reply(200, &other_call), blank(UnknownWhy::Unreadable, about_another)),
        (reply(200, HUNG_UP), blank(UnknownWhy::Unreadable, about_another)),
        (reply(200, ERROR_10005), blank(UnknownWhy::Unreadable, nobody)),
        (reply(200, TRUNCATED), blank(UnknownWhy::Unreadable, nobody)),
        (reply(200, BAD_GATEWAY), blank(UnknownWhy::Unreadable, nobody)),
        (reply(200, ""), blank(UnknownWhy::Unreadable, nobody)),
        (reply(302, ""), blank(UnknownWhy::Unreadable, "HTTP 302")),
        (reply(401, ERROR_10009), blank(UnknownWhy::Unauthorized, "HTTP 401, 10009")),
        (reply(403, BAD_GATEWAY), blank(UnknownWhy::Forbidden, "HTTP 403")),
        (reply(404, ERROR_10005), blank(UnknownWhy::NotFound, "HTTP 404, 10005")),
        (reply(422, ERROR_90015), blank(UnknownWhy::NotFound, "HTTP 422, 90015")),
        (reply(422, ERROR_90018), blank(UnknownWhy::Unreadable, "HTTP 422, 90018")),
        // Whatever the status, the body of an error ends nothing.
        (reply(404, TALKED), blank(UnknownWhy::NotFound, "HTTP 404")),
        (reply(408, ""), blank(UnknownWhy::TimedOut, "HTTP 408")),
        (reply(429, ERROR_10011), blank(UnknownWhy::RateLimited, "HTTP 429, 10011")),
        (reply(500, ERROR_10007), blank(UnknownWhy::CarrierError, "HTTP 500, 10007")),
        (reply(500, ERROR_10005), blank(UnknownWhy::CarrierError, "HTTP 500, 10005")),
        (reply(502, BAD_GATEWAY), blank(UnknownWhy::CarrierError, "HTTP 502")),
        (reply(503, TALKED), blank(UnknownWhy::CarrierError, "HTTP 503")),
    ];
    for (reply, expected) in rows {
        // What more is asked of an end is answered by nobody.
        let mut replies = vec![reply.clone()];
        if let Next::Ask(_) = telnyx().look_up(&known(LEG), &replies) {
            replies.push(self::reply(502, ""));
        }
        let seen = sighting(telnyx().look_up(&known(LEG), &replies));
        assert_eq!(seen, expected, "{} {}", reply.status, String::from_utf8_lossy(&reply.body));
    }
}

/// `call_duration` doesn't say from when it counts; the events say whether anybody answered.
#[test]
fn of_an_end_the_events_tell_whether_anybody_answered() {
    let entry = |name: &str, at: &str| {
        let known = EVENTS_INITIATED.replace("call.initiated", name);
        known.replace("2026-11-22T10:00:00.700Z", at)
    };
    let hung_up = entry("call.hangup", "2026-11-22T10:00:59Z");
    let answered = EVENTS_ANSWERED.replace("10:00:09.000", "10:00:39.000");
    for (record, events, expected) in [
        (TALKED, answered.as_str(), over(EndingKind::Completed, Some(20))),
        (TALKED, hung_up.as_str(), over(EndingKind::NoAnswer, None)),
        (UNANSWERED, hung_up.as_str(), over(EndingKind::NoAnswer, None)),
        (UNANSWERED, answered.as_str(), over(EndingKind::Completed, Some(20))),
        // Not all of it is listed yet.
        (TALKED, EVENTS_INITIATED, over(EndingKind::Completed, Some(50))),
        (TALKED, "{}", over(EndingKind::Completed, Some(50))),
    ] {
        let replies = [reply(200, record), reply(200, events)];
        assert_eq!(sighting(telnyx().look_up(&known(LEG), &replies)), expected, "{events}");
    }
}

/// Past the ringing time a look that says `ringing` hangs up, and one that says `answered` lets the
/// talk begin: neither may be said of a call of which only its life is known.
#[test]
fn of_a_call_that_lives_no_more_is_claimed_than_its_events_tell() {
    let request = asked(telnyx().look_up(&known(LEG), &[reply(200, ALIVE)]));
    assert_eq!((request.operation, request.method), (Operation::LookUp, http::Method::GET));
    let query = format!("filter%5Bleg_id%5D={LEG_ID}&filter%5Btype%5D=webhook&page%5Bsize%5D=250");
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/call_events?{query}"));

    let answered = |lasted| Sighting::Live { progress: Progress::InProgress, lasted };
    let undated = Reply { headers: Vec::new(), ..reply(200, ANSWERED) };
    let garbled = ANSWERED.replace("2026-11-22T10:00:09.000Z", "then");
    let other_leg = ANSWERED.replace(LEG_ID, "428c31b6-7af4-4bcb-b7f5-5013ef9657c1");
    let slow_clock = with_header(reply(200, ANSWERED), "date", "Sun, 22 Nov 2026 09:00:00 GMT");
    let rows = [
        (reply(200, ANSWERED), answered(Some(Duration::from_secs(51)))),
        (slow_clock, answered(Some(Duration::ZERO))),
        (undated, answered(None)),
        (reply(200, &garbled), answered(None)),
        (reply(200, INITIATED), alive()),
        (reply(200, &other_leg), alive()),
        (reply(200, "{\"data\":[]}"), alive()),
        (reply(200, BAD_GATEWAY), alive()),
        (reply(401, ERROR_10009), alive()),
        (reply(404, ERROR_10005), alive()),
        (reply(429, ERROR_10011), alive()),
        (reply(500, ANSWERED), alive()),
    ];
    for (events, expected) in rows {
        let replies = [reply(200, ALIVE), events];
        assert_eq!(sighting(telnyx().look_up(&known(LEG), &replies)), expected, "{:?}", replies[1]);
    }
}

#[test]
fn the_carrier_s_wish_to_be_left_alone_is_kept() {
    for (name, value) in [("retry-after", "30"), ("x-ratelimit-reset", "30")] {
        let reply = with_header(reply(429, ERROR_10011), name, value);
        let Sighting::Unknown(unknown) = sighting(telnyx().look_up(&known(LEG), &[reply])) else {
            panic!("429 is no sight")
        };
        assert_eq!(unknown.retry_after, Some(Duration::from_secs(30)));
    }
    // Each reply tells of its window; only a refused one is told to wait.
    let reply = with_header(reply(500, ""), "x-ratelimit-reset", "30");
    let Sighting::Unknown(unknown) = sighting(telnyx().look_up(&known(LEG), &[reply])) else { panic!("500") };
    assert_eq!(unknown.retry_after, None);
}

/// With a `command_id` Telnyx would ignore the second, which is only sent because the call lives.
#[test]
fn a_hang_up_can_be_repeated() {
    let request = asked(telnyx().hang_up(&known(LEG), &[]));
    assert_eq!((request.operation, &request.method), (Operation::HangUp, &http::Method::POST));
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/calls/{LEG}/actions/hangup"));
    assert_eq!(request.body, b"{}");
    assert_eq!(header(&request, "content-type"), Some("application/json"));
}

#[test]
fn what_a_hang_up_is_answered() {
    let check = |reply: Reply, expected: HangUpReply| {
        assert_eq!(done(telnyx().hang_up(&known(LEG), &[reply])), expected);
    };
    let failed = |why, detail: &str| HangUpReply::Failed(unknown(why, detail));
    check(reply(200, HUNG_UP), HangUpReply::Accepted);
    check(reply(422, ERROR_90018), HangUpReply::NothingToEnd { code: "90018".to_owned() });
    check(reply(500, ERROR_90018), failed(UnknownWhy::CarrierError, "HTTP 500, 90018"));
    check(reply(422, ERROR_90015), failed(UnknownWhy::NotFound, "HTTP 422, 90015"));
    check(reply(404, ERROR_10005), failed(UnknownWhy::NotFound, "HTTP 404, 10005"));
    check(reply(422, ERROR_10016), failed(UnknownWhy::Unreadable, "HTTP 422, 10016"));
    check(reply(401, ERROR_10009), failed(UnknownWhy::Unauthorized, "HTTP 401, 10009"));
    check(reply(429, ERROR_10011), failed(UnknownWhy::RateLimited, "HTTP 429, 10011"));
    check(reply(302, ""), failed(UnknownWhy::Unreadable, "HTTP 302"));
}

proptest! {
    /// An id is one segment of a path, whatever is in it: never another path, query or host.
    #[test]
    fn a_hostile_id_stays_in_its_place(id in "[!-~]{1,64}") {
        let leg = known(&id);
        let look = asked(telnyx().look_up(&leg, &[]));
        let hang_up = asked(telnyx().hang_up(&leg, &[]));
        for (request, rest) in [(look, &[][..]), (hang_up, &["actions", "hangup"][..])] {
            let uri: http::Uri = request.url.parse().unwrap();
            prop_assert_eq!((uri.host(), uri.query()), (Some("api.telnyx.com"), None));
            let segments: Vec<&str> = uri.path().split('/').collect();
            prop_assert_eq!(&segments[..3], ["", "v2", "calls"]);
            prop_assert_eq!(&segments[4..], rest);
            let bytes: Vec<u8> = percent_encoding::percent_decode_str(segments[3]).collect();
            prop_assert_eq!(bytes, id.as_bytes());
            // A colon is an ordinary letter of a segment (RFC 3986, section 3.3).
            prop_assert!(segments[3].bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:%".contains(&b)));
        }
    }

    /// Nor does the name of a leg, which Telnyx tells, ask for anything but that leg's events.
    #[test]
    fn a_hostile_leg_id_stays_in_its_place(leg_id in "[!-~]{1,64}") {
        let mut alive: serde_json::Value = serde_json::from_str(ALIVE).unwrap();
        alive["data"]["call_leg_id"] = leg_id.clone().into();
        let request = asked(telnyx().look_up(&known(LEG), &[reply(200, &alive.to_string())]));
        let uri: http::Uri = request.url.parse().unwrap();
        prop_assert_eq!((uri.host(), uri.path()), (Some("api.telnyx.com"), "/v2/call_events"));
        let query: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap().as_bytes()).into_owned().collect();
        prop_assert_eq!(query.len(), 3);
        prop_assert_eq!(&query[0].1, &leg_id);
    }

    /// No garbage is a verdict.
    #[test]
    fn garbage_proves_nothing(status in 200u16..600, body: Vec<u8>) {
        let reply = Reply { status, headers: Vec::new(), body };
        let seen = sighting(telnyx().look_up(&known(LEG), std::slice::from_ref(&reply)));
        prop_assert!(matches!(seen, Sighting::Unknown(_)));
        prop_assert!(telnyx().read_placed(&reply).is_err());
    }
}
