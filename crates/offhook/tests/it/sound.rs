//! Files that are played, sound that goes to a program, what is stopped before its time, and a text
//! that is said though the gateway is away.

use crate::world::{Face, Line, SOON, World, number, wait_for, wait_until, word, words};
use serde_json::{Value, json};
use std::time::Duration;

on_every_carrier!(
    a_file_is_played_once_and_before_what_follows,
    what_is_under_way_is_stopped_and_the_next_begins,
    everything_that_was_asked_is_stopped_at_once,
    what_is_stopped_stays_stopped_through_a_crash,
    what_cannot_be_stopped_or_reached_is_refused,
    a_program_has_the_sound_until_it_hangs_up,
    a_stream_is_stopped_and_the_call_lives_on,
    a_stream_outlives_the_gateway_and_ends_with_the_call,
    a_stream_that_nobody_takes_fails_and_the_call_lives_on,
);

const FILE: &str = "https://sounds.example/hello.mp3";

fn held(world: &World, to: &str) -> String {
    let id = world.dial(to);
    world.wait_for_talk(&id);
    id
}

/// A text that is said for half a minute.
fn long_text() -> String {
    "And so on, and so forth. ".repeat(20).trim_end().to_owned()
}

fn a_file_is_played_once_and_before_what_follows(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);

    let (code, out, said) = words(&world.command(&["play", &id, FILE, "--lasts", "4s"]));

    assert_eq!((code, out.trim()), (Some(0), "done"), "{said}");
    world.wait_until_over(&id, world.say(&id, "That was it."));
    assert_eq!((world.n_heard(&to, FILE), world.n_heard(&to, "That was it.")), (1, 1));
    let command = &world.call(&id)["commands"][0];
    assert_eq!((word(command, "verb"), word(command, "state")), ("play", "done"), "{command}");
}

fn what_is_under_way_is_stopped_and_the_next_begins(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let first = world.say(&id, &long_text());
    world.wait_until_heard(&to, &long_text());
    let second = world.say(&id, "In short.");

    let (code, out, said) = words(&world.command(&["stop", &id, &first.to_string()]));

    assert_eq!((code, out.trim()), (Some(0), &*format!("{first} say: stopped")), "{said}");
    world.wait_until_over(&id, second);
    assert_eq!(world.n_heard(&to, "In short."), 1);
    let known = world.outcome(&id, first);
    assert_eq!((word(&known, "state"), &known["stopped"]), ("done", &json!(true)), "{known}");
    assert_eq!(word(&world.only_truth_to(&to), "status"), "in-progress", "the line is held");
    let (code, _, said) = words(&world.command(&["stop", &id, &first.to_string()]));
    assert_eq!(code, Some(0), "to stop what is over does no harm: {said}");
}

fn everything_that_was_asked_is_stopped_at_once(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let question = json!({"text": long_text(), "input": "speech", "timeout_s": 60});
    let first = world.tell(&id, "ask", &question);
    let waiting = [world.say(&id, "Two."), world.tell(&id, "digits", &json!({"digits": "3"}))];

    let (code, out, said) = words(&world.command(&["stop", &id]));

    assert_eq!(code, Some(0), "{said}");
    let expected =
        format!("{first} ask: stopped\n{} say: dropped\n{} digits: dropped\n", waiting[0], waiting[1]);
    assert_eq!(out, expected, "{said}");
    for command in waiting {
        let known = world.outcome(&id, command);
        assert_eq!((word(&known, "state"), word(&known, "code")), ("failed", "stopped"), "{known}");
    }
    world.wait_until_over(&id, world.say(&id, "Four."));
    let all = [&*long_text(), "Two.", "Four."].map(|text| world.n_heard(&to, text));
    assert_eq!(all, [1, 0, 1]);
    let (_, _, said) = words(&world.command(&["stop", &id]));
    assert!(said.contains("nothing is under way"), "{said}");
}

/// The gateway dies when the wish is on its disk and the carrier doesn't know of it yet.
fn what_is_stopped_stays_stopped_through_a_crash(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let first = world.say(&id, &long_text());
    world.wait_until_heard(&to, &long_text());
    world.wait_for_command(&id, first, &["taken"]);
    world.fault(&json!({"on": "update", "times": 1, "do": "stall-before"}));

    let asked = world.try_command(&id, "stop", &json!({}));
    world.restart();

    assert_eq!(asked.status, 202, "{asked:?}");
    let known = world.wait_until_over(&id, first);
    assert_eq!((word(&known, "state"), &known["stopped"]), ("done", &json!(true)), "{known}");
    world.wait_until_over(&id, world.say(&id, "In short."));
    assert_eq!((world.n_heard(&to, &long_text()), world.n_heard(&to, "In short.")), (1, 1));
}

fn what_cannot_be_stopped_or_reached_is_refused(face: Face) {
    let world = World::start(Line::On(face), "");
    let (to, other) = (world.talker(1), number(2));
    world.subscriber(&other, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 3_000}));
    let id = held(&world, &to);
    let refused = |verb: &str, wish: Value| {
        let answer = world.try_command(&id, verb, &wish);
        (answer.status, word(&answer.json(), "code").to_owned())
    };
    let code = |status: u16, code: &str| (status, code.to_owned());

    assert_eq!(refused("stop", json!({"command": 9})), code(404, "OH-0022"));
    for url in ["hello.mp3", "ftp://a.example/b", "https://", "wss://a.example/b", &"https://a/".repeat(300)]
    {
        assert_eq!(refused("play", json!({ "url": url })), code(422, "OH-0024"), "{url}");
    }
    assert_eq!(refused("play", json!({"url": FILE, "lasts_s": 0})), code(400, "OH-0002"));
    assert_eq!(refused("stream", json!({"url": "https://a.example/b"})), code(422, "OH-0024"));
    let transfer = world.tell(&id, "transfer", &json!({ "to": other }));
    world.wait_for_truth(&other, &["in-progress"]);
    world.wait_for_command(&id, transfer, &["taken"]);
    assert_eq!(refused("stop", json!({ "command": transfer })), code(409, "OH-0023"));
    let (code, out, said) = words(&world.command(&["stop", &id]));
    assert_eq!((code, out.trim()), (Some(0), ""), "a transfer is left alone: {said}");
    world.wait_until_over(&id, transfer);
}

