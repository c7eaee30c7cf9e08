//! Hang-ups, of a call's own leg and of strays: told again until an end is verified, and a person told
//! where it never is.

use super::samples::*;
use crate::call::*;
use crate::{CarrierCallId, Timestamp};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Past the bound of a stray that was met at [`NOW`].
const STRAY_LATE: Timestamp = Timestamp(NOW.0 + 645_000);

fn talking() -> Call {
    after(asked(), [admitted(), placed(), progressed(Progress::InProgress)])
}

fn hanging_up() -> Call {
    after(talking(), [want_end()])
}

/// A call that talks, and a leg that rings because of it and isn't its own.
fn with_stray() -> Call {
    step(&talking(), &at(NOW, Source::Webhook, of_stray(Progress::Ringing))).call
}

fn of_stray(progress: Progress) -> News {
    News::Progressed { leg: other_leg(), progress }
}

fn seen(leg: CarrierCallId, sighting: Sighting) -> News {
    News::Sighted { leg, sighting }
}

fn missing() -> Sighting {
    Sighting::Unknown(unknown(UnknownWhy::NotFound))
}

fn silent() -> Sighting {
    Sighting::Unknown(unknown(UnknownWhy::TimedOut))
}

fn is_over(call: &Call, leg: &CarrierCallId) -> bool {
    call.state.is_ended() || call.leg() != Some(leg) && call.strays.is_empty()
}

/// When the leg is looked at again, in milliseconds from `now`, and whether it is hung up anew.
fn after_hearing(call: &Call, now: Timestamp, leg: &CarrierCallId, news: News) -> (Call, u128, bool) {
    let step = step(call, &at(now, Source::LookUp, news));
    let stray = step.call.strays.iter().find(|stray| stray.leg == *leg).map(|stray| stray.watch.due_at);
    let due_at = stray.or(step.call.state.due_at()).unwrap();
    let hung_up = step.effects == [Effect::HangUp(leg.clone())];
    assert!(hung_up || step.effects.is_empty(), "{:?}", step.effects);
    (step.call, due_at.since(now).as_millis(), hung_up)
}

#[test]
fn a_leg_that_lives_on_is_hung_up_at_each_look_and_a_person_is_told() {
    for (mut call, leg) in [(hanging_up(), leg()), (with_stray(), other_leg())] {
        let (mut pauses, mut alarms) = (Vec::new(), Vec::new());
        for n in 0..6 {
            // Whether it was seen or nobody could say: it may cost money.
            let sighting = if n % 2 == 0 { live(Progress::InProgress) } else { silent() };
            let heard = after_hearing(&call, NOW, &leg, seen(leg.clone(), sighting));
            assert!(heard.2, "{leg:?}");
            (pauses, alarms) = ([pauses, vec![heard.1]].concat(), [alarms, vec![heard.0.alarm()]].concat());
            call = heard.0;
        }
        // One that tells nothing is asked again at once: a look that told nothing is no answer.
        assert_eq!(pauses, [15_000, 750, 15_000, 750, 22_500, 750], "{leg:?}");
        assert_eq!(alarms[..4], [const { None }; 4], "{leg:?}");
        assert!(alarms[4..].iter().flatten().any(|alarm| alarm.contains("hung up 6 times")), "{alarms:?}");
        assert_eq!(alarms[4..].iter().flatten().count(), 2);
    }
}

