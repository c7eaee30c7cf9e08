//! When a call is looked at, and until when it may take: values that the table doesn't print.

use super::samples::*;
use crate::Timestamp;
use crate::call::timers::{accepted, backoff, spread};
use crate::call::*;
use proptest::prelude::*;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// What is known of the times of a call, in seconds from `now`.
fn times(call: &Call, now: Timestamp) -> String {
    let seconds = |at: Timestamp| {
        let ms = at.as_millis() - now.as_millis();
        if ms % 1_000 == 0 { format!("{}", ms / 1_000) } else { format!("{}.{:03}", ms / 1_000, ms % 1_000) }
    };
    let due = call.due_at().map_or("never".to_owned(), seconds);
    let until = call.state.deadline().map_or("ever".to_owned(), seconds);
    let pause = call.not_before().map(|at| format!(", not before {}", seconds(at)));
    format!("{due} until {until}{}", pause.unwrap_or_default())
}

/// Checks when a call is looked at after this news, and until when it may take.
fn check(call: &Call, source: Source, news: News, expected: &str) {
    check_at(NOW, call, source, news, expected);
}

fn check_at(now: Timestamp, call: &Call, source: Source, news: News, expected: &str) {
    let step = step(call, &at(now, source, news.clone()));
    assert_eq!(times(&step.call, now), expected, "{news:?} of {call:?}");
}

fn asked_with(limits: Limits) -> Call {
    let facts = Facts { limits, ..facts(Direction::Outbound) };
    born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap()
}

/// A call that is hardly ever asked about.
fn seldom_seen() -> Call {
    asked_with(Limits { look_unanswered: SECOND * 90, look_talking: SECOND * 900, ..limits() })
}

fn placing() -> Call {
    after(asked(), [admitted()])
}

fn initiated() -> Call {
    after(placing(), [placed()])
}

fn talking() -> Call {
    after(initiated(), [progressed(Progress::InProgress)])
}

fn declined(how: Decline) -> News {
    News::Declined { cause: "full".to_owned(), how }
}

fn lives(progress: Progress, seconds: Option<u64>) -> News {
    sighted(Sighting::Live { progress, lasted: seconds.map(Duration::from_secs) })
}

fn unseen(why: UnknownWhy, retry_after: Option<u64>) -> News {
    let retry_after = retry_after.map(Duration::from_secs);
    sighted(Sighting::Unknown(Unknown { retry_after, ..unknown(why) }))
}

#[test]
fn a_call_begins_with_the_time_that_it_may_take() {
    assert_eq!(times(&asked(), BORN), "60 until 60, not before 0");
    assert_eq!(times(&offered(), BORN), "5 until 45");
    assert_eq!(times(&placing(), BORN), "20 until 120");
    // A search that is given up sooner than a verdict is possible is not given up sooner.
    let hurried = after(asked_with(Limits { find_max: SECOND, ..limits() }), [admitted()]);
    assert_eq!(times(&hurried, BORN), "20 until 20");
}

#[test]
fn each_news_sets_the_time_of_the_next_look() {
    let webhook = Source::Webhook;
    check(&placing(), Source::Reply, placed(), "5 until 45");
    check(&initiated(), webhook, progressed(Progress::Ringing), "5 until 45");
    check(&initiated(), webhook, progressed(Progress::InProgress), "30 until 600");
    check(&offered(), Source::Gateway, News::AnswerRequested, "1 until 35");
    check(&talking(), Source::Api, want_end(), "15 until 640");
    // What a reply says needs no command: a look verifies it soon, or when it was heard.
    check(&offered(), Source::Gateway, declined(Decline::Reject), "1 until 635");
    check(&offered(), Source::Gateway, declined(Decline::RingOut), "45 until 635");
    let parting = Decline::Say("a".repeat(120));
    let last_words = step(&offered(), &at(NOW, Source::Gateway, declined(parting))).call;
    let heard_at = last_words.due_at().unwrap();
    assert!(heard_at > NOW + SECOND * 15 && heard_at < NOW + SECOND * 20, "{heard_at:?}");
}

