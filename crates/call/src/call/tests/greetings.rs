//! The greeting as a command of its own, and questions whose end the carrier must be told.

use super::samples::*;
use crate::Timestamp;
use crate::call::*;
use std::time::Duration;

/// A call that was just answered, and greets.
fn answered(by_command: bool, hold: bool) -> Step {
    let say = Some("Hello.".to_owned());
    let facts = Facts { by_command, hold, say, ..facts(Direction::Outbound) };
    let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
    let ringing = after(asked, [admitted(), placed()]);
    step(&ringing, &at(BORN, Source::Webhook, progressed(Progress::InProgress)))
}

fn greeted(call: &Call, now: Timestamp) -> Step {
    step(call, &at(now, Source::Webhook, performed(0, Performed::Finished(Outcome::default()))))
}

fn states(call: &Call) -> Vec<&'static str> {
    call.commands.iter().map(|command| command.state.word()).collect()
}

#[test]
fn a_line_is_greeted_by_a_command_or_by_the_document_that_it_began_with() {
    assert_eq!(states(&answered(false, false).call), [""; 0], "the document says it and hangs up");
    let held = answered(false, true);
    assert_eq!((states(&held.call), held.effects.len()), (vec!["taken"], 0));
    for hold in [true, false] {
        let by_command = answered(true, hold);
        assert_eq!(states(&by_command.call), ["sent"]);
        assert_eq!(by_command.effects, [Effect::Perform(GREETING)]);
        // Once, whatever is heard after.
        let again = after(by_command.call.clone(), [progressed(Progress::InProgress), News::CheckDue]);
        assert_eq!(again.commands.len(), 1);
    }
    let silent = after(asked(), [admitted(), placed(), progressed(Progress::InProgress)]);
    assert_eq!(states(&silent), [""; 0]);
}

#[test]
fn what_is_asked_waits_until_the_document_has_greeted() {
    let call = after(answered(false, true).call, [question()]);
    assert_eq!(states(&call), ["taken", "asked"]);
    let greeted_at = call.due_at().unwrap();
    assert!(greeted_at > BORN + Duration::from_secs(1) && greeted_at < BORN + Duration::from_secs(3));
    let check = |now| step(&call, &at(now, Source::Gateway, News::CheckDue));
    assert_eq!(states(&check(Timestamp(greeted_at.0 - 1)).call), ["taken", "asked"]);
    let next = check(greeted_at);
    assert_eq!(states(&next.call), ["done", "sent"]);
    assert!(next.effects.contains(&Effect::Perform(CommandId(1))));
}

#[test]
fn a_line_is_closed_when_its_greeting_is_over_and_not_when_anything_else_is() {
    let said = greeted(&answered(true, false).call, NOW);
    assert_eq!(said.effects, [Effect::HangUp(leg())]);
    let CallState::HangingUp(hanging) = &said.call.state else { panic!("it is closed") };
    assert_eq!((hanging.by, hanging.cause.as_str()), (EndedBy::Gateway, "said"));
    let held = greeted(&answered(true, true).call, NOW);
    assert_eq!((held.call.state.word(), held.effects.len()), ("in_progress", 0));
    // A question that was dropped while it waited is no greeting.
    let dropped = after(answered(true, false).call, [question(), News::StopAsked(CommandId(1))]);
    assert_eq!((dropped.state.word(), states(&dropped)), ("in_progress", vec!["sent", "failed"]));
    // Where the document greeted, the carrier closes the line itself, or holds it.
    let by_document =
        after(answered(false, true).call, [News::CommandReplied { id: GREETING, reply: refused() }]);
    assert_eq!(greeted(&by_document, NOW).call.state.word(), "in_progress");
}

#[test]
fn a_question_that_waits_when_the_greeting_closes_the_line_fails_with_it() {
    let waiting = after(answered(true, false).call, [question()]);
    assert_eq!(states(&greeted(&waiting, NOW).call), ["done", "failed"]);
}

/// A carrier that is told by commands listens for speech until it is told to stop.
#[test]
fn a_carrier_that_listens_is_told_when_nobody_waits_for_an_answer_any_more() {
    let ask = |input| {
        let (text, timeout) = ("Yes?".to_owned(), Duration::from_secs(5));
        News::CommandAsked(Verb::Ask { text, input, timeout })
    };
    let listening = |by_command, input| {
        let call = greeted(&answered(by_command, true).call, BORN).call;
        after(call, [ask(input), replied(taken(None))])
    };
    let heard = |call: &Call| {
        let outcome = Outcome { speech: Some("yes".to_owned()), ..Outcome::default() };
        step(call, &at(NOW, Source::Webhook, performed(1, Performed::Finished(outcome))))
    };
    let conclude = || vec![Effect::Conclude(CommandId(1))];
    let speech = listening(true, Input::Speech);
    assert_eq!(heard(&speech).effects, conclude());
    let late = step(&speech, &at(BORN + Duration::from_secs(100), Source::Gateway, News::CheckDue));
    assert!(late.effects.contains(&conclude()[0]), "nobody waits for it any more");
    assert_eq!(heard(&heard(&speech).call).effects, [], "once");
    assert_eq!(after_begun(&speech).effects, [], "it goes on");
    assert_eq!(heard(&listening(true, Input::Digits { n_max: None })).effects, [], "it stops by itself");
    assert_eq!(heard(&listening(false, Input::Speech)).effects, [], "its document ends");
    // The end of the line ends the listening.
    let over = News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    assert_eq!(step(&speech, &at(NOW, Source::Webhook, over)).effects, []);
    let stopping = step(&speech, &at(NOW, Source::Api, News::StopAsked(CommandId(1))));
    assert_eq!(stopping.effects, conclude());
    assert_eq!(heard(&stopping.call).effects, [], "it was told already");
}

fn after_begun(call: &Call) -> Step {
    step(call, &at(NOW, Source::Webhook, performed(1, Performed::Begun)))
}

/// Where the reply to a webhook can say something, it declines; told by commands, the line would have to
/// be answered first, and somebody would pay for it.
#[test]
fn a_caller_who_is_declined_by_command_is_rejected_or_left_to_ring() {
    let decline = |call: &Call, how| {
        let news = News::Declined { cause: "full".to_owned(), how };
        let step = step(call, &at(NOW, Source::Gateway, news));
        let CallState::HangingUp(hanging) = step.call.state else { panic!("it is declined") };
        (hanging.decline, step.effects)
    };
    let words = || Decline::Say("Call later.".to_owned());
    let by_command = offered_by_command();
    assert_eq!(decline(&by_command, Decline::Reject), (Decline::Reject, vec![Effect::HangUp(leg())]));
    assert_eq!(decline(&by_command, words()), (Decline::Reject, vec![Effect::HangUp(leg())]));
    assert_eq!(decline(&by_command, Decline::RingOut), (Decline::RingOut, vec![]));
    for how in [Decline::Reject, words(), Decline::RingOut] {
        assert_eq!(decline(&offered(), how.clone()), (how, vec![]), "the reply to the webhook says it");
    }
}
