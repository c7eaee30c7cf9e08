//! Placements that the carrier refuses or puts off, and those of which nobody knows: where they go, and
//! when they are given up.

use super::samples::*;
use crate::call::*;
use crate::{CarrierName, Timestamp};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn name(name: &str) -> CarrierName {
    CarrierName(name.to_owned())
}

/// A call that may go to two more carriers.
fn asked_with_routes() -> Call {
    let spare = Route { carrier: name("spare"), account: None, by_command: true };
    let last = Route { carrier: name("last"), account: Some("AC3".to_owned()), by_command: false };
    let facts = Facts { fallback: vec![spare, last], ..facts(Direction::Outbound) };
    born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap()
}

fn refused() -> News {
    News::PlaceRefused { code: "21211".to_owned(), reason: "invalid to".to_owned() }
}

fn put_off(seconds: Option<u64>) -> News {
    News::PlaceDeferred { why: "rate_limited".to_owned(), retry_after: seconds.map(Duration::from_secs) }
}

fn doubt() -> News {
    News::PlaceInDoubt { why: "cut".to_owned() }
}

fn hear(call: &Call, when: Timestamp, news: News) -> Call {
    step(call, &at(when, Source::Reply, news)).call
}

fn ending_of(call: &Call) -> &Ending {
    let CallState::Ended(over) = &call.state else { panic!("it is over: {call:?}") };
    &over.ending
}

fn queued(call: &Call) -> &Queued {
    let CallState::Queued(queued) = &call.state else { panic!("it waits: {call:?}") };
    queued
}

#[test]
fn a_call_that_one_carrier_refuses_goes_to_the_next_and_keeps_all_else() {
    let asked = asked_with_routes();
    for no in [refused, || put_off(Some(30))] {
        let second = hear(&after(asked.clone(), [admitted()]), NOW, no());
        let spare = Facts {
            carrier: name("spare"),
            account: None,
            by_command: true,
            fallback: asked.facts.fallback[1..].to_vec(),
            ..asked.facts.clone()
        };
        assert_eq!(second.facts, spare);
        // It goes at once, and gives up when it would have.
        assert_eq!(
            second.state,
            CallState::Queued(Queued { until: BORN + SECOND * 60, not_before: NOW, deferred: 0 })
        );
        let third = hear(&after(second, [admitted()]), NOW, no());
        assert_eq!((third.facts.carrier.clone(), third.facts.fallback.len()), (name("last"), 0));
        assert_eq!(third.facts.account.as_deref(), Some("AC3"));
        assert!(!third.facts.by_command);
        let end = hear(&after(third, [admitted()]), NOW, refused());
        assert_eq!(ending_of(&end).carrier_code.as_deref(), Some("21211"));
    }
}

#[test]
fn nobody_is_rung_elsewhere_who_may_ring_already_or_is_not_to_be_called_any_more() {
    let placing = after(asked_with_routes(), [admitted()]);
    let last_moment = BORN + SECOND * 60;
    for no in [refused, || put_off(None)] {
        let unwanted = ending_of(&hear(&after(placing.clone(), [want_end()]), NOW, no())).clone();
        assert_eq!((unwanted.kind, unwanted.by), (EndingKind::Canceled, EndedBy::Agent));
        let late = hear(&placing, last_moment, no());
        assert_eq!(ending_of(&late).kind, EndingKind::Failed, "its time in the queue is over");
        assert!(!hear(&placing, last_moment - SECOND, no()).state.is_ended());
    }
    let in_doubt = hear(&after(placing.clone(), [doubt()]), NOW, refused());
    assert_eq!(ending_of(&in_doubt).kind, EndingKind::Failed);
    let in_doubt = hear(&after(placing, [doubt()]), NOW, put_off(None));
    assert!(matches!(in_doubt.state, CallState::Placing(_)), "only a search tells");
}

#[test]
fn a_call_that_is_put_off_waits_longer_each_time_and_not_for_ever() {
    let mut call = asked();
    for pause in [1, 2, 4, 8] {
        call = hear(&after(call, [admitted()]), NOW, put_off(None));
        assert_eq!(queued(&call).not_before, NOW + SECOND * pause);
        assert_eq!(queued(&call).until, BORN + SECOND * 60);
    }
    let end = hear(&after(call, [admitted()]), NOW, put_off(None));
    assert_eq!((ending_of(&end).kind, ending_of(&end).by), (EndingKind::Failed, EndedBy::Gateway));
}

#[test]
fn a_call_that_is_put_off_beyond_its_time_in_the_queue_fails_at_once() {
    let placing = after(asked(), [admitted()]);
    let waits = hear(&placing, NOW, put_off(Some(49)));
    assert_eq!(queued(&waits).not_before, NOW + SECOND * 49);
    assert_eq!(waits.not_before(), Some(NOW + SECOND * 49));
    assert_eq!(ending_of(&hear(&placing, NOW, put_off(Some(50)))).cause, "rate_limited");
}

/// A listing that was read before the request's time was over may have been read too early.
#[test]
fn a_placement_is_given_up_after_two_listings_that_could_have_held_it_and_not_before_its_time() {
    let walk = |looks: &[u64]| {
        looks.iter().fold(after(asked(), [admitted(), doubt()]), |call, seconds| {
            let nothing = News::Found(Found::Nothing);
            step(&call, &at(BORN + SECOND * u32::try_from(*seconds).unwrap(), Source::Listing, nothing)).call
        })
    };
    // A verdict is possible after 20 s; it is looked for during 120.
    assert!(!walk(&[5, 10, 15, 19, 120]).state.is_ended());
    assert!(!walk(&[20, 30, 60, 119]).state.is_ended());
    assert!(walk(&[20, 120]).state.is_ended());
    assert!(walk(&[120, 121]).state.is_ended());
}

#[test]
fn only_its_user_gives_up_a_placement_that_nobody_can_be_asked_about() {
    let ask = |wish: Option<EndedBy>, why, when| {
        let wish = wish.map(|by| News::HangUpRequested { by, cause: "enough".to_owned() });
        let call = after(asked(), [admitted(), doubt()].into_iter().chain(wish));
        let silent = News::Found(Found::Unknown(unknown(why)));
        step(&call, &at(when, Source::Listing, silent)).call.state.is_ended()
    };
    let end = BORN + SECOND * 120;
    assert!(ask(Some(EndedBy::Agent), UnknownWhy::NotConfigured, end));
    assert!(!ask(Some(EndedBy::Agent), UnknownWhy::NotConfigured, end - SECOND));
    assert!(!ask(Some(EndedBy::Agent), UnknownWhy::Unreachable, end));
    assert!(!ask(Some(EndedBy::Gateway), UnknownWhy::NotConfigured, end));
    assert!(!ask(None, UnknownWhy::NotConfigured, end));
}

#[test]
fn the_first_who_wants_a_placement_ended_is_the_one_who_ended_it() {
    let stop = |by, cause: &str| News::HangUpRequested { by, cause: cause.to_owned() };
    let call = after(
        asked(),
        [admitted(), stop(EndedBy::Agent, "first"), stop(EndedBy::Gateway, "then"), refused()],
    );
    assert_eq!((ending_of(&call).by, ending_of(&call).cause.as_str()), (EndedBy::Agent, "first"));
}
