//! What happened, line by line, for whoever must understand a seed that failed; and its hash, for
//! whoever must know that two histories are one.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How much of a history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Nothing: the fastest.
    Silent,
    /// Every line.
    Whole,
}

/// A history in the making.
pub(crate) struct Story {
    telling: Telling,
    began_at: i64,
    lines: Vec<String>,
    hasher: DefaultHasher,
}

impl Story {
    pub(crate) fn new(telling: Telling, began_at: i64) -> Story {
        Story { telling, began_at, lines: Vec::new(), hasher: DefaultHasher::new() }
    }

    /// Tells one line; it is only written if anybody wants to read it.
    pub(crate) fn tell(&mut self, now: i64, line: impl FnOnce() -> String) {
        if self.telling == Telling::Silent {
            return;
        }
        let ms = now - self.began_at;
        let mut text = String::new();
        let _ = write!(text, "{:>4}:{:02}.{:03}  {}", ms / 60_000, ms / 1000 % 60, ms % 1000, line());
        text.hash(&mut self.hasher);
        self.lines.push(text);
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// One number for the whole history; equal histories have equal ones.
    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}
