//! Calls that come in, at every carrier: who is answered and who is declined, what is heard, and
//! what is done on the line. What a caller truly heard is asked of the network.

use crate::world::{Face, Line, OURS, SOON, World, number, wait_for, wait_until, word};
use serde_json::{Value, json};

on_every_carrier!(
    who_is_not_wanted_is_declined_unanswered,
    who_is_on_the_list_is_answered_and_nobody_else,
    who_calls_hears_what_the_number_is_set_to,
    a_line_that_is_held_does_what_it_is_told,
    who_finds_all_lines_busy_hears_so_where_a_carrier_lets_us,
    who_finds_all_lines_busy_is_declined,
    a_caller_is_served_while_recovery_hangs,
    a_caller_who_is_announced_twice_makes_one_call,
);

/// Another number of ours.
const OTHER: &str = "+12025550101";
/// One that the network has, and the configuration doesn't.
const UNKNOWN: &str = "+12025550102";

/// The call as it truly is.
fn truth_of(world: &World, leg: &str) -> Value {
    let truth = world.truth().into_iter().find(|truth| truth["id"] == leg);
    truth.unwrap_or_else(|| panic!("the network knows {leg}"))
}

/// A subscriber calls this number, and stays on the line until somebody hangs up.
fn calls(world: &World, to: &str, from: &str) -> String {
    world.subscriber(from, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 3_600_000}));
    word(&world.call_in_to(to, from), "id").to_owned()
}

fn wait_until_gone(world: &World, leg: &str) -> Value {
    wait_for(&format!("{leg} is over"), SOON, || {
        Some(truth_of(world, leg)).filter(|truth| truth["live"] == false)
    })
}

/// The call of this leg, as the gateway knows it.
fn known(world: &World, leg: &str) -> Value {
    wait_for(&format!("the gateway knows {leg}"), SOON, || {
        let calls = world.get("/v1/calls");
        calls["calls"].as_array()?.iter().find(|call| call["carrier_call_id"] == leg).cloned()
    })
}

fn is_declined(world: &World, leg: &str, cause: &str) {
    let truth = wait_until_gone(world, leg);
    assert!(truth["answered_at"].is_null(), "nobody picked up: {truth}");
    assert_eq!(truth["heard"], json!([]), "{truth}");
    let id = word(&known(world, leg), "id").to_owned();
    let call = world.wait_for_end(&id);
    let told = ["kind", "by", "cause"].map(|field| word(&call["ending"], field).to_owned());
    assert_eq!(told, ["rejected", "gateway", cause], "{call}");
    assert_eq!((word(&call, "direction"), call["answered_at"].is_null()), ("inbound", true), "{call}");
}

fn who_is_not_wanted_is_declined_unanswered(face: Face) {
    // The other number is set to nothing: that is to decline.
    let settings = format!("numbers.'{OURS}'.inbound = 'deny'\nnumbers.'{OTHER}' = {{ carrier = 'line' }}");
    let world = World::start(Line::On(face), &settings);
    for number in [OURS, OTHER, UNKNOWN] {
        world.connect(face, "line", number);
    }
    for (nth, to) in (1..).zip([OURS, OTHER]) {
        is_declined(&world, &calls(&world, to, &number(nth)), "inbound_denied");
    }
    is_declined(&world, &calls(&world, UNKNOWN, &number(3)), "unknown_number");
    assert_eq!(world.get("/v1/calls?live=true")["calls"], json!([]));
}

fn who_is_on_the_list_is_answered_and_nobody_else(face: Face) {
    let friend = number(1);
    let set = format!("{{ inbound = ['{friend}', '+4420*'], greeting = 'Hello, friend.' }}");
    let world = World::start(Line::On(face), &format!("numbers.'{OURS}' = {set}"));
    world.connect_our_number();
    for caller in [friend.as_str(), "+442079460123"] {
        let truth = wait_until_gone(&world, &calls(&world, OURS, caller));
        assert!(truth["answered_at"].is_i64(), "{truth}");
        assert_eq!(world.n_heard(caller, "Hello, friend."), 1, "{truth}");
    }
    for stranger in [number(2), "+442179460123".to_owned(), "anonymous".to_owned()] {
        is_declined(&world, &calls(&world, OURS, &stranger), "caller_not_allowed");
    }
}

fn who_calls_hears_what_the_number_is_set_to(face: Face) {
    let settings = format!(
        "numbers.'{OURS}'.greeting = 'Welcome to the lighthouse.'\n\
         numbers.'{OTHER}' = {{ carrier = 'line', inbound = 'open' }}"
    );
    let world = World::start(Line::On(face), &settings);
    world.connect(face, "line", OURS);
    world.connect(face, "line", OTHER);

    let greeted = calls(&world, OURS, &number(1));
    let unexpected = calls(&world, OTHER, &number(2));

    for leg in [&greeted, &unexpected] {
        let truth = wait_until_gone(&world, leg);
        assert!(truth["answered_at"].is_i64(), "{truth}");
        let sentences: Vec<&Value> = truth["heard"].as_array().unwrap().iter().collect();
        assert_eq!(sentences.len(), 1, "one sentence, and then the line is closed: {truth}");
        assert_eq!(word(sentences[0], "kind"), "say", "{truth}");
        assert!(word(sentences[0], "text").chars().count() > 10, "plain speech: {truth}");
        assert_ne!(truth["ended_by"], "remote", "{truth}");
        let call = world.wait_for_end(word(&known(&world, leg), "id"));
        assert_eq!(word(&call["ending"], "kind"), "completed", "{call}");
    }
    assert_eq!(world.n_heard(&number(1), "Welcome to the lighthouse."), 1);
    assert_eq!(world.n_heard(&number(2), "Welcome to the lighthouse."), 0);
}

