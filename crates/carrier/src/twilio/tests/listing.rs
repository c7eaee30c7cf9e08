//! The search for a placement in doubt, and the calls that live.

use super::*;
use crate::mark::{Ends, Mark};
use crate::roles::{Candidate, Listed, Sought};
use crate::wire::Operation;
use call::call::{EndingKind, Progress, Sighting};

const SEARCH_1: &str = include_str!("../fixtures/search_1.json");
const SEARCH_2: &str = include_str!("../fixtures/search_2.json");
const SEARCH_OLD: &str = include_str!("../fixtures/search_old.json");
const ANSWERED_1: &str = include_str!("../fixtures/live_answered_1.json");
const ANSWERED_2: &str = include_str!("../fixtures/live_answered_2.json");
const RINGING: &str = include_str!("../fixtures/live_ringing.json");
const NONE_QUEUED: &str = include_str!("../fixtures/live_queued.json");

fn pages(bodies: &[&str]) -> Vec<Reply> {
    bodies.iter().map(|body| reply(200, body)).collect()
}

fn found(sought: &Sought, bodies: &[&str]) -> Vec<Candidate> {
    done(twilio().find(sought, &pages(bodies))).unwrap()
}

fn legs(candidates: &[Candidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.leg.as_str()).collect()
}

fn ringing() -> Sighting {
    Sighting::Live { progress: Progress::Ringing, lasted: Some(Duration::from_secs(60)) }
}

fn answered() -> Sighting {
    Sighting::Live { progress: Progress::InProgress, lasted: Some(Duration::from_secs(51)) }
}

/// One page that is the last, with this in place of that in its only fitting call.
fn page_with(this: &str, that: &str) -> String {
    SEARCH_2.replace("outbound-dial", "outbound-api").replace(this, that)
}

#[test]
fn a_search_asks_for_both_numbers_and_for_no_date() {
    let request = asked(twilio().find(&sought(), &[]));
    assert_eq!((request.operation, &request.method), (Operation::List, &http::Method::GET));
    let base = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    assert_eq!(request.url, format!("{base}?To=%2B12025550143&From=%2B15550100000&PageSize=200"));
}

#[test]
fn a_search_reads_every_page_and_keeps_what_fits() {
    let request = asked(twilio().find(&sought(), &pages(&[SEARCH_1])));
    let base = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    let query = "To=%2B12025550143&From=%2B15550100000&PageSize=2&Page=1&PageToken=PACA00000000000000000000000000000001";
    assert_eq!(request.url, format!("{base}?{query}"));
    let expected = Candidate { leg: leg(), sighting: answered() };
    assert_eq!(found(&sought(), &[SEARCH_1, SEARCH_2]), [expected]);
}

#[test]
fn the_window_is_a_second_before_and_a_request_after() {
    let created = |at: &str| page_with("Sun, 22 Nov 2026 10:00:00 +0000", at);
    let n_found = |at: &str| found(&sought(), &[&created(at)]).len();
    assert_eq!(n_found("Sun, 22 Nov 2026 09:59:58 +0000"), 0);
    assert_eq!(n_found("Sun, 22 Nov 2026 09:59:59 +0000"), 1);
    assert_eq!(n_found("Sun, 22 Nov 2026 10:00:16 +0000"), 1);
    assert_eq!(n_found("Sun, 22 Nov 2026 10:00:17 +0000"), 0);
    // The same instant, in another zone's words.
    assert_eq!(n_found("Sun, 22 Nov 2026 05:00:00 -0500"), 1);
}

#[test]
fn a_slow_request_widens_the_window() {
    let twilio = Twilio::new(TwilioConfig { request_timeout: Duration::from_secs(120), ..config() });
    let page = page_with("Sun, 22 Nov 2026 10:00:00 +0000", "Sun, 22 Nov 2026 10:02:00 +0000");
    assert_eq!(done(twilio.find(&sought(), &pages(&[&page]))).unwrap().len(), 1);
}

