//! Keys pressed on a telephone, as the sound that they make: ITU-T Q.23 says which two tones each key
//! has, Q.24 (11/88) what a receiver must take and refuse.
//!
//! Carriers mostly tell keys as messages. Where they don't, a key that was never pressed is worse than
//! one that must be pressed again, so all that voices and music do is refused: [`Detector`].

mod fit;

use crate::bank::{Bank, Found};
use crate::frame::{Frame, SampleRate, clipped};
use fit::{Heard, heard};
use std::collections::VecDeque;
use std::f64::consts::{PI, TAU};
use std::fmt;

/// A key of a telephone: `0` to `9`, `*`, `#`, or `A` to `D`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

/// A letter that is on no telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; keys are 0 to 9, *, #, and A to D")]
pub struct NoKey(pub char);

/// Hears keys in a stream of frames.
///
/// A key is told once, when 35 to 40 ms of it have been heard, and again after a pause of 40 ms; a
/// hole of up to 15 ms is none. What was heard in the last 30 ms must be two tones of the eight, both
/// as loud as a telephone's, of even loudness, within 2.5 % of their frequencies, neither much louder
/// than the other, and hardly anything else; their second harmonics least of all, which voices have.
#[derive(Debug)]
pub struct Detector {
    rate: SampleRate,
    bank: Bank<8>,
    /// The last 30 ms: what the bank found, and the samples.
    segments: VecDeque<Found<8>>,
    samples: VecDeque<i16>,
    state: State,
}

/// How far a key is known.
#[derive(Clone, Copy, Debug)]
enum State {
    /// No key.
    Up,
    /// A key that may be one, in how many windows so far.
    Rising { key: Key, n_windows: u32 },
    /// A key that was told, and for how many windows it was gone.
    Down { key: Key, n_gone: u32 },
}

impl Key {
    /// All sixteen, by rows of a telephone.
    pub const ALL: [Key; 16] = {
        let mut all = [Key(0); 16];
        let mut index = 0;
        while index < 16 {
            all[index] = Key(index as u8);
            index += 1;
        }
        all
    };

    /// The key with this letter on it.
    ///
    /// # Errors
    /// No telephone has it.
    pub fn new(letter: char) -> Result<Key, NoKey> {
        Key::ALL.into_iter().find(|key| key.letter() == letter).ok_or(NoKey(letter))
    }

    /// The letter on it.
    pub fn letter(self) -> char {
        char::from(LETTERS[usize::from(self.0)])
    }

    /// Its two tones.
    fn tones_hz(self) -> [f64; 2] {
        let (row, column) = (usize::from(self.0 / 4), usize::from(self.0 % 4));
        [TONES_HZ[row], TONES_HZ[4 + column]]
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.letter())
    }
}

impl Detector {
    /// One for a stream of this rate.
    pub fn new(rate: SampleRate) -> Detector {
        let segment_samples = rate.frame_samples() / SEGMENTS_EACH_FRAME;
        Detector {
            rate,
            bank: Bank::new(TONES_HZ, rate.hz(), segment_samples),
            segments: VecDeque::with_capacity(WINDOW + 1),
            samples: VecDeque::with_capacity((WINDOW + 1) * segment_samples),
            state: State::Up,
        }
    }

    /// Hears the next frame, and tells a key that it made known. Where the rate of the stream changes,
    /// it is heard anew.
    pub fn hear(&mut self, frame: &Frame) -> Option<Key> {
        if frame.rate() != self.rate {
            *self = Detector::new(frame.rate());
        }
        let n_samples = self.bank.segment_samples();
        let mut told = None;
        for segment in frame.samples().chunks_exact(n_samples) {
            self.segments.push_back(self.bank.hear(segment));
            self.samples.extend(segment);
            if self.segments.len() > WINDOW {
                self.segments.pop_front();
                self.samples.drain(..n_samples);
            }
            // A key takes longer than a frame, so that no second one can be told.
            told = told.or(self.step());
        }
        told
    }

