//! Tools that a model has from servers which speak MCP: over sockets and as programs, known, slow, gone and
//! there again.

use crate::world::{
    Face, Line, Mcp, Model, Realtime, Replies, SCRIPT, SOON, Speaks, World, assert_clerk_ended, free_port,
    number, wait_for, word, words,
};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const GOODBYE: &str = "Goodbye, Ada.";

#[test]
fn a_servers_tool_is_used_and_the_model_told() {
    let server = Mcp::start();
    let more = format!("{}\nonly = ['find', 'fail']", at(&server.url));
    let (world, model) = with_model(&more, |n, _| match n {
        0 => Replies::Tool("Let me see.", "hotel_find", json!({ "name": "Ada" })),
        1 => Replies::Tool("And again.", "hotel_fail", json!({ "name": "Eve" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    server.is_listed(1);
    let them = world.speaker("It is Ada.");

    let id = called(&world, &them);

    let (_, body) = model.is_asked();
    assert_eq!(names_of_tools(&body)[3..], ["hotel_fail", "hotel_find"]);
    let function = &body["tools"][4]["function"];
    assert_eq!(function["description"], "It does find.");
    assert_eq!(function["parameters"]["required"], json!(["name"]));
    let (head, asked) = server.is_used();
    assert!(head.contains("authorization: Bearer sesame-of-the-hotel"), "{head}");
    assert_eq!((&asked["name"], &asked["arguments"]), (&json!("find"), &json!({ "name": "Ada" })));
    assert_eq!(told_of_tool(&model.is_asked().1), "Room\n12");
    assert_eq!(server.is_used().1["name"], "fail");
    assert_eq!(told_of_tool(&model.is_asked().1), r#"{"error":"no such guest"}"#);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    for text in ["Let me see.", "And again.", GOODBYE] {
        assert_eq!(world.n_heard(&them, text), 1, "{text}");
    }
    let story: Vec<Value> = world.events(&id);
    let told = serde_json::to_string(&story).unwrap();
    assert!(told.contains("hotel_find") && told.contains("no such guest"), "{told}");
    assert_eq!(server.n_used(), 0, "each was used once");
    let logs = world.gateway_logs();
    for kept_back in ["sesame-of-the-hotel", "Room", "Service initialized"] {
        assert!(!logs.contains(kept_back), "{kept_back} is in: {logs}");
    }
}

#[test]
fn a_slow_tool_is_given_up_in_its_time() {
    let server = Mcp::start();
    let (world, model) = with_model(&format!("{}\ntimeout = '1s'", at(&server.url)), |n, _| match n {
        0 => Replies::Tool("Let me see.", "hotel_sleep", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    server.is_listed(1);
    let id = called(&world, &world.speaker("It is Ada."));
    model.is_asked();
    assert_eq!(told_of_tool(&model.is_asked().1), r#"{"error":"no reply within 1s"}"#);
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    server.is_used();
    assert_eq!(server.n_used(), 0, "it was used once");
}

#[test]
fn a_servers_tool_that_a_kill_cut_off_is_in_doubt_and_not_used_again() {
    let server = Mcp::start();
    let (mut world, model) = with_model(&at(&server.url), |n, _| match n {
        0 => Replies::Tool("Let me see.", "hotel_sleep", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    server.is_listed(1);
    let id = called(&world, &world.speaker("It is Ada."));
    model.is_asked();
    server.is_used();

    world.kill_dash_nine();
    world.start_gateway();

    let (_, body) = model.is_asked();
    assert!(body.to_string().contains("nobody knows yet whether this was done"), "{body}");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(server.n_used(), 0, "it was used once");
}

/// A call goes on without the tools of a server that isn't there, and the next one has them.
#[test]
fn a_server_that_is_down_at_first_is_had_when_it_is_there() {
    let port = free_port([127, 0, 0, 1].into());
    let (world, model) = with_model(&at(&format!("http://127.0.0.1:{port}/mcp")), |n, _| match n {
        0 => Replies::Tool(GOODBYE, "end_call", json!({})),
        1 => Replies::Tool("Let me see.", "hotel_find", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    let them = world.speaker("It is Ada.");
    assert_clerk_ended(&world.wait_for_end(&called(&world, &them)), "agent_done");
    assert_eq!(names_of_tools(&model.is_asked().1), ["end_call", "press_keys", "transfer_call"]);
    assert!(world.gateway_logs().contains("a server of tools can't be had"));
    let notes = || world.get("/healthz")["notes"].to_string();
    assert!(world.health().0 && notes().contains("the server of tools hotel can't be had"), "{}", notes());

    let server = Mcp::start_at(([127, 0, 0, 1], port).into());
    server.is_listed(1);
    wait_for("it is connected", SOON, || (notes() == "[]").then_some(()));
    let id = called(&world, &them);

    assert_eq!(names_of_tools(&model.is_asked().1)[3..], ["hotel_fail", "hotel_find", "hotel_sleep"]);
    assert_eq!(server.is_used().1["name"], "find");
    assert_eq!(told_of_tool(&model.is_asked().1), "Room\n12");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
}

/// A server that was started anew refuses what is asked in a session of before, unheard: it is asked again.
#[test]
fn a_server_that_forgot_us_is_connected_again_and_asked_once() {
    let server = Mcp::start();
    let (world, model) = with_model(&at(&server.url), |n, _| match n {
        0 => Replies::Tool("Let me see.", "hotel_find", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    server.is_listed(1);
    wait_for("it is connected", SOON, || world.gateway_logs().contains("tools is connected").then_some(()));
    let server = server.restart();
    let id = called(&world, &world.speaker("It is Ada."));
    model.is_asked();
    assert_eq!(told_of_tool(&model.is_asked().1), "Room\n12");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    server.is_used();
    server.is_listed(1);
    assert_eq!(server.n_used(), 0, "it was used once");
}

#[test]
fn a_program_is_a_server_too_and_ends_with_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hotel"), SCRIPT).unwrap();
    let run = format!("cd {} && . ./hotel", folder.path().display());
    let server = format!("[agents.clerk.mcp.hotel]\ncommand = ['sh', '-c', '{run}']");
    let (mut world, model) = with_model(&server, |n, _| match n {
        0 => Replies::Tool("Let me see.", "hotel_whereis", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    wait_for("it is connected", SOON, || world.gateway_logs().contains("tools is connected").then_some(()));

    let id = called(&world, &world.speaker("It is Ada."));

    assert_eq!(names_of_tools(&model.is_asked().1)[3..], ["hotel_whereis"]);
    assert_eq!(told_of_tool(&model.is_asked().1), "Room 12");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    let uses = fs::read_to_string(folder.path().join("hotel.uses")).unwrap();
    assert_eq!(uses.lines().count(), 1, "{uses}");
    assert!(uses.contains(r#""arguments":{"name":"Ada"}"#), "{uses}");
    let process = fs::read_to_string(folder.path().join("hotel.pid")).unwrap();
    let process = Path::new("/proc").join(process.trim());
    assert!(process.exists());
    world.stop_gateway();
    wait_for("the program ends", SOON, || (!process.exists()).then_some(()));
}

/// A reload brings another server, whose tools the next call has.
#[test]
fn after_a_reload_the_tools_are_those_of_the_new_servers() {
    let (before, after) = (Mcp::start(), Mcp::start());
    let (world, model) = with_model(&at(&before.url), |n, _| match n {
        0 => Replies::Tool("Let me see.", "hotel_find", json!({ "name": "Ada" })),
        _ => Replies::Tool(GOODBYE, "end_call", json!({})),
    });
    before.is_listed(1);
    world.write_settings(&clerk(&model, &at(&after.url)));
    let (code, out, said) = words(&world.command(&["reload"]));
    assert_eq!(code, Some(0), "{out}{said}");
    after.is_listed(1);

    let id = called(&world, &world.speaker("It is Ada."));

    assert_eq!(after.is_used().1["name"], "find");
    model.is_asked();
    assert_eq!(told_of_tool(&model.is_asked().1), "Room\n12");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(before.n_used(), 0);
}

#[test]
fn a_model_that_hears_and_speaks_has_them_too() {
    let server = Mcp::start();
    let model = Realtime::start(|n, _| match n {
        0 => Speaks::Tool("Let me see.", "hotel_find", json!({ "name": "Ada" })),
        _ => Speaks::Tool("Room twelve.", "end_call", json!({})),
    });
    let settings = format!(
        "[agents.clerk]\nkind = 'realtime'\nbase_url = '{}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\n\
         api_key = 'sesame'\n{}",
        model.base_url,
        at(&server.url)
    );
    let world = World::start(Line::On(Face::Twilio), &settings);
    server.is_listed(1);
    let them = world.telling("It is Ada.", 600_000);
    let id = world.called_by_clerk(&them);
    let opened = model.is_told_of("session.update");
    let tools = opened["session"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| word(tool, "name")).collect();
    assert_eq!(names[2..], ["hotel_fail", "hotel_find", "hotel_sleep"]);
    assert_eq!(server.is_used().1["arguments"], json!({ "name": "Ada" }));
    let told = model.is_told_of("conversation.item.create");
    assert_eq!(told["item"]["output"], "Room\n12");
    assert_clerk_ended(&world.wait_for_end(&id), "agent_done");
    assert_eq!(world.understood(&them), ["Let me see.", "Room twelve."]);
}

#[test]
fn the_doctor_asks_each_server_for_its_tools() {
    let server = Mcp::start();
    let gone = format!("http://127.0.0.1:{}/mcp", free_port([127, 0, 0, 1].into()));
    let more = format!(
        "{}\nonly = ['find', 'book']\n[agents.clerk.mcp.gone]\nurl = '{gone}'\n\
         [agents.clerk.mcp.mute]\ncommand = ['true']\n[agents.clerk.mcp.none]\ncommand = ['/no/such/program']",
        at(&server.url)
    );
    let (world, _model) = with_model(&more, |_, _| Replies::Never);

    let (code, table, _) = words(&world.command(&["doctor"]));

    assert_eq!(code, Some(1), "{table}");
    for told in [
        "server of tools \"hotel\" lists 3 tools in ",
        "of which the model has 1",
        "server of tools \"hotel\" has no tool \"book\"",
        "mend `only` in [agents.clerk.mcp.hotel]; it has fail, find, sleep",
        "server of tools \"gone\" can't be had: ",
        "Connection refused",
        "mend [agents.clerk.mcp.gone]: its url, its token or its command",
        "server of tools \"mute\" can't be had: it ended at once",
        "server of tools \"none\" can't be had: cannot run /no/such/program: No such file",
    ] {
        assert!(table.contains(told), "{told:?} is not in: {table}");
    }
}

/// The configuration of a server.
fn at(url: &str) -> String {
    format!("[agents.clerk.mcp.hotel]\nurl = '{url}'\ntoken = 'sesame-of-the-hotel'")
}

/// A gateway with an agent that is a model, which has these servers.
fn with_model(servers: &str, script: fn(usize, &Value) -> Replies) -> (World, Model) {
    let model = Model::start(script);
    (World::start(Line::On(Face::Twilio), &clerk(&model, servers)), model)
}

fn clerk(model: &Model, servers: &str) -> String {
    let desk = number(2);
    format!(
        "[agents.clerk]\nkind = 'llm'\nbase_url = '{}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\napi_key = 'sesame'\n\
         transfers = {{ desk = '{desk}' }}\n{servers}",
        model.base_url
    )
}

/// The clerk has this number called, and greets.
fn called(world: &World, to: &str) -> String {
    let wish = json!({"to": to, "agent": "clerk", "say": "Who is this?"});
    let placed = world.ask("POST", "/v1/calls", Some(&wish));
    assert_eq!(placed.status, 202, "{}", placed.body);
    word(&placed.json(), "id").to_owned()
}

fn names_of_tools(body: &Value) -> Vec<String> {
    let tools = body["tools"].as_array().expect("it has tools");
    tools.iter().map(|tool| word(&tool["function"], "name").to_owned()).collect()
}

/// What the model is told last, which a tool said.
fn told_of_tool(body: &Value) -> String {
    let last = body["messages"].as_array().and_then(|all| all.last().cloned()).expect("there are some");
    assert_eq!(word(&last, "role"), "tool", "{body}");
    word(&last, "content").to_owned()
}
