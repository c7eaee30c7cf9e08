//! Who may use the API, and what is on record of it, as its clients see it.

mod audit;
mod own;
mod rates;

use crate::world::{
    API_TOKEN, Answer, Line, SOON, Sent, World, exchange, number, offhook, wait_for, wait_until, word, words,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// Asks the API with this token.
fn ask(world: &World, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    ask_named(world, token, method, path, body, None)
}

/// The same, and the request has a name.
fn ask_named(
    world: &World,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
    name: Option<&str>,
) -> Answer {
    let mut headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    headers.extend(name.map(|name| ("x-request-id".to_owned(), name.to_owned())));
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let sent = Sent { method: method.to_owned(), path: path.to_owned(), headers, body };
    exchange(world.gateway, &sent).expect("the gateway answers")
}

/// Makes a token on the command line, and returns its text.
fn token(world: &World, arguments: &[&str]) -> String {
    let (code, out, said) = words(&world.command(&[&["token", "add"], arguments].concat()));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("it is not told again"), "{said}");
    let text = out.trim().to_owned();
    assert!(text.starts_with("oh_") && text.len() == 67, "{text}");
    text
}

/// A refusal: its status, its code, and whichever of `scope` and `limit` it names.
fn refusal(answer: &Answer) -> (u16, String, String) {
    let problem = answer.json();
    let named = [word(&problem, "scope"), word(&problem, "limit")].concat();
    (answer.status, word(&problem, "code").to_owned(), named)
}

fn refused(status: u16, code: &str, named: &str) -> (u16, String, String) {
    (status, code.to_owned(), named.to_owned())
}

/// Waits until the audit has a line of this verb and outcome, and returns it.
fn audited(world: &World, verb: &str, outcome: &str) -> Value {
    wait_for(&format!("{verb} is on record as {outcome}"), SOON, || {
        let page = world.get("/v1/access/audit?limit=500");
        let lines = page["lines"].as_array().expect("a list of lines").clone();
        lines.into_iter().find(|line| word(line, "verb") == verb && word(line, "outcome") == outcome)
    })
}

#[test]
fn a_token_does_what_its_scopes_say_and_nothing_else() {
    let world = World::start(Line::Webhooks, "");
    let reader = token(&world, &["reader", "--scope", "read"]);
    assert_eq!(ask(&world, &reader, "GET", "/v1/calls", None).status, 200);

    let to = world.talker(1);
    let answer = ask_named(&world, &reader, "POST", "/v1/calls", Some(&json!({ "to": to })), Some("job-7"));

    assert_eq!(refusal(&answer), refused(403, "OH-0040", "place"), "{}", answer.body);
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer realm=\"offhook\", error=\"insufficient_scope\", scope=\"place\"");
    let problem = answer.json();
    assert_eq!((word(&problem, "token"), word(&problem, "request_id")), ("reader", "job-7"), "{problem}");
    assert!(word(&problem, "detail").contains("offhook token add"), "{problem}");
    for (method, path, scope) in [
        ("POST", "/v1/calls/c_01m81qdxrjejr9qs9jcr4789w6/hangup", "control"),
        ("POST", "/v1/pause", "gate"),
        ("POST", "/v1/reload", "admin"),
        ("GET", "/v1/tokens", "admin"),
    ] {
        assert_eq!(
            refusal(&ask(&world, &reader, method, path, None)),
            refused(403, "OH-0040", scope),
            "{path}"
        );
    }
    let placer = token(&world, &["placer", "--scope", "place,control"]);
    let answer = ask(&world, &placer, "POST", "/v1/calls", Some(&json!({ "to": to })));
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(word(&answer.json(), "placed_by"), "placer");
    assert_eq!(refusal(&ask(&world, &placer, "GET", "/v1/calls", None)), refused(403, "OH-0040", "read"));
    world.wait_for_leg(word(&answer.json(), "id"));
    assert_eq!(world.truth_to(&to).len(), 1, "the reader rang nobody");
    let line = audited(&world, "place", "OH-0040");
    assert_eq!((word(&line, "token"), word(&line, "request_id")), ("reader", "job-7"), "{line}");
}

