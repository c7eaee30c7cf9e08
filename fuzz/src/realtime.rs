//! Messages of a model that hears and speaks: what comes of them, in whatever order.
//!
//! An input is a message a line. At an empty line all that was said is played, and what tools tell is there;
//! `key` presses one, `speaks` and `silent` are what the line tells, `lost` loses the server, and another comes.

use crate::carriers::texts;
use agent::model::{Model, OwnTool};
use agent::realtime::{Act, Leave, Session, Settings, Turns};
use call::call::command::are_keys;
use call::dialogue::{Silence, Use};
use serde_json::{Value, json};
use std::time::Duration;

/// Leads one session.
pub(crate) fn take(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut talk = Talk {
        session: Session::new(settings(), Vec::new(), false),
        now: Duration::ZERO,
        done: Done::default(),
    };
    talk.does(Session::open);
    for line in text.lines() {
        talk.now += Duration::from_millis(20);
        match line {
            "" => talk.catches_up(),
            "key" => {
                talk.session.key('5');
                talk.does(Session::keys_over);
            }
            "speaks" => talk.session.speech_began(talk.now),
            "silent" => talk.session.speech_over(talk.now),
            "lost" => {
                let now = talk.now;
                talk.does(|session, acts| session.lose(now, acts));
                talk.does(Session::open);
            }
            message => talk.hears(message),
        }
        if talk.is_left() {
            break;
        }
    }
    talk.does(Session::end);
    assert!(talk.done.n_said <= text.len(), "more is written down than ever came");
    assert!(talk.done.talked_over <= talk.now, "they talked over more than there was");
}

struct Talk {
    session: Session,
    now: Duration,
    done: Done,
}

/// What was to be done.
#[derive(Default)]
struct Done {
    /// What is played since it was asked for last.
    played: String,
    mark: u64,
    /// Letters that were written down.
    n_said: usize,
    /// For how long somebody talked over it.
    talked_over: Duration,
    uses: Vec<(String, Use)>,
    leaves: Vec<(Leave, String)>,
    has_given_up: bool,
}

impl Talk {
    fn does(&mut self, what: impl FnOnce(&mut Session, agent::realtime::Acts<'_>)) {
        let Talk { session, done, .. } = self;
        what(session, &mut |act| done.take(act));
    }

    /// What is played is what the message brought, and nothing else.
    fn hears(&mut self, message: &str) {
        let now = self.now;
        let sound = |into: &mut String| {
            into.push_str("//8=");
            Ok::<(), ()>(())
        };
        let _ = self.session.append(now, sound, &mut String::new());
        self.done.played.clear();
        let is_read = {
            let Talk { session, done, .. } = self;
            session.hear(message, now, &mut |act| done.take(act)).is_ok()
        };
        let played = &self.done.played;
        assert!(is_read || played.is_empty(), "sound of what can't be read");
        let came = || texts(message.as_bytes());
        assert!(played.is_empty() || came().contains(played), "nobody sent this sound: {played:?}");
    }

    /// All is played, and the tools are done.
    fn catches_up(&mut self) {
        let (mark, now) = (self.done.mark, self.now);
        self.does(|session, acts| session.played(mark, now, acts));
        for (wish, one) in std::mem::take(&mut self.done.uses) {
            self.does(|session, acts| session.used(&wish, one, acts));
        }
    }

    /// Whether it has left; a transfer it can't have.
    fn is_left(&mut self) -> bool {
        for (leave, wish) in std::mem::take(&mut self.done.leaves) {
            match leave {
                Leave::End => return true,
                Leave::Transfer(_) => self.does(|session, acts| session.refuse(&wish, "no", acts)),
            }
        }
        self.done.has_given_up
    }
}

impl Done {
    fn take(&mut self, act: Act<'_>) {
        match act {
            Act::Tell(message) => {
                let told: Value = serde_json::from_str(&message).expect("the server is told JSON");
                assert!(told["type"].is_string(), "every message says what it is: {message}");
            }
            Act::Play(sound) => self.played += sound,
            Act::Mark { number, .. } | Act::Clear(number) => {
                assert!(number > self.mark, "a mark is set again");
                self.mark = number;
            }
            Act::Warn(..) => {}
            Act::Said(line, timing) => {
                assert!(!line.text.is_empty(), "nothing is written down");
                self.n_said += line.text.len();
                self.talked_over += timing.talk_over.unwrap_or_default();
            }
            Act::Press(keys) => assert!(are_keys(&keys), "no keys: {keys:?}"),
            Act::Leave(leave, wish) => self.leaves.push((leave, wish)),
            Act::Use { wish, tool, arguments } => {
                assert_eq!(tool, "weather", "nobody gave it this tool");
                let one = Use { id: wish.clone(), tool, arguments, output: Some("rain".to_owned()) };
                self.uses.push((wish, one));
            }
            Act::GiveUp => self.has_given_up = true,
        }
    }
}

fn settings() -> Settings {
    let desk = ("desk".to_owned(), "+12025550143".parse().expect("it is a number"));
    let weather = OwnTool { description: String::new(), parameters: json!({ "type": "object" }) };
    let tools = [("weather".to_owned(), weather)].into();
    let (name, prompt) = ("m".to_owned(), "Be brief.".to_owned());
    let model = Model { name, prompt, transfers: [desk].into(), tools };
    let silence = Silence { after: Duration::ZERO, text: String::new(), n_max: 0 };
    Settings { model, voice: None, transcriber: "writer-1".to_owned(), turns: Turns::Silence, silence }
}
