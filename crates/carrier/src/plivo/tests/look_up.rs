//! A look: which names are asked about in which order, and what the leg is called afterwards.

use super::*;
use crate::roles::Seen;
use call::call::{EndingKind, Progress, Sighting};

const NONE_LISTED: &str = include_str!("../fixtures/list_none.json");
const ONE_LISTED: &str = include_str!("../fixtures/live_one.json");
const ONE_RECORD: &str = include_str!("../fixtures/records_one.json");
const NO_RECORD: &str = include_str!("../fixtures/records_none.json");
const RECORDS: &str = "GET /Call/?call_direction=outbound&from_number=15550100000&to_number=12025550143&end_time__gte=2026-11-22+09%3A59%3A00&limit=20&offset=0";

fn look(names: &[&str], lines: &[(&str, Reply)]) -> Seen {
    let lines: Vec<(String, Reply)> = lines
        .iter()
        .map(|(line, reply)| (line.replace("LEG", LEG).replace("REQUEST", REQUEST), reply.clone()))
        .collect();
    let lines: Vec<(&str, Reply)> =
        lines.iter().map(|(line, reply)| (line.as_str(), reply.clone())).collect();
    talk(|replies| plivo().look_up(&known(names), replies), &lines)
}

fn in_progress() -> Sighting {
    Sighting::Live { progress: Progress::InProgress, lasted: Some(Duration::from_millis(50_950)) }
}

fn is_missing(seen: &Seen) -> bool {
    matches!(&seen.sighting, Sighting::Unknown(unknown) if unknown.why == UnknownWhy::NotFound)
}

fn is_over(seen: &Seen) -> bool {
    matches!(&seen.sighting, Sighting::Over(ending) if ending.kind == EndingKind::Completed)
}

