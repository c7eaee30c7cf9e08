//! How sound is written on a stream, and frames out of pieces of any length.

use super::WrongRate;
use audio::g711::Law;
use audio::l16::ByteOrder;
use audio::{Frame, SampleRate, g722};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How the sound of a stream is written, one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How a sample is.
    pub encoding: Encoding,
    /// How many samples make a second.
    pub rate: SampleRate,
}

/// How a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// G.711, a byte each, which is always 8 kHz.
    G711(Law),
    /// G.722, a byte for two, which is always 16 kHz.
    G722,
    /// Linear, two bytes each.
    L16(ByteOrder),
}

impl Form {
    /// What every carrier speaks: µ-law at 8 kHz.
    pub const TELEPHONE: Form = Form { encoding: Encoding::G711(Law::Mu), rate: SampleRate::Hz8000 };
    /// G.722, which has no other.
    pub(crate) const G722: Form = Form { encoding: Encoding::G722, rate: SampleRate::Hz16000 };

    /// How many bytes a frame has.
    pub fn frame_bytes(self) -> usize {
        match self.encoding {
            Encoding::G711(_) => self.rate.frame_samples(),
            Encoding::G722 => self.rate.frame_samples() / 2,
            Encoding::L16(_) => self.rate.frame_samples() * 2,
        }
    }
}

/// Writes one direction's frames.
#[derive(Debug)]
pub(crate) struct Writer {
    form: Form,
    wide: g722::Encoder,
    bytes: Vec<u8>,
}

impl Writer {
    /// Of a stream on which nothing was said yet.
    pub(crate) fn new(form: Form) -> Writer {
        Writer { form, wide: g722::Encoder::new(), bytes: Vec::new() }
    }

    /// Writes a frame as Base64 after what is there.
    ///
    /// # Errors
    /// The frame's rate is another than the form's. Nothing was written.
    pub(crate) fn write(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate> {
        let Form { encoding, rate } = self.form;
        if frame.rate() != rate {
            return Err(WrongRate { got: frame.rate(), wanted: rate });
        }
        self.bytes.clear();
        match encoding {
            Encoding::G711(law) => law.write(frame, &mut self.bytes),
            Encoding::G722 => self.wide.write(frame, &mut self.bytes),
            Encoding::L16(order) => order.write(frame, &mut self.bytes),
        }
        STANDARD.encode_string(&self.bytes, into);
        Ok(())
    }
}

/// Makes frames of what comes in pieces of any length: most carriers send a frame in a message, and none
/// promises to.
#[derive(Debug)]
pub(crate) struct Cutter {
    form: Form,
    wide: g722::Decoder,
    /// Less than a frame.
    rest: Vec<u8>,
    whole: bool,
}

impl Cutter {
    /// Of a stream on which nothing was heard yet.
    pub(crate) fn new(form: Form) -> Cutter {
        let rest = Vec::with_capacity(form.frame_bytes());
        Cutter { form, wide: g722::Decoder::new(), rest, whole: true }
    }

    /// Takes a piece, and gives the frames that are full by now. Whether each piece so far was one
    /// frame is told with each.
    pub(crate) fn cut(&mut self, mut piece: &[u8], mut full: impl FnMut(Frame, bool)) {
        let n_bytes = self.form.frame_bytes();
        self.whole &= self.rest.is_empty() && piece.len() == n_bytes;
        while !piece.is_empty() {
            let (now, later) = piece.split_at(piece.len().min(n_bytes - self.rest.len()));
            self.rest.extend_from_slice(now);
            piece = later;
            if self.rest.len() == n_bytes
                && let Some(frame) = self.read()
            {
                full(frame, self.whole);
            }
        }
    }

    /// What is less than a frame, with silence behind it.
    pub(crate) fn fill(&mut self) -> Option<Frame> {
        if self.rest.is_empty() {
            return None;
        }
        let silence = match self.form.encoding {
            Encoding::G711(law) => law.silence(),
            Encoding::G722 => g722::SILENCE,
            Encoding::L16(_) => 0,
        };
        self.rest.resize(self.form.frame_bytes(), silence);
        self.read()
    }

    /// The frame that was gathered; `None` where it is none.
    fn read(&mut self) -> Option<Frame> {
        let frame = match self.form.encoding {
            Encoding::G711(law) => law.read(&self.rest).ok(),
            Encoding::G722 => self.wide.read(&self.rest).ok(),
            Encoding::L16(order) => order.read(self.form.rate, &self.rest).ok(),
        };
        self.rest.clear();
        frame
    }

    /// Forgets what is less than a frame.
    pub(crate) fn drop_rest(&mut self) {
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const WIDE: Form = Form { encoding: Encoding::L16(ByteOrder::Little), rate: SampleRate::Hz16000 };

    #[test]
    fn a_frame_has_twenty_milliseconds_in_every_form() {
        let forms = [Form::TELEPHONE, Form::G722, WIDE];
        assert_eq!(forms.map(Form::frame_bytes), [160, 160, 640]);
    }

    #[test]
    fn a_frame_of_another_rate_is_refused() {
        let (got, wanted) = (SampleRate::Hz8000, SampleRate::Hz16000);
        let mut text = String::new();
        for form in [WIDE, Form::G722] {
            let refused = Writer::new(form).write(&Frame::silence(got), &mut text);
            assert_eq!((refused, text.as_str()), (Err(WrongRate { got, wanted }), ""));
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_are_the_sound_that_they_are(
            sound in prop::collection::vec(any::<u8>(), 0..2_000),
            cuts in prop::collection::vec(1usize..500, 1..9),
        ) {
            let (mut cutter, mut heard) = (Cutter::new(Form::TELEPHONE), Vec::new());
            let (mut rest, mut lengths) = (&sound[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
                cutter.cut(piece, |frame, _| heard.extend_from_slice(frame.samples()));
                rest = later;
            }
            let expected: Vec<i16> = sound.iter().map(|code| Law::Mu.decode(*code)).collect();
            prop_assert_eq!(&heard, &expected[..sound.len() / 160 * 160]);
        }
    }

    #[test]
    fn whether_pieces_are_frames_is_told_until_one_is_not() {
        let mut cutter = Cutter::new(Form::TELEPHONE);
        let mut told = Vec::new();
        for n_bytes in [160, 160, 320, 160] {
            cutter.cut(&vec![0xFF; n_bytes], |_, whole| told.push(whole));
        }
        assert_eq!(told, [true, true, false, false, false]);
    }
}
