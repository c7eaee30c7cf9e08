//! `offhook tail`: a line for each event, and none missed though the gateway dies.

use crate::world::{Line, SOON, World, offhook, wait_until, word, words};
use serde_json::Value;
use std::fs::{self, File};
use std::process::{Child, Stdio};

/// Somebody who follows, with what they read in files.
struct Follower<'w> {
    child: Child,
    world: &'w str,
}

impl Follower<'_> {
    fn start<'w>(world: &World, folder: &'w str, arguments: &[&str]) -> Follower<'w> {
        let file = |name: &str| File::create(format!("{folder}/{name}")).unwrap();
        let mut command = offhook(&world.path("."));
        command.arg("tail").args(arguments).args(["--config", "offhook.toml"]);
        command.stdin(Stdio::null()).stdout(file("tail.out")).stderr(file("tail.err"));
        Follower { child: command.spawn().unwrap(), world: folder }
    }

    fn read(&self) -> String {
        fs::read_to_string(format!("{}/tail.out", self.world)).unwrap()
    }

    fn told(&self) -> String {
        fs::read_to_string(format!("{}/tail.err", self.world)).unwrap()
    }
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn nothing_is_missed_though_the_gateway_dies() {
    let mut world = World::start(Line::Webhooks, "");
    let folder = world.path(".").display().to_string();
    let before = world.dial(&world.talker(1));
    world.wait_for_talk(&before);
    let follower = Follower::start(&world, &folder, &["--json", "--since", "1h"]);
    wait_until("what was before is told", SOON, || follower.read().contains(&before));
    world.kill_dash_nine();
    wait_until("it says that the gateway is away", SOON, || follower.told().contains("away"));
    world.start_gateway();
    let after = world.dial(&world.talker(2));
    world.wait_for_talk(&after);
    wait_until("it says that the gateway is back", SOON, || follower.told().contains("back"));
    for id in [&before, &after] {
        world.hang_up(id);
        world.wait_for_end(id);
        let versions: Vec<Value> = world.events(id).iter().map(|event| event["version"].clone()).collect();
        wait_until("all of it was told, once and in order", SOON, || {
            let lines = follower.read();
            let whole = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let told = whole.filter(|told| word(&told["call"], "id") == id);
            told.map(|told| told["event"]["version"].clone()).collect::<Vec<_>>() == versions
        });
    }
}

#[test]
fn one_call_is_followed_to_its_end() {
    let world = World::start(Line::Webhooks, "");
    let folder = world.path(".").display().to_string();
    let (other, id) = (world.dial(&world.talker(1)), world.dial(&world.talker(2)));
    world.wait_for_talk(&other);
    world.wait_for_talk(&id);
    let mut follower = Follower::start(&world, &folder, &[&id, "--since", "1h"]);
    wait_until("what was before is told", SOON, || follower.read().contains("→ in_progress"));
    world.hang_up(&other);
    world.hang_up(&id);
    world.wait_for_end(&other);
    wait_until("it ends with the call", SOON, || matches!(follower.child.try_wait(), Ok(Some(_))));
    let lines = follower.read();
    assert_eq!(follower.child.wait().unwrap().code(), Some(0), "{}", follower.told());
    assert!(lines.lines().all(|line| line.contains(&id)), "{lines}");
    assert!(lines.trim_end().ends_with("→ ended"), "{lines}");
    let (code, out, said) = words(&world.command(&["tail", &id]));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("offhook show"), "{said}");
}

#[test]
fn whoever_can_not_be_let_in_is_told_at_once() {
    let mut world = World::start(Line::Webhooks, "");
    let (code, _, said) = words(&world.command(&["tail", "c_nobody"]));
    assert_eq!(code, Some(1), "{said}");
    world.kill_dash_nine();
    let (code, _, said) = words(&world.command(&["tail"]));
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("offhook serve"), "{said}");
    let (code, _, said) = words(&world.command(&["tail", "--since", "yesterday"]));
    assert_eq!(code, Some(2), "{said}");
}
