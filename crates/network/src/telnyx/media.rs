//! What Telnyx says and hears on a media stream.
//!
//! Source: <https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket>.

use audio::g722::{Decoder, Encoder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::media::{Encoding, Format, Frame, Misspoken, Protocol, Track, Word};

/// How long an MP3 is, whatever is in it, in frames: nobody here decodes one.
const MP3_FRAMES: usize = 150;

/// What the customer's server may send to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Whole MP3 files.
    Mp3,
    /// The payload of RTP packets.
    Rtp(Codec),
}

/// How sound is written on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Sample by sample.
    Plain(Format),
    /// G.722, whose codes depend on those before.
    G722,
}

/// What G.722 knows of each direction's sound.
#[derive(Debug, Default)]
pub(crate) struct Wide {
    heard: Decoder,
    /// The subscriber's, and what they hear.
    said: [Encoder; 2],
}

/// One stream's own words.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) stream_id: String,
    /// What `start` says of the call: its ids, its numbers, the client state.
    pub(crate) call: Map<String, Value>,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) auth_token: Option<String>,
    pub(crate) speaks: Codec,
    pub(crate) mode: Mode,
    pub(crate) wide: Wide,
    /// How many messages have been said, not counting the first.
    pub(crate) n_said: u64,
}

impl Media {
    /// A message with its number.
    fn message(&mut self, event: &str, body: Value) -> String {
        self.n_said += 1;
        let mut message = json!({
            "event": event,
            "sequence_number": self.n_said.to_string(),
            "stream_id": self.stream_id,
        });
        message[event] = body;
        message.to_string()
    }

    /// Says what is wrong with a message; the stream goes on.
    fn complaint(&self, code: u32, title: &str, detail: &str) -> Misspoken {
        let payload = json!({ "code": code, "title": title, "detail": detail });
        let message = json!({ "event": "error", "stream_id": self.stream_id, "payload": payload });
        Misspoken::Answered(message.to_string())
    }
}

impl Protocol for Media {
    fn opening(&mut self) -> Vec<String> {
        let mut connected = json!({ "event": "connected", "version": "1.0.0" });
        if let Some(token) = &self.auth_token {
            connected["connected"] = json!({ "x-telnyx-streaming-auth-token": token });
        }
        let mut start = self.call.clone();
        start.insert("custom_parameters".to_owned(), json!(self.parameters));
        let format = json!({
            "encoding": self.speaks.word(),
            "sample_rate": self.speaks.format().rate,
            "channels": 1,
        });
        start.insert("media_format".to_owned(), format);
        vec![connected.to_string(), self.message("start", Value::Object(start))]
    }

    fn sound(&mut self, frame: &Frame<'_>) -> String {
        let payload = match self.speaks {
            Codec::Plain(_) => STANDARD.encode(frame.sound),
            Codec::G722 => STANDARD.encode(self.wide.said(frame.track, frame.sound)),
        };
        let body = json!({
            "track": frame.track.word(),
            "chunk": frame.chunk.to_string(),
            "timestamp": frame.since_ms.to_string(),
            "payload": payload,
        });
        self.message("media", body)
    }

    fn pressed(&mut self, key: char) -> Option<String> {
        Some(self.message("dtmf", json!({ "digit": key })))
    }

    fn played(&mut self, mark: &str) -> String {
        self.message("mark", json!({ "name": mark }))
    }

    fn cleared(&mut self, marks: &[String]) -> Vec<String> {
        marks.iter().map(|mark| self.played(mark)).collect()
    }

    fn closing(&mut self) -> Option<String> {
        let body = json!({ "user_id": self.call.get("user_id"), "call_control_id": self.call.get("call_control_id") });
        Some(self.message("stop", body))
    }

    fn read(&mut self, text: &str) -> Result<Word, Misspoken> {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            return Err(self.complaint(100_003, "malformed_frame", "The frame is no JSON."));
        };
        match message["event"].as_str() {
            Some("media") => {
                let payload = message["media"]["payload"].as_str();
                let Some(sound) = payload.and_then(|text| STANDARD.decode(text).ok()) else {
                    return Err(self.complaint(100_004, "invalid_media", "The payload is no Base64."));
                };
                Ok(match self.mode {
                    Mode::Rtp(Codec::Plain(format)) => Word::Play(format, sound),
                    Mode::Rtp(codec @ Codec::G722) => Word::Play(codec.format(), self.wide.heard(&sound)),
                    Mode::Mp3 => {
                        let n_bytes = MP3_FRAMES * Format::MULAW.frame_bytes();
                        Word::Play(Format::MULAW, vec![Format::MULAW.silence(); n_bytes])
                    }
                })
            }
            Some("mark") => match message["mark"]["name"].as_str() {
                Some(name) => Ok(Word::Mark(name.to_owned())),
                None => Err(self.complaint(100_003, "malformed_frame", "The mark has no name.")),
            },
            Some("clear") => Ok(Word::Clear),
            Some(_) | None => Err(self.complaint(100_003, "malformed_frame", "The event is not known.")),
        }
    }
}

impl Codec {
    /// What telephones speak.
    pub(crate) const MULAW: Codec = Codec::Plain(Format::MULAW);

