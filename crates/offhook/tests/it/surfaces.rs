//! The command line as scripts use it: what it says, and the code that it ends with.

use crate::world::{
    ACCOUNT, Line, OURS, Process, SOON, World, free_port, number, offhook, wait_until, word, words,
};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

#[test]
fn each_command_ends_with_the_code_that_says_how_it_went() {
    let mut world = World::start(Line::Webhooks, "");
    let (busy, brief) = (number(1), number(2));
    world.subscriber(&busy, &json!({"does": "busy"}));
    world.subscriber(&brief, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 300}));
    let talking = world.dial(&world.talker(3));
    let nobody = "c_01890000-0000-7000-8000-000000000000";
    let config = world.path("no-such-file.toml");
    for (arguments, expected) in [
        (vec!["ls"], 0),
        (vec!["ls", "--all", "--json"], 0),
        (vec!["ls", "--recovered"], 0),
        (vec!["figures"], 0),
        (vec!["figures", "--days", "--last", "7", "--json"], 0),
        (vec!["figures", "--last", "0"], 1),
        (vec!["show", &talking], 0),
        (vec!["hangup", &talking], 0),
        (vec!["call", &brief], 0),
        (vec!["call", &brief, "--wait"], 0),
        (vec!["completions", "bash"], 0),
        (vec!["call", &busy, "--wait"], 4),
        (vec!["call", &busy, "--wait", "--json"], 4),
        (vec!["show", nobody], 1),
        (vec!["hangup", nobody], 1),
        (vec!["call", "911"], 1),
        (vec!["import", "no-such-file.jsonl"], 1),
        (vec!["call"], 2),
        (vec!["dial", &busy], 2),
        (vec!["ls", "--all", "--recovered"], 2),
    ] {
        let (code, out, said) = words(&world.command(&arguments));
        assert_eq!(code, Some(expected), "{arguments:?}: {out}{said}");
        assert!(!said.is_empty() || expected == 0 || expected == 4, "{arguments:?} says nothing");
    }
    let mut misled = offhook(&world.path("."));
    let (code, _, said) = words(&misled.args(["ls", "--config"]).arg(config).output().unwrap());
    assert_eq!(code, Some(2), "{said}");
    world.kill_dash_nine();
    for arguments in [&["ls"][..], &["call", &busy], &["pause"], &["show", &talking]] {
        let (code, _, said) = words(&world.command(arguments));
        assert_eq!(code, Some(3), "{arguments:?}: {said}");
        assert!(said.contains("offhook serve"), "it says how to start the gateway: {said}");
    }
}

#[test]
fn a_program_that_places_a_call_reads_its_id_and_nothing_else() {
    let world = World::start(Line::Webhooks, "");
    let (code, out, said) = words(&world.command(&["call", &world.talker(1)]));
    assert_eq!(code, Some(0), "{said}");
    let id = out.strip_suffix('\n').unwrap();
    assert!(said.starts_with(id) && said.contains("placing"), "the state is a remark: {said}");
    let (code, out, said) = words(&world.command(&["hangup", id]));
    assert_eq!(code, Some(0), "{out}{said}");
}

#[test]
fn a_command_that_waits_for_a_call_outlives_the_gateways_death() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let mut command = offhook(&world.path("."));
    command.args(["call", &to, "--wait", "--json", "--config", "offhook.toml"]);
    let waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let leg = world.wait_for_instructions(&to)["id"].clone();
    world.restart();
    world.remote_hangs_up(leg.as_str().unwrap());
    let (code, out, said) = words(&waiting.wait_with_output().unwrap());
    assert_eq!(code, Some(0), "{out}{said}");
    let call: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((word(&call, "state"), word(&call["ending"], "kind")), ("ended", "completed"), "{call}");
    assert_eq!(world.truth().len(), 1);
}

#[test]
fn a_question_that_waits_for_its_answer_outlives_the_gateways_death() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    let mut command = offhook(&world.path("."));
    command.args(["ask", &id, "How many?", "--digits", "1", "--timeout", "30s", "--config", "offhook.toml"]);
    let waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    world.wait_until_heard(&to, "How many?");
    world.kill_dash_nine();
    std::thread::sleep(std::time::Duration::from_secs(2));
    world.start_gateway();
    world.presses(word(&world.only_truth_to(&to), "id"), "7");
    let (code, out, said) = words(&waiting.wait_with_output().unwrap());
    assert_eq!((code, out.trim()), (Some(0), "7"), "{said}");
    assert!(said.contains("the gateway is away"), "{said}");
    assert_eq!(world.n_heard(&to, "How many?"), 1);
}

