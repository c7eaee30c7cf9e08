//! Webhooks that speak of another time, another call or another account.

use super::signing::{signed, signed_by};
use super::tap::{Manner, Tap};
use super::{calls, ends, is_heard, is_told_once, known, n_ends, tapped};
use crate::world::{ACCOUNT, Face, OURS, SOON, Sent, TELNYX_CONNECTION, World, number, wait_until, word};
use serde_json::{Value, json};

on_every_carrier!(
    what_comes_two_hours_late_moves_nothing,
    a_caller_of_two_hours_ago_is_no_phantom,
    what_speaks_of_a_call_that_nobody_knows_has_no_effect,
    what_another_account_sends_has_no_effect,
    what_is_said_again_has_no_effect,
);

/// Telnyx signs when it sends, and what is older than five minutes is refused. Twilio and Plivo don't:
/// there it is heard, and moves nothing.
fn what_comes_two_hours_late_moves_nothing(face: Face) {
    let (mut world, tap) = tapped(face, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    tap.each(Manner::IsLost);
    world.remote_hangs_up(&leg);
    ends(&tap);
    let late: Vec<Sent> =
        tap.heard().iter().map(|sent| signed(face, tap.address, sent, TWO_HOURS_S)).collect();
    if face == Face::Telnyx {
        let before = world.call(&id);
        all_are_refused(&world, &late);
        assert_eq!((word(&before, "state"), world.call(&id)), ("in_progress", before.clone()));
    }

    world.restart();

    let ended = world.wait_for_end(&id);
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["completed", "remote", "look_up"], "the truth is found by a look: {ended}");
    let before = (world.call(&id), world.events(&id));
    if face == Face::Telnyx {
        all_are_refused(&world, &late);
    } else {
        late.iter().for_each(|sent| is_heard(&world.webhook(sent)));
    }
    assert_eq!((world.call(&id), world.events(&id)), before);
    is_told_once(&world, &id, &to);
}

fn all_are_refused(world: &World, all: &[Sent]) {
    for sent in all {
        let answer = world.webhook(sent);
        assert_eq!((answer.status, word(&answer.json(), "code")), (403, "OH-0012"), "{answer:?}");
    }
}

/// The gateway never heard of a caller who has long given up; what announced them turns up now.
fn a_caller_of_two_hours_ago_is_no_phantom(face: Face) {
    let settings = format!("calls.live_max = 1\nnumbers.'{OURS}'.greeting = 'Welcome.'");
    let (world, tap) = tapped(face, &settings);
    tap.each(Manner::IsLost);
    let from = number(1);
    world.subscriber(&from, &json!({"does": "silent", "answer_after_ms": 0}));
    let leg = word(&world.call_in(&from), "id").to_owned();
    wait_until("somebody was to be told", SOON, || !tap.heard().is_empty());
    world.does_if_it_lives(&leg, "hangup");
    let offer = signed(face, tap.address, &tap.heard()[0], TWO_HOURS_S);

    let answer = world.webhook(&offer);

    if face == Face::Telnyx {
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(calls(&world), Vec::<Value>::new());
    } else {
        is_heard(&answer);
        let ended = world.wait_for_end(word(&known(&world, &leg), "id"));
        assert_ne!(word(&ended["ending"], "confirmed_by"), "nobody", "{ended}");
    }
    tap.each(Manner::Passes);
    world.wait_for_talk(&world.dial(&world.talker(2)));
    assert_eq!(world.n_heard(&from, "Welcome."), 0);
}

fn what_speaks_of_a_call_that_nobody_knows_has_no_effect(face: Face) {
    let (world, tap) = tapped(face, "");
    let foreign = world.seed_many(face, 1, &number(80)).remove(0);
    let told = a_whole_call(&world, &tap);
    let before = calls(&world);
    for (sent, other) in told.heard.iter().flat_map(|sent| [(sent, &*foreign), (sent, face.nobodys_leg())]) {
        // One of them lives on the same account, and one never was.
        let renamed = about(face, sent, &told.leg, other);
        is_heard(&world.webhook(&signed(face, tap.address, &without_mark(face, &renamed), 0)));
        is_heard(&world.webhook(&signed(face, tap.address, &with_another_mark(&renamed, &told.id), 0)));
    }
    assert_eq!(calls(&world), before, "no call was made of it, and none was moved");
    assert_eq!(world.n_requests(face.hang_ups()), 0, "what isn't ours isn't hung up");
    let truth = world.truth().into_iter().find(|truth| truth["id"] == *foreign).unwrap();
    assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
    assert_eq!(n_ends(&world, &told.id), 1);
}

