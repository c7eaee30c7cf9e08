//! Agents by configuration: who talks on a line without anybody asking, at every carrier, and what
//! becomes of the line when they are done.

use crate::world::{
    Face, Line, OURS, Program, SOON, World, assert_clerk_ended, heard, number, wait_for, word,
};
use carrier::Secret;
use carrier::twilio::upgrade_signature;
use serde_json::{Value, json};

on_every_carrier!(
    a_message_is_said_and_the_line_is_closed,
    whoever_presses_the_key_hears_the_message_again,
    a_program_talks_with_those_who_call_its_number,
    a_program_talks_with_whoever_is_called_and_goes_on_after_a_kill,
    whoever_waits_for_a_program_that_is_not_there_is_told_so,
    whoever_calls_an_echo_hears_themselves_also_after_a_kill,
);

const MESSAGE: &str = "Your parcel is here.";
const AGAIN: &str = "To hear this again, press 1.";
const SORRY: &str = "Sorry, nobody can talk now.";
const WORDS: &str = "Who is this?";
/// A tenth of a second of sound.
const SOME_FRAMES: u64 = 5;

fn a_message_is_said_and_the_line_is_closed(face: Face) {
    let world =
        World::start(Line::On(face), &format!("agents.clerk = {{ kind = 'say', text = '{MESSAGE}' }}"));
    let them = number(1);
    world.subscriber(&them, &json!({"does": "silent", "answer_after_ms": 0}));

    let call = world.wait_for_end(&world.called_by_clerk(&them));

    assert_clerk_ended(&call, "agent_done");
    assert_eq!(world.n_heard(&them, MESSAGE), 1);
    assert_eq!((word(&call, "agent"), word(&call["commands"][0], "by")), ("clerk", "agent"), "{call}");
}

fn whoever_presses_the_key_hears_the_message_again(face: Face) {
    let agent = format!("agents.clerk = {{ kind = 'say', text = '{MESSAGE}', again = '{AGAIN}' }}");
    let world = World::start(Line::On(face), &format!("{agent}\nnumbers.'{OURS}'.agent = 'clerk'"));
    world.connect_our_number();
    let (them, too) = (number(1), number(2));
    let presses = json!({"does": "press", "digits": "1", "answer_after_ms": 0, "talk_ms": 3_600_000});
    world.subscriber(&them, &presses);
    world.call_in(&them);
    let sentence = format!("{MESSAGE} {AGAIN}");

    wait_for("the message is heard three times", SOON, || {
        (world.n_heard(&them, &sentence) > 2).then_some(())
    });

    world.subscriber(&too, &json!({"does": "silent", "answer_after_ms": 0}));
    let once = world.wait_for_end(&world.called_by_clerk(&too));
    assert_clerk_ended(&once, "agent_done");
    assert_eq!(world.n_heard(&too, &sentence), 1, "who presses nothing hears it once");
}

fn a_program_talks_with_those_who_call_its_number(face: Face) {
    let (world, program) = with_program(face, &["It heard you."]);
    let them = number(1);
    world.subscriber(&them, &json!({"does": "tell", "words": WORDS, "tell_after_ms": 100}));

    world.call_in(&them);

    assert_eq!(program.hears(), format!("start {OURS}"));
    assert_eq!(program.hears(), format!("heard {WORDS}"));
    assert_eq!(program.hears(), "played");
    program.closes();
    let call = world.wait_for_only_end();
    assert_clerk_ended(&call, "agent_done");
    assert_eq!(word(&call, "direction"), "inbound");
    assert_eq!(heard(&world.truth()[0])[0], "Good evening.", "the greeting comes first");
}

fn a_program_talks_with_whoever_is_called_and_goes_on_after_a_kill(face: Face) {
    let (mut world, program) = with_program(face, &["It heard you."]);
    let them = number(1);
    world.subscriber(&them, &json!({"does": "tell", "words": WORDS, "tell_after_ms": 100}));
    let id = world.called_by_clerk(&them);
    for told in [format!("start {them}"), format!("heard {WORDS}"), "played".to_owned()] {
        assert_eq!(program.hears(), told);
    }

    world.kill_dash_nine();
    world.start_gateway();

    for told in [format!("start {them}"), "played".to_owned()] {
        wait_for("the program is connected again, and answers", SOON, || {
            (program.hears() == told).then_some(())
        });
    }
    assert_eq!(world.n_heard(&them, "Hang on."), 1, "whoever is on the line is told, and once");
    program.closes();
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    world.only_truth_to(&them);
}

