//! Who hears tones: finds the preamble, reads symbols, and tells what they say.
//!
//! It goes in steps of ten samples. Of the six steps of a symbol five at least lie wholly within it,
//! however the two are aligned; the preamble tells which.

use super::block::{Header, checked};
use super::{PREAMBLE, QUARTERS, RATE, SYMBOL_SAMPLES, TEXT_BYTES_MAX, TONES, TONES_EACH, TONES_HZ, tone_of};
use crate::bank::{Bank, Found};
use crate::frame::Frame;
use crate::resample::Resampler;
use std::collections::VecDeque;
use std::fmt;

/// Hears what was said by [`say`](super::say) in a stream of frames, at any rate.
pub struct Listener {
    resampler: Resampler,
    bank: Bank<TONES>,
    /// The last steps, as many as a symbol is heard in.
    steps: VecDeque<Found<TONES>>,
    /// What each tone had of the sound, at the end of each of the last steps: as many as a preamble has.
    shares: VecDeque<[f32; TONES]>,
    preamble: Preamble,
    utterance: Option<Utterance>,
    /// What began while the utterance goes on. Its bytes may look like a preamble, so it is cut off only
    /// by one that also tells its length.
    other: Option<Utterance>,
}

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody began to say something.
    Began,
    /// They said this, to the letter.
    Text(String),
    /// They were cut off, or could no longer be understood.
    Broken {
        /// What they said until then, to the letter: whole blocks, and so mostly whole words.
        so_far: String,
        /// How many bytes they were about to say; `None` if not even that was heard.
        n_bytes: Option<usize>,
    },
}

/// How well a preamble fits.
#[derive(Clone, Copy, Debug)]
enum Preamble {
    /// It doesn't.
    Unheard,
    /// Best so many steps ago.
    Fits { score: f32, steps_ago: usize },
}

/// What is being said.
struct Utterance {
    /// How loud it began.
    energy: f32,
    /// After how many steps the next symbol is whole.
    next_in: usize,
    /// The symbols of the block under way.
    symbols: Vec<u8>,
    n_blocks: usize,
    n_bytes: Option<usize>,
    said: Vec<u8>,
}

impl Listener {
    /// One who hears nothing yet.
    pub fn new() -> Listener {
        Listener {
            resampler: Resampler::new(RATE, RATE),
            bank: Bank::new(TONES_HZ, RATE.hz(), STEP_SAMPLES),
            steps: VecDeque::with_capacity(WINDOW_STEPS + 1),
            shares: VecDeque::with_capacity(PREAMBLE_STEPS + 1),
            preamble: Preamble::Unheard,
            utterance: None,
            other: None,
        }
    }

    /// Hears the next frame. Mostly nothing comes of it.
    pub fn hear(&mut self, frame: &Frame) -> Vec<Heard> {
        let frame = self.resampler.turned(frame);
        let mut told = Vec::new();
        for step in frame.samples().chunks_exact(STEP_SAMPLES) {
            self.steps.push_back(self.bank.hear(step));
            if self.steps.len() > WINDOW_STEPS {
                self.steps.pop_front();
            }
            self.shares.push_back(self.shares_of_window());
            if self.shares.len() > PREAMBLE_STEPS {
                self.shares.pop_front();
            }
            self.read(&mut told);
            self.synchronize(&mut told);
        }
        told
    }

    /// Hears that the stream has ended: what is being said then was cut off.
    pub fn end(&mut self) -> Option<Heard> {
        self.other = None;
        self.utterance.take().map(Utterance::broken)
    }

    /// How loud the last 50 samples were.
    fn energy(&self) -> f32 {
        self.steps.iter().map(|step| step.energy).sum()
    }

    /// What of the sound of the last 50 samples each tone has.
    fn shares_of_window(&self) -> [f32; TONES] {
        let energy = self.energy();
        if energy < ENERGY_MIN {
            return [0.0; TONES];
        }
        std::array::from_fn(|tone| {
            let swing = self.bank.together(tone, self.steps.iter().map(|step| (step, 1.0)));
            swing.power() * 2.0 / (energy * WINDOW_SAMPLES)
        })
    }

    /// Looks for a preamble that ended just now, and begins an utterance where one fitted best.
    fn synchronize(&mut self, told: &mut Vec<Heard>) {
        let score = self.preamble_score();
        self.preamble = match self.preamble {
            Preamble::Fits { score: best, steps_ago } if score <= best => {
                Preamble::Fits { score: best, steps_ago: steps_ago + 1 }
            }
            Preamble::Unheard if score < SCORE_MIN => Preamble::Unheard,
            Preamble::Unheard | Preamble::Fits { .. } => Preamble::Fits { score, steps_ago: 0 },
        };
        if let Preamble::Fits { steps_ago: SETTLE_STEPS, .. } = self.preamble {
            self.preamble = Preamble::Unheard;
            let begun = Utterance::new(SYMBOL_STEPS - SETTLE_STEPS, self.energy());
            if self.utterance.is_some() {
                self.other = Some(begun);
            } else {
                self.utterance = Some(begun);
                told.push(Heard::Began);
            }
        }
    }

    /// How much of the sound is where the preamble has it, from 0 to 1.
    fn preamble_score(&self) -> f32 {
        if self.shares.len() < PREAMBLE_STEPS {
            return 0.0;
        }
        let symbols = self.shares.iter().step_by(SYMBOL_STEPS).zip(PREAMBLE);
        let score = |(shares, symbol): (&[f32; TONES], u8)| -> f32 {
            (0..QUARTERS).map(|quarter| shares[tone_of(symbol, quarter)]).sum()
        };
        symbols.map(score).sum::<f32>() / PREAMBLE.len() as f32
    }

