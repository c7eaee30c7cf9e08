//! Twenty milliseconds of sound, the unit in which all of it travels.

use std::fmt;
use std::time::Duration;

/// How many samples make a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleRate {
    /// The telephone's: 8 kHz.
    Hz8000,
    /// Wideband telephony and most recognizers: 16 kHz.
    Hz16000,
    /// Synthesizers that run on small machines: 22.05 kHz.
    Hz22050,
    /// Most synthesizers: 24 kHz.
    Hz24000,
    /// Music: 44.1 kHz.
    Hz44100,
    /// Browsers: 48 kHz.
    Hz48000,
}

/// Sound of one channel that lasts [`FRAME`]: 16 bits a sample, kept without the heap.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    rate: SampleRate,
    /// Those past the frame's end are zero.
    samples: [i16; SAMPLES_MAX],
}

/// A sampling rate that isn't spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot take sound of {0} Hz; take 8000, 16000, 22050, 24000, 44100 or 48000")]
pub struct UnknownRate(pub u32);

/// Sound that isn't as long as a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot take {got} {unit} as a frame of 20 ms; it has {wanted}")]
pub struct WrongLength {
    /// How many there are.
    pub got: usize,
    /// How many there should be.
    pub wanted: usize,
    /// Of what: samples or bytes.
    pub unit: &'static str,
}

impl SampleRate {
    /// All of them, the lowest first.
    pub const ALL: [SampleRate; 6] = [
        SampleRate::Hz8000,
        SampleRate::Hz16000,
        SampleRate::Hz22050,
        SampleRate::Hz24000,
        SampleRate::Hz44100,
        SampleRate::Hz48000,
    ];

    /// The rate of this many samples a second.
    ///
    /// # Errors
    /// It is none of [`SampleRate::ALL`].
    pub fn from_hz(hz: u32) -> Result<SampleRate, UnknownRate> {
        SampleRate::ALL.into_iter().find(|rate| rate.hz() == hz).ok_or(UnknownRate(hz))
    }

    /// Samples in a second.
    pub const fn hz(self) -> u32 {
        match self {
            SampleRate::Hz8000 => 8_000,
            SampleRate::Hz16000 => 16_000,
            SampleRate::Hz22050 => 22_050,
            SampleRate::Hz24000 => 24_000,
            SampleRate::Hz44100 => 44_100,
            SampleRate::Hz48000 => 48_000,
        }
    }

    /// Samples in a frame.
    pub const fn frame_samples(self) -> usize {
        self.hz() as usize / FRAMES_EACH_SECOND
    }
}

impl Frame {
    /// A frame in which nothing is heard.
    pub const fn silence(rate: SampleRate) -> Frame {
        Frame { rate, samples: [0; SAMPLES_MAX] }
    }

    /// The frame of these samples.
    ///
    /// # Errors
    /// They are more or fewer than the rate asks for.
    pub fn from_samples(rate: SampleRate, samples: &[i16]) -> Result<Frame, WrongLength> {
        let wanted = rate.frame_samples();
        if samples.len() != wanted {
            return Err(WrongLength { got: samples.len(), wanted, unit: "samples" });
        }
        let mut frame = Frame::silence(rate);
        frame.samples_mut().copy_from_slice(samples);
        Ok(frame)
    }

    /// At which rate it was sampled.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Its samples, [`SampleRate::frame_samples`] of them.
    pub fn samples(&self) -> &[i16] {
        &self.samples[..self.rate.frame_samples()]
    }

    /// Its samples, to be changed.
    pub fn samples_mut(&mut self) -> &mut [i16] {
        &mut self.samples[..self.rate.frame_samples()]
    }

    /// How loud it is, in decibels of full scale: the root mean square against the largest sample, so
    /// that a sine as loud as can be has -3. Nothing is below [`SILENCE_DBFS`].
    pub fn level_dbfs(&self) -> f32 {
        level_dbfs(self.samples().iter().copied())
    }

    /// The same sound this many times as loud; what grows too loud is clipped.
    pub fn scaled(&self, factor: f32) -> Frame {
        let mut scaled = self.clone();
        for sample in scaled.samples_mut() {
            *sample = clipped(f32::from(*sample) * factor);
        }
        scaled
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} Hz, {:.1} dBFS)", self.rate.hz(), self.level_dbfs())
    }
}

/// The nearest sample.
pub(crate) fn clipped(value: f32) -> i16 {
    // A cast of a float stops at the ends of the integer's range.
    value.round() as i16
}

/// How loud samples are, likewise. None are silence.
pub(crate) fn level_dbfs(samples: impl Iterator<Item = i16>) -> f32 {
    let (n, sum) = samples.fold((0_u32, 0), |(n, sum), sample| (n + 1, sum + i64::from(sample).pow(2)));
    let mean = sum as f64 / f64::from(n.max(1));
    let level = 10.0 * (mean / (32_768.0 * 32_768.0)).log10();
    (level as f32).max(SILENCE_DBFS)
}

/// How long a frame lasts: what every carrier sends at a time.
pub const FRAME: Duration = Duration::from_millis(20);
/// The level of silence, which has none: as low as RFC 6465 section 3 (2011-12) can say.
pub const SILENCE_DBFS: f32 = -127.0;
/// How many frames last a second.
const FRAMES_EACH_SECOND: usize = 50;
/// Samples of a frame at the highest rate.
pub(crate) const SAMPLES_MAX: usize = SampleRate::Hz48000.frame_samples();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sounds::{decibels, sine};

    #[test]
    fn a_frame_is_twenty_milliseconds_at_every_rate() {
        let lengths = SampleRate::ALL.map(SampleRate::frame_samples);
        assert_eq!(lengths, [160, 320, 441, 480, 882, 960]);
        for rate in SampleRate::ALL {
            assert_eq!(FRAME * rate.hz(), Duration::from_secs(1) * rate.frame_samples() as u32);
            assert_eq!(SampleRate::from_hz(rate.hz()), Ok(rate));
        }
        assert_eq!(SampleRate::from_hz(11_025), Err(UnknownRate(11_025)));
    }

    #[test]
    fn a_frame_of_another_length_is_refused() {
        for got in [0, 159, 161, 320] {
            let refused = Frame::from_samples(SampleRate::Hz8000, &vec![0; got]);
            assert_eq!(refused, Err(WrongLength { got, wanted: 160, unit: "samples" }));
        }
    }

    #[test]
    fn levels_are_those_of_the_book() {
        let rate = SampleRate::Hz8000;
        assert_eq!(Frame::silence(rate).level_dbfs(), SILENCE_DBFS);
        let square = Frame::from_samples(rate, &[i16::MIN; 160]).unwrap();
        assert_eq!(square.level_dbfs(), 0.0);
        let loud = &sine(rate, 1_000.0, 0.0, 1)[0];
        assert!((loud.level_dbfs() + 3.01).abs() < 0.01, "{loud:?}");
        let half = loud.scaled(decibels(-6.0));
        assert!((half.level_dbfs() + 9.01).abs() < 0.01, "{half:?}");
    }

    #[test]
    fn what_grows_too_loud_is_clipped() {
        let rate = SampleRate::Hz16000;
        let frame = Frame::from_samples(rate, &[-20_000; 320]).unwrap().scaled(2.0);
        assert_eq!(frame.samples(), [i16::MIN; 320]);
        assert_eq!(frame.scaled(-1.0).samples(), [i16::MAX; 320]);
    }
}
