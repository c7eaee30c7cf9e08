//! From one sampling rate to another, frame by frame, with a filter against what the lower rate can't
//! hold: folded down, it would be heard as noise.

use crate::frame::{FRAME, Frame, SAMPLES_MAX, SampleRate, clipped};
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};
use std::time::Duration;

/// Turns one stream of frames into another, a frame for each frame.
///
/// It keeps the end of the last frame, so that a stream has no clicks; a stream for each direction.
pub struct Resampler {
    from: SampleRate,
    to: SampleRate,
    filter: Option<Box<Filter>>,
}

/// What it takes where the rates differ.
struct Filter {
    fft: Fft<f32>,
    taken: [f32; SAMPLES_MAX],
    given: [f32; SAMPLES_MAX],
}

impl Resampler {
    /// One for a stream of this rate. What it needs is made here: it is a call's, not a frame's.
    pub fn new(from: SampleRate, to: SampleRate) -> Resampler {
        let filter = (from != to).then(|| Box::new(Filter::new(from, to)));
        Resampler { from, to, filter }
    }

    /// The next frame at the rate asked for, [`Resampler::delay`] late. Where the rate of the stream
    /// changes, its sound begins anew.
    pub fn turned(&mut self, frame: &Frame) -> Frame {
        if frame.rate() != self.from {
            *self = Resampler::new(frame.rate(), self.to);
        }
        match &mut self.filter {
            Some(filter) => filter.turned(frame, self.to),
            None => frame.clone(),
        }
    }

    /// How much later a sound is there than it was: half of the filter, which is a frame long; nothing
    /// where the rates are alike.
    pub fn delay(&self) -> Duration {
        if self.filter.is_some() { FRAME / 2 } else { Duration::ZERO }
    }
}

impl Filter {
    fn new(from: SampleRate, to: SampleRate) -> Filter {
        let rates = [from, to].map(|rate| rate.hz() as usize);
        // Whole frames on both sides: their lengths are as the rates are.
        let fft = Fft::new(rates[0], rates[1], from.frame_samples(), 1, FixedSync::Both);
        let fft = fft.expect("rates and frames are never empty");
        Filter { fft, taken: [0.0; SAMPLES_MAX], given: [0.0; SAMPLES_MAX] }
    }

