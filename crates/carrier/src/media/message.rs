//! What the messages of the carriers have in common: they are JSON, and of the same descent.

use super::{Mark, MediaError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A message, read without copying its sound. What a carrier adds one day is passed over.
#[derive(Debug, Deserialize)]
pub(crate) struct Message<'a, S = ()> {
    #[serde(borrow)]
    pub(crate) event: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) media: Option<Media<'a>>,
    pub(crate) dtmf: Option<Dtmf>,
    #[serde(borrow)]
    pub(crate) mark: Option<Named<'a>>,
    /// Telnyx names the stream beside, not within.
    #[serde(borrow, default)]
    pub(crate) stream_id: Cow<'a, str>,
    /// Plivo names a checkpoint beside, not within.
    #[serde(borrow, default)]
    pub(crate) name: Cow<'a, str>,
    /// What went wrong, at Plivo.
    #[serde(borrow, default)]
    pub(crate) reason: Cow<'a, str>,
    /// What went wrong, at Telnyx.
    #[serde(borrow)]
    pub(crate) payload: Option<Complaint<'a>>,
    pub(crate) start: Option<S>,
}

/// Sound.
#[derive(Debug, Deserialize)]
pub(crate) struct Media<'a> {
    #[serde(default)]
    track: Track,
    #[serde(default, deserialize_with = "count")]
    chunk: Option<u64>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

/// Whose sound it is, seen from the carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Track {
    /// The other side's; also where it isn't said.
    #[default]
    Inbound,
    /// What we said ourselves.
    #[serde(other)]
    Outbound,
}

/// A key.
#[derive(Debug, Deserialize)]
pub(crate) struct Dtmf {
    pub(crate) digit: char,
}

/// A mark.
#[derive(Debug, Deserialize)]
pub(crate) struct Named<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
}

/// Why something wasn't taken.
#[derive(Debug, Deserialize)]
pub(crate) struct Complaint<'a> {
    #[serde(default, deserialize_with = "count")]
    code: Option<u64>,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow)]
    detail: Option<Cow<'a, str>>,
}

impl Media<'_> {
    /// Whether it is what the other side says.
    pub(crate) fn is_theirs(&self) -> bool {
        self.track == Track::Inbound
    }

    /// The carrier's own count.
    pub(crate) fn chunk(&self) -> Option<u64> {
        self.chunk
    }

    /// Writes the bytes of the sound over what is there.
    ///
    /// # Errors
    /// It is no Base64.
    pub(crate) fn sound(&self, carrier: &'static str, into: &mut Vec<u8>) -> Result<(), MediaError> {
        sound_of(carrier, &self.payload, into)
    }
}

impl fmt::Display for Complaint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map(|code| code.to_string());
        let words = [code.as_deref(), self.title.as_deref(), self.detail.as_deref()];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// Reads a message.
///
/// # Errors
/// It isn't one.
pub(crate) fn read<'a, S: Deserialize<'a>>(
    carrier: &'static str,
    text: &'a str,
) -> Result<Message<'a, S>, MediaError> {
    serde_json::from_str(text).map_err(|error| MediaError {
        carrier,
        why: error.to_string(),
        received: short(text),
    })
}

/// Writes the bytes of a sound over what is there.
///
/// # Errors
/// It is no Base64.
pub(crate) fn sound_of(carrier: &'static str, text: &str, into: &mut Vec<u8>) -> Result<(), MediaError> {
    into.clear();
    STANDARD.decode_vec(text.as_bytes(), into).map_err(|error| MediaError {
        carrier,
        why: format!("its payload is no Base64: {error}"),
        received: short(text),
    })
}

/// Our mark of that name; `None` for another's.
pub(crate) fn mark_of(name: &str) -> Option<Mark> {
    name.parse().ok().map(Mark)
}

/// A text as JSON.
pub(crate) fn quoted(text: impl Serialize) -> String {
    serde_json::to_string(&text).unwrap_or_default()
}

/// Enough to see what it is, and too little to hear anything.
fn short(text: &str) -> String {
    text.chars().take(RECEIVED_MAX).collect()
}

/// A number that one carrier writes as one and another as a text.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct Count;
    impl Visitor<'_> for Count {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a count")
        }

        fn visit_u64<E: Error>(self, count: u64) -> Result<Self::Value, E> {
            Ok(Some(count))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.parse().ok())
        }
    }
    deserializer.deserialize_any(Count)
}

/// So many letters of a message are told when it can't be read.
const RECEIVED_MAX: usize = 120;
