//! What is to happen in virtual time, in order: by time, and among equals as it was written down.

use std::collections::BTreeMap;

/// An ordered queue of happenings. Times are milliseconds of the true time.
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(i64, u64), T>,
    n_written: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Agenda<T> {
        Agenda { entries: BTreeMap::new(), n_written: 0 }
    }

    pub(crate) fn put(&mut self, at: i64, happening: T) {
        self.n_written += 1;
        self.entries.insert((at, self.n_written), happening);
    }

    pub(crate) fn next_at(&self) -> Option<i64> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.entries.pop_first().map(|(_, happening)| happening)
    }
}