    /// Telnyx's word for it.
    fn word(self) -> &'static str {
        match self {
            Codec::Plain(Format { encoding: Encoding::Mulaw, .. }) => "PCMU",
            Codec::Plain(Format { encoding: Encoding::Alaw, .. }) => "PCMA",
            Codec::Plain(Format { encoding: Encoding::L16, .. }) => "L16",
            Codec::G722 => "G722",
        }
    }

    /// The form in which the line has its sound.
    pub(crate) fn format(self) -> Format {
        match self {
            Codec::Plain(format) => format,
            Codec::G722 => Format { encoding: Encoding::L16, rate: 16_000 },
        }
    }
}

impl Wide {
    fn heard(&mut self, codes: &[u8]) -> Vec<u8> {
        codes.iter().flat_map(|code| self.heard.decode(*code)).flat_map(i16::to_le_bytes).collect()
    }

    fn said(&mut self, track: Track, sound: &[u8]) -> Vec<u8> {
        let encoder = match track {
            Track::Inbound => &mut self.said[0],
            Track::Outbound => &mut self.said[1],
        };
        let pairs = sound.as_chunks().0.iter();
        pairs.map(|[a, b, c, d]| encoder.encode([[*a, *b], [*c, *d]].map(i16::from_le_bytes))).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::media::Track;
    use crate::time::Millis;

    const WIDE: Format = Format { encoding: Encoding::L16, rate: 16_000 };
    const L16: Codec = Codec::Plain(WIDE);

    fn media(mode: Mode) -> Media {
        let call = json!({ "user_id": "U", "call_control_id": "v3:c", "from": "+1", "to": "+2" });
        Media {
            stream_id: "s-1".to_owned(),
            call: call.as_object().unwrap().clone(),
            parameters: json!({ "a": "b" }).as_object().unwrap().clone(),
            auth_token: None,
            speaks: L16,
            mode,
            wide: Wide::default(),
            n_said: 0,
        }
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_stream_is_said_as_in_telnyxs_documents() {
        let mut media = media(Mode::Rtp(L16));
        let opening: Vec<Value> = media.opening().iter().map(|text| value(text)).collect();
        let start = json!({
            "event": "start",
            "sequence_number": "1",
            "stream_id": "s-1",
            "start": {
                "user_id": "U",
                "call_control_id": "v3:c",
                "from": "+1",
                "to": "+2",
                "custom_parameters": { "a": "b" },
                "media_format": { "encoding": "L16", "sample_rate": 16000, "channels": 1 },
            },
        });
        assert_eq!(opening, [json!({"event": "connected", "version": "1.0.0"}), start]);
        let (at, sound) = (Millis::new(0), &[1, 2][..]);
        let frame = Frame { track: Track::Outbound, chunk: 2, since_ms: 20, at, sound };
        let told =
            [media.sound(&frame), media.pressed('#').unwrap(), media.played("m"), media.closing().unwrap()];
        let expected = [
            json!({"event": "media", "sequence_number": "2", "stream_id": "s-1", "media": {
                "track": "outbound", "chunk": "2", "timestamp": "20", "payload": "AQI="}}),
            json!({"event": "dtmf", "sequence_number": "3", "stream_id": "s-1", "dtmf": {"digit": "#"}}),
            json!({"event": "mark", "sequence_number": "4", "stream_id": "s-1", "mark": {"name": "m"}}),
            json!({"event": "stop", "sequence_number": "5", "stream_id": "s-1", "stop": {
                "user_id": "U", "call_control_id": "v3:c"}}),
        ];
        assert_eq!(told.map(|text| value(&text)), expected);
    }

    #[test]
    fn a_token_is_said_first() {
        let mut media = Media { auth_token: Some("t".to_owned()), ..media(Mode::Mp3) };
        let connected = json!({
            "event": "connected",
            "version": "1.0.0",
            "connected": { "x-telnyx-streaming-auth-token": "t" },
        });
        assert_eq!(value(&media.opening()[0]), connected);
    }

    #[test]
    fn three_messages_are_understood_and_need_no_stream_id() {
        let read = |text: &str| media(Mode::Rtp(L16)).read(text);
        let sound = r#"{"event":"media","media":{"payload":"AQI="}}"#;
        assert_eq!(read(sound), Ok(Word::Play(WIDE, vec![1, 2])));
        assert_eq!(read(r#"{"event":"mark","mark":{"name":"m"}}"#), Ok(Word::Mark("m".to_owned())));
        assert_eq!(read(r#"{"event":"clear"}"#), Ok(Word::Clear));
        let played = media(Mode::Mp3).read(sound);
        assert_eq!(played, Ok(Word::Play(Format::MULAW, vec![0xFF; 24_000])), "three seconds");
    }

    #[test]
    fn anything_else_is_complained_about() {
        for (text, title) in [
            ("", "malformed_frame"),
            (r#"{"event":"start"}"#, "malformed_frame"),
            (r#"{"event":"mark"}"#, "malformed_frame"),
            (r#"{"event":"media","media":{"payload":"%"}}"#, "invalid_media"),
        ] {
            let Err(Misspoken::Answered(answer)) = media(Mode::Mp3).read(text) else { panic!("{text}") };
            let answer = value(&answer);
            assert_eq!((&answer["event"], &answer["payload"]["title"]), (&json!("error"), &json!(title)));
        }
    }
}
