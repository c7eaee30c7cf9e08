//! A model makes phone calls by the gateway's tools, over HTTP and by `offhook mcp`, and gateways die meanwhile.

use crate::world::{API_TOKEN, Line, SOON, Sent, World, bare, exchange, offhook, wait_for, word};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

const WORDS: &str = "For four people.";

#[test]
fn a_model_converses_over_http_and_its_session_outlives_a_kill() {
    let mut world = World::start(Line::Webhooks, "");
    let them = world.speaker(WORDS);
    let mut model = Model::begin(&world);

    let wish = json!({ "to": them, "say": "Hello.", "idempotency_key": "one" });
    let id = word(&model.uses(&world, "place_call", &wish), "call").to_owned();
    let asked = json!({ "call": id, "text": "How many?", "input": "speech" });
    assert_eq!(model.uses(&world, "ask", &asked)["speech"], WORDS);
    world.wait_for_talk(&id);
    world.restart();

    // The session is unknown to this gateway, and begun anew without a word.
    let again = model.uses(&world, "place_call", &wish);
    assert_eq!(again["call"], id.as_str(), "a repeat is the same call");
    assert_eq!(model.uses(&world, "listen", &json!({ "call": id, "input": "speech" }))["speech"], WORDS);
    let found = model.uses(&world, "doctor", &json!({}));
    assert_eq!(found["last_start"]["unfinished"], 1, "{found}");
    let keys = json!({ "input": "digits" });
    let refused = world.ask("POST", &format!("/v1/calls/{id}/ask"), Some(&keys));
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("OH-0002")));
    model.uses(&world, "hang_up", &json!({ "call": id }));
    let ended = model.uses(&world, "wait_for_call", &json!({ "call": id }));
    assert_eq!((&ended["state"], &ended["ending"]["kind"]), (&json!("ended"), &json!("completed")));
    assert_eq!(world.truth_to(&them).len(), 1, "one phone rang, once");

    let page = json!({ "uri": format!("offhook://calls/{id}/transcript") });
    let page = model.asks(&world, "resources/read", &page);
    let text = word(&page["result"]["contents"][0], "text").to_owned();
    let places = ["Hello.", "How many?", WORDS].map(|said| text.find(said));
    assert!(places.is_sorted() && places[0].is_some() && text.matches(WORDS).count() == 2, "{text}");
    let logs = world.gateway_logs();
    for kept_back in [WORDS, "How many?", them.as_str(), API_TOKEN] {
        assert!(!logs.contains(kept_back), "{kept_back:?} is in: {logs}");
    }
}

#[test]
fn who_shows_no_token_or_is_a_page_from_elsewhere_is_kept_out() {
    let world = World::start(Line::Webhooks, "");
    let nobody = Sent { method: "POST".to_owned(), ..bare("/mcp") };
    let answer = exchange(world.gateway, &nobody).unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("OH-0001")));
    for (origin, status) in [("http://elsewhere.example", 403), ("http://localhost:6274", 200)] {
        let mut sent = message(None, &begins());
        sent.headers.push(("origin".to_owned(), origin.to_owned()));
        assert_eq!(exchange(world.gateway, &sent).unwrap().status, status, "{origin}");
    }
    let large = Sent { body: vec![b' '; 300 * 1024], ..message(None, &begins()) };
    let answer = exchange(world.gateway, &large).unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("OH-0016")));
}

/// What a client listens to for as long as it lives doesn't hold up a gateway that is told to stop.
#[test]
fn a_stop_in_order_waits_for_no_client_that_only_listens() {
    let mut world = World::start(Line::Webhooks, "");
    let model = Model::begin(&world);
    let mut listens = TcpStream::connect(world.gateway).unwrap();
    listens.set_read_timeout(Some(SOON)).unwrap();
    let head = format!(
        "GET /mcp HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {API_TOKEN}\r\naccept: text/event-stream\r\n\
         mcp-session-id: {}\r\n\r\n",
        model.name
    );
    listens.write_all(head.as_bytes()).unwrap();
    let mut begun = [0; 12];
    listens.read_exact(&mut begun).unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    world.stop_gateway();
}

