//! What a call's leg is called: a carrier may name the request first, and the call when it is made.

use super::samples::*;
use crate::CarrierCallId;
use crate::call::*;

fn name(name: &str) -> CarrierCallId {
    CarrierCallId::new(name).unwrap()
}

fn named(leg: CarrierCallId, was: CarrierCallId) -> News {
    News::Named { leg, was }
}

#[test]
fn a_leg_is_called_otherwise_in_whatever_state_it_is_and_is_known_by_both_names() {
    let new = || name("new");
    for (state, call) in calls() {
        let renamed = after(call.clone(), [named(new(), leg())]);
        if call.state.is_ended() {
            assert_eq!(renamed, call, "{state}");
            continue;
        }
        assert!(renamed.is_named(&leg()), "{state}");
        assert_eq!((renamed.state.word(), renamed.due_at()), (call.state.word(), call.due_at()), "{state}");
        assert_eq!(renamed.leg().is_some(), call.leg().is_some(), "{state}");
        assert!(renamed.leg().is_none_or(|leg| *leg == new()), "{state}");
        // It is as if it had been called so at once.
        assert_eq!(after(renamed.clone(), [named(new(), leg())]), renamed, "{state}");
        let back = after(renamed.clone(), [named(leg(), new())]);
        assert!(back.is_named(&leg()) && back.also.iter().filter(|also| **also == leg()).count() <= 1);
    }
}

#[test]
fn a_leg_has_both_names_whichever_was_heard_first() {
    let call_uuid = other_leg();
    let named = News::Named { leg: call_uuid.clone(), was: leg() };
    // The webhook first, the answer to the request after it.
    let early = News::Progressed { leg: call_uuid.clone(), progress: Progress::Ringing };
    let call = after(asked(), [admitted(), named.clone(), early, placed()]);
    assert_eq!((call.leg(), call.strays.len()), (Some(&call_uuid), 0));
    assert!(call.is_named(&leg()));
    // And the other way round.
    let call = after(asked(), [admitted(), placed(), named]);
    assert_eq!((call.leg(), call.is_named(&leg())), (Some(&call_uuid), true));
    let over = News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    assert!(after(call, [over]).state.is_ended());
}

#[test]
fn a_leg_that_gets_its_first_name_back_has_each_name_once() {
    let call = after(asked(), [admitted(), placed(), named(name("new"), leg()), named(leg(), name("new"))]);
    assert_eq!((call.leg(), call.also.as_slice()), (Some(&leg()), [name("new")].as_slice()));
}

#[test]
fn an_older_name_may_be_told_after_the_newer_one() {
    let call = after(asked(), [admitted(), placed(), named(leg(), name("request"))]);
    assert_eq!((call.leg(), call.also.as_slice()), (Some(&leg()), [name("request")].as_slice()));
}

#[test]
fn what_another_leg_is_called_is_none_of_its_names() {
    let call = after(asked(), [admitted(), placed()]);
    assert_eq!(after(call.clone(), [named(name("theirs"), name("other"))]), call);
    assert_eq!(after(call.clone(), [named(leg(), leg())]), call);
    let placing = after(asked(), [admitted()]);
    assert_eq!(after(placing.clone(), [named(leg(), leg())]), placing);
}

/// A carrier that never ends to find new names fills no disk; the newest is the one that counts.
#[test]
fn so_many_names_are_remembered_and_no_more() {
    let names: Vec<_> = (0..10).map(|n| name(&format!("n{n}"))).collect();
    let mut call = after(asked(), [admitted(), placed()]);
    for pair in names.windows(2) {
        let was = call.leg().unwrap().clone();
        call = after(call, [named(pair[1].clone(), was)]);
    }
    assert_eq!((call.leg(), call.also.len()), (names.last(), state::NAMES_MAX));
    assert!(call.is_named(&leg()), "the oldest, by which its request was answered");
}
