//! What no webhook tells: that somebody answered, that it is over, that it waits; and when and how it
//! ended while nobody was there to hear it.

use crate::world::{Face, Line, SOON, World, millis_of, number, wait_until, word};
use serde_json::json;

on_every_carrier!(
    an_answer_that_nobody_told_is_seen_by_a_look,
    an_end_that_nobody_told_is_found_by_a_look,
    an_end_while_we_were_dead_has_the_carriers_time_and_length,
);

/// Else whoever answered would be hung up on for ringing too long.
fn an_answer_that_nobody_told_is_seen_by_a_look(face: Face) {
    let world = World::start(Line::On(face), "calls.ring_max = '2s'");
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    let to = world.talker(1);
    let id = world.dial(&to);
    let answered_at = world.wait_for_truth(&to, &["in-progress"])["answered_at"].as_i64().unwrap();

    let call = world.wait_for_state(&id, &["in_progress"]);

    wait_until("a phone would have rung too long", SOON, || world.now() > answered_at + 5_000);
    assert_eq!(word(&world.call(&id), "state"), "in_progress", "{call}");
    let truth = world.only_truth_to(&to);
    assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
}

/// Telnyx tells of keys that nobody asked for, and who presses one has answered.
#[test]
fn whoever_presses_a_key_has_answered() {
    let world = World::start(Line::On(Face::Telnyx), "");
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    world.wait_for_truth(&to, &["in-progress"]);
    world.lift_faults();

    world.presses(&leg, "5");

    let call = world.wait_for_state(&id, &["in_progress"]);
    assert_eq!(call["pressed"], "5", "{call}");
    let is_look = |event: &serde_json::Value| word(event, "kind") == "sighted";
    assert!(!world.events(&id).iter().any(is_look), "nobody had to look");
}

/// No start is needed for it: the looks go on all day.
fn an_end_that_nobody_told_is_found_by_a_look(face: Face) {
    let world = World::start(Line::On(face), "calls.live_max = 1\ncalls.duration_max = '4s'");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    world.fault(&json!({"on": "webhook", "do": "drop"}));

    world.remote_hangs_up(&leg);

    let ended = world.wait_for_end(&id);
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["completed", "remote", "look_up"], "{ended}");
    assert_eq!(world.only_truth_to(&to)["hangups"], 0, "what is over isn't hung up");
    world.lift_faults();
    world.wait_for_talk(&world.dial(&world.talker(2)));
}

fn an_end_while_we_were_dead_has_the_carriers_time_and_length(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    let answered_at = world.only_truth_to(&to)["answered_at"].as_i64().unwrap();
    wait_until("they talk for two seconds", SOON, || world.now() > answered_at + 2_000);
    world.kill_dash_nine();
    world.remote_hangs_up(&leg);
    let ended_at = world.only_truth_to(&to)["ended_at"].as_i64().unwrap();
    wait_until("it is over for three seconds", SOON, || world.now() > ended_at + 3_000);

    world.start_gateway();

    let call = world.wait_for_end(&id);
    let late = millis_of(&call["ended_at"]) - ended_at;
    assert!(late.abs() <= 1_500, "it ended {late} ms before it was told of: {call}");
    let talked_s = (ended_at - answered_at) / 1_000;
    let told_s = call["ending"]["duration_s"].as_i64().expect("a length");
    assert!((told_s - talked_s).abs() <= 1, "{told_s} s of {talked_s} s: {call}");
    let over = |event: &&serde_json::Value| word(event, "kind") == "sighted";
    assert_eq!(world.events(&id).iter().filter(over).count(), 1, "one look was enough");
}

/// Plivo dials two calls in a second and lets the others wait; Telnyx has no queue. The ringing is
/// counted from the first ring. What waits for longer than a phone may ring is taken back, so that
/// nobody's phone rings long after anybody wanted it to.
#[test]
fn who_waits_in_the_carriers_queue_does_not_ring_yet() {
    let world = World::start(Line::On(Face::Plivo), "calls.live_max = 14\ncalls.ring_max = '2s'");
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let calls: Vec<(String, String)> = (1..=14)
        .map(|n| {
            let to = number(n);
            world.subscriber(&to, &json!({"does": "talk", "answer_after_ms": 1_500, "talk_ms": 60_000}));
            (world.dial(&to), to)
        })
        .collect();

    for (id, _) in &calls {
        world.wait_for_state(id, &["in_progress", "ended"]);
    }

    let (mut n_late, mut n_taken_back) = (0, 0);
    for (id, to) in &calls {
        let (call, truth) = (world.call(id), world.only_truth_to(to));
        let waited = truth["dialled_at"].as_i64().map(|at| at - truth["asked_at"].as_i64().unwrap());
        match waited {
            Some(waited) if waited < 3_500 => {
                assert_eq!((word(&call, "state"), &truth["hangups"]), ("in_progress", &json!(0)), "{call}");
                n_late += usize::from(waited > 2_100);
            }
            // It was dialled while it was looked at for the last time.
            Some(_) => {}
            None => {
                assert_eq!((word(&call["ending"], "cause"), &truth["rang_at"]), ("ring_max", &json!(null)));
                n_taken_back += 1;
            }
        }
    }
    assert!(n_late > 0 && n_taken_back > 0, "{n_late} rang late, {n_taken_back} never: {:?}", world.truth());
}

/// Plivo asks what is to be done on the line and ends the call when nobody answers.
#[test]
fn a_call_whose_instructions_nobody_gave_is_closed_with_plivos_reason() {
    let mut world = World::start(Line::On(Face::Plivo), "calls.live_max = 1");
    let to = world.sleeper(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    world.wait_for_truth(&to, &["ringing"]);
    world.kill_dash_nine();
    world.answers(&leg);
    let truth = world.wait_for_truth(&to, &["completed"]);
    assert_eq!(truth["cause"], "instructions-failed", "{truth}");

    world.start_gateway();

    let ended = world.wait_for_end(&id);
    assert_eq!(word(&ended["ending"], "confirmed_by"), "look_up", "{ended}");
    assert_eq!(word(&ended["ending"], "by"), "carrier", "{ended}");
    world.wait_for_talk(&world.dial(&world.talker(2)));
}