/// The three shelves without the call.
fn nowhere() -> [(&'static str, Reply); 3] {
    [
        ("GET /Call/REQUEST/?status=live", not_found()),
        ("GET /Call/REQUEST/?status=queued", not_found()),
        ("GET /Call/REQUEST/", not_found()),
    ]
}

fn searched(more: &[(&'static str, Reply)]) -> Seen {
    let lines: Vec<(&str, Reply)> = nowhere().into_iter().chain(more.iter().cloned()).collect();
    look(&[REQUEST], &lines)
}

#[test]
fn a_call_that_lives_is_asked_about_once() {
    let seen = look(&[LEG], &[("GET /Call/LEG/?status=live", reply(200, LIVE))]);
    assert_eq!(seen, Seen { sighting: in_progress(), named: None, also: None });
}

#[test]
fn every_shelf_is_asked_under_every_name_before_the_next() {
    let lines = [
        ("GET /Call/LEG/?status=live", not_found()),
        ("GET /Call/REQUEST/?status=live", not_found()),
        ("GET /Call/LEG/?status=queued", not_found()),
        ("GET /Call/REQUEST/?status=queued", not_found()),
        ("GET /Call/LEG/", not_found()),
        ("GET /Call/REQUEST/", not_found()),
    ];
    // Nothing is searched for: no name of it can be unknown.
    assert!(is_missing(&look(&[LEG, REQUEST, LEG], &lines)));
    let at_last = [&lines[..4], &[("GET /Call/LEG/", reply(200, RECORD))]].concat();
    assert!(is_over(&look(&[LEG, REQUEST], &at_last)));
}

#[test]
fn a_call_that_is_found_under_its_request_is_called_by_its_own_name_from_then_on() {
    let seen = look(&[REQUEST], &[("GET /Call/REQUEST/?status=live", reply(200, LIVE))]);
    assert_eq!(seen, Seen { sighting: in_progress(), named: Some(id(LEG)), also: None });
    // The name that it goes by is no news, whichever it was found under.
    let lines =
        [("GET /Call/LEG/?status=live", not_found()), ("GET /Call/REQUEST/?status=live", reply(200, LIVE))];
    assert_eq!(look(&[LEG, REQUEST], &lines), Seen { sighting: in_progress(), named: None, also: None });
}

#[test]
fn a_queued_call_lives_under_the_name_of_its_request() {
    let lines = [
        ("GET /Call/REQUEST/?status=live", not_found()),
        ("GET /Call/REQUEST/?status=queued", reply(200, QUEUED)),
    ];
    let sighting = Sighting::Live { progress: Progress::Initiated, lasted: None };
    assert_eq!(look(&[REQUEST], &lines), Seen { sighting, named: None, also: None });
}

#[test]
fn what_is_known_by_its_request_alone_is_searched_for_among_the_live_calls() {
    let seen = searched(&[
        ("GET /Call/?status=live&limit=20&offset=0", reply(200, ONE_LISTED)),
        ("GET /Call/LEG/?status=live", reply(200, LIVE)),
    ]);
    assert_eq!(seen, Seen { sighting: in_progress(), named: Some(id(LEG)), also: None });
}

#[test]
fn and_then_among_the_records_by_its_ends_and_its_time() {
    let seen = searched(&[
        ("GET /Call/?status=live&limit=20&offset=0", reply(200, NONE_LISTED)),
        (RECORDS, reply(200, ONE_RECORD)),
    ]);
    assert!(is_over(&seen));
    assert_eq!(seen.named, Some(id(LEG)));
    // Another request's call lives; ours is over.
    let seen = searched(&[
        ("GET /Call/?status=live&limit=20&offset=0", reply(200, ONE_LISTED)),
        ("GET /Call/LEG/?status=live", reply(200, &LIVE.replace(REQUEST, "another"))),
        (RECORDS, reply(200, NO_RECORD)),
    ]);
    assert!(is_missing(&seen));
}

#[test]
fn of_two_records_that_fit_neither_counts() {
    let record: serde_json::Value = serde_json::from_str(RECORD).unwrap();
    let mut other = record.clone();
    other["call_uuid"] = "another".into();
    let with = |objects: &[&serde_json::Value]| {
        let meta = serde_json::json!({ "next": null, "total_count": objects.len() });
        let body = serde_json::json!({ "objects": objects, "meta": meta }).to_string();
        searched(&[
            ("GET /Call/?status=live&limit=20&offset=0", reply(200, NONE_LISTED)),
            (RECORDS, reply(200, &body)),
        ])
    };
    assert!(is_over(&with(&[&record])));
    assert!(is_missing(&with(&[&record, &other])));
    let changed = |field: &str, value: &str| {
        let mut record = record.clone();
        record[field] = value.into();
        record
    };
    for (field, value) in [
        ("to_number", "12025550144"),
        ("from_number", "+15550100001"),
        ("call_direction", "inbound"),
        ("parent_call_uuid", "another"),
        ("initiation_time", "2026-11-22 15:29:58+05:30"),
        ("initiation_time", "2026-11-22 15:30:17+05:30"),
        ("initiation_time", "2026-11-22 10:00:00-05:30"),
    ] {
        assert!(is_over(&with(&[&record, &changed(field, value)])), "{field} {value}");
        assert!(is_missing(&with(&[&changed(field, value)])), "{field} {value}");
    }
    // One without its end, or that can't be named, is no proof.
    assert!(is_missing(&with(&[&changed("end_time", "")])));
    assert!(is_missing(&with(&[&changed("call_uuid", "../x")])));
    // One that could be ours, and doesn't say when it was, makes the search unreadable.
    let seen = with(&[&changed("initiation_time", "2026-11-22 15:30:00")]);
    assert!(matches!(&seen.sighting, Sighting::Unknown(unknown) if unknown.why == UnknownWhy::Unreadable));
}

#[test]
fn a_record_counts_only_if_every_live_call_was_looked_at() {
    let calls: Vec<String> = (0..21).map(|n| format!("call-{n}")).collect();
    let page = serde_json::json!({ "calls": calls }).to_string();
    let seen = searched(&[("GET /Call/?status=live&limit=20&offset=0", reply(200, &page))]);
    assert!(is_missing(&seen));
}

#[test]
fn an_error_in_the_search_is_no_absence() {
    for (status, why) in
        [(401, UnknownWhy::Unauthorized), (429, UnknownWhy::RateLimited), (500, UnknownWhy::CarrierError)]
    {
        let seen = searched(&[("GET /Call/?status=live&limit=20&offset=0", reply(status, ""))]);
        assert!(matches!(seen.sighting, Sighting::Unknown(unknown) if unknown.why == why));
        let seen = searched(&[
            ("GET /Call/?status=live&limit=20&offset=0", reply(200, ONE_LISTED)),
            ("GET /Call/LEG/?status=live", reply(status, "")),
        ]);
        assert!(matches!(seen.sighting, Sighting::Unknown(unknown) if unknown.why == why));
        let seen = searched(&[
            ("GET /Call/?status=live&limit=20&offset=0", reply(200, ONE_LISTED)),
            ("GET /Call/LEG/?status=live", not_found()),
            (RECORDS, reply(status, ONE_RECORD)),
        ]);
        assert!(matches!(seen.sighting, Sighting::Unknown(unknown) if unknown.why == why));
    }
}
