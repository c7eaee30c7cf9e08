//! Which two tones a window is, if it is two tones and nothing else.
//!
//! The bank says which two of the eight are the loudest and, by how fast each turns against its
//! nominal tone, at what frequency they really are. The two are then fitted to the samples and taken
//! out: what is left must be little.

use super::{TONES_HZ, WINDOW};
use crate::bank::{Bank, Found, Phasor};
use crate::frame::SampleRate;
use std::collections::VecDeque;
use std::f64::consts::TAU;

/// The key's place on a telephone.
pub(super) struct Heard {
    pub(super) row: usize,
    pub(super) column: usize,
}

/// A tone as it is in a window.
#[derive(Clone, Copy, Debug)]
struct Tone {
    /// How far it turns in a sample.
    turn: f64,
    /// Its height and direction in the middle of the window.
    swing: Phasor,
}

/// The two tones that the window is, if it is.
pub(super) fn heard(
    bank: &Bank<8>,
    segments: &VecDeque<Found<8>>,
    samples: &[i16],
    rate: SampleRate,
) -> Option<Heard> {
    let energy: f32 = segments.iter().map(|segment| segment.energy).sum();
    let power = energy / samples.len() as f32;
    if power < 2.0 * TONE_POWER_MIN {
        return None;
    }
    let (row, low_hz, low_power) = loudest(bank, segments, 0..4)?;
    let (column, high_hz, high_power) = loudest(bank, segments, 4..8)?;
    // Most sounds go no further: the fit is what costs.
    if low_power + high_power < power * ROUGHLY_MIN {
        return None;
    }
    let turn = |hz: f64| TAU * hz / f64::from(rate.hz());
    let fit = Fit::new(samples, [turn(low_hz), turn(high_hz)]);
    let [low, high] = fit.tones.map(|tone| tone.swing.power() / 2.0);
    let is_key = low.min(high) >= TONE_POWER_MIN
        && high <= low * HIGH_OVER_LOW_MAX
        && low <= high * LOW_OVER_HIGH_MAX
        && fit.rest_power(samples) <= power * REST_MAX
        && fit
            .tones
            .iter()
            .all(|tone| fit.rest_at(samples, tone.turn * 2.0).power() <= tone.swing.power() * HARMONIC_MAX);
    is_key.then_some(Heard { row, column: column - 4 })
}

/// The loudest tone of a group, its true frequency if that is near enough, and roughly its power.
fn loudest(
    bank: &Bank<8>,
    segments: &VecDeque<Found<8>>,
    group: std::ops::Range<usize>,
) -> Option<(usize, f64, f32)> {
    let found = group.map(|tone| (tone, smooth(bank, segments, tone)));
    let power = |swings: &[Phasor; WINDOW - 2]| swings.iter().map(|swing| swing.power()).sum::<f32>();
    let (tone, swings) = found.max_by(|(_, one), (_, other)| power(one).total_cmp(&power(other)))?;
    // How far it turns in a segment more than the nominal tone does.
    let turn = swings
        .windows(2)
        .fold(Phasor::default(), |sum, pair| sum + pair[1] * pair[0].mirrored() * bank.turn(tone));
    let off_hz = f64::from(turn.angle()) / TAU * SEGMENTS_EACH_SECOND;
    let nominal = TONES_HZ[tone];
    // Four swings of four segments each.
    let height = 2.0 * bank.segment_samples() as f32;
    let rough = power(&swings) / 4.0 / (height * height) / 2.0;
    (off_hz.abs() <= nominal * OFF_MAX).then_some((tone, nominal + off_hz, rough))
}

/// A tone around each of the segments but the first and the last. Three segments, the middle one
/// twice: so the other group's tone, 268 Hz away at least, is under -26 dB.
fn smooth(bank: &Bank<8>, segments: &VecDeque<Found<8>>, tone: usize) -> [Phasor; WINDOW - 2] {
    std::array::from_fn(|first| bank.together(tone, segments.range(first..first + 3).zip([1.0, 2.0, 1.0])))
}

/// Two tones fitted to samples.
struct Fit {
    tones: [Tone; 2],
}

impl Fit {
    fn new(samples: &[i16], turns: [f64; 2]) -> Fit {
        let mut fit = Fit { tones: turns.map(|turn| Tone { turn, swing: Phasor::default() }) };
        // Each is fitted to what the other leaves, in turns: the error shrinks tenfold with each.
        for round in 0..FIT_ROUNDS {
            let one = round % 2;
            let more = fit.rest_at(samples, fit.tones[one].turn);
            fit.tones[one].swing = fit.tones[one].swing + more;
        }
        fit
    }

    /// How much of a tone is in what the fit leaves.
    fn rest_at(&self, samples: &[i16], turn: f64) -> Phasor {
        let begins = Phasor::turned(turn * (samples.len() as f64 - 1.0) / 2.0);
        let step = Phasor::turned(-turn);
        let mut wave = begins;
        let mut sum = Phasor::default();
        for rest in self.rest(samples) {
            sum = sum + wave * rest;
            wave = wave * step;
        }
        sum * (2.0 / samples.len() as f32)
    }

    /// The mean power of what the fit leaves.
    fn rest_power(&self, samples: &[i16]) -> f32 {
        self.rest(samples).map(|rest| rest * rest).sum::<f32>() / samples.len() as f32
    }

    /// What the fit leaves of the samples.
    fn rest(&self, samples: &[i16]) -> impl Iterator<Item = f32> {
        let middle = (samples.len() as f64 - 1.0) / 2.0;
        let mut waves = self.tones.map(|tone| tone.swing * Phasor::turned(-tone.turn * middle));
        let steps = self.tones.map(|tone| Phasor::turned(tone.turn));
        samples.iter().map(move |sample| {
            let rest = f32::from(*sample) - waves[0].re - waves[1].re;
            waves = [waves[0] * steps[0], waves[1] * steps[1]];
            rest
        })
    }
}

/// Segments of 5 ms in a second.
const SEGMENTS_EACH_SECOND: f64 = 200.0;
/// How far off its frequency a tone may be. Q.24's receivers take 1.5 % and 2 Hz and refuse 3.5 %.
const OFF_MAX: f64 = 0.025;
/// How much of the power the bank must find in the two: a tone that is off by 2.5 % has 0.36 there.
const ROUGHLY_MIN: f32 = 0.25;
/// How loud each tone must be: -42 dBFS, some -36 dBm0. Q.24's receivers take down to -25 to -29 dBm.
const TONE_POWER_MIN: f32 = 32_768.0 * 32_768.0 * 6.3e-5;
/// How much louder the high tone may be, in power: 6 dB. Q.24's receivers take 4.
const HIGH_OVER_LOW_MAX: f32 = 4.0;
/// How much louder the low tone may be, in power: 10 dB. Q.24's receivers take 8.
const LOW_OVER_HIGH_MAX: f32 = 10.0;
/// How much of the power may be something else: 9 dB less.
const REST_MAX: f32 = 0.125;
/// How much of a tone its second harmonic may have, in power: 15 dB less.
const HARMONIC_MAX: f32 = 0.0316;
/// How often the fit is bettered.
const FIT_ROUNDS: usize = 4;
