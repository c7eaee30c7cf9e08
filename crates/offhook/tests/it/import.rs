//! A `calls.jsonl` of another gateway: what is over is taken as it is, what isn't is verified with
//! its carrier like any other call, and nothing is dialled.

use crate::world::{Line, World, number, wait_until, word, words};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_file_of_another_gateway_is_taken_over_once() {
    let world = World::start(Line::LooksOnly, "calls.find_max = '1s'");
    let now = world.ask_network("/network/health")["now"].as_i64().unwrap();
    let (talking, sought, nowhere) = (world.talker(1), world.talker(2), number(3));
    let legs = [&talking, &sought].map(|to| world.seed(to, 5_000));
    let live = json!({"providerCallId": legs[0], "answeredAt": now - 5_000});
    let over = json!({"providerCallId": format!("CA{}", "a".repeat(32)), "answeredAt": now - 50_000,
        "endedAt": now - 40_000, "endReason": "hangup-user"});
    let lines = [
        snapshot("one", "initiated", &talking, now - 6_000, &json!({"providerCallId": legs[0]})),
        "{\"callId\": \"torn\", \"provi".to_owned(),
        snapshot("one", "speaking", &talking, now - 6_000, &live),
        snapshot("two", "hangup-user", &number(4), now - 60_000, &over),
        snapshot("three", "ringing", &sought, now - 6_000, &json!({})),
        snapshot("four", "active", &nowhere, now - 120_000, &json!({})),
        snapshot("five", "flying", &number(5), now, &json!({})),
        snapshot("six", "active", &number(6), now, &json!({"provider": "plivo", "providerCallId": "x-1"})),
    ];
    fs::write(world.path("calls.jsonl"), lines.join("\n")).unwrap();

    let (code, out, said) = words(&world.command(&["import", "calls.jsonl"]));

    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("5 calls taken, 4 of them live; 0 known already; 2 lines skipped"), "{out}");
    for told in ["line 2: skipped", "line 7: skipped", "line 5: taken", "line 8: taken"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    what_lived_is_verified(&world, &legs);
    let two = world.wait_for_end(&imported(&world, "two"));
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&two["ending"], field).to_owned());
    assert_eq!(told, ["completed", "remote", "import"], "{two}");
    let four = world.wait_for_end(&imported(&world, "four"));
    let told = ["kind", "cause", "confirmed_by"].map(|field| word(&four["ending"], field).to_owned());
    assert_eq!(told, ["indeterminate", "not_found_at_carrier", "nobody"], "{four}");
    assert_ne!(
        word(&world.call(&imported(&world, "six")), "state"),
        "ended",
        "nobody can be asked: it is kept"
    );
    importing_twice_changes_nothing(&world);
}

fn what_lived_is_verified(world: &World, legs: &[String; 2]) {
    for (imported_id, leg) in ["one", "three"].iter().zip(legs) {
        let id = imported(world, imported_id);
        let call = world.wait_for_talk(&id);
        assert_eq!(word(&call, "carrier_call_id"), leg, "{call}");
        wait_until("its carrier has confirmed it", crate::world::SOON, || {
            let asked = |event: &Value| ["sighted", "found"].contains(&word(event, "kind"));
            world.events(&id).iter().any(asked)
        });
    }
    let id = imported(world, "one");
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
}

fn importing_twice_changes_nothing(world: &World) {
    let all = || world.get("/v1/calls")["calls"].as_array().unwrap().len();
    let n_calls = all();
    let (code, out, said) = words(&world.command(&["import", "calls.jsonl", "--json"]));
    assert_eq!(code, Some(0), "{said}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["taken"], &report["known"]), (&json!(0), &json!(5)), "{report}");
    assert_eq!(all(), n_calls);
    assert_eq!(word(&world.call(&imported(world, "one")), "state"), "ended", "it isn't taken for live again");
    assert_eq!(world.requests("create").len(), 0, "nobody is dialled");
}

/// The id of the call that had this one in the other gateway.
fn imported(world: &World, imported_id: &str) -> String {
    let calls = world.get("/v1/calls");
    let call = calls["calls"].as_array().unwrap().iter().find(|call| call["imported_id"] == imported_id);
    word(call.unwrap_or_else(|| panic!("{imported_id} is in {calls}")), "id").to_owned()
}

fn snapshot(id: &str, state: &str, to: &str, started_at: i64, more: &Value) -> String {
    let mut snapshot = json!({
        "callId": id, "provider": "twilio", "direction": "outbound", "state": state,
        "from": crate::world::OURS, "to": to, "startedAt": started_at,
        "transcript": [{"timestamp": started_at, "speaker": "bot", "text": "Hello", "isFinal": true}],
        "processedEventIds": [], "metadata": {},
    });
    let more = more.as_object().unwrap().clone();
    snapshot.as_object_mut().unwrap().extend(more);
    snapshot.to_string()
}
