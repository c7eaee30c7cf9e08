//! Agents: what is done on a line without anybody asking, and when the line is closed.

use super::samples::*;
use crate::Timestamp;
use crate::call::*;
use std::time::Duration;

const MESSAGE: &str = "Your parcel is here.";

/// A call with this agent, which was just answered.
fn answered(does: Does, apology: Option<&str>) -> Call {
    let agent = Agent {
        name: "clerk".to_owned(),
        does,
        gap: Some("One moment.".to_owned()),
        apology: apology.map(str::to_owned),
        machine: None,
    };
    let facts = Facts { agent: Some(agent), hold: true, ..facts(Direction::Outbound) };
    let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
    after(asked, [admitted(), placed(), progressed(Progress::InProgress)])
}

fn message(again: Option<&str>) -> Does {
    Does::Say { text: MESSAGE.to_owned(), again: again.map(str::to_owned) }
}

fn program() -> Does {
    Does::Stream { url: "wss://bot.example/".to_owned(), speaks: Speaks::Twilio }
}

fn heard(call: &Call, id: u32, done: Performed) -> Step {
    step(call, &at(NOW, Source::Webhook, performed(id, done)))
}

fn attached(id: u32, number: u32) -> News {
    News::StreamAttached { id: CommandId(id), number, run: 7 }
}

fn pressed(digits: Option<&str>) -> Performed {
    Performed::Finished(Outcome { digits: digits.map(str::to_owned), ..Outcome::default() })
}

fn words(call: &Call) -> Vec<String> {
    let word = |command: &Command| format!("{} {}", command.verb.word(), command.state.word());
    call.commands.iter().map(word).collect()
}

fn closed(step: &Step) -> Option<(EndedBy, &str)> {
    match &step.call.state {
        CallState::HangingUp(hanging) => {
            assert_eq!(step.effects, [Effect::HangUp(leg())]);
            Some((hanging.by, hanging.cause.as_str()))
        }
        _ => None,
    }
}

#[test]
fn a_message_is_said_once_and_the_line_is_closed() {
    let call = answered(message(None), None);
    assert_eq!(words(&call), ["say sent"]);
    let again = after(call.clone(), [progressed(Progress::InProgress), News::CheckDue]);
    assert_eq!(words(&again), ["say sent"], "whatever is heard after");
    let said = heard(&call, 1, Performed::Finished(Outcome::default()));
    assert_eq!(closed(&said), Some((EndedBy::Agent, "agent_done")));
}

#[test]
fn a_message_is_heard_again_by_whoever_presses_the_key() {
    let mut call = answered(message(Some("To hear this again, press 1.")), None);
    let Verb::Ask { text, .. } = &call.commands[0].verb else { panic!("it asks") };
    assert_eq!(text, "Your parcel is here. To hear this again, press 1.");
    for round in 1..=40 {
        let next = heard(&call, round, pressed(Some("1")));
        assert_eq!(next.effects, [Effect::Perform(CommandId(round + 1))]);
        call = next.call;
    }
    for digits in [Some("2"), None] {
        assert_eq!(closed(&heard(&call, 41, pressed(digits))), Some((EndedBy::Agent, "agent_done")));
    }
}

#[test]
fn a_line_is_closed_when_its_program_is_done() {
    let call = answered(program(), Some("Sorry."));
    assert_eq!(words(&call), ["stream sent"]);
    let talks = step(&call, &at(NOW, Source::Gateway, attached(1, 0)));
    assert_eq!(words(&talks.call), ["stream taken"]);
    let over = News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Ended };
    let over = step(&talks.call, &at(NOW, Source::Gateway, over));
    assert_eq!(closed(&over), Some((EndedBy::Agent, "agent_done")));
}

/// What is said about a break is said only where there was one.
#[test]
fn a_sound_that_broke_is_brought_again_with_a_word() {
    let call = answered(program(), None);
    let gap = |call: &Call| call.performance(CommandId(1)).unwrap().gap;
    assert_eq!(gap(&call), None);
    let lost = News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Lost };
    let again = after(call, [attached(1, 0), lost]);
    assert_eq!(
        (words(&again), gap(&again)),
        (vec!["stream sent".to_owned()], Some("One moment.".to_owned()))
    );
}

