//! `offhook init`: a person who is asked, and a script that answers by options, both get a file that
//! works.

use crate::world::{Pty, SOON, free_port, offhook, wait_for, words};
use serde_json::Value;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::with_prefix("offhook-init-").unwrap()
}

fn init(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    // Where a gateway of somebody else's may run, it would be asked.
    let listen = format!("127.0.0.1:{}", free_port(Ipv4Addr::LOCALHOST.into()));
    words(&offhook(folder).arg("init").args(arguments).env("OFFHOOK_LISTEN", listen).output().unwrap())
}

/// The configuration in force, as `offhook config` tells it.
fn in_force(folder: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = offhook(folder);
    let (code, out, said) = words(&command.arg("config").envs(variables.iter().copied()).output().unwrap());
    assert_eq!(code, Some(0), "{said}");
    out
}

#[test]
fn a_person_is_asked_until_the_answers_are_some() {
    let folder = folder();
    let mut terminal = Pty::start(folder.path(), &["init", "--no-check"], (80, 24));
    terminal.answers("1/5", "vonage");
    terminal.answers("that is none of simulated, twilio, telnyx, plivo", "Twilio");
    terminal.answers("2/5", "AC00000000000000000000000000000001");
    terminal.answers("env:NAME or file:PATH [env:TWILIO_AUTH_TOKEN]: ", "00000000000000000000000000000002");
    terminal.answers("that names neither a variable nor a file", "");
    terminal.answers("3/5", "0202 555 0100");
    terminal.answers("that is no telephone number", "+12025550100");
    terminal.answers("4/5", "greeting");
    terminal.answers("What do they hear?", "");
    terminal.answers("needs an answer", "Good day, and \"welcome\".");
    terminal.answers("5/5", "http://calls.example.com");
    terminal.answers("use https", "https://calls.example.com");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    for told in ["export TWILIO_AUTH_TOKEN=", "offhook serve", "offhook call NUMBER"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let path = folder.path().join("offhook.toml");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# What this gateway is"), "{text}");
    let told = in_force(folder.path(), &[("TWILIO_AUTH_TOKEN", "00000000000000000000000000000002")]);
    for told_of in ["AC00000000000000000000000000000001", "https://calls.example.com", "welcome", "open"] {
        assert!(told.contains(told_of), "{told_of}: {told}");
    }
}

#[test]
fn an_agent_is_asked_for_and_answers_the_simulated_number() {
    let folder = folder();
    let mut terminal = Pty::start(folder.path(), &["init", "--no-check"], (80, 24));
    terminal.answers("1/5", "");
    terminal.answers("3/5", "");
    terminal.answers("4/5", "agent");
    terminal.answers("hear first", "");
    terminal.answers("The model's server", "http://127.0.0.1:11434/v1");
    terminal.answers("name for the model", "llama3.2");
    terminal.answers("API key", "");
    terminal.answers("Who is it", "");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("offhook sim call --from +15550110006 --to +15550100000"), "{shown}");
    let told = in_force(folder.path(), &[]);
    assert!(told.contains("llama3.2") && told.contains("agent = \"assistant\""), "{told}");
    assert!(!fs::read_to_string(folder.path().join("offhook.toml")).unwrap().contains("api_key"));
}

#[test]
fn whoever_leaves_in_the_middle_has_written_nothing() {
    let folder = folder();
    let mut terminal = Pty::start(folder.path(), &["init"], (80, 24));
    terminal.waits_for("1/5");
    // The end of the input, as Ctrl-D says it.
    terminal.types("\u{4}");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("nothing was written"), "{shown}");
    let mut terminal = Pty::start(folder.path(), &["init"], (80, 24));
    terminal.waits_for("1/5");
    terminal.types("\u{3}");
    let (code, shown) = terminal.ends();
    assert_ne!(code, Some(0), "{shown}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_there_is_overwritten_only_when_somebody_says_so() {
    let folder = folder();
    let path = folder.path().join("offhook.toml");
    fs::write(&path, "# mine\n").unwrap();
    let mut terminal = Pty::start(folder.path(), &["init", "--carrier", "simulated", "--no-check"], (80, 24));
    terminal.answers("Overwrite it?", "");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(1), "{shown}");
    let (code, _, said) = init(folder.path(), &["--carrier", "simulated", "--number", "+15550100000"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--force"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "# mine\n");
    let mut terminal = Pty::start(folder.path(), &["init", "--carrier", "simulated", "--no-check"], (80, 24));
    terminal.answers("Overwrite it?", "yes");
    terminal.answers("3/5", "");
    terminal.answers("4/5", "");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(fs::read_to_string(&path).unwrap().contains("[carriers.simulated]"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_script_is_told_all_that_is_missing_at_once() {
    let folder = folder();
    for (arguments, told) in [
        (&[][..], "--carrier"),
        (&["--carrier", "twilio"], "--account-sid and --number"),
        (
            &["--carrier", "telnyx", "--answers", "greeting"],
            "--public-key and --connection-id and --number and --greeting",
        ),
        (&["--carrier", "plivo", "--number", "+12025550100"], "--auth-id and --public-url"),
        (&["--carrier", "simulated", "--number", "911"], "--number is no telephone number"),
        (
            &["--carrier", "simulated", "--public-url", "http://example.com"],
            "--public-url is http to another machine",
        ),
    ] {
        let (code, out, said) = init(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {out}{said}");
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_script_gets_a_file_that_a_gateway_runs_on() {
    let folder = folder();
    let arguments = ["--carrier", "simulated", "--greeting", "Good day.", "--json"];
    let (code, out, said) = init(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{out}{said}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert!(told["findings"].as_array().is_some_and(|found| !found.is_empty()), "{told}");
    assert!(told["next"].to_string().contains("offhook serve"), "{told}");
    let surroundings =
        [("OFFHOOK_LISTEN", "127.0.0.1:0"), ("OFFHOOK_CARRIERS__SIMULATED__BASE_URL", "http://127.0.0.1:9")];
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut serve = offhook(folder.path());
    serve.arg("serve").envs(surroundings).stdout(log.try_clone().unwrap()).stderr(log);
    let mut serve = serve.spawn().unwrap();
    let said = wait_for("the gateway says how it goes", SOON, || {
        let said = fs::read_to_string(folder.path().join("log")).unwrap();
        let is_told = said.contains("offhook listens on") || !matches!(serve.try_wait(), Ok(None));
        is_told.then_some(said)
    });
    let _ = serve.kill();
    let _ = serve.wait();
    assert!(said.contains("configuration: "), "{said}");
}

#[test]
fn what_the_file_leads_to_is_looked_at() {
    let folder = folder();
    let arguments =
        ["--carrier", "twilio", "--account-sid", "AC1", "--number", "+12025550100", "--answers", "nobody"];
    let (code, out, said) = init(folder.path(), &arguments);
    assert_eq!(code, Some(1), "{out}{said}");
    assert!(out.contains("FAILED") && out.contains("TWILIO_AUTH_TOKEN, which is not set"), "{out}");
    assert!(out.contains("offhook tunnel"), "{out}");
    assert!(folder.path().join("offhook.toml").exists());
}
