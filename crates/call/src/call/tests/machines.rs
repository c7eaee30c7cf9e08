//! Answering machines: what is done where the carrier finds one out.

use super::samples::*;
use crate::call::*;

const MESSAGE: &str = "Please call the Grand Hotel.";

fn says() -> Does {
    Does::Say { text: "Your parcel is here.".to_owned(), again: None }
}

fn program() -> Does {
    Does::Stream { url: "wss://bot.example/".to_owned(), speaks: Speaks::Twilio }
}

fn by_sound() -> Does {
    Does::Llm { model: "m".to_owned(), sound: Some("wss://gateway.example/".to_owned()) }
}

/// A call that was placed for this agent.
fn ringing(does: Does, machine: Option<OnMachine>) -> Call {
    let agent = Agent { name: "clerk".to_owned(), does, gap: None, apology: None, machine };
    let facts = Facts { agent: Some(agent), hold: true, ..facts(Direction::Outbound) };
    let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
    after(asked, [admitted(), placed(), progressed(Progress::Ringing)])
}

fn leaves() -> Option<OnMachine> {
    Some(OnMachine::Leave(MESSAGE.to_owned()))
}

fn by(call: &Call, by: AnsweredBy) -> Step {
    step(call, &at(NOW, Source::Webhook, News::AnsweredBy { leg: leg(), by }))
}

fn over(call: &Call, id: u32) -> Step {
    step(call, &at(NOW, Source::Webhook, performed(id, Performed::Finished(Outcome::default()))))
}

fn words(call: &Call) -> Vec<String> {
    let word = |command: &Command| format!("{} {}", command.verb.word(), command.state.word());
    call.commands.iter().map(word).collect()
}

fn closed(step: &Step) -> bool {
    matches!(&step.call.state, CallState::HangingUp(hanging)
        if hanging.cause == "answering_machine" && step.effects.contains(&Effect::HangUp(leg())))
}

#[test]
fn a_machine_is_hung_up_on_whoever_was_to_talk() {
    for does in [says(), program(), by_sound()] {
        let talks = after(ringing(does, Some(OnMachine::HangUp)), [progressed(Progress::InProgress)]);
        for who in [AnsweredBy::Machine, AnsweredBy::Recording, AnsweredBy::Fax] {
            assert!(closed(&by(&talks, who)), "{who:?}");
        }
        for who in [AnsweredBy::Human, AnsweredBy::Unknown] {
            let heard = by(&talks, who);
            assert_eq!((&heard.call.state, &heard.call.commands), (&talks.state, &talks.commands));
            assert_eq!(heard.call.answered_by, Some(who));
        }
    }
}

/// The news may be there before that of the answer.
#[test]
fn who_picked_up_was_there_to_pick_up() {
    let heard = by(&ringing(says(), Some(OnMachine::HangUp)), AnsweredBy::Machine);
    assert!(closed(&heard), "{:?}", heard.call.state);
    let heard = by(&ringing(says(), None), AnsweredBy::Machine);
    assert_eq!(words(&heard.call), ["say sent"], "nobody wanted to know");
}

#[test]
fn a_message_is_left_when_the_machine_records() {
    [false, true].into_iter().for_each(leaves_a_message);
}

/// It does so once, whatever was going on.
fn leaves_a_message(by_command: bool) {
    let talks = after(ringing(program(), leaves()), [progressed(Progress::InProgress)]);
    let attached = News::StreamAttached { id: CommandId(1), number: 0, run: 7 };
    let talks = after(talks, [attached, question()]);
    let talks = Call { facts: Facts { by_command, ..talks.facts.clone() }, ..talks };
    let talks = match by_command {
        // It says when the greeting is over.
        true => {
            let greets = by(&talks, AnsweredBy::Machine);
            assert_eq!(words(&greets.call), ["stream taken", "ask asked"]);
            greets.call
        }
        false => talks,
    };

    let records = by(&talks, AnsweredBy::Recording);
    assert_eq!(words(&records.call), ["stream stopping", "ask failed"]);
    assert_eq!(records.effects, [Effect::Conclude(CommandId(1))]);
    assert_eq!(records.call.agent_left, Some(Leaving::Done));
    let over_now = News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Ended };
    let says = step(&records.call, &at(NOW, Source::Gateway, over_now));
    assert_eq!(words(&says.call), ["stream done", "ask failed", "say sent"]);
    assert!(!says.call.performance(CommandId(3)).unwrap().after_silence);
    assert_eq!(says.call.commands[2].verb, Verb::Say { text: MESSAGE.to_owned() });
    let again = by(&says.call, AnsweredBy::Recording);
    assert_eq!(words(&again.call), words(&says.call), "it is left once");
    assert!(closed(&over(&says.call, 3)));
}

