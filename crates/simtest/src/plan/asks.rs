//! What users ask of calls that live, and what the other side presses and says meanwhile. Drawn
//! from chance of its own, so that the rest of a seed's history doesn't depend on it.

use super::{Plan, UserAct, of, pick};
use call::PhoneNumber;
use call::call::{Input, Verb};
use network::world::{Act, Target, Trick};
use network::{Behaviour, Fault};
use rand::Rng;
use rand::rngs::StdRng;
use std::time::Duration;

/// Something that a user asks of a call.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Which of all wishes.
    pub(crate) n: usize,
    /// Of which of the calls that live then.
    pub(crate) pick: usize,
    pub(crate) verb: Verb,
    pub(crate) keyed: bool,
    pub(crate) asks_again: bool,
}

/// What the other side presses or says.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The question that it wants to answer, or any call's.
    pub(crate) of: Result<usize, usize>,
    /// Four digits that are given once in a world.
    pub(crate) token: String,
    pub(crate) spoken: bool,
    pub(crate) finished: bool,
}

impl Plan {
    /// Draws what is asked of calls.
    pub(super) fn draw_asks(&mut self, rng: &mut StdRng) {
        self.inbound_hold = rng.random_bool(0.6);
        let mut begins = Vec::new();
        for (at, act) in &mut self.acts {
            match act {
                UserAct::Order { hold, .. } => *hold = rng.random_bool(0.6),
                UserAct::CallIn { .. } => {}
                _ => continue,
            }
            begins.push(*at);
        }
        let (mut n, mut acts) = (0, Vec::new());
        for began_at in begins {
            for _ in 0..*pick(rng, &[0, 1, 2, 4, 6]) {
                let within = *pick(rng, &[15_000, 40_000, 120_000]);
                let at = began_at + rng.random_range(1_000..within);
                self.wish(rng, n, at, &mut acts);
                n += 1;
            }
        }
        self.acts.extend(acts);
        self.acts.sort_by_key(|(at, _)| *at);
        if !self.faults.is_empty() && rng.random_bool(0.6) {
            let likely = *pick(rng, &[0.05, 0.2, 0.5]);
            self.faults.push(fault(rng, likely));
        }
    }

    fn wish(&mut self, rng: &mut StdRng, n: usize, at: i64, acts: &mut Vec<(i64, UserAct)>) {
        let verb = verb(rng, n);
        let mut given = |rng: &mut StdRng, of, spoken, within: i64| {
            let token = format!("{}", FIRST_TOKEN + acts.len());
            let given = Given { of, token, spoken, finished: rng.random_bool(0.7) };
            acts.push((at + rng.random_range(500..within), UserAct::Give(given)));
        };
        match &verb {
            Verb::Ask { input, .. } => {
                let spoken = *input == Input::Speech;
                for _ in 0..rng.random_range(0..4u32) {
                    let within = *pick(rng, &[6_000, 20_000, 60_000]);
                    given(rng, Ok(n), spoken, within);
                }
            }
            Verb::Transfer { to } => {
                self.subscribers.insert(to.as_str().to_owned(), other_side(rng));
            }
            Verb::Say { .. } | Verb::SendDigits { .. } | Verb::Play { .. } | Verb::Stream { .. } => {
                if rng.random_bool(0.2) {
                    let (any, spoken) = (Err(rng.random_range(0..16)), rng.random_bool(0.3));
                    given(rng, any, spoken, 20_000);
                }
            }
        }
        if rng.random_bool(0.15) {
            let which = rng.random_bool(0.6).then(|| rng.random_range(0..4));
            let stop = UserAct::Stop { pick: rng.random_range(0..16), which };
            acts.push((at + rng.random_range(50..10_000), stop));
        }
        let (keyed, asks_again) = (rng.random_bool(0.6), rng.random_bool(0.2));
        let wish = Wish { n, pick: rng.random_range(0..16), verb, keyed, asks_again };
        acts.push((at, UserAct::Wish(wish)));
    }
}

