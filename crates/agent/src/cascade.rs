//! Conversations by sound with a model of words: a recognizer writes down what the other side says, the
//! model replies to that, and a synthesizer says the reply.
//!
//! What is told here by sound alone is when somebody speaks. Whoever does while something is said makes it
//! stop at once. What comes of that is known when their words are: if there were none, or such as one says
//! while listening, it goes on where it stopped; else it is their turn, and of what was said the transcript
//! has what they heard.

mod hearing;
mod machine;
mod mouth;
mod reply;
mod words;

use crate::model::Model;
use crate::overlap::Overlap;
use call::PhoneNumber;
use call::call::{OnMachine, Timing};
use call::dialogue::{Line, Silence, Speaker};
use machine::Machine;
use mouth::Mouth;
use std::time::Duration;

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
    /// What is done at the beep of an answering machine; without it nothing is.
    pub voicemail: Option<OnMachine>,
}

/// A conversation, as it goes on. It has neither socket nor clock: times are since any start.
#[derive(Debug)]
pub struct Cascade {
    settings: Settings,
    mouth: Mouth,
    overlap: Overlap,
    /// Who understands what was said last, and since when.
    recognizer: Option<(String, Duration)>,
    /// Which model replies, and since when.
    model: Option<(String, Duration)>,
    /// A reply is being written.
    is_replying: bool,
    /// Its words of which the sentence isn't whole.
    unsaid: String,
    /// Whether anything of it was said, and whether it did anything.
    has_spoken: bool,
    has_acted: bool,
    leaving: Option<Leave>,
    /// Somebody speaks.
    is_spoken_to: bool,
    /// So many parts of what they say were cut off because nobody waited for their end.
    n_parts: u32,
    /// So many utterances are at the recognizer.
    n_unknown: u32,
    /// Somebody said something that no reply was asked for yet.
    is_owed: bool,
    /// When they spoke last, and when they were taken to be done.
    judged: Option<(Duration, Duration)>,
    /// The end of a turn that is being replied to.
    turn: Option<Turn>,
    n_failed: Failures,
    /// Keys that were pressed and not told yet.
    keys: String,
    quiet_since: Option<Duration>,
    n_asked: u32,
    /// Somebody else takes it over.
    is_finishing: bool,
    /// A machine listens, which is not replied to.
    machine: Option<Machine>,
}

/// When somebody spoke last, was taken to be done, and was understood.
#[derive(Clone, Copy, Debug)]
struct Turn {
    spoken_at: Duration,
    judged_at: Duration,
    understood_at: Duration,
}

/// How often, one after another.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    /// There was no reply.
    model: u32,
    /// Somebody was not understood.
    recognizer: u32,
    /// A sentence was not said.
    synthesizer: u32,
    /// The model wished for what it can't have.
    wish: u32,
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
    /// What was not played is dropped; it wants to be told by this number when that is so.
    Clear(u64),
    /// This was said, and heard, and when: what the beginning of the agent's words was waited for, and how long
    /// the other side talked over them.
    Said(Line, Timing),
    /// The model leaves the call, all that it said having been heard. If it can't have that,
    /// [`Cascade::refuse`].
    Leave(Leave),
    /// The model is to know, when it is asked next, that it wished for this in vain.
    Refused {
        /// Which tool it called.
        tool: String,
        /// With what, as JSON.
        arguments: String,
        /// Why it can't have that.
        why: String,
    },
    /// Somebody else may take it over now: nothing is cut off.
    HandOver,
    /// Something is wrong, and the talk goes on: in a word, and in words that may quote what was said.
    Warn(&'static str, String),
    /// This fails time and again.
    GiveUp(Failing),
}

