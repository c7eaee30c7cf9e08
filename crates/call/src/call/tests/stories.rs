//! Lives worth telling: the situations that gateways before this one got wrong.

use super::samples::*;
use crate::Timestamp;
use crate::call::*;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn hear(call: &Call, when: Timestamp, source: Source, news: News) -> Step {
    step(call, &at(when, source, news))
}

fn talking() -> Call {
    after(asked(), [admitted(), placed(), progressed(Progress::InProgress)])
}

fn ended(step: &Step) -> &Ending {
    match &step.call.state {
        CallState::Ended(over) => &over.ending,
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn nothing_that_a_failed_look_can_say_ends_a_call() {
    for why in [
        UnknownWhy::Unreachable,
        UnknownWhy::TimedOut,
        UnknownWhy::Unauthorized,
        UnknownWhy::Forbidden,
        UnknownWhy::NotFound,
        UnknownWhy::RateLimited,
        UnknownWhy::CarrierError,
        UnknownWhy::UnknownStatus,
        UnknownWhy::Unreadable,
        UnknownWhy::NotConfigured,
    ] {
        let mut call = talking();
        for round in 0..20 {
            let step = hear(
                &call,
                NOW + MINUTE / 10 * round,
                Source::LookUp,
                sighted(Sighting::Unknown(unknown(why))),
            );
            assert!(matches!(step.call.state, CallState::InProgress(_)), "{why:?}");
            assert!(step.effects.is_empty(), "{why:?}");
            call = step.call;
        }
    }
}

#[test]
fn a_clock_that_jumps_ahead_ends_nobodys_call() {
    let jumped = NOW + MINUTE * 60;
    let lasted = Some(Duration::from_secs(10));
    let seen = sighted(Sighting::Live { progress: Progress::InProgress, lasted });
    let step = hear(&talking(), jumped, Source::LookUp, seen);
    assert!(step.effects.is_empty());
    assert_eq!(step.call.state.deadline(), Some(jumped + limits().duration_max - Duration::from_secs(10)));
}

#[test]
fn a_call_past_its_maximum_is_hung_up_verified_and_then_over() {
    let late = BORN + limits().duration_max + Duration::from_secs(1);
    let lasted = Some(limits().duration_max + Duration::from_secs(1));
    let hung = hear(
        &talking(),
        late,
        Source::LookUp,
        sighted(Sighting::Live { progress: Progress::InProgress, lasted }),
    );
    assert_eq!(hung.effects, [Effect::HangUp(leg())]);
    let failed =
        News::HangUpReplied { leg: leg(), reply: HangUpReply::Failed(unknown(UnknownWhy::CarrierError)) };
    let failed = hear(&hung.call, late + MINUTE, Source::Reply, failed);
    assert!(matches!(&failed.call.state, CallState::HangingUp(hanging) if hanging.failed == 0));
    let alive = hear(&failed.call, late + MINUTE, Source::LookUp, sighted(live(Progress::InProgress)));
    assert_eq!(alive.effects, [Effect::HangUp(leg())]);
    assert!(matches!(&alive.call.state, CallState::HangingUp(hanging) if hanging.failed == 1));
    let over = hear(
        &alive.call,
        late + MINUTE,
        Source::LookUp,
        sighted(Sighting::Over(ending(EndingKind::Completed, "completed"))),
    );
    let ending = ended(&over);
    assert_eq!(
        (ending.by, ending.cause.as_str(), ending.confirmed_by),
        (EndedBy::Gateway, "duration_max", ConfirmedBy::LookUp)
    );
}

#[test]
fn a_placement_that_nobody_heard_of_is_looked_for_and_never_repeated() {
    let mut call = after(asked(), [admitted(), News::PlaceInDoubt { why: "cut".to_owned() }]);
    let mut now = NOW;
    let mut searches = 0;
    while !call.state.is_ended() {
        now = call.due_at().unwrap().max(now + Duration::from_millis(1));
        let due = hear(&call, now, Source::Gateway, News::CheckDue);
        assert_eq!(due.effects, [Effect::Find]);
        call = hear(&due.call, now, Source::Listing, News::Found(Found::Nothing)).call;
        searches += 1;
        assert!(searches < 100);
    }
    let CallState::Ended(over) = &call.state else { unreachable!() };
    assert_eq!(
        (over.ending.kind, over.ending.cause.as_str()),
        (EndingKind::Indeterminate, "not_found_at_carrier")
    );
    assert_eq!(over.ending.confirmed_by, ConfirmedBy::Nobody);
    assert!(over.ended_at >= BORN + limits().find_max);

    // It rings after all: it is hung up until that is verified, and the ending stays.
    let rings = hear(&call, now + MINUTE, Source::Webhook, progressed(Progress::Ringing));
    assert_eq!(rings.effects, [Effect::HangUp(leg())]);
    assert_eq!(rings.call.state, call.state);
    assert!(rings.call.due_at().is_some());
    let gone = hear(
        &rings.call,
        now + MINUTE,
        Source::LookUp,
        sighted(Sighting::Over(ending(EndingKind::Canceled, "canceled"))),
    );
    assert!(gone.call.strays.is_empty());
    assert_eq!(gone.call.due_at(), None);
}

/// It takes up a place no longer than a search that finds nothing.
#[test]
fn a_placement_that_may_be_any_of_several_ends_when_all_of_them_are_over() {
    let call = after(asked(), [admitted(), News::PlaceInDoubt { why: "cut".to_owned() }]);
    let search = |call: &Call, now, found| hear(call, now, Source::Listing, News::Found(found)).call;
    let late = BORN + limits().find_max;
    let mut waiting = call.clone();
    for round in 0..20 {
        waiting = search(&waiting, late + MINUTE * round, Found::Several(2));
        assert!(matches!(waiting.state, CallState::Placing(_)), "one of them may live");
    }
    let early = search(&call, late - MINUTE, Found::SeveralOver(2));
    let once = search(&early, late - Duration::from_millis(1), Found::SeveralOver(2));
    assert!(matches!(once.state, CallState::Placing(_)), "it is too early");
    let CallState::Ended(over) = search(&once, late, Found::SeveralOver(2)).state else {
        panic!("two whole listings said so")
    };
    let told = (over.ending.kind, over.ending.cause.as_str(), over.ending.confirmed_by);
    assert_eq!(told, (EndingKind::Indeterminate, "one_of_several", ConfirmedBy::Nobody));
}

#[test]
fn a_search_that_the_carrier_does_not_answer_decides_nothing() {
    let mut call = after(asked(), [admitted(), News::PlaceInDoubt { why: "cut".to_owned() }]);
    for round in 0..50 {
        let heard = News::Found(Found::Unknown(unknown(UnknownWhy::Unauthorized)));
        call = hear(&call, LATE + MINUTE * round, Source::Listing, heard).call;
    }
    assert!(matches!(call.state, CallState::Placing(_)));
}

#[test]
fn a_webhook_that_comes_before_the_reply_names_the_leg_and_the_reply_merges() {
    let placing = after(asked(), [admitted()]);
    let early = hear(&placing, NOW, Source::Webhook, progressed(Progress::Ringing));
    assert!(matches!(early.call.state, CallState::Ringing(_)));
    let reply = hear(&early.call, NOW, Source::Reply, placed());
    assert_eq!(reply.call, early.call);
    let doubt = hear(&early.call, NOW, Source::Reply, News::PlaceInDoubt { why: "cut".to_owned() });
    assert_eq!(doubt.call, early.call);
}

#[test]
fn a_hang_up_asked_for_while_placing_is_done_as_soon_as_the_leg_is_known() {
    let unwanted = after(asked(), [admitted(), want_end()]);
    assert!(matches!(unwanted.state, CallState::Placing(_)));
    let known = hear(&unwanted, NOW, Source::Reply, placed());
    assert_eq!(known.effects, [Effect::HangUp(leg())]);
    let deferred = News::PlaceDeferred { why: "rate_limited".to_owned(), retry_after: None };
    let step = hear(&unwanted, NOW, Source::Reply, deferred);
    assert_eq!(ended(&step).kind, EndingKind::Canceled);
}

#[test]
fn a_phone_that_rings_too_long_is_hung_up_only_when_a_look_says_that_it_still_rings() {
    let ringing = after(asked(), [admitted(), placed(), progressed(Progress::Ringing)]);
    let late = BORN + limits().ring_max + Duration::from_secs(3);
    let stale = hear(&ringing, late, Source::Webhook, progressed(Progress::Ringing));
    assert!(stale.effects.is_empty());
    let answered = hear(&ringing, late, Source::LookUp, sighted(live(Progress::InProgress)));
    assert!(matches!(answered.call.state, CallState::InProgress(_)));
    let rings = hear(&ringing, late, Source::LookUp, sighted(live(Progress::Ringing)));
    assert_eq!(rings.effects, [Effect::HangUp(leg())]);
    let over = hear(
        &rings.call,
        late,
        Source::LookUp,
        sighted(Sighting::Over(ending(EndingKind::Canceled, "canceled"))),
    );
    assert_eq!((ended(&over).kind, ended(&over).cause.as_str()), (EndingKind::NoAnswer, "ring_max"));
}

#[test]
fn a_busy_line_stays_busy_though_we_wanted_to_hang_up() {
    let unwanted = after(asked(), [admitted(), placed(), want_end()]);
    let step =
        hear(&unwanted, NOW, Source::LookUp, sighted(Sighting::Over(ending(EndingKind::Busy, "busy"))));
    assert_eq!(
        (ended(&step).kind, ended(&step).by, ended(&step).cause.as_str()),
        (EndingKind::Busy, EndedBy::Remote, "busy")
    );
}

#[test]
fn a_call_that_the_carrier_has_never_heard_of_is_given_up_only_past_its_bound_and_says_so() {
    let mut call = after(talking(), [want_end()]);
    let missing = || sighted(Sighting::Unknown(unknown(UnknownWhy::NotFound)));
    for _ in 0..10 {
        call = hear(&call, NOW, Source::LookUp, missing()).call;
        assert!(matches!(call.state, CallState::HangingUp(_)));
    }
    let step = hear(&call, LATE, Source::LookUp, missing());
    assert_eq!(
        (ended(&step).kind, ended(&step).confirmed_by),
        (EndingKind::Indeterminate, ConfirmedBy::Nobody)
    );
}

#[test]
fn a_carrier_that_asks_for_a_pause_gets_it_but_not_for_ever() {
    let asks =
        |secs| Unknown { retry_after: Some(Duration::from_secs(secs)), ..unknown(UnknownWhy::RateLimited) };
    let short = hear(&talking(), NOW, Source::LookUp, sighted(Sighting::Unknown(asks(40))));
    assert_eq!(short.call.due_at(), Some(NOW + Duration::from_secs(40)));
    assert_eq!(short.call.not_before(), Some(NOW + Duration::from_secs(40)));
    let long = hear(&talking(), NOW, Source::LookUp, sighted(Sighting::Unknown(asks(86_400))));
    assert_eq!(long.call.due_at(), Some(NOW + Duration::from_secs(120)));
}

#[test]
fn whoever_asks_twice_hears_the_same_twice() {
    let call = talking();
    assert_eq!(call.script(Page::First), Script::Hold(limits().duration_max + MINUTE * 60));
    assert_eq!(
        after(call.clone(), [progressed(Progress::InProgress)]).script(Page::First),
        call.script(Page::First)
    );
    assert_eq!(
        after(offered(), [News::Declined { cause: "not_allowed".to_owned(), how: Decline::Reject }])
            .script(Page::First),
        Script::Reject
    );
    assert!(matches!(after(offered(), [News::AnswerRequested]).script(Page::First), Script::SayAndHangUp(_)));
}

#[test]
fn a_jump_of_our_clock_and_one_failed_look_hang_up_nobody() {
    let mut call = talking();
    for round in 0..6 {
        let seen =
            hear(&call, LATE, Source::LookUp, sighted(Sighting::Unknown(unknown(UnknownWhy::Unreachable))));
        assert_eq!(matches!(seen.call.state, CallState::InProgress(_)), round < 4, "{round}");
        call = seen.call;
    }
}

#[test]
fn a_caller_whom_we_declined_was_rejected_by_us_whatever_the_carrier_calls_it() {
    let declined = after(offered(), [News::Declined { cause: "live_max".to_owned(), how: Decline::Reject }]);
    for (kind, code) in [(EndingKind::NoAnswer, "no-answer"), (EndingKind::Busy, "busy")] {
        let step = hear(&declined, NOW, Source::LookUp, sighted(Sighting::Over(ending(kind, code))));
        assert_eq!(
            (ended(&step).kind, ended(&step).by, ended(&step).cause.as_str()),
            (EndingKind::Rejected, EndedBy::Gateway, "live_max")
        );
        assert_eq!(ended(&step).carrier_code.as_deref(), Some(code));
    }
    let answered = Sighting::Over(ending(EndingKind::Completed, "completed"));
    let step = hear(&declined, NOW, Source::LookUp, sighted(answered));
    assert_eq!(ended(&step).kind, EndingKind::Completed);
}

#[test]
fn a_jump_of_our_clock_ends_no_ringing_either_way() {
    let ringing = after(asked(), [admitted(), placed(), progressed(Progress::Ringing)]);
    let rings = |secs| {
        sighted(Sighting::Live { progress: Progress::Ringing, lasted: Some(Duration::from_secs(secs)) })
    };
    for (when, lasted, hung_up) in [(LATE, 10, false), (LATE, 46, true), (NOW, 46, false), (NOW, 80, true)] {
        let step = hear(&ringing, when, Source::LookUp, rings(lasted));
        assert_eq!(!step.effects.is_empty(), hung_up, "{when:?} {lasted}");
    }
}

#[test]
fn a_search_that_comes_back_late_is_a_look_all_the_same() {
    let adopted = after(
        asked(),
        [admitted(), News::PlaceInDoubt { why: "cut".to_owned() }, progressed(Progress::Initiated)],
    );
    let over = Sighting::Over(ending(EndingKind::Busy, "busy"));
    let step = hear(&adopted, NOW, Source::Listing, News::Found(Found::Leg { leg: leg(), sighting: over }));
    assert_eq!((ended(&step).kind, ended(&step).confirmed_by), (EndingKind::Busy, ConfirmedBy::Listing));
}

#[test]
fn a_look_that_the_answer_overtook_hangs_up_nobody() {
    let ringing = after(asked(), [admitted(), placed(), progressed(Progress::Ringing)]);
    let answered = hear(&ringing, LATE, Source::Webhook, progressed(Progress::InProgress)).call;
    assert_eq!(answered.state.deadline(), Some(LATE + limits().duration_max), "by the clock that jumped");
    let overtaken = Sighting::Live { progress: Progress::Ringing, lasted: Some(Duration::from_secs(2)) };
    let step = hear(&answered, LATE + MINUTE * 11, Source::LookUp, sighted(overtaken));
    assert!(step.effects.is_empty());
    assert!(step.call.due_at() > Some(LATE + MINUTE * 11));
}

#[test]
fn a_call_whose_carrier_is_gone_is_kept_until_its_user_gives_it_up() {
    let gone = || sighted(Sighting::Unknown(unknown(UnknownWhy::NotConfigured)));
    let mut kept = talking();
    let mut given_up = after(talking(), [want_end()]);
    for _ in 0..20 {
        kept = hear(&kept, LATE, Source::LookUp, gone()).call;
        given_up = hear(&given_up, LATE, Source::LookUp, gone()).call;
    }
    assert!(matches!(kept.state, CallState::HangingUp(_)));
    let CallState::Ended(over) = &given_up.state else { panic!("{:?}", given_up.state) };
    assert_eq!(
        (over.ending.cause.as_str(), over.ending.confirmed_by),
        ("carrier_not_configured", ConfirmedBy::Nobody)
    );

    let unwanted =
        after(asked(), [admitted(), News::PlaceInDoubt { why: "imported".to_owned() }, want_end()]);
    let nobody = News::Found(Found::Unknown(unknown(UnknownWhy::NotConfigured)));
    let early = hear(&unwanted, NOW, Source::Listing, nobody.clone());
    assert!(matches!(early.call.state, CallState::Placing(_)));
    let late = hear(&unwanted, LATE, Source::Listing, nobody);
    assert_eq!(ended(&late).cause, "carrier_not_configured");
}

#[test]
fn a_call_of_which_only_its_life_is_told_is_hung_up_past_its_bound_and_not_at_once() {
    let ringing = after(asked(), [admitted(), placed()]);
    let alive = || sighted(Sighting::Live { progress: Progress::Initiated, lasted: Some(Duration::ZERO) });
    let CallState::Initiated(unanswered) = &ringing.state else { panic!("{:?}", ringing.state) };
    let (ring_until, bound) = (unanswered.ring_until, unanswered.hard_until);
    let young = hear(&ringing, ring_until + MINUTE, Source::LookUp, alive());
    assert!(young.effects.is_empty(), "it may have been answered");
    let mut step = hear(&young.call, bound + MINUTE, Source::LookUp, alive());
    assert!(step.effects.is_empty(), "one look past it decides nothing: our clock may have jumped");
    for n in 2..10 {
        step = hear(&step.call, bound + MINUTE * n, Source::LookUp, alive());
    }
    assert!(matches!(step.call.state, CallState::HangingUp(_)), "{:?}", step.call.state);
}

/// Carriers that tell nothing but that it lives tell a span of nothing with it. Others mean what they say.
#[test]
fn a_call_that_is_said_not_to_ring_yet_is_hung_up_at_the_first_look_past_its_bound() {
    let ringing = after(asked(), [admitted(), placed()]);
    let look = |progress, lasted| {
        hear(&ringing, LATE, Source::LookUp, sighted(Sighting::Live { progress, lasted })).effects
    };
    let long = Some(limits().ring_max);
    assert_eq!(look(Progress::Initiated, None), [Effect::HangUp(leg())]);
    assert_eq!(look(Progress::Initiated, long), [Effect::HangUp(leg())]);
    assert_eq!(look(Progress::Initiated, Some(Duration::ZERO)), []);
}

/// The carrier was told how long it may ring, and counts itself.
#[test]
fn a_phone_that_rang_its_time_is_left_to_the_carrier_for_a_moment() {
    let ringing = after(asked(), [admitted(), placed(), progressed(Progress::Ringing)]);
    let rang_out = BORN + limits().ring_max;
    for (after_it_ms, hung_up) in [(0, false), (1_999, false), (2_000, true)] {
        let now = rang_out + Duration::from_millis(after_it_ms);
        let step = hear(&ringing, now, Source::LookUp, sighted(live(Progress::Ringing)));
        assert_eq!(!step.effects.is_empty(), hung_up, "{after_it_ms}");
    }
}
