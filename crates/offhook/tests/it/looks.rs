//! Looks that fail: whatever comes back instead of an answer, no call ends by it, its slot stays
//! taken, the carrier is asked again at growing pauses, and somebody is told.

use crate::world::{Line, SOON, World, wait_until, word};
use serde_json::{Value, json};

/// A test for each way in which a look can fail.
macro_rules! a_look_proves_nothing_if {
    ($($name:ident: $act:tt, $word:literal;)*) => {
        mod a_look_proves_nothing_if {
            $(
                #[test]
                fn $name() {
                    super::it_is_kept_and_asked_about_again(&serde_json::json!($act), $word);
                }
            )*
        }
    };
}

a_look_proves_nothing_if! {
    no_answer_comes: "stall-before", "timed_out";
    the_answer_comes_too_late: {"delay_ms": 5_000}, "timed_out";
    the_connection_is_cut: "cut-before", "unreachable";
    the_connection_breaks_in_the_middle_of_the_answer: "broken-body", "unreachable";
    the_credentials_are_refused: {"status": 401}, "unauthorized";
    it_is_forbidden: {"status": 403}, "forbidden";
    the_carrier_says_that_there_is_no_such_call: {"status": 404}, "not_found";
    there_are_too_many_requests: {"status": 429}, "rate_limited";
    the_carrier_is_unwell: {"status": 503}, "carrier_error";
    a_web_page_comes: "html", "unreadable";
    the_json_is_cut_off: "truncated-json", "unreadable";
    the_body_is_noise: "garbled", "unreadable";
    it_speaks_of_another_call: {"wrong-sid": true}, "unreadable";
    the_status_is_a_word_that_nobody_knows: {"word": "teleported"}, "unknown_status";
}

fn it_is_kept_and_asked_about_again(act: &Value, why: &str) {
    let settings = "calls.live_max = 1\ncarriers.line.request_timeout = '1s'";
    let mut world = World::start(Line::LooksOnly, settings);
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = world.wait_for_leg(&id);
    world.kill_dash_nine();
    let n_before = world.requests("fetch").len();
    world.fault(&json!({"on": "fetch", "do": act}));

    world.start_gateway();

    wait_until("health says why", SOON, || {
        let (is_ok, reasons) = world.health();
        !is_ok && reasons.contains(why) && reasons.contains("1 call")
    });
    let second = world.place(&world.talker(2));
    assert_eq!((word(&second, "state"), word(&second, "waits_for")), ("queued", "slot"), "{second}");
    wait_until("it was asked about again and again", SOON, || world.requests("fetch").len() >= n_before + 3);
    let call = world.call(&id);
    assert!(["initiated", "ringing", "in_progress"].contains(&word(&call, "state")), "it is kept: {call}");
    let line = world.recovered(&id);
    assert_eq!(word(&line, "decision"), "asked_again", "{line}");
    the_pauses_grow(&world.request_times("fetch")[n_before..]);

    world.remote_hangs_up(&leg);
    world.lift_faults();
    let ending = world.wait_for_end(&id)["ending"].clone();
    assert_eq!((word(&ending, "kind"), word(&ending, "confirmed_by")), ("completed", "look_up"), "{ending}");
    world.wait_for_leg(word(&second, "id"));
    wait_until("all is well again", SOON, || world.health().0);
    assert_eq!(world.only_truth_to(&to)["hangups"], 0, "nobody hung up a call that nobody could see");
}

/// One second, two, four …, of each at least the half.
fn the_pauses_grow(times: &[i64]) {
    for (nth, pair) in times.windows(2).enumerate() {
        let (pause, least) = (pair[1] - pair[0], 500 << nth.min(5));
        assert!(pause >= least - 50, "{pause} ms between look {nth} and the next: {times:?}");
    }
}

#[test]
fn the_pause_that_a_carrier_asks_for_is_kept_also_over_a_restart() {
    let mut world = World::start(Line::LooksOnly, "");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_leg(&id);
    world.kill_dash_nine();
    let n_before = world.requests("fetch").len();
    world.fault(&json!({"on": "fetch", "do": {"status": 429, "retry_after_s": 5}}));
    world.start_gateway();
    wait_until("the carrier asked for a pause, and it is on disk", SOON, || {
        world.health().1.contains("rate_limited")
    });

    world.restart();

    wait_until("it was asked about again", SOON, || world.requests("fetch").len() > n_before + 1);
    let times = world.request_times("fetch");
    let pause = times[n_before + 1] - times[n_before];
    assert!(pause >= 4_950, "the carrier asked for 5 s and had {pause} ms");
    assert_eq!(word(&world.recovered(&id), "decision"), "asked_again");
}

#[test]
fn when_nothing_can_be_asked_every_call_is_kept_and_counted_in_one_reason() {
    let mut world = World::start(Line::Webhooks, "carriers.line.request_timeout = '1s'");
    let ids = [1, 2, 3].map(|n| world.dial(&world.talker(n)));
    for id in &ids {
        world.wait_for_talk(id);
    }
    world.fault(&json!({"on": "any-api", "do": {"status": 401}}));

    world.restart();

    wait_until("health counts them", SOON, || world.health().1.contains("3 calls at line"));
    for id in &ids {
        assert_eq!(word(&world.call(id), "state"), "in_progress");
    }
    world.lift_faults();
    wait_until("all is well again", SOON, || world.health().0);
}
