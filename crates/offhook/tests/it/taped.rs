//! Recordings that the carrier makes, of calls whose sound doesn't come to the gateway: begun once when it was
//! announced, fetched until they are here, and then deleted there, whatever happens meanwhile.

use crate::world::{Face, Line, SOON, World, assert_clerk_ended, wait_for, wait_until, word, words};
use audio::tones::{Heard, Listener};
use audio::{Frame, SampleRate};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

on_every_carrier!(
    each_side_is_in_its_channel_and_nothing_is_left_at_the_carrier,
    what_an_agent_of_words_says_is_recorded_after_the_announcement,
    a_recording_whose_request_we_died_in_is_asked_for_once_and_found,
    a_file_that_does_not_come_is_fetched_after_a_restart,
    what_is_told_twice_is_fetched_once,
    what_nobody_tells_of_is_found_all_the_same,
    what_is_deleted_before_it_came_is_deleted_at_the_carrier,
    a_copy_is_left_at_the_carrier_where_that_is_wanted,
    a_carrier_that_does_not_record_ends_no_talk,
    nobody_is_recorded_who_was_put_through,
);

const TOLD: &str = "This call is recorded.";
const YES: &str = "Yes, a room for two nights.";

fn each_side_is_in_its_channel_and_nothing_is_left_at_the_carrier(face: Face) {
    let world = recorder(face, "");
    let them = world.speaker(YES);
    let id = recorded(&world, &json!({ "to": them }));
    let asked = world.tell(&id, "ask", &json!({"text": "A room?", "input": "speech", "timeout_s": 5}));
    let answer = world.wait_until_over(&id, asked);
    assert_eq!(word(&answer, "speech"), YES, "{answer}");
    world.hang_up(&id);
    world.wait_for_end(&id);

    let recording = kept(&world, &id);
    let [left, right] = sides(&file(&world, &id));
    assert_eq!((left, right), (vec![YES.to_owned()], vec!["A room?".to_owned()]));
    assert!(recording["seconds"].as_u64().is_some_and(|seconds| seconds >= 1), "{recording}");
    assert_eq!(recording["failed"], Value::Null);
    wait_until("the carrier's copy is gone", SOON, || world.n_requests(&["delete_recording"]) == 1);
    wait_until("the log says so", SOON, || {
        world.events(&id).last().is_some_and(|event| word(event, "summary").contains("is deleted there"))
    });
    let names = fs::read_dir(shelf(&world)).expect("a folder").map(|one| one.expect("an entry").file_name());
    assert_eq!(names.collect::<Vec<_>>(), [format!("{id}.wav").as_str()]);
    assert_eq!(world.call(&id)["due_at"], Value::Null);
}

fn what_an_agent_of_words_says_is_recorded_after_the_announcement(face: Face) {
    let world = recorder(face, "");
    let them = world.talker(1);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");

    kept(&world, &id);
    let [left, right] = sides(&file(&world, &id));
    assert_eq!((left, right), (vec![], vec!["Hello, Ada.".to_owned()]));
    assert_eq!((world.n_heard(&them, TOLD), world.n_heard(&them, "Hello, Ada.")), (1, 1));
    let story: Vec<String> =
        world.events(&id).iter().map(|event| word(event, "summary").to_owned()).collect();
    let mut told = story.iter();
    for what in
        ["is asked to record it", "record it: the carrier took it", "is looked for", "its recording has"]
    {
        assert!(told.any(|line| line.contains(what)), "{what:?} in its turn: {story:#?}");
    }
}

fn a_recording_whose_request_we_died_in_is_asked_for_once_and_found(face: Face) {
    let mut world = recorder(face, "");
    world.fault(&json!({"on": "recording", "times": 1, "do": "stall-after"}));
    let id = world.called_by_clerk(&world.talker(1));
    wait_until("it is asked for", SOON, || world.n_requests(&["start_recording"]) == 1);

    world.restart();

    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    kept(&world, &id);
    assert_eq!(sides(&file(&world, &id))[1], ["Hello, Ada."]);
    assert_eq!(world.n_requests(&["start_recording"]), 1);
}

