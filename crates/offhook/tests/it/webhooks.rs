//! What carriers say: believed only when signed, on disk before it is acknowledged, and answered
//! alike however often it comes.

use crate::world::{Face, Form, Line, OURS, SOON, World, at_once, exchange, wait_until, word};
use serde_json::{Value, json};

/// A leg that the network has never heard of.
const FOREIGN: &str = "CA0123456789abcdef0123456789abcdef";

#[test]
fn telnyx_tells_again_what_nobody_heard_while_the_gateway_was_away() {
    let mut world = World::start(Line::On(Face::Telnyx), "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    world.kill_dash_nine();
    let sent = |world: &World| world.only_truth_to(&to)["webhooks_sent"].as_i64().unwrap();
    let n_sent = sent(&world);
    // No look tells of it.
    world.presses(&leg, "7");
    wait_until("it was told in vain three times", SOON, || sent(&world) >= n_sent + 3);

    world.start_gateway();

    wait_until("it is told again, and heard", SOON, || word(&world.call(&id), "pressed") == "7");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
}

#[test]
fn a_caller_is_heard_and_answered_while_recovery_hangs() {
    let settings = format!("numbers.'{OURS}'.greeting = 'Welcome to the lighthouse.'");
    let mut world = World::start(Line::Webhooks, &settings);
    world.connect_our_number();
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    world.fault(&json!({"on": "any-api", "do": "stall-before"}));

    world.restart();
    let leg = world.call_in("+12025550777")["id"].clone();

    let truth = || world.truth().into_iter().find(|truth| truth["id"] == leg).unwrap();
    wait_until("the caller hears the greeting", SOON, || {
        truth()["heard"].to_string().contains("Welcome to the lighthouse.")
    });
    let calls = world.get("/v1/calls");
    let inbound =
        calls["calls"].as_array().unwrap().iter().find(|call| call["carrier_call_id"] == leg).unwrap();
    let told = ["direction", "from", "to"].map(|field| word(inbound, field));
    assert_eq!(told, ["inbound", "+12025550777", OURS]);
    wait_until("each webhook is answered with 2xx", SOON, || {
        let truth = truth();
        truth["live"] == json!(false) && truth["webhooks_sent"] == truth["webhooks_answered_2xx"]
    });
    let ended = world.wait_for_end(word(inbound, "id"));
    assert_eq!(word(&ended["ending"], "confirmed_by"), "webhook", "{ended}");
    assert_eq!(word(&world.call(&id), "state"), "in_progress", "the other is kept");
}

#[test]
fn a_request_for_instructions_is_answered_alike_however_often_it_comes() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.sleeper(1);
    let id = word(&world.place_with(&json!({"to": to, "say": "Salt & <pepper>"})), "id").to_owned();
    let leg = world.wait_for_leg(&id);
    let form = Form::about(&leg, OURS, &to, "in-progress");
    let asked = world.signed(&format!("voice?call={id}"), &form);

    let first = world.webhook(&asked);

    assert_eq!((first.status, first.header("content-type")), (200, Some("text/xml")), "{first:?}");
    assert!(first.body.contains("<Say>Salt &amp; &lt;pepper&gt;</Say><Hangup/>"), "{}", first.body);
    let n_events = world.events(&id).len();
    let again: Vec<_> = at_once(world.gateway, &vec![asked.clone(); 4]);
    world.restart();
    let after_death = exchange(world.gateway, &asked);
    for repeat in again.into_iter().chain([after_death]) {
        let repeat = repeat.unwrap();
        assert_eq!((repeat.status, &repeat.body), (200, &first.body));
    }
    let progressed = |event: &&Value| word(event, "kind") == "progressed";
    let known = world.events(&id);
    let n_known = known.iter().take(n_events).filter(progressed).count();
    assert_eq!(known.iter().filter(progressed).count(), n_known, "a repeat is no news");
}

