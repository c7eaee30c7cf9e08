//! Several carriers, and several accounts at one carrier: each number calls out by its own, what
//! one refuses the next one places, and what is in doubt stays where it is.

use crate::world::{Face, Line, OURS, SOON, World, number, wait_until, word};
use serde_json::{Value, json};

on_every_carrier!(
    two_accounts_at_one_carrier_are_kept_apart,
    what_the_first_refuses_the_second_places,
    what_the_first_refuses_is_found_at_the_second_after_a_death,
    what_is_in_doubt_at_the_first_never_goes_to_the_second,
    what_all_refuse_fails_and_nobody_rings,
);

/// Another number of ours.
const OTHER: &str = "+12025550101";

/// A gateway on this carrier, with settings that need to know where the network is.
fn start(face: Face, settings: impl Fn(&World) -> String) -> World {
    let mut world = World::without_gateway(Line::On(face), "");
    world.write_settings(&settings(&world));
    world.start_gateway();
    world
}

/// The first carrier, with the next one for what it refuses.
fn with_a_second(face: Face, more: &str) -> World {
    start(face, |world| {
        let second = face.next().section("second", world.network);
        format!("{second}\nnumbers.'{OURS}'.fallback = ['second']\n{more}")
    })
}

fn place_from(world: &World, from: &str, to: &str) -> String {
    word(&world.place_with(&json!({"from": from, "to": to})), "id").to_owned()
}

/// One leg, at this carrier, made by the one request for it that was carried out.
fn rang_once_at(world: &World, face: Face, to: &str) -> Value {
    let truth = world.only_truth_to(to);
    assert_eq!((word(&truth, "carrier"), &truth["creates"]), (face.name(), &json!(1)), "{truth}");
    truth
}

#[test]
fn each_number_calls_out_and_is_called_through_its_own_carrier() {
    let ways = [
        (Face::Twilio, "line", OURS),
        (Face::Telnyx, "second", OTHER),
        (Face::Plivo, "third", "+12025550102"),
        (Face::Twilio, "fourth", "+12025550103"),
    ];
    let mut world = start(Face::Twilio, |world| {
        let more = ways.iter().skip(1).map(|(face, name, number)| {
            let carrier = face.section(name, world.network);
            format!("{carrier}\nnumbers.'{number}' = {{ carrier = '{name}', inbound = 'open' }}\n")
        });
        more.collect::<String>() + "calls.live_max = 20"
    });
    let mut ids = Vec::new();
    for (n, (face, name, ours)) in (1..).zip(ways) {
        world.connect(face, name, ours);
        let to = world.talker(n);
        let id = place_from(&world, ours, &to);
        let call = world.wait_for_talk(&id);
        assert_eq!((word(&call, "carrier"), word(&call, "from")), (name, ours), "{call}");
        let truth = rang_once_at(&world, face, &to);
        assert_eq!(word(&truth, "from"), ours, "{truth}");
        ids.push(id);
    }

    world.restart();

    for id in &ids {
        assert_eq!(word(&world.recovered(id), "decision"), "kept");
    }
    for (n, (face, name, ours)) in (11..).zip(ways) {
        world.talker(n);
        let leg = word(&world.call_in_to(ours, &number(n)), "id").to_owned();
        wait_until("the caller is answered", SOON, || {
            let truth = world.truth().into_iter().find(|truth| truth["id"] == leg.as_str()).unwrap();
            assert_eq!(word(&truth, "carrier"), face.name());
            truth["heard"] != json!([])
        });
        let calls = world.get("/v1/calls");
        let known = calls["calls"].as_array().unwrap().iter().find(|call| call["from"] == number(n).as_str());
        assert_eq!(known.map(|call| (word(call, "carrier"), word(call, "to"))), Some((name, ours)));
    }
    for (n, id) in (1..).zip(&ids) {
        world.hang_up(id);
        assert_eq!(word(&world.wait_for_end(id)["ending"], "by"), "agent");
        assert_eq!(world.only_truth_to(&number(n))["ended_by"], "api");
    }
}

