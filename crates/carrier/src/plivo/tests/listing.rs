//! The search for a placement in doubt, and the calls that live.

use super::*;
use crate::mark::{Ends, Mark};
use crate::roles::{self, Candidate, EXCHANGE_MAX};
use call::call::{EndingKind, Progress, Sighting};

const NONE: &str = include_str!("../fixtures/list_none.json");
const ONE: &str = include_str!("../fixtures/live_one.json");
const ONE_QUEUED: &str = include_str!("../fixtures/queued_one.json");
const PAGE_1: &str = include_str!("../fixtures/live_page_1.json");
const PAGE_2: &str = include_str!("../fixtures/live_page_2.json");
const NO_RECORD: &str = include_str!("../fixtures/records_none.json");
const ONE_RECORD: &str = include_str!("../fixtures/records_one.json");
const GOES_ON: &str = include_str!("../fixtures/records_goes_on.json");
const QUEUED_LIST: &str = "GET /Call/?status=queued&limit=20&offset=0";
const LIVE_LIST: &str = "GET /Call/?status=live&limit=20&offset=0";
const RECORDS: &str = "GET /Call/?call_direction=outbound&from_number=15550100000&to_number=12025550143&end_time__gte=2026-11-22+09%3A59%3A00&limit=20&offset=";

type Listed = Result<Vec<Candidate>, Unknown>;

fn find(lines: &[(&str, Reply)]) -> Listed {
    let lines: Vec<(String, Reply)> = lines
        .iter()
        .map(|(line, reply)| {
            let line = line.replace("LEG", LEG).replace("REQUEST", REQUEST);
            (line.replace("RECORDS", &format!("{RECORDS}0")), reply.clone())
        })
        .collect();
    let lines: Vec<(&str, Reply)> =
        lines.iter().map(|(line, reply)| (line.as_str(), reply.clone())).collect();
    talk(|replies| plivo().find(&sought(), replies), &lines)
}

fn answered() -> Sighting {
    Sighting::Live { progress: Progress::InProgress, lasted: Some(Duration::from_millis(50_950)) }
}

/// What is found where one call lives, and says this of itself.
fn found_live(detail: &str) -> Listed {
    find(&[
        (QUEUED_LIST, reply(200, NONE)),
        (LIVE_LIST, reply(200, ONE)),
        ("GET /Call/LEG/?status=live", reply(200, detail)),
        ("RECORDS", reply(200, NO_RECORD)),
    ])
}

#[test]
fn a_search_looks_at_queued_and_live_calls_and_at_records() {
    let candidate = Candidate { leg: id(LEG), sighting: answered() };
    assert_eq!(found_live(LIVE), Ok(vec![candidate]));
    let nothing =
        [(QUEUED_LIST, reply(200, NONE)), (LIVE_LIST, reply(200, NONE)), ("RECORDS", reply(200, NO_RECORD))];
    assert_eq!(find(&nothing), Ok(vec![]));
    let over =
        [(QUEUED_LIST, reply(200, NONE)), (LIVE_LIST, reply(200, NONE)), ("RECORDS", reply(200, ONE_RECORD))];
    let found = find(&over).unwrap();
    assert!(
        matches!(&found[..], [Candidate { leg, sighting: Sighting::Over(over) }] if *leg == id(LEG) && over.kind == EndingKind::Completed)
    );
}

#[test]
fn calls_of_other_numbers_directions_or_times_are_not_ours() {
    for (this, that) in [
        ("\"outbound\"", "\"inbound\""),
        ("12025550143", "12025550144"),
        ("+15550100000", "anonymous"),
        ("10:00:09.05", "09:59:58.99"),
        // A request and two minutes after the last moment at which it could leave.
        ("10:00:09.05", "10:02:16.01"),
    ] {
        assert_eq!(found_live(&LIVE.replace(this, that)), Ok(vec![]), "{that}");
    }
    for (this, that) in [
        ("12025550143", "+12025550143"),
        ("+15550100000", "15550100000"),
        ("10:00:09.05", "09:59:59.01"),
        ("10:00:09.05", "10:02:15.99"),
    ] {
        assert_eq!(found_live(&LIVE.replace(this, that)).unwrap().len(), 1, "{that}");
    }
}

