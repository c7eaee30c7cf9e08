//! How many calls at once, and how fast: counted in the store, not by a counter that can leak.

use crate::world::{Line, OURS, SOON, World, millis_of, number, wait_for, wait_until, word};
use serde_json::json;

#[test]
fn at_the_limit_a_call_waits_says_so_and_gives_up() {
    let world = World::start(Line::Webhooks, "calls.live_max = 1\ncalls.queue_max = '2s'");
    let first = world.dial(&world.talker(1));
    world.wait_for_talk(&first);
    let to = world.talker(2);

    let second = world.place(&to);

    assert_eq!((word(&second, "state"), word(&second, "waits_for")), ("queued", "slot"), "{second}");
    let ended = world.wait_for_end(word(&second, "id"));
    let told = ["kind", "by", "cause"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["failed", "gateway", "not_admitted"], "{ended}");
    assert_eq!(world.truth_to(&to).len(), 0, "nobody's phone rang for it");
    assert_eq!(word(&world.call(&first), "state"), "in_progress");
}

#[test]
fn a_slot_that_becomes_free_goes_to_the_oldest() {
    let world = World::start(Line::Webhooks, "calls.live_max = 1");
    let ids = [1, 2, 3].map(|n| world.dial(&world.talker(n)));
    for (nth, id) in ids.iter().enumerate() {
        world.wait_for_talk(id);
        for later in &ids[nth + 1..] {
            assert_eq!(word(&world.call(later), "state"), "queued");
        }
        world.hang_up(id);
        world.wait_for_end(id);
    }
}

#[test]
fn a_slot_becomes_free_however_a_call_ends() {
    let world = World::start(Line::Webhooks, "calls.live_max = 1\ncalls.ring_max = '1s'");
    let fates = [
        json!({"does": "busy"}),
        json!({"does": "unreachable"}),
        json!({"does": "never"}),
        json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 200}),
    ];
    for (n, fate) in (1..).zip(&fates) {
        world.subscriber(&number(n), fate);
    }
    let kinds = ["busy", "failed", "no_answer", "completed"];
    let ids = [1, 2, 3, 4].map(|n| world.dial(&number(n)));
    for (id, kind) in ids.iter().zip(kinds) {
        assert_eq!(word(&world.wait_for_end(id)["ending"], "kind"), kind);
    }
    world.fault(&json!({"on": "create", "do": {"status": 400}, "times": 1}));
    let refused = world.wait_for_end(&world.dial(&world.talker(5)));
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&refused["ending"], field).to_owned());
    assert_eq!(told, ["failed", "carrier", "reply"], "{refused}");
    let last = world.dial(&world.talker(6));
    world.wait_for_talk(&last);
}

#[test]
fn calls_leave_no_faster_than_the_carrier_dials() {
    let world = World::start(Line::Webhooks, "carriers.line.calls_per_second = 1");
    let placed = [1, 2, 3].map(|n| world.place(&world.talker(n)));
    assert!(placed.iter().any(|call| word(call, "waits_for") == "pace"), "{placed:?}");
    for call in &placed {
        world.wait_for_leg(word(call, "id"));
    }
    let times = world.request_times("create");
    assert_eq!(times.len(), 3);
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= 900, "{} ms between two dials", pair[1] - pair[0]);
    }
}

#[test]
fn the_pace_is_kept_over_a_restart() {
    let mut world = World::start(Line::Webhooks, "carriers.line.calls_per_second = 0.3");
    world.wait_for_leg(&world.dial(&world.talker(1)));
    world.kill_dash_nine();
    world.start_gateway();
    world.wait_for_leg(&world.dial(&world.talker(2)));
    let times = world.request_times("create");
    assert!(times[1] - times[0] >= 3_000, "{} ms between two dials", times[1] - times[0]);
}

#[test]
fn a_caller_takes_a_slot_and_gives_it_back() {
    let greeting = "Hold the line. ".repeat(60);
    let settings = format!("calls.live_max = 1\nnumbers.'{OURS}'.greeting = '{greeting}'");
    let world = World::start(Line::Webhooks, &settings);
    world.connect_our_number();
    let leg = word(&world.call_in("+12025550777"), "id").to_owned();
    wait_for("the caller is answered", SOON, || {
        let live = world.get("/v1/calls?live=true");
        live["calls"].as_array()?.first().cloned().filter(|call| word(call, "state") == "in_progress")
    });

    let second = world.place(&world.talker(1));

    assert_eq!((word(&second, "state"), word(&second, "waits_for")), ("queued", "slot"), "{second}");
    world.remote_hangs_up(&leg);
    world.wait_for_state(word(&second, "id"), &["in_progress"]);
}

#[test]
fn a_caller_for_whom_there_is_no_slot_is_declined_by_us() {
    let world = World::start(Line::Webhooks, "calls.live_max = 1");
    world.connect_our_number();
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);

    let leg = world.call_in("+12025550777")["id"].clone();

    let truth = wait_for("the caller is turned away", SOON, || {
        world.truth().into_iter().find(|truth| truth["id"] == leg && truth["live"] == json!(false))
    });
    assert_eq!((&truth["cause"], &truth["answered_at"]), (&json!("rejected"), &json!(null)), "{truth}");
    let calls = world.get("/v1/calls");
    let declined =
        calls["calls"].as_array().unwrap().iter().find(|call| call["carrier_call_id"] == leg).unwrap();
    let ended = world.wait_for_end(word(declined, "id"));
    let told = ["kind", "by", "cause"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["rejected", "gateway", "live_max"], "{ended}");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
}

#[test]
fn who_waits_goes_on_waiting_over_a_restart() {
    let mut world = World::start(Line::Webhooks, "calls.live_max = 1");
    let first = world.dial(&world.talker(1));
    world.wait_for_talk(&first);
    let second = world.dial(&world.talker(2));
    world.restart();
    assert_eq!(word(&world.call(&second), "waits_for"), "slot");
    assert_eq!(word(&world.recovered(&second), "decision"), "queued");
    world.hang_up(&first);
    world.wait_for_talk(&second);
}

#[test]
fn who_waited_too_long_while_we_were_dead_is_not_called() {
    let mut world = World::start(Line::Webhooks, "calls.live_max = 1\ncalls.queue_max = '1s'");
    let first = world.dial(&world.talker(1));
    world.wait_for_talk(&first);
    let to = world.talker(2);
    let second = world.place(&to);
    world.kill_dash_nine();
    world.remote_hangs_up(word(&world.only_truth_to(&number(1)), "id"));
    wait_until("its time is over", SOON, || {
        world.ask_network("/network/health")["now"].as_i64().unwrap() > millis_of(&second["deadline"])
    });
    world.start_gateway();
    let ended = world.wait_for_end(word(&second, "id"));
    assert_eq!(word(&ended["ending"], "cause"), "not_admitted", "{ended}");
    world.wait_for_end(&first);
    assert_eq!(world.truth_to(&to).len(), 0, "recovery dials nobody");
}
