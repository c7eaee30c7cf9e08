//! Placements whose fate is unknown: looked for and adopted, or given up with the one ending that
//! nobody confirms. No phone rings twice.

use crate::world::{Form, Line, OURS, SOON, World, wait_for, wait_until, word};
use serde_json::json;

on_both_lines!(a_placement_whose_answer_is_lost_is_found_and_adopted);

fn a_placement_whose_answer_is_lost_is_found_and_adopted(line: Line) {
    let world = World::start(line, "");
    world.fault(&json!({"on": "create", "do": "cut-after", "times": 1}));
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    rings_once(&world, &to, &leg);
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
    rings_once(&world, &to, &leg);
}

on_both_lines!(a_placement_that_we_died_in_is_found_by_its_numbers_and_adopted);

fn a_placement_that_we_died_in_is_found_by_its_numbers_and_adopted(line: Line) {
    let mut world = World::start(line, "");
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    // No webhook may name it before we die.
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_truth(&to, &["ringing"]);
    assert_eq!(word(&world.call(&id), "state"), "placing");

    world.restart();

    let leg = world.wait_for_leg(&id);
    rings_once(&world, &to, &leg);
    let line = world.recovered(&id);
    assert_eq!((word(&line, "believed"), word(&line, "decision")), ("placing", "adopted"), "{line}");
    world.hang_up(&id);
    world.wait_for_end(&id);
    rings_once(&world, &to, &leg);
}

#[test]
fn a_placement_that_we_died_in_is_adopted_by_its_mark_when_the_carrier_lists_nothing() {
    let mut world = World::start(Line::Webhooks, "");
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    let truth = world.wait_for_truth(&to, &["ringing"]);
    world.kill_dash_nine();
    world.lift_faults();
    world.fault(&json!({"on": "list", "do": {"status": 503}}));
    world.start_gateway();
    assert_eq!(word(&world.call(&id), "state"), "placing");

    world.answers(word(&truth, "id"));

    assert_eq!(word(&world.wait_for_state(&id, &["in_progress"]), "carrier_call_id"), word(&truth, "id"));
    rings_once(&world, &to, word(&truth, "id"));
}

#[test]
fn a_placement_that_ended_while_nobody_knew_of_it_is_closed_with_the_carriers_reason() {
    let mut world = World::start(Line::LooksOnly, "calls.ring_max = '1s'");
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    wait_until("the network has it", SOON, || !world.truth_to(&to).is_empty());
    world.kill_dash_nine();
    let truth = world.wait_for_truth(&to, &["no-answer"]);
    world.start_gateway();
    let call = world.wait_for_end(&id);
    let told = ["kind", "carrier_code", "confirmed_by"].map(|field| word(&call["ending"], field).to_owned());
    assert_eq!(told, ["no_answer", "no-answer", "listing"], "{call}");
    rings_once(&world, &to, word(&truth, "id"));
}

#[test]
fn a_refusal_that_rang_all_the_same_is_found_and_adopted() {
    let world = World::start(Line::LooksOnly, "");
    world.fault(&json!({"on": "create", "do": {"status": 500, "processed": true}}));
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    rings_once(&world, &to, &leg);
}

#[test]
fn a_placement_that_was_put_off_is_tried_again_and_rings_once() {
    let world = World::start(Line::Webhooks, "");
    world.fault(&json!({"on": "create", "do": {"status": 429}, "times": 1}));
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    let truth = world.only_truth_to(&to);
    assert_eq!((&truth["id"], &truth["creates"]), (&json!(leg), &json!(1)), "{truth}");
    assert_eq!(world.requests("create").len(), 2);
}

#[test]
fn a_placement_that_is_nowhere_ends_with_nobodys_word_and_a_leg_that_turns_up_is_hung_up() {
    let settings = "calls.find_max = '1s'\ncarriers.line.request_timeout = '1s'";
    let mut world = World::start(Line::Webhooks, settings);
    world.fault(&json!({"on": "create", "do": "stall-before", "times": 1}));
    let to = world.talker(1);
    let id = world.dial(&to);
    wait_until("the request has left", SOON, || world.requests("create").len() == 1);
    world.restart();
    // Two between the same numbers could not be told apart.
    let second = world.dial(&to);
    assert_eq!(word(&world.call(&second), "waits_for"), "doubt");

    let ended = world.wait_for_end(&id);

    let told = ["kind", "by", "cause", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["indeterminate", "gateway", "not_found_at_carrier", "nobody"], "{ended}");
    let leg = world.wait_for_leg(&second);
    rings_once(&world, &to, &leg);
    assert_eq!(world.requests("create").len(), 2, "one for each call");

    let stray = world.seed(&to, 1_000);
    let form = Form::about(&stray, OURS, &to, "in-progress");
    let heard = world.webhook(&world.signed(&format!("status?call={id}"), &form));
    assert!((200..300).contains(&heard.status), "{heard:?}");
    let truth = wait_for("the stray is hung up", SOON, || {
        world.truth().into_iter().find(|truth| truth["id"] == json!(stray) && truth["live"] == json!(false))
    });
    assert_eq!(truth["ended_by"], "api", "{truth}");
    wait_until("its end is verified", SOON, || world.call(&id)["strays"].is_null());
    assert_eq!(world.call(&id)["ending"], ended["ending"], "an ended call keeps its ending");
    assert_eq!(word(&world.call(&second), "carrier_call_id"), leg);
}

#[test]
fn what_is_to_end_before_it_is_found_is_hung_up_when_it_is() {
    let mut world = World::start(Line::LooksOnly, "");
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_truth(&to, &["ringing"]);
    world.hang_up(&id);
    world.restart();
    let ending = world.wait_for_end(&id)["ending"].clone();
    assert_eq!((word(&ending, "kind"), word(&ending, "by")), ("canceled", "agent"), "{ending}");
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
}

#[test]
fn a_carrier_that_nobody_reaches_has_rung_no_phone_and_the_call_fails() {
    let world = World::without_gateway(Line::LooksOnly, "");
    let nobody = crate::world::free_port(world.network.ip());
    let base_url = format!("http://{}:{nobody}", world.network.ip());
    world.write_settings(&format!("calls.queue_max = '2s'\ncarriers.line.base_url = '{base_url}'"));
    let mut world = world;
    world.start_gateway();
    let id = world.dial(&world.talker(1));
    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["kind", "by", "cause"].map(|field| word(&ending, field).to_owned());
    assert_eq!(told, ["failed", "gateway", "unreachable"], "{ending}");
}

/// One leg, made by the one request that ever left, and it is the one that the gateway knows.
fn rings_once(world: &World, to: &str, leg: &str) {
    let truth = world.only_truth_to(to);
    assert_eq!(word(&truth, "id"), leg, "{truth}");
    assert_eq!((&truth["creates"], &truth["create_requests"]), (&json!(1), &json!(1)), "{truth}");
}
