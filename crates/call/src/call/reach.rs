//! Times that are out of reach: a clock that was ahead set them, and was set back since. Whoever takes
//! calls up by their times would not come to these for hours.

use super::facts::Limits;
use super::moves::Step;
use super::state::CallState;
use super::timers::{RETRY_AFTER_MAX, SOON};
use crate::time::Timestamp;
use std::time::Duration;

/// Has a call, and every stray of it, looked at soon whose time is farther off than any that could be
/// set now. The pause that a carrier asked for then is over as well. A bound that is farther off than
/// any call may last from now is as far off as that.
pub(super) fn within_reach(mut step: Step, at: Timestamp) -> Step {
    bound(&mut step.call.state, &step.call.facts.limits, at);
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

fn bound(state: &mut CallState, limits: &Limits, at: Timestamp) {
    let cut = |until: &mut Timestamp, longest: Duration| {
        if *until > at + longest + BOUND_SLACK {
            *until = at + longest;
        }
    };
    let whole = limits.ring_max + limits.duration_max;
    match state {
        CallState::Ended(_) => {}
        CallState::Queued(queued) => {
            cut(&mut queued.until, limits.queue_max);
            cut(&mut queued.not_before, RETRY_AFTER_MAX);
        }
        CallState::Placing(placing) => {
            cut(&mut placing.since, Duration::ZERO);
            cut(&mut placing.send_by, Duration::ZERO);
            cut(&mut placing.give_up_at, limits.find_max.max(limits.settle));
            cut(&mut placing.queued_until, limits.queue_max);
        }
        CallState::Initiated(call)
        | CallState::Ringing(call)
        | CallState::Offered(call)
        | CallState::Answering(call) => {
            cut(&mut call.ring_until, limits.ring_max);
            cut(&mut call.hard_until, whole);
        }
        CallState::InProgress(talk) => {
            cut(&mut talk.talk_until, limits.duration_max);
            cut(&mut talk.hard_until, whole);
        }
        CallState::HangingUp(hanging) => cut(&mut hanging.hard_until, whole),
    }
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
/// A placement's bounds count from the last moment at which its request may leave, and a caller's from
/// when the carrier says that he called.
const BOUND_SLACK: Duration = Duration::from_secs(60);
