#![allow(clippy::unwrap_used)]

use super::*;
use crate::call::{
    Agent, CommandReply, Does, Facts, Input, Limits, Outcome, Performed, Progress, Roll, Source,
};
use crate::{CallId, CarrierCallId, CarrierName, Party};
use std::time::Duration;

fn facts(does: Option<Does>) -> Facts {
    let seconds = Duration::from_secs;
    let agent =
        does.map(|does| Agent { name: "clerk".to_owned(), does, gap: None, apology: None, machine: None });
    Facts {
        id: CallId::from_bits(7),
        direction: Direction::Inbound,
        from: Party::read("+12025550143"),
        to: Party::read("+12025550100"),
        carrier: CarrierName("main".to_owned()),
        account: None,
        fallback: Vec::new(),
        say: Some("Good evening.".to_owned()),
        hold: true,
        agent,
        record: false,
        by_command: false,
        created_at: Timestamp(0),
        imported_id: None,
        placed_by: None,
        limits: Limits {
            queue_max: seconds(60),
            ring_max: seconds(45),
            duration_max: seconds(600),
            find_max: seconds(120),
            settle: seconds(15),
            look_unanswered: seconds(5),
            look_talking: seconds(30),
        },
    }
}

fn leg() -> CarrierCallId {
    CarrierCallId::new("CA1").unwrap()
}

/// What is told of a call that was answered, when this happened then.
fn told(facts: Facts, news: Vec<News>) -> Vec<(Speaker, &'static str, String, &'static str)> {
    let first = [
        News::Offered(Box::new(facts), leg()),
        News::Progressed { leg: leg(), progress: Progress::InProgress },
    ];
    let log: Vec<Event> = first
        .into_iter()
        .chain(news)
        .zip(1..)
        .map(|(news, n)| Event { at: Timestamp(n * 1_000), roll: Roll(0), source: Source::Agent, news })
        .collect();
    let turns = turns(&log);
    assert!(turns.is_sorted_by_key(|turn| turn.at), "{turns:?}");
    turns
        .iter()
        .map(|turn| (turn.by, turn.what.word(), turn.what.text().to_owned(), turn.heard.word()))
        .collect()
}

fn greeted() -> (Speaker, &'static str, String, &'static str) {
    (Speaker::Agent, "said", "Good evening.".to_owned(), "whole")
}

fn asked(verb: Verb) -> News {
    News::CommandAsked(verb)
}

fn say(text: &str) -> News {
    asked(Verb::Say { text: text.to_owned() })
}

fn taken(id: u32) -> News {
    News::CommandReplied { id: CommandId(id), reply: CommandReply::Taken { lasts: None } }
}

fn finished(id: u32, outcome: Outcome) -> News {
    News::CommandHeard { leg: leg(), id: CommandId(id), performed: Performed::Finished(outcome) }
}

#[test]
fn what_was_asked_and_answered_stands_in_the_order_in_which_it_was_heard() {
    let question =
        Verb::Ask { text: "Your name?".to_owned(), input: Input::Speech, timeout: Duration::from_secs(5) };
    let answer = Outcome { speech: Some("Ada.".to_owned()), ..Outcome::default() };
    let news = vec![
        finished(0, Outcome::default()),
        asked(question),
        taken(1),
        finished(1, answer.clone()),
        // The carrier says it twice.
        finished(1, answer),
        asked(Verb::SendDigits { digits: "42".to_owned() }),
        taken(2),
    ];
    let (agent, remote) = (Speaker::Agent, Speaker::Remote);
    let expected = [
        greeted(),
        (agent, "said", "Your name?".to_owned(), "whole"),
        (remote, "said", "Ada.".to_owned(), "whole"),
        (agent, "pressed", "42".to_owned(), "whole"),
    ];
    assert_eq!(told(facts(None), news), expected);
}

#[test]
fn what_nobody_heard_is_not_in_it_and_what_was_cut_off_is_marked() {
    let refused = CommandReply::Refused { code: "13".to_owned(), reason: "no".to_owned() };
    let doubt = CommandReply::InDoubt { why: "it was silent".to_owned() };
    let stopped = Outcome { stopped: true, ..Outcome::default() };
    let news = vec![
        finished(0, Outcome::default()),
        say("One."),
        News::CommandReplied { id: CommandId(1), reply: refused },
        say("Two."),
        taken(2),
        News::StopAsked(CommandId(2)),
        finished(2, stopped),
        say("Three."),
        News::CommandReplied { id: CommandId(3), reply: doubt },
        say("Four."),
    ];
    let expected = [
        greeted(),
        (Speaker::Agent, "said", "Two.".to_owned(), "cut"),
        (Speaker::Agent, "said", "Three.".to_owned(), "in_doubt"),
    ];
    assert_eq!(told(facts(None), news), expected);
}

/// What an agent wants of itself stands in no event of its own.
#[test]
fn what_an_agent_says_of_itself_is_in_it() {
    let does = Does::Say { text: "Your table is ready.".to_owned(), again: Some("Press 1.".to_owned()) };
    let again = Outcome { digits: Some("1".to_owned()), ..Outcome::default() };
    let news = vec![finished(0, Outcome::default()), taken(1), finished(1, again), taken(2)];
    let message = (Speaker::Agent, "said", "Your table is ready. Press 1.".to_owned(), "whole");
    let expected =
        [greeted(), message.clone(), (Speaker::Remote, "pressed", "1".to_owned(), "whole"), message];
    assert_eq!(told(facts(Some(does)), news), expected);
}

#[test]
fn what_was_said_by_sound_is_as_it_was_heard_with_the_tools_that_were_used() {
    let does = Does::Llm { model: "m".to_owned(), sound: Some("http://m/".to_owned()) };
    let spoken = |by, text: &str| {
        let text = text.to_owned();
        News::Spoken { by, text, after_ms: None, waits: None, talk_over_ms: None, vendors: None }
    };
    let used =
        |id: &str| News::ToolAsked { id: id.to_owned(), tool: "find".to_owned(), arguments: "{}".to_owned() };
    let news = vec![
        finished(0, Outcome::default()),
        News::StreamAttached { id: CommandId(1), number: 0, run: 5 },
        spoken(Speaker::Remote, "A room."),
        used("a"),
        News::ToolReplied { id: "a".to_owned(), output: "none".to_owned() },
        spoken(Speaker::Agent, "There is no"),
        News::DigitsHeard { leg: leg(), digits: "4".to_owned(), event_id: None },
    ];
    let (agent, remote) = (Speaker::Agent, Speaker::Remote);
    let expected = [
        greeted(),
        (agent, "streamed", "http://m/".to_owned(), "whole"),
        (remote, "said", "A room.".to_owned(), "whole"),
        (agent, "used", "find".to_owned(), "whole"),
        (agent, "said", "There is no".to_owned(), "whole"),
        (remote, "pressed", "4".to_owned(), "whole"),
    ];
    assert_eq!(told(facts(Some(does)), news), expected);
}