fn a_file_that_does_not_come_is_fetched_after_a_restart(face: Face) {
    let mut world = recorder(face, "");
    let id = recorded(&world, &json!({ "to": world.talker(1) }));
    world.fault(&json!({"on": "recording", "do": "broken-body"}));
    world.hang_up(&id);
    world.wait_for_end(&id);
    let says = |world: &World, what: &str| {
        world.events(&id).iter().any(|event| word(event, "summary").contains(what))
    };
    wait_until("the log says why", SOON, || says(&world, "could not be fetched yet"));
    let answer = world.ask("GET", &format!("/v1/calls/{id}/recording"), None);
    assert_eq!((answer.status, word(&answer.json(), "code")), (404, "OH-0036"));
    assert!(word(&answer.json(), "detail").contains("still at the carrier"), "{answer:?}");
    assert_eq!(world.n_requests(&["delete_recording"]), 0, "nothing is deleted that isn't here");
    assert!(!shelf(&world).join(format!("{id}.wav")).exists(), "half a file has no name");

    world.kill_dash_nine();
    world.lift_faults();
    world.start_gateway();

    kept(&world, &id);
    file(&world, &id);
}

fn what_is_told_twice_is_fetched_once(face: Face) {
    let world = recorder(face, "");
    let id = recorded(&world, &json!({ "to": world.talker(1) }));
    world.fault(&json!({"on": "status-callback", "do": "double"}));
    world.hang_up(&id);
    world.wait_for_end(&id);
    kept(&world, &id);
    wait_until("the carrier's copy is gone", SOON, || world.n_requests(&["delete_recording"]) == 1);
    let truth = |world: &World| world.truth()[0].clone();
    wait_until("all is told", SOON, || {
        truth(&world)["webhooks_sent"] == truth(&world)["webhooks_answered_2xx"]
    });
    let ended =
        world.events(&id).into_iter().filter(|event| word(event, "summary").contains("its recording has"));
    assert_eq!(ended.count(), 1);
    assert_eq!(world.n_requests(&["recording_media"]), 1);
}

fn what_nobody_tells_of_is_found_all_the_same(face: Face) {
    let world = recorder(face, "");
    let id = recorded(&world, &json!({ "to": world.talker(1) }));
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    world.hang_up(&id);
    world.wait_for_end(&id);
    kept(&world, &id);
    assert!(
        !world.events(&id).iter().any(|event| word(event, "summary").contains("says that its recording"))
    );
}

fn what_is_deleted_before_it_came_is_deleted_at_the_carrier(face: Face) {
    let world = recorder(face, "");
    let id = recorded(&world, &json!({ "to": world.talker(1) }));

    let deleted = world.ask("DELETE", &format!("/v1/calls/{id}/recording"), None);

    assert_eq!((deleted.status, word(&deleted.json()["recording"], "state")), (200, "deleted"));
    wait_until("it stops and goes, while the talk goes on", SOON, || {
        world.n_requests(&["stop_recording"]) == 1 && world.n_requests(&["delete_recording"]) == 1
    });
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    world.hang_up(&id);
    world.wait_for_end(&id);
    assert_eq!(word(&world.call(&id)["recording"], "state"), "deleted");
    assert_eq!(world.n_requests(&["recording_media"]), 0);
}

fn a_copy_is_left_at_the_carrier_where_that_is_wanted(face: Face) {
    let world = recorder(face, "recording.carrier_copy = 'keep'");
    let id = recorded(&world, &json!({ "to": world.talker(1) }));
    world.hang_up(&id);
    world.wait_for_end(&id);
    kept(&world, &id);
    wait_until("the log says so", SOON, || {
        world.events(&id).iter().any(|event| word(event, "summary").contains("is left there"))
    });
    assert_eq!(world.n_requests(&["delete_recording"]), 0);
}

fn a_carrier_that_does_not_record_ends_no_talk(face: Face) {
    let world = recorder(face, "");
    world.fault(&json!({"on": "recording", "do": {"status": 403}}));
    let them = world.talker(1);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.n_heard(&them, "Hello, Ada."), 1);
    let recording = world.call(&id)["recording"].clone();
    assert_eq!(word(&recording, "state"), "failed", "{recording}");
    assert!(!word(&recording, "failed").is_empty());
    assert_eq!(world.n_requests(&["start_recording"]), 1);
}

