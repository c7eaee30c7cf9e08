//! Nobody says a word: what is said then, and when it is enough.

use crate::time::Timestamp;
use std::time::Duration;

/// What is said into a silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// How long it must last.
    pub after: Duration,
    /// The words.
    pub text: String,
    /// So often they are said; after that the conversation is over.
    pub n_max: u32,
}

/// Who waits for somebody to say something.
#[derive(Debug, Default)]
pub(super) struct Patience {
    pub(super) silence: Option<Silence>,
    n_said: u32,
}

/// What is to be done about a silence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noticed {
    /// Nothing, or nothing until then.
    Nothing(Option<Timestamp>),
    /// This is said.
    Say(String),
    /// It has been long enough.
    Enough,
}

impl Patience {
    /// Somebody said something.
    pub(super) fn heard(&mut self) {
        self.n_said = 0;
    }

    /// It is silent since then.
    pub(super) fn notice(&mut self, since: Timestamp, now: Timestamp) -> Noticed {
        let Some(silence) = &self.silence else { return Noticed::Nothing(None) };
        let at = since + silence.after;
        if now < at {
            return Noticed::Nothing(Some(at));
        }
        self.n_said += 1;
        if self.n_said > silence.n_max { Noticed::Enough } else { Noticed::Say(silence.text.clone()) }
    }
}
