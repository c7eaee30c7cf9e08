//! How much of the past is kept: old calls go while the gateway works, and nothing else does.

use crate::world::{
    ACCOUNT, API_TOKEN, AUTH_TOKEN, Form, Line, OURS, SOON, World, offhook, wait_for, wait_until, word, words,
};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

const STRANGER: &str = "+12025550177";

/// Enough for many turns of pruning, and few enough for a slow machine.
const N_OLD: usize = 5_000;

/// The figures that this prints are of the build under test; no time is held against them.
#[test]
fn old_calls_go_while_webhooks_arrive_and_calls_that_live_stay() {
    let mut world = World::without_gateway(Line::Webhooks, "history.keep_days = 0");
    let old = world.lived_through(STRANGER, N_OLD, 91);
    let recent = world.lived_through("+12025550178", 5, 80);
    world.start_gateway();
    let live = world.dial(&world.talker(1));
    let leg = word(&world.wait_for_talk(&live), "carrier_call_id").to_owned();
    let before: Vec<_> = (0..200).map(|n| hear(&world, &live, &leg, n)).collect();
    assert_eq!(world.ask("GET", &format!("/v1/calls/{}", old[0]), None).status, 200);

    world.write_settings("");
    world.restart();
    let bytes = world.store_file().metadata().expect("a store").len();
    let is_there = |id: &String| world.ask("GET", &format!("/v1/calls/{id}"), None).status == 200;
    let mut during = Vec::new();
    wait_for("the old calls are gone", SOON * 4, || {
        during.extend((0..50).map(|n| hear(&world, &live, &leg, 1_000 + n)));
        (!is_there(&old[N_OLD - 1])).then_some(())
    });

    assert!(!is_there(&old[0]) && recent.iter().all(is_there));
    assert_eq!(word(&world.call(&live), "state"), "in_progress");
    assert!(world.health().0, "{:?}", world.health());
    let shrunk = || world.store_file().metadata().is_ok_and(|file| file.len() < bytes / 2);
    wait_until("the file has become smaller", SOON * 2, || {
        hear(&world, &live, &leg, 2_000);
        shrunk()
    });
    eprintln!("a webhook took {} without pruning, {} with it", times(before), times(during));
    world.stop_gateway();
    world.start_gateway();
    assert_eq!(word(&world.recovered(&live), "decision"), "kept");
}

#[test]
fn of_the_newest_so_many_are_kept_but_never_fewer_than_rules_need() {
    let mut world = World::without_gateway(Line::Webhooks, "history = { keep_calls = 4, keep_days = 0 }");
    let old = world.lived_through(STRANGER, 3, 30);
    let young = world.lived_through("+12025550178", 5, 1);
    world.start_gateway();
    let is_there = |id: &String| world.ask("GET", &format!("/v1/calls/{id}"), None).status == 200;
    wait_until("what is old and too many is gone", SOON, || !old.iter().any(is_there));
    assert!(young.iter().all(is_there), "those of the last two days stay");
}

#[test]
fn the_past_is_exported_beside_a_gateway_that_works_and_without_one() {
    let mut world = World::without_gateway(Line::Webhooks, "");
    let recent = world.lived_through(STRANGER, 1_000, 20);
    world.start_gateway();
    let live = world.dial(&world.talker(1));
    world.wait_for_talk(&live);

    let whole = exported(&world, &[]);

    assert_eq!(whole.len(), 1_001);
    assert_eq!(whole[0]["call"]["id"], recent[0].as_str());
    assert_eq!(whole[0]["call"]["ending"]["kind"], "completed");
    assert_eq!(whole[0]["events"].as_array().map(Vec::len), Some(2));
    let last = &whole[1_000];
    assert_eq!(last["call"]["id"], live.as_str());
    let events = last["events"].as_array().expect("its events");
    assert_eq!(events.as_slice(), &world.events(&live)[..events.len()], "as the API tells it");
    for secret in [API_TOKEN, AUTH_TOKEN] {
        assert!(!whole.iter().any(|line| line.to_string().contains(secret)));
    }
    let since = jiff::Timestamp::now() - jiff::Span::new().hours(24);
    let calls = exported(&world, &["--calls", "--since", &since.to_string()]);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["id"], live.as_str());
    world.stop_gateway();
    let events = exported(&world, &["--events"]);
    assert_eq!((&events[0]["kind"], &events[1]["kind"]), (&"offered".into(), &"over".into()));
    assert!(
        events[..2_000].iter().all(|event| event["call"].as_str().is_some_and(|id| id.starts_with("c_")))
    );
}

#[test]
fn whoever_has_read_enough_of_an_export_stops_it() {
    let world = World::without_gateway(Line::Webhooks, "");
    world.lived_through(STRANGER, 500, 20);
    let mut command = offhook(&world.path("."));
    command.args(["export", "--config"]).arg(world.config_file());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(serde_json::from_str::<Value>(&first).is_ok(), "{first}");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(words(&ended), (Some(0), String::new(), String::new()));
}

