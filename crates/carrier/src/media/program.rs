//! The other end of Twilio's media streams: what a program hears and says that was written for them,
//! whichever carrier carries its call.
//!
//! Source: <https://www.twilio.com/docs/voice/media-streams/websocket-messages> (2026-11-22).

use super::{Cutter, Form, MediaError, Message, Writer, WrongRate, quoted, read};
use audio::{FRAME, Frame};
use call::CallId;
use serde_json::json;

/// What is said to a program on one stream.
#[derive(Debug)]
pub struct ToProgram {
    /// The stream's name as JSON.
    stream: String,
    call: CallId,
    /// Messages, of which the first isn't counted.
    n_said: u64,
    n_frames: u64,
    writer: Writer,
}

/// What a program says on one stream.
#[derive(Debug)]
pub struct FromProgram {
    cutter: Cutter,
    bytes: Vec<u8>,
}

/// What a program says.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for each frame")]
pub enum Said<'a> {
    /// This is to be played, after what is there: 20 ms at 8 kHz.
    Sound(Frame),
    /// It wants to be told when all before was played, by this name.
    Mark(&'a str),
    /// What was not played is to be dropped.
    Clear,
}

impl ToProgram {
    /// A stream of this name, for a call of ours.
    pub fn new(stream: &str, call: CallId) -> ToProgram {
        let writer = Writer::new(Form::TELEPHONE);
        ToProgram { stream: quoted(stream), call, n_said: 0, n_frames: 0, writer }
    }

