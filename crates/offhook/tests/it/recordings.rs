//! Recordings and transcripts: what was said comes out of the file by the sound itself, each side out of its
//! channel, whatever happens meanwhile.

use crate::world::{
    API_TOKEN, Face, Line, Model, Program, Replies, SOON, Sent, Speech, World, assert_clerk_ended, exchange,
    wait_for, wait_until, word, words,
};
use audio::g711::Law;
use audio::tones::{Heard, Listener};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

on_every_carrier!(a_conversation_is_recorded_with_each_side_in_its_channel);

const THEM: &str = "It is Ada, and I would like a room.";
const HELLO: &str = "Hello, Ada.";
const GOODBYE: &str = "Goodbye, Ada.";
const TOLD: &str = "This call is recorded.";
/// Before the sound in a file.
const HEADER: usize = 58;

fn a_conversation_is_recorded_with_each_side_in_its_channel(face: Face) {
    let (world, _model, _speech) =
        with_model(face, "", |_, _| Replies::Tool("Hello, Ada. Goodbye, Ada.", "end_call", json!({})));
    let them = world.telling(THEM, 500);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");

    let recording = kept(&world, &id, 1);
    let file = recorded(&world, &id);
    let [left, right] = sides(&file);
    assert_eq!(texts(&left), [THEM]);
    assert_eq!(texts(&right), [HELLO, GOODBYE]);
    assert!(left[0].1 < right[0].1, "they spoke first: {left:?} {right:?}");
    assert_eq!(recording["bytes"], json!(file.len() - HEADER));
    assert_eq!(recording["seconds"], json!((file.len() - HEADER) / 16_000));
    assert_eq!(world.n_heard(&them, TOLD), 1);
    let kinds: Vec<String> = world.events(&id).iter().map(|event| word(event, "kind").to_owned()).collect();
    let begun = kinds.iter().position(|kind| kind == "recording").expect("the log says so");
    assert!(kinds[begun + 1..].iter().any(|kind| kind == "recording"), "{kinds:?}");

    let lines = world.get(&format!("/v1/calls/{id}/transcript"))["lines"].clone();
    let said: Vec<[&str; 3]> = lines
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| ["by", "kind", "text"].map(|key| word(line, key)))
        .collect();
    assert_eq!(said[0], ["agent", "said", TOLD], "they were told first: {said:?}");
    assert_eq!(said[1][..2], ["agent", "streamed"]);
    let rest = [["remote", "said", THEM], ["agent", "said", HELLO], ["agent", "said", GOODBYE]];
    assert_eq!(said[2..], rest);
    let (code, out, error) = words(&world.command(&["transcript", &id]));
    assert_eq!(code, Some(0), "{error}");
    let spoken: Vec<&str> =
        out.lines().filter_map(|line| Some(line.splitn(3, "  ").nth(2)?.trim())).collect();
    assert_eq!((spoken[0], spoken[2], spoken.len()), (TOLD, THEM, 5), "{out}");
}

