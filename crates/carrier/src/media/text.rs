//! Sound as text: µ-law at 8 kHz in Base64, as those want it who are no carriers.

use super::{Cutter, Form, MediaError, Writer, WrongRate, sound_of};
use audio::Frame;

/// Writes frames as text.
#[derive(Debug)]
pub struct ToText {
    writer: Writer,
}

/// Reads frames of pieces of any length.
#[derive(Debug)]
pub struct FromText {
    cutter: Cutter,
    bytes: Vec<u8>,
}

impl ToText {
    /// Writes a frame after what is there.
    ///
    /// # Errors
    /// It isn't one of 8 kHz.
    pub fn write(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate> {
        self.writer.write(frame, into)
    }
}

impl Default for ToText {
    fn default() -> ToText {
        ToText { writer: Writer::new(Form::TELEPHONE) }
    }
}

impl FromText {
    /// Of which nothing was read yet.
    pub fn new() -> FromText {
        FromText { cutter: Cutter::new(Form::TELEPHONE), bytes: Vec::new() }
    }

    /// Reads a piece, which `who` wrote, and gives the frames that are full by now.
    ///
    /// # Errors
    /// It is no Base64.
    pub fn read(
        &mut self,
        who: &'static str,
        text: &str,
        mut full: impl FnMut(Frame),
    ) -> Result<(), MediaError> {
        sound_of(who, text, &mut self.bytes)?;
        self.cutter.cut(&self.bytes, |frame, _| full(frame));
        Ok(())
    }

    /// What is less than a frame, with silence behind it.
    pub fn fill(&mut self) -> Option<Frame> {
        self.cutter.fill()
    }

    /// Forgets what is less than a frame.
    pub fn drop_rest(&mut self) {
        self.cutter.drop_rest();
    }
}

impl Default for FromText {
    fn default() -> FromText {
        FromText::new()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use audio::SampleRate;

    #[test]
    fn what_is_written_is_read_again_whatever_the_length_of_its_pieces() {
        let mut text = String::new();
        let mut to = ToText::default();
        to.write(&Frame::silence(SampleRate::Hz8000), &mut text).unwrap();
        assert!(to.write(&Frame::silence(SampleRate::Hz16000), &mut String::new()).is_err());
        let mut from = FromText::new();
        let (first, rest) = text.split_at(100);
        let mut n_frames = 0;
        from.read("a test", first, |_| n_frames += 1).unwrap();
        from.read("a test", rest, |_| n_frames += 1).unwrap();
        assert_eq!((n_frames, from.fill()), (1, None));
        from.read("a test", first, |_| n_frames += 1).unwrap();
        from.drop_rest();
        assert_eq!(from.fill(), None);
        let error = from.read("a test", "*", |_| {}).unwrap_err().to_string();
        assert!(error.contains("a test's message") && error.contains("no Base64"), "{error}");
    }
}
