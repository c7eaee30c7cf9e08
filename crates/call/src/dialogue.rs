//! A conversation by turns, over what the carrier hears and says: what a program says is put as a
//! question on the line, and what the other side answers is told to the program.
//!
//! Nothing of it is kept: all that must outlive a process stands in the call, whose commands are what
//! was said and heard. What was answered and not replied to is told again to whoever is connected anew.

use crate::call::{Call, CallState, Command, CommandId, CommandState, Input, Verb};
use crate::number::PhoneNumber;
use crate::time::Timestamp;
use silence::{Noticed, Patience};
use std::collections::VecDeque;
use std::time::Duration;

pub use self::silence::Silence;
pub use self::transcript::{Entry, Line, Speaker, Use, conversation, transcript};
pub use self::turns::{HowMuch, Turn, What, turns};

mod silence;
mod transcript;
mod turns;

/// What a program says in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Words, or some of them.
    Words {
        /// As they are to be said.
        text: String,
        /// Whether they are all, so that it is the other side's turn when they were said.
        last: bool,
    },
    /// What it said so far is to be said now: the rest takes a while.
    Pause,
    /// A sound file is to be played.
    Play {
        /// Where the carrier fetches it.
        url: String,
    },
    /// Keys are to be pressed.
    Keys(String),
    /// Somebody else is to be put through; the conversation is over then.
    Transfer(PhoneNumber),
    /// When all of that was done, the conversation is over.
    End,
}

/// What is to be done for a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The program is told this.
    Tell(Told),
    /// This is asked of the call.
    Ask(Verb),
    /// This is to end before its time.
    Stop(CommandId),
    /// The program is done: the line is to be closed when all that was asked is.
    Close,
    /// What is asked of the line fails, again and again.
    GiveUp,
}

/// What a program is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The other side said this.
    Prompt(String),
    /// The other side pressed this key.
    Key(char),
    /// Something that it said could not be said.
    Failed(String),
}

/// One program's part in the conversation of one call, from when it is connected.
#[derive(Debug)]
pub struct Dialogue {
    /// What it said and isn't asked of the call yet.
    waiting: VecDeque<Waits>,
    /// The words of which more are to come.
    unfinished: String,
    /// Why something that it said was not taken.
    refused: Vec<String>,
    /// Nothing more comes from it once this is done; of a transfer, if it comes about.
    is_ending: bool,
    /// It said that the conversation is over.
    is_over: bool,
    reply_within: Duration,
    drops_stale: bool,
    /// The last of its commands of which it was told what came.
    told: CommandId,
    /// Until when it was told of keys that nobody asked for.
    pressed_until: Timestamp,
    /// The command under way, and since when it is known that the carrier took it.
    taken: Option<(CommandId, Timestamp)>,
    /// Until when it is its turn, where that is waited for.
    its_turn_until: Option<Timestamp>,
    /// Nothing was asked of it yet.
    is_new: bool,
    /// How many of its commands failed one after another, and when the last one did.
    n_failed: u32,
    failed_at: Timestamp,
    patience: Patience,
    /// It said that the rest takes a while, and nothing since.
    is_at_work: bool,
    /// When to look again, though nothing may happen until then.
    due_at: Option<Timestamp>,
}

#[derive(Debug)]
enum Waits {
    Words(String),
    Other(Verb),
}

impl Dialogue {
    /// Of a program that was just connected: what was answered before, and not replied to, is told it.
    pub fn new(call: &Call) -> Dialogue {
        let mut theirs = call.commands.iter().filter(|command| command.by_agent).rev();
        let last = theirs.next();
        let told = match last {
            // Whoever asked for something since, by whatever way, has replied.
            Some(last) if last.id < call.last_command => Some(last),
            Some(last) if is_answered(last) || last.state.is_open() => theirs.next(),
            last => last,
        };
        Dialogue {
            waiting: VecDeque::new(),
            unfinished: String::new(),
            refused: Vec::new(),
            is_ending: false,
            is_over: false,
            reply_within: REPLY_WITHIN,
            drops_stale: false,
            told: told.map(|command| command.id).unwrap_or_default(),
            pressed_until: last.map_or(call.facts.created_at, |last| last.asked_at),
            taken: None,
            its_turn_until: None,
            is_new: true,
            n_failed: 0,
            failed_at: Timestamp(0),
            patience: Patience::default(),
            is_at_work: false,
            due_at: None,
        }
    }

