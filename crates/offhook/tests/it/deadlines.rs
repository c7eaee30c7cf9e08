//! Calls past their time: hung up at the carrier, that verified, and only then over.

use crate::world::{Line, SOON, World, wait_until, word};
use serde_json::json;

on_both_lines!(a_call_that_is_past_its_time_at_our_return_is_hung_up_and_that_verified);

fn a_call_that_is_past_its_time_at_our_return_is_hung_up_and_that_verified(line: Line) {
    let mut world = World::start(line, "calls.duration_max = '3s'");
    // The carrier's own limit would end it, and nothing but a look may tell the end.
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_leg(&id);
    let answered_at = world.wait_for_instructions(&to)["answered_at"].as_i64().unwrap();
    world.kill_dash_nine();
    wait_until("it is past its time", SOON, || {
        world.ask_network("/network/health")["now"].as_i64().unwrap() > answered_at + 4_500
    });

    world.start_gateway();

    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["kind", "by", "cause", "confirmed_by"].map(|field| word(&ending, field).to_owned());
    assert_eq!(told, ["completed", "gateway", "duration_max", "look_up"], "{ending}");
    let truth = world.only_truth_to(&to);
    assert_eq!((&truth["ended_by"], &truth["hangups"]), (&json!("api"), &json!(1)), "{truth}");
    let (hung_up, seen) = (world.request_times("update"), world.request_times("fetch"));
    assert!(seen.iter().any(|at| at >= &hung_up[0]), "a look came after the hang-up");
    assert_eq!(word(&world.recovered(&id), "decision"), "closed");
}

#[test]
fn a_hang_up_that_fails_is_tried_again_told_of_and_never_forgotten() {
    let mut world = World::start(Line::Webhooks, "calls.live_max = 1");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.fault(&json!({"on": "update", "do": {"status": 503}}));

    world.hang_up(&id);

    wait_until("three hang-ups failed, at growing pauses", SOON, || world.requests("update").len() >= 3);
    assert!(world.call(&id)["alarm"].is_null(), "nobody is woken for less than five");
    // A start hangs up at once what is to end.
    for n_failed in [4, 5] {
        world.restart();
        wait_until("one more failed", SOON, || world.requests("update").len() >= n_failed);
    }
    wait_until("somebody is told", SOON, || !word(&world.call(&id), "alarm").is_empty());
    let call = world.call(&id);
    let n_sent = world.requests("update").len();
    let n_told = word(&call, "alarm").split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap();
    assert_eq!(word(&call, "state"), "hanging_up");
    assert!(n_sent >= 5, "told after five of them: {n_sent}; {call}");
    assert!((n_sent - 1..=n_sent).contains(&n_told), "{n_sent} failed; told: {call}");
    let (is_ok, reasons) = world.health();
    assert!(!is_ok && reasons.contains(&id) && reasons.contains(word(&call, "alarm")), "{reasons}");
    let second = world.place(&world.talker(2));
    assert_eq!(word(&second, "waits_for"), "slot", "it holds its slot: {second}");

    world.kill_dash_nine();
    world.lift_faults();
    world.start_gateway();

    let ending = world.wait_for_end(&id)["ending"].clone();
    assert_eq!((word(&ending, "by"), word(&ending, "cause")), ("agent", "hangup_requested"), "{ending}");
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
    wait_until("all is well again", SOON, || world.health().0);
    world.wait_for_leg(word(&second, "id"));
}

#[test]
fn a_hang_up_whose_answer_is_lost_is_asked_for_once_more_at_the_most() {
    let mut world = World::start(Line::LooksOnly, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_leg(&id);
    world.fault(&json!({"on": "update", "do": "stall-after"}));
    world.hang_up(&id);
    world.wait_for_truth(&to, &["completed", "canceled"]);

    world.restart();

    let ending = world.wait_for_end(&id)["ending"].clone();
    assert_eq!((word(&ending, "by"), word(&ending, "confirmed_by")), ("agent", "look_up"), "{ending}");
    assert!(world.requests("update").len() <= 2);
}

#[test]
fn a_phone_that_rings_too_long_is_hung_up_though_the_carrier_forgot_to() {
    let world = World::start(Line::Webhooks, "calls.ring_max = '1s'");
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["kind", "by", "cause"].map(|field| word(&ending, field).to_owned());
    assert_eq!(told, ["no_answer", "gateway", "ring_max"], "{ending}");
    assert_eq!(world.only_truth_to(&to)["hangups"], 1);
}
