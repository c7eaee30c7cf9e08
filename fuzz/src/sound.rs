//! The sound of a synthesizer's answer: frames, wherever it is cut.
//!
//! An input is `wav`, `mulaw` or `pcm` and a rate, and the lengths of the pieces in which it comes, over and
//! over; an empty line; and the answer.

use crate::input::{Message, in_pieces};
use crate::recognizer::is_shown_in_part;
use audio::{Frame, SampleRate};
use speech::{Form, Sound, Unreadable};

/// Hears one answer.
pub(crate) fn take(input: &[u8]) {
    let Message { head, body, .. } = Message::read(input);
    let mut words = head.split(' ');
    let form = match words.next() {
        Some("wav") => Form::Wav,
        Some("mulaw") => Form::MuLaw,
        Some("pcm") => {
            let hz = words.next().and_then(|hz| hz.parse().ok());
            let Some(Ok(rate)) = hz.map(SampleRate::from_hz) else { return };
            Form::Pcm(rate)
        }
        _ => return,
    };
    let whole = heard(form, [&*body]);
    if let Err(error) = &whole {
        is_shown_in_part(error, &body);
    }
    let whole = whole.ok();
    assert_eq!(heard(form, in_pieces(&body, words)).ok(), whole, "another sound, where it is cut so");
    assert_eq!(heard(form, body.chunks(1)).ok(), whole, "another sound, byte by byte");

    let frames = whole.unwrap_or_default();
    assert!(frames.iter().all(|frame| frame.samples().len() == 160), "a frame of 20 ms at 8 kHz");
    // A sample has a byte at least; what is left of the last frame is filled up, and may come a frame late.
    assert!(frames.len() <= body.len() / 160 + 2, "{} frames of {} bytes", frames.len(), body.len());
}

/// The frames of an answer that comes so.
fn heard<'a>(form: Form, came: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Frame>, Unreadable> {
    let (mut sound, mut frames) = (Sound::new(form), Vec::new());
    for bytes in came {
        sound.hear(bytes, &mut |frame| frames.push(frame))?;
    }
    sound.end(&mut |frame| frames.push(frame));
    Ok(frames)
}