fn a_line_that_is_held_does_what_it_is_told(face: Face) {
    let settings = format!(
        "numbers.'{OURS}' = {{ hold = true, greeting = 'Good morning.' }}\n\
         numbers.'{OTHER}' = {{ carrier = 'line', inbound = 'open', hold = true }}"
    );
    let mut world = World::start(Line::On(face), &settings);
    world.connect(face, "line", OURS);
    world.connect(face, "line", OTHER);
    for (to, from) in [(OURS, number(1)), (OTHER, number(2))] {
        let leg = calls(&world, to, &from);
        let id = word(&known(&world, &leg), "id").to_owned();
        world.wait_for_state(&id, &["in_progress"]);
        if to == OURS {
            world.wait_until_heard(&from, "Good morning.");
        }
        let command = world.tell(&id, "ask", &json!({"text": "Whom for?", "digits": 1, "timeout_s": 20}));
        world.wait_until_heard(&from, "Whom for?");
        if to == OTHER {
            world.restart();
        }
        world.presses(&leg, "3");
        let answer = world.wait_until_over(&id, command);
        assert_eq!((word(&answer, "state"), word(&answer, "digits")), ("done", "3"), "{answer}");
        assert_eq!(truth_of(&world, &leg)["live"], true, "the line is held");
        assert_eq!(world.n_heard(&from, "Whom for?"), 1);
        assert_eq!(world.n_heard(&from, "Good morning."), usize::from(to == OURS));
        world.hang_up(&id);
        assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
        assert_eq!(truth_of(&world, &leg)["ended_by"], "api");
    }
}

fn who_finds_all_lines_busy_hears_so_where_a_carrier_lets_us(face: Face) {
    let settings = "calls.live_max = 1\ncalls.over_limit = 'All our lines are busy.'";
    let world = World::start(Line::On(face), settings);
    world.connect_our_number();
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);

    let leg = calls(&world, OURS, &number(2));

    let truth = wait_until_gone(&world, &leg);
    let n_told = usize::from(face != Face::Telnyx);
    assert_eq!(world.n_heard(&number(2), "All our lines are busy."), n_told, "{truth}");
    assert_eq!(truth["heard"].as_array().unwrap().len(), n_told, "{truth}");
    if face == Face::Telnyx {
        is_declined(&world, &leg, "live_max");
    }
    world.wait_for_end(word(&known(&world, &leg), "id"));
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
}

fn who_finds_all_lines_busy_is_declined(face: Face) {
    let world = World::start(Line::On(face), "calls.live_max = 1");
    world.connect_our_number();
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    is_declined(&world, &calls(&world, OURS, &number(2)), "live_max");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    world.hang_up(&id);
    world.wait_for_end(&id);
    let leg = calls(&world, OURS, &number(3));
    assert!(wait_until_gone(&world, &leg)["answered_at"].is_i64(), "its place is free again");
}

fn a_caller_is_served_while_recovery_hangs(face: Face) {
    let settings = format!("numbers.'{OURS}' = {{ hold = true, greeting = 'Welcome.' }}");
    let mut world = World::start(Line::On(face), &settings);
    world.connect_our_number();
    let ids = [1, 2, 3].map(|n| world.dial(&world.talker(n)));
    for id in &ids {
        world.wait_for_talk(id);
    }
    // Where instructions are asked for, nothing else must work; Telnyx needs a command to answer.
    let stalled: &[&str] = if face == Face::Telnyx { &["fetch", "list"] } else { &["any-api"] };
    for operation in stalled {
        world.fault(&json!({"on": operation, "do": "stall-before"}));
    }

    world.restart();
    let leg = calls(&world, OURS, &number(4));

    world.wait_until_heard(&number(4), "Welcome.");
    let call = known(&world, &leg);
    // Where no webhook tells that a caller was answered, a look does, and none comes back.
    assert!(["answering", "in_progress"].contains(&word(&call, "state")), "{call}");
    assert!(truth_of(&world, &leg)["answered_at"].is_i64());
    assert_eq!((word(&call, "from"), word(&call, "to")), (number(4).as_str(), OURS), "{call}");
    for id in &ids {
        assert_eq!(word(&world.call(id), "state"), "in_progress", "the others are kept");
    }
    world.remote_hangs_up(&leg);
    assert_eq!(word(&world.wait_for_end(word(&call, "id"))["ending"], "by"), "remote");
}

fn a_caller_who_is_announced_twice_makes_one_call(face: Face) {
    let settings = format!("numbers.'{OURS}'.greeting = 'Good day.'");
    let world = World::start(Line::On(face), &settings);
    world.connect_our_number();
    world.fault(&json!({"on": "webhook", "do": "double"}));

    let leg = calls(&world, OURS, &number(1));

    let truth = wait_until_gone(&world, &leg);
    assert_eq!(world.n_heard(&number(1), "Good day."), 1, "{truth}");
    let call = world.wait_for_end(word(&known(&world, &leg), "id"));
    assert_eq!(word(&call["ending"], "kind"), "completed", "{call}");
    wait_until("every webhook was answered", SOON, || {
        let truth = truth_of(&world, &leg);
        truth["webhooks_sent"] == truth["webhooks_answered_2xx"]
    });
    assert_eq!(world.get("/v1/calls")["calls"].as_array().unwrap().len(), 1);
}
