//! No more requests than so many a second, after so many at once.
//!
//! This is the generic cell rate algorithm, which needs one time for each that is paced. A library
//! for it would bring a dozen crates and a table of its own that grows with whoever asks.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How fast may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// How far apart requests are in the long run.
    pub(crate) apart: Duration,
    /// How many may come at once, at least one.
    pub(crate) burst: u32,
}

/// How far ahead of its rate one is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// When all that was asked would be asked at the rate.
    even_at: Option<Instant>,
    /// Whether it was refused last.
    over: bool,
}

/// One is too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    /// How long to wait.
    pub(crate) wait: Duration,
    /// Whether it is the first since one wasn't.
    pub(crate) first: bool,
}

impl Pace {
    /// Takes one.
    ///
    /// # Errors
    /// There is none left now.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), TooFast> {
        let even_at = self.even_at.map_or(now, |at| at.max(now));
        if let Some(wait) = self.wait(rate, now) {
            let first = !std::mem::replace(&mut self.over, true);
            return Err(TooFast { wait, first });
        }
        (self.even_at, self.over) = (Some(even_at + rate.apart), false);
        Ok(())
    }

    /// How long until there is one; `None` if there is.
    pub(crate) fn wait(&self, rate: Rate, now: Instant) -> Option<Duration> {
        let ahead = self.even_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let allowed = rate.apart * rate.burst.saturating_sub(1);
        ahead.checked_sub(allowed).filter(|wait| !wait.is_zero())
    }
}

/// The paces of many, of whom only so many are remembered.
#[derive(Debug)]
pub(crate) struct Paces<K> {
    of: HashMap<K, Pace>,
    /// Of those for whom there was no room, all together.
    others: Pace,
    rate: Rate,
}

impl<K: Eq + Hash> Paces<K> {
    pub(crate) fn new(rate: Rate) -> Paces<K> {
        Paces { of: HashMap::new(), others: Pace::default(), rate }
    }

    /// Takes one of this one's.
    ///
    /// # Errors
    /// There is none left now.
    pub(crate) fn take(&mut self, who: K, now: Instant) -> Result<(), TooFast> {
        if self.of.len() >= REMEMBERED_MAX && !self.of.contains_key(&who) {
            self.of.retain(|_, pace| pace.even_at.is_some_and(|at| at > now));
            if self.of.len() >= REMEMBERED_MAX {
                return self.others.take(self.rate, now);
            }
        }
        self.of.entry(who).or_default().take(self.rate, now)
    }

    /// Whether this one has none left now.
    pub(crate) fn is_over(&self, who: &K, now: Instant) -> bool {
        self.of.get(who).is_some_and(|pace| pace.wait(self.rate, now).is_some())
    }
}

/// So many are remembered.
const REMEMBERED_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { apart: Duration::from_secs(2), burst: 3 };

    #[test]
    fn so_many_come_at_once_and_then_one_after_the_other() {
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        let refused = |wait: u64, first| Err(TooFast { wait: Duration::from_secs(wait), first });
        let mut pace = Pace::default();
        for (second, expected) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, refused(2, true)),
            (1, refused(1, false)),
            (2, Ok(())),
            (2, refused(2, true)),
            (100, Ok(())),
            (100, Ok(())),
            (100, Ok(())),
            (100, refused(2, true)),
        ] {
            assert_eq!(pace.take(RATE, at(second)), expected, "at {second} s");
        }
    }

    #[test]
    fn however_many_come_a_bounded_number_is_remembered() {
        let now = Instant::now();
        let mut paces = Paces::new(RATE);
        for who in 0..REMEMBERED_MAX + 10 {
            let _ = paces.take(who, now);
        }
        assert_eq!(paces.of.len(), REMEMBERED_MAX);
        assert!(paces.take(usize::MAX, now).is_err(), "the rest share one pace");
        assert!(paces.take(usize::MAX, now + Duration::from_secs(60)).is_ok());
        assert!(paces.of.len() < 3, "who has been still is forgotten");
    }
}
