//! What a restart makes of the calls that it finds: what is over is closed with the carrier's own
//! reason, what lives is kept.

use crate::world::{Line, SOON, World, millis_of, number, wait_until, word, words};
use serde_json::{Value, json};

on_both_lines!(what_ended_while_we_were_dead_is_closed_with_the_carriers_own_reason);

fn what_ended_while_we_were_dead_is_closed_with_the_carriers_own_reason(line: Line) {
    let mut world = World::start(line, "calls.live_max = 3\ncalls.ring_max = '4s'");
    // Nothing but a look may tell the end.
    world.fault(&json!({"on": "status-callback", "do": "drop"}));
    let (declining, asleep, talking) = (number(1), world.sleeper(2), world.talker(3));
    world.subscriber(&declining, &json!({"does": "reject", "after_ms": 3_000}));
    let ids = [&declining, &asleep, &talking].map(|to| world.dial(to));
    let legs = ids.each_ref().map(|id| world.wait_for_leg(id));
    world.wait_for_instructions(&talking);
    world.kill_dash_nine();
    world.remote_hangs_up(&legs[2]);
    world.wait_for_truth(&declining, &["rejected"]);
    world.wait_for_truth(&asleep, &["no-answer"]);

    world.start_gateway();

    let ends = [("busy", "busy"), ("no_answer", "no-answer"), ("completed", "completed")];
    for (id, (kind, code)) in ids.iter().zip(ends) {
        let ending = world.wait_for_end(id)["ending"].clone();
        let told =
            ["kind", "by", "carrier_code", "confirmed_by"].map(|field| word(&ending, field).to_owned());
        assert_eq!(told, [kind, "remote", code, "look_up"], "{ending}");
        assert_eq!(word(&ending, "cause"), kind);
        let line = world.recovered(id);
        assert_eq!((word(&line, "decision"), word(&line, "carrier")), ("closed", code), "{line}");
        assert!(word(&line, "why").contains(code), "{line}");
    }
    every_leg_was_asked_about_in_time(&world, &legs);
    the_command_line_tells_of_them(&world, &ids);
    all_slots_are_free(&world);
}

/// By the network's own log: within two seconds of the start.
fn every_leg_was_asked_about_in_time(world: &World, legs: &[String]) {
    let started_at = millis_of(&world.recovery()["started_at"]);
    let fetches = world.requests("fetch");
    for leg in legs {
        let asked = fetches.iter().filter(|fetch| word(fetch, "path").contains(leg.as_str()));
        let after = asked.filter_map(|fetch| fetch["at"].as_i64()).find(|at| *at >= started_at);
        let waited = after.unwrap_or_else(|| panic!("{leg} was never asked about")) - started_at;
        assert!(waited <= 2_000, "{leg} was asked about {waited} ms after the start");
    }
}

fn the_command_line_tells_of_them(world: &World, ids: &[String]) {
    let (code, table, said) = words(&world.command(&["ls", "--recovered"]));
    assert_eq!(code, Some(0), "{said}");
    for id in ids {
        let row = table.lines().find(|row| row.contains(id.as_str()));
        assert!(row.is_some_and(|row| row.contains("closed")), "{table}");
    }
}

fn all_slots_are_free(world: &World) {
    let ids = [4, 5, 6].map(|n| world.dial(&world.talker(n)));
    for id in ids {
        world.wait_for_leg(&id);
    }
    let fourth = world.place(&world.talker(7));
    assert_eq!((word(&fourth, "state"), word(&fourth, "waits_for")), ("queued", "slot"), "{fourth}");
}

on_both_lines!(what_still_lives_is_kept_and_can_be_hung_up);