#[test]
fn calls_of_other_numbers_or_directions_are_not_ours() {
    for (this, that) in [
        ("outbound-api", "inbound"),
        ("\"to\": \"+12025550143\"", "\"to\": \"+12025550144\""),
        ("\"from\": \"+15550100000\"", "\"from\": \"anonymous\""),
    ] {
        assert_eq!(legs(&found(&sought(), &[&page_with(this, that)])), [""; 0], "{that}");
    }
}

#[test]
fn a_call_that_ended_is_found_with_its_end() {
    let page = page_with("\"status\": \"queued\"", "\"status\": \"busy\"");
    let candidates = found(&sought(), &[&page]);
    assert!(
        matches!(&candidates[..], [Candidate { sighting: Sighting::Over(over), .. }] if over.kind == EndingKind::Busy)
    );
}

/// To overlook what can't be read would be to guess that it isn't ours.
#[test]
fn a_call_that_can_be_neither_taken_nor_ruled_out_makes_the_listing_unreadable() {
    for (this, that) in [
        ("\"date_created\": \"Sun, 22 Nov 2026 10:00:00 +0000\"", "\"date_created\": null"),
        ("Sun, 22 Nov 2026 10:00:00 +0000", "2026-11-22T10:00:00Z"),
        ("\"sid\": \"CA", "\"sid\": \"../"),
    ] {
        let answer = done(twilio().find(&sought(), &pages(&[&page_with(this, that)])));
        assert_eq!(answer.unwrap_err().why, UnknownWhy::Unreadable, "{that}");
    }
}

#[test]
fn paging_stops_where_everything_is_older_than_a_queue_may_be_long() {
    assert_eq!(found(&sought(), &[SEARCH_OLD]), []);
    // One call within a day is enough to go on.
    let younger = SEARCH_OLD.replace("Fri, 20 Nov 2026 09:00:00", "Sat, 21 Nov 2026 09:00:01");
    asked(twilio().find(&sought(), &pages(&[&younger])));
    let undated = SEARCH_OLD.replace("Fri, 20 Nov 2026 09:00:00 +0000", "");
    asked(twilio().find(&sought(), &pages(&[&undated])));
}

#[test]
fn no_page_is_asked_for_elsewhere() {
    let home = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    for foreign in [
        "https://evil.example/2010-04-01/Accounts/AC/Calls.json?Page=1",
        "//evil.example/?Page=1",
        "@evil.example/?Page=1",
        "/2010-04-01/Accounts/AC0000000000000000000000000000000f/Calls.json?Page=1",
        "/2010-04-01/Accounts.json?Page=1",
        &format!("https://api.twilio.com.evil.example{home}?Page=1"),
        &format!("{home}/../../Messages.json?Page=1"),
        &format!("{home}?Page=1#x"),
        &format!("{home}?Page=1 HTTP/1.1"),
        &home,
    ] {
        let page = serde_json::json!({ "calls": [], "next_page_uri": foreign }).to_string();
        let answer = done(twilio().find(&sought(), &pages(&[&page])));
        assert_eq!(answer.unwrap_err().why, UnknownWhy::Unreadable, "{foreign}");
        let answer = done(twilio().list_live(&pages(&[&page])));
        assert_eq!(answer.unwrap_err().why, UnknownWhy::Unreadable, "{foreign}");
    }
    let own =
        serde_json::json!({ "calls": [], "next_page_uri": format!("https://api.twilio.com{home}?Page=1") });
    let request = asked(twilio().find(&sought(), &pages(&[&own.to_string()])));
    assert_eq!(request.url, format!("https://api.twilio.com{home}?Page=1"));
}

#[test]
fn behind_a_proxy_the_next_page_is_behind_the_proxy() {
    let base_url = Some("http://127.0.0.1:9/face".to_owned());
    let twilio = Twilio::new(TwilioConfig { base_url, ..config() });
    let request = asked(twilio.find(&sought(), &pages(&[SEARCH_1])));
    assert!(request.url.starts_with("http://127.0.0.1:9/face/2010-04-01/Accounts/"), "{}", request.url);
}