/// To overlook what can't be read would be to guess that it isn't ours.
#[test]
fn a_call_that_can_be_neither_taken_nor_ruled_out_makes_the_search_unknown() {
    for detail in [
        LIVE.replace("session_start", "session_began"),
        LIVE.replace("2026-11-22 10:00:09.05", "yesterday"),
        LIVE.replace(LEG, "another").replace(REQUEST, "and another"),
        LIVE[..100].to_owned(),
    ] {
        let told = talk(
            |replies| plivo().find(&sought(), replies),
            &[
                (QUEUED_LIST, reply(200, NONE)),
                (LIVE_LIST, reply(200, ONE)),
                (&format!("GET /Call/{LEG}/?status=live"), reply(200, &detail)),
            ],
        );
        assert_eq!(told.unwrap_err().why, UnknownWhy::Unreadable, "{detail}");
    }
    let unnamed = ONE.replace(LEG, "../x");
    let told = find(&[(QUEUED_LIST, reply(200, NONE)), (LIVE_LIST, reply(200, &unnamed))]);
    assert_eq!(told.unwrap_err().why, UnknownWhy::Unreadable);
}

/// Between two lists a call may move on: it is looked for where it went.
#[test]
fn a_call_that_moves_on_while_the_lists_are_read_is_met_again() {
    let found = find(&[
        (QUEUED_LIST, reply(200, ONE_QUEUED)),
        ("GET /Call/REQUEST/?status=queued", not_found()),
        (LIVE_LIST, reply(200, ONE)),
        ("GET /Call/LEG/?status=live", reply(200, LIVE)),
        ("GET /Call/REQUEST/?status=live", reply(200, LIVE)),
        ("RECORDS", reply(200, NO_RECORD)),
    ]);
    assert_eq!(found, Ok(vec![Candidate { leg: id(LEG), sighting: answered() }]));
    let ended = [
        (QUEUED_LIST, reply(200, NONE)),
        (LIVE_LIST, reply(200, ONE)),
        ("GET /Call/LEG/?status=live", not_found()),
    ];
    let recorded =
        [&ended[..], &[("GET /Call/LEG/", reply(200, RECORD)), ("RECORDS", reply(200, ONE_RECORD))]];
    assert_eq!(find(&recorded.concat()).unwrap().len(), 1);
    let between = [&ended[..], &[("GET /Call/LEG/", not_found())]].concat();
    assert_eq!(find(&between).unwrap_err().why, UnknownWhy::NotFound);
}

#[test]
fn records_are_read_to_their_last_page() {
    let lists =
        [(QUEUED_LIST, reply(200, NONE)), (LIVE_LIST, reply(200, NONE)), ("RECORDS", reply(200, GOES_ON))];
    let second = format!("{RECORDS}20");
    let whole = [&lists[..], &[(second.as_str(), reply(200, ONE_RECORD))]].concat();
    assert_eq!(find(&whole).unwrap().len(), 1);
    // Its last page must be one, and the first doesn't make up for a later one.
    let empty = GOES_ON.split("\"objects\"").next().unwrap().to_owned() + "\"objects\": []}";
    for (status, body, why) in [
        (200, empty.as_str(), UnknownWhy::Unreadable),
        (200, BAD_GATEWAY, UnknownWhy::Unreadable),
        (200, "{\"objects\": []}", UnknownWhy::Unreadable),
        (200, "{\"objects\": [], \"meta\": {}}", UnknownWhy::Unreadable),
        (400, "", UnknownWhy::Unreadable),
        (404, NOT_FOUND, UnknownWhy::NotFound),
        (429, "", UnknownWhy::RateLimited),
        (500, ONE_RECORD, UnknownWhy::CarrierError),
    ] {
        let broken = [&lists[..], &[(second.as_str(), reply(status, body))]].concat();
        assert_eq!(find(&broken).unwrap_err().why, why, "{status} {body}");
    }
}

#[test]
fn what_is_no_list_tells_nothing() {
    for (status, body, why) in [
        (200, "{}", UnknownWhy::Unreadable),
        (200, "{\"calls\":{}}", UnknownWhy::Unreadable),
        (200, "{\"calls\":[7]}", UnknownWhy::Unreadable),
        (200, NOT_FOUND, UnknownWhy::Unreadable),
        (200, BAD_GATEWAY, UnknownWhy::Unreadable),
        (200, &PAGE_1[..200], UnknownWhy::Unreadable),
        (302, "", UnknownWhy::Unreadable),
        (401, "", UnknownWhy::Unauthorized),
        (404, NONE, UnknownWhy::NotFound),
        (429, "", UnknownWhy::RateLimited),
        (502, PAGE_1, UnknownWhy::CarrierError),
    ] {
        let bad = reply(status, body);
        assert_eq!(done(plivo().list_live(std::slice::from_ref(&bad))).unwrap_err().why, why, "{body}");
        assert_eq!(done(plivo().find(&sought(), std::slice::from_ref(&bad))).unwrap_err().why, why, "{body}");
        // The first page doesn't make up for a later one.
        let later = [reply(200, PAGE_1), bad];
        assert_eq!(done(plivo().list_live(&later)).unwrap_err().why, why, "{body}");
    }
}