fn what_still_lives_is_kept_and_can_be_hung_up(line: Line) {
    let mut world = World::start(line, "calls.live_max = 1\ncalls.duration_max = '90s'");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);

    world.restart();

    let recovered = world.recovered(&id);
    assert_eq!(word(&recovered, "decision"), "kept", "{recovered}");
    let call = world.call(&id);
    assert_eq!(word(&call, "state"), "in_progress");
    let answered_at = world.only_truth_to(&to)["answered_at"].as_i64().unwrap();
    let talk = millis_of(&call["deadline"]) - answered_at;
    assert!((talk - 90_000).abs() <= 3_000, "the deadline is {talk} ms after the answer");
    let second = world.place(&world.talker(2));
    assert_eq!(word(&second, "waits_for"), "slot", "the slot is still held: {second}");

    world.hang_up(&id);
    let ending = world.wait_for_end(&id)["ending"].clone();
    let told = ["kind", "by", "cause"].map(|field| word(&ending, field).to_owned());
    assert_eq!(told, ["completed", "agent", "hangup_requested"], "{ending}");
    let truth = world.only_truth_to(&to);
    assert_eq!((&truth["ended_by"], &truth["hangups"]), (&json!("api"), &json!(1)), "{truth}");
    world.wait_for_leg(word(&second, "id"));
}

on_both_lines!(the_timer_of_a_kept_call_runs_from_its_answer);

fn the_timer_of_a_kept_call_runs_from_its_answer(line: Line) {
    let mut world = World::start(line, "calls.duration_max = '5s'");
    // The carrier's own limit would end it too.
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_leg(&id);
    world.wait_for_instructions(&to);

    world.restart();

    let ending = world.wait_for_end(&id)["ending"].clone();
    assert_eq!((word(&ending, "by"), word(&ending, "cause")), ("gateway", "duration_max"), "{ending}");
    let truth = world.only_truth_to(&to);
    let (answered_at, ended_at) =
        (truth["answered_at"].as_i64().unwrap(), truth["ended_at"].as_i64().unwrap());
    let soonest = (answered_at + 5_000).max(millis_of(&world.recovery()["started_at"]));
    let late = ended_at - soonest;
    assert!((-1_000..=4_000).contains(&late), "it was hung up {late} ms after its time: {truth}");
}

/// More than are worth asking for one by one.
const MANY: u32 = 40;

#[test]
fn many_calls_are_all_asked_about_within_two_seconds() {
    let settings = "calls.live_max = 50\ncarriers.line.calls_per_second = 1000\nrecovery.sweep_every = '0s'";
    let mut world = World::start(Line::Webhooks, settings);
    let ids: Vec<String> = (1..=MANY).map(|n| world.dial(&world.talker(n))).collect();
    for id in &ids {
        world.wait_for_talk(id);
    }
    world.kill_dash_nine();
    let over: Vec<Value> = (1..=10).map(|n| world.only_truth_to(&number(n))).collect();
    for truth in &over {
        world.remote_hangs_up(word(truth, "id"));
    }

    world.start_gateway();

    let started_at = millis_of(&world.recovery()["started_at"]);
    for (nth, id) in ids.iter().enumerate() {
        let is_over = nth < over.len();
        let expected = if is_over { "ended" } else { "in_progress" };
        world.wait_for_state(id, &[expected]);
        let line = world.recovered(id);
        let decision = if is_over { "closed" } else { "kept" };
        assert_eq!(word(&line, "decision"), decision, "{line}");
    }
    let lists = world.request_times("list").into_iter();
    let asked: Vec<i64> = lists.chain(world.request_times("fetch")).filter(|at| *at >= started_at).collect();
    let last = asked.iter().max().expect("somebody was asked");
    assert!(last - started_at <= 2_000, "the last was asked after {} ms", last - started_at);
    // A listing of each live state, and a look at each of those that it didn't hold.
    assert!(asked.len() <= 3 + over.len(), "{} requests", asked.len());
}

#[test]
fn a_call_that_ends_in_the_middle_of_the_restart_is_heard_once() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.fault(&json!({"on": "fetch", "do": {"delay_ms": 1_000}}));

    world.restart();
    world.remote_hangs_up(word(&world.only_truth_to(&to), "id"));

    let ended = world.wait_for_end(&id);
    assert_eq!(word(&ended["ending"], "confirmed_by"), "webhook", "the webhook was first: {ended}");
    wait_until("the look came back too", SOON, || !world.requests("fetch").is_empty());
    let over = |event: &&Value| word(event, "kind") == "over";
    assert_eq!(world.events(&id).iter().filter(over).count(), 1);
}
