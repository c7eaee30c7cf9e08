//! How much of the past is kept: old calls go while the gateway works, and nothing else does.

use crate::world::{ACCOUNT, Form, Line, OURS, SOON, World, wait_for, wait_until, word};
use std::time::{Duration, Instant};

const STRANGER: &str = "+12025550177";

/// The figures that this prints are of the build under test; no time is held against them.
#[test]
fn old_calls_go_while_webhooks_arrive_and_calls_that_live_stay() {
    let mut world = World::without_gateway(Line::Webhooks, "history.keep_days = 0");
    let old = world.lived_through(STRANGER, 20_000, 91);
    let recent = world.lived_through("+12025550178", 5, 80);
    world.start_gateway();
    let live = world.dial(&world.talker(1));
    let leg = word(&world.wait_for_talk(&live), "carrier_call_id").to_owned();
    let before: Vec<_> = (0..200).map(|n| hear(&world, &live, &leg, n)).collect();
    assert_eq!(world.ask("GET", &format!("/v1/calls/{}", old[0]), None).status, 200);

    world.write_settings("");
    world.restart();
    let bytes = world.store_file().metadata().expect("a store").len();
    let is_there = |id: &String| world.ask("GET", &format!("/v1/calls/{id}"), None).status == 200;
    let mut during = Vec::new();
    wait_for("the old calls are gone", SOON * 4, || {
        during.extend((0..50).map(|n| hear(&world, &live, &leg, 1_000 + n)));
        (!is_there(&old[19_999])).then_some(())
    });

    assert!(!is_there(&old[0]) && recent.iter().all(is_there));
    assert_eq!(word(&world.call(&live), "state"), "in_progress");
    assert!(world.health().0, "{:?}", world.health());
    let shrunk = || world.store_file().metadata().is_ok_and(|file| file.len() < bytes / 2);
    wait_until("the file has become smaller", SOON * 2, || {
        hear(&world, &live, &leg, 2_000);
        shrunk()
    });
    eprintln!("a webhook took {} without pruning, {} with it", times(before), times(during));
    world.stop_gateway();
    world.start_gateway();
    assert_eq!(word(&world.recovered(&live), "decision"), "kept");
}

#[test]
fn of_the_newest_so_many_are_kept_but_never_fewer_than_rules_need() {
    let mut world = World::without_gateway(Line::Webhooks, "history = { keep_calls = 4, keep_days = 0 }");
    let old = world.lived_through(STRANGER, 3, 30);
    let young = world.lived_through("+12025550178", 5, 1);
    world.start_gateway();
    let is_there = |id: &String| world.ask("GET", &format!("/v1/calls/{id}"), None).status == 200;
    wait_until("what is old and too many is gone", SOON, || !old.iter().any(is_there));
    assert!(young.iter().all(is_there), "those of the last two days stay");
}

/// A webhook that is always written: a word that nobody knows.
fn hear(world: &World, id: &str, leg: &str, n: usize) -> Duration {
    let form = Form::about(leg, OURS, &world.talker(1), &format!("strange-{n}")).with("AccountSid", ACCOUNT);
    let sent = world.signed(&format!("status?call={id}"), &form);
    let begun = Instant::now();
    let answer = world.webhook(&sent);
    assert!((200..300).contains(&answer.status), "{answer:?}");
    begun.elapsed()
}

fn times(mut each: Vec<Duration>) -> String {
    each.sort_unstable();
    let at = |share: usize| each[(each.len() - 1) * share / 100].as_micros();
    format!("{} µs (p50), {} µs (p99), {} µs (most) of {}", at(50), at(99), at(100), each.len())
}
