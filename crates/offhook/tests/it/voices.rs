//! Agents that are models which hear and speak: what they hear, how much of what they say is heard, and
//! what they do, on every carrier.

use crate::world::{
    Face, Line, Realtime, SOON, Speaks, Tool, World, assert_clerk_ended, number, wait_for, word,
};
use serde_json::{Value, json};

on_every_carrier!(
    a_model_hears_and_speaks_and_ends_the_call,
    who_talks_over_a_model_has_heard_what_the_transcript_says,
    after_a_kill_the_model_knows_what_was_said,
    a_server_that_goes_away_is_told_what_was_said_by_the_next,
    whoever_a_model_puts_through_is_put_through,
    a_model_that_fails_again_and_again_is_apologised_for,
    a_server_that_refuses_the_key_is_apologised_for,
    keys_that_are_pressed_are_told_to_the_model_together,
    a_tool_of_the_owners_is_used_and_the_model_told,
    who_says_nothing_is_asked_whether_they_are_there_and_left,
);

const WORDS: &str = "It is Ada.";
const GOODBYE: &str = "Goodbye, Ada.";
const SORRY: &str = "Sorry, nobody can talk now.";
const LONG: &str = "Let me tell you everything about our hotel, since it has so very many rooms, and each of them has \
                    a view of its own, and a story, and whoever slept there would tell you another, if you asked them.";