#[test]
fn what_is_no_listing_tells_nothing() {
    let bad_gateway = include_str!("../fixtures/bad_gateway.html");
    let rows = [
        (reply(200, include_str!("../fixtures/truncated.json")), UnknownWhy::Unreadable),
        (reply(200, "{}"), UnknownWhy::Unreadable),
        (reply(200, "{\"calls\":{},\"next_page_uri\":null}"), UnknownWhy::Unreadable),
        (reply(200, "{\"calls\":[]}"), UnknownWhy::Unreadable),
        (reply(200, include_str!("../fixtures/error_20404.json")), UnknownWhy::Unreadable),
        (reply(302, ""), UnknownWhy::Unreadable),
        (reply(401, include_str!("../fixtures/error_20003.json")), UnknownWhy::Unauthorized),
        (reply(429, include_str!("../fixtures/error_20429.json")), UnknownWhy::RateLimited),
        (reply(502, bad_gateway), UnknownWhy::CarrierError),
    ];
    for (bad, why) in rows {
        let alone = [bad.clone()];
        assert_eq!(done(twilio().find(&sought(), &alone)).unwrap_err().why, why, "{bad:?}");
        assert_eq!(done(twilio().list_live(&alone)).unwrap_err().why, why, "{bad:?}");
        assert!(twilio().page_of_live(&alone[0]).is_empty(), "{bad:?}");
        // The first pages don't make up for a later one.
        let later = [reply(200, SEARCH_1), bad.clone()];
        assert_eq!(done(twilio().find(&sought(), &later)).unwrap_err().why, why, "{bad:?}");
        let later = [reply(200, ANSWERED_2), bad.clone()];
        assert_eq!(done(twilio().list_live(&later)).unwrap_err().why, why, "{bad:?}");
    }
}

#[test]
fn a_carriers_clock_counts_beside_ours_and_nothing_between_them() {
    let minute = 60_000;
    let windows = |apart_ms: i64, skew_ms: i64| {
        let since = Timestamp(CREATED.0 + apart_ms);
        Sought { since, until: since + Duration::from_secs(1), skew_ms, ..sought() }
    };
    for (apart_ms, skew_ms, n_found) in [
        (0, 0, 1),
        (0, -40 * minute, 1),
        (40 * minute, -40 * minute, 1),
        (20 * minute, -40 * minute, 0),
        (-20 * minute, 40 * minute, 0),
    ] {
        let page = page_with("\"status\": \"queued\"", "\"status\": \"busy\"");
        assert_eq!(found(&windows(apart_ms, skew_ms), &[&page]).len(), n_found, "{apart_ms} {skew_ms}");
    }
}

#[test]
fn live_calls_are_listed_by_status_and_page() {
    let base = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    let answers = [NONE_QUEUED, RINGING, ANSWERED_1, ANSWERED_2];
    let queries = [
        "Status=queued&PageSize=1000",
        "Status=ringing&PageSize=1000",
        "Status=in-progress&PageSize=1000",
        "Status=in-progress&PageSize=2&Page=1&PageToken=PACA00000000000000000000000000000002",
    ];
    for (n_read, query) in queries.into_iter().enumerate() {
        let request = asked(twilio().list_live(&pages(&answers[..n_read])));
        assert_eq!((request.operation, request.url), (Operation::List, format!("{base}?{query}")));
    }
    let live = done(twilio().list_live(&pages(&answers))).unwrap();
    // 3 was over by the time its page was read.
    let expected = ["1", "2", "4"].map(|n| format!("CA{n:0>32}"));
    assert_eq!(legs(&live), expected);
    assert_eq!(live[0].sighting, answered());
    assert_eq!(live[2].sighting, ringing());
    let by_page: Vec<_> =
        pages(&answers).iter().flat_map(|page| twilio().page_of_live(page)).map(|one| one.leg).collect();
    assert_eq!(by_page, [2, 0, 1].map(|n: usize| live[n].leg.clone()), "each page tells its own");
}

