//! Commands: what is asked of a call, and what comes of it.

use super::samples::*;
use crate::Timestamp;
use crate::call::*;
use std::time::Duration;

pub(crate) fn talking() -> Call {
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

fn streamed_through() -> News {
    let url = "wss://example.com/sound".to_owned();
    News::CommandAsked(Verb::Stream { url, speaks: Speaks::Twilio })
}

#[test]
fn a_stream_through_the_gateway_comes_once_by_each_address() {
    let comes = |number| News::StreamAttached { id: CommandId(1), number, run: 5 };
    let attached = |news: Vec<News>| {
        let call = after(talking(), news);
        let performance = call.performance(CommandId(1)).unwrap();
        assert_eq!(performance.attached, call.command(CommandId(1)).unwrap().attached);
        (performance.attached, call.command(CommandId(1)).unwrap().state.word())
    };
    assert_eq!(attached(vec![streamed_through()]), (0, "sent"));
    assert_eq!(attached(vec![streamed_through(), comes(0)]), (1, "taken"));
    assert_eq!(attached(vec![streamed_through(), replied(taken(None)), comes(0)]), (1, "taken"));
    assert_eq!(attached(vec![streamed_through(), comes(0), comes(0)]), (1, "taken"), "twice");
    assert_eq!(attached(vec![streamed_through(), comes(1)]), (0, "sent"), "of another address");
    let over = || performed(1, Performed::Finished(Outcome::default()));
    assert_eq!(attached(vec![streamed_through(), over(), comes(0)]), (0, "done"), "too late");
    let others =
        News::CommandAsked(Verb::Stream { url: "wss://example.com".to_owned(), speaks: Speaks::Carrier });
    assert_eq!(attached(vec![others, comes(0)]), (0, "sent"), "it goes to somebody else");
    assert_eq!(attached(vec![question(), comes(0)]), (0, "sent"), "it is no stream");
    let call = after(talking(), [streamed_through(), comes(0)]);
    assert!(!call.command(CommandId(1)).unwrap().awaits_stream(0));
    assert!(!call.command(CommandId(1)).unwrap().awaits_stream(1), "it is here");
}

/// Whoever is on the line notices that the sound was gone, and that it is there again.
#[test]
fn a_stream_that_broke_is_asked_for_again_and_no_other() {
    let id = CommandId(1);
    let comes = |number, run| News::StreamAttached { id, number, run };
    let over = |number, end| News::StreamOver { id, number, end };
    let here = || after(talking(), [streamed_through(), replied(taken(None)), comes(0, 5)]);
    let hear = |call: &Call, news: News| {
        let step = crate::call::step(call, &at(NOW, Source::Gateway, news));
        (step.call.command(id).unwrap().clone(), step.effects.contains(&Effect::Perform(id)), step.call)
    };
    let (lost, again, call) = hear(&here(), over(0, StreamEnd::Lost));
    assert_eq!((lost.state.word(), lost.attached, lost.attached_to, again), ("sent", 1, None, true));
    let (back, again, call) = hear(&call, comes(1, 6));
    assert_eq!((back.state.word(), back.attached, back.attached_to, again), ("taken", 2, Some(6), false));
    // What is told of the one before says nothing of this one.
    let (still, again, _) = hear(&call, over(0, StreamEnd::Lost));
    assert_eq!((still, again), (back.clone(), false));
    for told in [Performed::Finished(Outcome::default()), Performed::Failed { code: "x".to_owned() }] {
        assert_eq!(hear(&call, performed(1, told)).0, back, "the carrier doesn't say of which");
    }
    let failed = StreamEnd::Failed { code: "program_slow".to_owned() };
    for (end, word) in [(StreamEnd::Ended, "done"), (failed, "failed")] {
        let (over, again, _) = hear(&call, over(1, end));
        assert_eq!((over.state.word(), over.attached_to, again), (word, None, false));
    }
    // Not for ever.
    let mut call = here();
    for number in 1..command::STREAMS_MAX {
        call = after(call, [over(number - 1, StreamEnd::Lost), comes(number, 5)]);
    }
    let (last, again, _) = hear(&call, over(command::STREAMS_MAX - 1, StreamEnd::Lost));
    assert_eq!((last.state.word(), again), ("failed", false));
    // Somebody wants it to end.
    let stopping = after(here(), [News::StopAsked(id)]);
    let (stopped, again, _) = hear(&stopping, over(0, StreamEnd::Lost));
    assert_eq!((stopped.state.word(), again), ("done", false));
    // Nobody has anything to ask for where the call is to end.
    let ending = after(here(), [News::HangUpRequested { by: EndedBy::Agent, cause: "x".to_owned() }]);
    assert!(!hear(&ending, over(0, StreamEnd::Lost)).1);
    // Which run of a gateway left it.
    let command = here().command(id).unwrap().clone();
    assert_eq!((command.left_by(5), command.left_by(6)), (None, Some(0)));
}

#[test]
fn a_stream_that_does_not_come_is_not_waited_for_for_ever() {
    let asked = after(talking(), [streamed_through(), replied(taken(None))]);
    let due = asked.command(CommandId(1)).unwrap().state.due_at().unwrap();
    let waited = due.since(BORN);
    let here = after(asked, [News::StreamAttached { id: CommandId(1), number: 0, run: 5 }]);
    let talked = here.command(CommandId(1)).unwrap().state.due_at().unwrap().since(BORN);
    assert!(
        waited <= Duration::from_secs(120) && talked > Duration::from_secs(3_600),
        "{waited:?} {talked:?}"
    );
}

fn spoken_question() -> News {
    let text = "Who is there?".to_owned();
    let verb = Verb::Ask { text, input: Input::Speech, timeout: Duration::from_secs(5) };
    News::CommandAsked(verb)
}

/// The carrier is made to listen before it is made to ask.
#[test]
fn words_answer_no_question_that_may_not_have_been_put() {
    let talking = |by_command| {
        let facts = Facts { by_command, ..facts(Direction::Outbound) };
        let born = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
        after(born, [admitted(), placed(), progressed(Progress::InProgress), spoken_question()])
    };
    let said = Outcome { speech: Some("Me.".to_owned()), ..Outcome::default() };
    let words = || performed(1, Performed::Finished(said.clone()));
    let begun = || performed(1, Performed::Begun);
    let doubt = || replied(CommandReply::InDoubt { why: "cut".to_owned() });
    let check = |call: Call, news: Vec<News>, expected: CommandState| {
        assert_eq!(state_of(&after(call, news.clone()), 1), expected, "{news:?}");
    };
    let done = || CommandState::Done(said.clone());
    let in_doubt = CommandState::InDoubt { why: "cut".to_owned(), taken: false };
    check(talking(true), vec![words()], done());
    check(talking(true), vec![replied(taken(None)), words()], done());
    check(talking(true), vec![doubt(), words()], in_doubt.clone());
    check(talking(true), vec![doubt(), begun(), words()], done());
    check(talking(true), vec![begun(), doubt(), words()], done());
    // What displaced it is asked now.
    check(talking(true), vec![doubt(), question(), begun(), words()], in_doubt);
    // Who is asked by a document hears the question before the carrier listens.
    check(talking(false), vec![doubt(), words()], done());
    // That nobody answers is told by time alone.
    let lasts = Duration::from_millis(1_000 + 13 * 85) + Duration::from_secs(5 + 10);
    let asking = CommandState::Taken { until: BORN + lasts, told: false, begun: true };
    check(talking(true), vec![begun()], asking.clone());
    check(talking(true), vec![begun(), replied(taken(None))], asking);
    // It was put, and the call ended before it was answered.
    let over = || News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
    check(talking(true), vec![begun(), over(), words()], done());
    let why = "the call ended meanwhile".to_owned();
    check(talking(true), vec![over(), words()], CommandState::InDoubt { why, taken: false });
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

fn say(letters: usize) -> News {
    News::CommandAsked(Verb::Say { text: "a".repeat(letters) })
}

fn press(keys: usize) -> News {
    News::CommandAsked(Verb::SendDigits { digits: "1".repeat(keys) })
}

fn transfer() -> News {
    News::CommandAsked(Verb::Transfer { to: "+12025550144".parse().unwrap() })
}

fn stream() -> News {
    News::CommandAsked(Verb::Stream { url: "wss://example.com/sound".to_owned(), speaks: Speaks::Carrier })
}

fn play() -> News {
    News::CommandAsked(Verb::Play { url: "https://example.com/hi.wav".to_owned(), lasts: MINUTE })
}

const MINUTE: Duration = Duration::from_secs(60);

/// An unhurried voice says some twelve letters a second, and two keys are pressed in one.
#[test]
fn a_command_is_given_the_time_that_it_takes_and_a_minute_more() {
    let taken_within = |asked: News, seconds: std::ops::Range<u32>| {
        let call = after(talking(), [asked.clone(), replied(taken(None))]);
        let CommandState::Taken { until, told: true, .. } = state_of(&call, 1) else { panic!("{call:?}") };
        let spare = until.since(BORN + MINUTE);
        let (least, most) = (Duration::from_secs(1) * seconds.start, Duration::from_secs(1) * seconds.end);
        assert!(spare >= least && spare < most, "{asked:?}: {spare:?}");
    };
    taken_within(say(0), 1..2);
    taken_within(say(120), 10..13);
    taken_within(press(1), 1..2);
    taken_within(press(20), 10..12);
    taken_within(question(), 6..8);
    taken_within(play(), 60..61);
    // Those who talk to each other may go on for as long as a carrier lets them.
    taken_within(transfer(), 86_400..86_500);
    taken_within(stream(), 86_400..86_500);
}

#[test]
fn a_command_is_decided_when_its_time_is_over_and_not_before() {
    let seconds = |n| BORN + Duration::from_secs(n);
    let sent = after(talking(), [question()]);
    let told = after(sent.clone(), [replied(taken(None))]);
    let untold = after(sent.clone(), [replied(taken(Some(Duration::from_secs(7))))]);
    for (call, ends) in [(sent, "in_doubt"), (told, "in_doubt"), (untold, "done")] {
        let until = state_of(&call, 1).due_at().unwrap();
        assert_eq!(call.due_at(), Some(until.min(seconds(30))), "somebody looks then");
        let check = |at_: Timestamp| step(&call, &at(at_, Source::Gateway, News::CheckDue)).call;
        let before = check(Timestamp(until.0 - 1));
        assert_eq!(state_of(&before, 1), state_of(&call, 1));
        assert_eq!(state_of(&check(until), 1).word(), ends);
    }
    assert_eq!(after(talking(), [question()]).due_at(), Some(seconds(15)));
    let untold = after(talking(), [question(), replied(taken(Some(Duration::from_secs(7))))]);
    assert_eq!(untold.due_at(), Some(seconds(7)));
}

#[test]
fn so_many_commands_wait_at_once_and_each_has_its_own_name() {
    let crowded = after(talking(), (0..20).map(|_| question()));
    assert_eq!((crowded.commands_open(), crowded.last_command), (command::COMMANDS_OPEN_MAX, CommandId(8)));
    let room = after(crowded, [replied(refused()), question(), question()]);
    assert_eq!((room.commands_open(), room.last_command), (command::COMMANDS_OPEN_MAX, CommandId(9)));
    let hanging_up = after(room, [want_end(), question()]);
    assert_eq!(hanging_up.last_command, CommandId(9), "nothing more is asked of a call that ends");
}

#[test]
fn the_oldest_commands_are_forgotten_and_the_greeting_never() {
    let mut call = greeting();
    call.facts.hold = true;
    for id in 1..=40 {
        let reply = News::CommandReplied { id: CommandId(id), reply: refused() };
        call = after(call, [performed(0, Performed::Finished(Outcome::default())), question(), reply]);
    }
    let kept: Vec<u32> = call.commands.iter().map(|command| command.id.0).collect();
    assert_eq!(kept, [vec![0], (10..=40).collect()].concat());
    assert_eq!(kept.len(), command::COMMANDS_KEPT_MAX);
}

#[test]
fn what_goes_on_is_not_forgotten_however_much_was_dropped_meanwhile() {
    let mut call = after(talking(), [stream(), replied(taken(None))]);
    for id in 2..=50 {
        call = after(call, [question(), News::StopAsked(CommandId(id))]);
    }
    assert_eq!(state_of(&call, 1).word(), "taken");
    assert_eq!((call.commands.len(), call.command(CommandId(2))), (command::COMMANDS_KEPT_MAX, None));
}

#[test]
fn keys_that_have_no_name_are_kept_each_time_and_the_newest_stay() {
    let call = after(talking(), [digits("1", None), digits("1", None)]);
    assert_eq!(call.pressed.len(), 2, "nobody can tell a repeat");
    let many = after(call, (0..70).map(|n| digits(&n.to_string(), Some(&format!("e{n}")))));
    assert_eq!(many.pressed.len(), command::PRESSED_KEPT_MAX);
    assert_eq!(many.pressed.last().map(|one| one.digits.as_str()), Some("69"));
}

/// At the first wish to end the call, and at its end.
#[test]
fn what_becomes_of_a_command_when_its_call_ends() {
    let told = || replied(taken(None));
    let untold = || replied(taken(Some(MINUTE)));
    let stop = || News::StopAsked(CommandId(1));
    for (asked, then, at_the_wish, at_the_end) in [
        (say(9), vec![], "sent", "in_doubt"),
        (say(9), vec![told()], "taken", "in_doubt"),
        (say(9), vec![untold()], "taken", "done"),
        (play(), vec![untold()], "taken", "done"),
        // The answer may have found nobody.
        (question(), vec![untold()], "taken", "in_doubt"),
        (question(), vec![told(), stop()], "stopping", "done"),
        (transfer(), vec![told()], "taken", "in_doubt"),
        (stream(), vec![told()], "taken", "done"),
        (stream(), vec![], "sent", "in_doubt"),
    ] {
        let call = after(after(talking(), [asked.clone(), say(1)]), then.clone());
        let over = || News::Over { leg: leg(), ending: ending(EndingKind::Completed, "completed") };
        let (wished, ended) = (after(call.clone(), [want_end()]), after(call, [over()]));
        assert_eq!(state_of(&wished, 1).word(), at_the_wish, "{asked:?} {then:?}");
        assert_eq!(state_of(&ended, 1).word(), at_the_end, "{asked:?} {then:?}");
        for call in [wished, ended] {
            let CommandState::Failed { code, .. } = state_of(&call, 2) else { panic!("it was not begun") };
            assert_eq!(code, "call_over");
        }
    }
}

#[test]
fn what_had_begun_and_failed_has_failed() {
    let begun = after(talking(), [say(9), replied(taken(None)), performed(1, Performed::Begun)]);
    let failed = after(begun, [performed(1, Performed::Failed { code: "busy".to_owned() })]);
    assert!(matches!(state_of(&failed, 1), CommandState::Failed { code, .. } if code == "busy"));
}

#[test]
fn an_answer_is_not_replaced_by_another() {
    let answered = after(talking(), [question(), performed(1, Performed::Finished(answer("7")))]);
    let again = after(answered, [performed(1, Performed::Finished(answer("8")))]);
    assert_eq!(state_of(&again, 1), CommandState::Done(answer("7")));
}
