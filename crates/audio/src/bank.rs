//! A bank of correlators: how much of each of a few tones is in a short segment of sound, and where
//! in its swing each was when the segment began. Segments add up to windows of any length.

use std::f64::consts::TAU;

/// Correlators for these tones, at one sampling rate and length of segment.
#[derive(Debug)]
pub(crate) struct Bank<const TONES: usize> {
    /// For each sample of a segment what each tone would be there, and a quarter of a swing later.
    waves: Vec<[[f32; TONES]; 2]>,
    /// How far each tone turns in a segment, backwards.
    turns: [Phasor; TONES],
}

/// What a bank found in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<const TONES: usize> {
    pub(crate) tones: [Phasor; TONES],
    /// The sum of the squares of its samples.
    pub(crate) energy: f32,
}

/// A length and a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Phasor {
    pub(crate) re: f32,
    pub(crate) im: f32,
}

impl<const TONES: usize> Bank<TONES> {
    pub(crate) fn new(tones_hz: [f64; TONES], sample_hz: u32, segment_samples: usize) -> Bank<TONES> {
        let turned = |hz: f64, n: usize| TAU * hz * n as f64 / f64::from(sample_hz);
        let wave = |n| [f64::cos, f64::sin].map(|swing| tones_hz.map(|hz| swing(turned(hz, n)) as f32));
        let turns = tones_hz.map(|hz| Phasor::turned(-turned(hz, segment_samples)));
        Bank { waves: (0..segment_samples).map(wave).collect(), turns }
    }

    /// Samples of a segment.
    pub(crate) fn segment_samples(&self) -> usize {
        self.waves.len()
    }

    /// What is in a segment.
    pub(crate) fn hear(&self, segment: &[i16]) -> Found<TONES> {
        let (mut re, mut im, mut energy) = ([0.0; TONES], [0.0; TONES], 0.0);
        for (sample, [cos, sin]) in segment.iter().zip(&self.waves) {
            let sample = f32::from(*sample);
            energy += sample * sample;
            for tone in 0..TONES {
                re[tone] += sample * cos[tone];
                im[tone] -= sample * sin[tone];
            }
        }
        let tones = std::array::from_fn(|tone| Phasor { re: re[tone], im: im[tone] });
        Found { tones, energy }
    }

    /// What of one tone is in several segments together, each with a weight, the oldest first.
    pub(crate) fn together<'a>(
        &self,
        tone: usize,
        segments: impl DoubleEndedIterator<Item = (&'a Found<TONES>, f32)>,
    ) -> Phasor {
        segments.rev().fold(Phasor::default(), |later, (segment, weight)| {
            segment.tones[tone] * weight + later * self.turns[tone]
        })
    }

    /// How far a tone turns in a segment, backwards.
    pub(crate) fn turn(&self, tone: usize) -> Phasor {
        self.turns[tone]
    }
}

impl Phasor {
    /// Of length one, turned so far.
    pub(crate) fn turned(angle: f64) -> Phasor {
        Phasor { re: angle.cos() as f32, im: angle.sin() as f32 }
    }

    pub(crate) fn mirrored(self) -> Phasor {
        Phasor { re: self.re, im: -self.im }
    }

    /// The square of its length.
    pub(crate) fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    /// How far it is turned, from -π to π.
    pub(crate) fn angle(self) -> f32 {
        self.im.atan2(self.re)
    }
}

impl std::ops::Add for Phasor {
    type Output = Phasor;

    fn add(self, other: Phasor) -> Phasor {
        Phasor { re: self.re + other.re, im: self.im + other.im }
    }
}

impl std::ops::Mul for Phasor {
    type Output = Phasor;

    fn mul(self, other: Phasor) -> Phasor {
        Phasor { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }
}

impl std::ops::Mul<f32> for Phasor {
    type Output = Phasor;

    fn mul(self, factor: f32) -> Phasor {
        Phasor { re: self.re * factor, im: self.im * factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleRate;
    use crate::sounds::{sine, unframed};

    #[test]
    fn segments_add_up_to_the_whole() {
        let rate = SampleRate::Hz8000;
        let tones = [700.0, 1_000.0, 1_633.0];
        let sound = unframed(&sine(rate, 1_000.0, -6.0, 2));
        let (short, long) = (Bank::new(tones, 8_000, 40), Bank::new(tones, 8_000, 240));
        let segments: Vec<_> = sound[..240].chunks(40).map(|segment| short.hear(segment)).collect();
        let whole = long.hear(&sound[..240]);
        for tone in 0..3 {
            let sum = short.together(tone, segments.iter().map(|segment| (segment, 1.0)));
            let off = sum + whole.tones[tone] * -1.0;
            assert!(off.power() < 1e-6 * whole.energy * 240.0, "{sum:?} {:?}", whole.tones[tone]);
        }
        let loudness = whole.tones[1].power().sqrt() / 120.0;
        assert!((loudness - 16_423.0).abs() < 5.0, "{loudness}");
    }
}
