//! Plivo's media streams.
//!
//! Sources: <https://plivo.com/docs/voice/audio-streaming/audio-streaming> and
//! <https://docs.plivo.com/docs/voice/xml/audiostream> (2026-11-22). It begins with `start` at once.
//! Marks are checkpoints here, and those that are dropped are never told of: `clearedAudio` says that
//! what waited is gone. The low byte of its L16 comes first, as its own `agent-transport` reads it.

use crate::media::{
    Began, Cutter, Encoding, Form, Heard, Mark, MediaError, MediaStream, Message, Opening, Writer, WrongRate,
    mark_of, quoted, read,
};
use audio::l16::ByteOrder;
use audio::{Frame, SampleRate};
use call::CarrierCallId;
use serde::Deserialize;

/// What `start` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    call_id: String,
    stream_id: String,
    media_format: MediaFormat,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MediaFormat {
    encoding: String,
    sample_rate: u32,
}

/// The messages of one stream.
#[derive(Debug)]
struct Stream {
    /// The stream's name as JSON.
    id: String,
    form: Form,
    cutter: Cutter,
    writer: Writer,
    bytes: Vec<u8>,
}

/// Reads what comes before there is sound.
pub(super) fn opening(text: &str) -> Result<Opening, MediaError> {
    let message: Message<'_, Start> = read(PLIVO, text)?;
    let unreadable = |why: String| MediaError { carrier: PLIVO, why, received: message.event.to_string() };
    let ("start", Some(start)) = (&*message.event, &message.start) else {
        return Err(unreadable("it is no start".to_owned()));
    };
    let MediaFormat { encoding, sample_rate } = &start.media_format;
    let form = form(encoding, *sample_rate)
        .ok_or_else(|| unreadable(format!("its sound is {encoding} at {sample_rate} Hz")))?;
    let leg = CarrierCallId::new(&start.call_id).map_err(|error| unreadable(error.to_string()))?;
    let (cutter, writer) = (Cutter::new(form), Writer::new(form));
    let id = quoted(&start.stream_id);
    let messages = Box::new(Stream { id, form, cutter, writer, bytes: Vec::new() });
    Ok(Opening::Began(Began { leg, stream: start.stream_id.clone(), heard: form, played: form, messages }))
}

/// The form of Plivo's words for it; it has three.
fn form(content_type: &str, hz: u32) -> Option<Form> {
    let linear = Encoding::L16(ByteOrder::Little);
    match (content_type, SampleRate::from_hz(hz).ok()?) {
        ("audio/x-mulaw", SampleRate::Hz8000) => Some(Form::TELEPHONE),
        ("audio/x-l16", rate @ (SampleRate::Hz8000 | SampleRate::Hz16000)) => {
            Some(Form { encoding: linear, rate })
        }
        _ => None,
    }
}

impl MediaStream for Stream {
    fn hear(&mut self, text: &str, heard: &mut dyn FnMut(Heard)) -> Result<(), MediaError> {
        let message: Message<'_> = read(PLIVO, text)?;
        match (&*message.event, &message) {
            ("media", Message { media: Some(media), .. }) if media.is_theirs() => {
                media.sound(PLIVO, &mut self.bytes)?;
                self.cutter.cut(&self.bytes, |frame, whole| {
                    heard(Heard::Sound { place: media.chunk().filter(|_| whole), frame });
                });
            }
            ("dtmf", Message { dtmf: Some(dtmf), .. }) => heard(Heard::Key(dtmf.digit)),
            ("playedStream", Message { name, .. }) => {
                mark_of(name).map(Heard::Played).map(heard);
            }
            ("clearedAudio", _) => heard(Heard::Cleared),
            ("playFailed" | "error", Message { reason, .. }) => {
                let why = if reason.is_empty() { "no reason was given" } else { reason };
                heard(Heard::Refused(why.to_owned()));
            }
            ("stop", _) => heard(Heard::Ended),
            // What we said ourselves, and what may be added one day.
            _ => {}
        }
        Ok(())
    }

    fn play(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate> {
        let (before, hz) = (into.len(), self.form.rate.hz());
        let kind = if self.form == Form::TELEPHONE { "audio/x-mulaw" } else { "audio/x-l16" };
        into.extend([r#"{"event":"playAudio","media":{"contentType":""#, kind, r#"","sampleRate":"#]);
        into.push_str(if hz == 16_000 { "16000" } else { "8000" });
        into.push_str(r#","payload":""#);
        self.writer.write(frame, into).inspect_err(|_| into.truncate(before))?;
        into.push_str(r#""}}"#);
        Ok(())
    }

    fn mark(&self, Mark(mark): Mark) -> String {
        format!(r#"{{"event":"checkpoint","streamId":{},"name":"{mark}"}}"#, self.id)
    }

    fn clear(&self) -> String {
        format!(r#"{{"event":"clearAudio","streamId":{}}}"#, self.id)
    }
}

const PLIVO: &str = "Plivo";
