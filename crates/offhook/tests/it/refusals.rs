//! What is never dialled, and who is not let in: refused before anything is written or sent.

use crate::world::{Form, Line, World, exchange, number, word};
use serde_json::json;

#[test]
fn emergency_premium_and_foreign_numbers_are_never_dialled() {
    let world = World::start(Line::Webhooks, "");
    for (to, status, code) in [
        ("911", 403, "OH-0004"),
        ("112", 403, "OH-0004"),
        ("+1911", 403, "OH-0004"),
        ("+44999", 403, "OH-0004"),
        ("116117", 403, "OH-0004"),
        ("+19005550123", 403, "OH-0004"),
        ("+12025550111", 202, ""),
        ("+442079460123", 403, "OH-0004"),
        ("+18765550123", 403, "OH-0004"),
        ("+120255501", 422, "OH-0003"),
        ("2025550111", 422, "OH-0003"),
        ("tel:+12025550111", 422, "OH-0003"),
        ("", 422, "OH-0003"),
    ] {
        let answer = world.ask("POST", "/v1/calls", Some(&json!({ "to": to })));
        assert_eq!((answer.status, word(&answer.json(), "code")), (status, code), "{to}: {}", answer.body);
        if status != 202 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
    assert_eq!(world.get("/v1/calls")["calls"].as_array().unwrap().len(), 1, "only the one was taken");
}

#[test]
fn allowing_every_country_allows_no_emergency_and_no_premium_number() {
    let world = World::start(Line::Webhooks, "calls.destinations = ['*']");
    for (to, status) in [("+442079460123", 202), ("+449098790123", 403), ("+19005550123", 403), ("999", 403)]
    {
        let answer = world.ask("POST", "/v1/calls", Some(&json!({ "to": to })));
        assert_eq!(answer.status, status, "{to}: {}", answer.body);
    }
}

#[test]
fn a_number_is_not_called_more_often_than_allowed_not_even_over_a_restart() {
    let mut world = World::start(Line::Webhooks, "calls.attempts_per_hour = 2");
    let to = world.talker(1);
    for _ in 0..2 {
        let id = world.dial(&to);
        world.wait_for_leg(&id);
        world.hang_up(&id);
        world.wait_for_end(&id);
    }
    world.restart();
    let refused = world.ask("POST", "/v1/calls", Some(&json!({ "to": to })));
    assert_eq!((refused.status, word(&refused.json(), "code")), (429, "OH-0007"), "{refused:?}");
    world.wait_for_leg(&world.dial(&world.talker(2)));
    assert_eq!(world.truth_to(&to).len(), 2);
}

#[test]
fn a_request_that_makes_no_sense_is_refused_in_words() {
    let world = World::start(Line::Webhooks, "");
    let to = number(1);
    for (wishes, status, code) in [
        (json!({}), 400, "OH-0002"),
        (json!({"to": to, "sya": "x"}), 400, "OH-0002"),
        (json!({"to": to, "from": number(9)}), 422, "OH-0005"),
        (json!({"to": to, "say": "x".repeat(5_000)}), 422, "OH-0006"),
        (json!({"to": to, "say": "x".repeat(400_000)}), 413, "OH-0016"),
    ] {
        let answer = world.ask("POST", "/v1/calls", Some(&wishes));
        assert_eq!((answer.status, word(&answer.json(), "code")), (status, code), "{}", answer.body);
    }
    assert_eq!(world.get("/v1/calls")["calls"], json!([]));
}

#[test]
fn nobody_is_let_in_without_the_token() {
    let world = World::start(Line::Webhooks, "");
    let mut sent = world.unsigned("status", &Form::about("CA", "", "", ""));
    sent.method = "GET".to_owned();
    sent.path = "/v1/calls".to_owned();
    for header in [None, Some("Bearer"), Some("Bearer wrong"), Some("Basic c2VzYW1l")] {
        let mut sent = sent.clone();
        sent.headers =
            header.map(|value| ("authorization".to_owned(), value.to_owned())).into_iter().collect();
        let answer = exchange(world.gateway, &sent).unwrap();
        assert_eq!((answer.status, word(&answer.json(), "code")), (401, "OH-0001"), "{header:?}");
    }
}