#[test]
fn a_call_on_two_pages_counts_once_as_it_was_seen_last() {
    let again = RINGING.replace("CA00000000000000000000000000000004", LEG);
    let live = done(twilio().list_live(&pages(&[NONE_QUEUED, &again, ANSWERED_1, ANSWERED_2]))).unwrap();
    assert_eq!(legs(&live), [LEG, "CA00000000000000000000000000000002"]);
    assert_eq!(live[0].sighting, answered());
}

/// The example of Twilio's own document, and a webhook: both kinds of events tell an address.
#[test]
fn a_live_call_is_ours_by_an_address_in_its_events() {
    let blue = Twilio::new(TwilioConfig { installation: Some("blue".parse().unwrap()), ..config() });
    let listed = Listed {
        leg: CarrierCallId::new(LEG).unwrap(),
        also: None,
        sighting: Sighting::Live { progress: Progress::InProgress, lasted: None },
        age: None,
        mark: Mark::None,
        ends: Ends::default(),
    };
    let request = asked(blue.prove(&listed, &[]));
    let url =
        format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}/Events.json?PageSize=1000");
    assert_eq!((request.method, request.url), (http::Method::GET, url));
    let mark = |events: &str| {
        let reply = reply(200, &format!("{{\"events\":[{events}],\"next_page_uri\":null}}"));
        done(blue.prove(&listed, &[reply])).map(|listed| listed.mark)
    };
    let at = |query: &str| format!("https://old.example/x/status?{query}");
    let hook = |query: &str| format!("{{\"request\":{{\"url\":\"{}\",\"parameters\":{{}}}}}}", at(query));
    let create = |query: &str| {
        let told = at(query);
        format!(
            "{{\"request\":{{\"url\":\"https://api.twilio.com/x.json\",\"parameters\":{{\"status_callback\":\"{told}\"}}}},\"response\":null}}"
        )
    };
    let call: CallId = CALL.parse().unwrap();
    let (blue_mark, green_mark) =
        (format!("call={CALL}&installation=blue"), format!("call={CALL}&installation=green"));
    assert_eq!(mark(&hook(&blue_mark)), Ok(Mark::Ours(call)));
    assert_eq!(mark(&create(&blue_mark)), Ok(Mark::Ours(call)));
    assert_eq!(mark(&hook(&format!("call={CALL}"))), Ok(Mark::Unsigned(call)));
    assert_eq!(mark(&hook(&format!("{blue_mark}&transfer=3"))), Ok(Mark::Beside));
    assert_eq!(
        mark(&[create(&blue_mark), hook(&format!("{blue_mark}&transfer=3"))].join(",")),
        Ok(Mark::Ours(call))
    );
    assert_eq!(mark(&[hook(&blue_mark), hook(&green_mark)].join(",")), Ok(Mark::Others));
    for nothing in
        ["", "{}", "{\"request\":null}", &hook("other=1"), &hook(&blue_mark).replace("/status", "/elsewhere")]
    {
        assert_eq!(mark(nothing), Ok(Mark::None), "{nothing}");
    }
    assert_eq!(done(blue.prove(&listed, &[reply(404, "")])).unwrap_err().why, UnknownWhy::NotFound);
    assert_eq!(done(blue.prove(&listed, &[reply(200, "[]")])).unwrap_err().why, UnknownWhy::Unreadable);
    // What <Dial> made goes with its call, and isn't asked about.
    let child = Listed { mark: Mark::Beside, ..listed.clone() };
    assert_eq!(done(blue.prove(&child, &[])), Ok(child));
}

#[test]
fn a_leg_that_was_dialled_is_listed_beside_its_call() {
    let page = RINGING.replace("\"parent_call_sid\": null", &format!("\"parent_call_sid\": \"{LEG}\""));
    let listed = done(twilio().survey(&pages(&[NONE_QUEUED, &page, NONE_QUEUED]))).unwrap();
    assert!(!listed.is_empty() && listed.iter().all(|one| one.mark == Mark::Beside), "{listed:?}");
}
