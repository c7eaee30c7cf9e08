//! Conversations, with a line that does what is asked of it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::call::{
    Agent, CommandReply, Direction, Does, Event, Facts, Limits, News, Outcome, Performed, Roll, Source, born,
    step,
};
use crate::{CallId, CarrierCallId, CarrierName, Party};

/// A call that talks, and a program's part in it.
struct Talk {
    call: Call,
    dialogue: Dialogue,
    now: Timestamp,
    events: Vec<Event>,
}

impl Talk {
    fn new() -> Talk {
        let now = Timestamp(1_000_000);
        let first = event(now, Source::Api, News::Offered(Box::new(facts(now)), leg()));
        let call = born(&first).unwrap();
        let dialogue = Dialogue::new(&call);
        let mut talk = Talk { call, dialogue, now, events: vec![first] };
        talk.hear(Source::Gateway, News::AnswerRequested);
        let progress = crate::call::Progress::InProgress;
        talk.hear(Source::Webhook, News::Progressed { leg: leg(), progress });
        talk
    }

    /// One in which the other side is listened to.
    fn listening() -> Talk {
        let mut talk = Talk::new();
        talk.acts();
        assert_eq!(talk.later(1_000), [asks("")]);
        talk
    }

    fn hear(&mut self, source: Source, news: News) {
        let event = event(self.now, source, news);
        self.call = step(&self.call, &event).call;
        self.events.push(event);
    }

    /// What is to be done now, which is then done; the carrier takes what it is asked.
    fn acts(&mut self) -> Vec<Act> {
        let acts = self.dialogue.next(&self.call, self.now);
        for act in &acts {
            match act {
                Act::Ask(verb) => {
                    self.hear(Source::Agent, News::CommandAsked(verb.clone()));
                    self.takes();
                }
                Act::Stop(id) => self.hear(Source::Agent, News::StopAsked(*id)),
                Act::Tell(_) | Act::Close | Act::GiveUp => {}
            }
        }
        acts
    }

    fn says(&mut self, text: &str) -> Vec<Act> {
        self.dialogue.say(Said::Words { text: text.to_owned(), last: true });
        self.acts()
    }

    fn takes(&mut self) {
        let id = self.call.commands.iter().find(|command| command.state.is_under_way()).unwrap().id;
        let reply = CommandReply::Taken { lasts: None };
        self.hear(Source::Reply, News::CommandReplied { id, reply });
    }

    /// What is under way is over, with this.
    fn over(&mut self, outcome: Outcome) -> Vec<Act> {
        let id = self.call.commands.iter().find(|command| command.state.is_under_way()).unwrap().id;
        let performed = Performed::Finished(outcome);
        self.hear(Source::Webhook, News::CommandHeard { leg: leg(), id, performed });
        if self.call.commands.iter().any(|command| command.state.is_under_way()) {
            self.takes();
        }
        self.acts()
    }

    fn answers(&mut self, words: &str) -> Vec<Act> {
        self.over(Outcome { speech: Some(words.to_owned()), ..Outcome::default() })
    }

    fn later(&mut self, ms: i64) -> Vec<Act> {
        self.now = Timestamp(self.now.0 + ms);
        self.acts()
    }
}

fn event(at: Timestamp, source: Source, news: News) -> Event {
    Event { at, roll: Roll(500), source, news }
}

fn leg() -> CarrierCallId {
    CarrierCallId::new("CA1").unwrap()
}