    /// Of one that replies within this time, and only ever to what was said last: what it said before,
    /// and isn't asked of the call yet, nobody is to hear any more.
    pub fn replying_within(call: &Call, reply_within: Duration) -> Dialogue {
        Dialogue { reply_within, drops_stale: true, ..Dialogue::new(call) }
    }

    /// The same, which notices when nobody says a word for as long as this says; never, if that is no time.
    #[must_use]
    pub fn noticing(mut self, silence: Silence) -> Dialogue {
        self.patience.silence = Some(silence).filter(|silence| !silence.after.is_zero());
        self
    }

    /// The program said something.
    pub fn say(&mut self, said: Said) {
        self.is_at_work = said == Said::Pause;
        match said {
            Said::Words { text, last } => {
                if self.unfinished.len() + text.len() > WORDS_MAX {
                    return self.refuse(format!("more than {WORDS_MAX} bytes wait to be said"));
                }
                self.unfinished += &text;
                if last {
                    let words = std::mem::take(&mut self.unfinished);
                    self.its_turn_until = None;
                    self.add(words.trim());
                }
            }
            Said::Pause => {
                let words = std::mem::take(&mut self.unfinished);
                for text in pieces(words.trim()).into_iter().filter(|text| !text.is_empty()) {
                    self.wait_for(Verb::Say { text });
                }
            }
            Said::Play { url } => self.wait_for(Verb::Play { url, lasts: PLAY_LASTS }),
            Said::Keys(digits) => self.wait_for(Verb::SendDigits { digits }),
            Said::Transfer(to) => {
                self.wait_for(Verb::Transfer { to });
                self.is_ending = true;
            }
            Said::End => {
                let words = std::mem::take(&mut self.unfinished);
                self.add(words.trim());
                (self.is_ending, self.is_over) = (true, true);
            }
        }
    }

    /// The sentence that it began to say has no end: it isn't said.
    pub fn forget_unfinished(&mut self) {
        self.unfinished.clear();
    }

    /// Adds words to those that wait, if not too many do.
    fn add(&mut self, words: &str) {
        match self.waiting.back_mut() {
            _ if words.is_empty() => {}
            Some(Waits::Words(before)) if before.len() + words.len() > WORDS_MAX => {
                self.refuse(format!("more than {WORDS_MAX} bytes wait to be said"));
            }
            Some(Waits::Words(before)) => *before = format!("{before} {words}"),
            _ => self.wait(Waits::Words(words.to_owned())),
        }
    }

    fn wait_for(&mut self, verb: Verb) {
        self.wait(Waits::Other(verb));
    }