#[test]
fn each_look_sets_the_time_of_the_next() {
    let look_up = Source::LookUp;
    check(&initiated(), look_up, lives(Progress::Initiated, None), "5 until 35");
    check(&initiated(), look_up, lives(Progress::Ringing, None), "5 until 45");
    check(&initiated(), look_up, lives(Progress::InProgress, Some(4)), "30 until 596");
    check(&talking(), look_up, lives(Progress::InProgress, None), "30 until 590");
    // Carriers count in whole seconds: what hardly differs moves nothing.
    check(&talking(), look_up, lives(Progress::InProgress, Some(8)), "30 until 590");
    check(&talking(), look_up, lives(Progress::InProgress, Some(12)), "30 until 590");
    check(&talking(), look_up, lives(Progress::InProgress, Some(7)), "30 until 593");
    check(&talking(), look_up, lives(Progress::InProgress, Some(13)), "30 until 587");
    // How long it rang is not how long it was talked.
    check(&talking(), look_up, lives(Progress::Ringing, Some(2)), "30 until 590");
    // Past its time a word from before the answer ends nothing, and is soon asked for again.
    check_at(BORN + SECOND * 700, &talking(), look_up, lives(Progress::Ringing, None), "1 until -100");
}

#[test]
fn a_call_that_is_seldom_asked_about_is_looked_at_when_its_time_is_over() {
    let (webhook, look_up) = (Source::Webhook, Source::LookUp);
    let placing = after(seldom_seen(), [admitted()]);
    let initiated = after(placing.clone(), [placed()]);
    let talking = after(initiated.clone(), [progressed(Progress::InProgress)]);
    check(&placing, Source::Reply, placed(), "47 until 45");
    check(&initiated, webhook, progressed(Progress::Ringing), "47 until 45");
    check(&initiated, look_up, lives(Progress::Initiated, None), "37 until 35");
    check(&initiated, webhook, progressed(Progress::InProgress), "600 until 600");
    check(&talking, look_up, lives(Progress::InProgress, None), "590 until 590");
    // What is past asks for no look of its own.
    check_at(BORN + SECOND * 47, &initiated, look_up, lives(Progress::Initiated, Some(9)), "90 until -2");
}

#[test]
fn a_call_that_is_found_late_rings_since_it_was_placed() {
    let doubt = after(placing(), [News::PlaceInDoubt { why: "cut".to_owned() }]);
    let sighting = live(Progress::Initiated);
    let found = News::Found(Found::Leg { leg: leg(), sighting });
    check(&doubt, Source::Listing, found, "5 until 35");
    check(&doubt, Source::Webhook, progressed(Progress::Initiated), "5 until 45");
}

/// The hard bound is 650 s after its birth: its request leaves within 5, it may ring for 45, and the talk
/// may last for 600.
#[test]
fn an_answer_that_comes_late_has_until_the_hard_bound_and_one_past_it_its_full_time() {
    for (after_birth, expected) in [
        (49, "30 until 600"),
        (250, "30 until 400"),
        (649, "1 until 1"),
        (650, "30 until 600"),
        (651, "30 until 600"),
    ] {
        let now = BORN + SECOND * after_birth;
        check_at(now, &initiated(), Source::Webhook, progressed(Progress::InProgress), expected);
    }
}

#[test]
fn a_look_that_tells_nothing_is_repeated_ever_later_and_not_before_the_carrier_wants_it() {
    let look_up = Source::LookUp;
    for call in [initiated(), talking(), after(talking(), [want_end()])] {
        let mut call = call;
        let mut pauses = Vec::new();
        for _ in 0..7 {
            call = step(&call, &at(NOW, look_up, unseen(UnknownWhy::TimedOut, None))).call;
            pauses.push(call.due_at().unwrap().since(NOW).as_millis());
        }
        assert_eq!(pauses, [750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500], "{call:?}");
    }
    check(&initiated(), look_up, unseen(UnknownWhy::RateLimited, Some(9)), "9 until 35, not before 9");
    check(&talking(), look_up, unseen(UnknownWhy::RateLimited, Some(0)), "0.750 until 590, not before 0");
    check(&talking(), look_up, unseen(UnknownWhy::RateLimited, Some(900)), "120 until 590, not before 120");
}

