//! Somebody listens in on a call: they hear both sides as they are, and nobody waits for them.

use crate::world::{
    API_TOKEN, Line, SOON, Sent, World, exchange, number, offhook, wait_for, wait_until, word, words,
};
use audio::g711::Law;
use audio::tones::{Heard, Listener};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

const WORDS: &str = "Is anybody there?";
/// Before the sound in a file.
const HEADER: usize = 58;
const ECHO: &str = "agents.clerk = { kind = 'echo' }";

#[test]
fn whoever_listens_in_hears_both_sides_and_whoever_does_not_read_holds_nobody_up() {
    let world = World::start(Line::Webhooks, ECHO);
    // What comes back at once is as uneven as what went: on a busy machine a word may break.
    let heard = (1..=4).any(|n| {
        let them = number(n);
        let tells = json!({"does": "tell", "words": WORDS, "tell_after_ms": 3_000, "answer_after_ms": 0});
        world.subscriber(&them, &tells);
        let id = world.called_by_clerk(&them);
        wait_until("there is sound", SOON, || levels(&world, &id).next().is_some_and(|now| now.is_object()));
        let _never_reads = asked(&world, &format!("/v1/calls/{id}/sound"));
        let file = world.path(&format!("{n}.wav"));
        let mut listener = listener(&world, &id, &file);
        wait_until("both sides are heard", SOON, || sides(&file).iter().all(|side| !side.is_empty()));

        world.hang_up(&id);

        assert_eq!(word(&world.wait_for_end(&id)["ending"], "kind"), "completed");
        let over = wait_for("the listener has heard all", SOON, || listener.try_wait().expect("it is ours"));
        assert!(over.success());
        let bytes = fs::read(&file).expect("it is there");
        assert_eq!(bytes[54..HEADER], u32::to_le_bytes((bytes.len() - HEADER) as u32), "its length is told");
        sides(&file) == [[WORDS], [WORDS]]
    });
    assert!(heard, "one of four is understood");
}

#[test]
fn where_there_is_no_sound_one_is_told_so_and_who_listens_is_on_record() {
    let world = World::start(Line::Webhooks, ECHO);
    let by_words = world.dial(&world.talker(1));
    world.wait_for_talk(&by_words);
    let refused = world.ask("GET", &format!("/v1/calls/{by_words}/sound"), None);
    assert_eq!((refused.status, word(&refused.json(), "code")), (409, "OH-0048"), "{}", refused.body);
    assert!(refused.body.contains("its carrier hears and speaks for it"), "{}", refused.body);
    assert_eq!(levels(&world, &by_words).next(), Some(Value::Null));
    world.hang_up(&by_words);
    world.wait_for_end(&by_words);
    let (code, _, said) = words(&world.command(&["listen", &by_words]));
    assert!(code == Some(1) && said.contains("is over; its recording"), "{code:?} {said}");

    let them = number(2);
    let tells = json!({"does": "tell", "words": WORDS.repeat(3), "tell_after_ms": 500, "answer_after_ms": 0});
    world.subscriber(&them, &tells);
    let id = world.called_by_clerk(&them);
    wait_until("they speak, and so does the echo", SOON, || {
        let is_loud = |now: &Value, side| now[side].as_i64().is_some_and(|level| level > -40);
        let mut told = levels(&world, &id).take_while(|now| now.is_object());
        told.any(|now| is_loud(&now, "remote") && is_loud(&now, "agent"))
    });
    let (_, reader, _) = words(&world.command(&["token", "add", "reader", "--scope", "read"]));
    let headers = vec![("authorization".to_owned(), format!("Bearer {}", reader.trim()))];
    let path = format!("/v1/calls/{id}/sound");
    let sent = Sent { method: "GET".to_owned(), path: path.clone(), headers, body: Vec::new() };
    let refused = exchange(world.gateway, &sent).expect("it answers").json();
    assert_eq!((word(&refused, "code"), word(&refused, "scope")), ("OH-0040", "listen"), "{refused}");
    let _listens = asked(&world, &path);
    let on_record = |outcome: &str| {
        let page = world.get(&format!("/v1/access/audit?call={id}"));
        let lines = page["lines"].as_array().expect("a list").clone();
        let told = |line: &Value| word(line, "verb") == "listen" && word(line, "outcome") == outcome;
        lines.iter().any(told)
    };
    wait_until("both are on record", SOON, || on_record("done") && on_record("OH-0040"));
    world.hang_up(&id);
}

/// `offhook listen` to a file, while it runs.
fn listener(world: &World, id: &str, file: &Path) -> Child {
    let mut command = offhook(&world.path("."));
    command.args(["listen", id, "--output"]).arg(file).arg("--config").arg(world.config_file());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the binary runs")
}

/// A connection on which something was asked for, of which nothing is read yet.
fn asked(world: &World, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect_timeout(&world.gateway, SOON).expect("the gateway is there");
    stream.set_read_timeout(Some(SOON)).expect("it may be set");
    // To a request of 1.0 the body comes as it is, without chunks.
    let head = format!("GET {path} HTTP/1.0\r\nauthorization: Bearer {API_TOKEN}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is heard");
    stream
}

/// How loud a call is, as one looks at it: null where it has no sound.
fn levels<'i>(world: &World, id: &'i str) -> impl Iterator<Item = Value> + use<'i> {
    let lines = BufReader::new(asked(world, &format!("/v1/levels?calls={id}"))).lines();
    lines.map_while(Result::ok).filter_map(move |line| {
        let told: Value = serde_json::from_str(line.strip_prefix("data: ")?).expect("data is JSON");
        Some(told[id].clone())
    })
}

/// What each side said, as far as the file goes; empty where a word is broken.
fn sides(file: &Path) -> [Vec<String>; 2] {
    let bytes = fs::read(file).unwrap_or_default();
    let sound = bytes.get(HEADER..).unwrap_or_default();
    [0, 1].map(|side| {
        let codes: Vec<u8> = sound.iter().skip(side).step_by(2).copied().collect();
        let mut ear = Listener::new();
        let frames = codes.chunks_exact(160).map(|codes| Law::Mu.read(codes).expect("20 ms of a telephone"));
        let heard = frames.flat_map(|frame| ear.hear(&frame).into_iter().collect::<Vec<_>>());
        heard
            .filter_map(|one| match one {
                Heard::Text(text) => Some(text),
                Heard::Broken { .. } => Some(String::new()),
                Heard::Began => None,
            })
            .collect()
    })
}
