//! Webhooks as they come on a bad day: doubled, turned round, early, two hours late, a hundred at the
//! same moment, said again, about calls of others and of other accounts. Each story has exactly one
//! effect: one dial, one answer, one sentence, one ending.

mod order;
mod signing;
mod strangers;
mod tap;

use crate::world::{Answer, Face, Line, OURS, SOON, Sent, World, wait_for, word};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tap::Tap;

/// A gateway whose webhooks come through a tap, and whose number can be called.
fn tapped(face: Face, settings: &str) -> (World, Tap) {
    let mut world = World::without_gateway(Line::On(face), "");
    let tap = Tap::start(world.network.ip(), world.gateway);
    world.write_settings(&format!("public_url = 'http://{}'\n{settings}", tap.address));
    world.start_gateway();
    world.connect_by(face, "line", tap.address, OURS);
    (world, tap)
}

/// The webhooks that the tap has heard of a call's end, once there is one.
fn ends(tap: &Tap) -> Vec<Sent> {
    wait_for("the end is told", SOON, || {
        let ends: Vec<Sent> = tap.heard().into_iter().filter(tells_an_end).collect();
        (!ends.is_empty()).then_some(ends)
    })
}

/// Whether a webhook tells that a call is over.
fn tells_an_end(sent: &Sent) -> bool {
    let body = String::from_utf8_lossy(&sent.body).into_owned();
    ["CallStatus=completed", "Event=Hangup", "call.hangup"].iter().any(|mark| body.contains(mark))
}

/// Everything that was told is told once: no two events say the same, one says the end, and the
/// phone was dialled once.
fn is_told_once(world: &World, id: &str, to: &str) {
    let events = world.events(id);
    let mut told = BTreeSet::new();
    for event in events.iter().filter(|event| ["progressed", "over"].contains(&word(event, "kind"))) {
        assert!(told.insert(event["event"].to_string()), "told twice: {event} in {events:?}");
    }
    assert_eq!(n_ends(world, id), 1, "{events:?}");
    let truth = world.only_truth_to(to);
    assert_eq!((&truth["creates"], &truth["create_requests"]), (&json!(1), &json!(1)), "{truth}");
}

/// How often the call ended. A look that comes back after that is noted, and ends nothing.
fn n_ends(world: &World, id: &str) -> usize {
    let states: Vec<bool> = world.events(id).iter().map(|event| event["state"] == "ended").collect();
    states.windows(2).filter(|pair| pair == &[false, true]).count()
}

/// The call of this leg, as the gateway knows it, once it does.
fn known(world: &World, leg: &str) -> Value {
    wait_for(&format!("the gateway knows {leg}"), SOON, || {
        calls(world).into_iter().find(|call| call["carrier_call_id"] == leg)
    })
}

/// All calls that the gateway knows.
fn calls(world: &World) -> Vec<Value> {
    world.get("/v1/calls")["calls"].as_array().expect("a list of calls").clone()
}

fn is_heard(answer: &Answer) {
    assert!((200..300).contains(&answer.status), "{answer:?}");
}
