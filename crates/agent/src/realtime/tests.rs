//! A server's messages as its reference has them, and what becomes of them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::model;
use call::dialogue::Use;
use serde_json::Value;

mod timing;

fn session(said: Vec<Entry>) -> Session {
    opened_again(said, false)
}

fn opened_again(said: Vec<Entry>, again: bool) -> Session {
    let settings = Settings {
        model: model::tests::with_weather(),
        voice: Some("marin".to_owned()),
        transcriber: "writer-1".to_owned(),
        turns: Turns::Silence,
        silence: Silence { after: Duration::from_secs(20), text: "Are you there?".to_owned(), n_max: 2 },
    };
    Session::new(settings, said, again)
}

fn line(by: Speaker, text: &str) -> Entry {
    Entry::Said(Line { by, text: text.to_owned() })
}

const NOW: Duration = Duration::from_secs(10);

/// What is to be done, in a line each.
fn told(happens: impl FnOnce(Acts<'_>)) -> Vec<String> {
    let mut told = Vec::new();
    happens(&mut |act| {
        told.push(match act {
            Act::Tell(message) => {
                let message: Value = serde_json::from_str(&message).unwrap();
                let kind = message["type"].as_str().unwrap().to_owned();
                match kind.as_str() {
                    "conversation.item.truncate" => {
                        format!("truncate {} at {}", message["item_id"], message["audio_end_ms"])
                    }
                    "conversation.item.create" => format!("create {}", message["item"]),
                    _ => kind,
                }
            }
            Act::Play(sound) => format!("play {}", sound.len()),
            Act::Mark { number, last } => format!("mark {number}{}", if last { " last" } else { "" }),
            Act::Clear(number) => format!("clear {number}"),
            Act::Said(Line { by, text }, Timing { after, talk_over, .. }) => {
                let after = after.map(|after| format!(" after {after:?}")).unwrap_or_default();
                let over = talk_over.map(|lasted| format!(" over {lasted:?}")).unwrap_or_default();
                format!("{by:?}: {text}{after}{over}")
            }
            Act::Press(keys) => format!("press {keys}"),
            Act::Leave(leave, wish) => format!("leave {leave:?} {wish}"),
            Act::Use { wish, tool, arguments } => format!("use {tool} with {arguments} for {wish}"),
            Act::Warn(what, why) => format!("warn {what}: {why}"),
            Act::GiveUp => "give up".to_owned(),
        });
    });
    told
}

fn hear(session: &mut Session, event: Value) -> Vec<String> {
    told(|acts| session.hear(&event.to_string(), NOW, acts).unwrap())
}

/// So many milliseconds of sound.
fn sound(item: &str, ms: usize) -> Value {
    let delta = "/".repeat(ms * 8 * 4 / 3);
    json!({
        "type": "response.output_audio.delta", "event_id": "e", "response_id": "r", "item_id": item,
        "output_index": 0, "content_index": 0, "delta": delta,
    })
}

fn words(item: &str, text: &str) -> Value {
    json!({ "type": "response.output_audio_transcript.delta", "item_id": item, "content_index": 0, "delta": text })
}

fn all_words(item: &str, text: &str) -> Value {
    json!({ "type": "response.output_audio_transcript.done", "item_id": item, "content_index": 0, "transcript": text })
}

fn of(kind: &str, item: &str) -> Value {
    json!({ "type": kind, "item_id": item, "content_index": 0 })
}

fn written(text: &str) -> Value {
    json!({ "type": "conversation.item.input_audio_transcription.completed", "item_id": "item_1",
        "content_index": 0, "transcript": text })
}

fn replied(status: &str) -> Value {
    json!({ "type": "response.done", "response": { "object": "realtime.response", "status": status,
        "status_details": { "type": status, "error": { "type": "server_error", "code": "busy" } } } })
}

/// A reply of so many milliseconds, all of which came.
fn reply(session: &mut Session, item: &str, text: &str, ms: usize) -> Vec<String> {
    let mut all =
        hear(session, json!({ "type": "response.created", "response": { "status": "in_progress" } }));
    for event in [
        words(item, text),
        sound(item, ms),
        of("response.output_audio.done", item),
        all_words(item, text),
        replied("completed"),
    ] {
        all.extend(hear(session, event));
    }
    all
}

#[test]
fn a_server_is_told_who_it_is_and_what_was_said() {
    let mut messages = Vec::new();
    let mut new = session(vec![line(Speaker::Agent, "Good evening."), line(Speaker::Remote, "Hi.")]);
    new.open(&mut |act| {
        if let Act::Tell(message) = act {
            messages.push(serde_json::from_str::<Value>(&message).unwrap());
        }
    });
    let session = &messages[0]["session"];
    assert_eq!(messages[0]["type"], "session.update");
    assert_eq!((&session["type"], &session["instructions"]), (&json!("realtime"), &json!("Be brief.")));
    assert_eq!(session["audio"]["input"]["format"], json!({ "type": "audio/pcmu" }));
    assert_eq!(session["audio"]["output"], json!({ "format": { "type": "audio/pcmu" }, "voice": "marin" }));
    assert_eq!(session["audio"]["input"]["transcription"], json!({ "model": "writer-1" }));
    assert_eq!(session["tools"][0]["name"], "end_call");
    let expected = [
        json!({ "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "Good evening." }] }),
        json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "Hi." }] }),
    ];
    assert_eq!([&messages[1]["item"], &messages[2]["item"]], [&expected[0], &expected[1]]);
    assert_eq!(messages.len(), 3, "it was greeted already");
}

