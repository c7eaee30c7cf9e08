//! Agents that are language models, which hear and speak by the gateway: what they understand, what they say,
//! how much of it is heard, and what becomes of it when something fails, on every carrier.

use crate::world::{
    Face, Line, Model, Replies, SOON, Speech, Tool, World, assert_clerk_ended, number, wait_for, word,
};
use base64::Engine as _;
use serde_json::{Value, json};

on_every_carrier!(
    a_model_of_words_hears_and_speaks_and_ends_the_call,
    who_talks_over_it_has_heard_what_the_transcript_says,
    after_a_kill_it_knows_what_was_said_and_goes_on,
    whoever_it_puts_through_is_put_through,
    who_says_nothing_is_asked_whether_they_are_there_and_left,
);

const WORDS: &str = "It is Ada, and I would like a room.";
const GOODBYE: &str = "Goodbye, Ada.";
const SORRY: &str = "Sorry, nobody can talk now.";
const LONG: &str = "Let me tell you everything about our hotel, since it has so very many rooms, and each of them has \
                    a view of its own, and a story, and whoever slept there would tell you another, if you asked them.";

fn a_model_of_words_hears_and_speaks_and_ends_the_call(face: Face) {
    let (world, model, speech) =
        with_model(face, |_, _| Replies::Tool("Hello, Ada. Goodbye, Ada.", "end_call", json!({})));
    let them = world.telling(WORDS, 1_000);

    let id = world.called_by_clerk(&them);

    assert_eq!(speech.is_asked(), json!({ "asked": "words", "told": WORDS }));
    let (_, body) = model.is_asked();
    let said = |role: &str, text: &str| json!({ "role": role, "content": text });
    assert_eq!(body["messages"], json!([said("system", "Be kind."), said("user", WORDS)]));
    let asked = speech.is_asked();
    assert_eq!((&asked["body"]["input"], &asked["body"]["voice"]), (&json!("Hello, Ada."), &json!("alto")));
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Hello, Ada.", GOODBYE]);
    assert_eq!(world.spoken(&id), lines(&[("remote", WORDS), ("agent", "Hello, Ada."), ("agent", GOODBYE)]));
    let events = world.events(&id);
    let waits = events.iter().map(|event| &event["event"]["spoken"]["waits"]).find(|waits| waits.is_object());
    let waits = waits.expect("what the reply was waited for").as_object().expect("several").clone();
    assert_eq!(waits["turn_ms"], json!(400));
    let measured: u64 = waits.values().filter_map(Value::as_u64).sum();
    let felt = world.only_truth_to(&them)["streams"][0]["waited_ms"][0].as_u64().expect("they waited");
    assert!(measured.abs_diff(felt) < 300, "{measured} ms here, {felt} ms for them: {waits:?}");
    let latency = world.get("/v1/latency");
    assert_eq!(
        (&latency["calls"], &latency["agents"][0]["replies"], &latency["agents"][0]["agent"]),
        (&json!(1), &json!(1), &json!("clerk"))
    );
    assert_eq!(latency["agents"][0]["whole"]["p99_ms"], json!(measured));
    let vendors = latency["vendors"].as_array().expect("who was waited for");
    let who: Vec<(&str, &str)> = vendors.iter().map(|one| (word(one, "part"), word(one, "vendor"))).collect();
    assert_eq!(who, [("model", "wise-1"), ("recognizer", "ear"), ("synthesizer", "mouth")]);
    let took = vendors[0]["p95_ms"].as_u64().expect("a number");
    let waited = waits["model_ms"].as_u64().expect("a number");
    assert!(vendors[0]["times"] == 1 && took <= waited, "{waited} ms were waited for this: {vendors:?}");
}

