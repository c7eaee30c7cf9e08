//! Commands whose fate nobody knows: they are never done again, whatever dies and whenever, and
//! what is learnt late is told of the command that it belongs to.

use crate::world::{Face, Line, SOON, World, number, wait_for, wait_until, word, words};
use serde_json::{Value, json};

on_every_carrier!(
    what_was_done_though_its_answer_is_lost_is_heard_once,
    what_may_have_been_lost_is_not_said_again,
    a_refused_command_was_not_done,
    a_sentence_that_we_died_in_is_heard_once,
    a_sentence_that_never_left_us_whole_is_not_said_after_a_restart,
    an_answer_that_comes_after_a_restart_is_told_to_its_question,
    an_answer_that_nobody_was_there_to_hear_is_never_that_of_the_next_question,
    a_transfer_that_we_died_in_rings_once,
);

fn held(world: &World, to: &str) -> String {
    let id = world.dial(to);
    world.wait_for_talk(&id);
    id
}

/// The call still does what it is told, and what was in doubt isn't heard again.
fn goes_on_and_says_no_more_than(world: &World, id: &str, to: &str, sentence: &str, n_heard: usize) {
    let known = world.wait_until_over(id, world.say(id, "We go on."));
    assert_eq!(word(&known, "state"), "done", "{known}");
    assert_eq!(world.n_heard(to, "We go on."), 1);
    assert_eq!(world.n_heard(to, sentence), n_heard, "{}", world.only_truth_to(to));
    let truth = world.only_truth_to(to);
    assert_eq!(truth["live"], true, "{truth}");
}

fn what_was_done_though_its_answer_is_lost_is_heard_once(face: Face) {
    let mut world = World::start(Line::On(face), "");
    for (n, act) in [(1, json!("cut-after")), (2, json!({"status": 500, "processed": true}))] {
        let (to, sentence) = (world.talker(n), format!("Heard, act {n}."));
        let id = held(&world, &to);
        world.fault(&json!({"on": "update", "to": to, "times": 1, "do": act}));

        let (code, _, said) = words(&world.command(&["say", &id, &sentence]));

        // A carrier that tells that the sentence was said may be faster than the doubt.
        let state = word(&world.call(&id)["commands"][0], "state").to_owned();
        assert!([Some(5), Some(0)].contains(&code), "{act}: {code:?} {said}");
        assert!(["in_doubt", "done"].contains(&state.as_str()), "{act}: {state}");
        assert_eq!(code == Some(5), said.contains("nobody knows whether it was done"), "{act}: {said}");
        let n_heard = n_heard_of_what_was_done(&world, face, &to, &sentence);
        assert!(code == Some(5) || n_heard == 1, "{act}: it was heard, says the gateway");
        if n == 1 {
            world.restart();
        }
        goes_on_and_says_no_more_than(&world, &id, &to, &sentence, n_heard);
    }
}

/// Once, but where the carrier asks what it is to say after that was put in doubt.
fn n_heard_of_what_was_done(world: &World, face: Face, to: &str, sentence: &str) -> usize {
    if face != Face::Plivo {
        world.wait_until_heard(to, sentence);
        return 1;
    }
    wait_until("it was told what to do", SOON, || {
        let truth = world.only_truth_to(to);
        truth["webhooks_sent"].as_u64().unwrap() >= 3
            && truth["webhooks_sent"] == truth["webhooks_answered_2xx"]
    });
    let n_heard = world.n_heard(to, sentence);
    assert!(n_heard <= 1, "{}", world.only_truth_to(to));
    n_heard
}

fn what_may_have_been_lost_is_not_said_again(face: Face) {
    let mut world = World::start(Line::On(face), "");
    for (n, act) in [(1, json!("cut-before")), (2, json!({"status": 503})), (3, json!("stall-before"))] {
        let (to, sentence) = (world.talker(n), format!("Lost, act {n}."));
        let id = held(&world, &to);
        world.fault(&json!({"on": "update", "to": to, "times": 1, "do": act}));

        let (code, _, said) = words(&world.command(&["say", &id, &sentence]));

        assert_eq!(code, Some(5), "{act}: {said}");
        let known = world.call(&id)["commands"][0].clone();
        assert_eq!(word(&known, "state"), "in_doubt", "{act}: {known}");
        assert!(!word(&known, "why").is_empty(), "{act}: {known}");
        if n == 1 {
            world.restart();
        }
        goes_on_and_says_no_more_than(&world, &id, &to, &sentence, 0);
    }
}

fn a_refused_command_was_not_done(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    world.fault(&json!({"on": "update", "times": 1, "do": {"status": 400}}));

    let (code, _, said) = words(&world.command(&["say", &id, "Refused."]));

    assert_eq!(code, Some(4), "{said}");
    let known = world.call(&id)["commands"][0].clone();
    assert_eq!(word(&known, "state"), "failed", "{known}");
    assert!(!word(&known, "code").is_empty(), "{known}");
    goes_on_and_says_no_more_than(&world, &id, &to, "Refused.", 0);
}

