//! The forms that sound has on a stream, and turning one into another: just well enough that a
//! test can tell what it said from what it hears.

use super::FRAME_MS;
use audio::g711::Law;
use audio::{Frame, SampleRate};

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// G.711 μ-law, a byte each.
    Mulaw,
    /// G.711 A-law, a byte each.
    Alaw,
    /// Linear, 16 bits each, the low byte first.
    L16,
}

/// An encoding at a sampling rate, one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) encoding: Encoding,
    /// In samples per second.
    pub(crate) rate: u32,
}

impl Format {
    /// What telephones speak.
    pub(crate) const MULAW: Format = Format { encoding: Encoding::Mulaw, rate: 8_000 };

    /// How many bytes a frame of 20 ms has.
    pub(crate) fn frame_bytes(self) -> usize {
        let n_samples = usize::try_from(u64::from(self.rate) * FRAME_MS / 1_000).unwrap_or(1);
        n_samples.max(1) * self.sample_bytes()
    }

    fn sample_bytes(self) -> usize {
        match self.encoding {
            Encoding::Mulaw | Encoding::Alaw => 1,
            Encoding::L16 => 2,
        }
    }

    /// The byte that silence is made of.
    pub(crate) fn silence(self) -> u8 {
        match self.encoding {
            Encoding::Mulaw => 0xFF,
            Encoding::Alaw => 0xD5,
            Encoding::L16 => 0,
        }
    }

    /// Turns sound of this form into another one. Of the same form it stays as it is, byte by byte.
    pub(crate) fn turned(self, sound: Vec<u8>, into: Format) -> Vec<u8> {
        if self == into {
            return sound;
        }
        let samples = self.samples(&sound);
        let n_wanted = samples.len() as u64 * u64::from(into.rate) / u64::from(self.rate.max(1));
        let nearest = |index: u64| {
            let at = index * u64::from(self.rate) / u64::from(into.rate.max(1));
            usize::try_from(at).ok().and_then(|at| samples.get(at)).copied().unwrap_or_default()
        };
        let mut turned = Vec::new();
        for index in 0..n_wanted {
            into.write(nearest(index), &mut turned);
        }
        turned
    }

    /// The frame that 20 ms of this form are; `None` at a rate that nobody listens at.
    pub(crate) fn frame(self, sound: &[u8]) -> Option<Frame> {
        Frame::from_samples(SampleRate::from_hz(self.rate).ok()?, &self.samples(sound)).ok()
    }

    /// A frame in this form.
    pub(crate) fn written(self, frame: &Frame) -> Vec<u8> {
        let heard = Format { encoding: Encoding::L16, rate: frame.rate().hz() };
        let bytes = frame.samples().iter().flat_map(|sample| sample.to_le_bytes()).collect();
        heard.turned(bytes, self)
    }

    fn samples(self, sound: &[u8]) -> Vec<i16> {
        match self.encoding {
            Encoding::Mulaw => sound.iter().map(|code| Law::Mu.decode(*code)).collect(),
            Encoding::Alaw => sound.iter().map(|code| Law::A.decode(*code)).collect(),
            Encoding::L16 => {
                sound.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect()
            }
        }
    }

    fn write(self, sample: i16, into: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Mulaw => into.push(Law::Mu.encode(sample)),
            Encoding::Alaw => into.push(Law::A.encode(sample)),
            Encoding::L16 => into.extend(sample.to_le_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALAW: Format = Format { encoding: Encoding::Alaw, rate: 8_000 };
    const L16: Format = Format { encoding: Encoding::L16, rate: 16_000 };

    #[test]
    fn a_frame_is_twenty_milliseconds() {
        assert_eq!((Format::MULAW.frame_bytes(), L16.frame_bytes()), (160, 640));
        assert_eq!(Format { rate: 22_050, ..L16 }.frame_bytes(), 882);
    }

    #[test]
    fn silence_is_silence_in_every_form() {
        for format in [Format::MULAW, ALAW, L16] {
            let silence = vec![format.silence(); format.frame_bytes()];
            let heard = format.samples(&silence);
            assert!(heard.iter().all(|sample| sample.abs() <= 8), "{format:?}: {heard:?}");
        }
    }

    /// Every code word is its own: decoded and encoded it is there again. Minus zero of μ-law is
    /// plus zero.
    #[test]
    fn what_is_turned_there_and_back_is_the_same() {
        for format in [Format::MULAW, ALAW] {
            let all: Vec<u8> = (0..=255).filter(|byte| *byte != 0x7F || format == ALAW).collect();
            let there = format.turned(all.clone(), Format { rate: 8_000, ..L16 });
            assert_eq!(Format { rate: 8_000, ..L16 }.turned(there, format), all, "{format:?}");
            let there = format.turned(all.clone(), L16);
            assert_eq!(there.len(), all.len() * 4);
            assert_eq!(L16.turned(there, format), all, "{format:?}");
        }
    }
}