    /// What comes before there is sound, in order. Who calls whom is told as parameters, and the call is
    /// named as it is named here: no account of the carrier stands behind it.
    pub fn opening(&mut self, from: &str, to: &str) -> [String; 2] {
        let connected = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" });
        let call = self.call.to_string();
        let parameters = json!({ "call": call, "from": from, "to": to });
        let format = json!({ "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 });
        let start = format!(
            r#"{{"accountSid":"{ACCOUNT}","callSid":"{call}","streamSid":{},"tracks":["inbound"],"mediaFormat":{format},"customParameters":{parameters}}}"#,
            self.stream
        );
        [connected.to_string(), self.message("start", &start)]
    }

    /// The other side is heard.
    ///
    /// # Errors
    /// The frame isn't one of 8 kHz.
    pub fn sound(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate> {
        let before = into.len();
        let at_ms = FRAME.as_millis() * u128::from(self.n_frames);
        let (n, chunk) = (self.n_said + 1, self.n_frames + 1);
        into.push_str(r#"{"event":"media","sequenceNumber":""#);
        into.push_str(&n.to_string());
        into.push_str(r#"","media":{"track":"inbound","chunk":""#);
        into.push_str(&chunk.to_string());
        into.push_str(r#"","timestamp":""#);
        into.push_str(&at_ms.to_string());
        into.push_str(r#"","payload":""#);
        self.writer.write(frame, into).inspect_err(|_| into.truncate(before))?;
        into.extend([r#""},"streamSid":"#, &self.stream, "}"]);
        (self.n_said, self.n_frames) = (n, chunk);
        Ok(())
    }

    /// The other side pressed a key.
    pub fn key(&mut self, key: char) -> String {
        self.message("dtmf", &json!({ "track": "inbound_track", "digit": key }).to_string())
    }

    /// All before its mark of this name was played, or dropped.
    pub fn played(&mut self, name: &str) -> String {
        self.message("mark", &json!({ "name": name }).to_string())
    }

    /// The stream ends.
    pub fn stop(&mut self) -> String {
        let call = self.call.to_string();
        self.message("stop", &json!({ "accountSid": ACCOUNT, "callSid": call }).to_string())
    }

    fn message(&mut self, event: &str, body: &str) -> String {
        self.n_said += 1;
        let (n, stream) = (self.n_said, &self.stream);
        format!(r#"{{"event":"{event}","sequenceNumber":"{n}","streamSid":{stream},"{event}":{body}}}"#)
    }
}

impl FromProgram {
    /// Of a program that said nothing yet.
    pub fn new() -> FromProgram {
        FromProgram { cutter: Cutter::new(Form::TELEPHONE), bytes: Vec::new() }
    }

    /// Reads one message, and tells what it says, if anything.
    ///
    /// # Errors
    /// [`MediaError`]: the message says nothing; the stream goes on.
    pub fn hear(&mut self, text: &str, said: &mut dyn FnMut(Said<'_>)) -> Result<(), MediaError> {
        let message: Message<'_> = read(PROGRAM, text)?;
        match (&*message.event, &message) {
            ("media", Message { media: Some(media), .. }) => {
                media.sound(PROGRAM, &mut self.bytes)?;
                self.cutter.cut(&self.bytes, |frame, _| said(Said::Sound(frame)));
            }
            ("mark", Message { mark: Some(mark), .. }) => {
                // What is less than a frame is said before the mark, too.
                self.cutter.fill().map(Said::Sound).map(&mut *said);
                said(Said::Mark(&mark.name));
            }
            ("clear", _) => {
                self.cutter.drop_rest();
                said(Said::Clear);
            }
            ("media" | "mark", _) => {
                let received = message.event.chars().take(64).collect();
                let why = "it says nothing of what it names".to_owned();
                return Err(MediaError { carrier: PROGRAM, why, received });
            }
            // Twilio takes nothing else; what a program says beside is its own affair.
            _ => {}
        }
        Ok(())
    }
}

impl Default for FromProgram {
    fn default() -> FromProgram {
        FromProgram::new()
    }
}

/// Programs that were written for Twilio expect one.
const ACCOUNT: &str = "AC00000000000000000000000000000000";
const PROGRAM: &str = "the program";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use audio::SampleRate;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;

    fn call() -> CallId {
        CallId::from_bits(7)
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn said(program: &mut FromProgram, text: &str) -> Vec<String> {
        let mut told = Vec::new();
        let heard = program.hear(text, &mut |said| {
            told.push(match said {
                Said::Sound(frame) => format!("sound {}", frame.samples()[0]),
                Said::Mark(name) => format!("mark {name}"),
                Said::Clear => "clear".to_owned(),
            });
        });
        if let Err(error) = heard {
            told.push(error.to_string());
        }
        told
    }

    fn media(bytes: &[u8]) -> String {
        let payload = STANDARD.encode(bytes);
        json!({ "event": "media", "streamSid": "MZ1", "media": { "payload": payload } }).to_string()
    }

    #[test]
    fn a_program_is_told_what_twilio_tells() {
        let mut to = ToProgram::new("MZ1", call());
        let [connected, start] = to.opening("+12025550143", "+15550100000");
        let expected = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" });
        assert_eq!(json(&connected), expected);
        let id = call().to_string();
        let expected = json!({
            "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
            "start": {
                "accountSid": "AC00000000000000000000000000000000", "callSid": id, "streamSid": "MZ1",
                "tracks": ["inbound"],
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
                "customParameters": { "call": id, "from": "+12025550143", "to": "+15550100000" },
            },
        });
        assert_eq!(json(&start), expected);
        for (n, at) in [(2, "0"), (3, "20")] {
            let mut text = String::new();
            to.sound(&Frame::silence(SampleRate::Hz8000), &mut text).unwrap();
            let payload = STANDARD.encode([0xFF; 160]);
            let chunk = (n - 1).to_string();
            let expected = json!({
                "event": "media", "sequenceNumber": n.to_string(), "streamSid": "MZ1",
                "media": { "track": "inbound", "chunk": chunk, "timestamp": at, "payload": payload },
            });
            assert_eq!(json(&text), expected);
        }
        let expected = json!({
            "event": "dtmf", "sequenceNumber": "4", "streamSid": "MZ1",
            "dtmf": { "track": "inbound_track", "digit": "#" },
        });
        assert_eq!(json(&to.key('#')), expected);
        let expected = json!({ "event": "mark", "sequenceNumber": "5", "streamSid": "MZ1", "mark": { "name": "a \"b\"" } });
        assert_eq!(json(&to.played("a \"b\"")), expected);
        let stopped = json(&to.stop());
        assert_eq!((&stopped["event"], &stopped["stop"]["callSid"]), (&json!("stop"), &json!(id)));
    }

    #[test]
    fn a_frame_of_another_rate_is_not_said_and_not_counted() {
        let (mut to, mut text) = (ToProgram::new("MZ1", call()), String::new());
        assert!(to.sound(&Frame::silence(SampleRate::Hz16000), &mut text).is_err());
        assert_eq!(text, "");
        to.sound(&Frame::silence(SampleRate::Hz8000), &mut text).unwrap();
        assert_eq!(json(&text)["sequenceNumber"], "1");
    }

    #[test]
    fn what_a_program_says_is_heard_whatever_the_length_of_its_pieces() {
        let mut from = FromProgram::new();
        assert_eq!(said(&mut from, &media(&[0xFF; 100])), [""; 0]);
        assert_eq!(said(&mut from, &media(&[0xFF; 220])), ["sound 0", "sound 0"]);
        assert_eq!(said(&mut from, r#"{"event":"mark","mark":{"name":"one"}}"#), ["mark one"]);
        assert_eq!(said(&mut from, &media(&[0x00; 10])), [""; 0]);
        let told = said(&mut from, r#"{"event":"mark","mark":{"name":"two"}}"#);
        assert_eq!(told, ["sound -32124", "mark two"], "the rest goes before the mark");
        assert_eq!(said(&mut from, &media(&[0x00; 10])), [""; 0]);
        assert_eq!(said(&mut from, r#"{"event":"clear","streamSid":"MZ1"}"#), ["clear"]);
        assert_eq!(said(&mut from, &media(&[0xFF; 160])), ["sound 0"], "what was dropped is not said");
    }

    #[test]
    fn what_cannot_be_read_is_told_and_what_is_new_is_passed_over() {
        let mut from = FromProgram::new();
        assert_eq!(said(&mut from, r#"{"event":"novelty","x":1}"#), [""; 0]);
        let nothing = said(&mut from, r#"{"event":"media"}"#);
        assert!(nothing[0].contains("says nothing of what it names"), "{nothing:?}");
        let broken = said(&mut from, r#"{"event":"media","media":{"payload":"*"}}"#);
        assert!(broken[0].contains("no Base64"), "{broken:?}");
        assert!(said(&mut from, "{")[0].contains("the program"));
    }
}
