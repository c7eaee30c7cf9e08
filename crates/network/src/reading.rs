//! What strangers write to the network, read without a call: documents, and messages on media
//! streams. For whoever wants to know what the network would make of them, and for the tests that
//! write whatever comes to mind.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::media::{Format, Frame, Line, Misspoken, Protocol, Says, Track, Word};
use crate::plivo::document;
use crate::time::Millis;
use crate::twilio::twiml;
use crate::{plivo, telnyx, twilio};

/// Whose documents or streams they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// TwiML and Twilio's streams.
    Twilio,
    /// Telnyx's streams; it knows no documents.
    Telnyx,
    /// Plivo XML and Plivo's streams.
    Plivo,
}

/// What a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instructions {
    /// How many instructions stand one after the other.
    pub n: usize,
    /// What is said, played and pressed, in order: words, addresses and keys.
    pub words: Vec<String>,
}

impl Instructions {
    /// Reads a document.
    ///
    /// # Errors
    /// Why it is none that the carrier would take.
    pub fn read(face: Face, text: &str) -> Result<Instructions, String> {
        match face {
            Face::Twilio => {
                let verbs = twiml::read(text)?;
                Ok(Instructions { n: verbs.len(), words: verbs.iter().flat_map(twiml::words).collect() })
            }
            Face::Plivo => {
                let verbs = document::read(text)?;
                Ok(Instructions { n: verbs.len(), words: verbs.iter().flat_map(document::words).collect() })
            }
            Face::Telnyx => Err("Telnyx takes no documents".to_owned()),
        }
    }
}

/// A media stream that goes both ways, without a socket and without a call.
pub struct Listener {
    protocol: Box<dyn Protocol>,
    line: Line,
    n_frames: u64,
}

impl Listener {
    /// A stream that has just been opened to a subscriber who repeats what was said. It is called
    /// [`STREAM`], and its call [`CALL`].
    pub fn new(face: Face) -> Listener {
        let tracks = vec![Track::Inbound];
        let stream = || STREAM.to_owned();
        let protocol: Box<dyn Protocol> = match face {
            Face::Twilio => Box::new(twilio::media::Media {
                account_sid: String::new(),
                call_sid: CALL.to_owned(),
                stream_sid: stream(),
                parameters: BTreeMap::new(),
                tracks,
                ways: twilio::media::Ways::Both,
                n_said: 0,
            }),
            Face::Telnyx => Box::new(telnyx::media::Media {
                stream_id: stream(),
                call: Map::from_iter([("call_control_id".to_owned(), Value::from(CALL))]),
                parameters: Map::new(),
                auth_token: None,
                speaks: telnyx::media::Codec::MULAW,
                mode: telnyx::media::Mode::Rtp(telnyx::media::Codec::MULAW),
                wide: telnyx::media::Wide::default(),
                n_said: 0,
            }),
            Face::Plivo => Box::new(plivo::media::Media {
                call_uuid: CALL.to_owned(),
                stream_id: stream(),
                auth_id: String::new(),
                extra_headers: String::new(),
                tracks,
                speaks: Format::MULAW,
                ways: plivo::media::Ways::Both,
                n_said: 0,
            }),
        };
        Listener {
            protocol,
            line: Line::new(Format::MULAW, Format::MULAW, &Says::Again { after_ms: 0 }),
            n_frames: 0,
        }
    }

    /// What the carrier says as soon as the socket is open.
    pub fn opening(&mut self) -> Vec<String> {
        self.protocol.opening()
    }

    /// What the carrier says of a key that the subscriber presses.
    pub fn press(&mut self, key: char) -> Option<String> {
        self.protocol.pressed(key)
    }

    /// Takes a message of the customer's server, and gives what the carrier says to it at once.
    ///
    /// # Errors
    /// Why the carrier ends the stream.
    pub fn hear(&mut self, text: &str) -> Result<Vec<String>, String> {
        match self.protocol.read(text) {
            Ok(Word::Play(format, sound)) => {
                self.line.play(format, sound).map_err(|error| error.to_string())?
            }
            Ok(Word::Mark(name)) => self.line.mark(name).map_err(|error| error.to_string())?,
            Ok(Word::Clear) => {
                let marks = self.line.clear();
                return Ok(self.protocol.cleared(&marks));
            }
            Ok(Word::Keys(_) | Word::Aside) => {}
            Err(Misspoken::Answered(answer)) => return Ok(vec![answer]),
            Err(Misspoken::Fatal(why)) => return Err(why),
        }
        Ok(Vec::new())
    }

    /// Lets 20 ms pass, and gives what the carrier says meanwhile: a frame of sound, then the marks
    /// that were reached.
    pub fn pass(&mut self) -> Vec<String> {
        let tick = self.line.tick();
        let since_ms = self.n_frames * crate::media::FRAME_MS;
        self.n_frames += 1;
        let at = Millis::new(0) + since_ms;
        let frame = Frame { track: Track::Inbound, chunk: self.n_frames, since_ms, at, sound: &tick.spoken };
        let mut said = vec![self.protocol.sound(&frame)];
        said.extend(tick.played.iter().map(|mark| self.protocol.played(mark)));
        said
    }
}

/// The name of the call of every [`Listener`].
pub const CALL: &str = "CA00000000000000000000000000000001";
/// The name of every stream of a [`Listener`].
pub const STREAM: &str = "MZ1";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_words_of_a_document_are_read_in_order() {
        let twiml = "<Response><Say>Hi</Say><Gather><Say> a &amp; b </Say><Play>u</Play></Gather>\
                     <Play digits=\"1w\"/><Hangup/></Response>";
        let words = ["Hi", "a & b", "u", "1w"].map(str::to_owned).to_vec();
        assert_eq!(Instructions::read(Face::Twilio, twiml), Ok(Instructions { n: 4, words }));
        let xml = "<Response><Speak>Hi</Speak><GetInput action=\"u\"><Speak>a</Speak></GetInput>\
                   <DTMF>1w</DTMF></Response>";
        let words = ["Hi", "a", "1w"].map(str::to_owned).to_vec();
        assert_eq!(Instructions::read(Face::Plivo, xml), Ok(Instructions { n: 3, words }));
        assert!(Instructions::read(Face::Telnyx, xml).is_err());
    }

    #[test]
    fn a_mark_comes_back_after_a_frame() {
        for (face, mark, name) in [
            (Face::Twilio, r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m"}}"#, "mark"),
            (Face::Telnyx, r#"{"event":"mark","mark":{"name":"m"}}"#, "mark"),
            (Face::Plivo, r#"{"event":"checkpoint","name":"m"}"#, "playedStream"),
        ] {
            let mut listener = Listener::new(face);
            assert_eq!(listener.hear(mark), Ok(Vec::new()));
            let said = listener.pass();
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(said[1].contains(name), "{said:?}");
        }
    }
}
