//! For how long somebody talks over what is said.

use std::time::Duration;

/// What is known of the last time that they did.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    began_at: Option<Duration>,
    ended_at: Option<Duration>,
    /// What is said was told to stop; when this mark is back, it has.
    silent_by: Option<u64>,
}

impl Overlap {
    /// They began to, at this time.
    pub(super) fn begin(&mut self, at: Duration) {
        if self.began_at.is_none() {
            *self = Overlap { began_at: Some(at), ..Overlap::default() };
        }
    }

    /// What is said is told to stop: until it is known by this mark that it did, it is taken to do so at once.
    pub(super) fn stop(&mut self, silent_by: u64, now: Duration) {
        if self.began_at.is_some() && self.ended_at.is_none() {
            (self.ended_at, self.silent_by) = (Some(now), Some(silent_by));
        }
    }

    /// All before this mark is over by now.
    pub(super) fn played(&mut self, mark: u64, now: Duration) {
        if self.silent_by.take_if(|silent_by| *silent_by <= mark).is_some() {
            self.ended_at = Some(now);
        }
    }

    /// One of the two is silent, at the latest since then.
    pub(super) fn end(&mut self, at: Duration) {
        if self.began_at.is_some() {
            self.ended_at = Some(self.ended_at.map_or(at, |ended_at| ended_at.min(at)));
            self.silent_by = None;
        }
    }

    /// How long they did, once it is over; nothing where they didn't.
    pub(super) fn take(&mut self) -> Option<Duration> {
        let ended_at = self.ended_at?;
        let began_at = std::mem::take(self).began_at?;
        Some(ended_at.saturating_sub(began_at))
    }
}
