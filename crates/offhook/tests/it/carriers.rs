//! What a restart owes to its calls, at every carrier: what is over is closed with the carrier's
//! reason, what lives goes on with the time that it has left, what is past its time is hung up, what
//! can't be seen is kept, what was dialled is never dialled again.

use crate::world::{Face, Line, SOON, World, millis_of, number, wait_until, word};
use serde_json::{Value, json};

on_every_carrier!(
    what_ended_while_we_were_dead_is_closed_with_the_carriers_reason,
    what_lives_goes_on_for_the_time_that_it_has_left,
    what_is_past_its_time_at_our_return_is_hung_up_and_that_verified,
    a_look_that_fails_ends_nothing,
    a_carrier_that_nobody_reaches_ends_nothing,
    a_placement_whose_answer_is_lost_is_found_again,
    a_placement_that_we_died_in_is_found_again,
    a_call_that_is_over_takes_no_place,
    a_hang_up_that_fails_is_pursued_until_it_is_verified,
);

fn what_ended_while_we_were_dead_is_closed_with_the_carriers_reason(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 3\ncalls.ring_max = '5s'");
    let (declining, asleep, talking) = (number(1), world.sleeper(2), world.talker(3));
    world.subscriber(&declining, &json!({"does": "reject", "after_ms": 4_000}));
    let ids = [&declining, &asleep, &talking].map(|to| world.dial(to));
    world.wait_for_talk(&ids[2]);
    for to in [&declining, &asleep] {
        world.wait_for_truth(to, &["ringing"]);
    }
    for id in &ids {
        world.wait_for_leg(id);
    }
    world.kill_dash_nine();
    let talk = world.only_truth_to(&talking);
    world.remote_hangs_up(word(&talk, "id"));
    world.wait_for_truth(&declining, &["rejected"]);
    world.wait_for_truth(&asleep, &["no-answer"]);

    world.start_gateway();

    for (id, kinds) in ids.iter().zip(kinds_of_ends(face)) {
        let call = world.wait_for_end(id);
        let ending = &call["ending"];
        assert!(kinds.contains(&word(ending, "kind")), "one of {kinds:?}: {call}");
        assert!(["remote", "carrier"].contains(&word(ending, "by")), "none of us ended it: {call}");
        assert_eq!(word(ending, "confirmed_by"), "look_up", "{call}");
        assert_eq!(call["answered_at"].is_string(), *id == ids[2], "one was answered: {call}");
        assert_eq!(word(&world.recovered(id), "decision"), "closed");
    }
    // All three places are free, and only three.
    let next = [4, 5, 6].map(|n| world.dial(&world.talker(n)));
    for id in &next {
        world.wait_for_talk(id);
    }
    assert_eq!(word(&world.place(&world.talker(7)), "waits_for"), "slot");
}

/// What a look can tell of one who declines, of one who sleeps, and of a talk. Telnyx says of no
/// call why it ended, but whether it was answered.
fn kinds_of_ends(face: Face) -> [&'static [&'static str]; 3] {
    match face {
        Face::Twilio => [&["busy"], &["no_answer"], &["completed"]],
        Face::Telnyx => [&["no_answer"], &["no_answer"], &["completed"]],
        Face::Plivo => [&["busy", "rejected"], &["no_answer"], &["completed"]],
    }
}

fn what_lives_goes_on_for_the_time_that_it_has_left(face: Face) {
    let mut world = World::start(Line::On(face), "calls.duration_max = '7s'");
    // The carrier's own limit would end it too.
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);

    world.restart();

    let line = world.recovered(&id);
    assert_eq!(word(&line, "decision"), "kept", "{line}");
    // Nothing but a look may tell the end.
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["by", "cause", "confirmed_by"].map(|field| word(&ending, field).to_owned());
    assert_eq!(told, ["gateway", "duration_max", "look_up"], "{ending}");
    is_hung_up_after(&world, face, &to, 7_000);
}

