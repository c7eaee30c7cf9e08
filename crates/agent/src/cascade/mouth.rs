//! What is to be said, how much of it was said, and how much of that was heard.

use super::{Act, Acts};
use crate::heard::heard_of;
use call::call::{Timing, Vendors, Waits, Work};
use std::collections::VecDeque;
use std::time::Duration;

/// What is being said and was not heard to its end, in order.
#[derive(Debug, Default)]
pub(super) struct Mouth {
    utterances: VecDeque<Utterance>,
    /// Marks that were not played yet: their numbers, whose they are, and how much was said by then.
    marks: VecDeque<(u64, u64, usize)>,
    n_marks: u64,
    n_utterances: u64,
    /// Nothing is said for now, since somebody may be speaking.
    is_held: bool,
    /// When all that is on its way will have been heard.
    heard_by: Duration,
}

/// Something that is said in one piece: a sentence, or keys.
#[derive(Debug)]
pub(super) struct Utterance {
    number: u64,
    text: String,
    /// It is no words but keys, which are pressed once and whole.
    is_keys: bool,
    /// µ-law at 8 kHz, as far as it is made.
    sound: Vec<u8>,
    n_sent: usize,
    n_heard: usize,
    n_marked: usize,
    /// There is no more of its sound.
    is_made: bool,
    /// Its sound broke off before its end.
    is_broken: bool,
    /// Some of it was on its way to their ear.
    has_begun: bool,
    waits: Option<Beginning>,
    begun_at: Option<Duration>,
    vendors: Vendors,
    /// Since when its synthesizer works for it.
    spoken_since: Duration,
}

/// When what led to an utterance happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginning {
    /// The other side spoke last.
    pub(super) spoken_at: Duration,
    /// They were taken to be done.
    pub(super) judged_at: Duration,
    /// Their words were known.
    pub(super) understood_at: Duration,
    /// The first sentence of the reply was written.
    pub(super) written_at: Duration,
    /// Its first sound was there.
    pub(super) sounded_at: Option<Duration>,
}

impl Mouth {
    /// These words come next, of this model where one wrote them; by what number their sound is known.
    pub(super) fn say(&mut self, text: &str, waits: Option<Beginning>, model: Option<Work>) -> u64 {
        self.add(text, false, waits, model)
    }

    /// Keys come next; by what number their sound is known.
    pub(super) fn press(&mut self) -> u64 {
        self.add("", true, None, None)
    }

    fn add(&mut self, text: &str, is_keys: bool, waits: Option<Beginning>, model: Option<Work>) -> u64 {
        self.n_utterances += 1;
        let number = self.n_utterances;
        self.utterances.push_back(Utterance {
            number,
            text: text.to_owned(),
            is_keys,
            sound: Vec::new(),
            n_sent: 0,
            n_heard: 0,
            n_marked: 0,
            is_made: false,
            is_broken: false,
            has_begun: false,
            waits,
            begun_at: None,
            vendors: Vendors { model, ..Vendors::default() },
            spoken_since: Duration::ZERO,
        });
        number
    }

    /// An utterance is spoken by this synthesizer, from now on.
    pub(super) fn spoken_by(&mut self, number: u64, synthesizer: String, now: Duration) {
        if let Some(one) = self.of(number) {
            one.vendors.synthesizer = Some(Work { by: synthesizer, ms: None });
            one.spoken_since = now;
        }
    }

    /// More of an utterance's sound, which may be one that was cut off.
    pub(super) fn sound(&mut self, number: u64, sound: &[u8], now: Duration, acts: Acts<'_>) {
        if let Some(one) = self.of(number) {
            let room = SOUND_BYTES_MAX.saturating_sub(one.sound.len());
            one.sound.extend_from_slice(&sound[..sound.len().min(room)]);
            if let Some(waits) = &mut one.waits {
                waits.sounded_at.get_or_insert(now);
            }
            if let Some(work) = one.vendors.synthesizer.as_mut().filter(|work| work.ms.is_none()) {
                *work = Work::since(&work.by, one.spoken_since, now);
            }
        }
        self.pump(now, acts);
    }

