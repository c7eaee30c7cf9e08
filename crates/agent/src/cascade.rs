//! Conversations by sound with a model of words: a recognizer writes down what the other side says, the
//! model replies to that, and a synthesizer says the reply.
//!
//! What is told here by sound alone is when somebody speaks. Whoever does while something is said makes it
//! stop at once. What comes of that is known when their words are: if there were none, or such as one says
//! while listening, it goes on where it stopped; else it is their turn, and of what was said the transcript
//! has what they heard.

mod mouth;
mod words;

use crate::chat::Piece;
use crate::model::{Model, Wish};
use call::PhoneNumber;
use call::call::Waits;
use call::dialogue::{Line, Silence, Speaker, end_of_sentence, pieces};
use mouth::{Beginning, Mouth};
use std::time::Duration;
use words::only_listens;

/// How a conversation is led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the model may do.
    pub model: Model,
    /// What is said when there is no reply, or the other side was not understood.
    pub fallback: String,
    /// What is said into a silence; of no length it is never noticed.
    pub silence: Silence,
    /// Whether the other side may talk over what is said.
    pub barge_in: bool,
}

/// A conversation, as it goes on. It has neither socket nor clock: times are since any start.
#[derive(Debug)]
pub struct Cascade {
    settings: Settings,
    mouth: Mouth,
    /// A reply is being written.
    is_replying: bool,
    /// Its words of which the sentence isn't whole.
    unsaid: String,
    /// Whether anything of it was said.
    has_spoken: bool,
    leaving: Option<Leave>,
    /// Somebody speaks.
    is_spoken_to: bool,
    /// So many utterances are at the recognizer.
    n_unknown: u32,
    /// Somebody said something that no reply was asked for yet.
    is_owed: bool,
    /// When they spoke last, when they were taken to be done, and when their words were known.
    turn: Option<Turn>,
    /// So many replies failed, one after another, so many utterances weren't understood, so many
    /// sentences had no sound, and it could not leave so often.
    n_failed: Failures,
    /// Keys that were pressed and not told yet.
    keys: String,
    quiet_since: Option<Duration>,
    n_asked: u32,
}

