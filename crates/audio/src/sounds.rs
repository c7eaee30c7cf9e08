//! Sounds that tests are made of: alike on every run.

use crate::frame::{Frame, SampleRate, clipped};
use crate::g711::Law;
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

/// Two sounds at once, as long as the first.
pub(crate) fn mixed(one: &[Frame], other: &[Frame]) -> Vec<Frame> {
    let pairs = one.iter().zip(other.iter().cycle());
    let mix = |(one, other): (&Frame, &Frame)| {
        let mut mix = one.clone();
        for (sample, other) in mix.samples_mut().iter_mut().zip(other.samples()) {
            *sample = sample.saturating_add(*other);
        }
        mix
    };
    pairs.map(mix).collect()
}

/// Something like a voice: the harmonics of a pitch that glides between 90 and 250 Hz, shaped by
/// three formants that wander, in syllables.
pub(crate) fn babble(seed: u64, rate: SampleRate, rms_dbfs: f32, n_frames: usize) -> Vec<Frame> {
    let mut chance = Chance(seed);
    let step = 1.0 / f64::from(rate.hz());
    let mut formants = [500.0, 1_500.0, 2_500.0];
    let (mut pitch, mut phase, mut goal) = (120.0, 0.0f64, 120.0);
    let loudness = decibels(rms_dbfs) * 32_768.0;
    let mut amplitudes = [0.0f32; 30];
    let wave = |at: f64| {
        let n = (at / step).round() as usize;
        if n.is_multiple_of(rate.frame_samples() * 10) {
            goal = 90.0 + 160.0 * f64::from(chance.share());
            formants = [(250.0, 700.0), (700.0, 1_800.0), (2_000.0, 1_200.0)]
                .map(|(low, width)| low + width * chance.share());
        }
        if n.is_multiple_of(rate.frame_samples()) {
            for (index, amplitude) in amplitudes.iter_mut().enumerate() {
                let hz = pitch as f32 * (index + 1) as f32;
                let near = |formant: &f32| 1.0 / (1.0 + ((hz - formant) / 80.0).powi(2));
                *amplitude = if hz < 3_600.0 { formants.iter().map(near).sum() } else { 0.0 };
            }
        }
        pitch += (goal - pitch) * 8.0 * step;
        phase += TAU * pitch * step;
        let syllable = (0.55 - 0.45 * (TAU * 4.0 * at).cos()) as f32;
        let harmonics = amplitudes.iter().enumerate();
        let wave: f32 = harmonics
            .filter(|(_, amplitude)| **amplitude > 0.0)
            .map(|(index, amplitude)| amplitude * (phase * (index + 1) as f64).sin() as f32)
            .sum();
        wave * syllable * loudness
    };
    framed(rate, &sampled(rate, n_frames, wave))
}

/// A voice in English: 3.5 seconds that begin and end with a sound, and that pause twice in between,
/// for 180 and 340 ms. It is nobody's:
///
/// ```sh
/// espeak-ng -v en-us -s 165 "Hello, this is Anna speaking. How can I help you today?" -w voice.wav
/// sox voice.wav -r 8000 -c 1 -t raw -e mu-law speech.ulaw vol 0.6 \
///     silence 1 0 0.5% reverse silence 1 0 0.5% reverse
/// ```
pub(crate) fn voice() -> Vec<Frame> {
    let mut codes = include_bytes!("sounds/speech.ulaw").to_vec();
    codes.resize(codes.len().next_multiple_of(160), Law::Mu.silence());
    codes.chunks(160).map(|codes| Law::Mu.read(codes).expect("a whole frame")).collect()
}

/// Silence.
pub(crate) fn silence(rate: SampleRate, n_frames: usize) -> Vec<Frame> {
    vec![Frame::silence(rate); n_frames]
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
