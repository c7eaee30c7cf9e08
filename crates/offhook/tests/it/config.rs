//! A configuration with faults: all of them are told at once, with the line and the way out, and
//! nothing is started.

use crate::world::{API_TOKEN, Line, Process, World, word, words};
use serde_json::json;
use std::fs;

#[test]
fn all_faults_of_a_configuration_are_told_together() {
    let world = World::without_gateway(Line::Webhooks, "");
    let faulty = r#"
listn = "127.0.0.1:1"
public_url = "http://calls.example.com"
[calls]
live_max = 0
ring_max = "500ms"
[carriers.line]
kind = "twilio"
account_sid = "AC1"
auth_token = { env = "NOT_THERE" }
[numbers."+12025550100"]
carrier = "lime"
"#;
    fs::write(world.config_file(), faulty).unwrap();
    for command in ["serve", "config"] {
        let (code, _, said) = words(&world.command(&[command]));
        assert_eq!(code, Some(2), "{command}: {said}");
        for (line, told) in [
            (2, "did you mean `listen`?"),
            (3, "use https"),
            (5, "give 1 to 30000"),
            (6, "give 1s to 10m"),
            (10, "NOT_THERE"),
            (12, "did you mean `line`?"),
        ] {
            let at = format!("offhook.toml:{line}:");
            let row = said.lines().find(|row| row.contains(&at));
            assert!(row.is_some_and(|row| row.contains(told)), "line {line}: {told}\n{said}");
        }
    }
    assert!(!world.store_file().exists(), "nothing was started");
}

#[test]
fn secrets_come_from_files_and_the_environment() {
    let world = World::without_gateway(Line::Webhooks, "");
    let config = fs::read_to_string(world.config_file()).unwrap();
    let from = |secret: &str, place: &str| (format!("\"{secret}\""), place.to_owned());
    let (api, api_file) = from(API_TOKEN, "{ file = \"api-token\" }");
    let (auth, auth_variable) = from(crate::world::AUTH_TOKEN, "{ env = \"AUTH\" }");
    assert!(config.contains(&api) && config.contains(&auth), "{config}");
    fs::write(world.config_file(), config.replace(&api, &api_file).replace(&auth, &auth_variable)).unwrap();
    fs::write(world.path("api-token"), format!("{API_TOKEN}\n")).unwrap();
    let surroundings = [("AUTH", crate::world::AUTH_TOKEN), ("OFFHOOK_CALLS__LIVE_MAX", "1")];
    let arguments = ["serve", "--config", "offhook.toml"];
    let mut serve = Process::start_in(world.path("."), "by-hand", arguments, &surroundings);
    serve.announced("offhook listens on http://");
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    let second = world.place_with(&json!({"to": world.talker(2)}));
    assert_eq!(word(&second, "waits_for"), "slot", "the variable overrides: {second}");
}
