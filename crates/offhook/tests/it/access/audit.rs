//! What is on record of the API, and what a request is called.

use super::{API_TOKEN, ask_named, audited, token};
use crate::world::{Line, SOON, World, number, wait_until, word, words};
use serde_json::{Value, json};

#[test]
fn what_each_token_did_is_on_record_and_can_be_asked_for() {
    let world = World::start(Line::Webhooks, "");
    let clerk = token(&world, &["clerk", "--scope", "place,control"]);
    let to = world.talker(1);
    let placed =
        ask_named(&world, &clerk, "POST", "/v1/calls", Some(&json!({"to": to, "hold": true})), Some("a-1"));
    assert_eq!(placed.header("x-request-id"), Some("a-1"));
    let id = word(&placed.json(), "id").to_owned();
    world.wait_for_talk(&id);
    let on_call = |page: &str| format!("/v1/calls/{id}/{page}");
    ask_named(&world, &clerk, "POST", &on_call("say"), Some(&json!({"text": "Hello."})), Some("a-2"));
    ask_named(&world, &clerk, "POST", &on_call("say"), Some(&json!({"text": ""})), Some("a-3"));
    ask_named(&world, &clerk, "POST", &on_call("hangup"), None, Some("a-4"));
    world.wait_for_end(&id);
    wait_until("all of it is on record", SOON, || {
        world.get("/v1/access/audit?token=clerk")["lines"].as_array().unwrap().len() == 4
    });

    let page = world.get("/v1/access/audit?token=clerk&limit=3");
    let next = page["next"].as_u64().expect("there is another page");
    let rest = world.get(&format!("/v1/access/audit?token=clerk&limit=3&cursor={next}"));
    let mut told: Vec<[String; 4]> = [page, rest]
        .iter()
        .flat_map(|page| page["lines"].as_array().unwrap().clone())
        .map(|line| ["request_id", "verb", "outcome", "call"].map(|field| word(&line, field).to_owned()))
        .collect();
    told.sort();
    let expected = [
        ("a-1", "place", "done"),
        ("a-2", "say", "done"),
        ("a-3", "say", "OH-0002"),
        ("a-4", "hang_up", "done"),
    ];
    let expected = expected.map(|(name, verb, outcome)| [name, verb, outcome, &id].map(str::to_owned));
    assert_eq!(told, expected);
    let (code, out, said) =
        words(&world.command(&["audit", "--access", "--token", "clerk", "--refused", "--json"]));
    assert_eq!(code, Some(0), "{said}");
    let page: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(page["lines"].as_array().unwrap().len(), 1, "{page}");
    let (_, out, _) = words(&world.command(&["audit", "--access", "--call", &id]));
    assert!(out.contains("hang_up") && out.contains("a-4") && !out.contains("token_add"), "{out}");
    let line = audited(&world, "token_add", "done");
    assert_eq!(word(&line, "token"), "owner", "{line}");
}

#[test]
fn a_request_has_one_name_in_its_answer_its_problem_and_the_log() {
    let world = World::start(Line::Webhooks, "");
    for path in ["/healthz", "/v1/calls", "/webhooks/line/voice", "/nowhere"] {
        let answer = world.ask("GET", path, None);
        let name = answer.header("x-request-id").unwrap_or_else(|| panic!("{path}: {answer:?}")).to_owned();
        assert!(name.starts_with("r_") && name.len() == 26, "{path}: {name}");
        if answer.status >= 400 {
            assert_eq!(word(&answer.json(), "request_id"), name, "{path}");
        }
        wait_until("the request is in the log", SOON, || world.gateway_logs().contains(&name));
    }
    let strange = ask_named(&world, API_TOKEN, "GET", "/v1/calls/none", None, Some("{\"a\": 1}"));
    assert!(strange.header("x-request-id").unwrap().starts_with("r_"), "{strange:?}");
}

#[test]
fn who_is_forgotten_is_forgotten_here_too() {
    let mut world = World::start(Line::Webhooks, "");
    let person = number(1);
    let digits = person.trim_start_matches('+');
    token(&world, &["clerk", "--scope", "place", "--to", &format!("{person},+12025559*")]);
    let beyond = token(&world, &["other", "--scope", "place", "--to", "+12025559*"]);
    let name = format!("for-{digits}");
    ask_named(&world, &beyond, "POST", "/v1/calls", Some(&json!({ "to": person })), Some(&name));
    world.ask("POST", "/v1/dnc", Some(&json!({ "number": person })));
    world.ask("DELETE", &format!("/v1/dnc/%2B{digits}"), None);
    let line = audited(&world, "place", "OH-0041");
    assert_eq!((word(&line, "number"), word(&line, "request_id")), (person.as_str(), name.as_str()));
    assert_eq!(word(&audited(&world, "dnc_remove", "done"), "number"), person);
    world.stop_gateway();

    let (code, _, said) = words(&world.command(&["forget", &person]));

    assert_eq!(code, Some(0), "{said}");
    for file in std::fs::read_dir(world.path("store")).unwrap().map(|file| file.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(digits.len()).any(|window| window == digits.as_bytes()), "{}", file.display());
    }
    world.start_gateway();
    let line = audited(&world, "place", "OH-0041");
    assert!(word(&line, "number").starts_with("forgotten-"), "{line}");
    let clerk = &world.get("/v1/tokens")["tokens"][0];
    assert!(clerk["to"][1] == "+12025559*", "{clerk}");
    assert!(clerk["to"][0].as_str().unwrap().starts_with("forgotten-"), "{clerk}");
}
