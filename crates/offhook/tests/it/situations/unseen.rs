//! Looks that tell nothing, or something old: what isn't seen is kept, and what is known isn't taken
//! back.

use crate::world::{Face, Line, SOON, World, wait_until, word};
use serde_json::json;

on_every_carrier!(
    a_leg_that_its_carrier_does_not_know_yet_is_kept,
    a_reply_that_lies_proves_nothing,
    a_look_that_the_end_overtakes_changes_nothing,
    a_suspended_account_ends_no_call,
    a_search_reads_every_page,
);

fn a_leg_that_its_carrier_does_not_know_yet_is_kept(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_leg(&id);
    // What a webhook tells would be news, and the doubt over before it is looked at.
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    world.fault(&json!({"on": "fetch", "times": 5, "do": {"status": 404}}));

    world.restart();

    wait_until("the carrier said that there is no such call", SOON, || {
        world.health().1.contains("not_found")
    });
    assert_eq!(word(&world.recovered(&id), "decision"), "asked_again");
    assert_eq!(word(&world.place(&world.talker(2)), "waits_for"), "slot", "it keeps its place");
    wait_until("it is known at last", SOON, || world.health().0);
    let call = world.call(&id);
    assert!(["initiated", "ringing"].contains(&word(&call, "state")), "{call}");
    let truth = world.only_truth_to(&to);
    assert_eq!((&truth["live"], &truth["hangups"], &truth["creates"]), (&json!(true), &json!(0), &json!(1)));
}

/// Cut off, of another call, and in the middle of it broken: all with 200.
fn a_reply_that_lies_proves_nothing(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let acts = [json!({"wrong-sid": true}), json!("truncated-json"), json!("broken-body")];
    let calls: Vec<(String, String)> = (1..=3)
        .map(|n| {
            let to = world.talker(n);
            (world.dial(&to), to)
        })
        .collect();
    for (id, _) in &calls {
        world.wait_for_talk(id);
    }
    world.kill_dash_nine();
    // Telnyx tells again for a minute.
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    for ((_, to), act) in calls.iter().zip(&acts) {
        // What truly ended is not what is told.
        world.remote_hangs_up(word(&world.only_truth_to(to), "id"));
        world.fault(&json!({"on": "fetch", "to": to, "do": act}));
    }
    let n_before = world.n_requests(face.looks());

    world.start_gateway();

    for ((id, _), act) in calls.iter().zip(&acts) {
        assert_eq!(word(&world.recovered(id), "decision"), "asked_again", "{act}");
    }
    wait_until("all were asked about again", SOON, || {
        world.n_requests(face.looks()) >= n_before + 2 * calls.len()
    });
    for ((id, _), act) in calls.iter().zip(&acts) {
        assert_eq!(word(&world.call(id), "state"), "in_progress", "{act}");
    }
    world.lift_faults();
    for (id, _) in &calls {
        let ended = world.wait_for_end(id);
        let told = ["kind", "by", "confirmed_by"].map(|field| word(&ended["ending"], field).to_owned());
        assert_eq!(told, ["completed", "remote", "look_up"], "{ended}");
    }
}

fn a_look_that_the_end_overtakes_changes_nothing(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    let n_before = world.n_requests(face.looks());
    world.fault(&json!({"on": "fetch", "times": 1, "do": {"delay_ms": 1_800}}));

    world.restart();
    wait_until("it is asked about", SOON, || world.n_requests(face.looks()) > n_before);
    world.remote_hangs_up(&leg);

    let ended = world.wait_for_end(&id);
    let look =
        *face.looks().iter().flat_map(|one| world.request_times(one)).collect::<Vec<_>>().last().unwrap();
    wait_until("the old look came back too", SOON, || world.now() > look + 2_300);
    assert_eq!(word(&ended["ending"], "confirmed_by"), "webhook", "the webhook was first: {ended}");
    assert_eq!(world.call(&id), ended, "an ended call never changes");
    let over = |event: &&serde_json::Value| word(event, "kind") == "over";
    assert_eq!(world.events(&id).iter().filter(over).count(), 1);
}

