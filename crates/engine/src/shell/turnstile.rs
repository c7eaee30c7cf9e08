//! How often a carrier is asked: no more in any span of time than it allows.

use carrier::roles::Pace;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Lets requests through at a carrier's pace, in the order in which they came.
pub(crate) struct Turnstile {
    pace: Pace,
    /// When the last ones passed, the oldest first.
    passed: Mutex<VecDeque<Instant>>,
    /// Held by whoever waits next: those who came later stand behind.
    queue: tokio::sync::Mutex<()>,
}

impl Turnstile {
    /// Lets so many through within so long, less a reserve for those that can't wait.
    pub(crate) fn new(pace: Pace) -> Turnstile {
        Turnstile { pace, passed: Mutex::new(VecDeque::new()), queue: tokio::sync::Mutex::new(()) }
    }

    /// Waits for `place` and until one more request may leave, and gives the place back for the time
    /// that it takes. What is urgent only counts: what ends a call, or is waited for by somebody on the
    /// line, doesn't stand behind a thousand looks.
    ///
    /// Who passes leaves at once: were there another wait after it, those that were held up would
    /// leave together with the next ones. Only one of those who wait holds a place meanwhile.
    pub(crate) async fn pass<P>(&self, urgent: bool, place: impl Future<Output = P>) -> P {
        if urgent {
            let place = place.await;
            self.passed().push_back(Instant::now());
            return place;
        }
        let _next = self.queue.lock().await;
        let place = place.await;
        while let Some(free_at) = self.try_pass(Instant::now()) {
            tokio::time::sleep_until(free_at).await;
        }
        place
    }

    /// Passes if there is room, and otherwise says when there may be.
    fn try_pass(&self, now: Instant) -> Option<Instant> {
        let mut passed = self.passed();
        while passed.front().is_some_and(|at| now.duration_since(*at) >= self.pace.within) {
            passed.pop_front();
        }
        let most = (self.pace.requests - self.pace.requests / RESERVE).max(1);
        if passed.len() >= most
            && let Some(oldest) = passed.front()
        {
            return Some(*oldest + self.pace.within);
        }
        // Half of them may leave together; the others leave evenly. Two crowds at the two ends of a span
        // would become one where the first is slow to arrive.
        let apart = self.pace.within.div_f64(most as f64);
        if passed.len() >= most / 2
            && let Some(last) = passed.back()
            && now < *last + apart
        {
            return Some(*last + apart);
        }
        passed.push_back(now);
        None
    }

    /// What a panic elsewhere left behind is still whole.
    fn passed(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One in so many is kept back: for what is urgent, and for requests that reach the carrier closer
/// together than they left.
const RESERVE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const WITHIN: Duration = Duration::from_secs(5);

    /// When each of so many passes that all come at once.
    fn passes(turnstile: &Turnstile, n_requests: usize) -> Vec<Instant> {
        let mut now = Instant::now();
        let mut passed = Vec::new();
        while passed.len() < n_requests {
            match turnstile.try_pass(now) {
                Some(free_at) => now = free_at,
                None => passed.push(now),
            }
        }
        passed
    }

    #[test]
    fn no_span_of_time_has_more_than_the_carrier_allows() {
        let passed = passes(&Turnstile::new(Pace { requests: 300, within: WITHIN }), 1_000);
        for from in &passed {
            let n_within = passed.iter().filter(|at| **at >= *from && **at < *from + WITHIN).count();
            assert!(n_within <= 225, "{n_within} within {WITHIN:?}");
        }
        let took = passed[999].duration_since(passed[0]);
        assert!(took < WITHIN * 5, "1,000 took {took:?}");
    }

    #[tokio::test]
    async fn what_is_urgent_does_not_wait_and_counts() {
        let turnstile = Turnstile::new(Pace { requests: 4, within: WITHIN });
        let began = passes(&turnstile, 2)[0];
        turnstile.pass(true, async {}).await;
        turnstile.pass(true, async {}).await;
        assert!(turnstile.try_pass(began).is_some());
    }

    #[test]
    fn the_smallest_pace_still_lets_one_through() {
        let passed = passes(&Turnstile::new(Pace { requests: 1, within: WITHIN }), 2);
        assert_eq!(passed[1].duration_since(passed[0]), WITHIN);
    }
}
