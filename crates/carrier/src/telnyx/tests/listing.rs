//! The calls that live, and the search among them for a placement in doubt.

use super::*;
use crate::roles::Candidate;
use crate::telnyx::mark::ClientState;
use crate::wire::Operation;
use call::call::CommandId;

const PAGE_1: &str = include_str!("../fixtures/active_1.json");
const PAGE_2: &str = include_str!("../fixtures/active_2.json");
const NONE: &str = include_str!("../fixtures/active_none.json");
const URL: &str = "https://api.telnyx.com/v2/connections/1684641123236054244/active_calls";

fn pages(bodies: &[&str]) -> Vec<Reply> {
    bodies.iter().map(|body| reply(200, body)).collect()
}

fn found(bodies: &[&str]) -> Result<Vec<Candidate>, Unknown> {
    done(telnyx().find(&sought(), &pages(bodies)))
}

fn legs(candidates: &[Candidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.leg.as_str()).collect()
}

/// The second page, the last one, with this in place of that.
fn page_with(this: &str, that: &str) -> String {
    assert!(PAGE_2.contains(this), "{this}");
    PAGE_2.replace(this, that)
}

#[test]
fn every_page_is_asked_for_by_its_cursor_at_our_own_address() {
    let request = asked(telnyx().list_live(&[]));
    assert_eq!((request.operation, &request.method), (Operation::List, &http::Method::GET));
    assert_eq!(request.url, format!("{URL}?page%5Blimit%5D=250"));
    let request = asked(telnyx().list_live(&pages(&[PAGE_1])));
    let after = "page%5Bafter%5D=v1%3Ag3QAAAADZAAKdGVsbnl4X2lkc2wAAAABbQ%3D%3D";
    assert_eq!(request.url, format!("{URL}?page%5Blimit%5D=250&{after}"));
    let hostile = PAGE_1.replace("v1:g3QAAAADZAAK", "&page[limit]=1#@evil.example/?");
    let request = asked(telnyx().list_live(&pages(&[&hostile])));
    assert!(
        request.url.starts_with(&format!("{URL}?page%5Blimit%5D=250&page%5Bafter%5D=%26page")),
        "{}",
        request.url
    );
}

#[test]
fn whoever_is_listed_lives_and_no_more_is_claimed() {
    let live = done(telnyx().list_live(&pages(&[PAGE_1, PAGE_2]))).unwrap();
    assert_eq!(legs(&live), [OTHER_LEG, LEG, "v3:foreign_1", "v3:unmarked_1"]);
    assert!(live.iter().all(|candidate| candidate.sighting == alive()));
    assert_eq!(done(telnyx().list_live(&pages(&[NONE]))), Ok(Vec::new()));
    let nameless = page_with(LEG, "");
    assert_eq!(legs(&done(telnyx().list_live(&pages(&[&nameless]))).unwrap()), ["v3:unmarked_1"]);
}

#[test]
fn a_call_on_two_pages_is_one_call() {
    let twice = PAGE_1.replace(OTHER_LEG, LEG);
    let live = done(telnyx().list_live(&pages(&[&twice, PAGE_2]))).unwrap();
    assert_eq!(legs(&live), [LEG, "v3:foreign_1", "v3:unmarked_1"]);
}

#[test]
fn a_search_by_mark_takes_the_call_that_carries_it_and_no_other() {
    assert_eq!(found(&[PAGE_1, PAGE_2]), Ok(vec![Candidate { leg: leg(), sighting: alive() }]));
    assert_eq!(found(&[NONE]), Ok(Vec::new()));
    // Page one goes on: that it isn't there says nothing yet.
    asked(telnyx().find(&sought(), &pages(&[PAGE_1])));
}

/// Its mark would not be missing, but a carrier that loses it may still tell the numbers.
#[test]
fn a_call_that_carries_nothing_is_taken_by_its_two_ends() {
    let ends = |from: &str, to: &str| {
        let told = format!("\"client_state\": \"\",\n\"from\": \"{from}\",\n\"to\": \"{to}\"");
        page_with("\"client_state\": \"\"", &told)
    };
    let same = ends("+15550100000", "+12025550143");
    assert_eq!(legs(&found(&[&same]).unwrap()), [LEG, "v3:unmarked_1"]);
    let other = ends("+15550100000", "+12025550144");
    assert_eq!(legs(&found(&[&other]).unwrap()), [LEG]);
    let gone = page_with(LEG, "v3:other").replace("Y18wMWpk", "Y18wMWpl");
    assert_eq!(found(&[&gone]), Ok(Vec::new()));
}

