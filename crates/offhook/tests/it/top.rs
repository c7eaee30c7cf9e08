//! `offhook top` on a real terminal, above a real gateway.

use crate::world::{Line, Pty, World, word, words};

/// What leaves the second screen, on which it draws, and shows the cursor again.
const RESTORED: [&str; 2] = ["\u{1b}[?1049l", "\u{1b}[?25h"];

fn top(world: &World) -> Pty {
    let config = world.config_file();
    Pty::start(&world.path("."), &["top", "--config", config.to_str().unwrap()], (80, 24))
}

#[test]
fn it_shows_calls_hangs_one_up_and_outlives_the_gateway() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    let mut top = top(&world);
    top.waits_for(&format!("> {to}"));
    top.waits_for("1 of 10 live");
    top.waits_for("in_progress");
    world.kill_dash_nine();
    top.waits_for("away for");
    world.start_gateway();
    top.waits_for("is back");
    top.types("h");
    top.waits_for("y hangs up, any other key leaves it alone");
    top.types("y");
    let over = world.wait_for_end(&id);
    assert_eq!(word(&over["ending"], "by"), "agent", "{over}");
    top.waits_for("no call is live");
    top.types("q");
    let (code, shown) = top.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(RESTORED.iter().all(|mark| shown.contains(mark)), "{shown:?}");
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let world = World::start(Line::Webhooks, "");
    let top = top(&world);
    top.waits_for("no call is live");
    top.terminate();
    let (code, shown) = top.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(RESTORED.iter().all(|mark| shown.contains(mark)), "{shown:?}");
}

#[test]
fn without_a_terminal_it_names_the_way_out() {
    let world = World::without_gateway(Line::Webhooks, "");
    let (code, _, said) = words(&world.command(&["top"]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("offhook ls --json"), "{said}");
}
