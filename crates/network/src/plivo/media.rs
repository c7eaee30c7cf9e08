//! What Plivo says and hears on a media stream.
//!
//! Source: <https://plivo.com/docs/voice/audio-streaming/audio-streaming>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::media::{Encoding, Format, Frame, Misspoken, Protocol, Track, Word};

/// Whether the customer's server may speak too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    One,
    Both,
}

/// One stream's own words.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) call_uuid: String,
    pub(crate) stream_id: String,
    pub(crate) auth_id: String,
    /// As `start` says them: `a=1;b=2`.
    pub(crate) extra_headers: String,
    pub(crate) tracks: Vec<Track>,
    pub(crate) speaks: Format,
    pub(crate) ways: Ways,
    /// How many messages have been said.
    pub(crate) n_said: u64,
}

impl Media {
    /// A message with its number.
    fn message(&mut self, event: &str, mut message: Value) -> String {
        self.n_said += 1;
        message["event"] = json!(event);
        message["sequenceNumber"] = json!(self.n_said);
        message.to_string()
    }
}

impl Protocol for Media {
    /// There is no `connected`.
    fn opening(&mut self) -> Vec<String> {
        let tracks: Vec<&str> = self.tracks.iter().map(|track| track.word()).collect();
        let start = json!({
            "start": {
                "callId": self.call_uuid,
                "streamId": self.stream_id,
                "accountId": self.auth_id,
                "tracks": tracks,
                "mediaFormat": { "encoding": kind(self.speaks.encoding), "sampleRate": self.speaks.rate },
            },
            "extra_headers": self.extra_headers,
        });
        vec![self.message("start", start)]
    }

    fn sound(&mut self, frame: &Frame<'_>) -> String {
        let media = json!({
            "track": frame.track.word(),
            "timestamp": frame.at.to_string(),
            "chunk": frame.chunk,
            "payload": STANDARD.encode(frame.sound),
        });
        let message = json!({
            "streamId": self.stream_id,
            "media": media,
            "extra_headers": self.extra_headers,
        });
        self.message("media", message)
    }

    fn pressed(&mut self, key: char) -> Option<String> {
        let message = json!({ "streamId": self.stream_id, "dtmf": { "track": "inbound", "digit": key } });
        Some(self.message("dtmf", message))
    }

    fn played(&mut self, mark: &str) -> String {
        self.message("playedStream", json!({ "streamId": self.stream_id, "name": mark }))
    }

    /// Checkpoints that were not reached are never told of: `playedStream` says that all before it
    /// has been played.
    fn cleared(&mut self, _marks: &[String]) -> Vec<String> {
        vec![self.message("clearedAudio", json!({ "streamId": self.stream_id }))]
    }

    /// Plivo documents no message for it.
    fn closing(&mut self) -> Option<String> {
        None
    }

    /// What isn't known changes nothing; a server on a stream that goes one way is not listened to.
    fn read(&mut self, text: &str) -> Result<Word, Misspoken> {
        if self.ways == Ways::One {
            return Ok(Word::Aside);
        }
        let Ok(message) = serde_json::from_str::<Value>(text) else { return Ok(Word::Aside) };
        match message["event"].as_str() {
            Some("playAudio") => {
                let media = &message["media"];
                let sound = media["payload"].as_str().and_then(|text| STANDARD.decode(text).ok());
                match (format_of(media), sound) {
                    (Some(format), Some(sound)) => Ok(Word::Play(format, sound)),
                    (None, _) => Err(self.failed("contentType and sampleRate are none that can be played")),
                    (_, None) => Err(self.failed("payload is no Base64")),
                }
            }
            Some("checkpoint") => match message["name"].as_str() {
                Some(name) => Ok(Word::Mark(name.to_owned())),
                None => Ok(Word::Aside),
            },
            Some("clearAudio") => Ok(Word::Clear),
            Some("sendDTMF") => match message["dtmf"].as_str() {
                Some(keys) => Ok(Word::Keys(keys.to_owned())),
                None => Ok(Word::Aside),
            },
            Some(_) | None => Ok(Word::Aside),
        }
    }
}

impl Media {
    fn failed(&mut self, reason: &str) -> Misspoken {
        let message = json!({ "streamId": self.stream_id, "reason": reason });
        Misspoken::Answered(self.message("playFailed", message))
    }
}