/// Of a carrier that doesn't tell when the greeting is over, the document waits for that.
#[test]
fn a_message_waits_for_the_end_of_a_greeting_that_nobody_tells() {
    let talks = after(ringing(program(), leaves()), [progressed(Progress::InProgress)]);
    let attached = News::StreamAttached { id: CommandId(1), number: 0, run: 7 };
    let greets = by(&after(talks, [attached]), AnsweredBy::Machine);
    assert_eq!(words(&greets.call), ["stream stopping"]);
    let over = News::StreamOver { id: CommandId(1), number: 0, end: StreamEnd::Ended };
    let says = step(&greets.call, &at(NOW, Source::Gateway, over)).call;
    assert_eq!(words(&says), ["stream done", "say sent"]);
    assert!(says.performance(CommandId(2)).unwrap().after_silence);
    assert!(!says.performance(CommandId(1)).unwrap().after_silence);
}

/// Its program may be talking still: it is asked for nothing more, and nothing that it asks for is done.
#[test]
fn an_agent_that_decides_for_itself_is_done_when_a_message_is_left() {
    let relay = Does::Relay { url: "wss://bot.example/".to_owned() };
    let talks = after(ringing(relay, leaves()), [progressed(Progress::InProgress)]);
    let says = by(&talks, AnsweredBy::Recording).call;
    assert_eq!((words(&says), says.agent_left), (vec!["say sent".to_owned()], Some(Leaving::Done)));
    let asked = step(&says, &at(NOW, Source::Agent, question()));
    assert_eq!(words(&asked.call), ["say sent"]);
    assert!(closed(&over(&asked.call, 1)));
}

/// What was said into the greeting is cut off, though it be the same words.
#[test]
fn a_message_that_was_being_said_is_said_again_to_the_machine() {
    let same = Does::Say { text: MESSAGE.to_owned(), again: None };
    let talks = after(ringing(same, leaves()), [progressed(Progress::InProgress)]);
    let records = by(&talks, AnsweredBy::Recording);
    assert_eq!(words(&records.call), ["say sent"], "whether it is being said isn't known yet");
    let taken = step(&records.call, &at(NOW, Source::Reply, replied(taken(None))));
    assert_eq!(words(&taken.call), ["say stopping"]);
    let says = over(&taken.call, 1);
    assert_eq!(words(&says.call), ["say done", "say sent"]);
    assert!(closed(&over(&says.call, 2)));
}

/// It hears the machine itself, and says the message in its own voice.
#[test]
fn an_agent_that_speaks_by_us_leaves_its_message_itself() {
    let talks = after(ringing(by_sound(), leaves()), [progressed(Progress::InProgress)]);
    let records = by(&talks, AnsweredBy::Recording);
    assert_eq!(words(&records.call), ["stream sent"]);
    assert_eq!((records.effects.len(), records.call.answered_by), (0, Some(AnsweredBy::Recording)));
}

#[test]
fn what_was_known_of_a_machine_is_not_taken_back() {
    let talks = after(ringing(says(), None), [progressed(Progress::InProgress)]);
    let records = by(&talks, AnsweredBy::Recording).call;
    for who in [AnsweredBy::Human, AnsweredBy::Machine, AnsweredBy::Unknown] {
        assert_eq!(by(&records, who).call, records, "{who:?}");
    }
}