#[test]
fn a_model_speaks_first_where_nothing_was_said_or_its_session_broke() {
    let opened = |said: Vec<Entry>, again| told(|acts| opened_again(said, again).open(acts));
    let asked = |told: Vec<String>| told.last().unwrap() == "response.create";
    assert!(asked(opened(Vec::new(), false)));
    assert!(!asked(opened(vec![line(Speaker::Agent, "Hello.")], false)));
    assert!(asked(opened(vec![line(Speaker::Agent, "Hello.")], true)));
}

#[test]
fn what_is_said_is_played_with_marks_and_written_down_when_it_was_heard() {
    let mut session = session(Vec::new());
    let all = reply(&mut session, "item_1", "One two three four five.", 450);
    assert_eq!(all, ["play 2132", "mark 1", "play 2132", "mark 2", "play 536", "mark 3 last"]);
    assert_eq!(told(|acts| session.played(1, NOW, acts)), [""; 0]);
    assert_eq!(told(|acts| session.played(3, NOW, acts)), ["Agent: One two three four five."]);
    assert_eq!(told(|acts| session.played(3, NOW, acts)), [""; 0], "once");
    assert_eq!(hear(&mut session, written(" And six? \n")), ["Remote: And six?"]);
}

#[test]
fn who_talks_over_a_reply_has_heard_what_was_played_and_no_more() {
    let mut session = session(Vec::new());
    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, words("item_1", "One two three four five six seven"));
    hear(&mut session, sound("item_1", 1_000));
    assert_eq!(told(|acts| session.played(2, NOW, acts)), [""; 0]);
    let interrupted = hear(&mut session, of("input_audio_buffer.speech_started", "item_2"));
    assert_eq!(interrupted, ["clear 6", "truncate \"item_1\" at 399", "Agent: One two"]);
    // What comes late of it isn't played, nor is what was dropped taken for heard.
    for late in [
        sound("item_1", 500),
        words("item_1", " eight"),
        all_words("item_1", "One"),
        of("response.output_audio.done", "item_1"),
    ] {
        assert_eq!(hear(&mut session, late), [""; 0]);
    }
    assert_eq!(told(|acts| session.played(5, NOW, acts)), [""; 0]);
    assert_eq!(hear(&mut session, replied("cancelled")), [""; 0]);
    assert_eq!(hear(&mut session, of("input_audio_buffer.speech_started", "item_3")), [""; 0]);
    // The next is heard as ever.
    assert_eq!(reply(&mut session, "item_4", "Yes.", 100), ["play 1066", "mark 7 last"]);
    assert_eq!(told(|acts| session.played(7, NOW, acts)), ["Agent: Yes."]);
}

