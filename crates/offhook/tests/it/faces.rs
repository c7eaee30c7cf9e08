//! One line of the configuration takes a gateway to another carrier's interface, and everything
//! that a number can be set to holds there.

use crate::world::{API_TOKEN, Line, OURS, SOON, World, number, wait_for, wait_until, word, words};
use serde_json::{Value, json};

const FACES: [&str; 3] = ["twilio", "telnyx", "plivo"];

/// A gateway on this face of the network, where `settings` are what else its number and its calls
/// are set to.
fn on(face: &str, calls: &str, number: &str) -> World {
    let carriers = |url: &str| {
        format!("[carriers.line]\nkind = \"simulated\"\nface = \"{face}\"\nbase_url = \"{url}\"\n")
    };
    with(&carriers, calls, &format!("carrier = \"line\"\n{number}"))
}

fn with(carriers: &dyn Fn(&str) -> String, calls: &str, number: &str) -> World {
    let mut world = World::without_gateway(Line::Simulated, "");
    let carriers = carriers(&format!("http://{}", world.network));
    let text = format!(
        "listen = \"{}\"\nlog = \"debug\"\nstore.url = \"sqlite://store/offhook.db\"\n\
         api.token = \"{API_TOKEN}\"\n[calls]\n{calls}\n{carriers}[numbers.\"{OURS}\"]\n{number}\n",
        world.gateway
    );
    std::fs::write(world.config_file(), text).unwrap();
    world.start_gateway();
    world
}

/// A subscriber calls our number, by the command line; the call as it truly is.
fn calls_in(world: &World, from: &str) -> Value {
    let arguments = ["sim", "call", "--from", from, "--to", OURS, "--json"];
    let (code, out, said) = words(&world.command(&arguments));
    assert_eq!(code, Some(0), "{out}{said}");
    serde_json::from_str(&out).unwrap()
}

fn truth_of(world: &World, call: &Value) -> Value {
    let truth = world.truth().into_iter().find(|truth| truth["id"] == call["id"]);
    truth.unwrap_or_else(|| panic!("the network knows {call}"))
}

fn wait_for_status(world: &World, call: &Value, statuses: &[&str]) -> Value {
    wait_for(&format!("{} is {statuses:?}", call["id"]), SOON, || {
        Some(truth_of(world, call)).filter(|truth| statuses.contains(&word(truth, "status")))
    })
}

/// The calls that came in, as the gateway knows them.
fn inbound(world: &World) -> Vec<Value> {
    let calls = world.get("/v1/calls")["calls"].as_array().unwrap().clone();
    calls.into_iter().filter(|call| call["direction"] == "inbound").collect()
}

#[test]
fn calls_go_out_and_come_in_through_each_face() {
    for face in FACES {
        let world = on(face, "", "inbound = \"open\"\ngreeting = \"Hello there.\"");
        let to = world.talker(1);
        let id = world.dial(&to);
        world.wait_for_state(&id, &["in_progress"]);
        assert_eq!(word(&world.only_truth_to(&to), "carrier"), face);
        world.hang_up(&id);
        world.wait_for_end(&id);

        let caller = world.talker(2);
        let call = calls_in(&world, &caller);
        assert_eq!(word(&call, "carrier"), face);
        let truth = wait_for_status(&world, &call, &["completed"]);
        assert!(truth["heard"].to_string().contains("Hello there."), "{face}: {truth}");
        let known = wait_for("the gateway knows its end", SOON, || {
            inbound(&world).into_iter().find(|call| word(call, "state") == "ended")
        });
        assert_eq!((word(&known, "from"), word(&known["ending"], "kind")), (&*caller, "completed"), "{face}");
    }
}

#[test]
fn only_callers_on_the_list_are_answered_and_the_line_is_held_for_them() {
    let (friend, stranger) = (number(1), "+12025550199");
    let settings = format!("inbound = [\"{friend}\", \"+4420*\"]\ngreeting = \"Hello.\"\nhold = true");
    for face in FACES {
        let world = on(face, "", &settings);
        world.talker(1);
        let refused = calls_in(&world, stranger);
        let truth = wait_for(&format!("{stranger} is refused"), SOON, || {
            Some(truth_of(&world, &refused)).filter(|truth| truth["live"] == false)
        });
        assert!(truth["answered_at"].is_null(), "{face}: {truth}");

        for caller in [&friend, "+442079460123"] {
            let call = calls_in(&world, caller);
            wait_for_status(&world, &call, &["in-progress"]);
            let held = wait_for("the gateway holds the line", SOON, || {
                inbound(&world)
                    .into_iter()
                    .find(|known| word(known, "from") == caller && word(known, "state") == "in_progress")
            });
            assert_eq!(held["hold"], json!(true), "{face}: {held}");
        }
    }
}

#[test]
fn who_calls_when_all_lines_are_busy_is_told_so_where_the_carrier_lets_us() {
    for face in FACES {
        let calls = "live_max = 1\nover_limit = \"All our lines are busy.\"";
        let world = on(face, calls, "inbound = \"open\"\ngreeting = \"Hello.\"\nhold = true");
        world.talker(1);
        world.talker(2);
        let first = calls_in(&world, &number(1));
        wait_for_status(&world, &first, &["in-progress"]);
        let second = calls_in(&world, &number(2));
        let truth = wait_for("the second caller is gone", SOON, || {
            Some(truth_of(&world, &second)).filter(|truth| truth["live"] == false)
        });
        let told = truth["heard"].to_string().contains("All our lines are busy.");
        assert_eq!(told, face != "telnyx", "{face}: {truth}");
        assert_eq!(word(&truth_of(&world, &first), "status"), "in-progress", "{face}");
    }
}

#[test]
fn what_the_first_carrier_refuses_goes_to_the_next_one() {
    let carriers = |url: &str| {
        format!(
            "[carriers.first]\nkind = \"simulated\"\nface = \"twilio\"\nbase_url = \"{url}\"\n\
             auth_token = \"a wrong one\"\n\
             [carriers.second]\nkind = \"simulated\"\nface = \"telnyx\"\nbase_url = \"{url}\"\n"
        )
    };
    let world = with(&carriers, "", "carrier = \"first\"\nfallback = [\"second\"]");
    let to = world.talker(1);
    let id = world.dial(&to);
    let call = world.wait_for_state(&id, &["in_progress"]);
    assert_eq!(word(&call, "carrier"), "second", "{call}");
    assert_eq!(word(&world.only_truth_to(&to), "carrier"), "telnyx");
}

#[test]
fn a_number_that_nobody_told_the_network_of_cannot_be_called() {
    let world = World::without_gateway(Line::Simulated, "");
    let network = format!("http://{}", world.network);
    let call =
        |url: &str| words(&world.command(&["sim", "call", "--from", &number(1), "--to", OURS, "--url", url]));
    let (code, _, said) = call(&network);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is none of the customer's numbers"), "{said}");
    let (code, _, said) = call("http://127.0.0.1:1");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("start it with 'offhook sim'"), "{said}");
    wait_until("nobody was called", SOON, || world.truth().is_empty());
}
