//! Commands and names: what is asked of a call, and what its leg is called.

use super::samples::*;
use crate::call::*;

fn talking() -> Call {
    after(asked(), [admitted(), placed(), progressed(Progress::InProgress)])
}

fn state_of(call: &Call, id: u32) -> CommandState {
    call.command(CommandId(id)).unwrap().state.clone()
}

#[test]
fn a_late_answer_is_that_of_its_own_question() {
    let call = after(talking(), [question(), question(), replied(taken(None))]);
    // Nobody waits for the first any more; the second is asked.
    let step = crate::call::step(&call, &at(LATE, Source::Gateway, News::CheckDue));
    assert!(matches!(state_of(&step.call, 1), CommandState::InDoubt { .. }));
    assert!(matches!(state_of(&step.call, 2), CommandState::Sent { .. }));
    assert!(step.effects.contains(&Effect::Perform(CommandId(2))));
    let late = after(step.call, [performed(1, Performed::Finished(answer("7")))]);
    assert_eq!(state_of(&late, 1), CommandState::Done(answer("7")));
    assert!(matches!(state_of(&late, 2), CommandState::Sent { .. } | CommandState::InDoubt { .. }));
}

#[test]
fn a_sentence_in_doubt_is_not_said_again() {
    let call = after(talking(), [question()]);
    let died = serde_json::to_string(&call).unwrap();
    let found: Call = serde_json::from_str(&died).unwrap();
    assert!(!resume(&found).iter().any(|effect| matches!(effect, Effect::Perform(_))));
    let step = crate::call::step(&found, &at(LATE, Source::Gateway, News::CheckDue));
    assert!(matches!(state_of(&step.call, 1), CommandState::InDoubt { .. }));
    assert!(!step.effects.iter().any(|effect| matches!(effect, Effect::Perform(_))));
}

#[test]
fn digits_are_kept_once_however_often_they_are_told() {
    let call = after(talking(), [digits("1", Some("a")), digits("1", Some("a")), digits("1", Some("b"))]);
    let keys: Vec<&str> = call.pressed.iter().map(|one| one.digits.as_str()).collect();
    assert_eq!(keys, ["1", "1"]);
}

#[test]
fn digits_after_the_end_are_kept_and_end_nothing() {
    let over = News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    let call = after(talking(), [question(), replied(taken(None)), over]);
    assert!(matches!(state_of(&call, 1), CommandState::InDoubt { .. }));
    let told = after(call.clone(), [performed(1, Performed::Finished(answer("4")))]);
    assert_eq!(state_of(&told, 1), CommandState::Done(answer("4")));
    assert_eq!(told.state, call.state);
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
fn a_line_that_is_told_by_commands_is_answered_greeted_and_closed() {
    let offered = offered_by_command();
    let answering = step(&offered, &at(BORN, Source::Gateway, News::AnswerRequested));
    assert_eq!(answering.effects, [Effect::Answer(leg())]);
    let answered = step(&answering.call, &at(BORN, Source::Webhook, progressed(Progress::InProgress)));
    assert_eq!(answered.effects, [Effect::Perform(GREETING)]);
    let said = after(answered.call, [News::CommandReplied { id: GREETING, reply: taken(None) }]);
    let said = step(&said, &at(NOW, Source::Webhook, performed(0, Performed::Finished(Outcome::default()))));
    assert_eq!(said.effects, [Effect::HangUp(leg())]);
}

#[test]
fn a_question_that_the_calls_end_cut_off_is_in_doubt_where_nobody_tells() {
    let lasts = Some(std::time::Duration::from_secs(20));
    let over = News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    let call = after(talking(), [question(), replied(taken(lasts)), over]);
    assert!(matches!(state_of(&call, 1), CommandState::InDoubt { .. }), "{:?}", call.commands);
}