#[test]
fn what_waits_behind_another_was_not_heard_at_all() {
    let mut session = session(Vec::new());
    reply(&mut session, "item_1", "One.", 100);
    reply(&mut session, "item_2", "Two.", 100);
    let interrupted = hear(&mut session, of("input_audio_buffer.speech_started", "item_3"));
    assert_eq!(interrupted, ["clear 3", "truncate \"item_1\" at 0", "truncate \"item_2\" at 0"]);
}

#[test]
fn a_model_leaves_when_its_last_words_were_heard() {
    let call = |name: &str, arguments: &str| {
        json!({ "type": "response.output_item.done", "response_id": "r", "output_index": 1, "item": {
            "id": "item_9", "object": "realtime.item", "type": "function_call", "status": "completed",
            "name": name, "call_id": "call_1", "arguments": arguments } })
    };
    let mut ends = session(Vec::new());
    hear(&mut ends, json!({ "type": "response.created" }));
    hear(&mut ends, all_words("item_1", "Goodbye."));
    hear(&mut ends, sound("item_1", 100));
    hear(&mut ends, of("response.output_audio.done", "item_1"));
    assert_eq!(hear(&mut ends, call("end_call", "{}")), [""; 0]);
    assert_eq!(hear(&mut ends, replied("completed")), [""; 0]);
    assert_eq!(told(|acts| ends.played(1, NOW, acts)), ["Agent: Goodbye.", "leave End call_1"]);

    let mut session = session(Vec::new());
    hear(&mut session, json!({ "type": "response.created" }));
    let pressed = hear(&mut session, call("press_keys", r#"{"digits":"1#"}"#));
    assert_eq!(pressed, ["press 1#", "mark 1"]);
    let heard = told(|acts| session.played(1, NOW, acts));
    assert!(heard[0].starts_with("create") && heard[0].contains("function_call_output"), "{heard:?}");
    assert_eq!(heard.len(), 1, "a reply is being made");
    assert_eq!(hear(&mut session, replied("completed")), ["response.create"]);
    let refused = hear(&mut session, call("transfer_call", r#"{"to":"nobody"}"#));
    assert!(refused[0].starts_with("warn") && refused[1].contains("one of the names"), "{refused:?}");
    assert_eq!(hear(&mut session, call("transfer_call", r#"{"to":"desk"}"#)), [""; 0]);
    assert_eq!(hear(&mut session, replied("completed")), ["leave Transfer(+1…43) call_1"]);
    let refused = told(|acts| session.refuse("call_1", "not now", acts));
    assert!(refused[0].contains("not now"), "{refused:?}");
    assert_eq!(refused[1], "response.create", "it goes on");
}

#[test]
fn a_tool_is_used_and_the_model_told_also_by_the_next_session() {
    let mut session = session(Vec::new());
    let call = json!({ "type": "response.output_item.done", "item": { "type": "function_call",
        "name": "weather", "call_id": "call_1", "arguments": "{\"place\":\"Bern\"}" } });
    assert_eq!(hear(&mut session, call), ["use weather with {\"place\":\"Bern\"} for call_1"]);
    assert_eq!(hear(&mut session, replied("completed")), [""; 0]);
    let one = Use {
        id: "use_1".to_owned(),
        tool: "weather".to_owned(),
        arguments: "{}".to_owned(),
        output: Some("dry".to_owned()),
    };
    let used = told(|acts| session.used("call_1", one, acts));
    let expected = json!({ "type": "function_call_output", "call_id": "call_1", "output": "dry" });
    assert_eq!(used, [format!("create {expected}"), "response.create".to_owned()]);
    told(|acts| session.lose(NOW, acts));
    let opened = told(|acts| session.open(acts));
    assert!(opened[1].contains("\"function_call\"") && opened[2].contains("dry"), "{opened:?}");
}

#[test]
fn a_tool_that_is_at_work_is_known_to_the_next_server_and_not_wished_again() {
    let mut session = session(Vec::new());
    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, tool_call("weather", "{}", "completed"));
    told(|acts| session.lose(NOW, acts));
    let opened = told(|acts| session.open(acts));
    assert!(opened[1].contains("\"function_call\"") && opened[1].contains("call_1"), "{opened:?}");
    assert_eq!(opened.len(), 2, "it is replied to when it is there");
    let (id, tool, arguments) = ("use_1".to_owned(), "weather".to_owned(), "{}".to_owned());
    let one = Use { id, tool, arguments, output: Some("dry".to_owned()) };
    let used = told(|acts| session.used("call_1", one, acts));
    assert!(used[0].contains("function_call_output") && used[0].contains("call_1"), "{used:?}");
    assert_eq!(used[1], "response.create");
}

#[test]
fn whoever_objects_to_a_goodbye_is_not_left() {
    let mut session = session(Vec::new());
    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, all_words("item_1", "Goodbye then."));
    hear(&mut session, sound("item_1", 1_000));
    hear(&mut session, of("response.output_audio.done", "item_1"));
    hear(&mut session, tool_call("end_call", "{}", "completed"));
    hear(&mut session, replied("completed"));
    let spoken = hear(&mut session, of("input_audio_buffer.speech_started", "item_2"));
    assert_eq!(spoken[..2], ["clear 7", "truncate \"item_1\" at 0"]);
    assert!(spoken[2].contains("they began to speak") && spoken.len() == 3, "{spoken:?}");
    assert_eq!(told(|acts| session.played(9, NOW, acts)), [""; 0]);
}

#[test]
fn a_tool_that_somebody_talked_over_is_not_used() {
    let mut session = session(Vec::new());
    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, of("input_audio_buffer.speech_started", "item_2"));
    assert_eq!(hear(&mut session, tool_call("end_call", "", "incomplete")), [""; 0]);
    assert_eq!(hear(&mut session, tool_call("weather", "{\"pla", "incomplete")), [""; 0]);
    assert_eq!(hear(&mut session, replied("cancelled")), [""; 0]);
}

/// What comes of a tool meanwhile is told, and the server replies by itself when they are done.
#[test]
fn nobody_is_replied_to_while_they_speak() {
    let mut session = session(Vec::new());
    hear(&mut session, of("input_audio_buffer.speech_started", "item_2"));
    hear(&mut session, tool_call("weather", "{}", "completed"));
    let (id, tool, arguments) = ("use_1".to_owned(), "weather".to_owned(), "{}".to_owned());
    let used = told(|acts| session.used("call_1", Use { id, tool, arguments, output: None }, acts));
    assert_eq!(used.len(), 1, "{used:?}");
    let keys = hear(&mut session, tool_call("press_keys", "{\"digits\":\"1\"}", "completed"));
    assert_eq!(keys, ["press 1", "mark 1"]);
    let over = hear(&mut session, of("input_audio_buffer.speech_started", "item_3"));
    assert!(over[0] == "clear 2" && over[1].contains("they began to speak"), "{over:?}");
}

/// The server goes when all of its reply came: it is heard to its end.
#[test]
fn a_reply_that_came_whole_outlives_its_server() {
    let mut session = session(Vec::new());
    reply(&mut session, "item_1", "Yes, we do.", 100);
    assert_eq!(told(|acts| session.lose(NOW, acts)), [""; 0]);
    let opened = told(|acts| session.open(acts));
    assert_eq!(opened, ["session.update"], "nobody waits for another");
    assert_eq!(told(|acts| session.played(1, NOW, acts)), ["Agent: Yes, we do."]);
    assert!(session.is_awaited(), "it has not said that it is there");
    hear(&mut session, json!({ "type": "session.created" }));
    assert!(!session.is_awaited());
}

fn tool_call(name: &str, arguments: &str, status: &str) -> Value {
    json!({ "type": "response.output_item.done", "response_id": "r", "output_index": 1, "item": {
        "id": "item_9", "object": "realtime.item", "type": "function_call", "status": status,
        "name": name, "call_id": "call_1", "arguments": arguments } })
}

#[test]
fn keys_are_told_together() {
    let mut session = session(Vec::new());
    session.key('4');
    session.key('2');
    let over = told(|acts| session.keys_over(acts));
    assert!(over[0].contains("I pressed 42"), "{over:?}");
    assert_eq!(over[1..], ["Remote: 42", "response.create"]);
    assert_eq!(told(|acts| session.keys_over(acts)), [""; 0]);
}

#[test]
fn a_silence_is_spoken_to_and_then_ends_the_call() {
    let mut session = session(Vec::new());
    assert_eq!(session.may_be_silent(), None, "a reply is awaited");
    hear(&mut session, replied("completed"));
    for _ in 0..2 {
        assert_eq!(session.may_be_silent(), Some(Duration::from_secs(20)));
        let asked = told(|acts| session.ask_into_silence(acts));
        assert!(asked[0].contains("response.create") && asked.len() == 1, "{asked:?}");
        assert_eq!(session.may_be_silent(), None);
        hear(&mut session, replied("completed"));
    }
    assert!(told(|acts| session.ask_into_silence(acts))[0].contains("End"));

    let mut session = self::session(Vec::new());
    hear(&mut session, replied("completed"));
    for _ in 0..5 {
        assert!(!told(|acts| session.ask_into_silence(acts))[0].contains("End"), "they are there");
        hear(&mut session, replied("completed"));
        hear(&mut session, json!({ "type": "input_audio_buffer.speech_started", "item_id": "item_1" }));
        assert_eq!(session.may_be_silent(), None, "they speak");
        hear(&mut session, json!({ "type": "input_audio_buffer.speech_stopped", "item_id": "item_1" }));
    }
}

#[test]
fn a_model_that_fails_is_asked_again_and_then_given_up() {
    let mut session = session(Vec::new());
    let failed = ["warn it did not reply: server_error: busy", "response.create"];
    assert_eq!(hear(&mut session, replied("failed")), failed);
    assert_eq!(hear(&mut session, replied("completed")), [""; 0], "once is none");
    for _ in 0..2 {
        assert_eq!(hear(&mut session, replied("failed")), failed);
    }
    assert_eq!(hear(&mut session, replied("failed"))[1], "give up");
}

#[test]
fn what_a_server_that_is_gone_had_said_is_known_as_far_as_it_was_heard() {
    let mut session = session(Vec::new());
    hear(&mut session, json!({ "type": "response.created" }));
    hear(&mut session, words("item_1", "One two three four five six seven"));
    hear(&mut session, sound("item_1", 1_000));
    assert_eq!(told(|acts| session.played(2, NOW, acts)), [""; 0]);
    assert_eq!(told(|acts| session.lose(NOW, acts)), ["clear 6", "Agent: One two"]);
    let opened = told(|acts| session.open(acts));
    assert!(opened[1].contains("One two"), "{opened:?}");
    assert_eq!(opened[2], "response.create");
}

#[test]
fn what_cannot_be_read_is_told_and_what_is_new_is_passed_over() {
    let mut session = session(Vec::new());
    assert_eq!(hear(&mut session, json!({ "type": "rate_limits.updated", "rate_limits": [] })), [""; 0]);
    let error = session.hear("{", NOW, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("it was: {"), "{error}");
    let refused = json!({ "type": "error", "error": { "type": "invalid_request_error", "code": "unknown_parameter",
        "message": "Unknown parameter: 'x'." } });
    let expected =
        "warn it refused a message: invalid_request_error: unknown_parameter: Unknown parameter: 'x'.";
    assert_eq!(hear(&mut session, refused), [expected]);
}
