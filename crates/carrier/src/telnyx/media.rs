//! Telnyx's media streams, in the mode in which sound goes both ways as the payload of RTP packets.
//!
//! Source: <https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket>
//! (2026-11-22). The order of frames is not guaranteed: its chunks tell it. The order of the bytes of
//! its L16 isn't said anywhere; it is taken as Plivo's, the low one first.

use crate::media::{
    Began, Cutter, Encoding, Form, Heard, MediaError, MediaStream, Message, Opening, WrongRate, encoded,
    mark_of, read,
};
use audio::g711::Law;
use audio::l16::ByteOrder;
use audio::pacer::Mark;
use audio::{Frame, SampleRate};
use call::CarrierCallId;
use serde::Deserialize;

/// What `start` says. The stream's name stands beside it.
#[derive(Debug, Deserialize)]
struct Start {
    call_control_id: String,
    media_format: MediaFormat,
}

#[derive(Debug, Deserialize)]
struct MediaFormat {
    encoding: String,
    sample_rate: u32,
}

/// The messages of one stream.
#[derive(Debug)]
struct Stream {
    form: Form,
    cutter: Cutter,
    bytes: Vec<u8>,
}

/// Reads what comes before there is sound.
pub(super) fn opening(text: &str) -> Result<Opening, MediaError> {
    let message: Message<'_, Start> = read(TELNYX, text)?;
    let unreadable = |why: String| MediaError { carrier: TELNYX, why, received: message.event.to_string() };
    let start = match (&*message.event, &message.start) {
        ("connected", _) => return Ok(Opening::Hello),
        ("start", Some(start)) => start,
        _ => return Err(unreadable("it is neither connected nor start".to_owned())),
    };
    let MediaFormat { encoding, sample_rate } = &start.media_format;
    let form = form(encoding, *sample_rate)
        .ok_or_else(|| unreadable(format!("its sound is {encoding} at {sample_rate} Hz")))?;
    let leg = CarrierCallId::new(&start.call_control_id).map_err(|error| unreadable(error.to_string()))?;
    let stream = message.stream_id.clone().into_owned();
    let messages = Box::new(Stream { form, cutter: Cutter::new(form), bytes: Vec::new() });
    Ok(Opening::Began(Began { leg, stream, form, messages }))
}

/// The form of Telnyx's word for it.
fn form(encoding: &str, hz: u32) -> Option<Form> {
    let rate = SampleRate::from_hz(hz).ok()?;
    let encoding = match encoding {
        "PCMU" => Encoding::G711(Law::Mu),
        "PCMA" => Encoding::G711(Law::A),
        "L16" => Encoding::L16(ByteOrder::Little),
        _ => return None,
    };
    let fits = match rate {
        SampleRate::Hz8000 => true,
        SampleRate::Hz16000 | SampleRate::Hz24000 | SampleRate::Hz48000 => {
            matches!(encoding, Encoding::L16(_))
        }
        SampleRate::Hz22050 | SampleRate::Hz44100 => false,
    };
    fits.then_some(Form { encoding, rate })
}

impl MediaStream for Stream {
    fn hear(&mut self, text: &str, heard: &mut dyn FnMut(Heard)) -> Result<(), MediaError> {
        let message: Message<'_> = read(TELNYX, text)?;
        match (&*message.event, &message) {
            ("media", Message { media: Some(media), .. }) if media.is_theirs() => {
                media.sound(TELNYX, &mut self.bytes)?;
                self.cutter.cut(&self.bytes, |frame, whole| {
                    heard(Heard::Sound { place: media.chunk().filter(|_| whole), frame });
                });
            }
            ("dtmf", Message { dtmf: Some(dtmf), .. }) => heard(Heard::Key(dtmf.digit)),
            ("mark", Message { mark: Some(mark), .. }) => {
                mark_of(&mark.name).map(Heard::Played).map(heard);
            }
            ("error", Message { payload: Some(complaint), .. }) => {
                heard(Heard::Refused(complaint.to_string()));
            }
            ("stop", _) => heard(Heard::Ended),
            // What we said ourselves, and what may be added one day.
            _ => {}
        }
        Ok(())
    }

    /// It names no stream: Telnyx knows by the socket.
    fn play(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate> {
        let before = into.len();
        into.push_str(r#"{"event":"media","media":{"payload":""#);
        encoded(self.form, frame, &mut self.bytes, into).inspect_err(|_| into.truncate(before))?;
        into.push_str(r#""}}"#);
        Ok(())
    }

    fn mark(&self, Mark(mark): Mark) -> String {
        format!(r#"{{"event":"mark","mark":{{"name":"{mark}"}}}}"#)
    }

    fn clear(&self) -> String {
        r#"{"event":"clear"}"#.to_owned()
    }
}

const TELNYX: &str = "Telnyx";
