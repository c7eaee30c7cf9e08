//! What an end is called, what is said on the line, and how a call begins: values that the table
//! doesn't print.

use super::samples::*;
use crate::call::closing::nowhere_to_be_found;
use crate::call::script::NOBODY_HERE;
use crate::call::*;
use crate::gate;
use std::time::Duration;

fn outbound(hold: bool, say: Option<&str>) -> Call {
    let facts = Facts { hold, say: say.map(str::to_owned), ..facts(Direction::Outbound) };
    let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
    after(asked, [admitted(), placed()])
}

fn inbound(hold: bool, say: Option<&str>) -> Call {
    let facts = Facts { hold, say: say.map(str::to_owned), ..facts(Direction::Inbound) };
    born(&at(BORN, Source::Webhook, News::Offered(Box::new(facts), leg()))).unwrap()
}

fn talking(call: Call) -> Call {
    after(call, [progressed(Progress::InProgress)])
}

fn declined(how: Decline) -> Call {
    after(inbound(false, None), [News::Declined { cause: "full".to_owned(), how }])
}

fn over(call: Call) -> Call {
    after(call, [News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") }])
}

fn check(call: &Call, kind: EndingKind, duration_s: Option<u64>, expected: &str) {
    let duration = duration_s.map(Duration::from_secs);
    let word = CarrierEnding { duration, ..ending(kind, "word") };
    let step = step(call, &at(NOW, Source::Webhook, News::Over { leg: leg(), ending: word }));
    let CallState::Ended(over) = step.call.state else { panic!("it is over") };
    let Ending { kind, by, cause, carrier_code, duration, .. } = over.ending;
    assert_eq!((carrier_code.as_deref(), duration), (Some("word"), duration_s.map(Duration::from_secs)));
    assert_eq!(format!("{kind:?} by {by:?}: {cause}"), expected);
}

#[test]
fn an_end_says_how_by_whom_and_why() {
    use EndingKind as K;
    let ringing = after(outbound(true, None), [progressed(Progress::Ringing)]);
    let talks = talking(outbound(true, None));
    check(&ringing, K::NoAnswer, None, "NoAnswer by Remote: no_answer");
    check(&ringing, K::Canceled, None, "Canceled by Carrier: canceled");
    check(&ringing, K::Failed, None, "Failed by Carrier: failed");
    check(&talks, K::Completed, Some(599), "Completed by Remote: completed");
    check(&talks, K::Completed, Some(600), "Completed by Carrier: duration_max");
    // It was answered, whatever the carrier makes of its length.
    check(&talks, K::NoAnswer, None, "Completed by Remote: completed");
    check(&declined(Decline::Reject), K::Canceled, Some(3), "Rejected by Gateway: full");
    check(&declined(Decline::Reject), K::Completed, Some(3), "Completed by Gateway: full");
    let given_up = |call: &Call, cause: &str| {
        after(call.clone(), [News::HangUpRequested { by: EndedBy::Gateway, cause: cause.to_owned() }])
    };
    check(&given_up(&ringing, "ring_max"), K::Canceled, None, "NoAnswer by Gateway: ring_max");
    check(&given_up(&ringing, "other"), K::Canceled, None, "Canceled by Gateway: other");
    check(&given_up(&talks, "ring_max"), K::Completed, None, "Completed by Gateway: ring_max");
}

#[test]
fn an_end_without_proof_says_why_nobody_could_be_asked() {
    assert_eq!(nowhere_to_be_found(UnknownWhy::NotConfigured).cause, "carrier_not_configured");
    assert_eq!(nowhere_to_be_found(UnknownWhy::NotFound).cause, "not_found_at_carrier");
}

#[test]
fn what_is_said_first_and_then() {
    let held = limits().duration_max + Duration::from_secs(3_600);
    let hi = || "Hi".to_owned();
    let nobody = || Script::SayAndHangUp(NOBODY_HERE.to_owned());
    for (call, first, next) in [
        (outbound(false, None), Script::Hold(held), Script::Hold(held)),
        (outbound(true, None), Script::Hold(held), Script::Hold(held)),
        (outbound(false, Some("Hi")), Script::SayAndHangUp(hi()), Script::HangUp),
        (outbound(true, Some("Hi")), Script::SayAndHold(hi(), held), Script::Hold(held)),
        (inbound(false, None), nobody(), Script::HangUp),
        (inbound(true, None), Script::PickUp(held), Script::Hold(held)),
        (inbound(false, Some("Hi")), Script::SayAndHangUp(hi()), Script::HangUp),
        (inbound(true, Some("Hi")), Script::SayAndHold(hi(), held), Script::Hold(held)),
        (declined(Decline::Say(hi())), Script::SayAndHangUp(hi()), Script::HangUp),
        (declined(Decline::Reject), Script::Reject, Script::Reject),
        (declined(Decline::RingOut), Script::RingOut(limits().ring_max), Script::RingOut(limits().ring_max)),
        (over(inbound(true, None)), Script::Reject, Script::Reject),
        (over(talking(inbound(true, None))), Script::HangUp, Script::HangUp),
        (over(outbound(true, None)), Script::HangUp, Script::HangUp),
        (after(talking(inbound(true, None)), [want_end()]), Script::HangUp, Script::HangUp),
        (talking(declined(Decline::RingOut)), Script::HangUp, Script::HangUp),
    ] {
        assert_eq!(call.script(Page::First), first, "{call:?}");
        assert_eq!(call.script(Page::Next), next, "{call:?}");
    }
}

#[test]
fn a_command_is_done_from_the_number_that_is_ours() {
    for (call, ours) in [(outbound(true, None), "+12025550100"), (inbound(true, None), "+12025550143")] {
        let asking = after(talking(call), [question()]);
        let Script::Perform(performance) = asking.script(Page::Of(CommandId(1))) else {
            panic!("it is asked")
        };
        assert_eq!((performance.from.as_str(), performance.stops), (ours, false));
        assert_eq!(performance.hold, asking.held_for());
        assert_eq!(asking.script(Page::Of(CommandId(2))), Script::Hold(asking.held_for()));
    }
}

#[test]
fn a_call_begins_with_its_times() {
    let CallState::Offered(offered) = inbound(false, None).state else { panic!("it is offered") };
    assert_eq!(offered.ring_until, BORN + Duration::from_secs(45));
    assert_eq!(offered.hard_until, BORN + Duration::from_secs(645));
    let state = talking(outbound(true, None)).state;
    let imported = News::Imported(Box::new(facts(Direction::Outbound)), Box::new(state.clone()));
    assert_eq!(born(&at(BORN, Source::Import, imported)).unwrap().state, state);
    assert_eq!(born(&at(BORN, Source::Gateway, News::CheckDue)), None);
}

#[test]
fn a_day_is_counted_where_anything_limits_it() {
    let none = gate::Rules::default();
    let minutes = gate::Rules { minutes_per_day: Some(1), ..none.clone() };
    assert_eq!([none, minutes].map(|rules| rules.counts_minutes()), [false, true]);
}

#[test]
fn a_leg_that_is_placed_under_two_names_is_known_by_both() {
    let placed = |also| after(asked(), [admitted(), News::Placed { leg: leg(), also }]);
    let by_other = |call| after(call, [News::Progressed { leg: other_leg(), progress: Progress::Ringing }]);
    assert!(matches!(by_other(placed(Some(other_leg()))).state, CallState::Ringing(_)));
    assert!(matches!(by_other(placed(None)).state, CallState::Initiated(_)));
}

/// By the carrier's word alone: it was seen ringing last, and is over.
#[test]
fn a_call_whose_answer_nobody_told_was_answered_its_length_before_its_end() {
    let ringing = after(outbound(true, None), [progressed(Progress::Ringing)]);
    let seconds = |n| BORN + Duration::from_secs(n);
    for (kind, ended, lasted, answered) in [
        (EndingKind::Completed, Some(90), Some(60), Some(30)),
        (EndingKind::Completed, None, Some(4), Some(6)),
        (EndingKind::Completed, Some(90), Some(0), None),
        (EndingKind::Completed, Some(90), None, None),
        (EndingKind::NoAnswer, Some(90), Some(60), None),
    ] {
        let (ended_at, duration) = (ended.map(seconds), lasted.map(Duration::from_secs));
        let word = CarrierEnding { ended_at, duration, ..ending(kind, "word") };
        let call = step(&ringing, &at(NOW, Source::Webhook, News::Over { leg: leg(), ending: word })).call;
        let CallState::Ended(over) = &call.state else { panic!("it is over") };
        assert_eq!((call.answered_at(), over.ended_at), (answered.map(seconds), ended_at.unwrap_or(NOW)));
    }
    // No call ends before it was answered, or made.
    let early = CarrierEnding { ended_at: Some(BORN - MINUTE), ..ending(EndingKind::Completed, "word") };
    for (call, ended_at) in [(talking(ringing.clone()), BORN), (ringing, BORN)] {
        let over = News::Over { leg: leg(), ending: early.clone() };
        let CallState::Ended(over) = after(call, [over]).state else { panic!("it is over") };
        assert_eq!(over.ended_at, ended_at);
    }
}

#[test]
fn a_call_that_is_seen_talking_was_answered_when_the_carrier_says() {
    let lasted = Some(Duration::from_secs(4));
    let seen = sighted(Sighting::Live { progress: Progress::InProgress, lasted });
    let call = step(&outbound(true, None), &at(NOW, Source::LookUp, seen)).call;
    assert_eq!(call.answered_at(), Some(NOW - Duration::from_secs(4)));
}

const MINUTE: Duration = Duration::from_secs(60);
