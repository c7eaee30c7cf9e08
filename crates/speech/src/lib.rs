//! What the vendors of speech are asked, and what they answer: messages and sound, read and written, pure.
//!
//! A text becomes sound by a [`Synthesizer`], and sound becomes words by a recognizer, which is given an
//! utterance [`Whole`] or hears it while it comes, [`Streaming`]. The vendors differ in these alone; the
//! sending is the engine's. Who needs no vendor does it in this process: [`local`].

pub mod deepgram;
pub mod elevenlabs;
pub mod flux;
pub mod local;
mod multipart;
pub mod openai;
pub mod piper;
mod post;
mod sound;
mod wave;
pub mod whisper;

use audio::{Frame, SampleRate};
use std::fmt::Debug;

pub use local::{Cancellation, LocalRecognizer, LocalSynthesizer};
pub use post::Post;
pub use sound::Sound;
pub use wave::wav;

/// Says texts.
pub trait Synthesizer: Debug + Send + Sync {
    /// What asks for this text to be said.
    fn ask(&self, text: &str, key: Option<&str>) -> Post;

    /// In what the answer's bytes are written, for [`Sound::new`].
    fn form(&self) -> Form;
}

/// Understands an utterance that it is given whole.
pub trait Whole: Debug + Send + Sync {
    /// What asks for the words of an utterance, in frames of 8 kHz.
    fn ask(&self, utterance: &[Frame], key: Option<&str>) -> Post;

    /// The words that the body of an answer has, none if nobody spoke.
    ///
    /// # Errors
    /// [`Unreadable`]: it tells no words.
    fn answer(&self, body: &[u8]) -> Result<String, Unreadable>;
}

/// Understands speech while it comes, over a WebSocket.
pub trait Streaming: Debug + Send + Sync {
    /// Where it is, with its query, under the vendor's base address; without a slash before it.
    fn path(&self) -> String;

    /// With what the connection is asked for, names in lower case.
    fn headers(&self, key: Option<&str>) -> Vec<(String, String)>;

    /// Whether it tells when somebody is done, by [`News::Turn`]. Then it hears the whole line, silence
    /// included, and not utterances alone.
    fn judges_turns(&self) -> bool;

    /// What lets it hear a frame of 8 kHz.
    fn sound(&self, frame: &Frame) -> Told;

    /// What tells it that the utterance is over, as the gateway judges: it answers with a
    /// [`News::Final`] that is the last, or with [`News::Turn`]. Not every vendor always does, so that it is waited for only so
    /// long.
    fn finish(&self) -> Told;

    /// What keeps the connection open every few seconds in which nothing else is told, if the vendor needs
    /// that.
    fn stay(&self) -> Option<Told>;

    /// Reads a message of the vendor's.
    ///
    /// # Errors
    /// [`Unreadable`]: it says nothing; the connection goes on.
    fn hear(&self, text: &str) -> Result<News, Unreadable>;
}

/// In what the bytes of sound are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// µ-law of one channel at 8 kHz.
    MuLaw,
    /// Linear sound of one channel: 16 bits a sample, the low byte first.
    Pcm(SampleRate),
    /// A WAV file, which tells that itself.
    Wav,
}

/// What a recognizer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A binary message.
    Bytes(Vec<u8>),
    /// A message of text.
    Text(String),
}

/// What a recognizer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing that matters here.
    Nothing,
    /// The words of the part that is still changing, all of them.
    SoFar(String),
    /// A part of the utterance that will not change.
    Final {
        /// Its words; none if nobody spoke.
        text: String,
        /// It answers [`Streaming::finish`]: no other part follows.
        last: bool,
    },
    /// They are done, having said this.
    Turn(String),
    /// It can't go on, and why, in the vendor's words.
    Failed(String),
}

/// An answer of a vendor's that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read what the speech server answered: {why}; it was: {received:?}")]
pub struct Unreadable {
    why: String,
    /// Its first letters.
    received: String,
}

impl Unreadable {
    /// One of these bytes, of which only the first letters are kept.
    pub(crate) fn new(why: impl ToString, received: &[u8]) -> Unreadable {
        // No letter has more than four bytes.
        let beginning = &received[..received.len().min(SHOWN_MAX * 4)];
        let received = String::from_utf8_lossy(beginning).chars().take(SHOWN_MAX).collect();
        Unreadable { why: why.to_string().chars().take(SHOWN_MAX).collect(), received }
    }
}

/// So many letters are shown of what can't be read.
const SHOWN_MAX: usize = 200;