/// The end of somebody's turn.
#[derive(Clone, Copy, Debug)]
struct Turn {
    spoken_at: Duration,
    judged_at: Duration,
    understood_at: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    model: u32,
    recognizer: u32,
    synthesizer: u32,
    leave: u32,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// The model is asked for a reply to all that was said; what it writes still is dropped.
    Ask,
    /// What the model writes is dropped.
    Forget,
    /// The synthesizer says this, after what it says already. Its sound is told by [`Cascade::sound`].
    Say {
        /// By this number.
        utterance: u64,
        /// In these words.
        text: String,
    },
    /// These keys become sound, in the same way.
    Press {
        /// By this number.
        utterance: u64,
        /// As they are pressed.
        keys: String,
    },
    /// Nothing that the synthesizer has to say is wanted any more.
    Hush,
    /// This is played: µ-law at 8 kHz, of whole frames of 20 ms.
    Play(&'a [u8]),
    /// It wants to be told by this number when all before was played.
    Mark(u64),
    /// What was not played is dropped.
    Clear,
    /// This was said, and heard; what the beginning of the agent's words was waited for, where that is known.
    Said(Line, Option<Waits>),
    /// The model leaves the call, all that it said having been heard. If it can't have that,
    /// [`Cascade::refuse`].
    Leave(Leave),
    /// Something is wrong, and the talk goes on: in a word, and in words that may quote what was said.
    Warn(&'static str, String),
    /// This fails time and again.
    GiveUp(&'static str),
}

/// How a model leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The call is to end.
    End,
    /// It is to be put through.
    Transfer(PhoneNumber),
}

/// Takes what is to be done, in order.
pub type Acts<'a> = &'a mut dyn FnMut(Act<'_>);

impl Cascade {
    /// One that begins; `is_owed` where somebody waits for a reply.
    pub fn new(settings: Settings, is_owed: bool) -> Cascade {
        Cascade {
            settings,
            mouth: Mouth::default(),
            is_replying: false,
            unsaid: String::new(),
            has_spoken: false,
            leaving: None,
            is_spoken_to: false,
            n_unknown: 0,
            is_owed,
            turn: None,
            n_failed: Failures::default(),
            keys: String::new(),
            quiet_since: None,
            n_asked: 0,
        }
    }

    /// The line is open.
    pub fn open(&mut self, now: Duration, acts: Acts<'_>) {
        self.reply_if_owed(acts);
        self.settle(now, acts);
    }

    /// Somebody began to speak.
    pub fn speech_began(&mut self, now: Duration, acts: Acts<'_>) {
        self.is_spoken_to = true;
        if self.settings.barge_in || !self.mouth.has_begun() {
            self.mouth.hold(acts);
        }
        self.settle(now, acts);
    }

    /// They have been silent since then, for long enough: their words come by [`understood`](Self::understood).
    pub fn speech_over(&mut self, spoken_at: Duration, now: Duration, acts: Acts<'_>) {
        self.is_spoken_to = false;
        self.n_unknown += 1;
        self.turn = Some(Turn { spoken_at, judged_at: now, understood_at: None });
        self.settle(now, acts);
    }

    /// What somebody said, or why nobody knows.
    pub fn understood(&mut self, words: Result<String, String>, now: Duration, acts: Acts<'_>) {
        self.n_unknown = self.n_unknown.saturating_sub(1);
        match words {
            Ok(words) if words.trim().is_empty() => {}
            Ok(words) => {
                self.n_failed.recognizer = 0;
                let talks_over = self.mouth.is_held() && self.mouth.has_begun();
                let listens = talks_over && only_listens(&words);
                if !listens {
                    self.take_turn(acts);
                    self.turn = self.turn.map(|turn| Turn { understood_at: Some(now), ..turn });
                }
                self.note(Speaker::Remote, words.trim().to_owned(), None, acts);
            }
            Err(why) => {
                acts(Act::Warn("somebody was not understood", why));
                self.n_failed.recognizer += 1;
                if self.n_failed.recognizer >= FAILED_MAX {
                    return acts(Act::GiveUp("recognizer"));
                }
                // What was understood before is replied to.
                if !self.is_owed {
                    self.take_turn(acts);
                    self.is_owed = false;
                    self.say_fallback(acts);
                }
            }
        }
        self.go_on(acts);
        self.settle(now, acts);
    }

    /// A piece of the reply that was asked for.
    pub fn piece(&mut self, piece: Piece, now: Duration, acts: Acts<'_>) {
        match piece {
            Piece::Words(words) => {
                self.unsaid += &words;
                self.say_sentences(now, acts);
            }
            Piece::Tool { name, arguments } => {
                // What it said with it comes before it.
                self.say_rest(now, acts);
                match self.settings.model.wish(&name, &arguments) {
                    // It is used already, and the reply goes on.
                    Ok(Wish::Use) => {}
                    Ok(Wish::End) => self.leaving = Some(Leave::End),
                    Ok(Wish::Transfer(to)) => self.leaving = Some(Leave::Transfer(to)),
                    Ok(Wish::Keys(keys)) => {
                        let utterance = self.mouth.say("", None);
                        acts(Act::Press { utterance, keys });
                    }
                    Err(refused) => {
                        acts(Act::Warn(
                            "a model asked for something that it can't have",
                            refused.to_string(),
                        ));
                    }
                }
            }
            Piece::Done => {
                self.say_rest(now, acts);
                self.is_replying = false;
                self.n_failed.model = 0;
            }
            Piece::Failed(why) => {
                acts(Act::Warn("a model did not reply", why));
                self.is_replying = false;
                self.unsaid.clear();
                self.n_failed.model += 1;
                if self.n_failed.model >= FAILED_MAX {
                    return acts(Act::GiveUp("model"));
                }
                self.say_fallback(acts);
            }
        }
        self.settle(now, acts);
    }

    /// More of an utterance's sound: µ-law at 8 kHz.
    pub fn sound(&mut self, utterance: u64, sound: &[u8], now: Duration, acts: Acts<'_>) {
        self.mouth.sound(utterance, sound, now, acts);
    }

    /// All of its sound was told, or why there is no more.
    pub fn sound_over(&mut self, utterance: u64, whole: Result<(), String>, now: Duration, acts: Acts<'_>) {
        match whole {
            Ok(()) => self.n_failed.synthesizer = 0,
            Err(why) => {
                acts(Act::Warn("a sentence could not be said", why));
                self.n_failed.synthesizer += 1;
                if self.n_failed.synthesizer >= FAILED_MAX {
                    return acts(Act::GiveUp("synthesizer"));
                }
            }
        }
        self.mouth.sound_over(utterance, acts);
        self.settle(now, acts);
    }

    /// All before this mark was played by now.
    pub fn played(&mut self, mark: u64, now: Duration, acts: Acts<'_>) {
        self.mouth.played(mark, now);
        self.settle(now, acts);
    }

    /// A key was pressed, which stops what is said. When no more come, [`keys_over`](Self::keys_over).
    pub fn key(&mut self, key: char, now: Duration, acts: Acts<'_>) {
        self.keys.push(key);
        if self.settings.barge_in || !self.mouth.has_begun() {
            self.mouth.hold(acts);
        }
        self.settle(now, acts);
    }

    /// No more keys come for now.
    pub fn keys_over(&mut self, now: Duration, acts: Acts<'_>) {
        let keys = std::mem::take(&mut self.keys);
        if !keys.is_empty() {
            self.turn = None;
            self.take_turn(acts);
            self.note(Speaker::Remote, keys, None, acts);
        }
        self.go_on(acts);
        self.settle(now, acts);
    }

    /// It can't leave as it wished, and was told why.
    pub fn refuse(&mut self, now: Duration, acts: Acts<'_>) {
        self.n_failed.leave += 1;
        if self.n_failed.leave >= FAILED_MAX {
            return acts(Act::GiveUp("model"));
        }
        self.is_owed = true;
        self.go_on(acts);
        self.settle(now, acts);
    }

    /// When [`time_is_up`](Self::time_is_up) is to be called, if nothing else comes.
    pub fn due_at(&self) -> Option<Duration> {
        let silence = &self.settings.silence;
        self.quiet_since.filter(|_| !silence.after.is_zero()).map(|since| since + silence.after)
    }

    /// It is later.
    pub fn time_is_up(&mut self, now: Duration, acts: Acts<'_>) {
        if self.due_at().is_some_and(|at| at <= now) {
            self.n_asked += 1;
            if self.n_asked > self.settings.silence.n_max {
                self.leaving = Some(Leave::End);
            } else {
                let text = self.settings.silence.text.clone();
                self.say(&text, acts);
            }
        }
        self.settle(now, acts);
    }

    /// Nothing more is heard: what was until now is written down.
    pub fn end(&mut self, acts: Acts<'_>) {
        for utterance in self.mouth.cut(&mut |_| {}) {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.waits(), acts);
        }
    }

    /// It is somebody else's turn: what was not heard isn't said any more, and a goodbye is none.
    fn take_turn(&mut self, acts: Acts<'_>) {
        (self.is_owed, self.n_asked) = (true, 0);
        if self.is_replying {
            self.is_replying = false;
            acts(Act::Forget);
        }
        self.unsaid.clear();
        if !self.settings.barge_in && self.mouth.has_begun() {
            return;
        }
        self.leaving = None;
        if !self.mouth.is_silent() {
            acts(Act::Hush);
        }
        for utterance in self.mouth.cut(acts) {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.waits(), acts);
        }
        if self.is_spoken_to {
            self.mouth.hold(acts);
        }
    }

    /// When nobody speaks any more, and all is understood: a reply, or what was being said.
    fn go_on(&mut self, acts: Acts<'_>) {
        if self.is_spoken_to || self.n_unknown > 0 || !self.keys.is_empty() {
            return;
        }
        self.reply_if_owed(acts);
        if self.mouth.is_held() {
            self.mouth.go_on(acts);
        }
    }

    fn reply_if_owed(&mut self, acts: Acts<'_>) {
        if std::mem::take(&mut self.is_owed) {
            (self.is_replying, self.has_spoken) = (true, false);
            acts(Act::Ask);
        }
    }

    /// Says what are whole sentences by now.
    fn say_sentences(&mut self, now: Duration, acts: Acts<'_>) {
        let n_min = if self.has_spoken { SENTENCE_MIN } else { FIRST_MIN };
        if let Some(end) = end_of_sentence(&self.unsaid, n_min) {
            let rest = self.unsaid.split_off(end);
            let text = std::mem::replace(&mut self.unsaid, rest);
            self.say_of_reply(text.trim(), now, acts);
        }
    }

    fn say_rest(&mut self, now: Duration, acts: Acts<'_>) {
        let rest = std::mem::take(&mut self.unsaid);
        self.say_of_reply(rest.trim(), now, acts);
    }

    /// Says a part of the reply, of which the first is waited for.
    fn say_of_reply(&mut self, text: &str, now: Duration, acts: Acts<'_>) {
        for text in pieces(text).iter().filter(|text| !text.is_empty()) {
            let turn = self.turn.take().filter(|_| !self.has_spoken);
            let waits = turn.and_then(|Turn { spoken_at, judged_at, understood_at }| {
                let understood_at = understood_at?;
                Some(Beginning { spoken_at, judged_at, understood_at, written_at: now, sounded_at: None })
            });
            self.has_spoken = true;
            let utterance = self.mouth.say(text, waits);
            acts(Act::Say { utterance, text: text.clone() });
        }
    }

    fn say_fallback(&mut self, acts: Acts<'_>) {
        let fallback = self.settings.fallback.clone();
        self.say(&fallback, acts);
    }

    fn say(&mut self, text: &str, acts: Acts<'_>) {
        let utterance = self.mouth.say(text, None);
        acts(Act::Say { utterance, text: text.to_owned() });
    }

    /// Writes down what was heard to its end, leaves when nothing is left to be said, and notices whether it
    /// is quiet.
    fn settle(&mut self, now: Duration, acts: Acts<'_>) {
        while let Some(utterance) = self.mouth.heard_whole() {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.waits(), acts);
        }
        let is_quiet = self.mouth.is_silent()
            && !self.is_replying
            && !self.is_spoken_to
            && self.n_unknown == 0
            && self.keys.is_empty();
        if is_quiet && let Some(leave) = self.leaving.take() {
            acts(Act::Leave(leave));
        }
        self.quiet_since = if is_quiet { self.quiet_since.or(Some(now)) } else { None };
    }

    fn note(&mut self, by: Speaker, text: String, waits: Option<Waits>, acts: Acts<'_>) {
        if !text.is_empty() {
            acts(Act::Said(Line { by, text }, waits));
        }
    }
}

/// So many replies may fail, one after another, so many utterances or sentences, until it is given up.
const FAILED_MAX: u32 = 3;
/// So many letters of a reply are said before the rest is there: few at first, since somebody waits.
const FIRST_MIN: usize = 8;
const SENTENCE_MIN: usize = 40;

#[cfg(test)]
mod tests;
