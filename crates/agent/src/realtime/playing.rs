//! What a model said, how much of it was played, and so how much of it was heard.

use super::{Act, Acts};
use crate::heard::heard_of;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// What is being said and was not heard to its end.
#[derive(Debug, Default)]
pub(super) struct Playing {
    utterances: VecDeque<Utterance>,
    /// Marks that were not played yet: their numbers, whose they are, and how much was said by then.
    marks: VecDeque<(u64, u64, usize)>,
    n_marks: u64,
    n_utterances: u64,
    /// Items that were cut off, of which more may come.
    cut: VecDeque<String>,
}

/// A part of an item that is said.
#[derive(Debug)]
pub(super) struct Utterance {
    number: u64,
    item: String,
    part: u32,
    text: String,
    has_all_words: bool,
    /// Bytes, of which [`BYTES_EACH_MS`] are played in a millisecond.
    n_said: usize,
    n_heard: usize,
    /// How much was said at its last mark.
    n_marked: usize,
    is_over: bool,
    /// It is keys, and the server's name for that wish.
    wish: Option<String>,
    /// When the other side was done to whom it replies, and when it was heard to begin.
    done_at: Option<Duration>,
    begun_at: Option<Duration>,
}

impl Playing {
    /// More of an item's sound, and when the other side was done to whom it replies.
    pub(super) fn sound(
        &mut self,
        item: &str,
        part: u32,
        (sound, done_at): (&str, Option<Duration>),
        acts: Acts<'_>,
    ) {
        if self.is_cut(item) {
            return;
        }
        let (number, mut n_said, mut n_marked) = {
            let one = self.of(item, part);
            one.done_at = one.done_at.or(done_at);
            (one.number, one.n_said, one.n_marked)
        };
        let mut rest = sound;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at_checked(PIECE_LETTERS).unwrap_or((rest, ""));
            acts(Act::Play(piece));
            n_said += n_bytes(piece);
            if n_said - n_marked >= MARKED_EACH {
                n_marked = n_said;
                self.mark(number, n_said, false, acts);
            }
            rest = after;
        }
        let one = self.of(item, part);
        (one.n_said, one.n_marked) = (n_said, n_marked);
    }

    /// Keys are pressed behind what is being said, as the server wished by this name.
    pub(super) fn pressed(&mut self, wish: String, acts: Acts<'_>) {
        self.n_utterances += 1;
        let number = self.n_utterances;
        let tones =
            Utterance { is_over: true, has_all_words: true, n_said: 1, ..Utterance::new(number, &wish, 0) };
        self.utterances.push_back(Utterance { wish: Some(wish), ..tones });
        self.mark(number, 1, false, acts);
    }

    /// There is no more of an item's sound.
    pub(super) fn sound_over(&mut self, item: &str, acts: Acts<'_>) {
        let over: Vec<(u64, usize)> = self
            .utterances
            .iter_mut()
            .filter(|one| one.item == item && !one.is_over)
            .map(|one| {
                one.is_over = true;
                (one.number, one.n_said)
            })
            .collect();
        for (number, n_said) in over {
            self.mark(number, n_said, true, acts);
        }
    }

    /// More of what an item says, in words.
    pub(super) fn words(&mut self, item: &str, part: u32, words: &str) {
        if !self.is_cut(item) {
            self.of(item, part).text.push_str(words);
        }
    }

    /// All of what an item says, in words.
    pub(super) fn all_words(&mut self, item: &str, part: u32, words: &str) {
        if !self.is_cut(item) {
            let one = self.of(item, part);
            words.clone_into(&mut one.text);
            one.has_all_words = true;
        }
    }

    /// Nothing more comes of anything that is being said.
    pub(super) fn all_over(&mut self, acts: Acts<'_>) {
        let items: Vec<String> = self.utterances.iter().map(|one| one.item.clone()).collect();
        for item in items {
            self.sound_over(&item, acts);
        }
        for one in &mut self.utterances {
            one.has_all_words = true;
        }
    }

    /// All before this mark was played by now. One that was dropped is none any more.
    pub(super) fn played(&mut self, mark: u64, now: Duration) {
        while let Some((number, utterance, n_said)) = self.marks.front().copied()
            && number <= mark
        {
            self.marks.pop_front();
            if let Some(one) = self.utterances.iter_mut().find(|one| one.number == utterance) {
                one.n_heard = n_said;
                one.begun_at.get_or_insert(now.saturating_sub(played_in(n_said)));
            }
        }
    }

    /// The next that was heard to its end.
    pub(super) fn heard_whole(&mut self) -> Option<Utterance> {
        let first = self.utterances.front()?;
        let is_whole = first.is_over && first.has_all_words && first.n_heard >= first.n_said;
        is_whole.then(|| self.utterances.pop_front()).flatten()
    }

    /// Whether nothing is being said.
    pub(super) fn is_silent(&self) -> bool {
        self.utterances.is_empty()
    }

    /// Whether something is at their ear at this time, as far as is known.
    pub(super) fn is_heard(&self, at: Duration) -> bool {
        self.utterances
            .iter()
            .any(|one| one.n_said > one.n_heard && one.over_at().is_none_or(|over_at| at < over_at))
    }

    /// What is being said is cut off where it was last known to be heard.
    pub(super) fn cut(&mut self) -> Vec<Utterance> {
        let cut: Vec<Utterance> = self.utterances.drain(..).collect();
        self.marks.clear();
        self.cut.extend(cut.iter().map(|one| one.item.clone()));
        let surplus = self.cut.len().saturating_sub(CUT_KEPT_MAX);
        self.cut.drain(..surplus);
        cut
    }

    fn is_cut(&self, item: &str) -> bool {
        self.cut.iter().any(|cut| cut == item)
    }

    fn of(&mut self, item: &str, part: u32) -> &mut Utterance {
        let known = self.utterances.iter().position(|one| one.item == item && one.part == part);
        let at = known.unwrap_or_else(|| {
            self.n_utterances += 1;
            self.utterances.push_back(Utterance::new(self.n_utterances, item, part));
            self.utterances.len() - 1
        });
        &mut self.utterances[at]
    }

    fn mark(&mut self, utterance: u64, n_said: usize, last: bool, acts: Acts<'_>) {
        let number = self.next_mark();
        self.marks.push_back((number, utterance, n_said));
        acts(Act::Mark { number, last });
    }

    /// A mark that nobody had yet.
    pub(super) fn next_mark(&mut self) -> u64 {
        self.n_marks += 1;
        self.n_marks
    }
}

