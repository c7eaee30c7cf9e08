//! What is asked of a call that lives, at every carrier: it is said, asked, pressed and put through,
//! one after the other, each once, and its outcome is told.

use crate::world::{Face, Line, World, heard, number, word, words};
use serde_json::{Value, json};

on_every_carrier!(
    a_question_is_answered_by_keys,
    a_question_is_answered_by_words,
    a_question_that_nobody_answers_says_so,
    what_is_asked_is_done_once_and_in_order,
    a_call_is_put_through_and_lives_on,
    a_transfer_that_fails_leaves_the_call_alive,
    what_cannot_be_done_is_refused,
    what_waits_when_the_call_ends_is_not_done,
    a_key_has_a_command_asked_once,
);

/// A call on a line that is held.
fn held(world: &World, to: &str) -> String {
    let id = world.dial(to);
    world.wait_for_talk(&id);
    id
}

fn a_question_is_answered_by_keys(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = "+12025550009";
    let id = held(&world, to);

    let question = "How many? Press a key.";
    let (code, out, said) = words(&world.command(&["ask", &id, question, "--digits", "1"]));

    assert_eq!((code, out.trim()), (Some(0), "1"), "{said}");
    let truth = world.only_truth_to(to);
    assert_eq!(word(&truth, "pressed"), "1", "{truth}");
    assert_eq!(world.n_heard(to, question), 1, "{truth}");
    assert_eq!(word(&truth, "status"), "in-progress", "the line is held: {truth}");
    let command = &world.call(&id)["commands"][0];
    assert_eq!((word(command, "state"), word(command, "digits")), ("done", "1"), "{command}");
}

fn a_question_is_answered_by_words(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = "+12025550010";
    let wish = json!({"to": to, "say": "Good day.", "hold": true});
    let id = word(&world.place_with(&wish), "id").to_owned();
    world.wait_for_talk(&id);
    world.wait_until_heard(to, "Good day.");

    let (code, out, said) = words(&world.command(&["ask", &id, "Do you agree?", "--speech"]));

    assert_eq!((code, out.trim()), (Some(0), "yes please"), "{said}");
    let truth = world.only_truth_to(to);
    assert_eq!(
        heard(&truth).into_iter().filter(|one| one != "w").collect::<Vec<_>>(),
        ["Good day.", "Do you agree?"]
    );
    assert_eq!(word(&truth["spoken"][0], "words"), "yes please", "{truth}");
    assert_eq!(word(&truth, "status"), "in-progress", "the line is held: {truth}");
    // Without a question it is only listened.
    let (code, out, said) = words(&world.command(&["ask", &id]));
    assert_eq!((code, out.trim()), (Some(0), "yes please"), "{said}");
}

fn a_question_that_nobody_answers_says_so(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);

    let asked = ["ask", id.as_str(), "Is anybody there?", "--digits", "1", "--timeout", "1s"];
    let (code, out, said) = words(&world.command(&asked));

    assert_eq!((code, out.trim()), (Some(6), ""), "{said}");
    assert!(said.contains("nothing was answered"), "{said}");
    assert_eq!(world.n_heard(&to, "Is anybody there?"), 1);
    world.wait_until_over(&id, world.say(&id, "Good bye then."));
    assert_eq!(world.n_heard(&to, "Good bye then."), 1, "the call goes on");
}

fn what_is_asked_is_done_once_and_in_order(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);

    let first = world.say(&id, "This is the first sentence.");
    let second = world.say(&id, "And the second.");
    let third = world.tell(&id, "digits", &json!({"digits": "1w2#"}));
    assert_eq!(word(&world.outcome(&id, third), "state"), "asked", "it waits for those before it");
    let (code, out, said) = words(&world.command(&["say", &id, "The last."]));

    assert_eq!((code, out.trim()), (Some(0), "done"), "{said}");
    for command in [first, second, third] {
        assert_eq!(word(&world.outcome(&id, command), "state"), "done");
    }
    let (code, _, said) = words(&world.command(&["digits", &id, "9"]));
    assert_eq!(code, Some(0), "{said}");
    let truth = world.only_truth_to(&to);
    let keys = |text: &str| text.chars().filter(|key| *key != 'w').collect::<String>();
    let heard: Vec<String> =
        heard(&truth).iter().map(|one| keys(one)).filter(|one| !one.is_empty()).collect();
    let all = ["This is the first sentence.", "And the second.", "12#", "The last.", "9"].map(keys);
    assert_eq!(heard, all, "{truth}");
    assert_eq!(word(&truth, "status"), "in-progress", "{truth}");
}

fn a_call_is_put_through_and_lives_on(face: Face) {
    let world = World::start(Line::On(face), "");
    let (to, other) = (world.talker(1), number(2));
    world.subscriber(&other, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 2_500}));
    let id = held(&world, &to);

    let command = world.tell(&id, "transfer", &json!({ "to": other }));

    let second = world.wait_for_truth(&other, &["in-progress", "completed"]);
    assert!(second["answered_at"].is_i64(), "{second}");
    assert_eq!(world.only_truth_to(&to)["live"], true, "both are on the line");
    world.wait_for_truth(&other, &["completed"]);
    let known = world.wait_until_over(&id, command);
    let ways = ["completed", "normal_clearing", "Normal Hangup"];
    assert!(word(&known, "state") == "done" && ways.contains(&word(&known, "transfer")), "{known}");
    world.wait_until_over(&id, world.say(&id, "You are back."));
    assert_eq!(world.n_heard(&to, "You are back."), 1);
    let call = world.call(&id);
    assert_eq!(word(&call, "state"), "in_progress", "{call}");
    assert_eq!(world.truth().len(), 2, "nobody else was called");
    assert_eq!(world.get("/v1/calls")["calls"].as_array().unwrap().len(), 1, "it is one call of ours");
    world.hang_up(&id);
    world.wait_for_end(&id);
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
}