#[test]
fn a_command_asks_for_its_own_scope_and_says_what_it_may_not_see() {
    let world = World::start(Line::Webhooks, "");
    let placer = token(&world, &["placer", "--scope", "place,control"]);
    let run = |arguments: &[&str]| {
        let mut command = offhook(&world.path("."));
        command.args(arguments).arg("--config").arg(world.config_file()).env("OFFHOOK_API__TOKEN", &placer);
        words(&command.output().unwrap())
    };

    let (code, out, said) = run(&["call", &world.talker(1), "--wait"]);

    assert_eq!(code, Some(5), "{out}{said}");
    assert!(said.contains("goes on") && said.contains("scope read"), "{said}");
    let id = word(&world.get("/v1/calls")["calls"][0], "id").to_owned();
    world.wait_for_talk(&id);
    let (code, _, said) = run(&["hangup", ""]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("an empty id"), "{said}");
    let (code, _, said) = run(&["hangup", &id]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
}

#[test]
fn a_token_goes_no_further_than_its_limits() {
    let world = World::start(Line::Webhooks, "");
    let (to, other) = (world.talker(1), world.talker(2));
    let clerk = token(
        &world,
        &[
            "clerk",
            "--scope",
            "place,control,read",
            "--to",
            &to,
            "--calls-per-hour",
            "2",
            "--agent",
            "nobody",
        ],
    );
    let place = |body: Value| ask(&world, &clerk, "POST", "/v1/calls", Some(&body));
    let answer = place(json!({ "to": other }));
    assert_eq!(refusal(&answer), refused(403, "OH-0041", "to"), "{}", answer.body);
    assert_eq!(refusal(&place(json!({ "to": to, "agent": "boss" }))), refused(403, "OH-0041", "agents"));

    let placed = place(json!({ "to": to, "hold": true }));
    assert_eq!(placed.status, 202, "{}", placed.body);
    let id = word(&placed.json(), "id").to_owned();
    world.wait_for_talk(&id);
    let transfer = format!("/v1/calls/{id}/transfer");
    let answer = ask(&world, &clerk, "POST", &transfer, Some(&json!({ "to": other })));
    assert_eq!(refusal(&answer), refused(403, "OH-0041", "to"), "{}", answer.body);
    let line = audited(&world, "transfer", "OH-0041");
    let told = [word(&line, "token"), word(&line, "call"), word(&line, "number")];
    assert_eq!(told, ["clerk", id.as_str(), other.as_str()], "{line}");

    assert_eq!(place(json!({ "to": to })).status, 202);
    let answer = place(json!({ "to": to }));
    assert_eq!(refusal(&answer), refused(429, "OH-0043", ""), "{}", answer.body);
    let from = token(&world, &["from", "--scope", "place", "--from", "+12025550199"]);
    let answer = ask(&world, &from, "POST", "/v1/calls", Some(&json!({ "to": other })));
    assert_eq!(refusal(&answer), refused(403, "OH-0041", "from"), "{}", answer.body);
    assert_eq!(world.truth_to(&other).len(), 0, "nobody beyond the limits was rung");
    let boss = token(&world, &["boss", "--scope", "admin,read", "--to", "+1*"]);
    let more = json!({ "name": "more", "scopes": ["admin"] });
    assert_eq!(
        refusal(&ask(&world, &boss, "POST", "/v1/tokens", Some(&more))),
        refused(403, "OH-0041", "tokens")
    );
}

#[test]
fn a_token_is_rotated_while_its_client_works_and_removed_at_once() {
    let mut world = World::start(Line::Webhooks, "");
    let first = token(&world, &["worker", "--scope", "read"]);
    let (shared, stop) = (Arc::new(Mutex::new(first.clone())), Arc::new(AtomicBool::new(false)));
    let n_answers = Arc::new(AtomicU32::new(0));
    let rotated = std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let text = shared.lock().unwrap().clone();
                let answer = ask(&world, &text, "GET", "/v1/calls", None);
                assert_eq!(answer.status, 200, "{}", answer.body);
                n_answers.fetch_add(1, Ordering::Relaxed);
            }
        });
        let works = |n: u32| {
            let from = n_answers.load(Ordering::Relaxed);
            wait_until("the client works", SOON, || n_answers.load(Ordering::Relaxed) >= from + n);
        };
        works(3);
        let (code, out, said) = words(&world.command(&["token", "rotate", "worker", "--overlap", "1h"]));
        assert_eq!(code, Some(0), "{said}");
        works(3);
        out.trim().clone_into(&mut shared.lock().unwrap());
        works(3);
        stop.store(true, Ordering::Relaxed);
        client.join().expect("the client was let in all the time");
        out.trim().to_owned()
    });
    assert_eq!(ask(&world, &first, "GET", "/v1/calls", None).status, 200, "the overlap is not over");

    world.restart();

    assert_eq!(ask(&world, &first, "GET", "/v1/calls", None).status, 200, "nor is it after a kill");
    assert_eq!(ask(&world, &rotated, "GET", "/v1/calls", None).status, 200);
    let (_, out, _) = words(&world.command(&["token", "rotate", "worker", "--overlap", "0s", "--json"]));
    let last: Value = serde_json::from_str(&out).unwrap();
    for old in [&first, &rotated] {
        let answer = ask(&world, old, "GET", "/v1/calls", None);
        assert_eq!(answer.status, 401, "{}", answer.body);
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{answer:?}");
    }
    let last = word(&last, "token");
    assert_eq!(ask(&world, last, "GET", "/v1/calls", None).status, 200);
    assert_eq!(world.ask("DELETE", "/v1/tokens/worker", None).status, 200);
    assert_eq!(ask(&world, last, "GET", "/v1/calls", None).status, 401, "it is gone when that was answered");
    assert_eq!(world.ask("DELETE", "/v1/tokens/worker", None).json()["code"], "OH-0044");
    world.restart();
    assert_eq!(ask(&world, last, "GET", "/v1/calls", None).status, 401, "and stays so");
}