fn what_is_past_its_time_at_our_return_is_hung_up_and_that_verified(face: Face) {
    let mut world = World::start(Line::On(face), "calls.duration_max = '3s'");
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_leg(&id);
    let answered_at = world.wait_for_instructions(&to)["answered_at"].as_i64().unwrap();
    world.kill_dash_nine();
    // Nothing but a look may tell the end.
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    wait_until("it is past its time", SOON, || {
        world.ask_network("/network/health")["now"].as_i64().unwrap() > answered_at + 4_500
    });
    assert_eq!(world.only_truth_to(&to)["live"], true, "nobody else ends it");

    world.start_gateway();

    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["kind", "by", "cause", "confirmed_by"].map(|field| word(&ending, field).to_owned());
    assert_eq!(told, ["completed", "gateway", "duration_max", "look_up"], "{ending}");
    is_hung_up_after(&world, face, &to, 3_000);
    assert_eq!(word(&world.recovered(&id), "decision"), "closed");
}

/// The call was ended by us, not before its time, and looked at afterwards.
fn is_hung_up_after(world: &World, face: Face, to: &str, talk_ms: i64) {
    let truth = world.only_truth_to(to);
    assert_eq!((&truth["ended_by"], &truth["hangups"]), (&json!("api"), &json!(1)), "{truth}");
    let lasted = truth["ended_at"].as_i64().unwrap() - truth["answered_at"].as_i64().unwrap();
    assert!(lasted >= talk_ms - 1_000, "it lasted {lasted} ms of {talk_ms}: {truth}");
    let times = |operations: &[&str]| -> Vec<i64> {
        operations.iter().flat_map(|one| world.request_times(one)).collect()
    };
    let hung_up = times(face.hang_ups()).into_iter().min().expect("a hang-up was asked for");
    assert!(times(face.looks()).iter().any(|at| *at >= hung_up), "a look came after the hang-up");
}

/// Ways in which a look fails, and the words that tell of it.
fn failures() -> [(Value, &'static [&'static str]); 9] {
    [
        (json!({"status": 401}), &["unauthorized"]),
        (json!({"status": 404}), &["not_found"]),
        (json!({"status": 429}), &["rate_limited"]),
        (json!({"status": 500}), &["carrier_error"]),
        (json!("stall-before"), &["timed_out"]),
        (json!("cut-before"), &["unreachable"]),
        (json!("garbled"), &["unreadable"]),
        (json!("html"), &["unreadable"]),
        // Telnyx has no words but `true` and `false`.
        (json!({"word": "teleported"}), &["unknown_status", "unreadable"]),
    ]
}

fn a_look_that_fails_ends_nothing(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 9");
    let calls: Vec<(String, String)> = (1..=9)
        .map(|n| {
            let to = world.talker(n);
            (world.dial(&to), to)
        })
        .collect();
    for (id, _) in &calls {
        world.wait_for_talk(id);
    }
    world.kill_dash_nine();
    for ((_, to), (act, _)) in calls.iter().zip(failures()) {
        world.fault(&json!({"on": "fetch", "to": to, "do": act}));
    }
    let n_before = world.n_requests(face.looks());

    world.start_gateway();

    for ((id, _), (act, words)) in calls.iter().zip(failures()) {
        wait_until(&format!("health tells of {act}"), SOON, || {
            let (_, reasons) = world.health();
            words.iter().any(|word| reasons.contains(word))
        });
        assert_eq!(word(&world.recovered(id), "decision"), "asked_again", "{act}");
    }
    wait_until("all were asked about again", SOON, || {
        world.n_requests(face.looks()) >= n_before + 3 * calls.len()
    });
    for ((id, _), (act, _)) in calls.iter().zip(failures()) {
        assert_eq!(word(&world.call(id), "state"), "in_progress", "{act}");
    }
    assert_eq!(word(&world.place(&world.talker(10)), "waits_for"), "slot", "they keep their places");
    what_was_unseen_is_seen_again(&world, &calls);
}

/// When the looks work again, what ended meanwhile is closed, and what lives is all right.
fn what_was_unseen_is_seen_again(world: &World, calls: &[(String, String)]) {
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    for (_, to) in calls.iter().step_by(2) {
        let truth = world.only_truth_to(to);
        assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
        world.remote_hangs_up(word(&truth, "id"));
    }
    world.lift_faults();
    for (id, _) in calls.iter().step_by(2) {
        let ending = world.wait_for_end(id)["ending"].clone();
        assert_eq!((word(&ending, "kind"), word(&ending, "by")), ("completed", "remote"), "{ending}");
    }
    wait_until("all is well again", SOON, || world.health().0);
    for (id, to) in calls.iter().skip(1).step_by(2) {
        assert_eq!(word(&world.call(id), "state"), "in_progress");
        let truth = world.only_truth_to(to);
        assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
    }
}