    /// There is no more of an utterance's sound, which is whole or not.
    pub(super) fn sound_over(&mut self, number: u64, is_whole: bool, now: Duration, acts: Acts<'_>) {
        if let Some(one) = self.of(number) {
            one.is_made = true;
            one.is_broken = !is_whole;
            let surplus = one.sound.len() % FRAME_BYTES;
            if surplus > 0 {
                one.sound.resize(one.sound.len() + FRAME_BYTES - surplus, SILENCE);
            }
        }
        self.pump(now, acts);
    }

    /// Nothing more is heard until it goes on or is cut off; keys that are being pressed are. By what mark it is
    /// known to be silent, if it wasn't.
    pub(super) fn hold(&mut self, acts: Acts<'_>) -> Option<u64> {
        self.is_held = true;
        if self.presses() {
            return None;
        }
        let speaks = self.utterances.iter().any(|one| one.n_sent > one.n_heard);
        let silent_by = speaks.then(|| {
            self.n_marks += 1;
            acts(Act::Clear(self.n_marks));
            self.n_marks
        });
        self.marks.clear();
        self.heard_by = Duration::ZERO;
        for one in &mut self.utterances {
            (one.n_sent, one.n_marked) = (one.n_heard, one.n_heard);
        }
        silent_by
    }

    /// It goes on where it was last known to be heard.
    pub(super) fn go_on(&mut self, now: Duration, acts: Acts<'_>) {
        self.is_held = false;
        self.pump(now, acts);
    }

    /// What was not heard is not said any more, but for keys that are being pressed.
    pub(super) fn cut(&mut self, acts: Acts<'_>) -> Vec<Utterance> {
        self.hold(acts);
        self.is_held = false;
        let n_kept = usize::from(self.presses());
        self.utterances.drain(n_kept..).collect()
    }

    /// Keys are on their way.
    fn presses(&self) -> bool {
        self.utterances.front().is_some_and(|first| first.is_keys && first.has_begun)
    }

    /// When all that is on its way must have been heard, whoever forgets to say so.
    pub(super) fn due_at(&self) -> Option<Duration> {
        (!self.marks.is_empty()).then_some(self.heard_by + LATE_MAX)
    }

    /// It is taken for heard, if it is that late.
    pub(super) fn time_is_up(&mut self, now: Duration, acts: Acts<'_>) {
        if self.due_at().is_some_and(|at| at <= now) {
            self.played(u64::MAX, now, acts);
        }
    }

    /// All before this mark was played by now. One that was dropped is none any more.
    pub(super) fn played(&mut self, mark: u64, now: Duration, acts: Acts<'_>) {
        while let Some((number, utterance, n_said)) = self.marks.front().copied()
            && number <= mark
        {
            self.marks.pop_front();
            if let Some(one) = self.of(utterance) {
                let fresh = n_said - one.n_heard;
                one.begun_at.get_or_insert(now.saturating_sub(played_in(fresh)));
                one.n_heard = n_said;
            }
        }
        // Keys may have waited for that.
        self.pump(now, acts);
    }

    /// The next that was heard to its end, or has nothing to be heard.
    pub(super) fn heard_whole(&mut self) -> Option<Utterance> {
        let first = self.utterances.front()?;
        let is_whole = first.is_made && first.n_heard >= first.sound.len();
        is_whole.then(|| self.utterances.pop_front()).flatten()
    }

    /// Whether nothing is to be said.
    pub(super) fn is_silent(&self) -> bool {
        self.utterances.is_empty()
    }

    /// Whether it stopped for somebody.
    pub(super) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether something is at their ear at this time, as far as is known.
    pub(super) fn is_heard(&self, at: Duration) -> bool {
        at < self.heard_by && self.utterances.iter().any(|one| one.n_sent > one.n_heard)
    }

    /// Whether something of what is to be said was on its way to their ear.
    pub(super) fn has_begun(&self) -> bool {
        self.utterances.iter().any(|one| one.has_begun)
    }

