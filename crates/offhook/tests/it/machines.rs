//! Answering machines that carriers find out: hung up on, or left a message, once, whatever dies meanwhile.

use crate::world::{Face, Line, SOON, World, assert_clerk_ended, number, wait_until, word};
use serde_json::json;

on_every_carrier!(
    a_machine_is_hung_up_on,
    a_message_is_left_on_a_machine_when_it_has_greeted,
    whoever_is_a_person_is_talked_with,
    a_message_is_left_once_though_the_gateway_dies,
);

const TEXT: &str =
    "Good evening, I am calling about your booking, and I would like to know whether you still want it.";
const MESSAGE: &str = "This is the Grand Hotel.";
/// Long enough to be told of before it is over.
const GREETING: &str = "we are not at home";

fn calling(face: Face, voicemail: &str) -> World {
    let agent = format!("agents.clerk = {{ kind = 'say', text = '{TEXT}', {voicemail} }}");
    World::start(Line::On(face), &agent)
}

fn leaving(face: Face) -> World {
    calling(face, &format!("voicemail = 'leave', voicemail_message = '{MESSAGE}'"))
}

fn machine(world: &World) -> String {
    let them = number(1);
    world.subscriber(&them, &json!({"does": "voicemail", "answer_after_ms": 0, "greeting": GREETING}));
    them
}

fn a_machine_is_hung_up_on(face: Face) {
    let world = calling(face, "voicemail = 'hang_up'");
    let them = machine(&world);

    let call = world.wait_for_end(&world.called_by_clerk(&them));

    assert_clerk_ended(&call, "answering_machine");
    assert_eq!(word(&call, "answered_by"), "machine");
    assert_eq!(world.only_truth_to(&them)["ended_by"], "api");
}

fn a_message_is_left_on_a_machine_when_it_has_greeted(face: Face) {
    let world = leaving(face);
    let them = machine(&world);

    let call = world.wait_for_end(&world.called_by_clerk(&them));

    assert_clerk_ended(&call, "answering_machine");
    assert_eq!(world.n_heard(&them, MESSAGE), 1);
    let known = if face == Face::Plivo { "machine" } else { "recording" };
    assert_eq!(word(&call, "answered_by"), known, "{call}");
    let said = call["commands"].as_array().expect("commands");
    assert_eq!(said.len(), 2, "{call}");
    assert_eq!((&said[0]["stopped"], word(&said[1], "state")), (&json!(true), "done"), "{call}");
}

fn whoever_is_a_person_is_talked_with(face: Face) {
    let world = leaving(face);
    let them = number(1);
    world.subscriber(&them, &json!({"does": "silent", "answer_after_ms": 0}));

    let call = world.wait_for_end(&world.called_by_clerk(&them));

    assert_clerk_ended(&call, "agent_done");
    assert_eq!(word(&call, "answered_by"), "human");
    assert_eq!((world.n_heard(&them, TEXT), world.n_heard(&them, MESSAGE)), (1, 0));
}

/// It dies as soon as the message is being said.
fn a_message_is_left_once_though_the_gateway_dies(face: Face) {
    let mut world = leaving(face);
    let them = machine(&world);
    let id = world.called_by_clerk(&them);
    wait_until("the message is being said", SOON, || world.n_heard(&them, MESSAGE) == 1);

    world.restart();

    let call = world.wait_for_end(&id);
    assert_clerk_ended(&call, "answering_machine");
    assert_eq!(world.n_heard(&them, MESSAGE), 1, "{call}");
    let truth = world.only_truth_to(&them);
    assert_eq!((&truth["creates"], &truth["live"]), (&json!(1), &json!(false)));
}