fn a_carrier_that_nobody_reaches_ends_nothing(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.kill_dash_nine();
    let nobody = crate::world::free_port(world.network.ip());
    let base_url = format!("carriers.line.base_url = 'http://{}:{nobody}'", world.network.ip());
    world.write_settings(&format!("calls.live_max = 1\n{base_url}"));

    world.start_gateway();

    wait_until("health says why", SOON, || world.health().1.contains("unreachable"));
    assert_eq!(word(&world.recovered(&id), "decision"), "asked_again");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    world.kill_dash_nine();
    world.write_settings("calls.live_max = 1");
    world.start_gateway();
    assert_eq!(word(&world.recovered(&id), "decision"), "kept");
    assert_eq!(world.only_truth_to(&to)["live"], true);
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
    let found = world.recovered(&id);
    assert_eq!((word(&found, "decision"), word(&found, "after")), ("kept", "ended"), "as the start decided");
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
}

fn a_placement_whose_answer_is_lost_is_found_again(face: Face) {
    let world = World::start(Line::On(face), "");
    for (n, act) in [(1, json!("cut-after")), (2, json!({"status": 500, "processed": true}))] {
        let to = world.talker(n);
        world.fault(&json!({"on": "create", "to": to, "do": act}));
        let id = world.dial(&to);
        world.wait_for_talk(&id);
        was_dialled_once(&world, &to);
        world.hang_up(&id);
        assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
        was_dialled_once(&world, &to);
    }
}

fn a_placement_that_we_died_in_is_found_again(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    // Nobody may name it before a search does.
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_truth(&to, &["ringing"]);
    assert_eq!(word(&world.call(&id), "state"), "placing");

    world.restart();

    world.wait_for_leg(&id);
    let line = world.recovered(&id);
    assert_eq!((word(&line, "believed"), word(&line, "decision")), ("placing", "adopted"), "{line}");
    was_dialled_once(&world, &to);
    world.hang_up(&id);
    world.wait_for_end(&id);
    let truth = was_dialled_once(&world, &to);
    assert_eq!(truth["ended_by"], "api", "{truth}");
    world.lift_faults();
    world.wait_for_talk(&world.dial(&world.talker(2)));
}

/// One leg, made by the one request that ever left.
fn was_dialled_once(world: &World, to: &str) -> Value {
    let truth = world.only_truth_to(to);
    assert_eq!((&truth["creates"], &truth["create_requests"]), (&json!(1), &json!(1)), "{truth}");
    truth
}

fn a_call_that_is_over_takes_no_place(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    let (first, third) = (world.talker(1), world.talker(3));
    let over = world.dial(&first);
    world.wait_for_talk(&over);
    let waiting = world.place(&world.talker(2));
    assert_eq!(word(&waiting, "waits_for"), "slot", "{waiting}");
    world.kill_dash_nine();
    world.remote_hangs_up(word(&world.only_truth_to(&first), "id"));

    world.start_gateway();

    let waiting = word(&waiting, "id");
    world.wait_for_talk(waiting);
    world.wait_for_end(&over);
    world.hang_up(waiting);
    world.wait_for_end(waiting);
    let started_at = millis_of(&world.recovery()["started_at"]);
    world.wait_for_talk(&world.dial(&third));
    assert!(world.only_truth_to(&third)["asked_at"].as_i64().unwrap() > started_at);
}

fn a_hang_up_that_fails_is_pursued_until_it_is_verified(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.fault(&json!({"on": "update", "do": {"status": 503}}));
    world.hang_up(&id);
    let n_hang_ups = || world.n_requests(face.hang_ups());
    wait_until("two hang-ups failed", SOON, || n_hang_ups() >= 2);
    let n_failed = n_hang_ups();

    world.restart();

    wait_until("one more failed", SOON, || world.n_requests(face.hang_ups()) > n_failed);
    assert_eq!(word(&world.call(&id), "state"), "hanging_up");
    let second = world.place(&world.talker(2));
    assert_eq!(word(&second, "waits_for"), "slot", "{second}");
    let truth = world.only_truth_to(&to);
    assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
    world.lift_faults();
    let ending = world.wait_for_end(&id)["ending"].clone();
    assert_eq!((word(&ending, "by"), word(&ending, "cause")), ("agent", "hangup_requested"), "{ending}");
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
    world.wait_for_talk(word(&second, "id"));
}
