//! A thousand calls at once: a restart keeps every one of them, and asks the carrier no more than
//! that takes.

use crate::world::{Face, Line, OURS, SOON, World, wait_for, wait_until, word, words};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// So many calls live.
const N_CALLS: usize = 1_000;
/// The number of the first of them; those after it follow.
pub(crate) const FIRST: u64 = 12_025_560_000;

#[test]
fn a_thousand_calls_at_telnyx_are_kept_for_a_handful_of_requests() {
    let mut world = with_live(Face::Telnyx, N_CALLS);
    world.kill_dash_nine();
    let n_before = n_requests(&world);

    world.start_gateway();

    all_are_kept(&world, N_CALLS);
    let n_asked = n_requests(&world) - n_before;
    // On a busy machine the first of them come one by one; from 32 at once on they are listed, in four pages.
    assert!((1..=2 * 31 + 20).contains(&n_asked), "{n_asked} requests");
}

#[test]
fn a_thousand_calls_at_plivo_are_kept_within_what_plivo_allows() {
    let n_asked = kept_within_what_plivo_allows(with_live(Face::Plivo, N_CALLS));
    assert!(n_asked < N_CALLS, "{n_asked} requests: they are listed");
}

#[test]
fn a_thousand_calls_that_plivo_does_not_list_are_kept_within_what_it_allows() {
    let world = with_live(Face::Plivo, N_CALLS);
    world.fault(&json!({"on": "list", "do": {"status": 500}}));
    let n_asked = kept_within_what_plivo_allows(world);
    assert!(n_asked >= N_CALLS, "{n_asked} requests: each was asked about alone");
}

/// Restarts the gateway; returns how many requests that took.
fn kept_within_what_plivo_allows(mut world: World) -> usize {
    world.kill_dash_nine();
    // What was asked before counts for five seconds.
    let last = journal(&world).last().map_or(0, |(at, _)| *at);
    wait_until("five seconds have passed", SOON, || world.now() > last + 5_000);
    let n_before = n_requests(&world);

    world.start_gateway();

    let mut asked: Vec<(i64, Value)> = Vec::new();
    wait_for("every call was asked about", 6 * SOON, || {
        // First whether they all were, and then what that took.
        let is_over = world.get("/v1/recovery")["pending"] == 0;
        let n_new = n_requests(&world) - n_before - asked.len();
        let known = journal(&world);
        assert!(n_new <= known.len(), "{n_new} at once");
        asked.extend(known.into_iter().rev().take(n_new).rev());
        is_over.then_some(())
    });
    all_are_kept(&world, N_CALLS);
    assert!(asked.iter().all(|(_, status)| status != 429), "nothing was refused");
    for (nth, (from, _)) in asked.iter().enumerate() {
        let n_within = asked[nth..].iter().take_while(|(at, _)| *at < from + 5_000).count();
        assert!(n_within <= 300, "{n_within} within 5 s from {from}");
    }
    asked.len()
}

/// A gateway that was told of so many calls that live at this carrier.
pub(crate) fn with_live(face: Face, n_calls: usize) -> World {
    let world = World::start(Line::On(face), "calls.live_max = 2000\nlog = 'info'");
    let legs = world.seed_many(face, n_calls, &format!("+{FIRST}"));
    let since = world.now() - 1_000;
    let mut lines = String::new();
    for (nth, leg) in (0..).zip(&legs) {
        let snapshot = json!({
            "callId": format!("call-{nth}"), "provider": face.name(), "providerCallId": leg,
            "direction": "outbound", "state": "speaking", "from": OURS, "to": format!("+{}", FIRST + nth),
            "startedAt": since, "answeredAt": since,
        });
        writeln!(lines, "{snapshot}").unwrap();
    }
    std::fs::write(world.path("calls.jsonl"), lines).unwrap();
    let (code, out, said) = words(&world.command(&["import", "calls.jsonl"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(out.replace(',', "").contains(&format!("{n_calls} calls taken")), "{out}");
    wait_until("the carrier was asked", SOON, || n_requests(&world) > 0);
    world
}

/// By the gateway's own word, and in truth.
pub(crate) fn all_are_kept(world: &World, n_calls: usize) {
    let report = wait_for("recovery is through", 6 * SOON, || {
        Some(world.get("/v1/recovery")).filter(|report| report["pending"] == 0)
    });
    assert_eq!(report["unfinished"], n_calls, "all were found");
    let lines = report["calls"].as_array().unwrap();
    let lost: Vec<&Value> = lines.iter().filter(|line| word(line, "decision") != "kept").collect();
    assert!(lost.is_empty(), "{} of {}: {:?}", lost.len(), lines.len(), lost.first());
    assert!(lines.iter().all(|line| word(line, "after") == "in_progress"));
    let truth = world.truth();
    assert_eq!(truth.len(), n_calls, "nobody was dialled");
    let is_untouched = |truth: &&Value| truth["live"] == true && truth["hangups"] == 0;
    assert_eq!(truth.iter().filter(is_untouched).count(), n_calls, "nobody was hung up");
    assert_eq!(world.health(), (true, String::new()));
}

pub(crate) fn n_requests(world: &World) -> usize {
    let total = world.ask_network("/network/requests")["total"].as_u64().unwrap();
    usize::try_from(total).unwrap()
}

/// The last thousand requests: when each came, and how it was answered.
pub(crate) fn journal(world: &World) -> Vec<(i64, Value)> {
    let journal = world.ask_network("/network/requests");
    let last = journal["last"].as_array().unwrap();
    last.iter().map(|one| (one["at"].as_i64().unwrap(), one["status"].clone())).collect()
}
