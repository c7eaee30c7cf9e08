//! What is brought forward after a start: whom, in which order, and how many at a time.

use super::{NOW, World, facts, settings, sid, world};
use crate::heard::{Answer, Heard, Order, Quota};
use call::call::{Direction, Effect, News, Progress, Sighting, Source, Unknown, UnknownWhy};
use call::{CallId, CarrierCallId, Timestamp};
use std::time::Duration;

/// A world with so many calls that talk, none of which has to be looked at for a while.
fn talking(n_calls: u128) -> World {
    let mut world = world(settings(9_999));
    let orders = (1..=n_calls).map(|id| {
        let facts = facts(Direction::Outbound, id, "+12025550100", &format!("+1202555{id:04}"));
        Heard::Order(Box::new(Order { facts, key: None, quota: Quota::default() }))
    });
    let told = |source, news: fn(CarrierCallId) -> News| {
        (1..=n_calls).map(move |id| {
            let news = news(sid(&format!("CA{id}")));
            Heard::News { call: CallId::from_bits(id), source, news }
        })
    };
    let placed = told(Source::Reply, |leg| News::Placed { leg, also: None });
    let answered = |leg| News::Progressed { leg, progress: Progress::InProgress };
    let heard: Vec<Heard> = orders.chain(placed).chain(told(Source::Webhook, answered)).collect();
    world.driver.turn(&heard, NOW).unwrap();
    assert_eq!(world.hear(Heard::TakeDue(9_999)), Answer::Taken(0));
    world
}

fn taken(world: &mut World, ms: u64) -> usize {
    world.now = NOW + Duration::from_millis(ms);
    match world.hear(Heard::TakeDue(9_999)) {
        Answer::Taken(n_calls) => n_calls,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_start_brings_every_unfinished_call_forward_and_a_lease_keeps_others_off() {
    let mut world = world(settings(9));
    world.placed(1, "+12025550143", "CA1");
    world.effects();
    assert_eq!(world.hear(Heard::TakeDue(10)), Answer::Taken(0));
    world.hear(Heard::Start { paused: None });
    assert_eq!(world.hear(Heard::TakeDue(10)), Answer::Taken(1));
    assert_eq!(world.effects(), [Effect::LookUp(sid("CA1"))]);
    assert_eq!(world.hear(Heard::TakeDue(10)), Answer::Taken(0));
    // Whoever took it died: after the lease somebody else looks.
    world.now = NOW + Duration::from_secs(31);
    assert_eq!(world.hear(Heard::TakeDue(10)), Answer::Taken(1));
}

#[test]
fn few_calls_are_looked_at_at_once_after_a_start_and_many_evenly() {
    let mut few = talking(64);
    few.hear(Heard::Start { paused: None });
    assert_eq!(taken(&mut few, 0), 64);

    let mut many = talking(200);
    many.hear(Heard::Start { paused: None });
    let each: Vec<usize> = [0, 10, 25, 49].into_iter().map(|ms| taken(&mut many, ms)).collect();
    assert_eq!(each, [4, 40, 60, 96], "four in a millisecond");
}

#[test]
fn ten_thousand_calls_hold_no_turn_up() {
    let mut world = talking(3_000);
    world.hear(Heard::Start { paused: None });
    // Nobody came by meanwhile.
    let each: Vec<usize> = (0..4).map(|_| taken(&mut world, 5_000)).collect();
    assert_eq!(each, [1_024, 1_024, 952, 0]);
}

#[test]
fn whoever_was_looked_at_meanwhile_is_left_alone() {
    let mut world = talking(100);
    world.hear(Heard::Start { paused: None });
    assert_eq!(taken(&mut world, 0), 4);
    let looked_at: Vec<Effect> = world.effects();
    let alive = Sighting::Live { progress: Progress::InProgress, lasted: None };
    let others = (1..=100).map(|id| sid(&format!("CA{id}"))).zip(1..);
    for (leg, id) in others.filter(|(leg, _)| !looked_at.contains(&Effect::LookUp(leg.clone()))).take(50) {
        world.news(id, Source::Listing, News::Sighted { leg, sighting: alive.clone() });
    }
    assert_eq!(taken(&mut world, 5_000), 46);
}

#[test]
fn a_pause_that_a_carrier_asked_for_is_kept_through_a_start() {
    let mut world = talking(2);
    let retry_after = Some(Duration::from_secs(20));
    let limited = Unknown { why: UnknownWhy::RateLimited, detail: String::new(), retry_after };
    world.news(1, Source::LookUp, News::Sighted { leg: sid("CA1"), sighting: Sighting::Unknown(limited) });
    world.hear(Heard::Start { paused: None });
    assert_eq!(taken(&mut world, 0), 1);
    assert_eq!(taken(&mut world, 19_000), 0);
    assert_eq!(taken(&mut world, 21_000), 1);
    assert_eq!(world.effects(), [Effect::LookUp(sid("CA2")), Effect::LookUp(sid("CA1"))]);
}

#[test]
fn a_clock_that_is_set_back_after_a_start_hides_nobody() {
    let mut world = talking(100);
    world.hear(Heard::Start { paused: None });
    world.now = Timestamp(NOW.0 - 3_600_000);
    assert_eq!(world.hear(Heard::TakeDue(9_999)), Answer::Taken(0), "their times are in the future");
    world.hear(Heard::ClockSet);
    world.now = Timestamp(NOW.0 - 3_599_970);
    assert_eq!(world.hear(Heard::TakeDue(9_999)), Answer::Taken(100));
}