fn what_another_account_sends_has_no_effect(face: Face) {
    let (world, tap) = tapped(face, "");
    tap.each(Manner::IsKept);
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    world.wait_for_instructions(&to);
    world.remote_hangs_up(&leg);
    let end = ends(&tap).remove(0);
    let before = (world.call(&id), world.events(&id));
    let body = String::from_utf8(end.body.clone()).unwrap();
    let of_another = match face {
        Face::Twilio => {
            let body = body.replace(ACCOUNT, "AC00000000000000000000000000000009");
            signed(face, tap.address, &Sent { body: body.into_bytes(), ..end.clone() }, 0)
        }
        Face::Telnyx => {
            let body = body.replace(TELNYX_CONNECTION, "1000000000000000009");
            let body = without_client_state(body.as_bytes());
            signed(face, tap.address, &Sent { body, ..end.clone() }, 0)
        }
        Face::Plivo => signed_by("the token of another account", face, tap.address, &end, 0),
    };

    let answer = world.webhook(&of_another);

    // All of Telnyx's applications sign with one key, and what isn't ours is answered and left alone.
    assert_eq!(answer.status, if face == Face::Telnyx { 200 } else { 403 }, "{answer:?}");
    assert_eq!((world.call(&id), world.events(&id)), before);
    is_heard(&world.webhook(&end));
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "confirmed_by"), "webhook");
    is_told_once(&world, &id, &to);
}

fn what_is_said_again_has_no_effect(face: Face) {
    let settings = format!("numbers.'{OURS}'.greeting = 'Welcome.'");
    let (mut world, tap) = tapped(face, &settings);
    let told = a_whole_call(&world, &tap);
    let from = number(2);
    world.subscriber(&from, &json!({"does": "silent", "answer_after_ms": 0}));
    let caller = word(&world.call_in(&from), "id").to_owned();
    let inbound = word(&known(&world, &caller), "id").to_owned();
    world.wait_for_end(&inbound);
    world.restart();
    let events = || [&told.id, &inbound].map(|id| world.events(id));
    let before = (calls(&world), events(), world.ask_network("/network/requests")["total"].clone());

    for sent in tap.heard() {
        is_heard(&world.webhook(&sent));
    }

    let after = (calls(&world), events(), world.ask_network("/network/requests")["total"].clone());
    assert_eq!(after, before, "nothing is asked of the carrier, and nothing is new");
    assert_eq!((world.n_heard(&from, "Welcome."), n_ends(&world, &inbound)), (1, 1));
    is_told_once(&world, &told.id, &told.to);
}

/// A call from its beginning to its end, and everything that was told of it.
struct Told {
    id: String,
    to: String,
    leg: String,
    heard: Vec<Sent>,
}

fn a_whole_call(world: &World, tap: &Tap) -> Told {
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    world.remote_hangs_up(&leg);
    world.wait_for_end(&id);
    ends(tap);
    Told { id, to, leg, heard: tap.heard() }
}

/// The same of another leg.
fn about(face: Face, sent: &Sent, leg: &str, other: &str) -> Sent {
    let body = String::from_utf8_lossy(&sent.body).replace(leg, other);
    // A leg has a second name at two of them.
    let body = match face {
        Face::Twilio => body,
        Face::Telnyx => {
            let mut body: Value = serde_json::from_str(&body).unwrap();
            body["data"]["payload"]["call_leg_id"] = json!("01234567-89ab-cdef-0123-456789abcdef");
            body.to_string()
        }
        Face::Plivo => {
            let fields = body.split('&').filter(|field| !field.contains("RequestUUID="));
            fields.collect::<Vec<_>>().join("&")
        }
    };
    Sent { body: body.into_bytes(), ..sent.clone() }
}

fn without_mark(face: Face, sent: &Sent) -> Sent {
    if face == Face::Telnyx {
        return Sent { body: without_client_state(&sent.body), ..sent.clone() };
    }
    let path = sent.path.split('?').next().unwrap().to_owned();
    Sent { path, ..sent.clone() }
}

/// With the id of a call that nobody has made.
fn with_another_mark(sent: &Sent, id: &str) -> Sent {
    let (start, last) = id.split_at(id.len() - 1);
    let other = format!("{start}{}", if last == "0" { "1" } else { "0" });
    if sent.path.contains(id) {
        // With the installation's name it would be the mark of a call that we made and forgot.
        let unsigned = sent.path.split("&installation=").next().unwrap_or_default();
        return Sent { path: unsigned.replace(id, &other), ..sent.clone() };
    }
    Sent { body: without_client_state(&sent.body), ..sent.clone() }
}

/// Telnyx carries the mark in its body.
fn without_client_state(body: &[u8]) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(body).unwrap();
    body["data"]["payload"]["client_state"] = Value::Null;
    body.to_string().into_bytes()
}

/// Too late for anybody.
const TWO_HOURS_S: u64 = 7_200;