#[test]
fn a_search_is_repeated_sooner_while_the_placement_is_young_and_ends_with_its_time() {
    let nothing = || News::Found(Found::Nothing);
    let doubt = News::PlaceInDoubt { why: "cut".to_owned() };
    check_at(BORN, &placing(), Source::Reply, doubt, "0.750 until 120");
    for (after_birth, expected) in [
        (9, "1.500 until 111"),
        (10, "6 until 110"),
        (113, "6 until 7"),
        (115, "5 until 5"),
        (120, "6 until 0"),
        (200, "6 until -80"),
    ] {
        let now = BORN + SECOND * after_birth;
        check_at(now, &placing(), Source::Listing, nothing(), expected);
        check_at(now, &placing(), Source::Listing, News::Found(Found::Several(2)), expected);
        check_at(now, &placing(), Source::Listing, News::Found(Found::SeveralOver(2)), expected);
    }
    let silent = || News::Found(Found::Unknown(unknown(UnknownWhy::TimedOut)));
    check(&placing(), Source::Listing, silent(), "0.750 until 110");
    let silent_once = step(&placing(), &at(NOW, Source::Listing, silent())).call;
    check(&silent_once, Source::Listing, silent(), "1.500 until 110");
}

/// A carrier that asked for a pause while our clock was ahead. Nothing here waits longer than for a last
/// sentence, which takes less than five minutes.
#[test]
fn a_time_that_a_clock_set_which_was_ahead_is_soon() {
    let paused = step(&talking(), &at(NOW, Source::LookUp, unseen(UnknownWhy::RateLimited, Some(120)))).call;
    for (set_back, expected) in [
        (0, "120 until 590, not before 120"),
        (70, "190 until 660, not before 190"),
        (71, "191 until 600, not before 191"),
        (180, "300 until 600, not before 300"),
        (181, "1 until 600"),
        (3_600, "1 until 600"),
    ] {
        let now = NOW - SECOND * set_back;
        check_at(now, &paused, Source::Webhook, progressed(Progress::InProgress), expected);
    }
}

/// When a call is hung up though the carrier can't be asked.
fn hard_bound(call: &Call, now: Timestamp) -> i64 {
    let bound = match &call.state {
        CallState::Initiated(call)
        | CallState::Ringing(call)
        | CallState::Offered(call)
        | CallState::Answering(call) => call.hard_until,
        CallState::InProgress(talk) => talk.hard_until,
        CallState::HangingUp(hanging) => hanging.hard_until,
        other => panic!("{other:?} has no bound"),
    };
    (bound.as_millis() - now.as_millis()) / 1_000
}

#[test]
fn a_bound_that_a_clock_set_which_was_ahead_is_as_far_off_as_a_call_may_last() {
    let wanted = News::HangUpRequested { by: EndedBy::Agent, cause: "x".to_owned() };
    let ringing = after(initiated(), [progressed(Progress::Ringing)]);
    let answering = after(offered(), [News::AnswerRequested]);
    let hanging_up = after(initiated(), [wanted]);
    for call in [initiated(), ringing, offered(), answering, talking(), hanging_up] {
        let whole = |hours: u32| {
            let now = NOW - SECOND * (3_600 * hours);
            let step = step(&call, &at(now, Source::Gateway, News::CheckDue));
            (step.call.state.deadline().unwrap().since(now).as_secs(), hard_bound(&step.call, now))
        };
        let longest = match &call.state {
            CallState::InProgress(_) => 600,
            CallState::HangingUp(_) => 645,
            _ => 45,
        };
        assert_eq!(whole(1), (longest, 645), "{call:?}");
        assert_eq!(whole(5), (longest, 645), "{call:?}");
        // What a clock may have set that is right is left alone.
        let step = step(&call, &at(NOW, Source::Gateway, News::CheckDue));
        assert_eq!(hard_bound(&step.call, NOW), hard_bound(&call, NOW), "{call:?}");
        assert_eq!(step.call.state.deadline(), call.state.deadline(), "{call:?}");
    }
    // A minute more than a call may last is still no proof that the clock was ahead.
    let slack = |seconds: u32| {
        let now = Timestamp(talking().state.deadline().unwrap().as_millis()) - SECOND * (600 + seconds);
        step(&talking(), &at(now, Source::Gateway, News::CheckDue)).call.state.deadline().unwrap().since(now)
    };
    assert_eq!((slack(60), slack(61)), (SECOND * 660, SECOND * 600));
}

