//! Media streams: the sound of a call over a WebSocket, in each carrier's own messages.
//!
//! As with requests, nothing is sent here. What a carrier says on a stream is read as data, and what is
//! said to it is written. Whoever holds the socket reads [`Opening`]s until the stream has begun, and
//! from then on talks through the [`MediaStream`] that came with it.

mod form;
mod message;
pub mod program;
mod text;

use audio::{Frame, SampleRate};
use call::CarrierCallId;
use std::fmt;

pub(crate) use form::{Cutter, Writer};
pub use form::{Encoding, Form};
pub(crate) use message::{Message, mark_of, quoted, read, sound_of};
pub use text::{FromText, ToText};

/// What a carrier says before there is sound.
#[derive(Debug)]
pub enum Opening {
    /// It is there, and says of what next.
    Hello,
    /// The stream begins.
    Began(Began),
}

/// What a stream is of.
#[derive(Debug)]
pub struct Began {
    /// The carrier's name for the leg whose sound it is.
    pub leg: CarrierCallId,
    /// The carrier's name for the stream.
    pub stream: String,
    /// How what is heard is written.
    pub heard: Form,
    /// How what is to be played is written.
    pub played: Form,
    /// The messages of this stream.
    pub messages: Box<dyn MediaStream>,
}

/// The messages of one stream that has begun. It has neither socket nor clock.
pub trait MediaStream: fmt::Debug + Send {
    /// Reads one message, and tells what it says, if anything.
    ///
    /// # Errors
    /// [`MediaError`]: the message says nothing; the stream goes on.
    fn hear(&mut self, text: &str, heard: &mut dyn FnMut(Heard)) -> Result<(), MediaError>;

    /// Writes the message that has a frame played, after what is there. The frame has the rate of
    /// [`Began::played`].
    ///
    /// # Errors
    /// It has another.
    fn play(&mut self, frame: &Frame, into: &mut String) -> Result<(), WrongRate>;

    /// The message that asks to be told when all that was sent before has been played.
    fn mark(&self, mark: Mark) -> String;

    /// The message that drops what has not been played.
    fn clear(&self) -> String;
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for each frame")]
pub enum Heard {
    /// The other side is heard.
    Sound {
        /// Where it stands among all frames, from 1, where the carrier's own count tells: it doesn't
        /// where a message holds more or less than a frame.
        place: Option<u64>,
        /// The sound.
        frame: Frame,
    },
    /// The other side pressed a key.
    Key(char),
    /// All before this mark was played, or dropped.
    Played(Mark),
    /// What had not been played was dropped.
    Cleared,
    /// The carrier did not take something that was said to it, in its own words.
    Refused(String),
    /// The carrier ends the stream.
    Ended,
}

/// A named place in what is to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u64);

/// A message that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {carrier}'s message on a media stream: {why}; it was: {received}")]
pub struct MediaError {
    /// Whose.
    pub carrier: &'static str,
    /// What is wrong with it.
    pub why: String,
    /// Its first letters, without the sound.
    pub received: String,
}

/// A frame whose rate is not the stream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot play a frame of {} Hz on a stream of {} Hz; resample it first", got.hz(), wanted.hz())]
pub struct WrongRate {
    /// The frame's.
    pub got: SampleRate,
    /// The stream's.
    pub wanted: SampleRate,
}
