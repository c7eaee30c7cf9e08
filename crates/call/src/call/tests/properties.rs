//! What holds for every call that can come about, whatever is heard in whatever order.

use super::samples::{BORN, asked, at, news, offered, offered_by_command};
use crate::call::at_carrier::Stage;
use crate::call::*;
use crate::{CarrierCallId, Timestamp};
use proptest::prelude::*;
use std::time::Duration;

/// Draws a life: news from the sample list, in any order, with jumps of time in both directions.
fn life() -> impl Strategy<Value = (Call, Vec<Event>)> {
    let happening = (
        0..news().len(),
        prop_oneof![Just(0i64), 0i64..5_000, 0i64..900_000, -3_600_000i64..0],
        0u16..1000,
        0usize..7,
    );
    let kind = (any::<bool>(), any::<bool>(), any::<bool>());
    (kind, prop::collection::vec(happening, 0..40)).prop_map(|((inbound, by_command, record), happenings)| {
        let list = news();
        let mut now = BORN;
        let events = happenings.into_iter().map(|(index, pause, roll, source)| {
            now = Timestamp(now.0 + pause);
            Event { roll: Roll(roll), ..at(now, SOURCES[source], list[index].1.clone()) }
        });
        let mut first = match (inbound, by_command) {
            (true, true) => offered_by_command(),
            (true, false) => offered(),
            (false, _) => asked(),
        };
        first.facts.record = record;
        (first, events.collect())
    })
}

const SOURCES: [Source; 7] = [
    Source::Api,
    Source::Webhook,
    Source::LookUp,
    Source::Listing,
    Source::Reply,
    Source::Gateway,
    Source::Import,
];

fn rank(state: &CallState) -> u8 {
    match state {
        CallState::Queued(_) => 0,
        CallState::Placing(_) => 1,
        CallState::Initiated(_) => 2,
        CallState::Ringing(_) | CallState::Offered(_) => 3,
        CallState::Answering(_) => 4,
        CallState::InProgress(_) => 5,
        CallState::HangingUp(_) => 6,
        CallState::Ended(_) => 7,
    }
}

/// Walks a life and checks each step of it.
fn walk(
    life: &(Call, Vec<Event>),
    check: impl Fn(&Call, &Event, &Step) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut call = life.0.clone();
    for event in &life.1 {
        let step = step(&call, event);
        check(&call, event, &step)?;
        call = step.call;
    }
    Ok(())
}