#[test]
fn all_is_as_before_after_a_kill_and_no_token_is_in_any_file() {
    let mut world = World::start(Line::Webhooks, "");
    let clerk = token(&world, &["clerk", "--scope", "place,read", "--to", &number(1), "--own-calls"]);
    let brief = token(&world, &["brief", "--scope", "read", "--expires-in", "1s"]);
    let to = world.talker(1);
    let placed = ask(&world, &clerk, "POST", "/v1/calls", Some(&json!({ "to": to })));
    let id = word(&placed.json(), "id").to_owned();
    let before = world.get("/v1/tokens")["tokens"].clone();

    world.restart();

    let after = world.get("/v1/tokens")["tokens"].clone();
    let shown = |tokens: &Value| -> Vec<Value> {
        let all = tokens.as_array().unwrap().iter();
        all.map(|token| json!([token["name"], token["scopes"], token["to"], token["expires_at"]])).collect()
    };
    assert_eq!(shown(&after), shown(&before));
    assert_eq!(
        word(&ask(&world, &clerk, "GET", &format!("/v1/calls/{id}"), None).json(), "placed_by"),
        "clerk"
    );
    let far = json!({ "to": number(2) });
    assert_eq!(ask(&world, &clerk, "POST", "/v1/calls", Some(&far)).json()["code"], "OH-0041");
    wait_until("a token expires", SOON, || ask(&world, &brief, "GET", "/v1/calls", None).status == 401);
    // The very turn that took the call put it on record: a kill loses none of it.
    let line = audited(&world, "place", "done");
    assert_eq!((word(&line, "token"), word(&line, "call")), ("clerk", id.as_str()), "{line}");
    let stored = world.store_bytes().concat();
    let logs = world.gateway_logs();
    let has = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("clerk"), "there is something to search");
    for text in [clerk.as_str(), &clerk[3..], brief.as_str(), API_TOKEN] {
        assert!(!has(text), "a token is in the store");
        assert!(!logs.contains(text), "a token is in the log");
    }
    let (_, out, _) = words(&world.command(&["token", "list"]));
    assert!(out.contains("clerk") && out.contains("own calls") && !out.contains("oh_"), "{out}");
}
