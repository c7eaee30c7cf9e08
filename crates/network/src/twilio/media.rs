//! What Twilio says and hears on a media stream.
//!
//! Source: <https://www.twilio.com/docs/voice/media-streams/websocket-messages>.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::media::{Format, Frame, Misspoken, Protocol, Track, Word};

/// Whether the customer's server may speak too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    One,
    Both,
}

/// One stream's own words.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) account_sid: String,
    pub(crate) call_sid: String,
    pub(crate) stream_sid: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tracks: Vec<Track>,
    pub(crate) ways: Ways,
    /// How many messages have been said since the first, which isn't counted.
    pub(crate) n_said: u64,
}

impl Media {
    /// A message with its number.
    fn message(&mut self, event: &str, body: Value) -> String {
        self.n_said += 1;
        let mut message = json!({
            "event": event,
            "sequenceNumber": self.n_said.to_string(),
            "streamSid": self.stream_sid,
        });
        message[event] = body;
        message.to_string()
    }
}

impl Protocol for Media {
    fn opening(&mut self) -> Vec<String> {
        let connected = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" });
        let tracks: Vec<&str> = self.tracks.iter().map(|track| track.word()).collect();
        let start = json!({
            "accountSid": self.account_sid,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": tracks,
            "customParameters": self.parameters,
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
        });
        vec![connected.to_string(), self.message("start", start)]
    }

    fn sound(&mut self, frame: &Frame<'_>) -> String {
        let body = json!({
            "track": frame.track.word(),
            "chunk": frame.chunk.to_string(),
            "timestamp": frame.since_ms.to_string(),
            "payload": STANDARD.encode(frame.sound),
        });
        self.message("media", body)
    }

    /// Only said where the stream goes both ways. The track is named otherwise than with sound.
    fn pressed(&mut self, key: char) -> Option<String> {
        match self.ways {
            Ways::One => None,
            Ways::Both => Some(self.message("dtmf", json!({ "track": "inbound_track", "digit": key }))),
        }
    }

    fn played(&mut self, mark: &str) -> String {
        self.message("mark", json!({ "name": mark }))
    }

    fn cleared(&mut self, marks: &[String]) -> Vec<String> {
        marks.iter().map(|mark| self.played(mark)).collect()
    }

    fn closing(&mut self) -> Option<String> {
        let stop = json!({ "accountSid": self.account_sid, "callSid": self.call_sid });
        Some(self.message("stop", stop))
    }

    /// A server on a stream that goes one way is not listened to.
    fn read(&mut self, text: &str) -> Result<Word, Misspoken> {
        if self.ways == Ways::One {
            return Ok(Word::Aside);
        }
        let message: Value = serde_json::from_str(text).map_err(|_| protocol_error("it is no JSON"))?;
        let event = message["event"].as_str().unwrap_or_default();
        if message["streamSid"].as_str() != Some(self.stream_sid.as_str()) {
            return Err(protocol_error("streamSid is not that of the stream"));
        }
        match event {
            "media" => {
                let payload =
                    message["media"]["payload"].as_str().and_then(|text| STANDARD.decode(text).ok());
                let sound = payload.ok_or_else(|| protocol_error("media.payload is no Base64"))?;
                Ok(Word::Play(Format::MULAW, sound))
            }
            "mark" => match message["mark"]["name"].as_str() {
                Some(name) => Ok(Word::Mark(name.to_owned())),
                None => Err(protocol_error("mark.name is missing")),
            },
            "clear" => Ok(Word::Clear),
            _ => Err(protocol_error(&format!("there is no event {event:?}"))),
        }
    }
}

fn protocol_error(why: &str) -> Misspoken {
    Misspoken::Fatal(why.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::time::Millis;

    fn media(ways: Ways) -> Media {
        Media {
            account_sid: "AC1".to_owned(),
            call_sid: "CA1".to_owned(),
            stream_sid: "MZ1".to_owned(),
            parameters: BTreeMap::from([("FirstName".to_owned(), "Jane".to_owned())]),
            tracks: vec![Track::Inbound],
            ways,
            n_said: 0,
        }
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_stream_is_said_as_in_twilios_documents() {
        let mut media = media(Ways::Both);
        let opening: Vec<Value> = media.opening().iter().map(|text| value(text)).collect();
        let start = json!({
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": "MZ1",
            "start": {
                "accountSid": "AC1",
                "streamSid": "MZ1",
                "callSid": "CA1",
                "tracks": ["inbound"],
                "customParameters": { "FirstName": "Jane" },
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
            },
        });
        assert_eq!(opening, [json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}), start]);
        let (at, sound) = (Millis::new(0), &[0xFF, 0x00][..]);
        let frame = Frame { track: Track::Inbound, chunk: 2, since_ms: 20, at, sound };
        let told =
            [media.sound(&frame), media.pressed('5').unwrap(), media.played("m"), media.closing().unwrap()];
        let expected = [
            json!({"event": "media", "sequenceNumber": "2", "streamSid": "MZ1", "media": {
                "track": "inbound", "chunk": "2", "timestamp": "20", "payload": "/wA="}}),
            json!({"event": "dtmf", "sequenceNumber": "3", "streamSid": "MZ1", "dtmf": {
                "track": "inbound_track", "digit": "5"}}),
            json!({"event": "mark", "sequenceNumber": "4", "streamSid": "MZ1", "mark": { "name": "m" }}),
            json!({"event": "stop", "sequenceNumber": "5", "streamSid": "MZ1", "stop": {
                "accountSid": "AC1", "callSid": "CA1"}}),
        ];
        assert_eq!(told.map(|text| value(&text)), expected);
    }

    #[test]
    fn three_messages_are_understood() {
        let read = |text: &str| media(Ways::Both).read(text);
        let sound = r#"{"event":"media","streamSid":"MZ1","media":{"payload":"/wA="}}"#;
        assert_eq!(read(sound), Ok(Word::Play(Format::MULAW, vec![0xFF, 0])));
        let mark = r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m"}}"#;
        assert_eq!(read(mark), Ok(Word::Mark("m".to_owned())));
        assert_eq!(read(r#"{"event":"clear","streamSid":"MZ1"}"#), Ok(Word::Clear));
    }

    #[test]
    fn anything_else_is_a_protocol_error() {
        for text in [
            "",
            "[]",
            r#"{"event":"stop","streamSid":"MZ1"}"#,
            r#"{"event":"clear","streamSid":"MZ2"}"#,
            r#"{"event":"clear"}"#,
            r#"{"event":"mark","streamSid":"MZ1"}"#,
            r#"{"event":"media","streamSid":"MZ1","media":{"payload":"%"}}"#,
        ] {
            let read = media(Ways::Both).read(text);
            assert!(matches!(read, Err(Misspoken::Fatal(_))), "{text}: {read:?}");
        }
    }

    #[test]
    fn a_stream_that_goes_one_way_neither_listens_nor_tells_of_keys() {
        let mut media = media(Ways::One);
        assert_eq!(media.pressed('1'), None);
        assert_eq!(media.read("hello"), Ok(Word::Aside));
    }
}