fn a_sentence_that_we_died_in_is_heard_once(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    world.fault(&json!({"on": "update", "times": 1, "do": "stall-after"}));
    let sentence = "We die while this is said.";
    let command = world.say(&id, sentence);
    world.wait_until_heard(&to, sentence);

    world.restart();

    let known = world.wait_until_over(&id, command);
    assert!(["in_doubt", "done"].contains(&word(&known, "state")), "{known}");
    goes_on_and_says_no_more_than(&world, &id, &to, sentence, 1);
}

fn a_sentence_that_never_left_us_whole_is_not_said_after_a_restart(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    world.fault(&json!({"on": "update", "times": 1, "do": "stall-before"}));
    let n_before = world.n_requests(face.says());
    let command = world.say(&id, "This is lost.");
    wait_until("the request has left", SOON, || world.n_requests(face.says()) > n_before);

    world.restart();

    let known = world.wait_until_over(&id, command);
    assert_eq!(word(&known, "state"), "in_doubt", "{known}");
    goes_on_and_says_no_more_than(&world, &id, &to, "This is lost.", 0);
}

/// Asks for one key, and waits until the question is over in the other side's ear.
fn ask(world: &World, id: &str, to: &str, question: &str) -> u64 {
    let wish = json!({"text": question, "digits": 1, "timeout_s": 20});
    let command = world.tell(id, "ask", &wish);
    world.wait_until_heard(to, question);
    command
}

fn press(world: &World, to: &str, key: &str) {
    let truth = world.only_truth_to(to);
    world.presses(word(&truth, "id"), key);
}

fn answer(world: &World, id: &str, command: u64) -> (String, Value) {
    let known = world.wait_until_over(id, command);
    (word(&known, "state").to_owned(), known["digits"].clone())
}

fn an_answer_that_comes_after_a_restart_is_told_to_its_question(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let first = ask(&world, &id, &to, "The first?");

    world.restart();
    press(&world, &to, "4");

    assert_eq!(answer(&world, &id, first), ("done".to_owned(), json!("4")));
    let second = ask(&world, &id, &to, "The second?");
    press(&world, &to, "7");
    assert_eq!(answer(&world, &id, second), ("done".to_owned(), json!("7")));
    assert_eq!((world.n_heard(&to, "The first?"), world.n_heard(&to, "The second?")), (1, 1));
}

fn an_answer_that_nobody_was_there_to_hear_is_never_that_of_the_next_question(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let wish = json!({"text": "The first?", "digits": 1, "timeout_s": 3});
    let first = world.tell(&id, "ask", &wish);
    world.wait_until_heard(&to, "The first?");
    world.kill_dash_nine();
    let counted = |field: &str| world.only_truth_to(&to)[field].as_u64().unwrap();
    let n_sent = counted("webhooks_sent");
    press(&world, &to, "4");
    wait_until("the carrier told it in vain", SOON, || match face {
        Face::Twilio | Face::Plivo => counted("webhooks_lost") > 0,
        // It goes on telling for a minute.
        Face::Telnyx => counted("webhooks_sent") >= n_sent + 4,
    });

    world.start_gateway();

    // Telnyx promises to tell when a question is over, and is given a minute for it.
    let (state, digits) = wait_for("the first question is over", 4 * SOON, || {
        let known = world.outcome(&id, first);
        let state = word(&known, "state").to_owned();
        ["done", "failed", "in_doubt"].contains(&state.as_str()).then(|| (state, known["digits"].clone()))
    });
    let is_lost = ["in_doubt", "done"].contains(&state.as_str()) && digits.is_null();
    assert!(is_lost || digits == "4", "{state} {digits}");
    assert!(face != Face::Telnyx || digits == "4", "it is told again: {state} {digits}");
    if world.only_truth_to(&to)["live"] == false {
        // A carrier may end a call whose instructions can't be had.
        world.wait_for_end(&id);
        return;
    }
    let second = ask(&world, &id, &to, "The second?");
    let known = world.wait_for_command(&id, second, &["taken", "done", "failed", "in_doubt"]);
    assert_eq!(word(&known, "state"), "taken", "nothing has answered it: {known}");
    press(&world, &to, "7");
    assert_eq!(answer(&world, &id, second), ("done".to_owned(), json!("7")));
    assert_ne!(world.outcome(&id, first)["digits"], "7");
}

fn a_transfer_that_we_died_in_rings_once(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let (to, other) = (world.talker(1), number(2));
    world.subscriber(&other, &json!({"does": "talk", "answer_after_ms": 1_500, "talk_ms": 4_000}));
    let id = held(&world, &to);
    world.fault(&json!({"on": "update", "times": 1, "do": "stall-after"}));
    let command = world.tell(&id, "transfer", &json!({ "to": other }));
    wait_for("the other phone rings", SOON, || world.truth_to(&other).first().cloned());

    world.restart();

    world.wait_for_truth(&other, &["completed"]);
    let known = world.wait_until_over(&id, command);
    assert!(["done", "in_doubt"].contains(&word(&known, "state")), "{known}");
    world.only_truth_to(&other);
    assert_eq!(world.only_truth_to(&to)["live"], true, "its end is not that of the call");
    goes_on_and_says_no_more_than(&world, &id, &to, "nothing", 0);
    world.only_truth_to(&other);
}