/// Whether this is a carrier's word that this very leg is over.
fn proves_an_end(news: &News, own: &Call) -> bool {
    match news {
        News::Over { leg, .. }
        | News::Sighted { leg, sighting: Sighting::Over(_) }
        | News::Found(Found::Leg { leg, sighting: Sighting::Over(_) }) => own.is_named(leg),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_ended_call_keeps_its_ending(life in life()) {
        walk(&life, |before, _, step| {
            if before.state.is_ended() {
                prop_assert_eq!(&before.state, &step.call.state);
            }
            Ok(())
        })?;
    }

    #[test]
    fn everything_unfinished_has_a_deadline_and_is_due(life in life()) {
        walk(&life, |_, _, step| {
            prop_assert_eq!(step.call.state.is_ended(), step.call.state.deadline().is_none());
            prop_assert_eq!(step.call.state.is_ended(), step.call.state.due_at().is_none());
            prop_assert!(step.call.strays.is_empty() || step.call.due_at().is_some());
            Ok(())
        })?;
    }

    #[test]
    fn a_call_never_moves_back_save_a_placement_that_reached_nobody(life in life()) {
        walk(&life, |before, event, step| {
            let deferred = matches!((&before.state, &event.news), (CallState::Placing(_), News::PlaceDeferred { .. }));
            prop_assert!(deferred || rank(&step.call.state) >= rank(&before.state), "{:?}", event);
            Ok(())
        })?;
    }

    /// Were the process to die between the commit and the effect, [`resume`] would still owe it. A
    /// look is owed to nobody: the next one is always due. A placement is owed as a search.
    #[test]
    fn what_a_step_owes_its_state_owes(life in life()) {
        walk(&life, |_, event, step| {
            let owed = resume(&step.call);
            for effect in &step.effects {
                let kept = match effect {
                    Effect::LookUp(_) => true,
                    Effect::Place => owed.contains(&Effect::Find),
                    Effect::Find | Effect::HangUp(_) | Effect::Answer(_) => owed.contains(effect),
                    Effect::StopRecording | Effect::FetchRecording | Effect::DropRecording => owed.contains(effect),
                    // Sent once, too: what came of it is looked for when the call is over.
                    Effect::Record => step.call.awaits_recording() && step.call.recording_due_at().is_some(),
                    // Whoever listens on is told so again by the next question, or by the end.
                    Effect::Conclude(_) => true,
                    // Sent is sent, once: its state says so, and nobody sends it again.
                    Effect::Perform(id) => step.call.command(*id).is_some_and(|command| {
                        matches!(command.state, CommandState::Sent { .. })
                    }),
                };
                prop_assert!(kept, "{:?} owes {:?}, its state {:?}", event, effect, owed);
            }
            Ok(())
        })?;
    }

    #[test]
    fn only_a_queued_call_is_placed_and_only_when_admitted(life in life()) {
        walk(&life, |before, event, step| {
            let places = step.effects.iter().filter(|effect| **effect == Effect::Place).count();
            let admitted = matches!((&before.state, &event.news), (CallState::Queued(_), News::Admitted { .. }));
            prop_assert_eq!(places, usize::from(admitted));
            Ok(())
        })?;
    }

    #[test]
    fn between_two_placements_the_carrier_said_that_it_did_nothing(life in life()) {
        let placed = std::cell::Cell::new(false);
        walk(&life, |_, event, step| {
            if matches!(event.news, News::PlaceDeferred { .. }) && matches!(step.call.state, CallState::Queued(_)) {
                placed.set(false);
            }
            if step.effects.contains(&Effect::Place) {
                prop_assert!(!placed.get(), "a second ring");
                placed.set(true);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_command_is_performed_once_and_only_on_a_line_that_is_open(life in life()) {
        let performed = std::cell::RefCell::new(std::collections::BTreeSet::new());
        walk(&life, |_, event, step| {
            for effect in &step.effects {
                if let Effect::Perform(id) = effect {
                    prop_assert!(matches!(step.call.state, CallState::InProgress(_)), "{:?}", event);
                    prop_assert!(performed.borrow_mut().insert(*id), "{:?} was performed twice", id);
                }
            }
            let busy = step.call.commands.iter().filter(|command| {
                matches!(command.state, CommandState::Sent { .. } | CommandState::Taken { .. })
            });
            prop_assert!(busy.count() <= 1, "one at a time");
            Ok(())
        })?;
    }

    #[test]
    fn a_carrier_is_asked_once_to_record_and_only_on_a_line_that_is_open(life in life()) {
        let asked = std::cell::Cell::new(false);
        walk(&life, |before, event, step| {
            if step.effects.contains(&Effect::Record) {
                prop_assert!(matches!(step.call.state, CallState::InProgress(_)), "{:?}", event);
                prop_assert!(!asked.replace(true) && before.at_carrier.is_none(), "{:?}", event);
            }
            let is_settled = |call: &Call| call.at_carrier.as_ref().is_none_or(|kept| kept.stage == Stage::Settled);
            let is_over = step.call.state.is_ended() && !is_settled(&step.call);
            prop_assert!(!is_over || step.call.due_at().is_some(), "{:?} is forgotten", step.call.at_carrier);
            Ok(())
        })?;
    }

    #[test]
    fn the_commands_of_an_ended_call_are_settled_and_those_of_any_are_bounded(life in life()) {
        walk(&life, |_, event, step| {
            if step.call.state.is_ended() {
                prop_assert_eq!(step.call.commands_open(), 0, "{:?}", event);
                prop_assert!(step.call.commands.is_empty() || step.call.state.due_at().is_none());
            }
            prop_assert!(step.call.commands_open() <= command::COMMANDS_OPEN_MAX + 1);
            prop_assert!(step.call.commands.len() <= command::COMMANDS_KEPT_MAX + 1);
            Ok(())
        })?;
    }

    #[test]
    fn what_is_heard_of_one_command_changes_no_other(life in life()) {
        walk(&life, |before, event, step| {
            let News::CommandHeard { id, .. } = &event.news else { return Ok(()) };
            for command in before.commands.iter().filter(|command| command.id != *id) {
                let Some(after) = step.call.command(command.id) else { continue };
                let answered = |state: &CommandState| match state {
                    CommandState::Done(outcome) => Some(outcome.clone()),
                    _ => None,
                };
                let mine = answered(&after.state).is_none_or(|outcome| {
                    outcome == Outcome::default() || answered(&command.state) == Some(outcome)
                });
                prop_assert!(mine, "{:?} answered {:?}", event, after);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_hang_up_is_never_forgotten(life in life()) {
        walk(&life, |before, event, step| {
            if let CallState::HangingUp(_) = &before.state {
                let proved = proves_an_end(&event.news, before);
                let given_up = matches!(&step.call.state, CallState::Ended(over) if over.ending.confirmed_by == ConfirmedBy::Nobody);
                prop_assert!(proved || given_up || matches!(step.call.state, CallState::HangingUp(_)), "{:?}", event);
            }
            Ok(())
        })?;
    }

    #[test]
    fn only_proof_ends_a_call_that_a_carrier_has(life in life()) {
        walk(&life, |before, event, step| {
            if before.leg().is_none() || before.state.is_ended() || !step.call.state.is_ended() {
                return Ok(());
            }
            let CallState::Ended(over) = &step.call.state else { unreachable!() };
            let proof = proves_an_end(&event.news, before);
            let indeterminate = over.ending.kind == EndingKind::Indeterminate && over.ending.confirmed_by == ConfirmedBy::Nobody;
            prop_assert!(proof || indeterminate, "{:?}", event);
            Ok(())
        })?;
    }

    #[test]
    fn hearing_the_same_again_moves_nothing(life in life()) {
        walk(&life, |_, event, first| {
            // A failed or fruitless look counts; word of the carrier and of users does not.
            if matches!(event.news, News::Progressed { .. } | News::Over { .. } | News::Placed { .. } | News::HangUpRequested { .. } | News::AnswerRequested | News::Declined { .. }) {
                let again = step(&first.call, event);
                prop_assert_eq!(&again.call, &first.call, "{:?}", event);
                prop_assert!(again.effects.is_empty(), "{:?} {:?}", event, again.effects);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_call_reads_back_from_disk_as_itself(life in life()) {
        walk(&life, |_, event, step| {
            let call: Call = serde_json::from_str(&serde_json::to_string(&step.call).unwrap()).unwrap();
            prop_assert_eq!(&call, &step.call);
            let read: Event = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
            prop_assert_eq!(&read, event);
            Ok(())
        })?;
    }

    #[test]
    fn strays_are_bounded(legs in prop::collection::vec("[A-Z]{1,3}", 0..40)) {
        let mut call = asked();
        for leg in legs {
            let leg = CarrierCallId::new(leg).unwrap();
            call = step(&call, &at(BORN + Duration::from_secs(1), Source::Webhook, News::Progressed { leg, progress: Progress::Ringing })).call;
        }
        prop_assert!(call.strays.len() <= state::STRAYS_MAX);
    }

    /// A clock that was ahead and is set back leaves no call to wait for hours.
    #[test]
    fn nobody_waits_longer_for_a_look_than_any_pause_lasts(life in life()) {
        walk(&life, |_, event, step| {
            let watched = !matches!(step.call.state, CallState::Queued(_));
            let own = step.call.state.due_at().filter(|_| watched);
            for due_at in own.into_iter().chain(step.call.strays.iter().map(|stray| stray.watch.due_at)) {
                prop_assert!(due_at <= event.at + Duration::from_secs(300), "{:?}", step.call.state);
            }
            Ok(())
        })?;
    }
}