    fn of(&mut self, number: u64) -> Option<&mut Utterance> {
        self.utterances.iter_mut().find(|one| one.number == number)
    }

    /// Says what there is, in order. Keys wait until all before them was heard, and all behind waits for them:
    /// so they are never said again, nor cut in the middle.
    fn pump(&mut self, now: Duration, acts: Acts<'_>) {
        if self.is_held {
            return;
        }
        let mut is_heard = true;
        for one in &mut self.utterances {
            if one.is_keys && !(is_heard && one.is_made) {
                return;
            }
            let whole = one.sound.len() - one.sound.len() % FRAME_BYTES;
            while one.n_sent < whole {
                let until = whole.min(one.n_marked + MARKED_EACH);
                acts(Act::Play(&one.sound[one.n_sent..until]));
                self.heard_by = self.heard_by.max(now) + played_in(until - one.n_sent);
                (one.n_sent, one.has_begun) = (until, true);
                if until - one.n_marked >= MARKED_EACH {
                    mark(one, &mut self.n_marks, &mut self.marks, acts);
                }
            }
            if !one.is_made {
                return;
            }
            if one.n_marked < one.n_sent {
                mark(one, &mut self.n_marks, &mut self.marks, acts);
            }
            is_heard &= one.n_heard >= one.sound.len();
            if one.is_keys && !is_heard {
                return;
            }
        }
    }
}

impl Utterance {
    /// Its words as far as they were heard.
    pub(super) fn heard_text(&self) -> String {
        // How long the rest would have been is known once it is made.
        if (!self.is_made || self.is_broken) && self.n_heard > 0 {
            let guess = self.text.chars().count() * LETTER_BYTES;
            return heard_of(&self.text, self.n_heard, guess.max(self.sound.len() + 1));
        }
        heard_of(&self.text, self.n_heard, self.sound.len())
    }

    /// What its beginning was waited for, if anybody did, and whose work it is.
    pub(super) fn timing(&self) -> Timing {
        Timing { waits: self.waits(), vendors: self.vendors.clone(), ..Timing::default() }
    }

    fn waits(&self) -> Option<Waits> {
        let (waits, begun_at) = (self.waits?, self.begun_at?);
        let sounded_at = waits.sounded_at?;
        let ms = |from: Duration, to: Duration| to.saturating_sub(from).as_millis() as u64;
        Some(Waits {
            turn_ms: ms(waits.spoken_at, waits.judged_at),
            recognizer_ms: ms(waits.judged_at, waits.understood_at),
            model_ms: ms(waits.understood_at, waits.written_at),
            synthesizer_ms: ms(waits.written_at, sounded_at),
            playout_ms: ms(sounded_at, begun_at),
        })
    }
}

/// It is to be known when an utterance was heard as far as it is said by now.
fn mark(one: &mut Utterance, n_marks: &mut u64, marks: &mut VecDeque<(u64, u64, usize)>, acts: Acts<'_>) {
    one.n_marked = one.n_sent;
    *n_marks += 1;
    marks.push_back((*n_marks, one.number, one.n_sent));
    acts(Act::Mark(*n_marks));
}

fn played_in(n_bytes: usize) -> Duration {
    Duration::from_millis((n_bytes / BYTES_EACH_MS) as u64)
}

/// µ-law at 8 kHz.
const BYTES_EACH_MS: usize = 8;
const FRAME_BYTES: usize = 20 * BYTES_EACH_MS;
/// What µ-law has where nothing is heard.
const SILENCE: u8 = 0xFF;
/// How much is said from mark to mark: 200 ms, by as much as is known less of what was heard.
const MARKED_EACH: usize = 10 * FRAME_BYTES;
/// So much sound is kept of one utterance: two minutes.
const SOUND_BYTES_MAX: usize = 120_000 * BYTES_EACH_MS;
/// How much later than it was played the carrier may say so.
const LATE_MAX: Duration = Duration::from_secs(5);
/// How long a letter lasts, where nothing better is known: some 14 a second are spoken.
const LETTER_BYTES: usize = 70 * BYTES_EACH_MS;
