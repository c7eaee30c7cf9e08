//! Sound that comes in pieces of any length, as frames.

use crate::wave::{Coding, Layout, Samples, samples};
use crate::{Form, Unreadable};
use audio::{Frame, Resampler, SampleRate};

/// Reads an answer while it comes: frames of 8 kHz out of pieces of any length.
pub struct Sound {
    state: State,
}

enum State {
    /// Its beginning, which doesn't tell yet what it is.
    Beginning { form: Form, came: Vec<u8> },
    /// Its samples.
    Samples(Box<Cutter>),
}

/// Cuts samples into frames.
struct Cutter {
    layout: Layout,
    /// How many bytes of them are to come at most.
    n_left: usize,
    /// What came of the next frame.
    part: Vec<u8>,
    /// How many samples the last frame had before its silence.
    n_last: usize,
    resampler: Resampler,
}

impl Sound {
    /// One that is written in this form.
    pub fn new(form: Form) -> Sound {
        Sound { state: State::Beginning { form, came: Vec::new() } }
    }

    /// Hears the next piece, and tells the frames that are whole by now.
    ///
    /// # Errors
    /// [`Unreadable`]: it is no such sound, or a vendor's refusal; nothing more of it can be heard.
    pub fn hear(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Frame)) -> Result<(), Unreadable> {
        match &mut self.state {
            State::Samples(cutter) => cutter.hear(bytes, tell),
            State::Beginning { form, came } => {
                came.extend_from_slice(bytes);
                if let Some(samples) = found(*form, came)? {
                    let mut cutter = Box::new(Cutter::new(samples));
                    cutter.hear(&came[samples.begin..], tell);
                    self.state = State::Samples(cutter);
                }
            }
        }
        Ok(())
    }

    /// Nothing more comes: tells what is left of it, filled up with silence.
    pub fn end(&mut self, tell: &mut dyn FnMut(Frame)) {
        match &mut self.state {
            State::Samples(cutter) => cutter.end(tell),
            State::Beginning { .. } => {}
        }
    }
}

impl Cutter {
    fn new(Samples { layout, n_bytes, .. }: Samples) -> Cutter {
        let resampler = Resampler::new(layout.rate, SampleRate::Hz8000);
        Cutter { layout, n_left: n_bytes.unwrap_or(usize::MAX), part: Vec::new(), n_last: 0, resampler }
    }

    fn hear(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Frame)) {
        // What comes after the samples of a file is about them.
        let mut bytes = &bytes[..bytes.len().min(self.n_left)];
        if self.n_left != usize::MAX {
            self.n_left -= bytes.len();
        }
        let frame_bytes = self.layout.moment_bytes() * self.layout.rate.frame_samples();
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(bytes.len().min(frame_bytes - self.part.len()));
            self.part.extend_from_slice(piece);
            bytes = rest;
            if self.part.len() == frame_bytes {
                self.cut(tell);
            }
        }
    }

    fn end(&mut self, tell: &mut dyn FnMut(Frame)) {
        if self.part.len() >= self.layout.moment_bytes() {
            self.cut(tell);
        }
        // What a frame ends with comes out of the resampler with the next one.
        let is_late = !self.resampler.delay().is_zero();
        if is_late && self.n_last > self.layout.rate.frame_samples() / 2 {
            self.cut(tell);
        }
    }

    /// Tells a frame of what came, and of silence where that isn't enough.
    fn cut(&mut self, tell: &mut dyn FnMut(Frame)) {
        let mut frame = Frame::silence(self.layout.rate);
        let moments = self.part.chunks_exact(self.layout.moment_bytes());
        self.n_last = moments.len();
        for (sample, moment) in frame.samples_mut().iter_mut().zip(moments) {
            *sample = self.layout.mixed(moment);
        }
        self.part.clear();
        tell(self.resampler.turned(&frame));
    }
}

/// The samples of what begins so, if that tells already.
fn found(form: Form, came: &[u8]) -> Result<Option<Samples>, Unreadable> {
    let (rate, coding) = match form {
        Form::Wav => return samples(came),
        Form::MuLaw => (SampleRate::Hz8000, Coding::MuLaw),
        Form::Pcm(rate) => (rate, Coding::Signed),
    };
    // Some servers give what they always give, whatever they are asked for.
    if came.starts_with(WAV) {
        return samples(came);
    }
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| came.starts_with(magic)) {
        return Err(Unreadable::new(format!("it is {name}, and not what was asked for"), came));
    }
    let may_be_other = [WAV]
        .into_iter()
        .chain(OTHERS.map(|(magic, _)| magic))
        .any(|magic| came.len() < magic.len() && magic.starts_with(came));
    match is_object(came) {
        _ if may_be_other => Ok(None),
        None => Ok(None),
        Some(true) => Err(Unreadable::new("it is JSON, and no sound", came)),
        Some(false) => {
            let layout = Layout { rate, coding, channels: 1 };
            Ok(Some(Samples { layout, begin: 0, n_bytes: None }))
        }
    }
}

/// Whether an answer is an object of JSON and so a refusal, if that can be said already: no sound begins
/// with a step as large as from a brace to a quotation mark.
fn is_object(came: &[u8]) -> Option<bool> {
    let [b'{', rest @ ..] = came else { return if came.is_empty() { None } else { Some(false) } };
    let is_space = |byte: &&u8| byte.is_ascii_whitespace();
    match rest.iter().find(|byte| !is_space(byte)) {
        Some(first) => Some(*first == b'"'),
        None if rest.len() < SPACES_MAX => None,
        None => Some(false),
    }
}

/// How files of sound begin that can be heard, and others.
const WAV: &[u8] = b"RIFF";
const OTHERS: [(&[u8], &str); 3] = [(b"ID3", "MP3"), (b"OggS", "Ogg"), (b"fLaC", "FLAC")];
/// So many spaces may stand before the first name of a refusal.
const SPACES_MAX: usize = 16;

#[cfg(test)]
mod tests;
