//! The store's file: one gateway on it, nobody else may read it, and what isn't whole is refused
//! rather than taken for "no calls".

use crate::world::{Line, Process, SOON, World, free_port, wait_until, word, words};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[test]
fn a_second_gateway_on_the_same_store_is_refused() {
    let mut world = World::start(Line::Webhooks, "");
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    let ip = world.gateway.ip();
    world.write_settings(&format!("listen = '{ip}:{}'", free_port(ip)));

    let (code, said) = world.refused_start();

    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("offhook.db is in use by another offhook"), "{said}");
    assert_eq!(word(&world.call(&id), "state"), "in_progress", "the first is not disturbed");
    world.write_settings("");
    world.restart();
    assert_eq!(word(&world.recovered(&id), "decision"), "kept", "a lock dies with its process");
}

#[test]
fn nobody_else_may_read_what_the_gateway_keeps() {
    let world = World::without_gateway(Line::Webhooks, "");
    let config = fs::read_to_string(world.config_file()).unwrap();
    // Without a token in the configuration it makes one, and keeps it beside the store.
    let without: String =
        config.lines().filter(|line| !line.starts_with("token = ")).map(|l| format!("{l}\n")).collect();
    fs::write(world.config_file(), without).unwrap();
    let mut serve = Process::start(world.path("."), "by-hand", ["serve", "--config", "offhook.toml"]);
    serve.announced("offhook listens on http://");
    let (code, _, said) = words(&world.command(&["call", &world.talker(1)]));
    assert_eq!(code, Some(0), "the command line finds the token: {said}");

    let folder = world.path("store");
    assert_eq!(mode(&folder), 0o700);
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names.len() >= 5, "{names:?}");
    for path in names {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_damaged_store_is_refused_in_words_and_left_as_it_is() {
    let mut world = World::start(Line::Webhooks, "");
    world.wait_for_leg(&world.dial(&world.talker(1)));
    world.stop_gateway();
    let whole = fs::read(world.store_file()).unwrap();
    let file = fs::OpenOptions::new().write(true).open(world.store_file()).unwrap();
    for (at, what) in [(0, "the header"), (whole.len() as u64 / 2, "the middle")] {
        file.write_all_at(&[0x5a; 2_048], at).unwrap();
        let broken = fs::read(world.store_file()).unwrap();

        let (code, said) = world.refused_start();

        assert_eq!(code, Some(1), "{what}: {said}");
        assert!(said.contains("offhook.db is damaged or no offhook store"), "{what}: {said}");
        assert!(said.contains("restore a backup"), "{what}: {said}");
        assert!(fs::read(world.store_file()).unwrap() == broken, "{what} is left as it is");
        file.write_all_at(&whole, 0).unwrap();
    }
    world.start_gateway();
}

#[test]
fn a_gateway_that_stopped_leaves_its_store_in_one_whole_file() {
    let mut world = World::start(Line::Webhooks, "");
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    world.stop_gateway();
    let log = beside(&world, "-wal");
    assert!(!log.exists() || fs::metadata(&log).unwrap().len() == 0, "all of it is in the database");
    // As whoever copies that one file away and back does.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&world, suffix));
    }
    world.start_gateway();
    assert_eq!(word(&world.recovered(&id), "decision"), "kept");
    assert!(world.health().0, "nothing is missing");
}

#[test]
fn a_store_of_a_newer_version_is_refused_in_words() {
    let mut world = World::start(Line::Webhooks, "");
    world.stop_gateway();
    // What is in the log would hide what is in the file.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&world, suffix));
    }
    // SQLite's header holds the version of the schema, big-endian.
    let file = fs::OpenOptions::new().write(true).open(world.store_file()).unwrap();
    file.write_all_at(&9_999_u32.to_be_bytes(), 60).unwrap();
    let (code, said) = world.refused_start();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("was written by a newer offhook (schema 9999"), "{said}");
}

#[test]
fn a_store_that_went_back_in_time_starts_paused_and_says_why() {
    let mut world = World::start(Line::Webhooks, "");
    let old = world.dial(&world.talker(1));
    world.wait_for_talk(&old);
    world.stop_gateway();
    let backup = ["", "-wal"].map(|suffix| fs::read(beside(&world, suffix)).ok());
    world.start_gateway();
    let lost = world.dial(&world.talker(2));
    world.wait_for_talk(&lost);
    world.stop_gateway();
    let _ = fs::remove_file(beside(&world, "-shm"));
    for (suffix, bytes) in ["", "-wal"].into_iter().zip(backup) {
        let _ = fs::remove_file(beside(&world, suffix));
        bytes.into_iter().for_each(|bytes| fs::write(beside(&world, suffix), bytes).unwrap());
    }

    world.start_gateway();

    let (is_ok, reasons) = world.health();
    assert!(!is_ok && reasons.contains("it looks restored from a backup"), "{reasons}");
    let refused = world.ask("POST", "/v1/calls", Some(&json!({"to": world.talker(3)})));
    assert_eq!((refused.status, word(&refused.json(), "code")), (409, "OH-0008"), "{refused:?}");
    assert!(refused.body.contains("backup") && refused.body.contains("offhook resume"), "{refused:?}");
    assert_eq!(word(&world.recovered(&old), "decision"), "kept", "what it knows is looked after");
    world.restart();
    let refused = world.ask("POST", "/v1/calls", Some(&json!({"to": world.talker(3)})));
    assert_eq!(refused.status, 409, "until a person says so");
    assert!(!world.health().0, "and it still says why: {refused:?}");

    assert_eq!(words(&world.command(&["resume"])).0, Some(0));

    wait_until("all is well", SOON, || world.health().0);
    world.wait_for_leg(&world.dial(&world.talker(3)));
    world.restart();
    assert!(world.health().0, "it is said once");
}

#[test]
fn a_pause_survives_a_death_and_queued_calls_wait_for_its_end() {
    let mut world = World::start(Line::Webhooks, "calls.live_max = 1");
    let talking = world.dial(&world.talker(1));
    let waiting = world.dial(&world.talker(2));
    let (code, said, _) = words(&world.command(&["pause", "--reason", "the number is being ported"]));
    assert_eq!(code, Some(0), "{said}");

    world.restart();

    let refused = world.ask("POST", "/v1/calls", Some(&json!({"to": world.talker(3)})));
    assert_eq!((refused.status, word(&refused.json(), "code")), (409, "OH-0008"));
    assert!(refused.body.contains("the number is being ported"), "{}", refused.body);
    world.hang_up(&talking);
    world.wait_for_end(&talking);
    let call = world.call(&waiting);
    assert_eq!((word(&call, "state"), word(&call, "waits_for")), ("queued", "pause"), "{call}");

    assert_eq!(words(&world.command(&["resume"])).0, Some(0));

    world.wait_for_talk(&waiting);
}

/// The store, or what SQLite keeps beside it.
fn beside(world: &World, suffix: &str) -> PathBuf {
    world.path(&format!("store/offhook.db{suffix}"))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