#[test]
fn after_a_kill_the_recording_has_what_was_said_before_it_and_after() {
    let (mut world, model, _speech) = with_model(Face::Twilio, "", |n, _| match n {
        0 => Replies::Words(&[HELLO]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(THEM, 500);
    let id = world.called_by_clerk(&them);
    let open = shelf(&world).join(format!("{id}.wav.open"));
    wait_until("what they both said is on the disk", SOON, || has_both(&open));
    model.is_asked();

    world.kill_dash_nine();
    world.start_gateway();

    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let recording = kept(&world, &id, 2);
    let file = recorded(&world, &id);
    let [left, right] = sides(&file);
    assert_eq!(texts(&left), [THEM]);
    assert_eq!(texts(&right), [HELLO, GOODBYE]);
    // What was silent between the two is there, too: they are as far apart as they were.
    let since = |name: &str| {
        world.events(&id).into_iter().find(|event| word(&event["event"]["spoken"], "text") == name)
    };
    let at = |name: &str| crate::world::millis_of(&since(name).expect("it was said")["at"]);
    let apart = (right[1].1 - right[0].1) as i64 / 8;
    assert!((apart - (at(GOODBYE) - at(HELLO))).abs() < 3_000, "{apart} ms in the file: {recording}");
}

#[test]
fn what_was_recorded_when_nobody_came_back_in_time_can_be_played() {
    let (mut world, _model, _speech) = with_model(Face::Twilio, "", |_, _| Replies::Words(&[HELLO]));
    let them = world.telling(THEM, 500);
    let id = world.called_by_clerk(&them);
    let leg = world.wait_for_leg(&id);
    let open = shelf(&world).join(format!("{id}.wav.open"));
    wait_until("what they both said is on the disk", SOON, || has_both(&open));
    assert_eq!(word(&world.call(&id)["recording"], "state"), "recording");

    world.kill_dash_nine();
    world.remote_hangs_up(&leg);
    world.start_gateway();

    world.wait_for_end(&id);
    let recording = kept(&world, &id, 1);
    assert_eq!(recording["failed"], Value::Null, "{recording}");
    let file = fs::read(shelf(&world).join(format!("{id}.wav"))).expect("it has its name");
    assert_eq!(recorded(&world, &id), file, "the file itself says how long it is");
    let [left, right] = sides(&file);
    assert_eq!((texts(&left), texts(&right)), (vec![THEM], vec![HELLO]));
}

#[test]
fn a_file_is_given_whole_and_in_parts_and_deleted_when_asked() {
    let (world, _model, _speech) =
        with_model(Face::Twilio, "", |_, _| Replies::Tool(GOODBYE, "end_call", json!({})));
    let id = world.called_by_clerk(&world.telling(THEM, 500));
    world.wait_for_end(&id);
    kept(&world, &id, 1);
    let file = recorded(&world, &id);
    let ask = |range: &str| {
        let headers = [("authorization", format!("Bearer {API_TOKEN}")), ("range", range.to_owned())];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let path = format!("/v1/calls/{id}/recording");
        let sent = Sent { method: "GET".to_owned(), path, headers, body: Vec::new() };
        exchange(world.gateway, &sent).expect("it answers")
    };
    let part = ask("bytes=0-3");
    assert_eq!((part.status, part.body.as_str()), (206, "RIFF"));
    let of = |part: &str| format!("bytes {part}/{}", file.len());
    assert_eq!(part.header("content-range"), Some(&*of("0-3")));
    assert_eq!(part.header("content-type"), Some("audio/wav"));
    let tail = ask("bytes=-100");
    assert_eq!(tail.header("content-length"), Some("100"));
    assert_eq!(tail.header("content-range"), Some(&*of(&format!("{}-{}", file.len() - 100, file.len() - 1))));
    assert_eq!(ask(&format!("bytes={}-", file.len())).status, 416);

    let (code, _, said) = words(&world.command(&["recording", &id, "--delete"]));

    assert_eq!(code, Some(0), "{said}");
    assert_eq!(word(&world.call(&id)["recording"], "state"), "deleted");
    assert_eq!(fs::read_dir(shelf(&world)).expect("it is there").count(), 0);
    let gone = world.ask("GET", &format!("/v1/calls/{id}/recording"), None);
    assert_eq!((gone.status, word(&gone.json(), "code")), (404, "OH-0036"), "{gone:?}");
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_talk() {
    if !Command::new("prlimit").arg("--version").output().is_ok_and(|said| said.status.success()) {
        eprintln!("SKIPPED: there is no prlimit (util-linux) here that could fill a disk");
        return;
    }
    let program = Program::start(&["This is a program."]);
    let agent = format!(
        "log = 'warn'\n{ANNOUNCED}\n[agents.clerk]\nkind = 'stream'\nurl = '{}'\nrecord = true",
        program.url
    );
    let mut world = World::without_gateway(Line::On(Face::Twilio), &agent);
    world.start_gateway_by("trap '' XFSZ");
    let them = world.telling("First.", 500);
    let id = world.called_by_clerk(&them);
    let until = |wanted: &str| wait_until(wanted, SOON, || program.hears().starts_with(wanted));
    until("heard");
    until("played");
    let open = shelf(&world).join(format!("{id}.wav.open"));
    wait_until("what they both said is on the disk", SOON, || has_both(&open));

    let full = fs::metadata(&open).expect("it is there").len() + 10_000;
    world.limit_files(&full.to_string());
    wait_until("the recording is given up", SOON, || {
        world.gateway_logs().contains("recording ended before the call")
    });
    assert_eq!(word(&world.only_truth_to(&them), "status"), "in-progress", "the talk goes on");
    world.limit_files("unlimited");

    wait_until("the log says so", SOON, || word(&world.call(&id)["recording"], "failed") == "disk_full");
    program.closes();
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let file = recorded(&world, &id);
    assert!(file.len() as u64 <= full, "{} bytes of {full}", file.len());
    let [left, right] = sides(&file);
    assert_eq!((texts(&left), texts(&right)), (vec!["First."], vec!["This is a program."]));
    let truth = world.only_truth_to(&them)["streams"].clone();
    assert_eq!(truth.as_array().map(Vec::len), Some(1), "one stream, from its beginning to its end: {truth}");
}

#[test]
fn recordings_go_when_they_are_too_large_together_and_when_a_person_is_forgotten() {
    let (mut world, _model, _speech) = with_model(Face::Twilio, "recording.keep_mb = 1", |_, _| {
        Replies::Tool(GOODBYE, "end_call", json!({}))
    });
    let them = world.telling(THEM, 500);
    let ids = [(), ()].map(|()| {
        let id = world.called_by_clerk(&them);
        world.wait_for_end(&id);
        kept(&world, &id, 1);
        id
    });
    let folder = shelf(&world);
    let path = |id: &str| folder.join(format!("{id}.wav"));
    assert_eq!(mode(&path(&ids[0])) & 0o777, 0o600);
    assert_eq!(mode(&shelf(&world)) & 0o777, 0o700);
    world.stop_gateway();
    // As large as a call of a minute.
    let file = fs::OpenOptions::new().write(true).open(path(&ids[0])).expect("it is there");
    file.set_len(1_000_000).expect("it grows");

    world.start_gateway();

    wait_until("the older one is deleted", SOON, || {
        word(&world.call(&ids[0])["recording"], "state") == "deleted"
    });
    assert!(!path(&ids[0]).exists());
    assert_eq!(word(&world.call(&ids[1])["recording"], "state"), "kept");
    world.stop_gateway();
    let (code, out, error) = words(&world.command(&["forget", &them]));
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("1 recordings"), "{out}");
    assert!(!path(&ids[1]).exists());
    world.start_gateway();
    assert_eq!(word(&world.call(&ids[1])["recording"], "state"), "deleted");
}

#[test]
fn what_cannot_be_recorded_is_refused_and_never_silently_left_out() {
    let agents = "[agents.clerk]\nkind = 'say'\ntext = 'Hello.'\n\
                  [agents.bot]\nkind = 'stream'\nurl = 'ws://127.0.0.1:9/'\n";
    let world = World::start(Line::On(Face::Twilio), agents);
    let refused = |wish: Value| {
        let answer = world.ask("POST", "/v1/calls", Some(&wish));
        assert_eq!((answer.status, word(&answer.json(), "code")), (422, "OH-0035"), "{answer:?}");
        word(&answer.json(), "detail").to_owned()
    };
    let to = world.talker(1);
    for wish in [json!({"to": to, "record": true}), json!({"to": to, "agent": "clerk", "record": true})] {
        assert!(refused(wish).contains("recording.announcement is not set"));
    }
    let why = refused(json!({"to": to, "agent": "bot", "record": true}));
    assert!(why.contains("recording.announcement is not set"), "{why}");
    assert!(world.truth().is_empty(), "nobody was called");
    let id = world.dial(&to);
    let none = world.ask("GET", &format!("/v1/calls/{id}/recording"), None);
    assert_eq!((none.status, word(&none.json(), "code")), (404, "OH-0036"), "{none:?}");

    world.write_settings(&format!("{agents}record = true"));
    let (code, _, said) = words(&world.command(&["config"]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("agents.bot.record` needs `recording.announcement`"), "{said}");
}

/// A model that hears and speaks by the gateway, whose calls are recorded.
fn with_model(face: Face, more: &str, script: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    let (model, speech) = (Model::start(script), Speech::start());
    let settings = format!(
        "{ANNOUNCED}\n{more}\n[recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{0}/v1'\napi_key = 'sesame'\n\
         [synthesizers.mouth]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{0}/v1'\napi_key = 'sesame'\n\
         [agents.clerk]\nkind = 'llm'\nbase_url = '{1}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\npause = '300ms'\n\
         silent_after = '0s'\ngap = 'One moment.'\nrecognizer = 'ear'\nsynthesizer = 'mouth'\nrecord = true\n",
        speech.url, model.base_url
    );
    (World::start(Line::On(face), &settings), model, speech)
}

/// The recording, when the call knows that it is whole.
fn kept(world: &World, id: &str, n_parts: u64) -> Value {
    wait_for("the recording is kept", SOON, || {
        let recording = world.call(id)["recording"].clone();
        (recording["state"] == "kept" && recording["parts"] == json!(n_parts)).then_some(recording)
    })
}

/// The file, by the command line.
fn recorded(world: &World, id: &str) -> Vec<u8> {
    let path = world.path(&format!("{id}-{}.wav", fs::read_dir(world.path(".")).expect("a folder").count()));
    let output = path.to_str().expect("a plain path");
    let (code, _, error) = words(&world.command(&["recording", id, "--output", output]));
    assert_eq!(code, Some(0), "{error}");
    let file = fs::read(&path).expect("it is written");
    assert_eq!(&file[..4], b"RIFF");
    let length = u32::from_le_bytes(file[54..58].try_into().expect("four bytes")) as usize;
    assert_eq!(length, file.len() - HEADER, "the header tells what follows");
    file
}

/// What is understood of each side, and at which sample it was over.
fn sides(file: &[u8]) -> [Vec<(String, usize)>; 2] {
    [0, 1].map(|side| {
        let codes: Vec<u8> = file[HEADER..].iter().skip(side).step_by(2).copied().collect();
        let mut ear = Listener::new();
        let mut heard = Vec::new();
        for (n, codes) in codes.chunks_exact(160).enumerate() {
            let frame = Law::Mu.read(codes).expect("20 ms of a telephone");
            for one in ear.hear(&frame) {
                match one {
                    Heard::Text(text) => heard.push((text, n * 160)),
                    Heard::Began => {}
                    Heard::Broken { .. } => panic!("half of what was said: {one:?} after {heard:?}"),
                }
            }
        }
        heard
    })
}

fn texts(side: &[(String, usize)]) -> Vec<&str> {
    side.iter().map(|(text, _)| text.as_str()).collect()
}

/// Whether a file that is being written has what both said.
fn has_both(path: &Path) -> bool {
    let Ok(file) = fs::read(path) else { return false };
    file.len() > HEADER && sides(&file).iter().all(|side| !side.is_empty())
}

fn shelf(world: &World) -> PathBuf {
    world.path("store/offhook.db.recordings")
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).expect("it is there").permissions().mode()
}

const ANNOUNCED: &str = "recording.announcement = 'This call is recorded.'";