/// Whatever is asked is answered with 403 while the call goes on.
fn a_suspended_account_ends_no_call(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 2");
    let (first, second) = (world.talker(1), world.talker(2));
    let ids = [&first, &second].map(|to| world.dial(to));
    for id in &ids {
        world.wait_for_talk(id);
    }
    world.fault(&json!({"on": "any-api", "do": {"status": 403}}));
    world.hang_up(&ids[0]);
    wait_until("the hang-up was refused", SOON, || world.n_requests(face.hang_ups()) > 0);

    world.restart();

    wait_until("health says why", SOON, || world.health().1.contains("forbidden"));
    let states = ids.each_ref().map(|id| word(&world.call(id), "state").to_owned());
    assert_eq!(states, ["hanging_up", "in_progress"]);
    assert_eq!(word(&world.place(&world.talker(3)), "waits_for"), "slot", "both keep their places");
    for to in [&first, &second] {
        let truth = world.only_truth_to(to);
        assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
    }
    world.lift_faults();
    let ended = world.wait_for_end(&ids[0]);
    assert_eq!(word(&ended["ending"], "by"), "agent", "{ended}");
    assert_eq!(world.only_truth_to(&first)["ended_by"], "api");
    wait_until("all is well again", SOON, || world.health().0);
    assert_eq!(word(&world.call(&ids[1]), "state"), "in_progress");
}

/// More live calls of others than stand on one page of the carrier's listing.
fn a_search_reads_every_page(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    let n_others = if face == Face::Telnyx { 260 } else { 45 };
    world.seed_many(face, n_others, "+12025561000");
    world.fault(&json!({"on": "create", "do": "stall-after"}));
    world.fault(&json!({"on": "webhook", "do": "drop"}));
    let to = world.sleeper(1);
    let id = world.dial(&to);
    world.wait_for_truth(&to, &["ringing"]);

    world.restart();

    assert_eq!(world.wait_for_leg(&id), word(&world.only_truth_to(&to), "id"));
    assert_eq!(word(&world.recovered(&id), "decision"), "adopted");
    world.hang_up(&id);
    world.wait_for_end(&id);
    let (ours, others): (Vec<_>, Vec<_>) =
        world.truth().into_iter().partition(|truth| truth["to"] == to.as_str());
    assert_eq!((ours.len(), &ours[0]["ended_by"], &ours[0]["creates"]), (1, &json!("api"), &json!(1)));
    let is_untouched = |truth: &serde_json::Value| truth["live"] == true && truth["hangups"] == 0;
    assert!(others.len() == n_others && others.iter().all(is_untouched), "the calls of others go on");
}

/// Telnyx has no words for how far a call is.
#[test]
fn a_word_that_lags_takes_nothing_back_at_twilio() {
    a_word_that_lags_takes_nothing_back(Face::Twilio, "queued");
}

#[test]
fn a_word_that_lags_takes_nothing_back_at_plivo() {
    a_word_that_lags_takes_nothing_back(Face::Plivo, "ringing");
}

fn a_word_that_lags_takes_nothing_back(face: Face, word_told: &str) {
    let mut world = World::start(Line::On(face), "calls.ring_max = '1s'");
    let to = world.talker(1);
    let id = world.dial(&to);
    let answered = world.wait_for_talk(&id);
    world.fault(&json!({"on": "fetch", "do": {"word": word_told}}));

    for _ in 0..2 {
        world.restart();
        assert_eq!(word(&world.recovered(&id), "decision"), "kept");
    }

    wait_until("a phone would have rung too long", SOON, || {
        let now = world.now();
        now > world.only_truth_to(&to)["answered_at"].as_i64().unwrap() + 4_000
    });
    let call = world.call(&id);
    assert_eq!((word(&call, "state"), &call["answered_at"]), ("in_progress", &answered["answered_at"]));
    assert_eq!(world.only_truth_to(&to)["hangups"], 0);
}
