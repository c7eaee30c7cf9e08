//! A gateway that stands still for a while without dying, as when its machine sleeps: it wakes with old
//! intentions and an old picture of its calls, and acts on neither without looking.

use crate::clock::FakeClock;
use crate::world::{Face, Line, SOON, World, wait_for, wait_until, word};
use engine::crash::{CAN_CRASH, STOP_VARIABLE};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than the time in which a placement may leave.
const TOO_LONG: Duration = Duration::from_millis(5_500);

on_every_carrier!(a_placement_that_slept_past_its_time_rings_nobody);

fn a_placement_that_slept_past_its_time_rings_nobody(face: Face) {
    for point in ["order-committed", "place-unsent"] {
        it_sleeps_at(face, point, None);
    }
}

#[test]
fn a_clock_that_is_set_back_meanwhile_prolongs_no_permission_to_send() {
    let Some(clock) = FakeClock::or_skip("a placement that slept while the clock was set back") else {
        return;
    };
    it_sleeps_at(Face::Twilio, "place-unsent", Some(&clock));
}

fn it_sleeps_at(face: Face, point: &str, clock: Option<&FakeClock>) {
    if !CAN_CRASH {
        return;
    }
    let mut world = World::without_gateway(Line::On(face), "calls.queue_max = '3s'");
    let mut variables = vec![(STOP_VARIABLE, point)];
    variables.extend(clock.iter().flat_map(|clock| clock.variables()));
    world.start_gateway_with(&variables);
    let to = world.sleeper(1);
    let at = world.gateway;
    let order = std::thread::spawn({
        let to = to.clone();
        move || crate::world::order_at(at, &to)
    });
    world.wait_for_stop();
    stand_still(TOO_LONG);
    if let Some(clock) = clock {
        clock.set("-3600");
    }

    let woken_at = world.ask_network("/network/health")["now"].as_i64().unwrap();
    world.signal_gateway("CONT");

    let id = order.join().unwrap();
    if clock.is_some() {
        // By the wall clock the call was only just asked for: it is queued again, for a second.
        wait_until("it did not leave", SOON, || world.gateway_logs().contains("its time had passed"));
        let early = |leg: &Value| leg["asked_at"].as_i64().unwrap() < woken_at + 900;
        assert!(!world.truth_to(&to).iter().any(early), "it left by a permission that was over");
        return;
    }
    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["kind", "by", "cause"].map(|field| word(&ending, field));
    assert_eq!(told, ["failed", "gateway", "too_late"], "{point}: {ending}");
    assert_eq!(world.truth_to(&to).len(), 0, "{point}: nobody's phone rang");
    assert_eq!(world.n_requests(&["create"]), 0, "{point}: nothing left");
}

/// The passing of this time is itself what is tested.
fn stand_still(for_so_long: Duration) {
    let until = Instant::now() + for_so_long;
    wait_for("time passes", for_so_long + SOON, || (Instant::now() >= until).then_some(()));
}

on_every_carrier!(a_gateway_that_slept_while_calls_lived_asks_about_each_and_keeps_every_deadline);

fn a_gateway_that_slept_while_calls_lived_asks_about_each_and_keeps_every_deadline(face: Face) {
    let mut world = World::without_gateway(Line::On(face), "calls.duration_max = '12s'");
    world.start_gateway();
    // Only the gateway may end them, and only a look may tell.
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let [ends, stays] = [1, 2].map(|n| {
        let to = world.talker(n);
        let id = world.dial(&to);
        let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
        (to, id, leg)
    });
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    let before = world.call(&stays.1);
    let n_looks = world.n_requests(face.looks());
    world.signal_gateway("STOP");
    world.remote_hangs_up(&ends.2);
    let answered_at = world.only_truth_to(&stays.0)["answered_at"].as_i64().unwrap();
    stand_still(TOO_LONG);
    assert_eq!(world.n_requests(face.looks()), n_looks, "it stood still");

    world.signal_gateway("CONT");

    let ending = world.wait_for_end(&ends.1)["ending"].clone();
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&ending, field));
    assert_eq!(told, ["completed", "remote", "look_up"], "{ending}");
    let call = world.call(&stays.1);
    assert_eq!(word(&call, "state"), "in_progress", "nobody assumes that it ended");
    assert_eq!(call["carrier_call_id"], before["carrier_call_id"]);
    let ending = world.wait_for_end(&stays.1)["ending"].clone();
    assert_eq!((word(&ending, "by"), word(&ending, "cause")), ("gateway", "duration_max"), "{ending}");
    let ended_at = world.only_truth_to(&stays.0)["ended_at"].as_i64().unwrap();
    let lasted = ended_at - answered_at;
    assert!((11_000..=18_000).contains(&lasted), "it lasted {lasted} ms of 12,000");
}
