//! What carriers say and hear on their media streams, after their own documents and not by the parsers that
//! are measured: how a stream begins, a frame with its number, and which frame is to be played. A test
//! (`tests/it/figures.rs`) holds them against those parsers.
//!
//! Sources: <https://www.twilio.com/docs/voice/media-streams/websocket-messages>,
//! <https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket>,
//! <https://plivo.com/docs/voice/audio-streaming/audio-streaming> (2026-11-29).

use anyhow::{Context as _, bail, ensure};
use audio::g722::Encoder;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;

/// Whose side is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Twilio,
    Telnyx,
    /// Telnyx in G.722, which is of 16 kHz, and resampled both ways.
    TelnyxWide,
    Plivo,
}

/// What is said and heard on one stream.
pub(super) struct Words {
    carrier: Carrier,
    call: String,
    stream: String,
    /// The sound of each frame, but for its number.
    rest: String,
}

/// What is said to a carrier, read without copying its sound.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    stream_sid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    media: Option<Sound<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sound<'a> {
    #[serde(borrow)]
    content_type: Option<Cow<'a, str>>,
    sample_rate: Option<u32>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

impl Carrier {
    /// Its name in the configuration.
    pub(super) fn name(self) -> &'static str {
        match self {
            Carrier::Twilio => "twilio",
            Carrier::Telnyx | Carrier::TelnyxWide => "telnyx",
            Carrier::Plivo => "plivo",
        }
    }

    /// How its sound is written.
    pub(super) fn encoding(self) -> &'static str {
        match self {
            Carrier::Twilio | Carrier::Telnyx | Carrier::Plivo => "mulaw_8000",
            Carrier::TelnyxWide => "g722_16000",
        }
    }
}

impl Words {
    /// Those of the `n`th stream, which is of this call.
    pub(super) fn new(carrier: Carrier, call: &str, n: usize) -> Words {
        let stream = match carrier {
            Carrier::Twilio => format!("MZ{n:032x}"),
            Carrier::Telnyx | Carrier::TelnyxWide | Carrier::Plivo => {
                format!("{n:08x}-0000-4000-8000-000000000000")
            }
        };
        let rest = match carrier {
            Carrier::Twilio | Carrier::Telnyx | Carrier::Plivo => {
                STANDARD.encode([SILENCE; FRAME - NUMBER_CODES])
            }
            Carrier::TelnyxWide => STANDARD.encode(tone()),
        };
        Words { carrier, call: call.to_owned(), stream, rest }
    }

    /// What comes before there is sound.
    pub(super) fn opening(&self) -> Vec<String> {
        let Words { call, stream, .. } = self;
        let messages = match self.carrier {
            Carrier::Twilio => vec![
                json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" }),
                json!({ "event": "start", "sequenceNumber": "1", "streamSid": stream, "start": {
                    "accountSid": "AC", "streamSid": stream, "callSid": call, "tracks": ["inbound"],
                    "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
                    "customParameters": {},
                }}),
            ],
            Carrier::Telnyx | Carrier::TelnyxWide => {
                let (encoding, rate) =
                    if self.carrier == Carrier::Telnyx { ("PCMU", 8_000) } else { ("G722", 16_000) };
                vec![
                    json!({ "event": "connected", "version": "1.0.0" }),
                    json!({ "event": "start", "sequence_number": "1", "stream_id": stream, "start": {
                        "user_id": "U", "call_control_id": call, "custom_parameters": {},
                        "media_format": { "encoding": encoding, "sample_rate": rate, "channels": 1 },
                    }}),
                ]
            }
            Carrier::Plivo => {
                vec![json!({ "event": "start", "sequenceNumber": 1, "extra_headers": "", "start": {
                    "callId": call, "streamId": stream, "accountId": "MA", "tracks": ["inbound"],
                    "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000 },
                }})]
            }
        };
        messages.iter().map(ToString::to_string).collect()
    }