/// Each says something of its own, so that whoever hears it twice can be told.
fn verb(rng: &mut StdRng, n: usize) -> Verb {
    let rest = " And so on.".repeat(rng.random_range(0..8));
    match rng.random_range(0..20u32) {
        0..=7 => Verb::Say { text: format!("{SENTENCE}{n}.{rest}") },
        8..=15 => {
            let input = match rng.random_range(0..3u32) {
                0 => Input::Digits { n_max: Some(4) },
                1 => Input::Digits { n_max: None },
                _ => Input::Speech,
            };
            let timeout = Duration::from_secs(rng.random_range(3..15));
            Verb::Ask { text: format!("{QUESTION}{n}?{rest}"), input, timeout }
        }
        16 => Verb::SendDigits { digits: keys_of(n) },
        17 => {
            let lasts = Duration::from_secs(rng.random_range(1..20));
            Verb::Play { url: format!("{SOUNDS}{n}.wav"), lasts }
        }
        _ => match transfer_target(n) {
            Some(to) => Verb::Transfer { to },
            None => Verb::Say { text: format!("{SENTENCE}{n}.") },
        },
    }
}

/// The keys that one wish presses, and no other.
pub(crate) fn keys_of(n: usize) -> String {
    format!("{n:05}")
}

fn transfer_target(n: usize) -> Option<PhoneNumber> {
    format!("{TRANSFERS}{n:03}").parse().ok()
}

/// Which wish has somebody put through to this number.
pub(crate) fn transfer_of(number: &str) -> Option<usize> {
    number.strip_prefix(TRANSFERS)?.parse().ok()
}

/// Which wish has this sentence or question said.
pub(crate) fn wish_of(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(SENTENCE).or_else(|| text.strip_prefix(QUESTION))?;
    rest.split(['.', '?']).next()?.parse().ok()
}

/// What an agent says on the call of this place, in place of a wish.
pub(crate) fn message_of(place: usize) -> String {
    format!("{SENTENCE}{}. And so on.", FIRST_MESSAGE + place)
}

/// Whether a text is a question.
pub(crate) fn is_question(text: &str) -> bool {
    text.starts_with(QUESTION)
}

fn other_side(rng: &mut StdRng) -> Behaviour {
    let answer_after_ms = *pick(rng, &[500, 4_000, 12_000]);
    match rng.random_range(0..8u32) {
        0 => Behaviour::Busy,
        1 => Behaviour::Never,
        2 => Behaviour::Unreachable,
        3 => Behaviour::Silent { answer_after_ms },
        _ => Behaviour::Talk { answer_after_ms, talk_ms: rng.random_range(500..40_000) },
    }
}

/// A fault on what is asked of calls, hang-ups among it.
fn fault(rng: &mut StdRng, likely: f64) -> Fault {
    let status = |status, processed| Act::Status { status, retry_after_s: None, processed };
    let act = match rng.random_range(0..10u32) {
        0 => Act::Trick(Trick::CutBefore),
        1..=3 => Act::Trick(Trick::CutAfter),
        4 => Act::Trick(Trick::StallBefore),
        5 => Act::Trick(Trick::StallAfter),
        6 => Act::Trick(Trick::BrokenBody),
        7 => status(500, true),
        8 => status(500, false),
        _ => Act::Delay { delay_ms: rng.random_range(500..15_000) },
    };
    of(Target::Update, likely, act)
}

const SENTENCE: &str = "Sentence ";
const SOUNDS: &str = "https://sounds.example/";
const QUESTION: &str = "Question ";
/// The numbers that calls are put through to, but for their last three digits.
const TRANSFERS: &str = "+12025555";
/// No user has so many wishes.
const FIRST_MESSAGE: usize = 100_000;
/// Four digits each.
const FIRST_TOKEN: usize = 1_000;
