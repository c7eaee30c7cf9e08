//! Answering machines: they greet, and then they record.

use super::{Acts, Cascade, Leave};
use call::call::{OnMachine, Timing};
use call::dialogue::Speaker;
use std::time::Duration;

/// A machine that picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// It greets, and may have come to the end of that, if it is silent.
    Greets {
        /// Since when it is.
        silent_since: Option<Duration>,
    },
    /// It records what is said.
    Records,
}

impl Machine {
    /// Something is heard of it.
    pub(super) fn speaks(&mut self) {
        if let Machine::Greets { silent_since } = self {
            *silent_since = None;
        }
    }

    /// Nothing is heard of it any more.
    pub(super) fn is_silent_since(&mut self, then: Duration) {
        if let Machine::Greets { silent_since } = self {
            *silent_since = Some(then);
        }
    }

    /// When it records, if nothing is heard of it until then.
    pub(super) fn records_at(self) -> Option<Duration> {
        match self {
            Machine::Greets { silent_since } => silent_since.map(|since| since + SILENT_MIN),
            Machine::Records => None,
        }
    }

    pub(super) fn greets(self) -> bool {
        matches!(self, Machine::Greets { .. })
    }
}

impl Cascade {
    /// The carrier says that a machine picked up, which may be greeting: nobody talks with it, until it beeps or
    /// is silent for long enough.
    pub fn machine(&mut self, now: Duration, acts: Acts<'_>) {
        if self.settings.voicemail.is_some() && self.machine.is_none() {
            self.drop_all(acts);
            let silent_since = (!self.is_spoken_to).then_some(now);
            self.machine = Some(Machine::Greets { silent_since });
        }
        self.settle(now, acts);
    }

    /// An answering machine beeped: whatever was being said, now it records.
    pub fn beeped(&mut self, now: Duration, acts: Acts<'_>) {
        self.records(Some(BEEP), now, acts);
    }

    /// The carrier says that an answering machine's greeting is over.
    pub fn recorded(&mut self, now: Duration, acts: Acts<'_>) {
        self.records(None, now, acts);
    }

    fn records(&mut self, noted: Option<&str>, now: Duration, acts: Acts<'_>) {
        if let Some(voicemail) = self.settings.voicemail.take() {
            self.drop_all(acts);
            self.machine = Some(Machine::Records);
            self.is_spoken_to = false;
            self.mouth.go_on(now, acts);
            if let Some(noted) = noted {
                self.note(Speaker::Remote, noted.to_owned(), Timing::default(), acts);
            }
            self.leaving = Some(Leave::End);
            if let OnMachine::Leave(text) = voicemail {
                self.say(&text, acts);
            }
        }
        self.settle(now, acts);
    }

    /// Cuts off what is being said, also what nobody else may; and nobody cuts off what comes next.
    fn drop_all(&mut self, acts: Acts<'_>) {
        self.settings.barge_in = true;
        self.take_turn(acts);
        (self.settings.barge_in, self.is_owed) = (false, false);
    }
}

/// How a transcript has a beep.
const BEEP: &str = "(a beep)";
/// Who greets is silent for less.
const SILENT_MIN: Duration = Duration::from_secs(2);