    /// The `n`th frame, from 0.
    pub(super) fn sound(&self, n: u32) -> String {
        let Words { carrier, stream, rest, .. } = self;
        let (chunk, sequence, since) = (n + 1, n + 2, n * 20);
        let number = match carrier {
            Carrier::Twilio | Carrier::Telnyx | Carrier::Plivo => STANDARD.encode(codes_of(n)),
            Carrier::TelnyxWide => String::new(),
        };
        match carrier {
            Carrier::Twilio => format!(
                r#"{{"event":"media","sequenceNumber":"{sequence}","media":{{"track":"inbound","chunk":"{chunk}","timestamp":"{since}","payload":"{number}{rest}"}},"streamSid":"{stream}"}}"#
            ),
            Carrier::Telnyx | Carrier::TelnyxWide => format!(
                r#"{{"event":"media","sequence_number":"{sequence}","media":{{"track":"inbound","chunk":"{chunk}","timestamp":"{since}","payload":"{number}{rest}"}},"stream_id":"{stream}"}}"#
            ),
            Carrier::Plivo => format!(
                r#"{{"event":"media","sequenceNumber":{sequence},"streamId":"{stream}","media":{{"track":"inbound","timestamp":"{}","chunk":{chunk},"payload":"{number}{rest}"}},"extra_headers":""}}"#,
                EPOCH_MS + u64::from(since)
            ),
        }
    }

    /// The number of the frame that a message has played, after so many others; `None` where it says
    /// something else that the carrier takes.
    ///
    /// # Errors
    /// The carrier wouldn't take it.
    pub(super) fn played(&self, text: &str, n_before: u32) -> anyhow::Result<Option<u32>> {
        let said: Said<'_> = serde_json::from_str(text).context("what is said to a carrier is no JSON")?;
        let sound = match (self.carrier, &*said.event, &said.media) {
            (Carrier::Twilio, "media", Some(sound)) if said.stream_sid.as_deref() == Some(&self.stream) => {
                sound
            }
            (Carrier::Telnyx | Carrier::TelnyxWide, "media", Some(sound)) => sound,
            (Carrier::Plivo, "playAudio", Some(sound))
                if sound.content_type.as_deref() == Some("audio/x-mulaw")
                    && sound.sample_rate == Some(8_000) =>
            {
                sound
            }
            // Nothing ever waits to be played.
            (Carrier::Twilio | Carrier::Telnyx | Carrier::TelnyxWide, "clear", _)
            | (Carrier::Plivo, "clearAudio", _) => return Ok(None),
            (_, "mark" | "checkpoint", _) => {
                bail!("a mark waits for an answer, and no figure has one: {text:.200}")
            }
            (carrier, event, _) => bail!("{} takes no {event:?} like this: {text:.200}", carrier.name()),
        };
        match self.carrier {
            Carrier::Twilio | Carrier::Telnyx | Carrier::Plivo => Ok(number_of(&sound.payload)),
            // The codec and the resampling blur the sound: only the order of the frames is left.
            Carrier::TelnyxWide => {
                ensure!(sound.payload.len() == self.rest.len(), "a frame is not 20 ms of G.722");
                Ok(Some(n_before))
            }
        }
    }
}

/// What a program says that repeats what it hears on one of Twilio's streams; `None` where it hears nothing.
pub(super) fn repeated(text: &str) -> Option<String> {
    let Said { event, stream_sid, media } = serde_json::from_str(text).ok()?;
    let (stream, payload) = (stream_sid?, media?.payload);
    (event == "media")
        .then(|| format!(r#"{{"event":"media","streamSid":"{stream}","media":{{"payload":"{payload}"}}}}"#))
}

/// A frame's number, in codes that come through a codec as they are, and one of silence: Base64 that can be
/// written before any other.
fn codes_of(n: u32) -> [u8; NUMBER_CODES] {
    let mut codes = [SILENCE; NUMBER_CODES];
    for (place, code) in codes.iter_mut().take(8).enumerate() {
        *code = 0x90 | ((n >> (28 - 4 * place)) & 0xF) as u8;
    }
    codes
}

fn number_of(payload: &str) -> Option<u32> {
    let codes = STANDARD.decode(payload.get(..12)?).ok()?;
    Some(codes.iter().take(8).fold(0, |number, code| number << 4 | u32::from(code & 0xF)))
}

/// A tone of 400 Hz, which fits a frame, in G.722.
fn tone() -> Vec<u8> {
    let sample = |n: i32| {
        let turn = f64::from(n) * std::f64::consts::TAU * 400.0 / 16_000.0;
        (turn.sin() * 8_000.0) as i16
    };
    let mut encoder = Encoder::new();
    (0..160).map(|n| encoder.encode([sample(2 * n), sample(2 * n + 1)])).collect()
}

/// How many bytes of µ-law a frame has, and how many of them hold its number.
const FRAME: usize = 160;
const NUMBER_CODES: usize = 9;
/// In µ-law.
const SILENCE: u8 = 0xFF;
/// When a stream begins, by a clock that says the same each time.
const EPOCH_MS: u64 = 1_800_000_000_000;
