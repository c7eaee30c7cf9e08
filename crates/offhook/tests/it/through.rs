//! Sound through the gateway: a program that was written for Twilio's media streams talks on every
//! carrier, and nobody else gets at the sound.

use crate::world::{Face, Line, Program, SOON, World, wait_for, word};
use serde_json::{Value, json};
use std::net::TcpListener;
use tokio_tungstenite::tungstenite::{self, connect};

on_every_carrier!(
    a_program_that_was_written_for_twilio_talks_on_every_carrier,
    what_a_program_takes_back_is_not_heard,
    a_stream_is_let_in_once_and_only_by_its_own_address,
    a_program_that_is_not_there_fails_its_command_and_not_the_call,
    when_the_call_ends_its_program_is_told,
    after_a_kill_the_sound_is_there_again,
    a_program_that_is_slow_to_answer_is_waited_for,
    a_program_that_crashes_is_connected_again_and_the_line_notices_nothing,
);

const THEM: &str = "+12025550188";
const WORDS: &str = "Grüezi, who is this?";

fn a_program_that_was_written_for_twilio_talks_on_every_carrier(face: Face) {
    let (world, id, program) = talking(face, &["This is a program.", "It heard you."]);

    assert_eq!(program.hears(), format!("start {THEM}"));
    assert_eq!(program.hears(), format!("heard {WORDS}"));
    assert_eq!(program.hears(), "played");
    assert_eq!(understood(&world, 2), ["This is a program.", "It heard you."]);
    let command = streaming(&world, &id);
    assert_eq!(word(&command, "state"), "taken", "{command}");

    program.closes();
    wait_for("the command is done", SOON, || {
        (word(&streaming(&world, &id), "state") == "done").then_some(())
    });
    assert_eq!(word(&world.call(&id), "state"), "in_progress", "the call goes on");
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "kind"), "completed");
}

/// Whatever the carrier speaks, the program hears and says what Twilio's does.
#[test]
fn a_program_talks_in_every_codec_that_telnyx_can_be_asked_for() {
    for codec in ["PCMA", "G722", "L16"] {
        let settings = format!("carriers.line.stream_codec = '{codec}'");
        let (world, _, program) = talking_with(Face::Telnyx, &settings, &["It heard you."]);
        for told in [format!("start {THEM}"), format!("heard {WORDS}"), "played".to_owned()] {
            assert_eq!(program.hears(), told, "{codec}");
        }
        assert_eq!(understood(&world, 1), ["It heard you."], "{codec}");
        program.closes();
    }
}

/// It says more than it wants to, takes that back, and says something else.
fn what_a_program_takes_back_is_not_heard(face: Face) {
    let (world, id, program) = talking(face, &["<", "Never mind."]);

    assert_eq!(program.hears(), format!("start {THEM}"));
    assert_eq!(program.hears(), format!("heard {WORDS}"));
    assert_eq!(program.hears(), "played");
    assert_eq!(understood(&world, 1), ["Never mind."]);
    program.closes();
    world.hang_up(&id);
}

fn a_stream_is_let_in_once_and_only_by_its_own_address(face: Face) {
    let (world, id, program) = talking(face, &["Hello."]);
    assert_eq!(program.hears(), format!("start {THEM}"));
    let url = stream_url(&world);
    // Twilio signs what it opens, and whoever comes again can't.
    let again = if face == Face::Twilio { 403 } else { 409 };

    assert_eq!(knock(&url), again, "it came before");
    let wrong = if url.ends_with('0') { '1' } else { '0' };
    assert_eq!(knock(&format!("{}{wrong}", &url[..url.len() - 1])), 404, "its code is wrong");
    assert_eq!(knock(&url.replacen(".1.0.", ".1.1.", 1)), 404, "its number is not its own");
    let (base, _) = url.rsplit_once('/').expect("it has a path");
    assert_eq!(knock(&format!("{base}/nonsense")), 404);

    program.closes();
    wait_for("the command is done", SOON, || {
        (word(&streaming(&world, &id), "state") == "done").then_some(())
    });
    assert_eq!(knock(&url), again, "its command is over");
    world.hang_up(&id);
    world.wait_for_end(&id);
    assert_eq!(knock(&url), again, "its call is over");
}

fn a_program_that_is_not_there_fails_its_command_and_not_the_call(face: Face) {
    let world = World::start(Line::On(face), "");
    world.subscriber(THEM, &json!({"does": "silent", "answer_after_ms": 0}));
    let id = world.dial(THEM);
    world.wait_for_talk(&id);
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("there is a port");

    world.tell(&id, "stream", &json!({ "url": format!("ws://{nobody}/sound"), "speaks": "twilio" }));

    wait_for("the command fails", SOON, || {
        (word(&streaming(&world, &id), "state") == "failed").then_some(())
    });
    assert_eq!(word(&streaming(&world, &id), "code"), "program_unreachable");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    world.hang_up(&id);
    world.wait_for_end(&id);
}