/// What is to be said travels with the call, so that Twilio asks nobody when it is answered.
#[test]
fn at_twilio_a_text_is_said_though_the_gateway_is_away() {
    let mut world = World::start(Line::On(Face::Twilio), "");
    let to = "+12025550177";
    world.subscriber(to, &json!({"does": "talk", "answer_after_ms": 1_500, "talk_ms": 60_000}));
    let wish = json!({"to": to, "say": "I will be brief."});
    let id = word(&world.place_with(&wish), "id").to_owned();
    world.wait_for_truth(to, &["ringing"]);
    world.kill_dash_nine();

    wait_for("the text is said", SOON, || (world.n_heard(to, "I will be brief.") == 1).then_some(()));
    world.wait_for_truth(to, &["completed"]);
    std::thread::sleep(Duration::from_millis(200));
    world.start_gateway();

    let call = world.wait_for_end(&id);
    assert_eq!(word(&call["ending"], "kind"), "completed", "{call}");
    assert_eq!(world.n_heard(to, "I will be brief."), 1);
}

/// A program that speaks a carrier's media messages: it hears out what is sent, and hangs up on its
/// own after so many messages with sound in them, if at all.
struct Program {
    url: String,
    heard: std::sync::mpsc::Receiver<Value>,
}

impl Program {
    fn start(hangs_up_after: Option<usize>) -> Program {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/sound", listener.local_addr().unwrap());
        let (say, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut socket = tokio_tungstenite::tungstenite::accept(stream).unwrap();
            let mut n_media = 0;
            while let Ok(message) = socket.read() {
                let Ok(text) = message.to_text() else { continue };
                let Ok(json) = serde_json::from_str::<Value>(text) else { continue };
                n_media += usize::from(json["event"] == "media");
                let _ = say.send(json);
                if hangs_up_after.is_some_and(|most| n_media >= most) {
                    let _ = socket.close(None);
                }
            }
            let _ = say.send(json!({"event": "over"}));
        });
        Program { url, heard }
    }

    /// Waits for a message of this kind.
    fn hears(&self, event: &str) -> Value {
        let until = std::time::Instant::now() + SOON;
        while let Some(left) = until.checked_duration_since(std::time::Instant::now()) {
            match self.heard.recv_timeout(left) {
                Ok(message) if message["event"] == event => return message,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        panic!("the program never heard {event}");
    }
}

/// The program that hangs up is the usual end of a stream, whatever a carrier calls it.
fn a_program_has_the_sound_until_it_hangs_up(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let program = Program::start(Some(10));

    let (code, out, said) = words(&world.command(&["stream", &id, &program.url]));

    assert_eq!((code, out.trim()), (Some(0), "done"), "{said}");
    let start = program.hears("start");
    assert!(start["start"].is_object(), "{start}");
    let media = program.hears("media");
    assert!(media["media"]["payload"].is_string(), "{media}");
    world.wait_until_over(&id, world.say(&id, "That was it."));
    let truth = world.only_truth_to(&to);
    assert_eq!((word(&truth, "status"), world.n_heard(&to, "That was it.")), ("in-progress", 1), "{truth}");
}

fn a_stream_is_stopped_and_the_call_lives_on(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let program = Program::start(None);
    let stream = world.tell(&id, "stream", &json!({ "url": program.url }));
    program.hears("media");

    let (code, out, said) = words(&world.command(&["stop", &id]));

    assert_eq!((code, out.trim()), (Some(0), &*format!("{stream} stream: stopped")), "{said}");
    program.hears("over");
    world.wait_until_over(&id, world.say(&id, "That was it."));
    assert_eq!(world.n_heard(&to, "That was it."), 1);
}

/// The carrier holds the socket, and the gateway's death is nothing to it.
fn a_stream_outlives_the_gateway_and_ends_with_the_call(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let program = Program::start(None);
    let stream = world.tell(&id, "stream", &json!({ "url": program.url }));
    program.hears("media");
    let is_taken = || word(&world.outcome(&id, stream), "state") == "taken";
    wait_until("that the carrier took it is known", SOON, is_taken);

    world.restart();

    program.hears("media");
    assert_eq!(word(&world.outcome(&id, stream), "state"), "taken");
    world.hang_up(&id);
    world.wait_for_end(&id);
    program.hears("over");
    assert_eq!(word(&world.wait_until_over(&id, stream), "state"), "done");
}

fn a_stream_that_nobody_takes_fails_and_the_call_lives_on(face: Face) {
    let world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = held(&world, &to);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

    let (code, _, said) = words(&world.command(&["stream", &id, &format!("ws://{nobody}/sound")]));

    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("it was not done"), "{said}");
    world.wait_until_over(&id, world.say(&id, "Never mind."));
    assert_eq!(world.n_heard(&to, "Never mind."), 1);
}