#[test]
fn a_stray_is_hung_up_and_verified_as_the_calls_own_leg_is() {
    let own = step(&talking(), &at(NOW, Source::Api, want_end())).call;
    for (call, leg) in [(own, leg()), (with_stray(), other_leg())] {
        assert_eq!(call.due_at(), Some(NOW + SECOND * 15), "should nobody answer");
        let reply = |reply| News::HangUpReplied { leg: leg.clone(), reply };
        let nothing = || HangUpReply::NothingToEnd { code: "21220".to_owned() };
        let failed = || HangUpReply::Failed(unknown(UnknownWhy::CarrierError));
        let (_, pause, again) = after_hearing(&call, NOW, &leg, reply(HangUpReply::Accepted));
        assert_eq!((pause, again), (1_000, false));
        let (_, pause, again) = after_hearing(&call, NOW, &leg, reply(nothing()));
        assert_eq!((pause, again), (1_000, false), "it proves no end");
        let (_, pause, again) = after_hearing(&call, NOW, &leg, reply(failed()));
        assert_eq!((pause, again), (750, false));
        // The more often it was told in vain, the later.
        let mut call = call;
        for _ in 0..4 {
            call = after_hearing(&call, NOW, &leg, seen(leg.clone(), live(Progress::Ringing))).0;
        }
        assert_eq!(after_hearing(&call, NOW, &leg, reply(HangUpReply::Accepted)).1, 4_000);
        assert_eq!(after_hearing(&call, NOW, &leg, reply(failed())).1, 12_000);
        assert_eq!(after_hearing(&call, NOW, &leg, reply(nothing())).1, 4_000);
    }
}

/// Five looks, one after the other, must say so, the last of them past the time that it could last at
/// most. What is seen in between was there.
#[test]
fn a_leg_is_given_up_when_nobody_knows_it_past_its_bound_and_never_for_silence() {
    for (call, leg, late) in [(hanging_up(), leg(), LATE), (with_stray(), other_leg(), STRAY_LATE)] {
        let walk = |looks: &[(Timestamp, Sighting)]| {
            looks.iter().fold(call.clone(), |call, (now, sighting)| {
                step(&call, &at(*now, Source::LookUp, seen(leg.clone(), sighting.clone()))).call
            })
        };
        let early = Timestamp(late.0 - 1);
        let four = vec![(early, missing()); 4];
        let then = |looks: &[(Timestamp, Sighting)]| is_over(&walk(&[four.as_slice(), looks].concat()), &leg);
        assert!(then(&[(late, missing())]), "{leg:?}");
        assert!(then(&[(late, silent()), (late, missing())]));
        assert!(!then(&[(late, silent()), (late, silent())]));
        assert!(!then(&[(late, live(Progress::Ringing)), (late, missing())]), "it was there");
        assert!(!is_over(&walk(&[(late, missing()), (late, missing())]), &leg), "it may turn up");
    }
    // The bounds: a call's was set by its answer, a stray's by its first ring.
    let ten = |call: &Call, leg: CarrierCallId, now| {
        (0..10).fold(call.clone(), |call, _| {
            step(&call, &at(now, Source::LookUp, seen(leg.clone(), missing()))).call
        })
    };
    assert!(!ten(&with_stray(), other_leg(), Timestamp(STRAY_LATE.0 - 1)).strays.is_empty());
    assert!(!ten(&hanging_up(), leg(), BORN + SECOND * 649).state.is_ended());
    assert!(ten(&hanging_up(), leg(), BORN + SECOND * 650).state.is_ended());
}

#[test]
fn a_stray_is_met_by_whatever_shows_that_it_lives_and_by_nothing_else() {
    let (leg, answered) = (other_leg, Performed::Begun);
    let unread = News::Unread { leg: leg(), what: "teleported".to_owned() };
    let keys = News::DigitsHeard { leg: leg(), digits: "1".to_owned(), event_id: None };
    let heard = News::CommandHeard { leg: leg(), id: CommandId(1), performed: answered };
    let over = || ending(EndingKind::Completed, "completed");
    let failed = HangUpReply::Failed(unknown(UnknownWhy::NotFound));
    for (news, lives) in [
        (News::Placed { leg: leg(), also: None }, true),
        (of_stray(Progress::Initiated), true),
        (unread, true),
        (keys, true),
        (heard, true),
        (seen(leg(), live(Progress::Ringing)), true),
        (seen(leg(), Sighting::Over(over())), false),
        (seen(leg(), missing()), false),
        (News::Over { leg: leg(), ending: over() }, false),
        (News::HangUpReplied { leg: leg(), reply: failed }, false),
    ] {
        let step = step(&talking(), &at(NOW, Source::Webhook, news.clone()));
        let expected = if lives { vec![Effect::HangUp(leg())] } else { Vec::new() };
        assert_eq!((step.effects, step.call.strays.len()), (expected, usize::from(lives)), "{news:?}");
        assert_eq!(step.call.state, talking().state, "the call goes on");
    }
}