    fn turned(&mut self, frame: &Frame, to: SampleRate) -> Frame {
        let mut turned = Frame::silence(to);
        let (n_taken, n_given) = (frame.samples().len(), turned.samples().len());
        for (taken, sample) in self.taken.iter_mut().zip(frame.samples()) {
            *taken = f32::from(*sample);
        }
        let taken = SequentialSlice::new(&self.taken[..n_taken], 1, n_taken);
        let given = SequentialSlice::new_mut(&mut self.given[..n_given], 1, n_given);
        let (taken, mut given) = (taken.expect("cut to length"), given.expect("cut to length"));
        self.fft.process_into_buffer(&taken, &mut given, None).expect("a whole frame each way");
        for (sample, given) in turned.samples_mut().iter_mut().zip(&self.given) {
            *sample = clipped(*given);
        }
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sounds::{noise, sine, unframed};

    const PAIRS: [(SampleRate, SampleRate); 8] = [
        (SampleRate::Hz8000, SampleRate::Hz16000),
        (SampleRate::Hz8000, SampleRate::Hz22050),
        (SampleRate::Hz8000, SampleRate::Hz24000),
        (SampleRate::Hz8000, SampleRate::Hz44100),
        (SampleRate::Hz8000, SampleRate::Hz48000),
        (SampleRate::Hz16000, SampleRate::Hz24000),
        (SampleRate::Hz16000, SampleRate::Hz48000),
        (SampleRate::Hz24000, SampleRate::Hz48000),
    ];

    fn turned(frames: &[Frame], to: SampleRate) -> Vec<Frame> {
        let mut resampler = Resampler::new(frames[0].rate(), to);
        frames.iter().map(|frame| resampler.turned(frame)).collect()
    }

    /// How much louder the sound is than its difference from what it was, both ways' delay earlier.
    fn signal_to_noise(was: &[Frame], is: &[Frame], delay: Duration) -> f32 {
        let (was, is) = (unframed(was), unframed(is));
        let late = (delay.as_secs_f64() * 8_000.0).round() as usize;
        let settled = 8 * 160;
        let pairs = is[late + settled..].iter().zip(&was[settled..]);
        let powers = pairs.map(|(is, was)| {
            let (is, was) = (f64::from(*is), f64::from(*was));
            (was * was, (is - was) * (is - was))
        });
        let (signal, noise) = powers.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (10.0 * (signal / noise).log10()) as f32
    }

    #[test]
    fn what_goes_up_and_down_again_is_what_it_was() {
        for rate in [SampleRate::Hz16000, SampleRate::Hz24000, SampleRate::Hz44100, SampleRate::Hz48000] {
            for hz in [300.0, 1_000.0, 3_400.0] {
                let was = sine(SampleRate::Hz8000, hz, -6.0, 100);
                let is = turned(&turned(&was, rate), SampleRate::Hz8000);
                let ratio = signal_to_noise(&was, &is, Resampler::new(SampleRate::Hz8000, rate).delay() * 2);
                assert!(ratio > 60.0, "{hz} Hz over {rate:?}: {ratio} dB");
            }
        }
    }

    /// Half of a frame of 441 samples is no whole sample: the delay is some 20 µs from what it is said to
    /// be, so that the sine is held against one of any phase.
    #[test]
    fn what_synthesizers_say_is_what_it_was() {
        for rate in [SampleRate::Hz22050, SampleRate::Hz44100] {
            for hz in [300.0, 1_000.0, 3_400.0] {
                let is = unframed(&turned(&sine(rate, hz, -6.0, 100), SampleRate::Hz8000));
                let second = &is[4_000..12_000];
                let turn = std::f64::consts::TAU * hz / 8_000.0;
                let part = |wave: fn(f64) -> f64| {
                    let swings =
                        second.iter().zip(0..).map(|(is, n)| f64::from(*is) * wave(turn * f64::from(n)));
                    swings.sum::<f64>() / 4_000.0
                };
                let tone = part(f64::sin).powi(2) + part(f64::cos).powi(2);
                let loudness = 10.0 * (tone / 16_384.0f64.powi(2)).log10();
                assert!(loudness.abs() < 0.1, "{hz} Hz from {rate:?}: {loudness} dB");
                let all: f64 = second.iter().map(|is| f64::from(*is).powi(2)).sum::<f64>() / 4_000.0;
                let noise = 10.0 * ((all - tone) / tone).max(1e-12).log10();
                assert!(noise < -60.0, "{hz} Hz from {rate:?}: {noise} dB");
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_gone() {
        for (low, high) in PAIRS {
            let hz = f64::from(low.hz()) * 0.75;
            let was = sine(high, hz, 0.0, 50);
            let is = turned(&was, low);
            let loudest = is[2..].iter().map(Frame::level_dbfs).fold(f32::MIN, f32::max);
            assert!(loudest < -70.0, "{hz} Hz, {high:?} to {low:?}: {loudest} dBFS");
        }
    }

    /// A step between two samples is never larger than in the sine itself.
    #[test]
    fn no_click_is_where_frames_meet() {
        for (low, high) in PAIRS {
            for (from, to) in [(low, high), (high, low)] {
                let is = unframed(&turned(&sine(from, 437.0, -6.0, 50), to));
                let largest = std::f64::consts::TAU * 437.0 / f64::from(to.hz()) * 16_423.0;
                let settled = &is[3 * to.frame_samples()..];
                for pair in settled.windows(2) {
                    let step = f64::from(pair[0].abs_diff(pair[1]));
                    assert!(step < largest * 1.02 + 2.0, "{from:?} to {to:?}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn ten_minutes_are_ten_minutes() {
        let (from, to) = (SampleRate::Hz24000, SampleRate::Hz8000);
        let is = turned(&vec![sine(from, 1_000.0, -6.0, 1).remove(0); 30_000], to);
        assert_eq!(is.len(), 30_000);
        assert!(is[1..].iter().all(|frame| (frame.level_dbfs() + 9.0).abs() < 0.1));
    }

    #[test]
    fn alike_rates_change_nothing() {
        let was = noise(1, SampleRate::Hz16000, -12.0, 5);
        assert_eq!(turned(&was, SampleRate::Hz16000), was);
        assert_eq!(Resampler::new(SampleRate::Hz16000, SampleRate::Hz16000).delay(), Duration::ZERO);
    }

    #[test]
    fn a_stream_may_change_its_rate() {
        let mut resampler = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000);
        for rate in SampleRate::ALL {
            let is: Vec<Frame> =
                sine(rate, 1_000.0, -6.0, 5).iter().map(|frame| resampler.turned(frame)).collect();
            assert_eq!(is[4].rate(), SampleRate::Hz16000);
            assert!((is[4].level_dbfs() + 9.0).abs() < 0.1, "{is:?}");
        }
    }
}
