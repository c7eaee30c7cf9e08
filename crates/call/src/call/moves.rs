//! The moves that several states share, each small and sure of what it makes.

use super::closing::{closing, confirmed_by};
use super::effect::Effect;
use super::ending::{CarrierEnding, EndedBy, Ending, EndingKind};
use super::event::Event;
use super::progress::Progress;
use super::state::{Call, CallState, Decline, HangingUp, Over, Talk, Unanswered, Watch};
use super::timers::{ANSWER_WITHIN, RING_GRACE, SOON, spread, watch_at};
use crate::ids::CarrierCallId;
use crate::time::Timestamp;
use std::time::Duration;

/// What a call becomes by an event, and what it then owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The call as it is now.
    pub call: Call,
    /// What the shell must do, once that is on disk.
    pub effects: Vec<Effect>,
}

/// The state of an unanswered call that got this far.
pub(super) fn farther(
    call: &Call,
    unanswered: &Unanswered,
    progress: Progress,
    lasted: Option<Duration>,
    event: &Event,
) -> CallState {
    let limits = &call.facts.limits;
    let at = event.at;
    match progress {
        Progress::Initiated => CallState::Initiated(unanswered.clone()),
        Progress::Ringing => {
            let ring_until = at + limits.ring_max;
            let due_at = (at + spread(limits.look_unanswered, event.roll)).min(ring_until + RING_GRACE);
            CallState::Ringing(Unanswered { ring_until, watch: watch_at(due_at), ..unanswered.clone() })
        }
        Progress::InProgress => {
            let answered_at = at - lasted.unwrap_or_default();
            // A hard bound that is past already was set by a clock that has jumped since.
            let bound =
                if unanswered.hard_until > at { unanswered.hard_until } else { at + limits.duration_max };
            let talk_until = (answered_at + limits.duration_max).min(bound);
            let due_at = (at + spread(limits.look_talking, event.roll)).min(talk_until);
            CallState::InProgress(Talk {
                leg: unanswered.leg.clone(),
                answered_at,
                talk_until,
                hard_until: unanswered.hard_until,
                watch: watch_at(due_at),
            })
        }
    }
}

/// Somebody wants a call with a known leg ended.
pub(super) fn hanging_up(call: &Call, by: EndedBy, cause: &str, at: Timestamp, send: bool) -> Step {
    use CallState as S;

    let (leg, answered_at, hard_until) = match &call.state {
        S::Initiated(u) | S::Ringing(u) | S::Offered(u) | S::Answering(u) => (&u.leg, None, u.hard_until),
        S::InProgress(talk) => (&talk.leg, Some(talk.answered_at), talk.hard_until),
        S::Queued(_) | S::Placing(_) | S::HangingUp(_) | S::Ended(_) => return stay(call),
    };
    let next = HangingUp {
        leg: leg.clone(),
        by,
        cause: cause.to_owned(),
        since: at,
        answered_at,
        failed: 0,
        missing: 0,
        hard_until,
        decline: Decline::Reject,
        watch: watch_at(at + if send { ANSWER_WITHIN } else { SOON }),
    };
    let effect = send.then(|| Effect::HangUp(leg.clone()));
    go(call, S::HangingUp(next), effect)
}

/// Proof that the call is over.
pub(super) fn over(call: &Call, leg: &CarrierCallId, word: &CarrierEnding, event: &Event) -> Step {
    if call.state.is_ended() {
        return stay(call);
    }
    let answered_at = call.answered_at().or_else(|| {
        let duration = word.duration.filter(|duration| !duration.is_zero())?;
        (word.kind == EndingKind::Completed).then(|| word.ended_at.unwrap_or(event.at) - duration)
    });
    let ending = closing(call, word, confirmed_by(event.source));
    // Carriers count in whole seconds: no call ends before it was answered.
    let ended_at = word.ended_at.unwrap_or(event.at).max(answered_at.unwrap_or(call.facts.created_at));
    let leg = call.leg().unwrap_or(leg).clone();
    let over = Over { leg: Some(leg), ending, answered_at, ended_at };
    go(call, CallState::Ended(over), [])
}

/// An end that no carrier's word brought.
pub(super) fn end(call: &Call, ending: Ending, at: Timestamp) -> Step {
    let over = Over { leg: call.leg().cloned(), ending, answered_at: call.answered_at(), ended_at: at };
    go(call, CallState::Ended(over), [])
}

/// Nothing changes, nothing is owed.
pub(super) fn stay(call: &Call) -> Step {
    Step { call: call.clone(), effects: Vec::new() }
}

/// The call in another state.
pub(super) fn go(call: &Call, state: CallState, effects: impl IntoIterator<Item = Effect>) -> Step {
    Step { call: Call { state, ..call.clone() }, effects: effects.into_iter().collect() }
}

/// The same state, looked at some other time.
pub(super) fn with_watch(state: &CallState, watch: Watch) -> CallState {
    use CallState as S;
    match state.clone() {
        S::Initiated(call) => S::Initiated(Unanswered { watch, ..call }),
        S::Ringing(call) => S::Ringing(Unanswered { watch, ..call }),
        S::Offered(call) => S::Offered(Unanswered { watch, ..call }),
        S::Answering(call) => S::Answering(Unanswered { watch, ..call }),
        S::InProgress(talk) => S::InProgress(Talk { watch, ..talk }),
        other @ (S::Queued(_) | S::Placing(_) | S::HangingUp(_) | S::Ended(_)) => other,
    }
}
