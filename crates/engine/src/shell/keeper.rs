//! The keeper: takes calls out of the store that are older than anybody wants to keep, in small
//! steps that share the turns of everything else.

use crate::calls::{Calls, EngineError};
use crate::heard::{Answer, Heard};
use call::{CallId, Timestamp};
use std::time::Duration;

/// How much of the past is kept; a call goes when either is exceeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// For so long after it was made; `None` for ever.
    pub age: Option<Duration>,
    /// So many of the newest calls; `None` all.
    pub calls: Option<u64>,
}

/// Keeps the history short for ever.
pub(crate) async fn run(calls: Calls) {
    // A start has more urgent things to do.
    tokio::time::sleep(AFTER_START).await;
    loop {
        let keep = calls.keep();
        let swept = sweep(&calls, keep).await;
        match swept {
            Ok(0) => {}
            Ok(lines) => tracing::info!(lines, "calls older than the history that is kept are gone"),
            Err(error) => tracing::warn!(%error, "cannot shorten the history; it is tried again"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Takes out everything that is too old, and says how many lines of logs that was.
async fn sweep(calls: &Calls, keep: Keep) -> Result<usize, EngineError> {
    let newest = match keep.calls {
        Some(n_calls) => calls.read(move |history| history.nth_newest(n_calls)).await?,
        None => None,
    };
    let before = keep.oldest(newest, calls.now());
    if let Err(error) = calls.shorten_recordings(before).await {
        tracing::warn!(%error, "old recordings can't be deleted; it is tried again");
    }
    if keep == Keep::default() {
        return Ok(0);
    }
    let mut n_lines = 0;
    loop {
        match calls.hear(Heard::Prune { before }).await? {
            Answer::Taken(0) => return Ok(n_lines),
            Answer::Taken(n_taken) => n_lines += n_taken,
            _ => return Ok(n_lines),
        }
        tokio::time::sleep(STEP_PAUSE).await;
    }
}

impl Keep {
    /// The oldest call that stays, where `newest` is the last of those that [`Keep::calls`] leaves.
    pub fn oldest(self, newest: Option<CallId>, now: Timestamp) -> CallId {
        let by_age = self.age.map(|age| first_at(now - age));
        let before = by_age.max(newest).unwrap_or(CallId::from_bits(0));
        before.min(first_at(now - RULES_COUNT_BACK))
    }
}

/// The first name that a call made at this time could have: names begin with the time.
pub(crate) fn first_at(at: Timestamp) -> CallId {
    CallId::from_bits(u128::try_from(at.as_millis()).unwrap_or(0) << 80)
}

/// However few calls are kept, those of the last two days are: rules count how often a number was
/// called, no leg lives longer than a day, and whoever repeats a request wants its answer.
const RULES_COUNT_BACK: Duration = Duration::from_secs(2 * 24 * 3600);
/// How long after a start the history is shortened first.
const AFTER_START: Duration = Duration::from_secs(3);
/// How often somebody looks whether calls have become too old.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Between two steps everybody else has the store.
const STEP_PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;
    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn the_narrower_rule_counts_and_two_days_are_always_kept() {
        let day = |n: i64| first_at(Timestamp(NOW.0 - n * DAY));
        let days = |n: u64| Some(Duration::from_secs(n * 24 * 3600));
        let nothing = CallId::from_bits(0);
        let cases = [
            (None, None, None, nothing),
            (days(90), None, None, day(90)),
            (None, Some(5), None, nothing),
            (None, Some(5), Some(day(7)), day(7)),
            (None, Some(5), Some(day(1)), day(2)),
            (days(90), Some(5), Some(day(7)), day(7)),
            (days(3), Some(5), Some(day(7)), day(3)),
            (days(1), None, None, day(2)),
        ];
        for (age, calls, newest, expected) in cases {
            let keep = Keep { age, calls };
            assert_eq!(keep.oldest(newest, NOW), expected, "{keep:?}, {newest:?}");
        }
    }
}
