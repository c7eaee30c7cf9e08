//! The table of verdicts, one row per line: what the three shelves answer, and what that proves.

use super::*;
use call::call::{CarrierEnding, EndedBy, EndingKind, Progress, Sighting};

const UNENDED: &str = include_str!("../fixtures/record_unended.json");
const ABOUT_ANOTHER: &str = "the answer is about no call, or another one";

fn live(progress: Progress, lasted_ms: Option<u64>) -> Sighting {
    Sighting::Live { progress, lasted: lasted_ms.map(Duration::from_millis) }
}

fn over(kind: EndingKind, code: &str, by: Option<EndedBy>, duration_s: u64) -> Sighting {
    Sighting::Over(CarrierEnding {
        kind,
        code: code.to_owned(),
        by,
        ended_at: Some(CREATED + Duration::from_secs(59)),
        duration: Some(Duration::from_secs(duration_s)),
    })
}

fn blank(why: UnknownWhy, detail: &str) -> Sighting {
    Sighting::Unknown(unknown(why, detail))
}

/// Asks under both names, so that nothing is searched for, and reads the replies of the shelves in
/// their order: live, queued, record. A shelf that isn't reached is asked nothing.
fn verdict(shelves: &[Reply]) -> Sighting {
    let mut replies = Vec::new();
    for reply in shelves {
        // The first name; of the second one there is nothing on any shelf.
        replies.push(reply.clone());
        if reply.status == 404 {
            replies.push(not_found());
        }
    }
    done(plivo().look_up(&known(&[LEG, REQUEST]), &replies)).sighting
}

#[test]
fn only_proof_ends_a_call() {
    for rows in [lives(), ends(), neither(), refusals(), lies()] {
        for (shelves, expected) in rows {
            let shown: Vec<String> = shelves
                .iter()
                .map(|reply| format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body)))
                .collect();
            assert_eq!(verdict(&shelves), expected, "{shown:#?}");
        }
    }
}

/// What the shelves answer, and what that proves.
type Rows = Vec<(Vec<Reply>, Sighting)>;

fn record(body: &str) -> Vec<Reply> {
    vec![not_found(), not_found(), reply(200, body)]
}

/// 200 with a live word, and for how long.
fn lives() -> Rows {
    let without_date = Reply { headers: Vec::new(), ..reply(200, LIVE) };
    let slow_clock = with_header(reply(200, LIVE), "date", "Sun, 22 Nov 2026 09:00:00 GMT");
    let answered =
        LIVE.replace("\"call_status\"", "\"answer_time\":\"2026-11-22 15:30:20+05:30\",\"call_status\"");
    vec![
        (vec![reply(200, LIVE)], live(Progress::InProgress, Some(50_950))),
        (vec![reply(200, RINGING)], live(Progress::Ringing, Some(50_950))),
        (vec![reply(200, &answered)], live(Progress::InProgress, Some(40_000))),
        (vec![without_date], live(Progress::InProgress, None)),
        (vec![slow_clock], live(Progress::InProgress, Some(0))),
        (vec![not_found(), reply(200, &QUEUED.replace(REQUEST, LEG))], live(Progress::Initiated, None)),
    ]
}

/// A record with its end.
fn ends() -> Rows {
    let (by_remote, by_carrier) = (Some(EndedBy::Remote), Some(EndedBy::Carrier));
    let local_end = RECORD.replace("15:30:59+05:30", "15:30:59");
    let without_time = |sighting| match sighting {
        Sighting::Over(ending) => Sighting::Over(CarrierEnding { ended_at: None, ..ending }),
        other => other,
    };
    let timeless = without_time(over(EndingKind::Completed, "4000 Normal Hangup", by_remote, 50));
    let old = over(EndingKind::NoAnswer, "ended", None, 0);
    vec![
        (record(RECORD), over(EndingKind::Completed, "4000 Normal Hangup", by_remote, 50)),
        (
            record(&RECORD.replace("4000", "\"4000\"")),
            over(EndingKind::Completed, "4000 Normal Hangup", by_remote, 50),
        ),
        (record(&local_end), timeless),
        (
            record(include_str!("../fixtures/record_busy.json")),
            over(EndingKind::Busy, "3010 Busy Line", by_remote, 0),
        ),
        (
            record(include_str!("../fixtures/record_no_answer.json")),
            over(EndingKind::NoAnswer, "3000 No Answer", by_carrier, 0),
        ),
        (
            record(include_str!("../fixtures/record_ring_timeout.json")),
            over(EndingKind::NoAnswer, "6010 Ring Timeout Reached", by_carrier, 0),
        ),
        (
            record(include_str!("../fixtures/record_rejected.json")),
            over(EndingKind::Rejected, "3020 Rejected", by_remote, 0),
        ),
        (
            record(include_str!("../fixtures/record_canceled.json")),
            over(EndingKind::Canceled, "1000 Canceled", None, 0),
        ),
        (
            record(include_str!("../fixtures/record_failed.json")),
            over(EndingKind::Failed, "2000 Invalid Destination Address", by_carrier, 0),
        ),
        (record(include_str!("../fixtures/record_old.json")), old),
    ]
}