fn facts(created_at: Timestamp) -> Facts {
    let seconds = Duration::from_secs;
    Facts {
        id: CallId::from_bits(7),
        direction: Direction::Inbound,
        from: Party::read("+12025550143"),
        to: Party::read("+12025550100"),
        carrier: CarrierName("main".to_owned()),
        account: None,
        fallback: Vec::new(),
        say: None,
        hold: true,
        agent: Some(Agent {
            name: "clerk".to_owned(),
            does: Does::Relay { url: "ws://bot.example/".to_owned() },
            gap: None,
            apology: None,
            machine: None,
        }),
        by_command: false,
        created_at,
        record: false,
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

fn asks(text: &str) -> Act {
    Act::Ask(Verb::Ask { text: text.to_owned(), input: Input::Any, timeout: LISTEN })
}

fn prompt(words: &str) -> Act {
    Act::Tell(Told::Prompt(words.to_owned()))
}

#[test]
fn whoever_calls_is_listened_to_until_the_program_says_something() {
    let mut talk = Talk::new();
    assert_eq!(talk.acts(), [], "it may begin by itself");
    assert_eq!(talk.later(1_000), [asks("")]);
    assert_eq!(talk.acts(), [], "it is listened to");
    assert_eq!(talk.says("Hello, who is this?"), [Act::Stop(CommandId(1))]);
    assert_eq!(talk.over(Outcome::default()), [asks("Hello, who is this?")]);
}

#[test]
fn what_is_answered_is_told_and_the_reply_is_put_as_the_next_question() {
    let mut talk = Talk::new();
    assert_eq!(talk.says("Who is this?"), [asks("Who is this?")]);
    assert_eq!(talk.answers("It is Ada."), [prompt("It is Ada.")]);
    assert_eq!(talk.says("Hello, Ada."), [asks("Hello, Ada.")]);
    let key = Outcome { digits: Some("4".to_owned()), ..Outcome::default() };
    assert_eq!(talk.over(key), [Act::Tell(Told::Key('4'))]);
}

#[test]
fn a_program_that_is_slow_to_reply_is_waited_for_but_not_for_ever() {
    let mut talk = Talk::new();
    talk.says("Who is this?");
    talk.answers("It is Ada.");
    let due_at = talk.dialogue.due_at().unwrap();
    assert_eq!(due_at, talk.now + REPLY_WITHIN);
    assert_eq!(talk.later(4_999), []);
    assert_eq!(talk.later(1), [asks("")]);
    // Half of a reply is no silence.
    talk.answers("Are you there?");
    talk.dialogue.say(Said::Words { text: "Yes, ".to_owned(), last: false });
    assert_eq!(talk.later(10_000), []);
    assert_eq!(talk.says("I am."), [asks("Yes, I am.")]);
}

#[test]
fn a_sentence_is_said_while_the_rest_is_written() {
    let mut talk = Talk::new();
    let long = "This is a sentence of more than forty letters. And";
    for text in ["Yes. ", "That is", " so. "] {
        talk.dialogue.say(Said::Words { text: text.to_owned(), last: false });
        assert_eq!(talk.acts(), [], "it is too short to be said by itself");
    }
    talk.dialogue.say(Said::Words { text: long.to_owned(), last: false });
    let text = "Yes. That is so. This is a sentence of more than forty letters.".to_owned();
    assert_eq!(talk.acts(), [Act::Ask(Verb::Say { text })]);
    assert_eq!(talk.says(" this is the rest. "), []);
    assert_eq!(talk.over(Outcome::default()), [asks("And this is the rest.")]);
}

#[test]
fn what_comes_before_a_pause_is_said_however_short_and_nobody_is_listened_to_after_it() {
    let mut talk = Talk::listening();
    talk.answers("Which room?");
    talk.dialogue.say(Said::Words { text: "Let me see.".to_owned(), last: false });
    talk.dialogue.say(Said::Pause);
    assert_eq!(talk.acts(), [Act::Ask(Verb::Say { text: "Let me see.".to_owned() })]);
    assert_eq!(talk.over(Outcome::default()), []);
    assert_eq!(talk.later(60_000), [], "it is at work, and says so");
    talk.dialogue.say(Said::Pause);
    assert_eq!(talk.says("Room twelve."), [asks("Room twelve.")]);
}

#[test]
fn a_reply_that_came_too_late_is_not_said() {
    for (drops_stale, said) in [(true, "To your second."), (false, "To your first: To your second.")] {
        let mut talk = Talk::listening();
        if drops_stale {
            talk.dialogue = Dialogue::replying_within(&talk.call, REPLY_WITHIN);
        }
        talk.dialogue.say(Said::Words { text: "To your first: ".to_owned(), last: false });
        assert_eq!(talk.answers("And my second question?"), [prompt("And my second question?")]);
        assert_eq!(talk.says("To your second."), [asks(said)]);
    }
}

#[test]
fn a_silence_is_spoken_to_and_ends_the_call_when_it_lasts() {
    let mut talk = Talk::listening();
    let (after, text) = (Duration::from_secs(10), "Are you there?".to_owned());
    talk.dialogue =
        Dialogue::replying_within(&talk.call, REPLY_WITHIN).noticing(Silence { after, text, n_max: 2 });
    assert_eq!(talk.acts(), []);
    assert_eq!(talk.later(9_000), [], "it is not long yet");
    let is_stopped = |talk: &mut Talk| {
        assert_eq!(talk.acts(), [], "somebody is listened to");
        assert_eq!(talk.later(30_000), [Act::Stop(talk.call.last_command)]);
    };
    is_stopped(&mut talk);
    assert_eq!(talk.over(Outcome::default()), [asks("Are you there?")]);
    // Whoever says something is there, and is asked as often again.
    assert_eq!(talk.answers("Yes."), [prompt("Yes.")]);
    assert_eq!(talk.later(1_000), [], "it is about to reply");
    assert_eq!(talk.says("Good."), [asks("Good.")]);
    for _ in 0..2 {
        is_stopped(&mut talk);
        assert_eq!(talk.over(Outcome::default()), [asks("Are you there?")]);
    }
    is_stopped(&mut talk);
    assert_eq!(talk.over(Outcome::default()), [Act::Close]);
}

#[test]
fn whoever_is_put_through_is_left_and_if_nobody_comes_the_talk_goes_on() {
    let to: crate::PhoneNumber = "+12025550188".parse().unwrap();
    let put = |talk: &mut Talk| {
        talk.dialogue.say(Said::Words { text: "I put you through.".to_owned(), last: true });
        talk.dialogue.say(Said::Transfer(to.clone()));
        assert_eq!(talk.acts(), [Act::Ask(Verb::Say { text: "I put you through.".to_owned() })]);
        assert_eq!(talk.over(Outcome::default()), [Act::Ask(Verb::Transfer { to: to.clone() })]);
    };
    let mut talk = Talk::new();
    put(&mut talk);
    assert_eq!(talk.over(Outcome::default()), [Act::Close]);

    let mut alone = Talk::new();
    put(&mut alone);
    let id = alone.call.last_command;
    let failed = Performed::Failed { code: "busy".to_owned() };
    alone.hear(Source::Webhook, News::CommandHeard { leg: leg(), id, performed: failed });
    assert!(matches!(alone.acts().as_slice(), [Act::Tell(Told::Failed(_))]));
    assert_eq!(alone.later(1_000), [asks("")]);
}

#[test]
fn nobody_is_cut_off_by_what_the_program_says_next() {
    let mut talk = Talk::new();
    assert_eq!(talk.says("This takes two seconds."), [asks("This takes two seconds.")]);
    assert_eq!(talk.says("And this is said after it."), []);
    let said_at = talk.dialogue.due_at().unwrap();
    assert!((2_000..4_000).contains(&(said_at.since(talk.now).as_millis())), "{said_at:?}");
    assert_eq!(talk.later(1_000), []);
    assert_eq!(talk.later(3_000), [Act::Stop(CommandId(1))]);
    assert_eq!(talk.over(Outcome::default()), [asks("And this is said after it.")]);
}

#[test]
fn what_was_said_at_once_is_said_at_once() {
    let mut talk = Talk::new();
    for text in ["One.", "Two."] {
        talk.dialogue.say(Said::Words { text: text.to_owned(), last: true });
    }
    talk.dialogue.say(Said::Play { url: "https://a.example/b".to_owned() });
    talk.dialogue.say(Said::Keys("12#".to_owned()));
    assert_eq!(talk.acts(), [Act::Ask(Verb::Say { text: "One. Two.".to_owned() })]);
    let play = Verb::Play { url: "https://a.example/b".to_owned(), lasts: PLAY_LASTS };
    assert_eq!(talk.over(Outcome::default()), [Act::Ask(play)]);
    assert_eq!(talk.over(Outcome::default()), [Act::Ask(Verb::SendDigits { digits: "12#".to_owned() })]);
    assert_eq!(talk.over(Outcome::default()), [asks("")]);
}

#[test]
fn a_long_text_is_said_in_pieces_and_nothing_of_it_is_lost() {
    let sentence = "This is one of a great many sentences, none of which says more than this one. ";
    let text = sentence.repeat(200);
    let mut talk = Talk::new();
    let mut said = String::new();
    let mut acts = talk.says(&text);
    loop {
        for act in &acts {
            let Act::Ask(Verb::Say { text } | Verb::Ask { text, .. }) = act else { panic!("{act:?}") };
            assert!(text.chars().count() <= PIECE_MAX, "{}", text.len());
            assert!(text.ends_with("this one."), "it is cut between sentences: {text:?}");
            said = format!("{said}{text} ");
        }
        if matches!(acts.last(), Some(Act::Ask(Verb::Ask { .. }))) {
            break;
        }
        acts =
            std::iter::repeat_with(|| talk.over(Outcome::default())).find(|acts| !acts.is_empty()).unwrap();
    }
    assert_eq!(said, text);
}

#[test]
fn what_is_said_quickly_is_said_whole_or_refused() {
    let mut talk = Talk::new();
    let all: Vec<String> = (0..500).map(|n| format!("Word{n}.")).collect();
    for word in &all {
        talk.dialogue.say(Said::Words { text: word.clone(), last: true });
    }
    let acts = talk.acts();
    let said: Vec<&str> = acts
        .iter()
        .filter_map(|act| match act {
            Act::Ask(Verb::Say { text } | Verb::Ask { text, .. }) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said.join(" "), all.join(" "));

    let mut flood = Talk::new();
    for last in [false, true] {
        flood.dialogue.say(Said::Words { text: "x".repeat(WORDS_MAX), last });
    }
    let told = flood.acts();
    assert!(matches!(&told[0], Act::Tell(Told::Failed(why)) if why.contains("65536 bytes")), "{:?}", told[0]);
}

/// What was asked for by another way is a reply too: nobody is told a thing twice for it.
#[test]
fn whoever_has_somebody_put_through_has_replied() {
    let mut talk = Talk::new();
    talk.says("Who is this?");
    talk.answers("It is Ada.");
    talk.hear(Source::Api, News::CommandAsked(Verb::Transfer { to: "+12025550188".parse().unwrap() }));
    talk.takes();
    talk.dialogue = Dialogue::new(&talk.call);
    assert_eq!(talk.acts(), []);
    talk.dialogue.say(Said::End);
    assert_eq!(talk.acts(), [Act::Close], "the transfer goes on without it");
}

#[test]
fn the_line_is_closed_when_the_program_ended_and_all_was_said() {
    let mut talk = Talk::new();
    talk.dialogue.say(Said::Words { text: "Goodbye.".to_owned(), last: true });
    talk.dialogue.say(Said::End);
    // From here on the call knows it: whoever dies now need not remember.
    assert_eq!(talk.acts(), [Act::Ask(Verb::Say { text: "Goodbye.".to_owned() })]);
    assert_eq!(talk.acts(), [Act::Close]);

    let mut listening = Talk::listening();
    listening.dialogue.say(Said::End);
    assert_eq!(listening.acts(), [Act::Stop(CommandId(1))]);
    assert_eq!(listening.over(Outcome::default()), [Act::Close]);
}

#[test]
fn what_others_ask_of_the_call_is_let_be() {
    let mut talk = Talk::new();
    talk.hear(Source::Api, News::CommandAsked(Verb::Say { text: "A word from our sponsor.".to_owned() }));
    talk.takes();
    assert_eq!(talk.says("Hello."), []);
    assert_eq!(talk.over(Outcome::default()), [asks("Hello.")]);
}

#[test]
fn a_line_on_which_everything_fails_is_given_up() {
    let mut talk = Talk::new();
    let mut n_asked = 0;
    let last = loop {
        let acts = talk.dialogue.next(&talk.call.clone(), talk.now);
        if let Some(Act::Ask(verb)) = acts.last() {
            n_asked += 1;
            talk.hear(Source::Agent, News::CommandAsked(verb.clone()));
            let reply = CommandReply::Refused { code: "x".to_owned(), reason: "no".to_owned() };
            let id = talk.call.last_command;
            talk.hear(Source::Reply, News::CommandReplied { id, reply });
        } else if let Some(due_at) = talk.dialogue.due_at() {
            assert!(due_at > talk.now);
            talk.now = due_at;
        } else {
            break acts;
        }
    };
    assert_eq!((last.last(), n_asked), (Some(&Act::GiveUp), 5));
}

/// Its gateway died, or the program did.
#[test]
fn whoever_is_connected_anew_is_told_what_was_not_replied_to() {
    let mut talk = Talk::new();
    talk.says("Who is this?");
    talk.answers("It is Ada.");
    talk.dialogue = Dialogue::new(&talk.call);
    assert_eq!(talk.acts(), [prompt("It is Ada.")]);
    talk.says("Hello, Ada.");
    // It is still being said: what is answered is told to whoever is there then.
    talk.dialogue = Dialogue::new(&talk.call);
    assert_eq!(talk.acts(), []);
    assert_eq!(talk.answers("Hello."), [prompt("Hello.")]);
    talk.says("Bye.");
    talk.over(Outcome::default());
    talk.dialogue = Dialogue::new(&talk.call);
    assert_eq!(talk.acts(), [], "it listens, and nothing is told twice");
}

#[test]
fn keys_that_nobody_asked_for_are_told_once() {
    let mut talk = Talk::listening();
    talk.now = Timestamp(talk.now.0 + 1);
    let press = |digits: &str| News::DigitsHeard { leg: leg(), digits: digits.to_owned(), event_id: None };
    talk.hear(Source::Webhook, press("12"));
    assert_eq!(talk.acts(), [Act::Tell(Told::Key('1')), Act::Tell(Told::Key('2'))]);
    assert_eq!(talk.acts(), []);
}

#[test]
fn nothing_is_asked_of_a_line_that_is_not_open() {
    let mut talk = Talk::new();
    talk.hear(Source::Api, News::HangUpRequested { by: crate::call::EndedBy::Agent, cause: "x".to_owned() });
    assert_eq!(talk.says("Hello?"), []);
}

#[test]
fn the_transcript_is_what_was_said_by_whom() {
    let mut talk = Talk::listening();
    talk.answers("Hello?");
    talk.says("Who is this?");
    talk.answers("It is Ada.");
    let lines = transcript(&talk.events);
    let told: Vec<_> = lines.iter().map(|line| (line.by, line.text.as_str())).collect();
    let expected =
        [(Speaker::Remote, "Hello?"), (Speaker::Agent, "Who is this?"), (Speaker::Remote, "It is Ada.")];
    assert_eq!(told, expected);
}