#[test]
fn a_stray_whose_end_is_told_is_gone_and_the_others_stay() {
    let third = || CarrierCallId::new("CA3").unwrap();
    let ringing = News::Progressed { leg: third(), progress: Progress::Ringing };
    let two = step(&with_stray(), &at(NOW, Source::Webhook, ringing)).call;
    let over = || ending(EndingKind::NoAnswer, "no-answer");
    for (gone, kept) in [(other_leg(), third()), (third(), other_leg())] {
        let told = News::Over { leg: gone.clone(), ending: over() };
        for news in [told, seen(gone.clone(), Sighting::Over(over()))] {
            let one = step(&two, &at(NOW, Source::Webhook, news)).call;
            let legs: Vec<_> = one.strays.iter().map(|stray| stray.leg.clone()).collect();
            assert_eq!(legs, std::slice::from_ref(&kept));
        }
    }
}

#[test]
fn a_second_leg_of_a_placement_is_a_stray_from_then_on() {
    // A deferred placement that rang all the same was hung up as a stray, and the call placed anew.
    let stray = with_stray().strays;
    let placing = Call { strays: stray, ..after(asked(), [admitted()]) };
    let rings = step(&placing, &at(NOW, Source::Webhook, of_stray(Progress::Ringing)));
    assert!(matches!(rings.call.state, CallState::Placing(_)), "{:?}", rings.call.state);
    let own = step(&placing, &at(NOW, Source::Webhook, progressed(Progress::Ringing)));
    assert!(matches!(own.call.state, CallState::Ringing(_)), "{:?}", own.call.state);
}

/// It was answered in the moment in which it was hung up: that it was is kept, with its first time.
#[test]
fn an_answer_that_crosses_a_hang_up_is_remembered() {
    let unanswered = after(asked(), [admitted(), placed(), want_end()]);
    let hear = |call: &Call, now, sighting| step(call, &at(now, Source::LookUp, sighted(sighting))).call;
    assert_eq!(hear(&unanswered, NOW, live(Progress::Ringing)).answered_at(), None);
    let lasted = Some(SECOND * 4);
    let answered = hear(&unanswered, NOW, Sighting::Live { progress: Progress::InProgress, lasted });
    assert_eq!(answered.answered_at(), Some(Timestamp(NOW.0 - 4_000)));
    let later = hear(&answered, LATE, live(Progress::InProgress));
    assert_eq!(later.answered_at(), Some(Timestamp(NOW.0 - 4_000)));
    assert!(matches!(later.state, CallState::HangingUp(_)));
}

#[test]
fn a_restart_looks_first_and_hangs_up_what_was_to_end() {
    let placing = after(asked(), [admitted()]);
    for (call, owed) in [
        (asked(), vec![]),
        (placing, vec![Effect::Find]),
        (offered(), vec![Effect::LookUp(leg())]),
        // It was answered in the reply to a webhook: there is no command to repeat.
        (after(offered(), [News::AnswerRequested]), vec![Effect::LookUp(leg())]),
        (after(offered_by_command(), [News::AnswerRequested]), vec![Effect::Answer(leg())]),
        (with_stray(), vec![Effect::LookUp(leg()), Effect::HangUp(other_leg())]),
        (hanging_up(), vec![Effect::HangUp(leg())]),
    ] {
        assert_eq!(resume(&call), owed, "{call:?}");
    }
}

#[test]
fn a_call_takes_up_a_place_from_its_placement_to_its_proven_end() {
    for (name, call) in calls() {
        let outside = name == "Queued" || name.starts_with("Ended");
        assert_eq!(call.state.is_live(), !outside, "{name}");
    }
}
