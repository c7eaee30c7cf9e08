//! Sounds that tests are made of: alike on every run.

use crate::frame::{Frame, SampleRate, clipped};
use std::f64::consts::TAU;

/// A sine of this many dBFS at its peak.
pub(crate) fn sine(rate: SampleRate, hz: f64, peak_dbfs: f32, n_frames: usize) -> Vec<Frame> {
    chord(rate, &[(hz, peak_dbfs)], n_frames)
}

/// Several sines at once, each with its peak in dBFS.
pub(crate) fn chord(rate: SampleRate, tones: &[(f64, f32)], n_frames: usize) -> Vec<Frame> {
    let one = |at: f64, (hz, peak): &(f64, f32)| (TAU * hz * at).sin() as f32 * decibels(*peak) * 32_767.0;
    framed(rate, &sampled(rate, n_frames, |at| tones.iter().map(|tone| one(at, tone)).sum()))
}

/// The samples of a function of time in seconds.
pub(crate) fn sampled(rate: SampleRate, n_frames: usize, mut wave: impl FnMut(f64) -> f32) -> Vec<i16> {
    let n_samples = n_frames * rate.frame_samples();
    (0..n_samples).map(|n| clipped(wave(n as f64 / f64::from(rate.hz())))).collect()
}

/// Whole frames; what is left at the end is dropped.
pub(crate) fn framed(rate: SampleRate, samples: &[i16]) -> Vec<Frame> {
    let whole = samples.chunks_exact(rate.frame_samples());
    whole.map(|samples| Frame::from_samples(rate, samples).expect("a whole frame")).collect()
}

/// The samples of frames, one after the other.
pub(crate) fn unframed(frames: &[Frame]) -> Vec<i16> {
    frames.iter().flat_map(|frame| frame.samples().iter().copied()).collect()
}

/// White noise of this root mean square.
pub(crate) fn noise(seed: u64, rate: SampleRate, rms_dbfs: f32, n_frames: usize) -> Vec<Frame> {
    let mut chance = Chance(seed);
    let loudness = decibels(rms_dbfs) * 32_768.0;
    framed(rate, &sampled(rate, n_frames, |_| chance.normal() * loudness))
}

/// How many times as loud something of this many decibels more is.
pub(crate) fn decibels(decibels: f32) -> f32 {
    10.0f32.powf(decibels / 20.0)
}

/// Numbers that look like chance (SplitMix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// Any number.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// As good as normal, of variance 1.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.share()).sum::<f32>() - 6.0
    }
}