    /// Moves on by one segment.
    fn step(&mut self) -> Option<Key> {
        let heard = self.key();
        let (state, told) = match (self.state, heard) {
            (State::Up, None) | (State::Rising { .. }, None) => (State::Up, None),
            (State::Down { n_gone, .. }, None) if n_gone + 1 >= PAUSE_WINDOWS => (State::Up, None),
            (State::Down { key, n_gone }, None) => (State::Down { key, n_gone: n_gone + 1 }, None),
            (State::Down { key, .. }, Some(same)) if same == key => (State::Down { key, n_gone: 0 }, None),
            (State::Rising { key, n_windows }, Some(same)) if same == key => {
                if n_windows + 1 < KEY_WINDOWS {
                    (State::Rising { key, n_windows: n_windows + 1 }, None)
                } else {
                    (State::Down { key, n_gone: 0 }, Some(key))
                }
            }
            // Of another key than the one that was down no pause is asked.
            (State::Up | State::Rising { .. } | State::Down { .. }, Some(key)) => {
                (State::Rising { key, n_windows: 1 }, None)
            }
        };
        self.state = state;
        told
    }

    /// The key that the last 30 ms are.
    fn key(&mut self) -> Option<Key> {
        if self.segments.len() < WINDOW || !is_even(&self.segments) {
            return None;
        }
        let Heard { row, column } =
            heard(&self.bank, &self.segments, self.samples.make_contiguous(), self.rate)?;
        u8::try_from(row * 4 + column).ok().map(Key)
    }
}

/// The sound of keys pressed one after the other, each for 100 ms with as long a pause after it.
pub fn pressed(keys: &[Key], rate: SampleRate) -> impl Iterator<Item = Frame> {
    let n_press = rate.frame_samples() * PRESS_FRAMES;
    let n_frames = keys.len() * PRESS_FRAMES * 2;
    (0..n_frames).map(move |index| {
        let key = keys[index / (PRESS_FRAMES * 2)];
        let mut frame = Frame::silence(rate);
        let begins = index % (PRESS_FRAMES * 2) * rate.frame_samples();
        for (n, sample) in (begins..n_press).zip(frame.samples_mut()) {
            let swing = |hz: f64| (TAU * hz * n as f64 / f64::from(rate.hz())).sin();
            let [low, high] = key.tones_hz().map(swing);
            let edge = n.min(n_press - n) as f64 / f64::from(rate.hz()) / EDGE_SECONDS;
            let rise = 0.5 - 0.5 * (PI * edge.min(1.0)).cos();
            *sample = clipped((rise * (LOW_PEAK * low + HIGH_PEAK * high)) as f32);
        }
        frame
    })
}

/// Whether no part is much louder than another: a tone that begins or ends within is not.
fn is_even(segments: &VecDeque<Found<8>>) -> bool {
    let energies = segments.iter().map(|segment| segment.energy);
    let (least, most) =
        energies.fold((f32::MAX, 0.0f32), |(least, most), energy| (least.min(energy), most.max(energy)));
    most <= least * UNEVEN_MAX
}

const LETTERS: [u8; 16] = *b"123A456B789C*0#D";
/// The rows' tones, then the columns' (Q.23).
const TONES_HZ: [f64; 8] = [697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// A segment is 5 ms.
const SEGMENTS_EACH_FRAME: usize = 4;
/// Segments of a window: 30 ms, which a tone of 40 ms fills at least twice however it lies, and one of
/// 25 ms never.
const WINDOW: usize = 6;
/// In how many windows running a key must be heard.
const KEY_WINDOWS: u32 = 2;
/// In how many windows running a key must be missing to be pressed again: those that a pause of about
/// 30 ms spoils, which is longer than the holes of 10 ms that Q.24 wants bridged.
const PAUSE_WINDOWS: u32 = 11;
/// How much more energy one segment may have than another: 5 dB. The beat of the two tones takes 1.
const UNEVEN_MAX: f32 = 3.16;
/// How long a key is pressed, and how long the pause after it is: what Q.24's receivers all take.
const PRESS_FRAMES: usize = 5;
/// The loudest of each tone: -9 and -7 dBFS, the high one louder as long lines want it.
const LOW_PEAK: f64 = 11_600.0;
const HIGH_PEAK: f64 = 14_600.0;
/// How long a tone takes to rise: without a click.
const EDGE_SECONDS: f64 = 0.002;

#[cfg(test)]
mod tests;