#[test]
fn the_story_of_a_call_is_told_in_order() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.restart();
    world.recovery();
    world.hang_up(&id);
    world.wait_for_end(&id);
    let (code, out, said) = words(&world.command(&["show", &id, "--json"]));
    assert_eq!(code, Some(0), "{said}");
    let story: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(story["call"]["id"], json!(id));
    let events = story["events"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| word(event, "kind")).collect();
    let mut rest = kinds.iter();
    for kind in ["asked", "admitted", "progressed", "sighted", "hangup_requested", "over"] {
        assert!(rest.any(|known| *known == kind), "{kind} comes next in {kinds:?}");
    }
    let versions: Vec<u64> = events.iter().filter_map(|event| event["version"].as_u64()).collect();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>());
    let (_, out, _) = words(&world.command(&["show", &id]));
    assert!(out.contains(&to) && out.contains("hangup_requested"), "{out}");
}

#[test]
fn a_call_says_its_text_without_a_public_address() {
    let world = World::start(Line::LooksOnly, "");
    let to = world.talker(1);
    let (code, out, said) =
        words(&world.command(&["call", &to, "--say", "Tea & toast are ready.", "--wait"]));
    assert_eq!(code, Some(0), "{out}{said}");
    let truth = world.only_truth_to(&to);
    assert!(truth["heard"].to_string().contains("Tea & toast are ready."), "{truth}");
    assert_eq!(truth["webhooks_sent"], 0, "{truth}");
}

#[test]
fn a_call_on_the_simulated_carrier_is_heard_by_webhooks_and_survives_a_death() {
    let mut world = World::start(Line::Simulated, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    assert!(world.only_truth_to(&to)["webhooks_answered_2xx"].as_u64() >= Some(3));
    world.restart();
    assert_eq!(word(&world.recovered(&id), "decision"), "kept");
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
}

/// A process that a process under test started, which must not outlive the test.
struct Grandchild(String);

impl Drop for Grandchild {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-9", &self.0]).stderr(Stdio::null()).status();
    }
}

#[test]
fn without_any_configuration_it_runs_on_the_simulated_network_and_says_so() {
    // Only for its folder and its address: the network under test is another.
    let world = World::without_gateway(Line::Simulated, "");
    let ip = world.gateway.ip();
    let network = format!("http://{ip}:{}", free_port(ip));
    let folder = world.path("elsewhere");
    std::fs::create_dir(&folder).unwrap();
    let gateway = world.gateway.to_string();
    let surroundings =
        [("OFFHOOK_LISTEN", gateway.as_str()), ("OFFHOOK_CARRIERS__SIMULATED__BASE_URL", &network)];
    let mut serve = Process::start_in(&folder, "gateway", ["serve"], &surroundings);
    let _sim = Grandchild(serve.announced("started here as process "));
    serve.announced("offhook listens on http://");
    assert!(serve.log().contains("no configuration found"), "{}", serve.log());

    let mut call = offhook(&folder);
    let output = call.args(["call", "+15550100008", "--wait"]).envs(surroundings).output().unwrap();

    let (code, out, said) = words(&output);
    assert_eq!(code, Some(0), "{out}{said}");
    serve.terminate();
    let address = network.trim_start_matches("http://").parse::<std::net::SocketAddr>().unwrap();
    wait_until("the network ends with it, since no call is live", SOON, || {
        std::net::TcpStream::connect(address).is_err()
    });
}

#[test]
fn the_configuration_in_force_is_shown_without_its_secrets() {
    let world = World::without_gateway(Line::Webhooks, "");
    let (code, out, said) = words(&world.command(&["config"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(OURS) && out.contains(ACCOUNT), "{out}");
    for secret in [crate::world::API_TOKEN, crate::world::AUTH_TOKEN] {
        assert!(!out.contains(secret), "{out}");
    }
}
