//! `offhook recover --dry-run`: what a start would decide, with the store and the carrier left as
//! they are.

use crate::world::{Face, Line, OURS, World, word, words};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn a_dry_run_says_what_the_start_then_decides_and_changes_nothing() {
    let mut world = World::start(Line::Webhooks, "");
    // The carrier's own limit would end it.
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let (over, living, late) = (world.talker(1), world.talker(2), world.talker(3));
    let doubted = world.sleeper(4);
    let (over_id, living_id) = (world.dial(&over), world.dial(&living));
    world.wait_for_talk(&over_id);
    world.wait_for_talk(&living_id);
    world.stop_gateway();
    world.write_settings("calls.duration_max = '8s'");
    world.start_gateway();
    let late_id = world.dial(&late);
    world.wait_for_talk(&late_id);
    world.lift_faults();
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    let doubted_id = world.dial(&doubted);
    world.wait_for_truth(&doubted, &["ringing"]);
    world.kill_dash_nine();
    world.remote_hangs_up(word(&world.only_truth_to(&over), "id"));
    let answered_at = world.only_truth_to(&late)["answered_at"].as_i64().unwrap();
    crate::world::wait_until("one is past its time", crate::world::SOON, || {
        world.ask_network("/network/health")["now"].as_i64().unwrap() > answered_at + 9_500
    });
    let before = world.store_bytes();
    assert!(!before[1].is_empty(), "the dead gateway left a log that its next start would fold in");
    let truth = world.truth();
    let n_known = total(&world);

    let decided = dry_run(&world);

    assert_eq!(decided[&over_id], ["in_progress", "closed", "completed"], "{decided:?}");
    assert_eq!(decided[&living_id], ["in_progress", "kept", "in_progress"], "{decided:?}");
    assert_eq!(decided[&late_id], ["in_progress", "hung_up", "in_progress"], "{decided:?}");
    assert_eq!(decided[&doubted_id], ["placing", "adopted", "ringing"], "{decided:?}");
    assert_eq!(world.store_bytes(), before, "the store is as it was");
    assert_eq!(world.truth(), truth, "and so are the calls");
    assert_only_gets_since(&world, n_known);
    let (code, table, said) = words(&world.command(&["recover", "--dry-run"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(
        table.starts_with("a start would find 4 unfinished calls: 1 kept, 1 adopted, 1 hung_up, 1 closed\n")
    );
    assert!(table.contains(&late_id) && table.contains("duration_max"), "{table}");

    world.start_gateway();
    for (id, foreseen) in decided.iter().filter(|(id, _)| **id != late_id) {
        assert_eq!(word(&world.recovered(id), "decision"), foreseen[1], "{id}");
    }
    assert_eq!(word(&world.wait_for_end(&late_id)["ending"], "cause"), "duration_max");
}

#[test]
fn a_dry_run_beside_a_gateway_keeps_what_it_cannot_ask_about() {
    let world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.fault(&json!({"on": "fetch", "do": {"status": 503}}));
    let decided = dry_run(&world);
    assert_eq!(decided[&id], ["in_progress", "asked_again", "carrier_error"], "{decided:?}");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
}

#[test]
fn a_dry_run_lists_where_there_are_many() {
    let mut world = World::start(Line::On(Face::Telnyx), "calls.live_max = 200\nlog = 'info'");
    let legs = world.seed_many(Face::Telnyx, 100, "+12025560000");
    let since = world.ask_network("/network/health")["now"].as_i64().unwrap() - 1_000;
    let snapshot = |(nth, leg): (usize, &String)| {
        json!({
            "callId": format!("call-{nth}"), "provider": "telnyx", "providerCallId": leg,
            "direction": "outbound", "state": "speaking", "from": OURS,
            "to": format!("+{}", 12_025_560_000_u64 + nth as u64), "startedAt": since, "answeredAt": since,
        })
        .to_string()
    };
    let lines: Vec<String> = legs.iter().enumerate().map(snapshot).collect();
    std::fs::write(world.path("calls.jsonl"), lines.join("\n")).unwrap();
    let (code, _, said) = words(&world.command(&["import", "calls.jsonl"]));
    assert_eq!(code, Some(0), "{said}");
    world.kill_dash_nine();
    let n_known = total(&world);

    let decided = dry_run(&world);

    assert_eq!(decided.len(), 100);
    assert!(decided.values().all(|[_, decision, _]| decision == "kept"), "{decided:?}");
    let n_asked = total(&world) - n_known;
    assert!(n_asked <= 20, "{n_asked} requests");
    assert_only_gets_since(&world, n_known);
}

#[test]
fn a_dry_run_without_a_store_says_so() {
    let world = World::without_gateway(Line::Webhooks, "");
    let (code, out, said) = words(&world.command(&["recover", "--dry-run"]));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(said.contains("there is no store at"), "{said}");
    assert!(!world.store_file().exists(), "and it makes none");
}

/// Each unfinished call: what was believed, what would be decided, and what the carrier said.
fn dry_run(world: &World) -> BTreeMap<String, [String; 3]> {
    let (code, out, said) = words(&world.command(&["recover", "--dry-run", "--json"]));
    assert_eq!(code, Some(0), "{said}");
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    assert_eq!(document["dry_run"], true);
    let calls = document["calls"].as_array().unwrap().iter();
    calls
        .map(|call| {
            let told = ["believed", "decision", "carrier"].map(|field| word(call, field).to_owned());
            (word(call, "id").to_owned(), told)
        })
        .collect()
}

fn total(world: &World) -> usize {
    usize::try_from(world.ask_network("/network/requests")["total"].as_u64().unwrap()).unwrap()
}

fn assert_only_gets_since(world: &World, n_known: usize) {
    let journal = world.ask_network("/network/requests");
    let last = journal["last"].as_array().unwrap();
    let n_new = total(world) - n_known;
    assert!(n_new > 0, "the carrier was asked");
    for asked in last.iter().rev().take(n_new) {
        assert_eq!(asked["method"], "GET", "{asked}");
    }
}