fn list(lines: &[(&str, Reply)]) -> Listed {
    talk(|replies| plivo().list_live(replies), lines)
}

#[test]
fn live_calls_are_listed_by_pages_of_names() {
    let second = "GET /Call/?status=live&limit=20&offset=20";
    let live = list(&[(LIVE_LIST, reply(200, PAGE_1)), (second, reply(200, PAGE_2))]).unwrap();
    assert_eq!(live.len(), 23);
    assert!(live.iter().any(|one| one.leg == id(LEG)));
    // Alive, and nothing more: no call is moved or ended by it.
    let alive = Sighting::Live { progress: Progress::Initiated, lasted: Some(Duration::ZERO) };
    assert!(live.iter().all(|one| one.sighting == alive));
    assert_eq!(list(&[(LIVE_LIST, reply(200, NONE))]), Ok(vec![]));
    // A full last page is known as the last by the empty one after it.
    assert_eq!(list(&[(LIVE_LIST, reply(200, PAGE_1)), (second, reply(200, NONE))]).unwrap().len(), 20);
    // A call on two pages counts once; what can't be named isn't asked about.
    let overlapping = PAGE_2.replace(LEG, "00000000-0000-4000-8000-000000000001");
    let live = list(&[(LIVE_LIST, reply(200, PAGE_1)), (second, reply(200, &overlapping))]).unwrap();
    assert_eq!(live.len(), 22);
    assert_eq!(list(&[(LIVE_LIST, reply(200, "{\"calls\":[\"a/b\"]}"))]), Ok(vec![]));
}

#[test]
fn a_list_that_does_not_turn_its_pages_is_unreadable_and_one_without_pages_is_whole() {
    let second = "GET /Call/?status=live&limit=20&offset=20";
    let told = list(&[(LIVE_LIST, reply(200, PAGE_1)), (second, reply(200, PAGE_1))]);
    assert_eq!(told.unwrap_err().why, UnknownWhy::Unreadable);
    let calls: Vec<String> = (0..57).map(|n| format!("call-{n}")).collect();
    let whole = serde_json::json!({ "calls": calls }).to_string();
    assert_eq!(list(&[(LIVE_LIST, reply(200, &whole))]).unwrap().len(), 57);
}

#[test]
fn an_account_too_large_to_be_looked_through_is_unknown_before_the_exchange_is_cut_off() {
    let pages = |n_pages: usize| -> Vec<Reply> {
        let page = |n: usize| {
            let calls: Vec<String> = (0..20).map(|i| format!("call-{n}-{i}")).collect();
            reply(200, &serde_json::json!({ "calls": calls }).to_string())
        };
        (0..n_pages).map(page).collect()
    };
    asked(plivo().list_live(&pages(EXCHANGE_MAX - 2)));
    let told = done(plivo().list_live(&pages(EXCHANGE_MAX - 1)));
    assert_eq!(
        told.unwrap_err(),
        unknown(UnknownWhy::Unreadable, "the account has more calls than one search can look through")
    );
}

#[test]
fn a_carriers_clock_counts_beside_ours_and_nothing_between_them() {
    let hour = 3_600_000;
    for (apart_ms, skew_ms, n_found) in
        [(0, 0, 1), (0, -hour, 1), (hour, -hour, 1), (hour / 2, -hour, 0), (-hour, 0, 0)]
    {
        let since = Timestamp(CREATED.0 + apart_ms);
        let sought = Sought { since, until: since + Duration::from_secs(1), skew_ms, ..sought() };
        let replies = [reply(200, NONE), reply(200, NONE), reply(200, ONE_RECORD)];
        assert_eq!(done(plivo().find(&sought, &replies)).unwrap().len(), n_found, "{apart_ms} {skew_ms}");
    }
}

/// Nothing that Plivo lists tells whose a call is, but what else it is called.
#[test]
fn a_live_call_tells_its_names_and_its_ends_and_not_whose_it_is() {
    let listed = roles::Listed {
        leg: id(LEG),
        also: None,
        sighting: crate::plivo::record::alive(),
        age: None,
        mark: Mark::None,
        ends: Ends::default(),
    };
    let request = asked(plivo().prove(&listed, &[]));
    assert!(request.url.ends_with(&format!("/Call/{LEG}/?status=live")), "{}", request.url);
    let told = done(plivo().prove(&listed, &[reply(200, LIVE)])).unwrap();
    assert_eq!((told.leg, told.also, told.mark), (id(LEG), Some(id(REQUEST)), Mark::None));
    assert_eq!(told.ends.to, Some(Party::read("+12025550143")));
    assert_eq!(done(plivo().prove(&listed, &[reply(404, NOT_FOUND)])).unwrap_err().why, UnknownWhy::NotFound);
}
