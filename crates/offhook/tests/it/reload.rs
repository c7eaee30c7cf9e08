//! The configuration is read anew while calls live: not one of them changes by it, and what carriers
//! refused is asked again with the new credentials.

use crate::world::{Face, Line, OURS, SOON, World, exchange, number, wait_until, word, words};
use serde_json::{Value, json};
use std::fs;

/// What opens the carrier's API after a rotation.
const NEW: &str = "0000000000000000000000000000beef";

/// A world whose gateway reads its carrier's secret from a file.
fn world_of(face: Face) -> World {
    let world = World::without_gateway(Line::On(face), &settings(face, ""));
    write_secret(&world, face.secret());
    world
}

fn settings(face: Face, more: &str) -> String {
    format!("calls.live_max = 8\ncarriers.line.{} = {{ file = 'secret' }}\n{more}", face.secret_key())
}

fn write_secret(world: &World, secret: &str) {
    fs::write(world.path("secret"), format!("{secret}\n")).unwrap();
}

/// Two calls that talk, and their legs.
fn two_talks(world: &World) -> [(String, String); 2] {
    let ids = [1, 2].map(|n| world.dial(&world.talker(n)));
    ids.map(|id| {
        let call = world.wait_for_talk(&id);
        (id, word(&call, "carrier_call_id").to_owned())
    })
}

/// What may not change in a call that goes on.
fn what_stays(world: &World, id: &str) -> [Value; 4] {
    let call = world.call(id);
    ["state", "carrier_call_id", "answered_at", "deadline"].map(|field| call[field].clone())
}

#[track_caller]
fn reload(world: &World) -> String {
    let (code, out, said) = words(&world.command(&["reload"]));
    assert_eq!(code, Some(0), "{out}{said}");
    out
}

/// After a rotation: one call ends unheard of, another is refused, and health says why.
fn the_carrier_shuts_us_out(world: &World, face: Face, leg_that_ends: &str) {
    // Telnyx signs as before, and the others by what the gateway doesn't know.
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    world.rotate(face, NEW);
    world.remote_hangs_up(leg_that_ends);
    let refused = world.dial(&world.talker(3));
    let ending = world.wait_for_end(&refused)["ending"].clone();
    assert_eq!(word(&ending, "kind"), "failed", "{ending}");
    wait_until("health says that the credentials are refused", SOON, || {
        let (is_ok, reasons) = world.health();
        !is_ok && reasons.contains("[carriers.line]")
    });
}

/// After the reload: what ended is closed by a look, what lives is as it was, and calls can be made.
fn the_carrier_lets_us_in(world: &World, talks: &[(String, String); 2], before: &[Value; 4]) {
    let [(stays, _), (ends, _)] = talks;
    let ending = world.wait_for_end(ends)["ending"].clone();
    let told = ["kind", "by", "confirmed_by"].map(|field| word(&ending, field));
    assert_eq!(told, ["completed", "remote", "look_up"], "{ending}");
    wait_until("all is well again", SOON, || world.health().0);
    assert_eq!(&what_stays(world, stays), before, "not one call changed");
    world.lift_faults();
    let id = world.dial(&world.talker(4));
    world.wait_for_talk(&id);
    for n in [1, 2, 4] {
        let truth = world.only_truth_to(&number(n));
        assert_eq!((&truth["hangups"], &truth["creates"]), (&json!(0), &json!(1)), "{truth}");
    }
    assert!(!world.gateway_logs().contains(NEW), "no secret is in the log");
}

on_every_carrier!(
    credentials_that_rotate_under_live_calls_change_none_of_them,
    credentials_that_rotated_while_the_gateway_was_stopped_change_no_call,
);

fn credentials_that_rotate_under_live_calls_change_none_of_them(face: Face) {
    let mut world = world_of(face);
    world.start_gateway();
    let talks = two_talks(&world);
    let before = what_stays(&world, &talks[0].0);
    the_carrier_shuts_us_out(&world, face, &talks[1].1);
    assert_eq!(word(&world.call(&talks[1].0), "state"), "in_progress", "nothing proves its end");

    write_secret(&world, NEW);
    let said = reload(&world);

    assert_eq!(said, format!("in force: carriers.line.{}\n", face.secret_key()));
    the_carrier_lets_us_in(&world, &talks, &before);
    assert!(reload(&world).starts_with("nothing to take over"), "what is in force is what is written");
}

fn credentials_that_rotated_while_the_gateway_was_stopped_change_no_call(face: Face) {
    let mut world = world_of(face);
    world.start_gateway();
    let talks = two_talks(&world);
    let before = what_stays(&world, &talks[0].0);
    world.stop_gateway();
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    world.rotate(face, NEW);
    world.remote_hangs_up(&talks[1].1);

    world.start_gateway();

    wait_until("health counts both", SOON, || {
        let (_, reasons) = world.health();
        reasons.contains("2 calls at line cannot be verified: unauthorized")
    });
    for (id, _) in &talks {
        assert_eq!(word(&world.call(id), "state"), "in_progress");
        assert_eq!(word(&world.recovered(id), "decision"), "asked_again");
    }
    write_secret(&world, NEW);
    world.signal_gateway("HUP");
    the_carrier_lets_us_in(&world, &talks, &before);
}

