//! Tokens that have only their own calls.

use super::{ask, refusal, refused, token};
use crate::world::{Answer, Line, Sent, World, exchange, word};
use serde_json::{Value, json};

/// Places a call under an `Idempotency-Key`.
fn place_under(world: &World, token: &str, key: &str, to: &str) -> Answer {
    let headers = [("authorization", format!("Bearer {token}")), ("idempotency-key", key.to_owned())];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let body = json!({ "to": to, "hold": true }).to_string().into_bytes();
    let sent = Sent { method: "POST".to_owned(), path: "/v1/calls".to_owned(), headers, body };
    exchange(world.gateway, &sent).expect("the gateway answers")
}

#[test]
fn who_has_only_their_own_calls_sees_and_touches_no_other() {
    let world = World::start(Line::Webhooks, "");
    let make = |name: &str| token(&world, &[name, "--scope", "place,read,control", "--own-calls"]);
    let (ada, ben) = (make("ada"), make("ben"));
    // The same key and the same wish: a key is its token's own.
    let to = world.talker(1);
    let ids = [&ada, &ben].map(|token| {
        let answer = place_under(&world, token, "the-same", &to);
        assert_eq!(answer.status, 202, "{}", answer.body);
        word(&answer.json(), "id").to_owned()
    });
    assert_ne!(ids[0], ids[1]);
    assert_eq!(word(&place_under(&world, &ada, "the-same", &to).json(), "id"), ids[0], "a repeat is one");
    let [own, other] = &ids;
    world.wait_for_talk(own);

    let listed = ask(&world, &ada, "GET", "/v1/calls", None).json();
    let listed: Vec<&str> = listed["calls"].as_array().unwrap().iter().map(|call| word(call, "id")).collect();
    assert_eq!(listed, [own]);
    for (page, method) in
        [("", "GET"), ("/events", "GET"), ("/commands/1", "GET"), ("/hangup", "POST"), ("/stop", "POST")]
    {
        let there = |id: &str| ask(&world, &ada, method, &format!("/v1/calls/{id}{page}"), None);
        assert_eq!(refusal(&there(other)), refused(404, "OH-0010", ""), "{page}");
        // A name that no call has is told no differently.
        let nobodys = there("c_01m81qdxrjejr9qs9jcr4789w6");
        assert_eq!(refusal(&nobodys), refused(404, "OH-0010", ""), "{page}");
    }
    assert_eq!(
        ask(&world, &ada, "POST", &format!("/v1/calls/{other}/say"), Some(&json!({"text": "x"}))).status,
        404
    );
    for page in ["/v1/recovery", "/v1/latency", "/v1/dnc", "/v1/gate/audit"] {
        assert_eq!(
            refusal(&ask(&world, &ada, "GET", page, None)),
            refused(403, "OH-0041", "own_calls"),
            "{page}"
        );
    }
    assert_eq!(ask(&world, &ada, "GET", &format!("/v1/calls/{own}/events"), None).status, 200);
    assert_eq!(word(&world.call(other), "placed_by"), "ben");
    let all: Value = world.get("/v1/calls");
    assert_eq!(all["calls"].as_array().unwrap().len(), 2, "the owner sees both");
    assert_eq!(ask(&world, &ada, "POST", &format!("/v1/calls/{own}/hangup"), None).status, 202);
    world.wait_for_end(own);
    assert_ne!(word(&world.call(other), "state"), "ended", "nobody touched it");
}
