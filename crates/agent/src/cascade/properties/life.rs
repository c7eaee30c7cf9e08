//! Lives as they are drawn and led: what happens happens to the conversation, and its witness knows.

use super::{FRAME_BYTES, SILENCE, Seen, Terms, Witness};
use crate::cascade::{Act, Acts, Cascade, Leave, Settings};
use crate::chat::Piece;
use crate::model::tests::with_weather;
use call::dialogue::{Silence, Speaker};
use proptest::prelude::*;
use std::time::Duration;

/// What may happen next, where it can.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Pass(u64),
    /// The marks that were played are told, or the last of them alone.
    Echo {
        all: bool,
    },
    TimeIsUp,
    /// Somebody begins to speak, or is done.
    Speech,
    SpeechGoesOn,
    /// What was said first of all that nobody understood yet; or nobody knows.
    Understood(Option<Words>),
    Key(char),
    KeysOver,
    Words(String),
    Tool(&'static str, &'static str),
    Done,
    Failed,
    /// Some sound of one of those utterances that lack some.
    Sound(usize, usize),
    SoundOver(usize, bool),
    /// Sound of an utterance that was cut off, which was on its way.
    LateSound(usize),
}

/// What a recognizer writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    recognized: &'static str,
    /// As they are written down.
    said: &'static str,
    only_listen: bool,
}

/// A conversation, and who saw it.
pub(super) struct Life {
    cascade: Cascade,
    seen: Witness,
}

