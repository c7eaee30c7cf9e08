//! What is to happen, in the order in which it will: by time, and among equals by when it was
//! written down.

use std::collections::BTreeMap;

use super::leg::{LegHappening, LegId};
use super::stream::StreamId;
use crate::time::Millis;
use crate::{plivo, telnyx, twilio};

/// Something due at a time. A new face adds one variant.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A subscriber's phone does something.
    Leg(LegId, LegHappening),
    /// Nobody may have taken the wish for this stream.
    StreamUntaken(StreamId),
    /// The Twilio face wanted to be reminded.
    Twilio(twilio::Alarm),
    /// The Telnyx face wanted to be reminded.
    Telnyx(telnyx::Alarm),
    /// The Plivo face wanted to be reminded.
    Plivo(plivo::Alarm),
}

/// The place of a happening in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry(Millis, u64);

/// An ordered queue of happenings.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BTreeMap<Entry, Happening>,
    written: u64,
}

impl Agenda {
    pub(crate) fn put(&mut self, at: Millis, happening: Happening) -> Entry {
        self.written += 1;
        let entry = Entry(at, self.written);
        self.entries.insert(entry, happening);
        entry
    }

    /// Strikes out what will not happen any more.
    pub(crate) fn strike(&mut self, entry: Entry) {
        self.entries.remove(&entry);
    }

    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.entries.first_key_value().map(|(Entry(at, _), _)| *at)
    }

    /// Takes the first happening that is due by `now`, with its own time.
    pub(crate) fn take_due(&mut self, now: Millis) -> Option<(Millis, Happening)> {
        if self.next_due()? > now {
            return None;
        }
        let (Entry(at, _), happening) = self.entries.pop_first()?;
        Some((at, happening))
    }
}