#[test]
fn a_program_that_waits_says_that_the_gateway_died_and_goes_on_with_the_next() {
    let mut world = World::start(Line::Webhooks, "");
    let them = world.speaker(WORDS);
    let mut program = Program::start(&world);
    let id =
        word(&program.uses("place_call", &json!({ "to": them }))["structuredContent"], "call").to_owned();
    let answered = program.uses("wait_for_call", &json!({ "call": id, "until": "answered" }));
    assert_eq!(answered["structuredContent"]["state"], "in_progress");
    world.wait_for_talk(&id);

    let waits =
        json!({ "name": "wait_for_call", "arguments": { "call": id }, "_meta": { "progressToken": 1 } });
    program.begins("tools/call", &waits);
    assert_eq!(program.hears()["method"], "notifications/progress");
    world.kill_dash_nine();
    let told = program.answer();
    assert_eq!(told["isError"], true);
    let text = word(&told["content"][0], "text");
    assert!(text.starts_with("the gateway went away while the call was waited for"), "{text}");
    let away = program.uses("get_call", &json!({ "call": id }));
    assert!(word(&away["content"][0], "text").starts_with("cannot reach the gateway"), "{away}");

    world.start_gateway();
    let kept = program.uses("get_call", &json!({ "call": id }));
    assert_eq!(kept["structuredContent"]["state"], "in_progress", "{kept}");
    program.uses("hang_up", &json!({ "call": id }));
    let ended = program.uses("wait_for_call", &json!({ "call": id }));
    assert_eq!(ended["structuredContent"]["state"], "ended");
    assert_eq!(program.ends(), Some(0));
}

/// A client over HTTP, with a session as clients before 2026-07-28 have one.
struct Model {
    name: String,
    n_asked: u64,
}

impl Model {
    fn begin(world: &World) -> Model {
        let answer = exchange(world.gateway, &message(None, &begins())).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let name = answer.header("mcp-session-id").unwrap().to_owned();
        let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(exchange(world.gateway, &message(Some(&name), &begun)).unwrap().status, 202);
        Model { name, n_asked: 0 }
    }

    fn asks(&mut self, world: &World, method: &str, params: &Value) -> Value {
        self.n_asked += 1;
        let asked = json!({ "jsonrpc": "2.0", "id": self.n_asked, "method": method, "params": params });
        let answer = exchange(world.gateway, &message(Some(&self.name), &asked)).unwrap();
        let events = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
        let messages = events.filter_map(|event| serde_json::from_str::<Value>(event).ok());
        let ours = messages.into_iter().find(|message| message["id"] == self.n_asked);
        ours.unwrap_or_else(|| panic!("no answer to {asked}: {answer:?}"))
    }

    fn uses(&mut self, world: &World, tool: &str, arguments: &Value) -> Value {
        let used = self.asks(world, "tools/call", &json!({ "name": tool, "arguments": arguments }));
        assert_eq!(used["result"]["isError"], false, "{tool}: {used}");
        used["result"]["structuredContent"].clone()
    }
}

fn begins() -> Value {
    let us = json!({ "name": "a test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": us });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

fn message(session: Option<&str>, message: &Value) -> Sent {
    let mut headers = vec![
        ("authorization".to_owned(), format!("Bearer {API_TOKEN}")),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "application/json, text/event-stream".to_owned()),
    ];
    headers.extend(session.map(|name| ("mcp-session-id".to_owned(), name.to_owned())));
    Sent {
        method: "POST".to_owned(),
        path: "/mcp".to_owned(),
        headers,
        body: message.to_string().into_bytes(),
    }
}

/// `offhook mcp`, and whoever started it.
struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    n_asked: u64,
}

impl Program {
    fn start(world: &World) -> Program {
        let mut command = offhook(&world.path(""));
        command.arg("mcp").arg("--config").arg(world.config_file());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut program = Program { stdin: child.stdin.take(), child, stdout, n_asked: 0 };
        program.says(&begins());
        assert_eq!(program.hears()["result"]["serverInfo"]["name"], "offhook");
        program.says(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        program
    }

    fn says(&mut self, message: &Value) {
        writeln!(self.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    fn hears(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("no JSON ({error}): {line:?}"))
    }

    fn begins(&mut self, method: &str, params: &Value) {
        self.n_asked += 1;
        self.says(&json!({ "jsonrpc": "2.0", "id": self.n_asked, "method": method, "params": params }));
    }

    fn answer(&mut self) -> Value {
        loop {
            let heard = self.hears();
            if heard["id"] == self.n_asked {
                return heard["result"].clone();
            }
        }
    }

    fn uses(&mut self, tool: &str, arguments: &Value) -> Value {
        self.begins("tools/call", &json!({ "name": tool, "arguments": arguments }));
        self.answer()
    }

    /// Its client leaves. The code that it ends with.
    fn ends(mut self) -> Option<i32> {
        drop(self.stdin.take());
        wait_for("the program ends with its client", SOON, || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
