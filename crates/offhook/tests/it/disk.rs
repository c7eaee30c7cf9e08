//! A disk that fails under a gateway that works: nothing is acknowledged that isn't kept, what lives is
//! served as far as truth allows, and when the disk is back nobody has to start anything again.

use crate::world::{ACCOUNT, Form, Line, OURS, SOON, World, wait_until, word};
use call::{CallId, Timestamp};
use engine::crash::{CAN_CRASH, SLOW_VARIABLE};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;
use store::sqlite::SqliteStore;
use store::{KeyUse, Store as _};

#[test]
fn a_full_disk_takes_nothing_on_and_is_served_again_when_there_is_room() {
    if !can_limit() {
        eprintln!("SKIPPED: there is no prlimit (util-linux) here that could fill a disk");
        return;
    }
    let mut world = World::without_gateway(Line::Webhooks, "log = 'warn'");
    world.start_gateway_by("trap '' XFSZ");
    let (live, leg) = talking(&world);
    let full = fs::metadata(beside(&world, "-wal")).unwrap().len();

    world.limit_files(&full.to_string());

    fails_and_is_told(&world, &live, &leg, "free space or make it writable, nothing was lost");
    world.limit_files("unlimited");
    works_again(&world, &live);
}

#[test]
fn a_store_that_is_taken_away_or_replaced_takes_nothing_on_until_it_is_back() {
    let world = World::start(Line::Webhooks, "");
    let (live, leg) = talking(&world);
    let away = world.path("away.db");
    fs::rename(world.store_file(), &away).unwrap();
    fails_and_is_told(&world, &live, &leg, "moved, deleted or replaced under the running gateway");
    fs::copy(&away, world.store_file()).unwrap();
    fails_and_is_told(&world, &live, &leg, "put that very file back");
    fs::rename(&away, world.store_file()).unwrap();
    works_again(&world, &live);
}

#[test]
fn a_gateway_whose_store_was_deleted_starts_paused_on_an_empty_one_and_says_so() {
    let mut world = World::start(Line::Webhooks, "");
    let (live, leg) = talking(&world);
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(beside(&world, suffix)).unwrap();
    }
    fails_and_is_told(&world, &live, &leg, "restart the gateway on what is there");
    world.restart();
    // Its mark proves that it is ours: what the store lacks is ended.
    let path = format!("/v1/calls/{live}");
    wait_until("the call is taken in", SOON, || world.ask("GET", &path, None).status == 200);
    assert_eq!(word(&world.wait_for_end(&live)["ending"], "cause"), "orphaned");
    assert!(world.health().1.contains("another store than the one that was last used here"));
    assert_eq!(world.ask("GET", "/v1/pause", None).json()["paused"], true);
}