#[test]
fn a_configuration_with_faults_is_refused_and_the_one_before_stays_in_force() {
    let mut world = world_of(Face::Twilio);
    world.start_gateway();
    let id = world.dial(&world.talker(1));
    world.wait_for_talk(&id);
    let good = fs::read_to_string(world.config_file()).unwrap();
    let bad = good.replace("live_max = 8", "live_max = 0").replace("greeting", "greting");
    fs::write(world.config_file(), format!("{bad}\n[dial]\nattempts_per_day = 'many'\n")).unwrap();

    let (code, out, said) = words(&world.command(&["reload"]));

    assert_eq!((code, out.as_str()), (Some(2), ""), "{said}");
    let at_a_start = words(&world.command(&["config"])).2;
    for fault in ["`calls.live_max` is 0; give 1 to 30000", "`dial.attempts_per_day` must be an integer"] {
        assert!(said.contains(fault) && at_a_start.contains(fault), "{said}\nat a start: {at_a_start}");
    }
    assert!(said.contains("the configuration before stays in force"), "{said}");
    let (is_ok, reasons) = world.health();
    assert!(!is_ok && reasons.contains("2 faults") && reasons.contains("stays in force"), "{reasons}");
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    let second = world.dial(&world.talker(2));
    world.wait_for_talk(&second);

    fs::remove_file(world.path("secret")).unwrap();
    fs::write(world.config_file(), &good).unwrap();
    world.signal_gateway("HUP");
    wait_until("a secret that is gone is a fault", SOON, || world.health().1.contains("1 fault"));
    assert!(world.gateway_logs().contains("cannot be read"), "the log tells it whole");

    write_secret(&world, Face::Twilio.secret());
    assert!(reload(&world).starts_with("nothing to take over"));
    assert!(world.health().0);
}

#[test]
fn what_can_be_taken_over_is_and_the_rest_is_named() {
    let mut world = world_of(Face::Twilio);
    world.start_gateway();
    let talks = two_talks(&world);
    let deadline = what_stays(&world, &talks[0].0);
    let more = format!(
        "calls.live_max = 2\ncalls.duration_max = '1m'\nlisten = '127.0.0.1:1'\nlog = 'info'\n\
         api.open_metrics = true\ndial.attempts_per_day = 1\n\
         numbers.'{OURS}'.greeting = 'Good day.'\nhistory.keep_days = 7\n"
    );
    world.write_settings(&settings(Face::Twilio, &more).replacen("calls.live_max = 8\n", "", 1));

    let answer = world.ask("POST", "/v1/reload", None);

    assert_eq!(answer.status, 200, "{answer:?}");
    let reloaded = answer.json();
    let changed = [
        "api.open_metrics".to_owned(),
        "calls.duration_max".to_owned(),
        "calls.live_max".to_owned(),
        "dial.attempts_per_day".to_owned(),
        "history.keep_days".to_owned(),
        format!("numbers.\"{OURS}\".greeting"),
    ];
    assert_eq!(reloaded, json!({"changed": changed, "needs_restart": ["listen", "log"]}));
    assert_eq!(what_stays(&world, &talks[0].0), deadline, "a call keeps the limits that it was made with");
    let third = world.place(&world.talker(3));
    assert_eq!(word(&third, "waits_for"), "slot", "two are live: {third}");
    assert_eq!(exchange(world.gateway, &crate::world::bare("/metrics")).unwrap().status, 200);
    world.hang_up(&talks[0].0);
    world.wait_for_talk(word(&third, "id"));
    let again = world.ask("POST", "/v1/calls", Some(&json!({"to": number(2)})));
    assert_eq!(again.status, 429, "the new rule holds: {again:?}");
    let said = words(&world.command(&["reload", "--url", &format!("http://{}", world.gateway)]));
    assert_eq!(said.1, "needs a restart: listen, log\n");
}

#[test]
fn a_carrier_with_calls_that_are_not_over_is_not_taken_away() {
    let mut world = world_of(Face::Twilio);
    world.start_gateway();
    let talks = two_talks(&world);
    let written = fs::read_to_string(world.config_file()).unwrap();
    for other in [
        written.replace("carriers.line", "carriers.other").replace("\"line\"", "\"other\""),
        written.replace("AC00000000000000000000000000000001", "AC00000000000000000000000000000009"),
    ] {
        assert_ne!(other, written);
        fs::write(world.config_file(), &other).unwrap();
        let (code, _, said) = words(&world.command(&["reload"]));
        assert_eq!(code, Some(1), "{said}");
        let told = ["2 calls are not over at line", "offhook hangup ID", "OH-0031"];
        assert!(told.iter().all(|told| said.contains(told)), "{said}");
        assert!(world.health().1.contains("2 calls are not over at line"));
        assert_eq!(word(&world.call(&talks[0].0), "state"), "in_progress");
    }

    for (id, _) in &talks {
        world.hang_up(id);
        world.wait_for_end(id);
    }
    assert!(reload(&world).contains("carriers.line.account_sid"));
    assert!(world.health().0);
}

#[test]
fn a_gateway_that_dies_in_the_middle_of_a_reload_loses_nothing() {
    for point in ["reload-uncommitted", "reload-committed"] {
        let mut world = world_of(Face::Plivo);
        world.start_gateway_to_die(point);
        world.wait_until_ready();
        let talks = two_talks(&world);
        let before = what_stays(&world, &talks[0].0);
        the_carrier_shuts_us_out(&world, Face::Plivo, &talks[1].1);
        write_secret(&world, NEW);
        assert!(world.try_ask("POST", "/v1/reload", None).is_err(), "it dies of it");
        world.wait_for_death();

        world.start_gateway();

        the_carrier_lets_us_in(&world, &talks, &before);
    }
}
