//! The carrier's own webhooks, in every order but the right one, and more often than once.

use super::tap::Manner;
use super::{calls, ends, is_heard, is_told_once, known, n_ends, tapped};
use crate::world::{Face, Line, OURS, SOON, World, number, wait_for, wait_until, word};
use serde_json::json;

on_every_carrier!(
    what_comes_twice_counts_once,
    what_comes_in_reverse_order_tells_the_same_end,
    what_overtakes_the_reply_to_its_request_is_the_same_call,
    a_hundred_at_the_same_moment_are_one,
    a_caller_announced_a_hundred_times_at_once_is_answered_once,
);

fn what_comes_twice_counts_once(face: Face) {
    let world = World::start(Line::On(face), "");
    world.fault(&json!({"on": "webhook", "do": "double"}));
    let to = world.talker(1);
    let wish = json!({"to": to, "say": "Good day.", "hold": true});
    let id = word(&world.place_with(&wish), "id").to_owned();
    world.wait_for_talk(&id);
    world.wait_until_heard(&to, "Good day.");
    world.wait_until_over(&id, world.say(&id, "Good bye."));

    world.remote_hangs_up(word(&world.only_truth_to(&to), "id"));

    let ended = world.wait_for_end(&id);
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["completed", "remote", "webhook"], "{ended}");
    wait_until("every webhook was answered", SOON, || {
        let truth = world.only_truth_to(&to);
        truth["webhooks_sent"] == truth["webhooks_answered_2xx"]
    });
    is_told_once(&world, &id, &to);
    assert_eq!(["Good day.", "Good bye."].map(|sentence| world.n_heard(&to, sentence)), [1, 1]);
    assert_eq!(calls(&world).len(), 1);
}

fn what_comes_in_reverse_order_tells_the_same_end(face: Face) {
    let (world, tap) = tapped(face, "calls.live_max = 1");
    tap.each(Manner::IsKept);
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    world.wait_for_instructions(&to);
    world.remote_hangs_up(&leg);
    ends(&tap);
    let mut kept = tap.heard();
    assert!(kept.len() >= 3, "a story to turn round: {kept:?}");
    kept.reverse();

    is_heard(&world.webhook(&kept[0]));
    let ended = world.wait_for_end(&id);
    for sent in &kept {
        is_heard(&world.webhook(sent));
    }

    let told = ["kind", "by", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["completed", "remote", "webhook"], "{ended}");
    let after = world.call(&id);
    assert_eq!((&after["ending"], &after["ended_at"]), (&ended["ending"], &ended["ended_at"]));
    is_told_once(&world, &id, &to);
    tap.each(Manner::Passes);
    world.wait_for_talk(&world.dial(&world.talker(2)));
}

fn what_overtakes_the_reply_to_its_request_is_the_same_call(face: Face) {
    let world = World::start(Line::On(face), "carriers.line.request_timeout = '10s'");
    world.fault(&json!({"on": "create", "times": 1, "do": {"delay_ms": LATE_MS}}));
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = wait_for("a webhook names the leg", SOON, || {
        let call = world.call(&id);
        (word(&call, "state") == "in_progress").then(|| word(&call, "carrier_call_id").to_owned())
    });
    let asked_at = world.request_times("create")[0];
    assert!(world.now() < asked_at + LATE_MS, "the webhook was first");

    wait_until("the reply came after it", SOON, || world.now() > asked_at + LATE_MS + 500);

    let call = world.call(&id);
    assert_eq!((word(&call, "state"), word(&call, "carrier_call_id")), ("in_progress", &*leg), "{call}");
    assert!(call["strays"].is_null(), "it is the same leg: {call}");
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
    is_told_once(&world, &id, &to);
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
}

fn a_hundred_at_the_same_moment_are_one(face: Face) {
    let (world, tap) = tapped(face, "calls.live_max = 1");
    tap.each(Manner::Times(100));
    let to = world.talker(1);
    let wish = json!({"to": to, "say": "Good day.", "hold": true});
    let id = word(&world.place_with(&wish), "id").to_owned();
    world.wait_for_talk(&id);
    world.wait_until_heard(&to, "Good day.");

    world.remote_hangs_up(word(&world.only_truth_to(&to), "id"));

    let ended = world.wait_for_end(&id);
    assert_eq!(word(&ended["ending"], "confirmed_by"), "webhook", "{ended}");
    wait_until("every webhook was answered", SOON, || {
        let truth = world.only_truth_to(&to);
        truth["webhooks_sent"] == truth["webhooks_answered_2xx"]
    });
    is_told_once(&world, &id, &to);
    assert_eq!(world.n_heard(&to, "Good day."), 1);
    assert_eq!(calls(&world).len(), 1);
    assert_eq!(world.n_requests(face.hang_ups()), 0, "nobody hung up");
}

fn a_caller_announced_a_hundred_times_at_once_is_answered_once(face: Face) {
    let settings = format!("calls.live_max = 2\nnumbers.'{OURS}'.greeting = 'Welcome.'");
    let (world, tap) = tapped(face, &settings);
    tap.each(Manner::Times(100));
    let from = number(1);
    world.subscriber(&from, &json!({"does": "silent", "answer_after_ms": 0}));

    let leg = word(&world.call_in(&from), "id").to_owned();

    let call = known(&world, &leg);
    let ended = world.wait_for_end(word(&call, "id"));
    assert_eq!(word(&ended["ending"], "kind"), "completed", "{ended}");
    wait_until("every webhook was answered", SOON, || {
        let truth = world.truth();
        truth.iter().all(|truth| truth["webhooks_sent"] == truth["webhooks_answered_2xx"])
    });
    assert_eq!(world.n_heard(&from, "Welcome."), 1, "{:?}", world.truth());
    assert_eq!(n_ends(&world, word(&call, "id")), 1);
    assert_eq!(calls(&world).len(), 1, "one caller is one call");
    assert_eq!(world.requests("answer").len(), usize::from(face == Face::Telnyx));
}

/// How late the reply to a placement is, in milliseconds.
const LATE_MS: i64 = 4_000;
