//! What commands print for programs, and what they print for those who read about them.

use crate::world::{Line, World, offhook, words};
use serde_json::Value;
use std::fs;

#[test]
fn every_answer_is_one_json_document_where_a_program_asks() {
    let world = World::start(Line::Webhooks, "");
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    fs::write(world.path("numbers.txt"), "+12025550177\n").unwrap();
    let (numbers, backup) = (world.path("numbers.txt"), world.path("backup.db"));
    let (numbers, backup) = (numbers.to_str().unwrap(), backup.to_str().unwrap());
    for (arguments, field) in [
        (&["health"][..], "status"),
        (&["pause", "--reason", "night"], "paused"),
        (&["resume"], "paused"),
        (&["reload"], "changed"),
        (&["dnc", "add", "+12025550176"], "number"),
        (&["dnc", "remove", "+12025550176"], "number"),
        (&["dnc", "import", numbers], "taken"),
        (&["dnc", "list"], "numbers"),
        (&["audit"], "decisions"),
        (&["latency"], "agents"),
        (&["config"], "listen"),
        (&["backup", backup], "calls"),
        (&["doctor"], "findings"),
        (&["tunnel", "--ngrok-api", "http://127.0.0.1:9"], "commands"),
        (&["ls"], "calls"),
        (&["history"], "calls"),
        (&["show", &id], "events"),
        (&["say", &id, "Hello."], "command"),
        (&["stop", &id], "commands"),
        (&["hangup", &id], "state"),
    ] {
        let (code, out, said) = words(&world.command(&[arguments, &["--json"]].concat()));
        let document: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}{said}"));
        assert!(!document[field].is_null(), "{arguments:?} ({code:?}) has {field}: {document}");
        assert!(!out.contains('\u{1b}'), "no colour: {out}");
    }
}

#[test]
fn health_tells_ready_from_gone() {
    let mut world = World::start(Line::Webhooks, "");
    let (code, out, _) = words(&world.command(&["health"]));
    assert_eq!((code, out.lines().next()), (Some(0), Some("ready")), "{out}");
    world.kill_dash_nine();
    assert_eq!(words(&world.command(&["health"])).0, Some(3));
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let world = World::without_gateway(Line::Webhooks, "");
    let folder = world.path("man/man1");
    let man = offhook(&world.path(".")).arg("man").arg(&folder).output().unwrap();
    assert!(man.status.success(), "{man:?}");
    for page in ["offhook.1", "offhook-top.1", "offhook-tail.1", "offhook-dnc-add.1", "offhook-init.1"] {
        let text = fs::read_to_string(folder.join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
    let (code, out, said) = words(&offhook(&world.path(".")).arg("man").output().unwrap());
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(".TH offhook 1"), "{out}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, out, said) =
            words(&offhook(&world.path(".")).args(["completions", shell]).output().unwrap());
        assert_eq!(code, Some(0), "{said}");
        assert!(out.contains("history") && out.contains("since"), "{shell}: {out}");
    }
}
