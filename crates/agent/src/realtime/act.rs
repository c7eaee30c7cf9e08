//! What a session has done.

use call::PhoneNumber;
use call::call::Timing;
use call::dialogue::Line;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// The server is told this message.
    Tell(String),
    /// This is played: µ-law at 8 kHz in Base64, of any length.
    Play(&'a str),
    /// It wants to be told when all before was played. After the `last` of an utterance comes another.
    Mark {
        /// By this number.
        number: u64,
        /// Whether it ends an utterance.
        last: bool,
    },
    /// What was not played is dropped. It wants to be told by this number when that was done.
    Clear(u64),
    /// This was said, and heard.
    Said(Line, Timing),
    /// These keys are pressed on the line.
    Press(String),
    /// The model leaves the call, all that it said having been heard. If it can't have that, [`Session::refuse`](super::Session::refuse)
    /// by this name.
    Leave(Leave, String),
    /// A tool of its owner's is used; what came of it is told by [`Session::used`](super::Session::used).
    Use {
        /// The model's name for this wish.
        wish: String,
        /// Which.
        tool: String,
        /// With what, as JSON.
        arguments: String,
    },
    /// Something is wrong, and the talk goes on: in a word, and in the server's words, which may quote
    /// what was said.
    Warn(&'static str, String),
    /// It doesn't reply, time and again.
    GiveUp,
}

/// How a model leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The call is to end.
    End,
    /// It is to be put through.
    Transfer(PhoneNumber),
}

/// Takes what is to be done, in order.
pub type Acts<'a> = &'a mut dyn FnMut(Act<'_>);