fn nobody_is_recorded_who_was_put_through(face: Face) {
    let world = recorder(face, "");
    let id = recorded(&world, &json!({ "to": world.talker(1) }));
    let said = world.say(&id, "One moment.");
    world.wait_until_over(&id, said);
    let other = world.talker(2);
    world.tell(&id, "transfer", &json!({ "to": other }));
    world.wait_for_truth(&other, &["in-progress"]);
    assert_eq!(world.n_requests(&["stop_recording"]), 1, "it ended first");
    kept(&world, &id);
    assert_eq!(sides(&file(&world, &id))[1], ["One moment."]);
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    world.hang_up(&id);
    world.wait_for_end(&id);
}

#[test]
fn a_line_that_is_closed_after_its_text_is_refused_with_the_way_out() {
    let world = recorder(Face::Twilio, "");
    let wish = json!({"to": world.talker(1), "say": "Hello.", "record": true});
    let answer = world.ask("POST", "/v1/calls", Some(&wish));
    assert_eq!((answer.status, word(&answer.json(), "code")), (422, "OH-0035"), "{answer:?}");
    assert!(word(&answer.json(), "detail").contains("place it with hold"), "{answer:?}");
    assert!(world.truth().is_empty(), "nobody was called");
}

/// A gateway whose clerk says something by the carrier's voice.
fn recorder(face: Face, more: &str) -> World {
    let settings = format!(
        "recording.announcement = '{TOLD}'\n{more}\n[agents.clerk]\nkind = 'say'\ntext = 'Hello, Ada.'\n\
         record = true\n"
    );
    World::start(Line::On(face), &settings)
}

/// A call without an agent, which is being recorded.
fn recorded(world: &World, wish: &Value) -> String {
    let mut wish = wish.clone();
    wish["record"] = json!(true);
    let id = word(&world.place_with(&wish), "id").to_owned();
    wait_until("it is being recorded", SOON, || {
        let call = world.call(&id);
        assert_eq!(call["recording"]["failed"], Value::Null, "{call}");
        call["recording"]["state"] == "recording"
    });
    id
}

/// The recording, when it is here.
fn kept(world: &World, id: &str) -> Value {
    wait_for("the recording is kept", SOON, || {
        Some(world.call(id)["recording"].clone()).filter(|recording| recording["state"] == "kept")
    })
}

/// The file, by the command line.
fn file(world: &World, id: &str) -> Vec<u8> {
    let path = world.path(&format!("{id}.wav"));
    let (code, _, error) =
        words(&world.command(&["recording", id, "--output", path.to_str().expect("a plain path")]));
    assert_eq!(code, Some(0), "{error}");
    let file = fs::read(&path).expect("it is written");
    assert_eq!(file, fs::read(shelf(world).join(format!("{id}.wav"))).expect("it is kept as it came"));
    file
}

/// What is understood of each side: linear, 16 bits, two channels.
fn sides(file: &[u8]) -> [Vec<String>; 2] {
    assert_eq!((&file[..4], &file[36..40]), (&b"RIFF"[..], &b"data"[..]));
    [0, 1].map(|side| {
        let moments = file[44..].chunks_exact(4).map(|moment| &moment[2 * side..2 * side + 2]);
        let samples: Vec<i16> = moments.map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]])).collect();
        let mut ear = Listener::new();
        let mut heard = Vec::new();
        for samples in samples.chunks_exact(160) {
            let mut frame = Frame::silence(SampleRate::Hz8000);
            frame.samples_mut().copy_from_slice(samples);
            for one in ear.hear(&frame) {
                match one {
                    Heard::Text(text) => heard.push(text),
                    Heard::Began => {}
                    Heard::Broken { .. } => panic!("half of what was said: {one:?} after {heard:?}"),
                }
            }
        }
        heard
    })
}

fn shelf(world: &World) -> PathBuf {
    world.path("store/offhook.db.recordings")
}
