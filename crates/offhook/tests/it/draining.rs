//! A gateway that drains: it takes no new call, and ends when the last one that lives is over.

use crate::world::{Face, Line, OURS, SOON, World, number, wait_for, wait_until, word, words};
use serde_json::json;

on_every_carrier!(a_gateway_that_drains_takes_no_call_and_ends_with_its_last,);

fn a_gateway_that_drains_takes_no_call_and_ends_with_its_last(face: Face) {
    let mut world = World::start(Line::On(face), &format!("numbers.'{OURS}'.greeting = 'Good day.'"));
    world.connect_our_number();
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);

    let (code, out, said) = words(&world.command(&["drain", "--no-wait", "--within", "1h"]));

    assert_eq!(code, Some(0), "{said}");
    assert!(out.starts_with("draining, until ") && out.contains("1 call lives"), "{out}");
    let refused = world.ask("POST", "/v1/calls", Some(&json!({"to": number(2)})));
    assert_eq!((refused.status, word(&refused.json(), "code")), (503, "OH-0047"));
    assert!(refused.body.contains("offhook drain --cancel"), "{}", refused.body);
    let ready = world.ask("GET", "/readyz", None);
    assert_eq!((ready.status, word(&ready.json(), "status")), (503, "draining"));
    let (code, out, _) = words(&world.command(&["health"]));
    assert!(code == Some(1) && out.contains("it drains"), "{out}");
    world.call_in("+12025550777");
    let ended = wait_for("whoever calls is declined", SOON, || {
        let calls = world.get("/v1/calls?direction=inbound");
        calls["calls"].as_array()?.iter().find(|call| word(call, "state") == "ended").cloned()
    });
    assert_eq!(word(&ended["ending"], "cause"), "draining", "{ended}");
    // What lives goes on.
    world.wait_until_over(&id, world.tell(&id, "digits", &json!({"digits": "1"})));

    let (code, out, _) = words(&world.command(&["drain", "--cancel"]));
    assert!(code == Some(0) && out.starts_with("not draining"), "{out}");
    assert_eq!(world.ask("GET", "/readyz", None).status, 200);
    let other = world.dial(&world.talker(3));
    world.wait_for_talk(&other);

    world.command(&["drain", "--no-wait"]);
    world.hang_up(&other);
    world.wait_for_end(&other);
    assert_eq!(world.get("/v1/drain")["live"], json!(1));
    world.hang_up(&id);
    assert_eq!(world.wait_for_exit(), 0);
    wait_until("it says so", SOON, || {
        world.gateway_logs().contains("offhook is drained, and ends; no call lives")
    });

    world.start_gateway();
    let (_, out, _) = words(&world.command(&["audit", "--access"]));
    assert!(out.contains("drain_cancel") && out.contains("drain"), "{out}");
    assert_eq!(world.get("/v1/drain")["draining"], json!(false));
}

#[test]
fn the_command_waits_until_the_gateway_has_ended_whatever_lives_after_its_time() {
    let mut world = World::start(Line::Webhooks, "");
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);

    let (code, out, said) = words(&world.command(&["drain", "--within", "2s"]));

    assert_eq!(
        (code, out.trim()),
        (Some(0), "the gateway has ended; 1 call lives on at its carrier"),
        "{said}"
    );
    assert!(said.contains("1 call lives"), "{said}");
    assert_eq!(world.wait_for_exit(), 0);
    world.start_gateway();
    world.wait_for_talk(&id);
    world.hang_up(&id);
    world.wait_for_end(&id);
}