/// 200 without proof either way, and 404.
fn neither() -> Rows {
    let gone = "HTTP 404 of the live call, the queued call and the record";
    vec![
        // 200 with an unknown word, without one, or a record without its end.
        (
            vec![reply(200, include_str!("../fixtures/live_unknown_status.json"))],
            blank(UnknownWhy::UnknownStatus, "parked"),
        ),
        (
            vec![reply(200, &LIVE.replace("in-progress", "constructor"))],
            blank(UnknownWhy::UnknownStatus, "constructor"),
        ),
        (
            vec![reply(200, &LIVE.replace("in-progress", "completed"))],
            blank(UnknownWhy::UnknownStatus, "completed"),
        ),
        (
            vec![reply(200, &LIVE.replace("call_status", "state"))],
            blank(UnknownWhy::Unreadable, "a call without call_status"),
        ),
        (record(UNENDED), blank(UnknownWhy::UnknownStatus, "a record without end_time")),
        (
            record(&RECORD.replace("end_time", "end")),
            blank(UnknownWhy::UnknownStatus, "a record without end_time"),
        ),
        // 404 of one, two, and all three.
        (vec![not_found(), not_found(), not_found()], blank(UnknownWhy::NotFound, gone)),
        (vec![reply(404, LIVE), reply(404, QUEUED), reply(404, RECORD)], blank(UnknownWhy::NotFound, gone)),
    ]
}

/// Every other status, at each step.
fn refusals() -> Rows {
    vec![
        // 401 and 403, at each step.
        (vec![reply(401, "")], blank(UnknownWhy::Unauthorized, "HTTP 401")),
        (vec![not_found(), reply(401, "")], blank(UnknownWhy::Unauthorized, "HTTP 401")),
        (vec![not_found(), not_found(), reply(401, RECORD)], blank(UnknownWhy::Unauthorized, "HTTP 401")),
        (vec![reply(403, BAD_GATEWAY)], blank(UnknownWhy::Forbidden, "HTTP 403")),
        (vec![not_found(), not_found(), reply(403, RECORD)], blank(UnknownWhy::Forbidden, "HTTP 403")),
        // 429, at each step.
        (
            vec![reply(429, include_str!("../fixtures/error_429.json"))],
            blank(UnknownWhy::RateLimited, "HTTP 429"),
        ),
        (vec![not_found(), reply(429, "")], blank(UnknownWhy::RateLimited, "HTTP 429")),
        (vec![not_found(), not_found(), reply(429, RECORD)], blank(UnknownWhy::RateLimited, "HTTP 429")),
        // 5xx, a time-out, a redirect.
        (
            vec![reply(500, include_str!("../fixtures/error_500.json"))],
            blank(UnknownWhy::CarrierError, "HTTP 500"),
        ),
        (vec![not_found(), reply(502, BAD_GATEWAY)], blank(UnknownWhy::CarrierError, "HTTP 502")),
        (vec![not_found(), not_found(), reply(503, RECORD)], blank(UnknownWhy::CarrierError, "HTTP 503")),
        (vec![reply(408, "")], blank(UnknownWhy::TimedOut, "HTTP 408")),
        (vec![reply(302, "")], blank(UnknownWhy::Unreadable, "HTTP 302")),
    ]
}

/// Bodies that lie: HTML, cut off, an error told with 200, another call, another shelf.
fn lies() -> Rows {
    let no_json = "HTTP 200 without the JSON that was asked for";
    vec![
        (vec![reply(200, BAD_GATEWAY)], blank(UnknownWhy::Unreadable, no_json)),
        (record(BAD_GATEWAY), blank(UnknownWhy::Unreadable, no_json)),
        (
            vec![reply(200, include_str!("../fixtures/truncated.json"))],
            blank(UnknownWhy::Unreadable, no_json),
        ),
        (vec![reply(200, "")], blank(UnknownWhy::Unreadable, no_json)),
        (vec![reply(200, NOT_FOUND)], blank(UnknownWhy::Unreadable, ABOUT_ANOTHER)),
        (record(NOT_FOUND), blank(UnknownWhy::Unreadable, ABOUT_ANOTHER)),
        (
            vec![reply(200, &LIVE.replace(LEG, "another").replace(REQUEST, "x"))],
            blank(UnknownWhy::Unreadable, ABOUT_ANOTHER),
        ),
        (record(&RECORD.replace(LEG, "another")), blank(UnknownWhy::Unreadable, ABOUT_ANOTHER)),
        // The shelves taken for one another.
        (vec![reply(200, RECORD)], blank(UnknownWhy::Unreadable, "a call without call_status")),
        (record(LIVE), blank(UnknownWhy::UnknownStatus, "a record without end_time")),
    ]
}

/// A body that would prove something proves nothing with a status that says otherwise, on each shelf.
#[test]
fn no_status_but_success_lets_a_body_speak() {
    for (n_before, body) in [LIVE, QUEUED, RECORD].into_iter().enumerate() {
        for status in (100..200).chain(300..600).filter(|status| *status != 404) {
            let mut shelves = vec![not_found(); n_before];
            shelves.push(reply(status, body));
            let seen = verdict(&shelves);
            assert!(matches!(seen, Sighting::Unknown(_)), "{status} of shelf {n_before}: {seen:?}");
        }
    }
}

#[test]
fn the_carrier_s_wish_to_be_left_alone_is_kept() {
    let reply = with_header(reply(429, ""), "retry-after", "30");
    let Sighting::Unknown(unknown) = verdict(&[not_found(), reply]) else { panic!("429 is no sight") };
    assert_eq!(unknown.retry_after, Some(Duration::from_secs(30)));
}

proptest::proptest! {
    /// No garbage is a verdict.
    #[test]
    fn garbage_proves_nothing(status in 200u16..600, body: Vec<u8>, shelf in 0usize..3) {
        let mut replies = vec![not_found(); shelf];
        replies.push(Reply { status, headers: Vec::new(), body });
        let leg = known(&[LEG]);
        if let Next::Done(seen) = plivo().look_up(&leg, &replies) {
            let is_unknown = matches!(seen.sighting, Sighting::Unknown(_));
            proptest::prop_assert!(is_unknown);
        }
    }
}