#[test]
fn a_backup_that_is_put_back_starts_paused_and_reports_the_calls_it_does_not_know() {
    let (mut world, old, lost) = backed_up_between_two_calls("[recovery]\norphans = 'report'\n");
    let leg = word(&world.call(&lost), "carrier_call_id").to_owned();

    put_back(&mut world);

    let reasons = wait_for("the unknown call is reported", SOON, || {
        let (_, reasons) = world.health();
        reasons.contains(&leg).then_some(reasons)
    });
    assert!(reasons.contains("it looks restored from a backup"), "{reasons}");
    assert!(reasons.contains("calls live at line that this store doesn't know"), "{reasons}");
    assert!(!reasons.contains(word(&world.call(&old), "carrier_call_id")), "{reasons}");
    assert_eq!(world.ask("GET", "/v1/pause", None).json()["paused"], true);
    assert_eq!(word(&world.recovered(&old), "decision"), "kept");
    assert_eq!(words(&world.command(&["resume"])).0, Some(0));
    wait_until("all is well", SOON, || world.health().0);
}

#[test]
fn a_call_that_was_made_since_the_backup_is_ended_and_an_older_one_goes_on() {
    let (mut world, old, lost) = backed_up_between_two_calls("");

    put_back(&mut world);

    let path = format!("/v1/calls/{lost}");
    wait_until("the call is taken in", SOON, || world.ask("GET", &path, None).status == 200);
    let ended = world.wait_for_end(&lost);
    assert_eq!(word(&ended["ending"], "cause"), "orphaned", "{ended}");
    assert_eq!(word(&world.only_truth_to(&world.talker(2)), "status"), "completed");
    assert_eq!(word(&world.only_truth_to(&world.talker(1)), "status"), "in-progress");
    assert_eq!(word(&world.recovered(&old), "decision"), "kept");
    let (well, reasons) = world.health();
    assert!(
        !well && reasons.contains("offhook resume"),
        "somebody must say that calls may be placed: {reasons}"
    );
}

/// A gateway with a call that its backup, `copy.db`, knows, and one that it doesn't.
fn backed_up_between_two_calls(config: &str) -> (World, String, String) {
    let world = World::start(Line::Webhooks, config);
    let old = world.dial(&world.talker(1));
    world.wait_for_talk(&old);
    let copy = world.path("copy.db");
    let name = copy.to_str().expect("a plain name").to_owned();
    let (code, said, complaint) = words(&world.command(&["backup", &name]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert!(said.contains("1 calls, 1 of them not over"), "{said}");
    let (code, _, complaint) = words(&world.command(&["backup", &name]));
    assert!(code == Some(2) && complaint.contains("overwrites none"), "{complaint}");
    let lost = world.dial(&world.talker(2));
    world.wait_for_talk(&lost);
    (world, old, lost)
}

/// Puts the backup back, and starts the gateway on it.
fn put_back(world: &mut World) {
    world.stop_gateway();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(world.path(&format!("store/offhook.db{suffix}")));
    }
    std::fs::copy(world.path("copy.db"), world.store_file()).expect("it is put back");
    world.start_gateway();
}

#[test]
fn a_person_is_forgotten_when_their_calls_are_over_and_the_gateway_is_down() {
    let mut world = World::without_gateway(Line::Webhooks, "");
    let ids = world.lived_through(STRANGER, 50, 20);
    world.start_gateway();
    let person = world.talker(1);
    let live = world.dial(&person);
    world.wait_for_talk(&live);
    let (code, _, said) = words(&world.command(&["forget", STRANGER]));
    assert!(code == Some(1) && said.contains("the gateway runs on") && said.contains("stop it"), "{said}");
    world.stop_gateway();

    let (code, _, said) = words(&world.command(&["forget", &person]));
    assert!(
        code == Some(1) && said.contains("are not over, or something is owed of them, such as c_"),
        "{said}"
    );
    let (code, _, said) = words(&world.command(&["forget", OURS]));
    assert!(code == Some(1) && said.contains("the gateway's own numbers"), "{said}");
    let (code, said, remark) = words(&world.command(&["forget", STRANGER]));

    assert_eq!(code, Some(0), "{remark}");
    assert!(said.starts_with("forgotten: 50 calls"), "{said}");
    assert!(remark.contains("not erased by this: backups"), "{remark}");
    let folder = std::fs::read_dir(world.path("store")).unwrap();
    let digits = STRANGER.trim_start_matches('+').as_bytes();
    for file in folder.map(|file| file.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(digits.len()).any(|window| window == digits), "{}", file.display());
    }
    world.start_gateway();
    assert_eq!(word(&world.recovered(&live), "decision"), "kept");
    let call = world.call(&ids[7]);
    assert!(word(&call, "from").starts_with("forgotten-") && word(&call, "say").starts_with("··"), "{call}");
    assert!(world.health().0, "{:?}", world.health());
}

fn exported(world: &World, arguments: &[&str]) -> Vec<Value> {
    let (code, said, complaint) = words(&world.command(&[&["export"], arguments].concat()));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A webhook that is always written: a word that nobody knows.
fn hear(world: &World, id: &str, leg: &str, n: usize) -> Duration {
    let form = Form::about(leg, OURS, &world.talker(1), &format!("strange-{n}")).with("AccountSid", ACCOUNT);
    let sent = world.signed(&format!("status?call={id}"), &form);
    let begun = Instant::now();
    let answer = world.webhook(&sent);
    assert!((200..300).contains(&answer.status), "{answer:?}");
    begun.elapsed()
}

fn times(mut each: Vec<Duration>) -> String {
    each.sort_unstable();
    let at = |share: usize| each[(each.len() - 1) * share / 100].as_micros();
    format!("{} µs (p50), {} µs (p99), {} µs (most) of {}", at(50), at(99), at(100), each.len())
}