    /// Reads a symbol, if one is whole.
    fn read(&mut self, told: &mut Vec<Heard>) {
        let Some(mut utterance) = self.utterance.take() else { return };
        let other = self.other.take();
        let symbol = |energy| (self.energy() > energy * FADED).then(|| self.symbol());
        let progress = utterance.heard(symbol);
        let other = other.and_then(|mut other| match other.heard(symbol) {
            Progress::More => Some(other),
            Progress::Whole(_) | Progress::Broken => None,
        });
        match (progress, other) {
            // What began within it was a part of it.
            (Progress::Whole(text), _) => told.push(Heard::Text(text)),
            (Progress::More, other) if other.as_ref().is_none_or(|other| other.n_bytes.is_none()) => {
                (self.utterance, self.other) = (Some(utterance), other);
            }
            (Progress::More | Progress::Broken, other) => {
                told.push(utterance.broken());
                told.extend(other.as_ref().map(|_| Heard::Began));
                self.utterance = other;
            }
        }
    }

    /// The byte that the last 50 samples are most like.
    fn symbol(&self) -> u8 {
        let Some(shares) = self.shares.back() else { return 0 };
        let quarters = shares.as_chunks::<TONES_EACH>().0.iter().enumerate();
        quarters.fold(0, |symbol, (quarter, tones)| {
            let loudest = (0..TONES_EACH).max_by(|one, other| tones[*one].total_cmp(&tones[*other]));
            symbol | (loudest.unwrap_or(0) as u8) << (2 * quarter)
        })
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_spoken_to = self.utterance.is_some();
        f.debug_struct("Listener").field("is_spoken_to", &is_spoken_to).finish_non_exhaustive()
    }
}

impl Default for Listener {
    fn default() -> Listener {
        Listener::new()
    }
}

/// What a symbol made of an utterance.
enum Progress {
    /// It goes on.
    More,
    /// It is at its end.
    Whole(String),
    /// It can't be understood.
    Broken,
}

impl Utterance {
    fn new(next_in: usize, energy: f32) -> Utterance {
        Utterance { energy, next_in, symbols: Vec::new(), n_blocks: 0, n_bytes: None, said: Vec::new() }
    }

    /// Hears one step more, and takes the symbol that is whole with it, if one is.
    /// One that is much fainter than the utterance began is none of it.
    fn heard(&mut self, symbol: impl FnOnce(f32) -> Option<u8>) -> Progress {
        self.next_in -= 1;
        if self.next_in > 0 {
            return Progress::More;
        }
        self.next_in = SYMBOL_STEPS;
        let Some(symbol) = symbol(self.energy) else { return Progress::Broken };
        self.symbols.push(symbol);
        self.advance()
    }

    /// Takes a block, if the last symbol made one whole.
    fn advance(&mut self) -> Progress {
        let Some(header) = self.symbols.first().and_then(|first| Header::read(*first, self.n_blocks)) else {
            return Progress::Broken;
        };
        if self.symbols.len() < header.n_symbols() {
            return Progress::More;
        }
        let Some(bytes) = checked(&self.symbols) else { return Progress::Broken };
        match (self.n_bytes, bytes) {
            (None, [high, low]) => {
                self.n_bytes = Some(usize::from(u16::from_be_bytes([*high, *low])));
            }
            (None, _) => return Progress::Broken,
            (Some(_), bytes) => self.said.extend(bytes),
        }
        self.n_blocks += 1;
        self.symbols.clear();
        match self.n_bytes {
            Some(n_bytes) if n_bytes > TEXT_BYTES_MAX || self.said.len() > n_bytes => Progress::Broken,
            Some(n_bytes) if self.said.len() == n_bytes => {
                String::from_utf8(std::mem::take(&mut self.said)).map_or(Progress::Broken, Progress::Whole)
            }
            _ => Progress::More,
        }
    }

    fn broken(self) -> Heard {
        Heard::Broken { so_far: String::from_utf8_lossy(&self.said).into_owned(), n_bytes: self.n_bytes }
    }
}

/// Samples of a step: a sixteenth of a frame, a sixth of a symbol.
const STEP_SAMPLES: usize = 10;
const SYMBOL_STEPS: usize = SYMBOL_SAMPLES / STEP_SAMPLES;
/// In how many steps a symbol is heard.
const WINDOW_STEPS: usize = SYMBOL_STEPS - 1;
const WINDOW_SAMPLES: f32 = (WINDOW_STEPS * STEP_SAMPLES) as f32;
/// From the end of the preamble's first symbol to that of its last.
const PREAMBLE_STEPS: usize = (PREAMBLE.len() - 1) * SYMBOL_STEPS + 1;
/// How much of the sound must be where the preamble has it. A steady sound has a third at most, data a
/// quarter, a preamble over noise of its own loudness minus 6 dB 0.8.
const SCORE_MIN: f32 = 0.65;
/// For how many steps a better fit may follow: less than a symbol.
const SETTLE_STEPS: usize = 4;
/// Less than this share of how loud it began is what the line has by itself: 7 dB.
const FADED: f32 = 0.2;
/// What a window must have to be more than silence: -60 dBFS.
const ENERGY_MIN: f32 = 32.768 * 32.768 * WINDOW_SAMPLES;
