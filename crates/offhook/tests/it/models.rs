//! Agents that are language models: what they are asked, what they say, and what they do, on every carrier.

use crate::world::{
    Face, Line, Model, Replies, SOON, Tool, World, assert_clerk_ended, number, wait_for, word,
};
use serde_json::{Value, json};

on_every_carrier!(
    a_model_replies_to_what_is_said_and_ends_the_call,
    after_a_kill_the_model_knows_what_was_said,
    whoever_a_model_puts_through_is_put_through,
    a_model_that_does_not_reply_has_it_said_again_and_is_given_up,
    a_tool_of_the_owners_is_used_and_the_model_told,
    who_says_nothing_is_asked_whether_they_are_there_and_left,
);

const WORDS: &str = "It is Ada.";
const GREETING: &str = "Who is this?";
const GOODBYE: &str = "Goodbye, Ada.";
const AGAIN: &str = "Pardon?";
const SORRY: &str = "Sorry, nobody can talk now.";

fn a_model_replies_to_what_is_said_and_ends_the_call(face: Face) {
    let (world, model) = with_model(face, |n, _| match n {
        0 => Replies::Words(&["Hello, Ada. ", "How are", " you?"]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.speaker(WORDS);

    let id = called(&world, &them);

    let (head, body) = model.is_asked();
    assert!(
        head.starts_with("POST /v1/chat/completions ") && head.contains("authorization: Bearer sesame"),
        "{head}"
    );
    assert_eq!((&body["model"], &body["stream"]), (&json!("wise-1"), &json!(true)));
    let said = |role: &str, text: &str| json!({ "role": role, "content": text });
    let first = [said("system", "Be kind."), said("assistant", GREETING), said("user", WORDS)];
    assert_eq!(body["messages"], json!(first));
    let (_, body) = model.is_asked();
    let then = [said("assistant", "Hello, Ada. How are you?"), said("user", WORDS)];
    assert_eq!(body["messages"], json!([&first[..], &then].concat()));
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    for text in [GREETING, "Hello, Ada. How are you?", GOODBYE] {
        assert_eq!(world.n_heard(&them, text), 1, "{text}");
    }
}

fn after_a_kill_the_model_knows_what_was_said(face: Face) {
    let (mut world, model) = with_model(face, |n, _| match n {
        0 => Replies::Never,
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.speaker(WORDS);
    let id = called(&world, &them);
    let (_, asked) = model.is_asked();

    world.kill_dash_nine();
    world.start_gateway();

    let (_, asked_again) = model.is_asked();
    assert_eq!(asked_again["messages"], asked["messages"]);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!([GREETING, GOODBYE].map(|text| world.n_heard(&them, text)), [1, 1]);
    world.only_truth_to(&them);
}

fn whoever_a_model_puts_through_is_put_through(face: Face) {
    let (world, model) =
        with_model(face, |_, _| Replies::Tool("One moment.", "transfer_call", json!({ "to": "desk" })));
    let (them, desk) = (world.speaker(WORDS), number(2));
    world.subscriber(&desk, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 1_000}));

    let id = called(&world, &them);

    let (_, body) = model.is_asked();
    assert_eq!(body["tools"][2]["function"]["parameters"]["properties"]["to"]["enum"], json!(["desk"]));
    world.wait_for_truth(&desk, &["in-progress", "completed"]);
    let call = world.wait_for_end(&id);
    assert_eq!(word(&call["ending"], "kind"), "completed", "{call}");
    let put = call["commands"].as_array().and_then(|all| all.iter().find(|one| one["verb"] == "transfer"));
    assert_eq!(put.map(|put| word(put, "by")), Some("agent"), "{call}");
}

fn a_model_that_does_not_reply_has_it_said_again_and_is_given_up(face: Face) {
    // Of what broke off nothing is said.
    let (world, model) = with_model(face, |n, _| match n {
        0 => Replies::Begins("Well"),
        1 => Replies::Never,
        _ => Replies::Status(401),
    });
    let them = world.speaker(WORDS);

    let call = world.wait_for_end(&called(&world, &them));

    assert_clerk_ended(&call, "agent_failed");
    assert_eq!([AGAIN, SORRY].map(|text| world.n_heard(&them, text)), [2, 1], "{call}");
    (0..3).for_each(|_| drop(model.is_asked()));
}

fn a_tool_of_the_owners_is_used_and_the_model_told(face: Face) {
    let tool = Tool::start(Some(r#"{"room": 12}"#));
    let (world, model) = with_model_and(face, &finding(&tool), |n, _| match n {
        0 => Replies::Tool("Let me see.", "find", json!({ "name": "Ada" })),
        1 => Replies::Words(&["Room twelve."]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.speaker(WORDS);

    let id = called(&world, &them);

    let (_, body) = model.is_asked();
    let function = &body["tools"][3]["function"];
    assert_eq!((&function["name"], &function["parameters"]["required"]), (&json!("find"), &json!(["name"])));
    let (head, asked) = tool.is_asked();
    assert!(head.contains("authorization: Bearer open") && head.contains("idempotency-key: use_"), "{head}");
    assert_eq!((&asked["tool"], &asked["arguments"]), (&json!("find"), &json!({ "name": "Ada" })));
    assert_eq!((word(&asked["call"], "id"), word(&asked["call"], "to")), (id.as_str(), them.as_str()));
    let (_, body) = model.is_asked();
    let last = body["messages"].as_array().and_then(|all| all.last().cloned()).expect("there are some");
    assert_eq!((word(&last, "role"), word(&last, "content")), ("tool", r#"{"room": 12}"#), "{body}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    for text in ["Let me see.", "Room twelve.", GOODBYE] {
        assert_eq!(world.n_heard(&them, text), 1, "{text}");
    }
    let (_, body) = model.is_asked();
    assert!(body.to_string().contains("room"), "it is still known: {body}");
    assert_eq!(tool.n_asked(), 0, "it was used once");
}

fn who_says_nothing_is_asked_whether_they_are_there_and_left(face: Face) {
    let settings = "silent_after = '3s'\nstill_there = 'Hello?'";
    let (world, _model) = with_model_and(face, settings, |_, _| Replies::Never);
    let them = number(1);
    world.subscriber(&them, &json!({"does": "silent", "answer_after_ms": 0}));
    let call = world.wait_for_end(&called(&world, &them));
    assert_clerk_ended(&call, "agent_done");
    assert_eq!(world.n_heard(&them, "Hello?"), 2, "{call}");
}

/// The gateway dies while a tool is at work: it isn't used again unless the model wishes so, who is told.
/// The first refuses, thinks for too long, or says nothing, and one more is where nobody listens.
#[test]
fn where_a_model_does_not_reply_the_next_is_asked() {
    let spare = Model::start(|n, _| match n {
        0..=2 => Replies::Words(&["Good evening."]),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let spares = format!(
        "spares = ['gone', 'other']\n[models.gone]\nmodel = 'm'\nbase_url = 'http://127.0.0.1:9/v1'\n\
         [models.other]\nmodel = 'wise-2'\napi_key = 'tree'\nbase_url = '{}'",
        spare.base_url
    );
    let (world, model) = with_model_and(Face::Twilio, &spares, |n, _| match n {
        0 => Replies::Status(500),
        1 => Replies::Pings,
        2 => Replies::Words(&[" ", "\n"]),
        _ => Replies::Never,
    });
    let them = world.speaker(WORDS);

    let call = world.wait_for_end(&called(&world, &them));

    assert_clerk_ended(&call, "agent_done");
    assert_eq!(["Good evening.", GOODBYE, AGAIN].map(|text| world.n_heard(&them, text)), [3, 1, 0], "{call}");
    (0..4).for_each(|_| drop(model.is_asked()));
    let (head, body) = spare.is_asked();
    assert_eq!((&body["model"], head.contains("Bearer tree")), (&json!("wise-2"), true), "{head}");
    assert_eq!(body["messages"][0]["content"], "Be kind.");
}

/// Its call goes on with what is configured then: a key that was replaced is good for nothing.
#[test]
fn a_reload_changes_how_the_model_of_a_live_call_is_asked() {
    let (world, model) = with_model(Face::Twilio, |_, _| Replies::Words(&["Go on."]));
    let them = world.speaker(WORDS);
    let id = called(&world, &them);
    model.is_asked();
    let text = std::fs::read_to_string(world.config_file()).expect("the configuration is there");
    let text = text.replace("api_key = \"sesame\"", "api_key = \"tree\"").replace("Be kind.", "Be brief.");
    std::fs::write(world.config_file(), text).expect("it can be written");
    let reloaded = world.ask("POST", "/v1/reload", None).json();
    assert_eq!(reloaded["changed"], json!(["agents.clerk.api_key", "agents.clerk.prompt"]));
    let asked = wait_for("it is asked so", SOON, || {
        let (head, body) = model.is_asked();
        head.contains("Bearer tree").then_some(body)
    });
    assert_eq!(asked["messages"][0]["content"], "Be brief.");
    world.hang_up(&id);
    world.wait_for_end(&id);
}

#[test]
fn a_tool_that_a_kill_cut_off_is_in_doubt_and_not_used_again() {
    let tool = Tool::start(None);
    let (mut world, model) = with_model_and(Face::Twilio, &finding(&tool), |n, _| match n {
        0 => Replies::Tool("Let me see.", "find", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.speaker(WORDS);
    let id = called(&world, &them);
    model.is_asked();
    tool.is_asked();

    world.kill_dash_nine();
    world.start_gateway();

    let (_, body) = model.is_asked();
    assert!(body.to_string().contains("nobody knows yet whether this was done"), "{body}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(tool.n_asked(), 0, "it was used once");
}

#[test]
fn a_model_that_the_configuration_does_not_have_any_more_is_apologised_for() {
    let (mut world, model) = with_model(Face::Twilio, |_, _| Replies::Never);
    let them = world.speaker(WORDS);
    let id = called(&world, &them);
    model.is_asked();
    world.kill_dash_nine();
    world.write_settings("");
    world.start_gateway();
    assert_clerk_ended(&world.wait_for_end(&id), "agent_failed");
    wait_for("the apology is heard", SOON, || (world.n_heard(&them, SORRY) == 1).then_some(()));
}

/// A gateway with an agent that is a model, and the model's server.
fn with_model(face: Face, script: fn(usize, &Value) -> Replies) -> (World, Model) {
    with_model_and(face, "", script)
}

/// The configuration of a tool to find somebody.
fn finding(tool: &Tool) -> String {
    format!(
        "[agents.clerk.tools.find]\ndescription = 'Finds somebody.'\nurl = '{}'\ntoken = 'open'\n\
         parameters.name = 'Whom.'\nparameters.room = {{ type = 'integer', description = 'Where.', optional = true }}",
        tool.url
    )
}

/// The same, with more settings behind.
fn with_model_and(face: Face, more: &str, script: fn(usize, &Value) -> Replies) -> (World, Model) {
    let model = Model::start(script);
    let desk = number(2);
    let agent = format!(
        "[agents.clerk]\nkind = 'llm'\nbase_url = '{}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\napi_key = 'sesame'\n\
         reply_within = '2s'\nfallback = '{AGAIN}'\napology = '{SORRY}'\ntransfers = {{ desk = '{desk}' }}\n{more}",
        model.base_url
    );
    (World::start(Line::On(face), &agent), model)
}

/// The clerk has this number called, and greets.
fn called(world: &World, to: &str) -> String {
    let wish = json!({"to": to, "agent": "clerk", "say": GREETING});
    let placed = world.ask("POST", "/v1/calls", Some(&wish));
    assert_eq!(placed.status, 202, "{}", placed.body);
    word(&placed.json(), "id").to_owned()
}