/// The form that a content type says: `audio/x-l16;rate=16000`. Plivo has three.
pub(crate) fn format(content_type: &str) -> Option<Format> {
    let content_type: String = content_type.chars().filter(|letter| !letter.is_whitespace()).collect();
    match content_type.as_str() {
        "audio/x-mulaw" | "audio/x-mulaw;rate=8000" => Some(Format::MULAW),
        "audio/x-l16" | "audio/x-l16;rate=8000" => Some(Format { encoding: Encoding::L16, rate: 8_000 }),
        "audio/x-l16;rate=16000" => Some(Format { encoding: Encoding::L16, rate: 16_000 }),
        _ => None,
    }
}

/// The form that a message says, whose rate may be a number or a text.
fn format_of(media: &Value) -> Option<Format> {
    let rate = match &media["sampleRate"] {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => "8000".to_owned(),
    };
    format(&format!("{};rate={rate}", media["contentType"].as_str()?))
}

fn kind(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Mulaw | Encoding::Alaw => "audio/x-mulaw",
        Encoding::L16 => "audio/x-l16",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::time::Millis;

    fn media(ways: Ways) -> Media {
        Media {
            call_uuid: "c-1".to_owned(),
            stream_id: "s-1".to_owned(),
            auth_id: "MA1".to_owned(),
            extra_headers: "userId=1;sessionId=abc".to_owned(),
            tracks: vec![Track::Inbound],
            speaks: Format::MULAW,
            ways,
            n_said: 0,
        }
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_stream_is_said_as_in_plivos_documents() {
        let mut media = media(Ways::Both);
        let opening: Vec<Value> = media.opening().iter().map(|text| value(text)).collect();
        let start = json!({
            "event": "start",
            "sequenceNumber": 1,
            "start": {
                "callId": "c-1",
                "streamId": "s-1",
                "accountId": "MA1",
                "tracks": ["inbound"],
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000 },
            },
            "extra_headers": "userId=1;sessionId=abc",
        });
        assert_eq!(opening, [start]);
        let (at, sound) = (Millis::new(1_659_447_018_612), &[0xFF, 0x00][..]);
        let frame = Frame { track: Track::Inbound, chunk: 2, since_ms: 20, at, sound };
        let told = value(&media.sound(&frame));
        let expected = json!({
            "event": "media", "sequenceNumber": 2, "streamId": "s-1",
            "media": {"track": "inbound", "timestamp": "1659447018612", "chunk": 2, "payload": "/wA="},
            "extra_headers": "userId=1;sessionId=abc",
        });
        assert_eq!(told, expected);
        let told = [media.pressed('5').unwrap(), media.played("m")];
        let expected = [
            json!({"event": "dtmf", "sequenceNumber": 3, "streamId": "s-1", "dtmf": {
                "track": "inbound", "digit": "5"}}),
            json!({"event": "playedStream", "sequenceNumber": 4, "streamId": "s-1", "name": "m"}),
        ];
        assert_eq!(told.map(|text| value(&text)), expected);
        let cleared: Vec<Value> = media.cleared(&["n".to_owned()]).iter().map(|text| value(text)).collect();
        assert_eq!(cleared, [json!({"event": "clearedAudio", "sequenceNumber": 5, "streamId": "s-1"})]);
    }

    #[test]
    fn four_messages_are_understood() {
        let read = |text: &str| media(Ways::Both).read(text);
        let sound = r#"{"event":"playAudio","media":{"contentType":"audio/x-l16","sampleRate":16000,"payload":"AQI="}}"#;
        let wide = Format { encoding: Encoding::L16, rate: 16_000 };
        assert_eq!(read(sound), Ok(Word::Play(wide, vec![1, 2])));
        let sound = r#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":"8000","payload":"AQI="}}"#;
        assert_eq!(read(sound), Ok(Word::Play(Format::MULAW, vec![1, 2])));
        let mark = r#"{"event":"checkpoint","streamId":"s-1","name":"m"}"#;
        assert_eq!(read(mark), Ok(Word::Mark("m".to_owned())));
        assert_eq!(read(r#"{"event":"clearAudio","streamId":"s-1"}"#), Ok(Word::Clear));
        assert_eq!(read(r#"{"event":"sendDTMF","dtmf":"12"}"#), Ok(Word::Keys("12".to_owned())));
        assert_eq!(read(r#"{"event":"stop"}"#), Ok(Word::Aside));
        assert_eq!(media(Ways::One).read(mark), Ok(Word::Aside));
    }

    #[test]
    fn what_cannot_be_played_is_said_to_have_failed() {
        let sound = r#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":16000,"payload":""}}"#;
        let Err(Misspoken::Answered(answer)) = media(Ways::Both).read(sound) else { panic!("played") };
        assert_eq!(value(&answer)["event"], json!("playFailed"));
    }
}