fn a_model_hears_and_speaks_and_ends_the_call(face: Face) {
    let (world, model) = with_model(face, |_, said| match said {
        "" => Speaks::Words("Who is this?"),
        _ => Speaks::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 1_500);

    let id = world.called_by_clerk(&them);

    let opened = model.is_told_of("session.update");
    assert_eq!(opened["session"]["instructions"], "Be kind.");
    assert_eq!(
        opened["session"]["audio"]["output"],
        json!({ "format": { "type": "audio/pcmu" }, "voice": "marin" })
    );
    assert_eq!(model.is_told()["type"], "response.create", "nothing was said yet, so it begins");
    assert_eq!(model.is_told_of("heard")["words"], WORDS);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Who is this?", GOODBYE]);
    let events = world.events(&id);
    let waited = events.iter().find_map(|event| event["event"]["spoken"]["after_ms"].as_u64());
    let waited = waited.expect("it is known how long they waited");
    let felt = world.only_truth_to(&them)["streams"][0]["waited_ms"][0].as_u64().expect("they waited");
    assert!(waited.abs_diff(felt) < 300, "{waited} ms here, {felt} ms for them");
    let said = [("agent", "Who is this?"), ("remote", WORDS), ("agent", GOODBYE)];
    assert_eq!(world.spoken(&id), said.map(|(by, text)| (by.to_owned(), text.to_owned())));
}

/// The model says something long, and the other side begins to speak in the middle of it.
fn who_talks_over_a_model_has_heard_what_the_transcript_says(face: Face) {
    let (world, model) = with_model(face, |_, said| match said {
        "" => Speaks::Words(LONG),
        _ => Speaks::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 1_500);

    let id = world.called_by_clerk(&them);

    let forgotten = model.is_told_of("conversation.item.truncate");
    let at = forgotten["audio_end_ms"].as_u64().expect("a time");
    assert!((199..1_900).contains(&at), "{forgotten}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let said = world.spoken(&id);
    let (by, heard) = &said[0];
    assert!(by == "agent" && !heard.is_empty() && LONG.starts_with(heard.as_str()), "{said:?}");
    assert!(heard.len() < LONG.len() * 4 / 5, "{heard:?}");
    assert_eq!(
        said[1..],
        [("remote", WORDS), ("agent", GOODBYE)].map(|(by, text)| (by.to_owned(), text.to_owned()))
    );
    world.talked_over_once(&id, &them);
    // What it says then is heard at once, and not behind the rest.
    let heard_by_them = world.only_truth_to(&them)["streams"][0]["understood"].clone();
    let broken = &heard_by_them[0];
    assert_eq!(
        (&broken["whole"], &heard_by_them[1]["text"]),
        (&json!(false), &json!(GOODBYE)),
        "{heard_by_them}"
    );
    assert!(LONG.starts_with(word(broken, "text")), "{broken}");
}

fn after_a_kill_the_model_knows_what_was_said(face: Face) {
    let (mut world, model) = with_model(face, |n, _| match n {
        0 => Speaks::Words("Who is this?"),
        1 => Speaks::Words("Hello, Ada."),
        _ => Speaks::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 1_500);
    let id = world.called_by_clerk(&them);
    wait_for("they talk", SOON, || (world.spoken(&id).len() == 3).then_some(()));

    world.kill_dash_nine();
    world.start_gateway();

    model.is_told_of("heard");
    model.is_told_of("session.update");
    let knows: Vec<Value> =
        (0..3).map(|_| model.is_told_of("conversation.item.create")["item"].clone()).collect();
    let texts: Vec<(&str, &str)> =
        knows.iter().map(|item| (word(item, "role"), word(&item["content"][0], "text"))).collect();
    assert_eq!(texts, [("assistant", "Who is this?"), ("user", WORDS), ("assistant", "Hello, Ada.")]);
    assert_eq!(model.is_told()["type"], "response.create");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    world.only_truth_to(&them);
    assert_eq!(world.n_heard(&them, "One moment."), 1, "whoever waits is told so");
}

fn a_server_that_goes_away_is_told_what_was_said_by_the_next(face: Face) {
    let (world, model) = with_model(face, |n, _| match n {
        0 => Speaks::Words("Who is this?"),
        // Somebody waits for this reply: the next server makes it.
        1 => Speaks::Dies,
        _ => Speaks::Words("Hello, Ada."),
    });
    let them = world.telling(WORDS, 1_500);
    let id = world.called_by_clerk(&them);
    wait_for("they talk", SOON, || (world.spoken(&id).len() == 3).then_some(()));

    for _ in 0..2 {
        model.is_told_of("session.update");
    }
    model.crashes();

    model.is_told_of("session.update");
    let knows: Vec<Value> =
        (0..3).map(|_| model.is_told_of("conversation.item.create")["item"]["content"].clone()).collect();
    let texts: Vec<&str> = knows.iter().map(|content| word(&content[0], "text")).collect();
    assert_eq!(texts, ["Who is this?", WORDS, "Hello, Ada."]);
    // Nobody waits for anything: it listens.
    world.hang_up(&id);
    world.wait_for_end(&id);
    let expected = [("agent", "Who is this?"), ("remote", WORDS), ("agent", "Hello, Ada.")];
    assert_eq!(world.spoken(&id), expected.map(|(by, text)| (by.to_owned(), text.to_owned())));
    assert_eq!(world.only_truth_to(&them)["streams"].as_array().map(Vec::len), Some(1), "by the same stream");
}

fn whoever_a_model_puts_through_is_put_through(face: Face) {
    let (world, _model) =
        with_model(face, |_, _| Speaks::Tool("One moment.", "transfer_call", json!({ "to": "desk" })));
    let (them, desk) = (world.telling(WORDS, 600_000), number(2));
    world.subscriber(&desk, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 1_000}));

    let id = world.called_by_clerk(&them);

    world.wait_for_truth(&desk, &["in-progress", "completed"]);
    let call = world.wait_for_end(&id);
    assert_eq!(word(&call["ending"], "kind"), "completed", "{call}");
    let put = call["commands"].as_array().and_then(|all| all.iter().find(|one| one["verb"] == "transfer"));
    assert_eq!(put.map(|put| word(put, "by")), Some("agent"), "{call}");
}

fn a_model_that_fails_again_and_again_is_apologised_for(face: Face) {
    let (world, _model) = with_model(face, |_, _| Speaks::Fails);
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_failed");
    assert_eq!(world.n_heard(&them, SORRY), 1);
    assert_eq!(word(&world.call(&id)["commands"][0], "code"), "model_silent");
}

fn a_server_that_refuses_the_key_is_apologised_for(face: Face) {
    let (mut world, model) = with_model(face, |_, _| Speaks::Words("Hello."));
    world.write_settings(&agent(&model, "wrong"));
    world.kill_dash_nine();
    world.start_gateway();
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_failed");
    assert_eq!(world.n_heard(&them, SORRY), 1);
    assert_eq!(word(&world.call(&id)["commands"][0], "code"), "program_unreachable");
}

fn keys_that_are_pressed_are_told_to_the_model_together(face: Face) {
    let (world, model) = with_model(face, |n, _| match n {
        0 => Speaks::Words("Which room?"),
        _ => Speaks::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    wait_for("the question is heard", SOON, || (world.spoken(&id).len() == 1).then_some(()));

    let leg = world.wait_for_leg(&id);
    world.presses(&leg, "4");
    world.presses(&leg, "2");

    let told = model.is_told_of("conversation.item.create");
    let text = word(&told["item"]["content"][0], "text");
    assert!(text.contains("pressed 42"), "{told}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.spoken(&id)[1], ("remote".to_owned(), "42".to_owned()));
}

fn a_tool_of_the_owners_is_used_and_the_model_told(face: Face) {
    let (tool, model) = (
        Tool::start(Some(r#"{"room": 12}"#)),
        Realtime::start(|n, _| match n {
            0 => Speaks::Tool("Let me see.", "find", json!({ "name": "Ada" })),
            _ => Speaks::Tool("Room twelve.", "end_call", json!({})),
        }),
    );
    let finds = format!(
        "[agents.clerk.tools.find]\ndescription = 'Finds somebody.'\nurl = '{}'\nparameters.name = 'Whom.'",
        tool.url
    );
    let world = World::start(Line::On(face), &format!("{}\n{finds}", agent(&model, "sesame")));
    let them = world.telling(WORDS, 600_000);

    let id = world.called_by_clerk(&them);

    let opened = model.is_told_of("session.update");
    assert_eq!(opened["session"]["tools"][3]["name"], "find");
    assert_eq!(tool.is_asked().1["arguments"], json!({ "name": "Ada" }));
    let told = model.is_told_of("conversation.item.create");
    let expected =
        json!({ "type": "function_call_output", "call_id": "call_1", "output": r#"{"room": 12}"# });
    assert_eq!(told["item"], expected);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Let me see.", "Room twelve."]);
    assert_eq!(tool.n_asked(), 0, "it was used once");
}

fn who_says_nothing_is_asked_whether_they_are_there_and_left(face: Face) {
    let model =
        Realtime::start(|n, _| if n == 0 { Speaks::Words("Hello?") } else { Speaks::Words("Still there?") });
    let settings = format!("{}\nsilent_after = '3s'\nstill_there = 'Anybody?'", agent(&model, "sesame"));
    let world = World::start(Line::On(face), &settings);
    let them = world.telling(WORDS, 600_000);
    let id = world.called_by_clerk(&them);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Hello?", "Still there?", "Still there?"]);
    model.is_told_of("response.create");
    let asked = model.is_told_of("response.create");
    assert!(word(&asked["response"], "instructions").ends_with("Anybody?"), "{asked}");
}

#[test]
fn who_says_to_a_model_that_they_want_no_more_calls_is_listed() {
    let model = Realtime::start(|_, said| match said {
        "" => Speaks::Words("Hello."),
        _ => Speaks::Tool(GOODBYE, "end_call", json!({})),
    });
    let settings = format!("{}\n[dial]\nopt_out_words = ['it is ada']", agent(&model, "sesame"));
    let world = World::start(Line::On(Face::Twilio), &settings);
    let them = world.telling(WORDS, 1_000);
    world.wait_for_end(&world.called_by_clerk(&them));
    let refused = world.ask("POST", "/v1/calls", Some(&json!({ "to": them })));
    assert!(refused.body.contains("do-not-call"), "{}", refused.body);
}

/// A gateway with an agent that is a model, and the model's server.
fn with_model(face: Face, script: fn(usize, &str) -> Speaks) -> (World, Realtime) {
    let model = Realtime::start(script);
    (World::start(Line::On(face), &agent(&model, "sesame")), model)
}

fn agent(model: &Realtime, key: &str) -> String {
    let desk = number(2);
    format!(
        "[agents.clerk]\nkind = 'realtime'\nbase_url = '{}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\n\
         voice = 'marin'\napi_key = '{key}'\ngap = 'One moment.'\napology = '{SORRY}'\ntransfers = {{ desk = '{desk}' }}",
        model.base_url
    )
}
