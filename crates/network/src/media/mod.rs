//! Sound on a media stream, without a socket: what a carrier says and hears on one, in which form
//! the sound is, and the line to the subscriber's ear and mouth.
//!
//! A carrier's own words are in its face, behind [`Protocol`]; the socket is carried by the shell.

mod format;
mod line;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::time::Millis;
pub(crate) use format::{Encoding, Format};
pub use line::Understood;
pub(crate) use line::{Line, Overflow, Says, greeting_ms};

/// How long one frame of sound is.
pub(crate) const FRAME_MS: u64 = 20;

/// What one carrier says and hears on a media stream. It counts its own messages, and knows
/// neither the time nor the socket.
pub(crate) trait Protocol: fmt::Debug + Send + Sync {
    /// What is said as soon as the socket is open.
    fn opening(&mut self) -> Vec<String>;

    /// A frame of sound.
    fn sound(&mut self, frame: &Frame<'_>) -> String;

    /// The subscriber pressed a key; `None` where the carrier doesn't say so on this stream.
    fn pressed(&mut self, key: char) -> Option<String>;

    /// What was sent before a mark has been played.
    fn played(&mut self, mark: &str) -> String;

    /// What was not played yet has been dropped, these marks with it.
    fn cleared(&mut self, marks: &[String]) -> Vec<String>;

    /// The carrier ends the stream.
    fn closing(&mut self) -> Option<String>;

    /// What the customer's server said.
    ///
    /// # Errors
    /// It said nothing that the carrier takes.
    fn read(&mut self, text: &str) -> Result<Word, Misspoken>;
}

/// A frame of sound to be told to the customer's server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) track: Track,
    /// Counts the frames of a track from 1.
    pub(crate) chunk: u64,
    /// From the beginning of the stream to that of the frame, in milliseconds.
    pub(crate) since_ms: u64,
    pub(crate) at: Millis,
    pub(crate) sound: &'a [u8],
}

/// Whose sound it is, seen from the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Track {
    /// The subscriber's.
    Inbound,
    /// What the subscriber hears.
    Outbound,
}

impl Track {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Track::Inbound => "inbound",
            Track::Outbound => "outbound",
        }
    }
}

/// What a customer's server asks of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Plays this to the subscriber, after what is still to be played.
    Play(Format, Vec<u8>),
    /// Tells when all before it has been played.
    Mark(String),
    /// Drops what has not been played.
    Clear,
    /// Sends keys to the subscriber, as tones.
    Keys(String),
    /// Changes nothing.
    Aside,
}

/// Something that a carrier doesn't take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misspoken {
    /// It says so, and the stream goes on.
    Answered(String),
    /// It ends the stream for this reason.
    Fatal(String),
}

/// How many frames went each way on one stream, and what the subscriber understood. The socket counts,
/// the truth reads.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sent: AtomicU64,
    received: AtomicU64,
    understood: Mutex<Vec<Understood>>,
    waited_ms: Mutex<Vec<u64>>,
    talked_over_ms: Mutex<Vec<u64>>,
    /// What was heard, as µ-law of 8 kHz.
    kept: Mutex<Vec<u8>>,
}

/// So much of what was heard is kept: two minutes.
const KEPT_BYTES_MAX: usize = 120 * 8_000;
/// So much of what was understood is remembered.
const UNDERSTOOD_MAX: usize = 100;

impl Tally {
    pub(crate) fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what came as frames of 20 ms, a part of one as a whole.
    pub(crate) fn count_received(&self, format: Format, n_bytes: usize) {
        let n_frames = n_bytes.div_ceil(format.frame_bytes());
        self.received.fetch_add(n_frames as u64, Ordering::Relaxed);
    }

    pub(crate) fn note_understood(&self, words: Vec<Understood>) {
        let mut understood = self.understood.lock().unwrap_or_else(PoisonError::into_inner);
        let room = UNDERSTOOD_MAX.saturating_sub(understood.len());
        understood.extend(words.into_iter().take(room));
    }

    pub(crate) fn understood(&self) -> Vec<Understood> {
        self.understood.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note_waited(&self, ms: u64) {
        let mut waited = self.waited_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if waited.len() < UNDERSTOOD_MAX {
            waited.push(ms);
        }
    }

    pub(crate) fn note_talked_over(&self, ms: u64) {
        let mut over = self.talked_over_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if over.len() < UNDERSTOOD_MAX {
            over.push(ms);
        }
    }

    pub(crate) fn talked_over_ms(&self) -> Vec<u64> {
        self.talked_over_ms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keep(&self, sound: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_BYTES_MAX {
            kept.extend_from_slice(sound);
        }
    }

    pub(crate) fn kept(&self) -> Vec<u8> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn waited_ms(&self) -> Vec<u64> {
        self.waited_ms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}