fn terms() -> impl Strategy<Value = Terms> {
    let silence_after = prop_oneof![3 => Just(Duration::from_secs(20)), 1 => Just(Duration::ZERO)];
    let whether = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (whether, silence_after, 0u32..3).prop_map(
        |((barge_in, is_owed, refuses, tells_cleared, loses_marks), silence_after, n_max)| Terms {
            barge_in,
            is_owed,
            silence_after,
            n_max,
            refuses,
            tells_cleared,
            loses_marks,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let words = prop::sample::select(&UNDERSTOOD[..]);
    let written = prop_oneof![
        8 => prop::sample::select(&WRITTEN[..]).prop_map(str::to_owned),
        // More than is said in one piece, with words and without.
        1 => Just("word ".repeat(250)),
        1 => Just("x".repeat(2_100)),
    ];
    let n_bytes = prop_oneof![3 => 1usize..4_000, 1 => (0usize..20).prop_map(|n| n * FRAME_BYTES + 1)];
    prop_oneof![
        6 => (0u64..400).prop_map(Event::Pass),
        2 => (0u64..25_000).prop_map(Event::Pass),
        6 => any::<bool>().prop_map(|all| Event::Echo { all }),
        3 => Just(Event::TimeIsUp),
        6 => Just(Event::Speech),
        1 => Just(Event::SpeechGoesOn),
        5 => words.prop_map(Event::Understood),
        1 => prop::sample::select(&['1', '#'][..]).prop_map(Event::Key),
        2 => Just(Event::KeysOver),
        8 => written.prop_map(Event::Words),
        2 => prop::sample::select(&TOOLS[..]).prop_map(|(tool, arguments)| Event::Tool(tool, arguments)),
        3 => Just(Event::Done),
        1 => Just(Event::Failed),
        10 => (0usize..4, n_bytes).prop_map(|(which, n_bytes)| Event::Sound(which, n_bytes)),
        6 => (0usize..4, prop::bool::weighted(0.9)).prop_map(|(which, ok)| Event::SoundOver(which, ok)),
        1 => (0usize..4).prop_map(Event::LateSound),
    ]
}

pub(super) fn life() -> impl Strategy<Value = (Terms, Vec<Event>)> {
    (terms(), prop::collection::vec(event(), 0..80))
}

impl Life {
    pub(super) fn led(terms: Terms, events: &[Event]) -> Life {
        let silence =
            Silence { after: terms.silence_after, text: INTO_SILENCE.to_owned(), n_max: terms.n_max };
        let (model, fallback, barge_in) = (with_weather(), FALLBACK.to_owned(), terms.barge_in);
        let cascade =
            Cascade::new(Settings { model, fallback, silence, barge_in, voicemail: None }, terms.is_owed);
        let mut life = Life { cascade, seen: Witness::new(terms) };
        life.does(Cascade::open);
        for event in events {
            if life.is_over() {
                break;
            }
            life.happens(event);
        }
        life
    }

    fn is_over(&self) -> bool {
        self.seen.left.is_some() || self.seen.has_given_up
    }

    fn does(&mut self, what: impl FnOnce(&mut Cascade, Duration, Acts<'_>)) {
        let Life { cascade, seen } = self;
        what(cascade, seen.now, &mut |act| seen.sees(act));
        if !seen.has_given_up {
            seen.judges(cascade.due_at());
        }
        if matches!(self.seen.left, Some(Leave::Transfer(_))) && self.seen.terms.refuses {
            self.seen.left = None;
            self.seen.wishes_in_vain();
            self.seen.event.goes_on = true;
            self.does(Cascade::refuse);
        }
    }

    fn happens(&mut self, event: &Event) {
        let seen = &mut self.seen;
        match *event {
            Event::Pass(ms) => seen.pass(ms),
            Event::Echo { all } => self.echo(all),
            Event::TimeIsUp => self.time_is_up(),
            Event::Speech => self.speech(),
            Event::SpeechGoesOn if seen.makes_noise => {
                (seen.n_unknown, seen.n_parts) = (seen.n_unknown + 1, seen.n_parts + 1);
                self.does(Cascade::speech_goes_on);
            }
            Event::Understood(words) if seen.n_unknown > 0 => self.understood(words),
            Event::Key(key) => {
                seen.keys.push(key);
                seen.is_talked_over();
                self.does(|cascade, now, acts| cascade.key(key, now, acts));
            }
            Event::KeysOver => self.keys_over(),
            Event::Words(_) | Event::Tool(..) | Event::Done | Event::Failed if seen.is_asked => {
                self.piece(event);
            }
            Event::Sound(which, n_bytes) => {
                if let Some(one) = seen.unmade(which) {
                    let (number, begin) = (one.number, one.sound.len());
                    let more: Vec<u8> = (begin..begin + n_bytes).map(|at| code(number, at)).collect();
                    one.sound.extend_from_slice(&more);
                    self.does(|cascade, now, acts| cascade.sound(number, &more, now, acts));
                }
            }
            Event::SoundOver(which, is_whole) => self.sound_over(which, is_whole),
            Event::LateSound(which) if !seen.cut.is_empty() => {
                let number = seen.cut[which % seen.cut.len()];
                self.does(|cascade, now, acts| cascade.sound(number, &[1; 999], now, acts));
                self.does(|cascade, now, acts| cascade.sound_over(number, Ok(()), now, acts));
            }
            _ => {}
        }
    }

    fn speech(&mut self) {
        let seen = &mut self.seen;
        seen.makes_noise = !seen.makes_noise;
        (seen.is_spoken_to, seen.n_parts) = (seen.makes_noise, 0);
        if seen.makes_noise {
            seen.is_talked_over();
            return self.does(|cascade, now, acts| cascade.speech_began(now, now, acts));
        }
        seen.n_unknown += 1;
        self.does(|cascade, now, acts| cascade.speech_over(now, now, acts));
    }

    fn understood(&mut self, words: Option<Words>) {
        let seen = &mut self.seen;
        seen.n_unknown -= 1;
        seen.event.goes_on = true;
        match words {
            // What goes on without a word is noise.
            Some(Words { said: "", .. }) => seen.is_spoken_to &= seen.n_parts == 0,
            Some(Words { said, only_listen, .. }) => {
                seen.is_spoken_to &= seen.n_parts < 2;
                if !(only_listen && seen.is_held && seen.has_begun()) {
                    seen.takes_turn();
                }
                seen.event.understood.push(said.to_owned());
            }
            None => {
                seen.n_failures += 1;
                let is_waited_for = seen.is_owed || seen.is_asked || !seen.utterances.is_empty();
                seen.event.must_say = (!is_waited_for).then_some(FALLBACK);
            }
        }
        let words = words.map(|words| words.recognized.to_owned()).ok_or_else(|| "HTTP 500".to_owned());
        self.does(|cascade, now, acts| cascade.understood(words, now, acts));
    }

    fn keys_over(&mut self) {
        let keys = std::mem::take(&mut self.seen.keys);
        if !keys.is_empty() {
            self.seen.takes_turn();
            self.seen.event.understood.push(keys);
        }
        self.seen.event.goes_on = true;
        self.does(Cascade::keys_over);
    }

    fn piece(&mut self, event: &Event) {
        let seen = &mut self.seen;
        let piece = match event {
            Event::Words(words) => {
                seen.written.extend(words.chars().filter(|letter| !letter.is_whitespace()));
                Piece::Words(words.clone())
            }
            Event::Tool(name, arguments) => {
                seen.has_acted = true;
                match (*name, *arguments) {
                    ("end_call", _) => seen.wish = Some(Leave::End),
                    ("transfer_call", DESK) => {
                        let desk = with_weather().transfers["desk"].clone();
                        seen.wish = Some(Leave::Transfer(desk));
                    }
                    ("press_keys", KEYS) | ("weather", _) => {}
                    _ => {
                        seen.event.must_refuse = true;
                        seen.wishes_in_vain();
                    }
                }
                Piece::Tool { name: (*name).to_owned(), arguments: (*arguments).to_owned() }
            }
            Event::Failed => Piece::Failed("HTTP 500".to_owned()),
            _ => Piece::Done,
        };
        if matches!(piece, Piece::Done | Piece::Failed(_)) {
            seen.is_asked = false;
            let is_none = seen.written.is_empty() && !seen.has_acted;
            if is_none || !matches!(piece, Piece::Done) {
                (seen.wish, seen.n_failures) = (None, seen.n_failures + 1);
                seen.event.must_say = Some(FALLBACK);
            }
        }
        let is_reply = !matches!(piece, Piece::Failed(_)) && (seen.has_acted || !seen.written.is_empty());
        seen.event.is_reply = is_reply;
        let is_sentence_enough = matches!(piece, Piece::Words(_) | Piece::Failed(_));
        self.does(|cascade, now, acts| cascade.piece(piece, now, acts));
        let (said, written) = (&self.seen.said, &self.seen.written);
        assert!(written.starts_with(said), "{said:?} is said of {written:?}");
        assert!(is_sentence_enough || said == written, "only {said:?} is said of {written:?}");
    }

    fn sound_over(&mut self, which: usize, is_whole: bool) {
        let Some(one) = self.seen.unmade(which) else { return };
        (one.is_made, one.is_broken) = (true, !is_whole);
        let number = one.number;
        one.sound.resize(one.sound.len().next_multiple_of(FRAME_BYTES), SILENCE);
        self.seen.n_failures += u32::from(!is_whole);
        self.seen.closes();
        let whole = if is_whole { Ok(()) } else { Err("HTTP 500".to_owned()) };
        self.does(|cascade, now, acts| cascade.sound_over(number, whole, now, acts));
    }

    fn echo(&mut self, all: bool) {
        let echoes = std::mem::take(&mut self.seen.echoes);
        let n_skipped = if all { 0 } else { echoes.len().saturating_sub(1) };
        for mark in echoes.into_iter().skip(n_skipped) {
            if self.is_over() {
                return;
            }
            self.seen.hears(mark);
            self.does(|cascade, now, acts| cascade.played(mark, now, acts));
        }
    }

    fn time_is_up(&mut self) {
        let seen = &mut self.seen;
        if self.cascade.due_at().is_some_and(|at| at <= seen.now) {
            if seen.rests_since.is_none() {
                // All was played long ago, and nobody said so.
                seen.hears(u64::MAX);
            } else {
                seen.n_silences += 1;
                if seen.n_silences > seen.terms.n_max {
                    seen.wish = Some(Leave::End);
                } else {
                    seen.event.must_say = Some(INTO_SILENCE);
                }
            }
        }
        self.does(Cascade::time_is_up);
    }

    /// All that was begun is done, and then nobody says anything any more.
    pub(super) fn comes_to_its_end(&mut self) {
        for _ in 0..ROUNDS_MAX {
            if self.is_over() {
                return;
            }
            let seen = &mut self.seen;
            if seen.makes_noise {
                self.speech();
            } else if seen.n_unknown > 0 {
                self.understood(Some(Words { recognized: "", said: "", only_listen: false }));
            } else if !seen.keys.is_empty() {
                self.keys_over();
            } else if seen.is_asked {
                self.piece(&Event::Done);
            } else if seen.unmade(0).is_some() {
                self.sound_over(0, true);
            } else if !seen.line.is_empty() || !seen.echoes.is_empty() {
                seen.pass(60_000);
                if seen.terms.loses_marks {
                    seen.echoes.clear();
                }
                self.echo(true);
            } else if let Some(due_at) = self.cascade.due_at() {
                seen.now = seen.now.max(due_at);
                self.time_is_up();
            } else {
                assert!(seen.terms.silence_after.is_zero() && seen.rests_since.is_some(), "it is stuck");
                return;
            }
        }
        panic!("it goes on and on");
    }

    pub(super) fn is_ended(&mut self) {
        let seen = &mut self.seen;
        let mut expected = vec!["Bye.".to_owned(); seen.n_unknown];
        expected.extend(Some(std::mem::take(&mut seen.keys)).filter(|keys| !keys.is_empty()));
        seen.event = Seen { closed: seen.utterances.drain(..).collect(), ..Seen::default() };
        let mut acts = |act: Act<'_>| match act {
            Act::Said(line, _) if line.by == Speaker::Agent => seen.event.agent.push_back(line.text),
            Act::Said(line, _) => seen.event.remote.push(line.text),
            other => panic!("it is over, and wants {other:?}"),
        };
        while self.cascade.awaits_words() {
            self.cascade.last_words("Bye.", &mut acts);
        }
        self.cascade.end(&mut acts);
        assert_eq!(seen.event.remote, expected, "what they said last is written down");
        seen.event.are_heard();
    }
}

/// What an utterance sounds like at some place: another place, or another utterance, sounds otherwise.
fn code(number: u64, at: usize) -> u8 {
    let what = if at.is_multiple_of(FRAME_BYTES) { number as usize } else { at / FRAME_BYTES };
    (what % 250) as u8
}

const UNDERSTOOD: [Option<Words>; 9] = [
    Some(Words { recognized: "Hello there.", said: "Hello there.", only_listen: false }),
    Some(Words { recognized: " Wait,  please. ", said: "Wait, please.", only_listen: false }),
    Some(Words { recognized: "(coughs) Uh, no.", said: "Uh, no.", only_listen: false }),
    Some(Words { recognized: "Mhm.", said: "Mhm.", only_listen: true }),
    Some(Words { recognized: "Uh-huh", said: "Uh-huh", only_listen: true }),
    Some(Words { recognized: "", said: "", only_listen: false }),
    Some(Words { recognized: " \n", said: "", only_listen: false }),
    Some(Words { recognized: "[BLANK_AUDIO]", said: "", only_listen: false }),
    None,
];
/// What models write.
const WRITTEN: [&str; 7] = [
    "Good morning. ",
    "What can I do for you? ",
    "Yes",
    "",
    " and so on, and on, until somebody says something. And",
    "It is 3.14 or so…\n\nÄ. ",
    " ",
];
/// What models call.
const TOOLS: [(&str, &str); 8] = [
    ("end_call", "{}"),
    ("end_call", "no JSON"),
    ("transfer_call", DESK),
    ("transfer_call", r#"{"to":"nobody"}"#),
    ("press_keys", KEYS),
    ("press_keys", r#"{"digits":"call me"}"#),
    ("weather", r#"{"place":"Bern"}"#),
    ("sing", "{}"),
];
const FALLBACK: &str = "Sorry?";
const INTO_SILENCE: &str = "Are you there?";
const DESK: &str = r#"{"to":"desk"}"#;
const KEYS: &str = r#"{"digits":"1#"}"#;
/// More than anybody does until nobody says anything, and until it leaves then.
const ROUNDS_MAX: usize = 500;
