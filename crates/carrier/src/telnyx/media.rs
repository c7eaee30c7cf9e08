//! Telnyx's media streams, in the mode in which sound goes both ways as the payload of RTP packets.
//!
//! Source: <https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket>
//! (2026-11-22). The order of frames is not guaranteed: its chunks tell it. The order of the bytes of
//! its L16 isn't said there. RTP's is the high one first (RFC 3551 section 4.5.11); those who have heard
//! it on real calls, and had taken it for RTP's before, say that the low one is.

use crate::media::{
    Began, Cutter, Encoding, Form, Heard, Mark, MediaError, MediaStream, Message, Opening, Writer, WrongRate,
    mark_of, read,
};
use audio::g711::Law;
use audio::l16::ByteOrder;
use audio::{Frame, SampleRate};
use call::CarrierCallId;
use serde::Deserialize;

/// The codecs in which a stream can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamCodec {
    /// G.711 µ-law, at 8 kHz.
    #[default]
    Pcmu,
    /// G.711 A-law, at 8 kHz.
    Pcma,
    /// G.722, at 16 kHz.
    G722,
    /// Linear, 16 bits, at 8 kHz.
    L16,
}

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
    cutter: Cutter,
    writer: Writer,
    bytes: Vec<u8>,
}

/// Reads what comes before there is sound. What is to be played has the `codec` that was asked for; what
/// is heard has another one where Telnyx can't change what the line has.
pub(super) fn opening(codec: StreamCodec, text: &str) -> Result<Opening, MediaError> {
    let message: Message<'_, Start> = read(TELNYX, text)?;
    let unreadable = |why: String| MediaError { carrier: TELNYX, why, received: message.event.to_string() };
    let start = match (&*message.event, &message.start) {
        ("connected", _) => return Ok(Opening::Hello),
        ("start", Some(start)) => start,
        _ => return Err(unreadable("it is neither connected nor start".to_owned())),
    };
    let MediaFormat { encoding, sample_rate } = &start.media_format;
    let heard = form(encoding, *sample_rate)
        .ok_or_else(|| unreadable(format!("its sound is {encoding} at {sample_rate} Hz")))?;
    let leg = CarrierCallId::new(&start.call_control_id).map_err(|error| unreadable(error.to_string()))?;
    let stream = message.stream_id.clone().into_owned();
    let played = codec.form();
    let (cutter, writer) = (Cutter::new(heard), Writer::new(played));
    let messages = Box::new(Stream { cutter, writer, bytes: Vec::new() });
    Ok(Opening::Began(Began { leg, stream, heard, played, messages }))
}

/// The form of Telnyx's word for it. Of G.722 it is not stated which rate is told: that of its samples,
/// or the 8,000 Hz of RTP's clock (RFC 3551 section 4.5.2).
fn form(encoding: &str, hz: u32) -> Option<Form> {
    match (encoding, SampleRate::from_hz(hz).ok()?) {
        ("PCMU", SampleRate::Hz8000) => Some(StreamCodec::Pcmu.form()),
        ("PCMA", SampleRate::Hz8000) => Some(StreamCodec::Pcma.form()),
        ("G722", SampleRate::Hz8000 | SampleRate::Hz16000) => Some(StreamCodec::G722.form()),
        ("L16", SampleRate::Hz22050 | SampleRate::Hz44100) => None,
        ("L16", rate) => Some(Form { rate, ..StreamCodec::L16.form() }),
        _ => None,
    }
}

impl StreamCodec {
    /// All of them.
    pub const ALL: [StreamCodec; 4] =
        [StreamCodec::Pcmu, StreamCodec::Pcma, StreamCodec::G722, StreamCodec::L16];

    /// Telnyx's word for it.
    pub fn word(self) -> &'static str {
        match self {
            StreamCodec::Pcmu => "PCMU",
            StreamCodec::Pcma => "PCMA",
            StreamCodec::G722 => "G722",
            StreamCodec::L16 => "L16",
        }
    }

    pub(super) fn form(self) -> Form {
        match self {
            StreamCodec::Pcmu => Form::TELEPHONE,
            StreamCodec::Pcma => Form { encoding: Encoding::G711(Law::A), ..Form::TELEPHONE },
            StreamCodec::G722 => Form::G722,
            StreamCodec::L16 => Form { encoding: Encoding::L16(ByteOrder::Little), ..Form::TELEPHONE },
        }
    }
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
        self.writer.write(frame, into).inspect_err(|_| into.truncate(before))?;
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