#[test]
fn who_waits_or_is_sought_by_a_clock_that_was_ahead_waits_no_longer_for_it() {
    for (call, set_back, expected) in [
        (asked(), 60, "120 until 120, not before 60"),
        (asked(), 61, "60 until 60, not before 61"),
        (asked(), 180, "60 until 60, not before 180"),
        (asked(), 181, "60 until 60, not before 120"),
        (placing(), 60, "80 until 180"),
        (placing(), 61, "81 until 120"),
        (placing(), 3_600, "1 until 120"),
    ] {
        check_at(BORN - SECOND * set_back, &call, Source::Gateway, News::StopAsked(CommandId(9)), expected);
    }
    let now = BORN - SECOND * 3_600;
    let CallState::Placing(sought) = step(&placing(), &at(now, Source::Gateway, News::CheckDue)).call.state
    else {
        panic!("it is sought")
    };
    assert_eq!((sought.since, sought.send_by, sought.queued_until), (now, now, now + SECOND * 60));
}

#[test]
fn a_caller_who_is_left_to_ring_or_told_why_at_length_is_not_hung_up_on_before() {
    let limits = Limits { ring_max: SECOND * 600, ..limits() };
    let facts = Box::new(Facts { limits, ..facts(Direction::Inbound) });
    let patient = born(&at(BORN, Source::Webhook, News::Offered(facts, leg()))).unwrap();
    check_at(BORN, &patient, Source::Gateway, declined(Decline::RingOut), "600 until 1200");
    check_at(BORN, &offered(), Source::Gateway, declined(Decline::Say("a".repeat(3_000))), "261 until 645");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Calls that were made together are asked about apart.
    #[test]
    fn pauses_are_spread_about_what_they_should_be(seconds in 1..1_000u64, roll in 0..1_000u16) {
        let pause = Duration::from_secs(seconds);
        let spread = |roll| spread(pause, Roll(roll));
        prop_assert!(spread(0) >= pause.mul_f64(0.899) && spread(999) <= pause.mul_f64(1.101));
        prop_assert!(spread(999) > pause.mul_f64(1.09) && spread(0) < pause.mul_f64(0.91));
        prop_assert!(roll == 999 || spread(roll) <= spread(roll + 1));
    }

    /// From half a second to half a minute, and never longer than twice the pause before.
    #[test]
    fn what_fails_again_and_again_is_tried_ever_later(round in 0..10u32, roll in 0..1_000u16) {
        let pause = backoff(round, Roll(roll));
        prop_assert!(pause >= Duration::from_millis(500) && pause <= SECOND * 30);
        let next = backoff(round + 1, Roll(roll));
        prop_assert!(pause <= next && next <= pause * 2);
        prop_assert!(roll == 999 || pause <= backoff(round, Roll(roll + 1)));
        prop_assert!(backoff(round, Roll(999)) > backoff(round, Roll(0)).mul_f64(1.9));
        // A hang-up that was accepted is verified within seconds all the same.
        let verified = accepted(round, Roll(roll));
        prop_assert!(verified >= SECOND.mul_f64(0.9) && verified <= SECOND * 4);
        prop_assert!(round < 4 || verified == SECOND * 4);
    }
}