fn when_the_call_ends_its_program_is_told(face: Face) {
    let (world, id, program) = talking(face, &["Hello."]);
    assert_eq!(program.hears(), format!("start {THEM}"));
    world.hang_up(&id);
    world.wait_for_end(&id);
    wait_for("the program is told", SOON, || (program.hears() == "stop").then_some(()));
}

/// It takes the connection and doesn't say a word for longer than the gateway waits.
fn a_program_that_is_slow_to_answer_is_waited_for(face: Face) {
    let world = World::start(Line::On(face), "");
    world.subscriber(THEM, &json!({"does": "silent", "answer_after_ms": 0}));
    let id = world.dial(THEM);
    world.wait_for_talk(&id);
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let url = format!("ws://{}/sound", listener.local_addr().expect("it has an address"));
    world.tell(&id, "stream", &json!({ "url": url, "speaks": "twilio" }));
    let (_silent, _) = listener.accept().expect("the gateway connects");

    wait_for("the command fails", SOON, || {
        (word(&streaming(&world, &id), "state") == "failed").then_some(())
    });
    assert_eq!(word(&streaming(&world, &id), "code"), "program_unreachable");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
}

/// The gateway dies in the middle, and whoever comes after it has the sound brought again.
fn after_a_kill_the_sound_is_there_again(face: Face) {
    let (mut world, id, program) = talking(face, &["It heard you."]);
    assert_eq!(program.hears(), format!("start {THEM}"));
    assert_eq!(program.hears(), format!("heard {WORDS}"));
    assert_eq!(program.hears(), "played");

    world.kill_dash_nine();
    world.start_gateway();

    goes_on(&world, &program, &id);
    let call = world.call(&id);
    // Nobody was rung again: there is one call to them.
    world.only_truth_to(THEM);
    assert_eq!(call["commands"].as_array().map(Vec::len), Some(1), "{call}");
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "kind"), "completed");
}

fn a_program_that_crashes_is_connected_again_and_the_line_notices_nothing(face: Face) {
    let (world, id, program) = talking(face, &["It heard you."]);
    for told in [format!("start {THEM}"), format!("heard {WORDS}"), "played".to_owned()] {
        assert_eq!(program.hears(), told);
    }

    program.crashes();

    assert_eq!(program.hears(), format!("start {THEM}"));
    assert_eq!(word(&streaming(&world, &id), "state"), "taken");
    program.closes();
    wait_for("the command is done", SOON, || {
        (word(&streaming(&world, &id), "state") == "done").then_some(())
    });
    let streams = world.only_truth_to(THEM)["streams"].clone();
    assert_eq!(streams.as_array().map(Vec::len), Some(1), "{streams}");
}

/// The program is told of another stream of the same call, and they understand each other again.
fn goes_on(world: &World, program: &Program, id: &str) {
    let begins = || (program.hears() == format!("start {THEM}")).then_some(());
    wait_for("the program is connected again", SOON, begins);
    let answered = || (program.hears() == "played").then_some(());
    wait_for("the program answers again", SOON, answered);
    let understood = || {
        let streams = world.only_truth_to(THEM)["streams"].clone();
        (streams[1]["understood"][0]["text"] == json!("It heard you.")).then_some(())
    };
    wait_for("the other side understands again", SOON, understood);
    assert_eq!(word(&streaming(world, id), "state"), "taken");
}

/// A call that talks, whose sound goes through the gateway to a program.
fn talking(face: Face, answers: &'static [&'static str]) -> (World, String, Program) {
    talking_with(face, "", answers)
}

fn talking_with(face: Face, settings: &str, answers: &'static [&'static str]) -> (World, String, Program) {
    let world = World::start(Line::On(face), settings);
    world.subscriber(THEM, &json!({"does": "tell", "words": WORDS, "tell_after_ms": 100}));
    let id = world.dial(THEM);
    world.wait_for_talk(&id);
    let program = Program::start(answers);
    world.tell(&id, "stream", &json!({ "url": program.url, "speaks": "twilio" }));
    (world, id, program)
}

fn streaming(world: &World, id: &str) -> Value {
    world.call(id)["commands"][0].clone()
}

/// What the other side understood, when it is all there.
fn understood(world: &World, n: usize) -> Vec<String> {
    let texts = || {
        let streams = world.only_truth_to(THEM)["streams"].clone();
        let heard = streams[0]["understood"].as_array().cloned().unwrap_or_default();
        assert!(heard.iter().all(|one| one["whole"] == json!(true)), "{heard:?}");
        (heard.len() >= n).then(|| heard.iter().map(|one| word(one, "text").to_owned()).collect())
    };
    wait_for("the other side understands", SOON, texts)
}

/// Where the carrier was told to bring the sound.
fn stream_url(world: &World) -> String {
    word(&world.only_truth_to(THEM)["streams"][0], "url").to_owned()
}

/// What somebody is answered who wants to be the carrier.
fn knock(url: &str) -> u16 {
    match connect(url) {
        Ok(_) => 101,
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}