fn two_accounts_at_one_carrier_are_kept_apart(face: Face) {
    let mut world = start(face, |world| {
        let twin = face.section("twin", world.network);
        let wrong = face.section("wrong", world.network).replace(face.secret(), "a wrong one");
        format!(
            "{twin}\n{wrong}\nnumbers.'{OTHER}' = {{ carrier = 'twin' }}\n\
             numbers.'+12025550102' = {{ carrier = 'wrong' }}"
        )
    });
    let (first, second, third) = (world.talker(1), world.talker(2), world.talker(3));
    let ids = [(OURS, &first), (OTHER, &second)].map(|(from, to)| place_from(&world, from, to));
    for (id, name) in ids.iter().zip(["line", "twin"]) {
        assert_eq!(word(&world.wait_for_talk(id), "carrier"), name);
    }
    let refused = world.wait_for_end(&place_from(&world, "+12025550102", &third));
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&refused["ending"], field).to_owned());
    assert_eq!(told, ["failed", "carrier", "reply"], "{refused}");
    assert_eq!(world.truth_to(&third), Vec::<Value>::new(), "nobody's phone rang");
    let (_, reasons) = world.health();
    assert!(reasons.contains("wrong refuses calls") && !reasons.contains("twin"), "{reasons}");

    world.kill_dash_nine();
    world.remote_hangs_up(word(&world.only_truth_to(&first), "id"));
    world.start_gateway();

    assert_eq!(word(&world.wait_for_end(&ids[0])["ending"], "by"), "remote");
    assert_eq!(word(&world.recovered(&ids[1]), "decision"), "kept");
    assert_eq!(world.only_truth_to(&second)["live"], true);
}

fn what_the_first_refuses_the_second_places(face: Face) {
    let world = with_a_second(face, "");
    let to = world.talker(1);
    world.fault(&json!({"on": "create", "times": 1, "do": {"status": 400}}));
    let call = world.wait_for_talk(&world.dial(&to));
    assert_eq!(word(&call, "carrier"), "second", "{call}");
    rang_once_at(&world, face.next(), &to);
    assert_eq!(world.requests("create").len(), 2);

    let usual = world.talker(2);
    let call = world.wait_for_talk(&world.dial(&usual));
    assert_eq!(word(&call, "carrier"), "line", "the first one is asked first: {call}");
    rang_once_at(&world, face, &usual);

    let key = if face == Face::Telnyx { "api_key" } else { "auth_token" };
    let world = with_a_second(face, &format!("carriers.line.{key} = 'a wrong one'"));
    let to = world.talker(1);
    let call = world.wait_for_talk(&world.dial(&to));
    assert_eq!(word(&call, "carrier"), "second", "{call}");
    rang_once_at(&world, face.next(), &to);
    let (_, reasons) = world.health();
    assert!(reasons.contains("line refuses calls"), "{reasons}");
}

fn what_the_first_refuses_is_found_at_the_second_after_a_death(face: Face) {
    let mut world = with_a_second(face, "");
    world.fault(&json!({"on": "create", "times": 1, "do": {"status": 400}}));
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_truth(&to, &["ringing"]);

    world.restart();

    world.wait_for_leg(&id);
    let call = world.call(&id);
    assert_eq!(word(&call, "carrier"), "second", "{call}");
    rang_once_at(&world, face.next(), &to);
    assert_eq!(world.requests("create").len(), 2);
    world.hang_up(&id);
    world.wait_for_end(&id);
    assert_eq!(rang_once_at(&world, face.next(), &to)["ended_by"], "api");
}

fn what_is_in_doubt_at_the_first_never_goes_to_the_second(face: Face) {
    let settings = "calls.find_max = '1s'\ncarriers.line.request_timeout = '1s'";
    let mut world = with_a_second(face, settings);
    let (lost, done) = (world.talker(1), world.talker(2));
    world.fault(&json!({"on": "create", "to": lost, "do": "stall-before"}));
    world.fault(&json!({"on": "create", "to": done, "do": "cut-after"}));

    let nowhere = world.dial(&lost);
    let there = world.dial(&done);

    let call = world.wait_for_talk(&there);
    assert_eq!(word(&call, "carrier"), "line", "{call}");
    wait_until("both requests have left", SOON, || world.requests("create").len() == 2);
    world.restart();
    let call = world.wait_for_end(&nowhere);
    assert_eq!((word(&call["ending"], "kind"), word(&call, "carrier")), ("indeterminate", "line"), "{call}");
    assert_eq!(world.truth_to(&lost), Vec::<Value>::new(), "nobody's phone rang");
    let truth = rang_once_at(&world, face, &done);
    assert_eq!(truth["create_requests"], 1, "{truth}");
    assert_eq!(world.requests("create").len(), 2, "one for each call");
}

fn what_all_refuse_fails_and_nobody_rings(face: Face) {
    let world = with_a_second(face, "calls.live_max = 1");
    let to = world.talker(1);
    world.fault(&json!({"on": "create", "to": to, "do": {"status": 400}}));
    let call = world.wait_for_end(&world.dial(&to));
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&call["ending"], field).to_owned());
    assert_eq!(told, ["failed", "carrier", "reply"], "{call}");
    assert_eq!(world.requests("create").len(), 2, "each was asked once");
    assert_eq!(world.truth(), Vec::<Value>::new());
    world.wait_for_talk(&world.dial(&world.talker(2)));
}
