//! When a call is looked at: pauses, deadlines, and the bounds of both.

use super::event::{Event, Roll, Unknown};
use super::state::Watch;
use crate::time::Timestamp;
use std::time::Duration;

/// A watch that begins anew.
pub(super) fn watch_at(due_at: Timestamp) -> Watch {
    Watch { due_at, not_before: None, blind: 0 }
}

/// The watch after one more look that told nothing.
pub(super) fn blind(watch: &Watch, unknown: &Unknown, event: &Event) -> Watch {
    let asked = unknown.retry_after.map(|pause| event.at + pause.min(RETRY_AFTER_MAX));
    let due_at = event.at + backoff(watch.blind, event.roll);
    Watch {
        due_at: asked.map_or(due_at, |asked| asked.max(due_at)),
        not_before: asked,
        blind: watch.blind + 1,
    }
}

/// 1, 2, 4 … 30 seconds, spread over the upper half of each.
pub(super) fn backoff(round: u32, roll: Roll) -> Duration {
    let whole = BACKOFF_MAX.min(Duration::from_secs(1 << round.min(5)));
    whole / 2 + whole * u32::from(roll.0.min(999)) / 2000
}

/// A pause of nine to eleven tenths, so that calls made together aren't asked about together.
pub(super) fn spread(pause: Duration, roll: Roll) -> Duration {
    pause * (900 + u32::from(roll.0.min(999)) / 5) / 1000
}

/// When a hang-up that was accepted is verified: soon, though not every second where it was
/// accepted before and ended nothing.
pub(super) fn accepted(failed: u32, roll: Roll) -> Duration {
    spread(SOON, roll).max(backoff(failed, roll).min(VERIFY_MAX))
}

/// A deadline by the carrier's count, unless it hardly differs from the one we have.
pub(super) fn rebased(old: Timestamp, new: Timestamp) -> Timestamp {
    if old.since(new).max(new.since(old)) <= CLOCK_SLACK { old } else { new }
}

/// The deadline while it lies ahead; once it is past, it asks for no look of its own.
pub(super) fn later_than(deadline: Timestamp, at: Timestamp) -> Timestamp {
    if deadline > at { deadline } else { Timestamp(i64::MAX) }
}

/// How long after the end of ringing we let the carrier's own time-out come first.
pub(super) const RING_GRACE: Duration = Duration::from_secs(2);
/// So much longer than allowed must a phone have rung by the carrier's clock before that clock
/// decides alone: a carrier may count from dialling, and some take long to reach a phone.
pub(super) const RING_DRIFT: Duration = Duration::from_secs(30);
/// How soon after a hang-up, or a decision in a reply, a look verifies it.
pub(super) const SOON: Duration = Duration::from_secs(1);
/// How much longer than it should take the last sentence to a caller who is declined may take.
pub(super) const PARTING_GRACE: Duration = Duration::from_secs(5);
/// How long the look that verifies an accepted hang-up may wait.
const VERIFY_MAX: Duration = Duration::from_secs(4);
/// How long a command may go unanswered before a look asks what became of it: the longest request
/// and a little more.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// The longest pause between two looks that told nothing.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// The longest pause that a carrier may ask for: a call can't be forgotten by a header, nor by a
/// header and a clock that was set back.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);
/// So many looks in a row must have told nothing before our clock decides alone.
pub(super) const BLIND_ROUNDS: u32 = 4;
/// So many looks in a row must say that there is no such call before its end, past its hard
/// bound, is called indeterminate.
pub(super) const MISSING_ROUNDS: u32 = 5;
/// Carriers count in whole seconds: a smaller difference moves no deadline.
const CLOCK_SLACK: Duration = Duration::from_secs(2);