fn a_transfer_that_fails_leaves_the_call_alive(face: Face) {
    let world = World::start(Line::On(face), "");
    let (to, busy) = (world.talker(1), "+12025550001");
    let id = held(&world, &to);

    let (code, _, said) = words(&world.command(&["transfer", &id, busy]));

    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("it was not done"), "{said}");
    assert_eq!(word(&world.call(&id)["commands"][0], "state"), "failed");
    assert_eq!(word(&world.only_truth_to(busy), "status"), "busy");
    world.wait_until_over(&id, world.say(&id, "Nobody is there."));
    assert_eq!(world.n_heard(&to, "Nobody is there."), 1, "the line is still held");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
}

fn what_cannot_be_done_is_refused(face: Face) {
    let world = World::start(Line::On(face), "");
    let long = "Please hold the line. ".repeat(20);
    let spoken_to = world.talker(1);
    let closing = world.place_with(&json!({"to": spoken_to, "say": long}));
    let over = held(&world, &world.talker(2));
    world.hang_up(&over);
    world.wait_for_end(&over);
    let held = held(&world, &world.talker(3));
    world.wait_for_talk(word(&closing, "id"));

    let refused = [
        (word(&closing, "id"), "say", json!({"text": "Hello"}), 409, "OH-0019"),
        (&over, "say", json!({"text": "Hello"}), 409, "OH-0018"),
        (&over, "ask", json!({"text": "Hello"}), 409, "OH-0018"),
        (&held, "digits", json!({"digits": "1;2"}), 422, "OH-0021"),
        (&held, "digits", json!({"digits": ""}), 422, "OH-0021"),
        (&held, "digits", json!({"digits": "1".repeat(65)}), 422, "OH-0021"),
        (&held, "say", json!({"text": "x".repeat(3_001)}), 422, "OH-0006"),
        (&held, "transfer", json!({"to": "somebody"}), 422, "OH-0003"),
        (&held, "transfer", json!({"to": "911"}), 403, "OH-0004"),
        ("c_01m81qdxrjejr9qs9jcr4789w6", "say", json!({"text": "Hello"}), 404, "OH-0010"),
    ];
    for (id, verb, wish, status, code) in refused {
        let answer = world.try_command(id, verb, &wish);
        assert_eq!((answer.status, word(&answer.json(), "code")), (status, code), "{verb} {wish}");
    }

    let (exit, _, said) = words(&world.command(&["say", &over, "Hello"]));
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("OH-0018"), "{said}");
    assert_eq!(world.n_heard(&number(2), "Hello") + world.n_heard(&number(3), "Hello"), 0);
    assert_eq!(world.n_heard(&spoken_to, "Hello"), 0);
    assert_eq!(world.truth().len(), 3, "nobody else was called");
}

fn what_waits_when_the_call_ends_is_not_done(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_truth(&to, &["ringing"]);
    let waiting: Vec<u64> = (1..=8).map(|n| world.say(&id, &format!("Sentence {n}."))).collect();

    let ninth = world.try_command(&id, "say", &json!({"text": "Sentence 9."}));

    assert_eq!((ninth.status, word(&ninth.json(), "code")), (429, "OH-0020"), "{ninth:?}");
    world.hang_up(&id);
    world.wait_for_end(&id);
    for command in waiting {
        let known = world.wait_until_over(&id, command);
        assert_eq!((word(&known, "state"), word(&known, "code")), ("failed", "call_over"), "{known}");
    }
    assert_eq!(heard(&world.only_truth_to(&to)), Vec::<String>::new());
}

fn a_key_has_a_command_asked_once(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let wish = json!({"text": "Only once."});

    let first = world.tell_under("key-1", &id, "say", &wish);
    let again = world.tell_under("key-1", &id, "say", &wish);
    let other = world.tell_under("key-1", &id, "say", &json!({"text": "Something else."}));

    assert_eq!((first.status, again.status), (202, 202), "{first:?} {again:?}");
    let ids = [&first, &again].map(|answer| answer.json()["command"]["id"].clone());
    assert_eq!(ids[0], ids[1]);
    assert_eq!((other.status, word(&other.json(), "code")), (422, "OH-0009"), "{other:?}");
    world.wait_until_over(&id, ids[0].as_u64().unwrap());
    world.restart();
    let late = world.tell_under("key-1", &id, "say", &wish);
    assert_eq!((late.status, &late.json()["command"]["id"]), (202, &ids[0]), "{late:?}");
    world.wait_until_over(&id, world.say(&id, "And this."));
    assert_eq!((world.n_heard(&to, "Only once."), world.n_heard(&to, "And this.")), (1, 1));
    let all = |truth: &Value| heard(truth).into_iter().filter(|one| one != "w").count();
    assert_eq!(all(&world.only_truth_to(&to)), 2);
}
