//! When somebody speaks.
//!
//! A small neural network made for it (earshot) tells how probable speech is. It takes tones and loud
//! steady noise for speech too, at 8 kHz more than at 16. So a sound whose level stands still counts
//! as none: a voice's moves within 100 ms, in 97 of 100 frames. Music and tones that beat slowly, like
//! the ringback of North America, are still taken for speech.

use crate::frame::{FRAME, Frame, SILENCE_DBFS, SampleRate};
use crate::resample::Resampler;
use std::time::Duration;

/// Hears speech in a stream of frames.
///
/// It is late: [`Speech::Started`] is told some 20 to 60 ms later than [`Settings::speech_min`] after
/// speech became audible, [`Speech::Ended`] some 60 to 140 ms later than [`Settings::pause_min`] after
/// it ceased. 10 ms of that are the resampling of a telephone line, up to 16 the network's block, the
/// rest its making up its mind.
pub struct Activity {
    settings: Settings,
    resampler: Resampler,
    detector: Box<earshot::Detector>,
    /// What the network hasn't heard yet: less than a block of its own.
    block: [i16; BLOCK_SAMPLES],
    n_in_block: usize,
    probability: f32,
    /// The levels of the last frames, in no order.
    levels_dbfs: [f32; STEADY_FRAMES],
    n_frames: usize,
    state: State,
}

/// What counts as speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How probable speech must be to start, from 0 to 1.
    pub starts_at: f32,
    /// How probable it must stay to go on, from 0 to 1: not more than `starts_at`.
    pub goes_on_at: f32,
    /// How long it must be probable to have started. What begins or ends a tone may be taken for
    /// speech for 80 ms, and for 100 ms of noise: with less, it starts some.
    pub speech_min: Duration,
    /// How long it must be improbable to have ended.
    pub pause_min: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            starts_at: 0.5,
            goes_on_at: 0.35,
            speech_min: Duration::from_millis(120),
            pause_min: Duration::from_millis(300),
        }
    }
}

/// What was made of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// How probable it is that somebody speaks, from 0 to 1.
    pub probability: f32,
    /// What that means.
    pub speech: Speech,
}

/// Where in somebody's speech a frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Nobody speaks.
    Quiet,
    /// Somebody started to.
    Started,
    /// Somebody speaks, or pauses for breath.
    Going,
    /// Somebody ended.
    Ended,
}

/// Who speaks.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nobody; speech has been probable for so long.
    Quiet { probable: Duration },
    /// Somebody; speech has been improbable for so long.
    Speaking { improbable: Duration },
}

impl Activity {
    /// One for a stream of this rate.
    pub fn new(rate: SampleRate, settings: Settings) -> Activity {
        Activity {
            settings,
            resampler: Resampler::new(rate, SampleRate::Hz16000),
            detector: earshot::Detector::default_boxed(),
            block: [0; BLOCK_SAMPLES],
            n_in_block: 0,
            probability: 0.0,
            levels_dbfs: [SILENCE_DBFS; STEADY_FRAMES],
            n_frames: 0,
            state: QUIET,
        }
    }

    /// Hears the next frame.
    pub fn hear(&mut self, frame: &Frame) -> Heard {
        self.levels_dbfs[self.n_frames % STEADY_FRAMES] = frame.level_dbfs();
        self.n_frames = self.n_frames.wrapping_add(1);
        for sample in self.resampler.turned(frame).samples() {
            self.block[self.n_in_block] = *sample;
            self.n_in_block += 1;
            if self.n_in_block == BLOCK_SAMPLES {
                self.probability = self.detector.predict_i16(&self.block);
                self.n_in_block = 0;
            }
        }
        let probability = if self.is_steady() { 0.0 } else { self.probability };
        Heard { probability, speech: self.step(probability) }
    }

    /// Whether the sound's level stands still.
    fn is_steady(&self) -> bool {
        let least = self.levels_dbfs.iter().copied().fold(f32::MAX, f32::min);
        let most = self.levels_dbfs.iter().copied().fold(f32::MIN, f32::max);
        most - least < STEADY_DECIBELS
    }

    fn step(&mut self, probability: f32) -> Speech {
        let Settings { starts_at, goes_on_at, speech_min, pause_min } = self.settings;
        let (state, speech) = match self.state {
            State::Quiet { .. } if probability < starts_at => (QUIET, Speech::Quiet),
            State::Quiet { probable } if probable + FRAME < speech_min => {
                (State::Quiet { probable: probable + FRAME }, Speech::Quiet)
            }
            State::Quiet { .. } => (SPEAKING, Speech::Started),
            State::Speaking { .. } if probability >= goes_on_at => (SPEAKING, Speech::Going),
            State::Speaking { improbable } if improbable + FRAME < pause_min => {
                (State::Speaking { improbable: improbable + FRAME }, Speech::Going)
            }
            State::Speaking { .. } => (QUIET, Speech::Ended),
        };
        self.state = state;
        speech
    }
}

/// How much later than [`Settings::speech_min`] a start is told, in the middle of what was measured.
pub const STARTS_LATE: Duration = Duration::from_millis(40);
/// How much later than [`Settings::pause_min`] an end is told, in the middle of what was measured.
pub const ENDS_LATE: Duration = Duration::from_millis(100);
const QUIET: State = State::Quiet { probable: Duration::ZERO };
const SPEAKING: State = State::Speaking { improbable: Duration::ZERO };
/// What the network takes at a time: 16 ms at 16 kHz.
const BLOCK_SAMPLES: usize = 256;
/// For how many frames a level must stand still, and within how much. Of a voice's frames that the
/// network knows, 1 to 3 in 100 do, of white noise's over 99, of a tone's all.
const STEADY_FRAMES: usize = 5;
const STEADY_DECIBELS: f32 = 2.5;

#[cfg(test)]
mod tests;
