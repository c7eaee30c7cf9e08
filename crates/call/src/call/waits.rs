//! What somebody who spoke waited for.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a reply was waited for, from when the other side was silent until its first sound was played, in
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// Until they were taken to be done.
    pub turn_ms: u64,
    /// Until their words were known.
    pub recognizer_ms: u64,
    /// Until the first sentence was written.
    pub model_ms: u64,
    /// Until its first sound was there.
    pub synthesizer_ms: u64,
    /// Until that was played.
    pub playout_ms: u64,
}

/// Whose work words are, where the gateway carries the sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendors {
    /// Who understood them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognizer: Option<Work>,
    /// Which model wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Work>,
    /// Who spoke them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesizer: Option<Work>,
}

/// What somebody did who understands, writes or speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Their name in the configuration.
    pub by: String,
    /// How long they took to the first of it, in milliseconds, where that is known: the time of those who
    /// failed before is not theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
}

impl Work {
    /// Somebody's, who took so long from then until now.
    pub fn since(by: &str, from: Duration, now: Duration) -> Work {
        Work { by: by.to_owned(), ms: u64::try_from(now.saturating_sub(from).as_millis()).ok() }
    }

    /// Somebody's, of whom it isn't known how long they took.
    pub fn of(by: &str) -> Work {
        Work { by: by.to_owned(), ms: None }
    }
}

impl Vendors {
    /// Whether nobody is known.
    pub fn is_nobody(&self) -> bool {
        *self == Vendors::default()
    }
}

/// When something was said, beside what the other side said, and by whose work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// How long after the other side was done it was heard to begin, where that is known.
    pub after: Option<Duration>,
    /// What it was waited for, by parts, where these are known: its whole stands for `after`.
    pub waits: Option<Waits>,
    /// How long it was said over what the other side said, if it was.
    pub talk_over: Option<Duration>,
    /// Whose work it is.
    pub vendors: Vendors,
}

impl Waits {
    /// All of it.
    pub fn whole_ms(self) -> u64 {
        self.turn_ms + self.recognizer_ms + self.model_ms + self.synthesizer_ms + self.playout_ms
    }
}