/// The model says something long, and the other side begins to speak in the middle of it.
fn who_talks_over_it_has_heard_what_the_transcript_says(face: Face) {
    let (world, model, _speech) = with_model(face, |n, _| match n {
        0 => Replies::Words(&[LONG]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 3_000);
    let id = world.called_by_clerk(&them);
    presses_four(&world, &id, &them);

    assert_eq!(model.is_asked().1["messages"][1]["content"], "4");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let said = world.spoken(&id);
    let (by, heard) = &said[1];
    assert!(by == "agent" && !heard.is_empty() && LONG.starts_with(heard.as_str()), "{said:?}");
    assert!(heard.len() < LONG.len() * 4 / 5, "{heard:?}");
    assert_eq!(
        [&said[..1], &said[2..]].concat(),
        lines(&[("remote", "4"), ("remote", WORDS), ("agent", GOODBYE)])
    );
    let messages = model.is_asked().1["messages"].clone();
    assert_eq!(messages[2], json!({ "role": "assistant", "content": heard }), "it knows what they heard");
    let measured = world.talked_over_once(&id, &them);
    let latency = world.get("/v1/latency")["agents"][0]["talk_over"].clone();
    assert_eq!((&latency["times"], &latency["p99_ms"]), (&json!(1), &json!(measured)));
    // What it says then is heard at once, and not behind the rest.
    let heard_by_them = world.only_truth_to(&them)["streams"][0]["understood"].clone();
    assert_eq!(
        (&heard_by_them[0]["whole"], &heard_by_them[1]["text"]),
        (&json!(false), &json!(GOODBYE)),
        "{heard_by_them}"
    );
}

fn after_a_kill_it_knows_what_was_said_and_goes_on(face: Face) {
    let (mut world, model, _speech) = with_model(face, |n, _| match n {
        0 => Replies::Words(&["Hello, Ada."]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 1_000);
    let id = world.called_by_clerk(&them);
    wait_for("they talk", SOON, || (world.spoken(&id).len() == 2).then_some(()));
    model.is_asked();

    world.kill_dash_nine();
    world.start_gateway();

    let messages = model.is_asked().1["messages"].clone();
    assert_eq!(
        (&messages[1]["content"], &messages[2]["content"]),
        (&json!(WORDS), &json!("Hello, Ada.")),
        "{messages}"
    );
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    world.only_truth_to(&them);
    assert_eq!(world.n_heard(&them, "One moment."), 1, "whoever waits is told so");
}

fn whoever_it_puts_through_is_put_through(face: Face) {
    let (world, _model, _speech) =
        with_model(face, |_, _| Replies::Tool("One moment.", "transfer_call", json!({ "to": "desk" })));
    let (them, desk) = (world.telling(WORDS, 1_000), number(2));
    world.subscriber(&desk, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 1_000}));

    let id = world.called_by_clerk(&them);

    world.wait_for_truth(&desk, &["in-progress", "completed"]);
    let call = world.wait_for_end(&id);
    assert_eq!(word(&call["ending"], "kind"), "completed", "{call}");
}

fn who_says_nothing_is_asked_whether_they_are_there_and_left(face: Face) {
    let (world, _model, _speech) = with_model(face, |_, _| Replies::Never);
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Still there?", "Still there?"]);
}

/// A service manager restarts the gateway in the middle of a sentence.
#[test]
fn a_gateway_that_is_told_to_stop_says_its_sentence_to_the_end() {
    let (mut world, model, _speech) = with_model(Face::Twilio, |n, _| match n {
        0 => Replies::Words(&[LONG]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    presses_four(&world, &id, &them);
    model.is_asked();
    wait_for("the sentence is begun", SOON, || {
        let received = world.truth_to(&them).first()?["streams"][0]["frames_received"].as_u64()?;
        (received > 20).then_some(())
    });

    world.stop_gateway();
    assert_eq!(world.understood(&them), [LONG], "nobody is cut off");
    world.start_gateway();

    let messages = model.is_asked().1["messages"].clone();
    assert_eq!(messages[2], json!({ "role": "assistant", "content": LONG }), "the next one knows");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    world.only_truth_to(&them);
}

#[test]
fn who_only_listens_is_not_replied_to() {
    let (world, model, _speech) = with_model(Face::Twilio, |n, _| match n {
        0 => Replies::Words(&[LONG]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling("Mhm, mhm, mhm, aha.", 3_000);
    let id = world.called_by_clerk(&them);
    presses_four(&world, &id, &them);
    model.is_asked();
    wait_for("all of it is heard", SOON, || (world.spoken(&id).len() == 3).then_some(()));
    let expected = [("remote", "4"), ("remote", "Mhm, mhm, mhm, aha."), ("agent", LONG)];
    assert_eq!(world.spoken(&id), lines(&expected));
    world.hang_up(&id);
    world.wait_for_end(&id);
}

#[test]
fn a_tool_of_the_owners_is_used_while_it_says_so() {
    let tool = Tool::start(Some(r#"{"room": 12}"#));
    let finds = format!(
        "[agents.clerk.tools.find]\ndescription = 'Finds somebody.'\nurl = '{}'\nparameters.name = 'Whom.'",
        tool.url
    );
    let (world, model, _speech) = with_model_and(Face::Twilio, &finds, |n, _| match n {
        0 => Replies::Tool("Let me see.", "find", json!({ "name": "Ada" })),
        _ => Replies::Tool("Room twelve.", "end_call", json!({})),
    });
    let them = world.telling(WORDS, 1_000);
    let id = world.called_by_clerk(&them);
    model.is_asked();
    assert_eq!(tool.is_asked().1["arguments"], json!({ "name": "Ada" }));
    let messages = model.is_asked().1["messages"].clone();
    let last = messages.as_array().and_then(|all| all.last()).expect("messages");
    assert_eq!(last["content"], r#"{"room": 12}"#, "{messages}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Let me see.", "Room twelve."]);
}

#[test]
fn deepgram_hears_while_they_speak_and_says_the_reply() {
    let vendors = "[recognizers.ear]\nkind = 'deepgram'\nmodel = 'nova-3'\nbase_url = '{url}'\napi_key = 'sesame'\n\
                   [synthesizers.mouth]\nkind = 'deepgram'\nmodel = 'aura-2-thalia-en'\nbase_url = '{url}'\napi_key = 'sesame'\n";
    let speech = talks_by(vendors);
    let asked = speech.is_asked();
    assert!(word(&asked, "target").starts_with("/v1/listen?"), "{asked}");
    let asked = speech.is_asked();
    assert!(word(&asked, "target").starts_with("/v1/speak?"), "{asked}");
}

#[test]
fn elevenlabs_hears_while_they_speak_and_says_the_reply() {
    let vendors = "[recognizers.ear]\nkind = 'elevenlabs'\nmodel = 'scribe_v2_realtime'\nbase_url = '{url}'\napi_key = 'sesame'\n\
                   [synthesizers.mouth]\nkind = 'elevenlabs'\nmodel = 'eleven_flash_v2_5'\nvoice = 'ada'\nbase_url = '{url}'\napi_key = 'sesame'\n";
    let speech = talks_by(vendors);
    assert_eq!(speech.is_asked()["asked"], "listen");
    assert_eq!(speech.is_asked()["body"]["text"], GOODBYE);
}

#[test]
fn who_fails_is_made_up_for_by_the_next() {
    // A port where nobody listens, a key that is refused, and those who can.
    let vendors = "[recognizers.gone]\nkind = 'deepgram'\nmodel = 'nova-3'\nbase_url = 'http://127.0.0.1:9'\n\
                   [recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n\
                   [synthesizers.refuses]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{url}/v1'\napi_key = 'wrong'\n\
                   [synthesizers.mouth]\nkind = 'deepgram'\nmodel = 'aura'\nbase_url = '{url}'\napi_key = 'sesame'\n";
    talks_with(vendors, "recognizer = ['gone', 'ear']\nsynthesizer = ['refuses', 'mouth']");
}

/// By a model that has a server of its own, and by no word of the one that says nothing.
#[test]
fn where_a_model_does_not_reply_the_next_is_asked() {
    let spare = Model::start(|_, _| Replies::Tool(GOODBYE, "end_call", json!({})));
    let vendors = "[recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n\
                   [synthesizers.mouth]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n";
    let vendors = format!("{vendors}[models.other]\nmodel = 'wise-2'\nbase_url = '{}'\n", spare.base_url);
    let (world, _model, _speech) =
        by(&vendors, &format!("{HEARS}\nspares = 'other'"), |_, _| Replies::Words(&[]));
    let them = world.telling(WORDS, 1_000);
    let id = world.called_by_clerk(&them);
    assert_eq!(spare.is_asked().1["model"], "wise-2");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), [GOODBYE]);
    let vendors = world.get("/v1/latency")["vendors"].clone();
    assert_eq!((&vendors[0]["part"], &vendors[0]["vendor"]), (&json!("model"), &json!("other")), "{vendors}");
}

#[test]
fn programs_on_this_machine_understand_and_speak() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("goodbye.wav");
    std::fs::write(&file, speech::wav(&audio::tones::say(GOODBYE).collect::<Vec<_>>()))
        .expect("it is written");
    let vendors = format!(
        "[recognizers.ear]\nkind = 'program'\ncommand = ['sh', '-c', 'wc -c >/dev/null; echo \"{WORDS}\"']\n\
         [synthesizers.mouth]\nkind = 'program'\ncommand = ['cat', '{}']\n",
        file.display()
    );
    talks_by(&vendors);
}

#[test]
fn a_recognizer_that_does_not_answer_is_made_up_for_by_the_next() {
    let vendors = "[recognizers.mute]\nkind = 'deepgram'\nmodel = 'nova-3'\nbase_url = '{url}/mute'\napi_key = 'sesame'\nwithin = '1s'\n\
                   [recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n\
                   [synthesizers.mouth]\nkind = 'deepgram'\nmodel = 'aura'\nbase_url = '{url}'\napi_key = 'sesame'\n";
    talks_with(vendors, "recognizer = ['mute', 'ear']\nsynthesizer = 'mouth'");
}

#[test]
fn what_nobody_can_say_is_apologised_for() {
    let wrong = "[recognizers.ear]\nkind = 'program'\ncommand = ['false']\n\
                 [synthesizers.mouth]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{url}/v1'\napi_key = 'wrong'\n";
    let (world, _model, _speech) =
        by(wrong, HEARS, |_, _| Replies::Words(&["One. ", "And here is another sentence. And that is all."]));
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    presses_four(&world, &id, &them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_failed");
    assert_eq!(world.n_heard(&them, SORRY), 1);
    let stream = world.call(&id)["commands"][0].clone();
    assert_eq!(word(&stream, "code"), "synthesizer_failed");
    assert!(word(&stream, "why").contains("could not be spoken"), "{stream}");
}

#[test]
fn who_is_not_understood_is_told_so() {
    let wrong = "[recognizers.ear]\nkind = 'program'\ncommand = ['false']\n\
                 [synthesizers.mouth]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n";
    let more = format!("{HEARS}\nfallback = 'Pardon?'");
    let (world, _model, _speech) = by(wrong, &more, |_, _| Replies::Never);
    let them = world.telling(WORDS, 1_000);
    let id = world.called_by_clerk(&them);
    wait_for("they are told", SOON, || (world.spoken(&id) == lines(&[("agent", "Pardon?")])).then_some(()));
    world.hang_up(&id);
    world.wait_for_end(&id);
}

#[test]
fn at_the_beep_of_an_answering_machine_a_message_is_left() {
    const MESSAGE: &str = "This is the hotel, please call back.";
    let more = format!("{HEARS}\nvoicemail = 'leave'\nvoicemail_message = '{MESSAGE}'");
    let (world, _model, _speech) = on(Face::Telnyx, VENDORS, &more, |_, _| Replies::Words(&[LONG]));
    let them = number(1);
    let machine = json!({ "does": "play", "sound": greeting_and_beep(), "play_after_ms": 500 });
    world.subscriber(&them, &machine);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them).last().map(String::as_str), Some(MESSAGE));
    let said = world.spoken(&id);
    assert_eq!(said.last(), lines(&[("agent", MESSAGE)]).last(), "{said:?}");
    assert!(said.contains(&("remote".to_owned(), "(a beep)".to_owned())), "{said:?}");
}

/// The carrier's word and the beep come within a moment of each other, whichever is first.
#[test]
fn a_machine_that_carrier_and_gateway_notice_is_left_one_message() {
    const MESSAGE: &str = "This is the hotel, please call back.";
    let more = format!(
        "{HEARS}\nvoicemail = 'leave'\nvoicemail_message = '{MESSAGE}'\nmachine_detection = 'carrier'"
    );
    for face in [Face::Twilio, Face::Telnyx, Face::Plivo] {
        let (world, _model, _speech) = on(face, VENDORS, &more, |_, _| Replies::Words(&[LONG]));
        let them = number(1);
        world.subscriber(&them, &json!({ "does": "voicemail", "answer_after_ms": 0 }));
        let id = world.called_by_clerk(&them);
        assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
        let understood = world.understood(&them);
        assert_eq!(understood.iter().filter(|one| *one == MESSAGE).count(), 1, "{face:?}: {understood:?}");
        assert_eq!(understood.last().map(String::as_str), Some(MESSAGE), "{face:?}");
    }
}

/// What an answering machine says: a greeting, a pause in which it is replied to, and a beep.
fn greeting_and_beep() -> String {
    let mut codes = Vec::new();
    let silence = || std::iter::repeat_n(audio::Frame::silence(audio::SampleRate::Hz8000), 60);
    let greeting = audio::tones::say("We are not at home. Please leave a message after the beep.");
    greeting.chain(silence()).for_each(|frame| audio::g711::Law::Mu.write(&frame, &mut codes));
    let wave = (0..4_000).map(|n| (f64::from(n) * std::f64::consts::TAU * 1_000.0 / 8_000.0).sin() * 8_000.0);
    codes.extend(wave.map(|sample| audio::g711::Law::Mu.encode(sample as i16)));
    base64::engine::general_purpose::STANDARD.encode(codes)
}

const VENDORS: &str = "[recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n\
                   [synthesizers.mouth]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n";

/// They hang up before it is known that they are done.
#[test]
fn who_says_last_of_all_that_they_want_no_more_calls_is_listed() {
    let more = "\n[dial]\nopt_out_words = ['never call me again']";
    let (world, _model, _speech) = with_model_and(Face::Twilio, more, |_, _| Replies::Never);
    let them = number(1);
    let last = json!({
        "does": "tell", "answer_after_ms": 0, "words": "Never call me again, whoever you are.",
        "tell_after_ms": 500, "talk_ms": 1_350,
    });
    world.subscriber(&them, &last);
    let id = world.called_by_clerk(&them);
    world.wait_for_end(&id);
    wait_for("they are listed", SOON, || {
        world
            .ask("POST", "/v1/calls", Some(&json!({ "to": them })))
            .body
            .contains("do-not-call")
            .then_some(())
    });
    assert_eq!(world.spoken(&id), lines(&[("remote", "Never call me again, whoever you are.")]));
}

const HEARS: &str = "recognizer = 'ear'\nsynthesizer = 'mouth'";

/// They say [`WORDS`], and hear [`GOODBYE`], by these vendors.
fn talks_by(vendors: &str) -> Speech {
    talks_with(vendors, HEARS)
}

fn talks_with(vendors: &str, hears: &str) -> Speech {
    let (world, model, speech) = by(vendors, hears, |_, _| Replies::Tool(GOODBYE, "end_call", json!({})));
    let them = world.telling(WORDS, 1_000);
    let id = world.called_by_clerk(&them);
    assert_eq!(model.is_asked().1["messages"][1]["content"], WORDS);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), [GOODBYE]);
    // Of several the one who did it, and none who failed before.
    let events = world.events(&id);
    let works: Vec<[&str; 3]> = events
        .iter()
        .filter_map(|event| event["event"]["spoken"].get("vendors"))
        .map(|vendors| ["recognizer", "model", "synthesizer"].map(|part| word(&vendors[part], "by")))
        .collect();
    assert_eq!(works, [["ear", "", ""], ["", "wise-1", "mouth"]]);
    speech
}

/// A gateway whose agent is a model that speaks and hears by a server of speech.
fn with_model(face: Face, script: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    with_model_and(face, "", script)
}

fn with_model_and(face: Face, more: &str, script: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    let vendors = "[recognizers.ear]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n\
                   [synthesizers.mouth]\nkind = 'openai'\nmodel = 'm'\nvoice = 'alto'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n";
    on(face, vendors, &format!("{HEARS}\n{more}"), script)
}

fn by(vendors: &str, more: &str, script: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    on(Face::Twilio, vendors, more, script)
}

fn on(face: Face, vendors: &str, more: &str, script: fn(usize, &Value) -> Replies) -> (World, Model, Speech) {
    let (model, speech) = (Model::start(script), Speech::start());
    let vendors = vendors.replace("{url}", &speech.url);
    let desk = number(2);
    let agent = format!(
        "{vendors}[agents.clerk]\nkind = 'llm'\nbase_url = '{}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\n\
         pause = '300ms'\nsilent_after = '3s'\nstill_there = 'Still there?'\ngap = 'One moment.'\n\
         apology = '{SORRY}'\ntransfers = {{ desk = '{desk}' }}\n{more}",
        model.base_url
    );
    (World::start(Line::On(face), &agent), model, speech)
}

/// They press a key as soon as there is sound.
fn presses_four(world: &World, id: &str, them: &str) {
    wait_for("there is sound", SOON, || world.truth_to(them).first()?["streams"][0]["opened_at"].as_u64());
    world.presses(&world.wait_for_leg(id), "4");
}

fn lines(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(by, text)| ((*by).to_owned(), (*text).to_owned())).collect()
}