/// The leg is one call's own, whatever was last done on it.
#[test]
fn a_call_is_found_by_its_mark_while_something_is_done_on_it() {
    // printf c_01jd3v6p9nf4q8s0t2x5z7a9bc:3:keys | base64
    let asking = page_with(super::webhook::STATE, "Y18wMWpkM3Y2cDluZjRxOHMwdDJ4NXo3YTliYzozOmtleXM=");
    assert_eq!(legs(&found(&[&asking]).unwrap()), [LEG]);
}

#[test]
fn the_listing_tells_whose_each_call_is() {
    let blue = Telnyx::new(TelnyxConfig { installation: Some("blue".parse().unwrap()), ..config() });
    let signed = page_with(super::webhook::STATE, &blue.mark(mark()));
    let listed = done(blue.survey(&pages(&[PAGE_1, &signed]))).unwrap();
    let marks = |leg: &str| listed.iter().find(|one| one.leg.as_str() == leg).unwrap().mark.clone();
    assert_eq!(marks(LEG), Mark::Ours(mark()));
    assert_eq!((marks("v3:foreign_1"), marks("v3:unmarked_1")), (Mark::Foreign, Mark::None));
    let by_page = pages(&[PAGE_1, &signed]).iter().map(|page| blue.page_of_live(page).len()).sum::<usize>();
    assert_eq!(by_page, listed.len(), "each page tells its own");
    assert!(listed.iter().all(|one| one.age.is_some()), "{listed:?}");
    let others = done(telnyx().survey(&pages(&[&signed]))).unwrap();
    assert!(others.iter().any(|one| one.leg.as_str() == LEG && one.mark == Mark::Others));
    assert_eq!(done(telnyx().prove(&others[0], &[])), Ok(others[0].clone()));
    // Nor is another installation's call the one sought.
    assert_eq!(found(&[&signed]), Ok(Vec::new()));
}

/// To take it would give the call a leg that ends without it.
#[test]
fn a_leg_that_a_transfer_rang_is_not_the_call() {
    let second = ClientState::Second { call: signed(), id: CommandId(3), first: leg() };
    let page = page_with(super::webhook::STATE, &second.write());
    assert_eq!(found(&[&page]), Ok(Vec::new()));
}

#[test]
fn a_sought_call_without_a_name_makes_the_listing_unreadable() {
    assert_eq!(found(&[&page_with(LEG, "")]).unwrap_err().why, UnknownWhy::Unreadable);
    assert_eq!(found(&[&page_with(LEG, "a b")]).unwrap_err().why, UnknownWhy::Unreadable);
}

#[test]
fn a_listing_that_is_not_read_to_its_end_says_nothing() {
    let row = |pages: &[Reply], why: UnknownWhy| {
        assert_eq!(done(telnyx().find(&sought(), pages)).unwrap_err().why, why, "{pages:?}");
        assert_eq!(done(telnyx().list_live(pages)).unwrap_err().why, why, "{pages:?}");
    };
    let no_cursor = PAGE_1.replace("\"after\"", "\"aft\"");
    row(&pages(&[&no_cursor]), UnknownWhy::Unreadable);
    row(&pages(&[PAGE_1, PAGE_1]), UnknownWhy::Unreadable);
    row(&pages(&[BAD_GATEWAY]), UnknownWhy::Unreadable);
    row(&pages(&[TRUNCATED]), UnknownWhy::Unreadable);
    row(&pages(&["{\"meta\":{}}"]), UnknownWhy::Unreadable);
    row(&[reply(200, PAGE_1), reply(500, PAGE_2)], UnknownWhy::CarrierError);
    row(&[reply(401, ERROR_10009)], UnknownWhy::Unauthorized);
    row(&[reply(404, ERROR_10005)], UnknownWhy::NotFound);
    row(&[reply(429, ERROR_10011)], UnknownWhy::RateLimited);
}

#[test]
fn a_last_page_may_leave_out_where_it_goes_on() {
    for meta in ["", ",\"meta\":null", ",\"meta\":{}", ",\"meta\":{\"cursors\":null,\"next\":\"\"}"] {
        let page = format!("{{\"data\":[]{meta}}}");
        assert_eq!(done(telnyx().list_live(&pages(&[&page]))), Ok(Vec::new()), "{page}");
    }
}
