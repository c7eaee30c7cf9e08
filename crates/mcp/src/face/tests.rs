//! The face before a gateway that is made of what a test says: what is asked of it, and what a client is told.

#![allow(clippy::unwrap_used)]
use super::*;
use http::Method;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

/// What is answered to a request, which so many came before.
type Answers = dyn Fn(usize, &Request) -> Result<Reply, NoReply> + Send + Sync;

/// A gateway that answers as a test says, and keeps what it was asked.
#[derive(Clone)]
struct Made {
    answers: Arc<Answers>,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Made {
    fn of(answers: impl Fn(usize, &Request) -> Result<Reply, NoReply> + Send + Sync + 'static) -> Made {
        Made { answers: Arc::new(answers), asked: Arc::default() }
    }

    fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl Gateway for Made {
    async fn ask(&self, request: Request) -> Result<Reply, NoReply> {
        let n_before = self.asked().len();
        self.asked.lock().unwrap().push(request.clone());
        (self.answers)(n_before, &request)
    }
}

/// A client that has begun.
struct Speaker {
    write: DuplexStream,
    read: BufReader<DuplexStream>,
    n_asked: u64,
    /// What came that was no answer.
    notices: Vec<Value>,
}

impl Speaker {
    async fn of(gateway: &Made) -> Speaker {
        let (write, to_face) = tokio::io::duplex(1 << 16);
        let (from_face, read) = tokio::io::duplex(1 << 16);
        tokio::spawn(speak(gateway.clone(), to_face, from_face));
        let mut speaker = Speaker { write, read: BufReader::new(read), n_asked: 0, notices: Vec::new() };
        let us = json!({ "name": "a test", "version": "1" });
        let begins = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": us });
        assert_eq!(speaker.asks("initialize", begins).await["result"]["serverInfo"]["name"], "offhook");
        speaker.says(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        speaker
    }

    async fn says(&mut self, message: &Value) {
        self.write.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn begins(&mut self, method: &str, params: Value) {
        self.n_asked += 1;
        self.says(&json!({ "jsonrpc": "2.0", "id": self.n_asked, "method": method, "params": params })).await;
    }

    async fn hears(&mut self) -> Value {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(60), self.read.read_line(&mut line));
        assert_ne!(read.await.unwrap().unwrap(), 0, "the face went away");
        serde_json::from_str(&line).unwrap()
    }

    async fn asks(&mut self, method: &str, params: Value) -> Value {
        self.begins(method, params).await;
        loop {
            let heard = self.hears().await;
            if heard["id"] == self.n_asked {
                return heard;
            }
            self.notices.push(heard);
        }
    }

    async fn uses(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.asks("tools/call", json!({ "name": tool, "arguments": arguments })).await;
        answer["result"].clone()
    }
}

fn ok(body: Value) -> Result<Reply, NoReply> {
    Ok(Reply { status: 200, body })
}

fn call(state: &str) -> Value {
    json!({ "id": "c_1", "state": state, "direction": "outbound", "to": "+12025550143", "from": "+12025550100",
            "ending": null, "commands": [], "answered_at": null })
}

fn command(state: &str, more: &Value) -> Value {
    let mut command = json!({ "id": 3, "verb": "ask", "state": state, "speech": null, "digits": null,
                              "transfer": null, "stopped": false, "code": null, "why": null });
    for (field, value) in more.as_object().unwrap() {
        command[field] = value.clone();
    }
    json!({ "call": "c_1", "command": command })
}

#[tokio::test]
async fn a_call_is_placed_under_the_key_that_is_given_and_holds_the_line() {
    let gateway = Made::of(|_, _| ok(call("placing")));
    let mut model = Speaker::of(&gateway).await;
    let told = model.uses("place_call", json!({ "to": "+12025550143", "idempotency_key": "k" })).await;
    assert_eq!(told["structuredContent"]["call"], "c_1");
    let announced = json!({ "to": "+12025550143", "say": "Hi", "hold": false });
    model.uses("place_call", announced).await;
    model.uses("place_call", json!({ "to": "+12025550143", "agent": "clerk" })).await;

    let asked = gateway.asked();
    let bodies: Vec<Value> = asked.iter().map(|asked| asked.body.clone().unwrap()).collect();
    assert_eq!(bodies[0], json!({ "to": "+12025550143", "hold": true }));
    assert_eq!(bodies[1], json!({ "to": "+12025550143", "hold": false, "say": "Hi" }));
    assert_eq!(bodies[2], json!({ "to": "+12025550143", "hold": false, "agent": "clerk" }));
    assert_eq!((&asked[0].method, asked[0].path.as_str()), (&Method::POST, "/v1/calls"));
    assert_eq!(asked[0].key.as_deref(), Some("k"));
    assert_ne!(asked[1].key, asked[2].key, "each request has a key of its own");
}

/// A reply that got lost is asked for again under the same key, and who hears of none is told the key.
#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_is_repeated_under_its_key_alone() {
    let gateway = Made::of(|n, _| match n {
        0 => Err(NoReply::Lost("broken".to_owned())),
        1 => ok(call("placing")),
        _ => Err(NoReply::Lost("broken".to_owned())),
    });
    let mut model = Speaker::of(&gateway).await;
    assert_eq!(model.uses("place_call", json!({ "to": "+12025550143" })).await["isError"], false);
    let told = model.uses("place_call", json!({ "to": "+12025550143" })).await;
    assert_eq!(told["isError"], true);
    let asked = gateway.asked();
    assert_eq!(asked.len(), 5);
    assert_eq!(asked[0].key, asked[1].key);
    let key = told["structuredContent"]["idempotency_key"].as_str();
    assert!(key.is_some() && asked[2..].iter().all(|asked| asked.key.as_deref() == key), "{told}");
    assert!(told["structuredContent"]["next"].as_str().unwrap().contains(key.unwrap()), "{told}");
}

#[tokio::test]
async fn a_refusal_has_its_code_and_a_way_out() {
    let gateway = Made::of(|_, _| {
        let body = json!({ "status": 409, "title": "it is night there", "detail": "it is 22:34 there",
                           "code": "OH-0025", "rule": "quiet_hours", "not_before": "2026-11-22T13:00:00.000Z" });
        Ok(Reply { status: 409, body })
    });
    let mut model = Speaker::of(&gateway).await;
    let told = model.uses("place_call", json!({ "to": "+12025550143" })).await;
    assert_eq!(told["isError"], true);
    let error = &told["structuredContent"]["error"];
    let expected = json!({ "status": 409, "detail": "it is 22:34 there", "code": "OH-0025",
                           "rule": "quiet_hours", "not_before": "2026-11-22T13:00:00.000Z" });
    assert_eq!(error, &expected);
    let text = told["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("it is 22:34 there (OH-0025)\nNothing was dialled."), "{text}");
}

#[tokio::test]
async fn an_answer_is_told_and_what_is_in_doubt_is_an_error() {
    let gateway = Made::of(|n, _| match n {
        0 => ok(command("sent", &json!({}))),
        1 => ok(command("done", &json!({ "speech": "For four." }))),
        2 => ok(command("in_doubt", &json!({ "why": "no answer" }))),
        3 => ok(command("done", &json!({}))),
        _ => ok(command("failed", &json!({ "why": "call_over" }))),
    });
    let mut model = Speaker::of(&gateway).await;
    let told = model.uses("ask", json!({ "call": "c_1", "text": "How many?" })).await;
    assert_eq!(told["structuredContent"]["speech"], "For four.");
    let doubt = model.uses("ask", json!({ "call": "c_1", "text": "How many?" })).await;
    assert_eq!((&doubt["isError"], &doubt["structuredContent"]["state"]), (&json!(true), &json!("in_doubt")));
    let silent = model.uses("listen", json!({ "call": "c_1" })).await;
    assert!(silent["content"][0]["text"].as_str().unwrap().starts_with("They said nothing"), "{silent}");
    let failed = model.uses("say", json!({ "call": "../c 1", "text": "Bye" })).await;
    assert_eq!(failed["isError"], true);

    let asked = gateway.asked();
    assert_eq!(asked[0].body, Some(json!({ "text": "How many?", "input": "any" })));
    assert_eq!(asked[1].path, "/v1/calls/c_1/commands/3?wait_s=5");
    assert_eq!(asked[3].body, Some(json!({ "input": "any" })));
    assert_eq!(asked[4].path, "/v1/calls/%2E%2E%2Fc%201/say", "an id leads to no other page");
}

/// Who waits hears meanwhile what happens, and then how the call stands.
#[tokio::test(start_paused = true)]
async fn who_waits_hears_what_happens() {
    let gateway = Made::of(|n, request| {
        let is_over = n > 8;
        if request.path.contains("events") {
            let event = |version: u64, kind: &str, state: &str| json!({ "version": version, "kind": kind, "state": state, "summary": kind, "at": "t" });
            let mut events = vec![event(1, "asked", "queued"), event(2, "check_due", "queued")];
            events.extend((n > 4).then(|| event(3, "progressed", "ringing")));
            events.extend(is_over.then(|| event(4, "over", "ended")));
            let after: u64 = request.path.rsplit_once('=').unwrap().1.parse().unwrap();
            events.retain(|event| event["version"].as_u64() > Some(after));
            return ok(json!({ "events": events, "next": null }));
        }
        ok(call(if is_over { "ended" } else { "ringing" }))
    });
    let mut model = Speaker::of(&gateway).await;
    let asked =
        json!({ "name": "wait_for_call", "arguments": { "call": "c_1" }, "_meta": { "progressToken": 7 } });
    let told = model.asks("tools/call", asked).await["result"].clone();
    let told = &told["structuredContent"];
    assert_eq!(
        (&told["state"], &told["timed_out"], &told["version"]),
        (&json!("ended"), &json!(false), &json!(4))
    );
    assert_eq!(told["happened"], json!(["progressed", "over"]));
    let messages: Vec<&Value> = model.notices.iter().map(|notice| &notice["params"]["message"]).collect();
    assert!(messages.contains(&&json!("progressed")), "{messages:?}");
    let at: Vec<f64> = model.notices.iter().filter_map(|one| one["params"]["progress"].as_f64()).collect();
    assert!(at.is_sorted_by(|a, b| a < b), "progress only rises: {at:?}");

    let short = json!({ "call": "c_1", "until": "answered", "timeout_s": 601 });
    assert_eq!(model.uses("wait_for_call", short).await["isError"], true);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_in_its_time_and_when_it_is_cancelled() {
    let gateway = Made::of(|_, request| match request.path.contains("events") {
        true => ok(json!({ "events": [], "next": null })),
        false => ok(call("ringing")),
    });
    let mut model = Speaker::of(&gateway).await;
    let told = model.uses("wait_for_call", json!({ "call": "c_1", "timeout_s": 3 })).await;
    assert_eq!(told["structuredContent"]["timed_out"], true);
    let asked = json!({ "name": "wait_for_call", "arguments": { "call": "c_1", "timeout_s": 600 } });
    model.begins("tools/call", asked).await;
    let cancelled = json!({ "requestId": model.n_asked, "reason": "enough" });
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled });
    model.says(&cancelled).await;
    // Whatever is asked next is answered, and nothing looks at the call any more.
    assert!(model.asks("tools/list", json!({})).await["result"]["tools"].is_array());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let n_asked = gateway.asked().len();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(gateway.asked().len(), n_asked, "it is not waited for any more");
}

#[tokio::test]
async fn a_page_is_read_and_one_that_is_none_is_not() {
    let gateway = Made::of(|_, request| match request.path.as_str() {
        path if path.ends_with("transcript") => {
            let line = |by: &str, kind: &str, text: &str, heard: &str| json!({ "at": "2026-11-22T13:34:17.877Z", "by": by, "kind": kind, "text": text, "heard": heard });
            let said = line("remote", "said", "Two,\n# please", "whole");
            let lines =
                [line("agent", "said", "How many?", "cut"), said, line("remote", "pressed", "1", "whole")];
            ok(json!({ "call": "c_1", "is_over": false, "lines": lines }))
        }
        path if path.contains("events") => {
            let event = json!({ "version": 1, "at": "2026-11-22T13:34:17.877Z", "source": "webhook", "state": "in_progress", "summary": "they spoke" });
            ok(json!({ "events": [event], "next": null }))
        }
        path if path.contains("c_1") => ok(call("in_progress")),
        path if path.ends_with("limit=20") => ok(json!({ "calls": [call("ended")], "next": "c_0" })),
        _ => Ok(Reply { status: 404, body: json!({ "detail": "there is no such call", "code": "OH-0010" }) }),
    });
    let mut model = Speaker::of(&gateway).await;
    let read = model.asks("resources/read", json!({ "uri": "offhook://calls/c_1/transcript" })).await;
    let text = read["result"]["contents"][0]["text"].as_str().unwrap();
    let lines = "\n- 13:34:17.877 **we**: How many? [cut off]\n- 13:34:17.877 **they**: Two, # please\n\
        - 13:34:17.877 **they**: [pressed 1]\n";
    assert!(text.contains(lines), "{text}");
    let read = model.asks("resources/read", json!({ "uri": "offhook://calls/c_1/story" })).await;
    let text = read["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("\n- 13:34:17.877 (webhook) they spoke → in_progress\n"), "{text}");
    for uri in ["offhook://calls/c_9/story", "offhook://calls/c_1/else", "file:///etc/passwd"] {
        let read = model.asks("resources/read", json!({ "uri": uri })).await;
        assert_eq!(read["error"]["code"], -32002, "{uri}: {read}");
    }
    let listed = model.asks("resources/list", json!({})).await["result"].clone();
    assert_eq!((listed["resources"].as_array().unwrap().len(), &listed["nextCursor"]), (2, &json!("c_0")));
}

/// What a model is told of the tools fits what they take, and stays small.
#[test]
fn every_tool_is_described_and_every_argument_too() {
    let tools = tools::all();
    assert_eq!(tools.len(), 11);
    for tool in tools {
        let (name, schema) = (&tool.name, Value::Object((*tool.input_schema).clone()));
        assert!(tool.description.as_ref().unwrap().len() > 80, "{name}");
        for (argument, told) in schema["properties"].as_object().unwrap() {
            assert!(told["description"].as_str().is_some_and(|told| !told.is_empty()), "{name}: {argument}");
        }
        let required = schema["required"].as_array().unwrap();
        assert!(required.iter().all(|one| !schema["properties"][one.as_str().unwrap()].is_null()), "{name}");
        assert!(schema.to_string().len() < crate::SCHEMA_MAX, "{name}");
        let hints = tool.annotations.unwrap();
        assert!(hints.read_only_hint != Some(true) || hints.destructive_hint == Some(false), "{name}");
    }
}