    fn wait(&mut self, one: Waits) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(one);
        } else {
            self.refuse(format!("more than {WAITING_MAX} things wait to be done"));
        }
    }

    /// The program said something that can't be taken; it is told why.
    pub fn refuse(&mut self, why: String) {
        self.refused.push(why);
        self.refused.truncate(WAITING_MAX);
    }

    /// What is to be done now, by the call as it stands. Whoever does it asks again when the call has
    /// moved, when the program said something, and at [`due_at`](Self::due_at).
    pub fn next(&mut self, call: &Call, now: Timestamp) -> Vec<Act> {
        self.due_at = None;
        if !matches!(call.state, CallState::InProgress(_)) {
            return Vec::new();
        }
        if std::mem::take(&mut self.is_new) && self.waiting.is_empty() && !self.drops_stale {
            // Many begin by themselves: to listen at once would only have to be stopped.
            self.its_turn_until = Some(now + FIRST_WITHIN);
        }
        let mut acts: Vec<Act> = self.refused.drain(..).map(|why| Act::Tell(Told::Failed(why))).collect();
        acts.extend(self.news(call, now));
        acts.extend(self.turn(call, now));
        acts
    }

    /// When to look again at the latest.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }

    /// What the program was not told yet.
    fn news(&mut self, call: &Call, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        for command in call.commands.iter().filter(|command| command.by_agent) {
            if command.id <= self.told || command.state.is_open() {
                continue;
            }
            self.told = command.id;
            match &command.state {
                CommandState::Done(outcome) => {
                    self.n_failed = 0;
                    let words = outcome.speech.clone().map(Told::Prompt);
                    let keys = outcome.digits.iter().flat_map(|digits| digits.chars().map(Told::Key));
                    let told: Vec<Told> = words.into_iter().chain(keys).collect();
                    if !told.is_empty() {
                        self.is_at_work = false;
                        self.patience.heard();
                        self.its_turn_until = Some(now + self.reply_within);
                    }
                    if !told.is_empty() && self.drops_stale {
                        self.unfinished.clear();
                        self.waiting.clear();
                        (self.is_ending, self.is_over) = (false, false);
                    }
                    acts.extend(told.into_iter().map(Act::Tell));
                }
                CommandState::Failed { code, reason } => {
                    // Nobody was put through: the conversation goes on.
                    self.is_ending &= !matches!(command.verb, Verb::Transfer { .. });
                    (self.n_failed, self.failed_at) = (self.n_failed + 1, now);
                    acts.push(Act::Tell(Told::Failed(format!("{}: {reason} ({code})", command.verb.word()))));
                }
                // Whether it was heard nobody knows; what is said next will tell.
                CommandState::InDoubt { .. } => (self.n_failed, self.failed_at) = (self.n_failed + 1, now),
                _ => {}
            }
        }
        for pressed in call.pressed.iter().filter(|pressed| pressed.at > self.pressed_until) {
            acts.extend(pressed.digits.chars().map(|key| Act::Tell(Told::Key(key))));
        }
        self.pressed_until =
            call.pressed.last().map_or(self.pressed_until, |last| last.at.max(self.pressed_until));
        acts
    }

    /// Whose turn it is, and what follows from that.
    fn turn(&mut self, call: &Call, now: Timestamp) -> Vec<Act> {
        let Some(open) = call.commands.iter().find(|command| command.state.is_open()) else {
            return self.on_a_free_line(now);
        };
        let said_at = self.said_at(open, now);
        if open.by_agent {
            self.notice_silence(said_at, now);
        }
        // What others asked for is theirs, and goes on without it.
        if self.is_over && self.waiting.is_empty() && !call.commands.iter().any(is_listening) {
            return vec![Act::Close];
        }
        let wanted = !self.waiting.is_empty() || self.is_ending;
        if !(wanted && open.by_agent) {
            return Vec::new();
        }
        match said_at {
            // Somebody is listened to, and nothing is being said.
            Some(said_at) if said_at <= now => vec![Act::Stop(open.id)],
            Some(said_at) => {
                self.due_at = Some(said_at);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Nobody says a word, and nobody is about to.
    fn notice_silence(&mut self, since: Option<Timestamp>, now: Timestamp) {
        let is_its_turn = self.its_turn_until.is_some_and(|until| now < until);
        let is_busy = is_its_turn
            || self.is_at_work
            || self.is_ending
            || !self.waiting.is_empty()
            || !self.unfinished.is_empty();
        let Some(since) = since.filter(|_| !is_busy) else { return };
        match self.patience.notice(since, now) {
            Noticed::Nothing(due_at) => self.due_at = due_at,
            Noticed::Say(text) => self.add(&text),
            Noticed::Enough => (self.is_ending, self.is_over) = (true, true),
        }
    }

    /// When the words of a question that somebody may still answer were said, about; `None` while it
    /// can't be ended, or ends by itself.
    fn said_at(&mut self, open: &Command, now: Timestamp) -> Option<Timestamp> {
        let (Verb::Ask { text, timeout, .. }, CommandState::Taken { .. }) = (&open.verb, &open.state) else {
            return None;
        };
        let since = match self.taken {
            Some((id, since)) if id == open.id => since,
            _ => now,
        };
        self.taken = Some((open.id, since));
        let words = if text.is_empty() { Duration::ZERO } else { open.verb.lasts() - *timeout };
        Some(since + words)
    }

    fn on_a_free_line(&mut self, now: Timestamp) -> Vec<Act> {
        if self.n_failed > FAILED_MAX {
            return vec![Act::GiveUp];
        }
        let pause = self.failed_at + PAUSE_AFTER_FAILURE * self.n_failed;
        if self.n_failed > 0 && now < pause {
            self.due_at = Some(pause);
            return Vec::new();
        }
        match self.waiting.pop_front() {
            Some(Waits::Other(verb)) => vec![Act::Ask(verb)],
            Some(Waits::Words(words)) => self.words(words),
            None if self.is_ending => vec![Act::Close],
            // More is to come; what is a sentence by now is said meanwhile.
            None if !self.unfinished.is_empty() => {
                let Some(end) = end_of_sentence(&self.unfinished, SENTENCE_MIN) else { return Vec::new() };
                let rest = self.unfinished.split_off(end);
                let text = std::mem::replace(&mut self.unfinished, rest).trim().to_owned();
                vec![Act::Ask(Verb::Say { text })]
            }
            None if self.is_at_work => Vec::new(),
            None => match self.its_turn_until {
                // It is about to reply: to listen now would only have to be stopped.
                Some(until) if now < until => {
                    self.due_at = Some(until);
                    Vec::new()
                }
                _ => vec![Act::Ask(question(String::new()))],
            },
        }
    }

    /// All words that wait, in pieces that a carrier takes; after the last one somebody is listened to.
    fn words(&mut self, first: String) -> Vec<Act> {
        let mut pieces = pieces(&first);
        if pieces.len() > PIECES_MAX {
            self.waiting.push_front(Waits::Words(pieces.split_off(PIECES_MAX).join(" ")));
        }
        let last = pieces.pop().unwrap_or_default();
        let says = pieces.into_iter().map(|text| Act::Ask(Verb::Say { text }));
        let listens = !self.is_ending && self.waiting.is_empty();
        let last = if listens { question(last) } else { Verb::Say { text: last } };
        says.chain([Act::Ask(last)]).collect()
    }
}

/// Whether the agent waits for an answer.
fn is_listening(command: &Command) -> bool {
    command.by_agent && command.state.is_open() && matches!(command.verb, Verb::Ask { .. })
}

/// Whether the other side said or pressed something.
fn is_answered(command: &Command) -> bool {
    match &command.state {
        CommandState::Done(outcome) => outcome.speech.is_some() || outcome.digits.is_some(),
        _ => false,
    }
}

fn question(text: String) -> Verb {
    Verb::Ask { text, input: Input::Any, timeout: LISTEN }
}

/// Where the last whole sentence ends of which more words follow; none of fewer letters than `n_min` is said
/// by itself.
pub fn end_of_sentence(text: &str, n_min: usize) -> Option<usize> {
    let mut ends = text.match_indices(['.', '!', '?', '…', '。']).map(|(at, mark)| at + mark.len());
    let last = ends.rfind(|end| text[*end..].starts_with(char::is_whitespace))?;
    (text[..last].chars().count() >= n_min).then_some(last)
}

/// A text in pieces of a thousand letters at most, cut after sentences, else between words.
pub fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while let Some((end, _)) = rest.char_indices().nth(PIECE_MAX) {
        let head = &rest[..end];
        let sentence = head.rfind(['.', '!', '?']).map(|at| at + 1);
        let at = sentence.or_else(|| head.rfind(' ')).filter(|at| *at > 0).unwrap_or(end);
        pieces.push(rest[..at].trim().to_owned());
        rest = rest[at..].trim_start();
    }
    pieces.push(rest.to_owned());
    pieces
}

/// How long a program is waited for with its reply, before the other side is listened to again.
const REPLY_WITHIN: Duration = Duration::from_secs(5);
/// How long it is waited for with its first words.
const FIRST_WITHIN: Duration = Duration::from_secs(1);
/// How long the other side may be silent until it is listened to anew: Plivo takes no longer.
const LISTEN: Duration = Duration::from_secs(60);
/// How long a file is taken to last where the carrier doesn't tell.
const PLAY_LASTS: Duration = Duration::from_secs(30);
/// So much may wait to be said, and so many other things to be done: some hour and a half of speech.
const WORDS_MAX: usize = 64 * 1024;
const WAITING_MAX: usize = 64;
const PIECE_MAX: usize = 1_000;
/// So many letters are said before the rest is there: shorter ones would only make a pause.
const SENTENCE_MIN: usize = 40;
/// So many pieces are asked of a call at once, which takes no more than eight.
const PIECES_MAX: usize = 6;
/// So many commands may fail one after another, with a pause after each that is longer each time.
const FAILED_MAX: u32 = 4;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