fn whoever_waits_for_a_program_that_is_not_there_is_told_so(face: Face) {
    let nobody = "ws://127.0.0.1:9/sound";
    let agent = format!("agents.clerk = {{ kind = 'stream', url = '{nobody}', apology = '{SORRY}' }}");
    let world = World::start(Line::On(face), &agent);
    let them = number(1);
    world.subscriber(&them, &json!({"does": "silent", "answer_after_ms": 0}));

    let call = world.wait_for_end(&world.called_by_clerk(&them));

    assert_clerk_ended(&call, "agent_failed");
    assert_eq!(word(&call["commands"][0], "code"), "program_unreachable", "{call}");
    assert_eq!(world.n_heard(&them, SORRY), 1);
}

fn whoever_calls_an_echo_hears_themselves_also_after_a_kill(face: Face) {
    let mut world = World::start(Line::On(face), "agents.clerk = { kind = 'echo' }");
    let streams = |world: &World, of: &str, fits: &dyn Fn(&Value) -> bool| {
        let truth = world.truth_to(of);
        truth.iter().filter_map(|call| call["streams"].as_array()).flatten().filter(|one| fits(one)).count()
    };
    // What comes back at once is as uneven as what went: on a busy machine a word may break.
    let whoever_understood = (1..=4).find_map(|n| {
        let them = number(n);
        let tells = json!({"does": "tell", "words": WORDS, "tell_after_ms": 100, "answer_after_ms": 0});
        world.subscriber(&them, &tells);
        let id = world.called_by_clerk(&them);
        wait_for("they hear something", SOON, || {
            (streams(&world, &them, &|one| one["understood"][0].is_object()) == 1).then_some(())
        });
        let understood = streams(&world, &them, &|one| one["understood"][0]["text"] == WORDS) == 1;
        understood.then_some((them, id))
    });
    let (them, id) = whoever_understood.expect("one of four understands their own words");

    world.kill_dash_nine();
    world.start_gateway();

    wait_for("they hear themselves again", SOON, || {
        let heard = |one: &Value| one["frames_received"].as_u64() > Some(SOME_FRAMES);
        (streams(&world, &them, &heard) == 2).then_some(())
    });
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "kind"), "completed");
}

#[test]
fn the_connection_to_an_agents_program_is_signed_and_that_to_others_is_not() {
    let program = Program::start(&["It heard you."]);
    let agent =
        format!("agents.clerk = {{ kind = 'stream', url = '{}', auth_token = 'sesame' }}", program.url);
    let world = World::start(Line::Webhooks, &agent);
    let (them, too) = (number(1), number(2));
    for them in [&them, &too] {
        world.subscriber(them, &json!({"does": "silent", "answer_after_ms": 0}));
    }
    let id = world.called_by_clerk(&them);
    let signature = upgrade_signature(&program.url, &Secret::new("sesame"));
    assert_eq!(program.hears(), format!("signed {signature}"));
    assert_eq!(program.hears(), format!("start {them}"));
    assert!(!world.get(&format!("/v1/calls/{id}/events")).to_string().contains("sesame"), "no call keeps it");

    let other = world.dial(&too);
    world.wait_for_talk(&other);
    world.tell(&other, "stream", &json!({ "url": program.url, "speaks": "twilio" }));
    assert_eq!(program.hears(), format!("start {too}"));
}

#[test]
fn an_agent_that_nobody_configured_is_refused_with_those_there_are() {
    let world =
        World::start(Line::Webhooks, &format!("agents.clerk = {{ kind = 'say', text = '{MESSAGE}' }}"));
    let refused = world.ask("POST", "/v1/calls", Some(&json!({"to": number(1), "agent": "clark"})));
    assert_eq!((refused.status, word(&refused.json(), "code").to_owned()), (422, "OH-0034".to_owned()));
    assert_eq!(word(&refused.json(), "detail"), "there is no agent clark; there are clerk");
    assert_eq!(world.truth(), [Value::Null; 0]);
}

/// A gateway whose number has an agent, and the agent's program.
fn with_program(face: Face, answers: &'static [&'static str]) -> (World, Program) {
    let program = Program::start(answers);
    let agent = format!("agents.clerk = {{ kind = 'stream', url = '{}', gap = 'Hang on.' }}", program.url);
    let number = format!("numbers.'{OURS}' = {{ agent = 'clerk', greeting = 'Good evening.' }}");
    let world = World::start(Line::On(face), &format!("{agent}\n{number}"));
    world.connect_our_number();
    (world, program)
}
