//! Twilio's media streams.
//!
//! Source: <https://www.twilio.com/docs/voice/media-streams/websocket-messages> (2026-11-22). Its sound
//! is µ-law at 8 kHz; its counts are texts.

use super::record::call_sid;
use crate::media::{
    Began, Cutter, Form, Heard, Mark, MediaError, MediaStream, Message, Opening, Writer, WrongRate, mark_of,
    quoted, read,
};
use audio::Frame;
use serde::Deserialize;

/// What `start` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    stream_sid: String,
    call_sid: String,
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
    sid: String,
    cutter: Cutter,
    writer: Writer,
    bytes: Vec<u8>,
}

/// Reads what comes before there is sound.
pub(super) fn opening(text: &str) -> Result<Opening, MediaError> {
    let message: Message<'_, Start> = read(TWILIO, text)?;
    let unreadable =
        |why: &str| MediaError { carrier: TWILIO, why: why.to_owned(), received: event(&message) };
    let start = match (&*message.event, &message.start) {
        ("connected", _) => return Ok(Opening::Hello),
        ("start", Some(start)) => start,
        _ => return Err(unreadable("it is neither connected nor start")),
    };
    let MediaFormat { encoding, sample_rate } = &start.media_format;
    if (encoding.as_str(), *sample_rate) != ("audio/x-mulaw", 8_000) {
        return Err(unreadable(&format!("its sound is {encoding} at {sample_rate} Hz")));
    }
    let leg = call_sid(&start.call_sid).ok_or_else(|| unreadable("it names no call"))?;
    let form = Form::TELEPHONE;
    let (cutter, writer) = (Cutter::new(form), Writer::new(form));
    let messages = Box::new(Stream { sid: quoted(&start.stream_sid), cutter, writer, bytes: Vec::new() });
    Ok(Opening::Began(Began { leg, stream: start.stream_sid.clone(), heard: form, played: form, messages }))
}

impl MediaStream for Stream {
    fn hear(&mut self, text: &str, heard: &mut dyn FnMut(Heard)) -> Result<(), MediaError> {
        let message: Message<'_> = read(TWILIO, text)?;
        match (&*message.event, &message) {
            ("media", Message { media: Some(media), .. }) if media.is_theirs() => {
                media.sound(TWILIO, &mut self.bytes)?;
                self.cutter.cut(&self.bytes, |frame, whole| {
                    heard(Heard::Sound { place: media.chunk().filter(|_| whole), frame });
                });
            }
            ("dtmf", Message { dtmf: Some(dtmf), .. }) => heard(Heard::Key(dtmf.digit)),
            ("mark", Message { mark: Some(mark), .. }) => {
                mark_of(&mark.name).map(Heard::Played).map(heard);
            }
            ("stop", _) => heard(Heard::Ended),
            // What we said ourselves, and what may be added one day.
            _ => {}
        }
        Ok(())
    }

    fn play(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate> {
        let before = into.len();
        into.extend([r#"{"event":"media","streamSid":"#, &self.sid, r#","media":{"payload":""#]);
        self.writer.write(frame, into).inspect_err(|_| into.truncate(before))?;
        into.push_str(r#""}}"#);
        Ok(())
    }

    fn mark(&self, Mark(mark): Mark) -> String {
        format!(r#"{{"event":"mark","streamSid":{},"mark":{{"name":"{mark}"}}}}"#, self.sid)
    }

    fn clear(&self) -> String {
        format!(r#"{{"event":"clear","streamSid":{}}}"#, self.sid)
    }
}

fn event<S>(message: &Message<'_, S>) -> String {
    message.event.chars().take(64).collect()
}

const TWILIO: &str = "Twilio";
