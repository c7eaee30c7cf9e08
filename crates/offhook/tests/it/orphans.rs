//! Live calls that the store doesn't know: ours by their mark, another installation's, or nobody's
//! that can be told. Only the first are ever touched.

use crate::world::{Face, Line, SOON, World, number, wait_for, wait_until, word};
use serde_json::Value;

on_every_carrier!(
    calls_of_a_lost_store_are_ended_and_strangers_left_alone,
    two_installations_on_one_account_end_each_only_its_own,
);

fn calls_of_a_lost_store_are_ended_and_strangers_left_alone(face: Face) {
    let mut world = World::start(Line::On(face), BLUE);
    let foreign = world.seed_many(face, 1, &number(70))[0].clone();
    let (to, id) = live_call(&world, face, 1);

    world.restart_without_store();
    prove(&world, face, &to);

    let ended = wait_for_end(&world, &id);
    assert_eq!(word(&ended["ending"], "cause"), "orphaned", "{ended}");
    assert_eq!(world.get("/v1/recovery")["orphans"], serde_json::json!([id]));
    is_over(&world, &to);
    wait_until("the stranger is told", SOON, || strangers(&world) == [foreign.as_str()]);
    assert_eq!(word(&world.only_truth_to(&number(70)), "status"), "in-progress");
    let (well, health) = world.health();
    assert!(well, "a stranger is no fault: {health}");

    let next = world.dial(&world.talker(2));
    world.wait_for_talk(&next);
    world.hang_up(&next);
    world.wait_for_end(&next);
}

fn two_installations_on_one_account_end_each_only_its_own(face: Face) {
    let mut blue = World::start(Line::On(face), BLUE);
    let green = blue.beside(&BLUE.replace("blue", "green"));
    let (to_blue, id_blue) = live_call(&blue, face, 1);
    let (to_green, id_green) = live_call(&green, face, 2);
    let n_listed = blue.n_requests(&["list"]);
    wait_until("both have swept", SOON, || blue.n_requests(&["list"]) > n_listed + 12);
    let live = |world: &World, to: &str| {
        ["ringing", "in-progress"].contains(&word(&world.only_truth_to(to), "status"))
    };
    assert!(live(&blue, &to_blue) && live(&blue, &to_green), "nobody ends a call that lives");

    blue.restart_without_store();
    prove(&blue, face, &to_blue);

    wait_for_end(&blue, &id_blue);
    is_over(&blue, &to_blue);
    assert_eq!(blue.ask("GET", &format!("/v1/calls/{id_green}"), None).status, 404);
    assert!(live(&green, &to_green), "the other installation's call lives");
    green.hang_up(&id_green);
    green.wait_for_end(&id_green);
}

#[test]
fn a_call_of_a_lost_store_is_adopted_where_that_is_wished() {
    for face in [Face::Twilio, Face::Telnyx] {
        let mut world = World::start(Line::On(face), &BLUE.replace("hang_up", "adopt"));
        let (to, id) = live_call(&world, face, 1);
        world.restart_without_store();
        wait_until("it is known again", SOON, || {
            world.ask("GET", &format!("/v1/calls/{id}"), None).status == 200
        });
        let call = world.wait_for_state(&id, &["in_progress"]);
        assert_eq!(call["carrier_call_id"], world.only_truth_to(&to)["id"], "{call}");
        world.hang_up(&id);
        assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
        is_over(&world, &to);
    }
}

/// Its webhook is proof too, but it is only told.
#[test]
fn a_call_of_a_lost_store_is_only_reported_where_that_is_wished() {
    let mut world = World::start(Line::On(Face::Telnyx), &BLUE.replace("hang_up", "report"));
    let (to, id) = live_call(&world, Face::Telnyx, 1);
    world.restart_without_store();
    wait_until("it is told as ours", SOON, || {
        let report = world.get("/v1/recovery");
        report["strangers"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == id.as_str()))
    });
    assert_eq!(world.ask("GET", &format!("/v1/calls/{id}"), None).status, 404);
    assert_eq!(word(&world.only_truth_to(&to), "status"), "in-progress");
}

/// A call that lives: a talk, or at Plivo a phone that rings, since only a webhook can prove it.
fn live_call(world: &World, face: Face, n: u32) -> (String, String) {
    if face == Face::Plivo {
        let to = world.sleeper(n);
        let id = world.dial(&to);
        world.wait_for_state(&id, &["ringing"]);
        return (to, id);
    }
    let to = world.talker(n);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    (to, id)
}

/// At Plivo the answer is the webhook that proves whose call it is. Elsewhere the sweep finds out.
fn prove(world: &World, face: Face, to: &str) {
    if face == Face::Plivo {
        world.answers(word(&world.only_truth_to(to), "id"));
    }
}

fn wait_for_end(world: &World, id: &str) -> Value {
    wait_for(&format!("call {id} is taken in and over"), SOON, || {
        let answer = world.ask("GET", &format!("/v1/calls/{id}"), None);
        (answer.status == 200).then(|| answer.json()).filter(|call| word(call, "state") == "ended")
    })
}

fn is_over(world: &World, to: &str) {
    let status = world.only_truth_to(to)["status"].clone();
    assert!(!["ringing", "in-progress"].contains(&status.as_str().unwrap_or_default()), "{to} is {status}");
}

/// The carrier's names of the live calls that the gateway doesn't know.
fn strangers(world: &World) -> Vec<String> {
    let report = world.get("/v1/recovery");
    let strangers = report["strangers"].as_array().expect("a list of strangers");
    strangers.iter().map(|one| word(one, "carrier_call_id").to_owned()).collect()
}

const BLUE: &str = "installation = 'blue'\nrecovery = { sweep_every = '1s', orphans = 'hang_up' }";