impl Utterance {
    fn new(number: u64, item: &str, part: u32) -> Utterance {
        Utterance {
            number,
            item: item.to_owned(),
            part,
            text: String::new(),
            has_all_words: false,
            n_said: 0,
            n_heard: 0,
            n_marked: 0,
            is_over: false,
            wish: None,
            done_at: None,
            begun_at: None,
        }
    }

    /// The server's name for the wish, where it is keys.
    pub(super) fn wish(&self) -> Option<&str> {
        self.wish.as_deref()
    }

    /// Whether any of its sound came.
    pub(super) fn has_sound(&self) -> bool {
        self.n_said > 0
    }

    /// How long after the other side was done it was heard to begin.
    pub(super) fn after(&self) -> Option<Duration> {
        Some(self.begun_at?.saturating_sub(self.done_at?))
    }

    /// When all of it that came was heard, once it was heard to begin.
    fn over_at(&self) -> Option<Duration> {
        Some(self.begun_at? + played_in(self.n_said))
    }

    /// The message that has the server forget what was not heard.
    pub(super) fn truncation(&self) -> Value {
        json!({
            "type": "conversation.item.truncate",
            "item_id": self.item,
            "content_index": self.part,
            "audio_end_ms": self.n_heard / BYTES_EACH_MS,
        })
    }

    /// Its words as far as they were heard, of all that there are by now.
    pub(super) fn heard_text(&self) -> String {
        heard_of(&self.text, self.n_heard, self.n_said)
    }
}

fn played_in(n_bytes: usize) -> Duration {
    Duration::from_millis((n_bytes / BYTES_EACH_MS) as u64)
}

/// How many bytes a Base64 text has.
fn n_bytes(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

/// µ-law at 8 kHz.
const BYTES_EACH_MS: usize = 8;
/// How much is said from mark to mark: nearly 200 ms, by as much as is known less of what was heard.
const MARKED_EACH: usize = PIECE_LETTERS / 4 * 3;
/// The same in Base64, of which each four letters can be read alone.
const PIECE_LETTERS: usize = 2_132;
/// So many items that were cut off are known: the server stops at once.
const CUT_KEPT_MAX: usize = 8;
