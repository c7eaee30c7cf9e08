//! Commands that are to end before their time.

use super::samples::*;
use crate::Timestamp;
use crate::call::*;
use std::time::Duration;

fn talking() -> Call {
    after(asked(), [admitted(), placed(), progressed(Progress::InProgress)])
}

fn state_of(call: &Call, id: u32) -> CommandState {
    call.command(CommandId(id)).unwrap().state.clone()
}

fn stop(id: u32) -> News {
    News::StopAsked(CommandId(id))
}

fn stopped() -> CommandState {
    CommandState::Done(Outcome { stopped: true, ..Outcome::default() })
}

#[test]
fn what_waits_is_dropped_and_never_sent() {
    let call = after(talking(), [question(), question(), stop(2)]);
    assert!(matches!(state_of(&call, 2), CommandState::Failed { code, .. } if code == "stopped"));
    let step = step(&call, &at(BORN, Source::Reply, replied(refused())));
    assert_eq!(step.effects, []);
}

#[test]
fn what_is_under_way_ends_at_the_carrier_before_the_next_begins() {
    let call = after(talking(), [question(), question(), replied(taken(None))]);
    let told = step(&call, &at(BORN, Source::Api, stop(1)));
    assert_eq!(told.effects, [Effect::Conclude(CommandId(1))]);
    assert_eq!(state_of(&told.call, 2), CommandState::Asked);
    let over = step(&told.call, &at(BORN, Source::Reply, stop_replied(taken(None))));
    assert_eq!(state_of(&over.call, 1), stopped());
    assert_eq!(over.effects, [Effect::Perform(CommandId(2))]);
}

#[test]
fn what_is_on_its_way_can_not_be_ended_yet() {
    let call = after(talking(), [question()]);
    assert_eq!(step(&call, &at(BORN, Source::Api, stop(1))), Step { call, effects: Vec::new() });
}

#[test]
fn a_carrier_that_does_not_answer_is_told_again_and_given_up() {
    let mut call = after(talking(), [question(), replied(taken(None)), stop(1)]);
    let mut now = BORN;
    let mut n_told = 1;
    for _ in 0..10 {
        now = Timestamp(now.0 + 60_000);
        let step = step(&call, &at(now, Source::Gateway, News::CheckDue));
        n_told += step.effects.iter().filter(|effect| matches!(effect, Effect::Conclude(_))).count();
        call = step.call;
    }
    assert_eq!(n_told, 6);
    assert!(matches!(state_of(&call, 1), CommandState::InDoubt { .. }));
    // It ended all the same, and the carrier says so.
    let late = after(call, [performed(1, Performed::Finished(Outcome::default()))]);
    assert!(matches!(state_of(&late, 1), CommandState::Done(_)));
}

#[test]
fn an_answer_that_came_first_is_kept() {
    let call = after(talking(), [question(), replied(taken(None)), stop(1)]);
    let answered = after(call.clone(), [performed(1, Performed::Finished(answer("7")))]);
    assert_eq!(state_of(&answered, 1), CommandState::Done(Outcome { stopped: true, ..answer("7") }));
    let late = after(call, [stop_replied(taken(None)), performed(1, Performed::Finished(answer("7")))]);
    assert_eq!(state_of(&late, 1), CommandState::Done(Outcome { stopped: true, ..answer("7") }));
}

#[test]
fn those_who_were_put_through_are_not_cut_off() {
    let transfer = News::CommandAsked(Verb::Transfer { to: "+12025550144".parse().unwrap() });
    let call = after(talking(), [transfer, replied(taken(None))]);
    assert_eq!(step(&call, &at(BORN, Source::Api, stop(1))).effects, []);
}

#[test]
fn a_stream_lasts_until_it_is_closed_or_the_call_is_over() {
    let stream = News::CommandAsked(Verb::Stream {
        url: "wss://example.com/sound".to_owned(),
        speaks: Speaks::Carrier,
    });
    let call = after(talking(), [stream, replied(taken(None))]);
    let hours = at(BORN + Duration::from_secs(9 * 3_600), Source::Gateway, News::CheckDue);
    assert!(state_of(&step(&call, &hours).call, 1).is_open());
    let over = News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    assert_eq!(state_of(&after(call, [over]), 1), CommandState::Done(Outcome::default()));
}

