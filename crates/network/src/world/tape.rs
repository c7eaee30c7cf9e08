//! What a carrier records of a line: each side in a channel of its own, when it was. What somebody says is there
//! as tones that carry it to the letter.

use audio::tones;

use super::leg::{Leg, Sound};
use crate::time::Millis;

/// A recording of a line.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    /// The carrier's name for it.
    pub(crate) id: String,
    pub(crate) began_at: Millis,
    /// When it was stopped, or its line ended.
    pub(crate) over_at: Option<Millis>,
}

impl Tape {
    pub(crate) fn new(id: String, now: Millis) -> Tape {
        Tape { id, began_at: now, over_at: None }
    }

    /// Whether its file can be had: that takes a moment.
    pub(crate) fn is_ready(&self, now: Millis) -> bool {
        self.over_at.is_some_and(|over| now.since(over) >= READY_AFTER_MS)
    }

    pub(crate) fn lasted_ms(&self, now: Millis) -> u64 {
        self.over_at.unwrap_or(now).since(self.began_at)
    }

    /// The file: linear stereo at 8 kHz. To the left is what the subscriber says, to the right what is played to
    /// them. What is cut off by the next thing is heard until then. Keys, files and media streams are silent.
    pub(crate) fn wav(&self, leg: &Leg, now: Millis) -> Vec<u8> {
        let n_moments = usize::try_from(self.lasted_ms(now)).unwrap_or(0) * MOMENTS_A_MS;
        let said = leg.spoken.iter().map(|one| (one.at, one.words.as_str()));
        let played = leg.heard.iter().filter_map(|one| match &one.what {
            Sound::Say(text) | Sound::Apology(text) => Some((one.at, text.as_str())),
            Sound::Play(_) | Sound::Digits(_) => None,
        });
        let sides = [self.side(said, n_moments), self.side(played, n_moments)];
        let n_bytes = u32::try_from(n_moments * 4).unwrap_or(u32::MAX);
        let mut file = header(n_bytes);
        for (left, right) in sides[0].iter().zip(&sides[1]) {
            file.extend_from_slice(&left.to_le_bytes());
            file.extend_from_slice(&right.to_le_bytes());
        }
        file
    }

    fn side<'a>(&self, said: impl Iterator<Item = (Millis, &'a str)>, n_moments: usize) -> Vec<i16> {
        let mut side = vec![0; n_moments];
        // What began before isn't there from its middle on.
        for (at, text) in said.filter(|(at, _)| *at >= self.began_at) {
            let begin = usize::try_from(at.since(self.began_at)).unwrap_or(usize::MAX) * MOMENTS_A_MS;
            let Some(rest) = side.get_mut(begin..) else { continue };
            rest.fill(0);
            let samples = tones::say(text).flat_map(|frame| frame.samples().to_vec());
            rest.iter_mut().zip(samples).for_each(|(moment, sample)| *moment = sample);
        }
        side
    }
}

/// What stands before so many bytes of samples.
fn header(n_bytes: u32) -> Vec<u8> {
    let size = |n: u32| n.to_le_bytes();
    let (coding, channels, bits) = (1u16, 2u16, 16u16);
    let format = [
        &coding.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &size(HZ),
        &size(HZ * 4),
        &4u16.to_le_bytes(),
        &bits.to_le_bytes(),
    ]
    .concat();
    let whole = n_bytes.saturating_add(36);
    [b"RIFF", &size(whole)[..], b"WAVEfmt ", &size(16), &format, b"data", &size(n_bytes)].concat()
}

const HZ: u32 = 8_000;
const MOMENTS_A_MS: usize = 8;
/// How long a carrier takes to have the file.
pub(crate) const READY_AFTER_MS: u64 = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lasts_as_long_as_its_recording_did() {
        assert_eq!(header(0).len(), 44);
        let mut tape = Tape::new("RE1".to_owned(), Millis::new(1_000));
        assert_eq!((tape.lasted_ms(Millis::new(3_000)), tape.is_ready(Millis::new(9_000))), (2_000, false));
        tape.over_at = Some(Millis::new(4_000));
        assert_eq!(tape.lasted_ms(Millis::new(9_000)), 3_000);
        assert_eq!((tape.is_ready(Millis::new(4_100)), tape.is_ready(Millis::new(4_400))), (false, true));
    }
}
