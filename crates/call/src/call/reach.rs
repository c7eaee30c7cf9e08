//! Times that are out of reach: a clock that was ahead set them, and was set back since. Whoever takes
//! calls up by their times would not come to these for hours.

use super::facts::Limits;
use super::moves::Step;
use super::timers::{RETRY_AFTER_MAX, SOON};
use crate::time::Timestamp;
use std::time::Duration;

/// Has a call, and every stray of it, looked at soon whose time is farther off than any that could be
/// set now. The pause that a carrier asked for then is over as well.
pub(super) fn within_reach(mut step: Step, at: Timestamp) -> Step {
    let latest = at + longest(&step.call.facts.limits);
    let strays = step.call.strays.iter_mut().map(|stray| &mut stray.watch);
    for watch in step.call.state.watch_mut().into_iter().chain(strays) {
        if watch.due_at > latest {
            watch.due_at = at + SOON;
            watch.not_before = None;
        }
    }
    step
}

/// Longer than anything waits for a look, with its spread: also a caller who is left to ring, or told
/// at length why nobody answers.
fn longest(limits: &Limits) -> Duration {
    let Limits { ring_max, find_max, settle, look_unanswered, look_talking, .. } = limits;
    let pauses = [RETRY_AFTER_MAX, *ring_max, *find_max, *settle, *look_unanswered, *look_talking];
    pauses.into_iter().fold(PARTING_MAX, |longest, pause| longest.max(pause * 2))
}

/// Longer than any last sentence takes: the longest that a carrier takes has some 3,000 letters, which
/// take four minutes and a half.
const PARTING_MAX: Duration = Duration::from_secs(300);
