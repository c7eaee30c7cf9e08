//! For how long somebody talks over what is said.

use std::time::Duration;

/// What is known of the last time that they did.
#[derive(Debug, Default)]
pub(crate) struct Overlap {
    began_at: Option<Duration>,
    ended_at: Option<Duration>,
    /// What is said was told to stop; when this mark is back, it has.
    silent_by: Option<u64>,
}

impl Overlap {
    /// They began to, at this time, which may be known only when what was said has stopped.
    pub(crate) fn begin(&mut self, at: Duration) {
        if self.began_at.is_none() {
            self.forget_before(at);
            self.began_at = Some(at);
        }
    }

    /// What is said is told to stop: until it is known by this mark that it did, it is taken to do so at once.
    pub(crate) fn stop(&mut self, silent_by: u64, now: Duration) {
        if self.began_at.is_none() || self.ended_at.is_none() {
            (self.ended_at, self.silent_by) = (Some(now), Some(silent_by));
        }
    }

    /// Whether what was said at this time has stopped since, and nobody is known to have talked over it.
    pub(crate) fn has_stopped_since(&self, at: Duration) -> bool {
        self.began_at.is_none() && self.ended_at.is_some_and(|ended_at| ended_at >= at)
    }

    /// All before this mark is over by now.
    pub(crate) fn played(&mut self, mark: u64, now: Duration) {
        if self.silent_by.take_if(|silent_by| *silent_by <= mark).is_some() {
            self.ended_at = Some(now);
        }
    }

    /// One of the two is silent, at the latest since then.
    pub(crate) fn end(&mut self, at: Duration) {
        if self.began_at.is_some() {
            self.ended_at = Some(self.ended_at.map_or(at, |ended_at| ended_at.min(at)));
            self.silent_by = None;
        }
    }

    /// What was over by then has nothing to do with what is said since.
    pub(crate) fn forget_before(&mut self, at: Duration) {
        if self.ended_at.is_some_and(|ended_at| ended_at < at) {
            *self = Overlap::default();
        }
    }

    /// How long they did, once it is over; nothing where they didn't.
    pub(crate) fn take(&mut self) -> Option<Duration> {
        let ended_at = self.ended_at?;
        let began_at = std::mem::take(self).began_at?;
        Some(ended_at.saturating_sub(began_at))
    }
}