#[test]
fn a_log_that_ends_in_half_a_page_is_read_to_its_last_whole_turn() {
    let mut world = World::start(Line::Webhooks, "");
    let (live, _) = talking(&world);
    for torn in [1, 100, 3_000] {
        world.kill_dash_nine();
        let log = fs::OpenOptions::new().write(true).open(beside(&world, "-wal")).unwrap();
        let length = log.metadata().unwrap().len();
        log.set_len(length - torn).unwrap();
        world.start_gateway();
        assert_eq!(word(&world.recovered(&live), "decision"), "kept", "the carrier tells what was lost");
    }
    world.hang_up(&live);
    world.wait_for_end(&live);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_in_words() {
    let mut world = World::start(Line::Webhooks, "");
    world.stop_gateway();
    let folder = world.path("store");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let is_root = fs::write(folder.join("probe"), "x").is_ok();
    if is_root {
        eprintln!("SKIPPED: who runs this may write everywhere");
    } else {
        let (code, said) = world.refused_start();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("cannot write") && said.contains("store/offhook.db"), "{said}");
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let _ = fs::remove_file(folder.join("probe"));
    world.start_gateway();
}

#[test]
fn a_call_that_cannot_be_read_keeps_nobody_from_serving_the_others() {
    let mut world = World::start(Line::Webhooks, "");
    let (garbled, _) = talking(&world);
    let other = world.dial(&world.talker(2));
    world.wait_for_talk(&other);
    world.stop_gateway();
    let mut bytes = fs::read(world.store_file()).unwrap();
    let begins = format!("{{\"facts\":{{\"id\":\"{garbled}\"");
    let found: Vec<usize> =
        (0..bytes.len() - begins.len()).filter(|at| bytes[*at..].starts_with(begins.as_bytes())).collect();
    assert!(!found.is_empty(), "its row is in the file");
    found.into_iter().for_each(|at| bytes[at] = b'[');
    fs::write(world.store_file(), bytes).unwrap();

    world.start_gateway();

    wait_until("the damage is told", SOON, || world.health().1.contains("is damaged or no offhook store"));
    let refused = world.ask("POST", "/v1/calls", Some(&json!({ "to": world.talker(3) })));
    assert_eq!((refused.status, word(&refused.json(), "code")), (503, "OH-0011"), "{refused:?}");
    world.hang_up(&other);
    assert_eq!(word(&world.wait_for_end(&other)["ending"], "kind"), "completed");
    assert_eq!(world.ask("GET", &format!("/v1/calls/{garbled}"), None).status, 503);
}

/// Each commit takes so long that a dozen calls' webhooks wait for one another; what waits together is
/// written together.
#[test]
fn calls_on_a_slow_disk_live_and_end_as_on_any_other() {
    if !CAN_CRASH {
        return;
    }
    let mut world = World::without_gateway(Line::Webhooks, "calls.live_max = 12");
    world.start_gateway_with(&[(SLOW_VARIABLE, "400")]);
    let ids: Vec<String> = std::thread::scope(|scope| {
        let orders: Vec<_> = (1..=12)
            .map(|n| {
                scope.spawn({
                    let world = &world;
                    move || world.dial(&world.talker(n))
                })
            })
            .collect();
        orders.into_iter().map(|order| order.join().unwrap()).collect()
    });

    ids.iter().for_each(|id| drop(world.wait_for_talk(id)));

    world.kill_dash_nine();
    world.start_gateway_with(&[(SLOW_VARIABLE, "400")]);
    ids.iter().for_each(|id| assert_eq!(word(&world.recovered(id), "decision"), "kept"));
    ids.iter().for_each(|id| world.hang_up(id));
    for id in &ids {
        assert_eq!(word(&world.wait_for_end(id)["ending"], "kind"), "completed");
    }
    let truth = world.truth();
    assert!(truth.iter().all(|leg| leg["creates"] == 1 && leg["live"] == false), "{truth:?}");
    assert!(truth.iter().all(|leg| leg["webhooks_lost"] == 0), "nobody gave up waiting: {truth:?}");
    assert_eq!(truth.len(), 12, "one dial for one intent");
}

#[test]
fn a_large_store_is_served_at_once_and_what_is_damaged_in_it_is_told_soon_after() {
    let mut world = World::start(Line::Webhooks, "");
    let (live, _) = talking(&world);
    world.stop_gateway();
    let mut store = SqliteStore::open(&world.store_file(), Timestamp(0)).unwrap().store;
    let used = KeyUse { call: CallId::from_bits(1), digest: "x".repeat(200) };
    let key = |n| format!("key {n:05}");
    store
        .turn(&mut |page| (0..25_000).try_for_each(|n| page.keep_key(&key(n), &used, Timestamp(0))))
        .unwrap();
    drop(store);
    // A page full of keys that nobody asks for.
    let file = fs::OpenOptions::new().write(true).open(world.store_file()).unwrap();
    file.write_all_at(&[0x5a; 64], 500 * 4096).unwrap();

    world.start_gateway();

    assert_eq!(word(&world.call(&live), "state"), "in_progress");
    wait_until("the damage is told", SOON, || world.health().1.contains("is damaged or no offhook store"));
    let refused = world.ask("POST", "/v1/calls", Some(&json!({ "to": world.talker(3) })));
    assert_eq!((refused.status, word(&refused.json(), "code")), (503, "OH-0011"), "{refused:?}");
    world.hang_up(&live);
    assert_eq!(word(&world.wait_for_end(&live)["ending"], "kind"), "completed");
}

/// A call that is being held: its id and its leg.
fn talking(world: &World) -> (String, String) {
    let live = world.dial(&world.talker(1));
    let leg = word(&world.wait_for_talk(&live), "carrier_call_id").to_owned();
    (live, leg)
}

/// Nothing is taken on and nothing acknowledged; what is known is told, with the reason.
fn fails_and_is_told(world: &World, live: &str, leg: &str, why: &str) {
    let calls = world.truth().len();
    let refused = world.ask("POST", "/v1/calls", Some(&json!({ "to": world.talker(2) })));
    assert_eq!((refused.status, word(&refused.json(), "code")), (503, "OH-0011"), "{refused:?}");
    assert!(refused.body.contains(why), "{refused:?}");
    let form = Form::about(leg, OURS, &world.talker(1), "strange").with("AccountSid", ACCOUNT);
    let answer = world.webhook(&world.signed(&format!("status?call={live}"), &form));
    assert_eq!(answer.status, 503, "news that isn't kept isn't acknowledged: {answer:?}");
    assert_eq!(word(&world.call(live), "state"), "in_progress", "what is known is told");
    wait_until("it says that it isn't ready", SOON, || world.ask("GET", "/readyz", None).status == 503);
    assert!(world.health().1.contains(why), "{}", world.health().1);
    assert_eq!(world.truth().len(), calls, "nobody was called");
}

/// Without a start: ready, and everything is done again.
fn works_again(world: &World, live: &str) {
    wait_until("it is ready again", SOON, || world.ask("GET", "/readyz", None).status == 200);
    world.wait_for_leg(&world.dial(&world.talker(3)));
    world.hang_up(live);
    assert_eq!(word(&world.wait_for_end(live)["ending"], "kind"), "completed");
    wait_until("all is well", SOON, || world.health().0);
}

fn can_limit() -> bool {
    Command::new("prlimit").arg("--version").output().is_ok_and(|said| said.status.success())
}

/// The store, or what SQLite keeps beside it.
fn beside(world: &World, suffix: &str) -> PathBuf {
    world.path(&format!("store/offhook.db{suffix}"))
}
