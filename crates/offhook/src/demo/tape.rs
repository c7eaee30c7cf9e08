//! What both sides of a conversation say, in time.

use anyhow::Context as _;
use audio::Frame;
use std::path::Path;
use std::time::{Duration, Instant};

/// A recording of a line, from its first sound on: what is heard, and what is said.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    begun: Option<Instant>,
    heard: Vec<i16>,
    said: Vec<i16>,
}

impl Tape {
    /// The other side is heard, now.
    pub(super) fn heard(&mut self, frame: &Frame) {
        let now = self.now();
        // A little late is on time; a line that was gone left a gap.
        if now > self.heard.len() + samples(LATE_MAX) {
            self.heard.resize(now, 0);
        }
        self.heard.extend(frame.samples());
    }

    /// This is said, as soon as what was said before is over.
    pub(super) fn said(&mut self, frames: &[Frame]) {
        let now = self.now();
        if now > self.said.len() {
            self.said.resize(now, 0);
        }
        self.said.extend(frames.iter().flat_map(|frame| frame.samples()));
    }

    /// What is not said by now is not said.
    pub(super) fn cut(&mut self) {
        let now = self.now();
        self.said.truncate(now);
    }

    /// Writes it as a WAV file: to the left what was heard, to the right what was said.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let write = || -> Result<(), hound::Error> {
            let mut file = hound::WavWriter::create(path, spec)?;
            for n in 0..self.heard.len().max(self.said.len()) {
                for side in [&self.heard, &self.said] {
                    file.write_sample(side.get(n).copied().unwrap_or(0))?;
                }
            }
            file.finalize()
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Which sample is now.
    fn now(&mut self) -> usize {
        samples(self.begun.get_or_insert_with(Instant::now).elapsed())
    }
}

fn samples(span: Duration) -> usize {
    usize::try_from(span.as_millis()).unwrap_or(usize::MAX) * RATE as usize / 1_000
}

/// A telephone's.
const RATE: u32 = 8_000;
const LATE_MAX: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use audio::SampleRate;

    #[test]
    fn both_sides_are_in_a_file_that_others_read_and_what_was_cut_off_is_not() {
        let mut tape = Tape::default();
        let frame = Frame::silence(SampleRate::Hz8000);
        tape.heard(&frame);
        tape.said(&vec![frame.clone(); 500]);
        tape.cut();
        tape.heard(&frame);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.wav");
        tape.write(&path).unwrap();
        let file = hound::WavReader::open(&path).unwrap();
        assert_eq!((file.spec().channels, file.spec().sample_rate), (2, 8_000));
        assert!((320..8_000).contains(&file.duration()), "{} samples, not ten seconds", file.duration());
        assert!(tape.write(&folder.path().join("no/such/folder.wav")).is_err());
    }
}
