//! What a start costs a carrier in requests: a listing tells of many calls at once, no second holds a
//! storm, nothing is refused because of us, and a carrier that refuses everything is asked ever less.

use crate::scale::{all_are_kept, journal, n_requests, with_live};
use crate::world::{Face, SOON, World, wait_for, wait_until};
use serde_json::{Value, json};

on_every_carrier!(
    three_hundred_calls_are_kept_for_few_requests,
    three_hundred_calls_that_are_not_listed_are_asked_about_without_a_storm,
    a_carrier_that_refuses_everything_is_asked_ever_less,
);

/// So many calls live.
const N_CALLS: usize = 300;

/// So many looks at once begin with a listing; fewer are sent alone, if nothing was listed just now.
const LIST_FROM: usize = 32;

/// What a start may ask of this carrier for [`N_CALLS`] calls: a crowd too small for a listing, and a
/// listing. Twilio lists a thousand on a page, for each of three words, and Telnyx 250; there a look is
/// two requests. Plivo lists 20 names, of the calls that live and of those that wait.
fn budget(face: Face) -> usize {
    match face {
        Face::Twilio => LIST_FROM + 3,
        Face::Telnyx => 2 * LIST_FROM + 2,
        Face::Plivo => LIST_FROM + N_CALLS / 20 + 2,
    }
}

fn three_hundred_calls_are_kept_for_few_requests(face: Face) {
    let mut world = with_live(face, N_CALLS);
    world.kill_dash_nine();
    wait_until_forgotten(&world, face);
    let n_before = n_requests(&world);

    world.start_gateway();

    all_are_kept(&world, N_CALLS);
    let asked = since(&world, n_before);
    assert!((1..=budget(face)).contains(&asked.len()), "{} requests: {asked:?}", asked.len());
    is_no_storm(&asked, budget(face));
    assert!(asked.iter().all(|(_, status)| status == 200), "nothing was refused: {asked:?}");
}

fn three_hundred_calls_that_are_not_listed_are_asked_about_without_a_storm(face: Face) {
    let mut world = with_live(face, N_CALLS);
    world.kill_dash_nine();
    wait_until_forgotten(&world, face);
    world.fault(&json!({"on": "list", "do": {"status": 503}}));
    let n_before = n_requests(&world);

    world.start_gateway();

    all_are_kept(&world, N_CALLS);
    let asked = since(&world, n_before);
    assert!(asked.len() >= N_CALLS, "each was asked about alone: {}", asked.len());
    // A look at a call is two requests at Telnyx, and the listing was tried in vain.
    assert!(asked.len() <= 2 * N_CALLS + 10, "none was asked about twice: {}", asked.len());
    is_no_storm(&asked, if face == Face::Plivo { 225 } else { 2 * N_CALLS + 10 });
}

fn a_carrier_that_refuses_everything_is_asked_ever_less(face: Face) {
    let mut world = with_live(face, N_CALLS);
    world.kill_dash_nine();
    wait_until_forgotten(&world, face);
    world.fault(&json!({"on": "any-api", "do": {"status": 429}}));
    let n_before = n_requests(&world);

    world.start_gateway();

    let began = wait_for("it was asked", SOON, || since(&world, n_before).first().map(|(at, _)| *at));
    wait_until("fifteen seconds have passed", SOON, || world.now() > began + 15_000);
    let asked = since(&world, n_before);
    let n_within =
        |from: i64, to: i64| asked.iter().filter(|(at, _)| (began + from..began + to).contains(at)).count();
    // What left before the first refusal came back may be two crowds.
    is_no_storm(&asked, 2 * LIST_FROM);
    assert!(asked.len() <= 4 * LIST_FROM, "{} requests, all refused: {asked:?}", asked.len());
    assert!(n_within(8_000, 15_000) <= 2 * LIST_FROM, "it is left alone for longer and longer: {asked:?}");
    let report = world.get("/v1/recovery");
    assert_eq!(report["unfinished"], N_CALLS, "{report}");
    world.lift_faults();
    wait_until("all is well again", 2 * SOON, || world.health().0);
    let truth = world.truth();
    assert!(truth.iter().all(|truth| truth["live"] == true && truth["hangups"] == 0));
    assert_eq!(truth.len(), N_CALLS, "nobody was dialled");
}

/// What was asked before counts for five seconds at Plivo.
fn wait_until_forgotten(world: &World, face: Face) {
    if face == Face::Plivo {
        let last = journal(world).last().map_or(0, |(at, _)| *at);
        wait_until("five seconds have passed", SOON, || world.now() > last + 5_000);
    }
}

/// The requests after so many: when each came, and how it was answered.
fn since(world: &World, n_before: usize) -> Vec<(i64, Value)> {
    let n_new = n_requests(world) - n_before;
    let known = journal(world);
    assert!(n_new <= known.len(), "{n_new} at once");
    let n_known = known.len();
    known.into_iter().skip(n_known - n_new).collect()
}

/// No second has more than so many, and none was one too many.
fn is_no_storm(asked: &[(i64, Value)], most: usize) {
    for (nth, (from, _)) in asked.iter().enumerate() {
        let n_within = asked[nth..].iter().take_while(|(at, _)| *at < from + 1_000).count();
        assert!(n_within <= most, "{n_within} within a second from {from}: {most} at the most");
    }
}