#[test]
fn whoever_waits_for_a_program_that_cannot_come_is_told_so() {
    let failed = Performed::Failed { code: "64103".to_owned() };
    let sorry = heard(&answered(program(), Some("Sorry.")), 1, failed.clone());
    assert_eq!(words(&sorry.call), ["stream failed", "say sent"]);
    assert_eq!(sorry.effects, [Effect::Perform(CommandId(2))]);
    let said = heard(&sorry.call, 2, Performed::Finished(Outcome::default()));
    assert_eq!(closed(&said), Some((EndedBy::Agent, "agent_failed")));
    let unsaid = heard(&sorry.call, 2, failed.clone());
    assert_eq!(closed(&unsaid), Some((EndedBy::Agent, "agent_failed")));

    let wordless = heard(&answered(program(), None), 1, failed);
    assert_eq!(closed(&wordless), Some((EndedBy::Agent, "agent_failed")));
}

/// Nothing is said over those who may be talking by then.
#[test]
fn a_model_that_hears_is_done_when_it_put_the_call_through_whatever_came_of_it() {
    let model = Does::Realtime { url: "wss://model.example/v1/realtime?model=m".to_owned() };
    let call = answered(model, Some("Sorry."));
    assert_eq!(words(&call), ["stream sent"]);
    let streaming = after(call, [attached(1, 0)]);
    let transfer = News::CommandAsked(Verb::Transfer { to: "+12025550188".parse().unwrap() });
    let asked = step(&streaming, &at(NOW, Source::Agent, transfer)).call;
    let over = News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Ended };
    let put = step(&asked, &at(NOW, Source::Gateway, over)).call;
    assert_eq!(words(&put), ["stream done", "transfer sent"]);
    let failed = heard(&put, 2, Performed::Failed { code: "busy".to_owned() });
    assert_eq!(closed(&failed), Some((EndedBy::Agent, "agent_done")));
}

#[test]
fn what_is_asked_meanwhile_is_done_before_the_line_is_closed() {
    let call = after(answered(program(), None), [attached(1, 0), question()]);
    assert_eq!(words(&call), ["stream taken", "ask asked"]);
    let over = News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Ended };
    let asked = step(&call, &at(NOW, Source::Gateway, over));
    assert_eq!((closed(&asked), words(&asked.call)[1].as_str()), (None, "ask sent"));
    let answered = heard(&asked.call, 2, pressed(Some("1")));
    assert_eq!(closed(&answered), Some((EndedBy::Agent, "agent_done")));
}

/// It decides for itself when it is done; what others asked for is done before the line is closed.
#[test]
fn a_line_is_closed_when_an_agent_left_that_decides_for_itself() {
    let relay = Does::Relay { url: "wss://bot.example/".to_owned() };
    for (failed, cause) in [(None, "agent_done"), (Some("it is not there".to_owned()), "agent_failed")] {
        let call = answered(relay.clone(), None);
        assert_eq!(words(&call), [""; 0]);
        let left = step(&call, &at(NOW, Source::Agent, News::AgentLeft { failed: failed.clone() }));
        assert_eq!(closed(&left), Some((EndedBy::Agent, cause)));

        let asked = after(call, [question(), News::AgentLeft { failed }]);
        assert_eq!(words(&asked), ["ask sent"]);
        assert_eq!(closed(&heard(&asked, 1, pressed(Some("1")))), Some((EndedBy::Agent, cause)));
    }
}

/// The greeting is no agent's: it comes first, and nothing is closed after it.
#[test]
fn an_agent_begins_when_the_greeting_is_over() {
    let mut facts = answered(program(), None).facts;
    facts.say = Some("Hello.".to_owned());
    for by_command in [false, true] {
        let facts = Facts { by_command, ..facts.clone() };
        let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
        let call = after(asked, [admitted(), placed(), progressed(Progress::InProgress)]);
        assert_eq!(call.commands.len(), 1, "{:?}", words(&call));
        let later = step(&call, &at(BORN + Duration::from_secs(60), Source::Gateway, News::CheckDue));
        let greeted = match by_command {
            true => heard(&call, 0, Performed::Finished(Outcome::default())),
            false => later,
        };
        assert_eq!(words(&greeted.call)[1], "stream sent");
        assert!(greeted.effects.contains(&Effect::Perform(CommandId(1))));
    }
}

/// A call that was talking when its gateway died owes what it would have owed.
#[test]
fn the_agent_of_a_call_in_progress_is_asked_at_the_next_event() {
    let mut call = answered(program(), None);
    call.commands.clear();
    call.last_command = CommandId(0);
    let looked = step(&call, &at(Timestamp(NOW.0 + 1), Source::Gateway, News::CheckDue));
    assert_eq!(words(&looked.call), ["stream sent"]);
}