#[test]
fn a_caller_who_is_announced_twice_makes_one_call() {
    let mut world = World::start(Line::Webhooks, &format!("numbers.'{OURS}'.greeting = 'Good day.'"));
    let form = Form::about(FOREIGN, "+12025550777", OURS, "ringing").with("Direction", "inbound");
    let asked = world.signed("voice", &form);

    let first = world.webhook(&asked);

    assert!(first.body.contains("<Say>Good day.</Say>"), "{first:?}");
    for repeat in at_once(world.gateway, &vec![asked.clone(); 4]) {
        assert_eq!(repeat.unwrap().body, first.body);
    }
    world.restart();
    assert_eq!(world.webhook(&asked).body, first.body);
    assert_eq!(world.get("/v1/calls")["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn a_webhook_that_is_not_signed_by_the_carrier_is_refused_and_changes_nothing() {
    let world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    let over = Form::about(&leg, OURS, &to, "completed");
    let page = format!("status?call={id}");
    let offer = Form::about(FOREIGN, "+12025550777", OURS, "ringing").with("Direction", "inbound");
    let mut tampered = world.signed(&page, &Form::about(&leg, OURS, &to, "ringing"));
    tampered.body = world.unsigned(&page, &over).body;
    let mut elsewhere = world.signed("status", &over);
    elsewhere.path = format!("/webhooks/line/{page}");
    let mut empty = world.unsigned(&page, &over);
    empty.headers.push(("x-twilio-signature".to_owned(), String::new()));
    let another_account = over.clone().with("AccountSid", "AC00000000000000000000000000000009");
    let before = (world.call(&id), world.events(&id));

    for sent in [
        world.unsigned(&page, &over),
        world.signed_with("another token", &page, &over),
        world.signed(&page, &another_account),
        world.unsigned("voice", &offer),
        world.signed_with("", "voice", &offer),
        tampered,
        elsewhere,
        empty,
    ] {
        let answer = world.webhook(&sent);
        assert_eq!(answer.status, 403, "{sent:?}: {answer:?}");
        assert_eq!(answer.json()["code"], "OH-0012");
    }

    assert_eq!((world.call(&id), world.events(&id)), before);
    assert_eq!(world.get("/v1/calls")["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_webhook_told_is_on_disk_when_it_is_answered() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    // After the restart nobody else may tell it.
    world.fault(&json!({"on": "any-api", "do": {"status": 503}}));
    let over = Form::about(&leg, OURS, &to, "completed").with("CallDuration", "7");
    let sent = world.signed(&format!("status?call={id}"), &over);

    let answer = world.webhook(&sent);
    world.restart();

    assert!((200..300).contains(&answer.status), "{answer:?}");
    let call = world.call(&id);
    assert_eq!(word(&call, "state"), "ended", "{call}");
    assert_eq!(word(&call["ending"], "confirmed_by"), "webhook");
    let late =
        world.webhook(&world.signed(&format!("status?call={id}"), &Form::about(&leg, OURS, &to, "ringing")));
    assert!((200..300).contains(&late.status), "{late:?}");
    assert_eq!(world.call(&id), call, "an ended call never changes");
}

#[test]
fn thirty_two_webhooks_at_once_from_one_address_are_all_heard() {
    let world = World::start(Line::Webhooks, "calls.live_max = 20");
    let mut sent = Vec::new();
    let calls: Vec<(String, String)> = (1..=8)
        .map(|n| {
            let to = world.sleeper(n);
            (world.dial(&to), to)
        })
        .collect();
    for (id, to) in &calls {
        let leg = world.wait_for_leg(id);
        for (nth, status) in ["initiated", "ringing", "in-progress", "in-progress"].into_iter().enumerate() {
            let form = Form::about(&leg, OURS, to, status).with("SequenceNumber", &nth.to_string());
            sent.push(world.signed(&format!("status?call={id}"), &form));
        }
    }
    assert_eq!(sent.len(), 32);

    let answers = at_once(world.gateway, &sent);

    for answer in answers {
        let answer = answer.unwrap();
        assert!((200..300).contains(&answer.status), "{answer:?}");
    }
    for (id, _) in &calls {
        assert_eq!(word(&world.call(id), "state"), "in_progress", "what was acknowledged was heard");
    }
}

#[test]
fn doubled_and_reordered_webhooks_tell_the_same_story() {
    let world = World::start(Line::Webhooks, "");
    let (doubled, reordered) = (world.talker(1), world.talker(2));
    for (to, trick) in [(&doubled, "double"), (&reordered, "reorder")] {
        world.subscriber(to, &json!({"does": "talk", "answer_after_ms": 300, "talk_ms": 1_200}));
        world.fault(&json!({"on": "status-callback", "to": to, "do": trick}));
    }
    for to in [&doubled, &reordered] {
        let ended = world.wait_for_end(&world.dial(to));
        let told = ["kind", "by", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
        assert_eq!(told, ["completed", "remote", "webhook"], "{ended}");
        assert!(ended["answered_at"].is_string(), "{ended}");
    }
}

#[test]
fn news_that_cannot_be_read_is_no_news_but_owes_a_look() {
    let world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    let n_before = world.requests("fetch").len();
    let sent = world.signed(&format!("status?call={id}"), &Form::about(&leg, OURS, &to, "teleported"));

    let answer = world.webhook(&sent);

    assert!((200..300).contains(&answer.status), "{answer:?}");
    wait_until("a look follows", SOON, || world.requests("fetch").len() > n_before);
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    assert!(world.events(&id).iter().any(|event| event.to_string().contains("teleported")), "it is kept");
}