/// Who works for a conversation, and doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Who understands the other side.
    Recognizer,
    /// Who replies.
    Model,
    /// Who says the reply.
    Synthesizer,
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
            overlap: Overlap::default(),
            recognizer: None,
            model: None,
            is_replying: false,
            unsaid: String::new(),
            has_spoken: false,
            has_acted: false,
            leaving: None,
            is_spoken_to: false,
            n_parts: 0,
            n_unknown: 0,
            is_owed,
            judged: None,
            turn: None,
            n_failed: Failures::default(),
            keys: String::new(),
            quiet_since: None,
            n_asked: 0,
            is_finishing: false,
            machine: None,
        }
    }

    /// The model may do this from now on.
    pub fn renew(&mut self, model: Model) {
        self.settings.model = model;
    }

    /// The line is open.
    pub fn open(&mut self, now: Duration, acts: Acts<'_>) {
        self.settle(now, acts);
    }

    /// An utterance is spoken by this one, or by another whom that is told of later.
    pub fn spoken_by(&mut self, utterance: u64, synthesizer: String, now: Duration) {
        self.mouth.spoken_by(utterance, synthesizer, now);
    }

    /// More of an utterance's sound: µ-law at 8 kHz.
    pub fn sound(&mut self, utterance: u64, sound: &[u8], now: Duration, acts: Acts<'_>) {
        self.mouth.sound(utterance, sound, now, acts);
    }

    /// All of its sound was told, or why there is no more.
    pub fn sound_over(&mut self, utterance: u64, whole: Result<(), String>, now: Duration, acts: Acts<'_>) {
        let is_whole = whole.is_ok();
        match whole {
            Ok(()) => self.n_failed.synthesizer = 0,
            Err(why) => {
                acts(Act::Warn("a sentence could not be said", why));
                self.n_failed.synthesizer += 1;
                if self.n_failed.synthesizer >= FAILED_MAX {
                    return acts(Act::GiveUp(Failing::Synthesizer));
                }
            }
        }
        self.mouth.sound_over(utterance, is_whole, now, acts);
        self.settle(now, acts);
    }

    /// The sound of keys, all of it.
    pub fn sound_of_keys(&mut self, utterance: u64, sound: &[u8], now: Duration, acts: Acts<'_>) {
        self.mouth.sound(utterance, sound, now, acts);
        self.mouth.sound_over(utterance, true, now, acts);
        self.settle(now, acts);
    }

    /// All before this mark was played by now.
    pub fn played(&mut self, mark: u64, now: Duration, acts: Acts<'_>) {
        self.overlap.played(mark, now);
        self.mouth.played(mark, now, acts);
        self.settle(now, acts);
    }

    /// A key was pressed, which stops what is said. When no more come, [`keys_over`](Self::keys_over).
    pub fn key(&mut self, key: char, now: Duration, acts: Acts<'_>) {
        self.keys.push(key);
        if !self.is_protected() {
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
            self.note(Speaker::Remote, keys, Timing::default(), acts);
        }
        self.go_on(now, acts);
        self.settle(now, acts);
    }

    /// It can't leave as it wished, and is to know why.
    pub fn refuse(&mut self, now: Duration, acts: Acts<'_>) {
        self.wished_in_vain(acts);
        self.go_on(now, acts);
        self.settle(now, acts);
    }

    /// When [`time_is_up`](Self::time_is_up) is to be called, if nothing else comes.
    pub fn due_at(&self) -> Option<Duration> {
        let late_at = self.mouth.due_at();
        let recorded_at = self.machine.and_then(Machine::records_at);
        [self.silent_at(), late_at, recorded_at].into_iter().flatten().min()
    }

    /// When it has been silent for long enough to say something.
    fn silent_at(&self) -> Option<Duration> {
        let silence = &self.settings.silence;
        self.quiet_since.filter(|_| !silence.after.is_zero()).map(|since| since + silence.after)
    }

    /// It is later.
    pub fn time_is_up(&mut self, now: Duration, acts: Acts<'_>) {
        self.mouth.time_is_up(now, acts);
        if self.machine.and_then(Machine::records_at).is_some_and(|at| at <= now) {
            return self.recorded(now, acts);
        }
        if self.silent_at().is_some_and(|at| at <= now) {
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

    /// Somebody else is to take it over: [`Act::HandOver`] when a sentence that is being said was heard, and who
    /// speaks is understood.
    pub fn finish(&mut self, now: Duration, acts: Acts<'_>) {
        self.is_finishing = true;
        self.settle(now, acts);
    }

    /// Nothing more is heard: what was until now is written down.
    pub fn end(&mut self, acts: Acts<'_>) {
        for utterance in self.mouth.cut(&mut |_| {}) {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.timing(), acts);
        }
        let keys = std::mem::take(&mut self.keys);
        self.note(Speaker::Remote, keys, Timing::default(), acts);
    }

    /// Whether nobody may talk over what is being said.
    fn is_protected(&self) -> bool {
        !self.settings.barge_in && self.mouth.has_begun()
    }

    /// It is somebody else's turn: what was not heard isn't said any more, and a goodbye is none. What is
    /// protected is said to its end, and they are replied to then.
    fn take_turn(&mut self, acts: Acts<'_>) {
        (self.is_owed, self.n_asked, self.n_failed.wish) = (true, 0, 0);
        self.leaving = None;
        if self.is_protected() {
            return;
        }
        if self.is_replying {
            self.is_replying = false;
            acts(Act::Forget);
        }
        self.unsaid.clear();
        if !self.mouth.is_silent() {
            acts(Act::Hush);
        }
        for utterance in self.mouth.cut(acts) {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.timing(), acts);
        }
    }

    /// When nobody speaks any more, and all is understood: a reply, or what was being said.
    fn go_on(&mut self, now: Duration, acts: Acts<'_>) {
        if self.is_spoken_to || self.n_unknown > 0 || !self.keys.is_empty() {
            return;
        }
        self.reply_if_owed(acts);
        if self.mouth.is_held() {
            self.mouth.go_on(now, acts);
        }
    }

    /// Asks for a reply, if one is owed: to what was protected, when that was said.
    fn reply_if_owed(&mut self, acts: Acts<'_>) {
        if self.is_owed && !self.is_replying && !self.is_protected() && self.machine.is_none() {
            (self.is_owed, self.is_replying) = (false, true);
            (self.has_spoken, self.has_acted, self.leaving) = (false, false, None);
            acts(Act::Ask);
        }
    }

    /// Writes down what was heard to its end, leaves when nothing is left to be said, and notices whether it
    /// is quiet.
    fn settle(&mut self, now: Duration, acts: Acts<'_>) {
        let mut is_between = !self.mouth.has_begun();
        while let Some(utterance) = self.mouth.heard_whole() {
            is_between = true;
            self.note(Speaker::Agent, utterance.heard_text(), utterance.timing(), acts);
        }
        if !self.mouth.has_begun() {
            self.overlap.end(now);
        }
        if self.is_finishing && is_between && !self.is_spoken_to && self.n_unknown == 0 {
            return acts(Act::HandOver);
        }
        if self.mouth.is_silent() {
            self.go_on(now, acts);
        }
        let is_understood = !self.is_spoken_to && self.n_unknown == 0 && self.keys.is_empty();
        let is_quiet =
            self.mouth.is_silent() && !self.is_replying && (is_understood || self.machine.is_some());
        if is_quiet && let Some(leave) = self.leaving.take() {
            acts(Act::Leave(leave));
        }
        let greets = self.machine.is_some_and(Machine::greets);
        self.quiet_since = if is_quiet && !greets { self.quiet_since.or(Some(now)) } else { None };
    }

    fn note(&mut self, by: Speaker, text: String, timing: Timing, acts: Acts<'_>) {
        if !text.is_empty() {
            acts(Act::Said(Line { by, text }, timing));
        }
    }
}

/// So many replies may fail, one after another, so many utterances or sentences, until it is given up.
const FAILED_MAX: u32 = 3;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
