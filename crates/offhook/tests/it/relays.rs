//! Conversations by words: a program that was written for Twilio's ConversationRelay talks on every
//! carrier, and goes on after a crash of either side.

use crate::world::{Does, Face, Line, OURS, Relay, Script, World, assert_clerk_ended, number, says, word};
use serde_json::{Value, json};

on_every_carrier!(
    a_program_is_told_what_is_said_and_says_what_it_says,
    those_who_call_are_heard_before_the_program_says_a_word,
    after_a_kill_the_program_knows_what_was_said_and_goes_on,
    a_program_that_crashes_is_connected_again_and_told_what_it_missed,
    whoever_waits_for_a_program_that_is_not_there_is_told_so,
    whoever_a_program_has_put_through_stays_when_it_leaves,
);

const WORDS: &str = "It is Ada.";
const QUESTION: &str = "Who is this?";
const GOODBYE: &str = "Goodbye, Ada.";
const SORRY: &str = "Sorry, nobody can talk now.";

fn end() -> Does {
    Does::Says(json!({"type": "end", "handoffData": "{}"}))
}

/// It asks who is there, takes leave, and ends.
fn polite(_: usize, heard: &Value) -> Vec<Does> {
    match word(heard, "type") {
        // As a program does that has its words from a language model.
        "setup" => vec![
            Does::Says(json!({"type": "text", "token": "Who ", "last": false})),
            Does::Says(json!({"type": "text", "token": "is this?", "last": true})),
        ],
        "prompt" => vec![says(GOODBYE), end()],
        _ => Vec::new(),
    }
}

fn a_program_is_told_what_is_said_and_says_what_it_says(face: Face) {
    let (world, program) = with_program(face, polite);
    let them = world.speaker(WORDS);

    let id = world.called_by_clerk(&them);

    let setup = program.hears();
    let told = ["type", "callSid", "from", "to", "direction"].map(|name| word(&setup, name));
    assert_eq!(told, ["setup", &id, OURS, &them, "outbound"], "{setup}");
    assert_eq!(setup["customParameters"], json!({ "call": id }), "nothing was said before");
    assert_eq!(program.hears_words(), WORDS);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!([QUESTION, GOODBYE].map(|text| world.n_heard(&them, text)), [1, 1]);
}

fn those_who_call_are_heard_before_the_program_says_a_word(face: Face) {
    let (world, program) = with_program(face, |_, heard| match word(heard, "type") {
        "prompt" => vec![says(GOODBYE), end()],
        _ => Vec::new(),
    });
    world.connect_our_number();
    let them = world.speaker(WORDS);

    world.call_in(&them);

    assert_eq!(word(&program.hears(), "direction"), "inbound");
    assert_eq!(program.hears_words(), WORDS);
    let call = world.wait_for_only_end();
    assert_clerk_ended(&call, "agent_done");
    assert_eq!(world.n_heard(&them, GOODBYE), 1);
}

/// It takes its leave only when it is connected a second time.
fn thoughtful(n: usize, heard: &Value) -> Vec<Does> {
    match (n, word(heard, "type")) {
        (0, "setup") => vec![says(QUESTION)],
        (1, "prompt") => vec![says(GOODBYE), end()],
        _ => Vec::new(),
    }
}

fn after_a_kill_the_program_knows_what_was_said_and_goes_on(face: Face) {
    let (mut world, program) = with_program(face, thoughtful);
    let them = world.speaker(WORDS);
    let id = world.called_by_clerk(&them);
    program.hears();
    assert_eq!(program.hears_words(), WORDS);

    world.kill_dash_nine();
    world.start_gateway();

    goes_on(&world, &program, &id, &them);
}

fn a_program_that_crashes_is_connected_again_and_told_what_it_missed(face: Face) {
    let (world, program) = with_program(face, |n, heard| match (n, word(heard, "type")) {
        (0, "prompt") => vec![Does::Crashes],
        _ => thoughtful(n, heard),
    });
    let them = world.speaker(WORDS);
    let id = world.called_by_clerk(&them);
    program.hears();
    assert_eq!(program.hears_words(), WORDS);

    goes_on(&world, &program, &id, &them);
}

fn goes_on(world: &World, program: &Relay, id: &str, them: &str) {
    let parameters = program.hears()["customParameters"].clone();
    assert_eq!(word(&parameters, "resumed"), "true", "{parameters}");
    let transcript: Value = serde_json::from_str(word(&parameters, "transcript")).expect("it is JSON");
    let said = json!([{"by": "agent", "text": QUESTION}, {"by": "remote", "text": WORDS}]);
    assert_eq!(transcript, said);
    assert_eq!(program.hears_words(), WORDS, "what nobody replied to is told again");
    assert_clerk_ended(&world.wait_for_end(id), "agent_done");
    assert_eq!([QUESTION, GOODBYE].map(|text| world.n_heard(them, text)), [1, 1]);
    world.only_truth_to(them);
}

fn whoever_waits_for_a_program_that_is_not_there_is_told_so(face: Face) {
    let agent =
        format!("agents.clerk = {{ kind = 'relay', url = 'ws://127.0.0.1:9/', apology = '{SORRY}' }}");
    let world = World::start(Line::On(face), &agent);
    let them = world.speaker(WORDS);

    let call = world.wait_for_end(&world.called_by_clerk(&them));

    assert_clerk_ended(&call, "agent_failed");
    assert_eq!(world.n_heard(&them, SORRY), 1);
}

/// It asks for the transfer by the API, and closes its socket; the gateway dies meanwhile.
fn whoever_a_program_has_put_through_stays_when_it_leaves(face: Face) {
    let (mut world, program) = with_program(face, |_, heard| match word(heard, "type") {
        "prompt" => vec![Does::Leaves],
        "setup" => vec![says(QUESTION)],
        _ => Vec::new(),
    });
    let (them, other) = (number(1), number(2));
    let speaks = json!({
        "does": "speak", "words": WORDS, "answer_after_ms": 0, "speak_after_ms": 1_500, "talk_ms": 3_600_000
    });
    world.subscriber(&them, &speaks);
    world.subscriber(&other, &json!({"does": "talk", "answer_after_ms": 500, "talk_ms": 4_000}));
    let id = world.called_by_clerk(&them);
    program.hears();
    // What is asked first is done first.
    world.wait_until_heard(&them, QUESTION);
    world.tell(&id, "transfer", &json!({ "to": other }));
    assert_eq!(program.hears_words(), WORDS);
    world.wait_for_truth(&other, &["in-progress"]);

    world.kill_dash_nine();
    world.start_gateway();

    world.wait_for_truth(&other, &["completed"]);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let calls = world.truth();
    assert_eq!(calls.iter().filter(|call| call["to"] == other).count(), 1, "{calls:?}");
}

/// A gateway whose number has an agent, and the agent's program.
fn with_program(face: Face, script: Script) -> (World, Relay) {
    let program = Relay::start(script);
    let agent = format!("agents.clerk = {{ kind = 'relay', url = '{}' }}", program.url);
    let world = World::start(Line::On(face), &format!("{agent}\nnumbers.'{OURS}'.agent = 'clerk'"));
    (world, program)
}