/// A carrier that calls a program's good bye a dropped stream, and a stream that never was.
#[test]
fn a_stream_that_had_begun_is_over_however_its_end_is_called() {
    let stream = || {
        News::CommandAsked(Verb::Stream {
            url: "wss://example.com/sound".to_owned(),
            speaks: Speaks::Carrier,
        })
    };
    let dropped = || performed(1, Performed::Failed { code: "DroppedStream".to_owned() });
    let begun = after(talking(), [stream(), replied(taken(None)), performed(1, Performed::Begun), dropped()]);
    assert_eq!(state_of(&begun, 1), CommandState::Done(Outcome::default()));
    let overtaken =
        after(talking(), [stream(), performed(1, Performed::Begun), replied(taken(None)), dropped()]);
    assert_eq!(state_of(&overtaken, 1), CommandState::Done(Outcome::default()));
    let never = after(talking(), [stream(), replied(taken(None)), dropped()]);
    assert!(matches!(state_of(&never, 1), CommandState::Failed { .. }));
}

#[test]
fn a_call_that_ends_is_not_asked_about_for_the_sake_of_what_is_to_stop() {
    let call = after(talking(), [question(), replied(taken(None)), stop(1), want_end()]);
    assert!(matches!(state_of(&call, 1), CommandState::Stopping { .. }));
    let later = Timestamp(BORN.0 + 600_000);
    let checked = step(&call, &at(later, Source::Gateway, News::CheckDue)).call;
    let nothing = sighted(Sighting::Unknown(unknown(UnknownWhy::RateLimited)));
    let looked = step(&checked, &at(later, Source::LookUp, nothing)).call;
    let failed = HangUpReply::Failed(unknown(UnknownWhy::RateLimited));
    let reply = News::HangUpReplied { leg: leg(), reply: failed };
    let told = step(&looked, &at(later, Source::Reply, reply)).call;
    for call in [looked, told] {
        assert!(call.due_at() > Some(later), "it would be hung up again at once, and for ever: {call:?}");
    }
}

#[test]
fn a_carrier_that_has_not_answered_in_time_is_told_again_then_and_not_before() {
    let call = after(talking(), [question(), replied(taken(None)), stop(1)]);
    let told_again = |call: &Call, now: Timestamp| {
        let step = step(call, &at(now, Source::Gateway, News::CheckDue));
        (step.effects.contains(&Effect::Conclude(CommandId(1))), step.call)
    };
    let due_at = call.due_at().unwrap();
    assert_eq!(due_at, BORN + Duration::from_secs(15), "sooner than the call itself is looked at");
    assert!(!told_again(&call, Timestamp(due_at.0 - 1)).0);
    let (told, again) = told_again(&call, due_at);
    assert!(told);
    assert_eq!(state_of(&again, 1).due_at(), Some(due_at + Duration::from_secs(15)));
}

/// A sentence that somebody cut off is not said on for a quarter of a minute because a request broke.
#[test]
fn what_is_in_doubt_is_told_again_soon_and_ever_more_slowly() {
    let call = after(talking(), [question(), replied(taken(None))]);
    let mut call = step(&call, &at(NOW, Source::Api, stop(1))).call;
    let mut now = NOW;
    let mut pauses = Vec::new();
    for _ in 0..5 {
        let doubt = CommandReply::InDoubt { why: "it broke".to_owned() };
        call = step(&call, &at(now, Source::Reply, stop_replied(doubt))).call;
        let due_at = call.command(CommandId(1)).unwrap().state.due_at().unwrap();
        pauses.push(due_at.since(now).as_secs());
        now = due_at;
        call = step(&call, &at(now, Source::Gateway, News::CheckDue)).call;
    }
    assert_eq!(pauses, [2, 4, 8, 15, 15]);
}

#[test]
fn a_carrier_that_asks_for_a_pause_is_told_again_after_it_and_one_that_refuses_is_not() {
    let call = after(talking(), [question(), replied(taken(None)), stop(1)]);
    let no = |code: &str| {
        let reply = CommandReply::Refused { code: code.to_owned(), reason: "no".to_owned() };
        let call = step(&call, &at(NOW, Source::Reply, stop_replied(reply))).call;
        state_of(&call, 1)
    };
    assert_eq!(no("rate_limited"), CommandState::Stopping { until: NOW + Duration::from_secs(15), told: 1 });
    assert!(matches!(no("90055"), CommandState::InDoubt { why, .. } if why.contains("90055")));
}
