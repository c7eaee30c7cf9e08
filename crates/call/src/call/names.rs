//! Several names for one leg: a carrier may name the request first, and the call when it is made.

use super::moves::{Step, go, stay};
use super::state::{Call, CallState, HangingUp, NAMES_MAX, Talk, Unanswered};
use crate::ids::CarrierCallId;

/// The leg that was called `was` is called `leg` from now on. Before a leg is known the old name
/// is kept: the reply that would have told it may still come.
pub(super) fn named(call: &Call, leg: &CarrierCallId, was: &CarrierCallId) -> Step {
    if leg == was || call.state.is_ended() {
        return stay(call);
    }
    match &call.state {
        CallState::Queued(_) | CallState::Placing(_) => with(call, was),
        _ if call.leg() == Some(was) => {
            let mut step = with(call, was);
            step.call.also.retain(|name| name != leg);
            go(&step.call, renamed(&call.state, leg), [])
        }
        _ if call.leg() == Some(leg) => with(call, was),
        _ => stay(call),
    }
}

fn with(call: &Call, name: &CarrierCallId) -> Step {
    let mut next = call.clone();
    if !next.also.contains(name) && next.also.len() < NAMES_MAX {
        next.also.push(name.clone());
    }
    stay(&next)
}

fn renamed(state: &CallState, leg: &CarrierCallId) -> CallState {
    use CallState as S;
    let leg = leg.clone();
    match state.clone() {
        S::Initiated(call) => S::Initiated(Unanswered { leg, ..call }),
        S::Ringing(call) => S::Ringing(Unanswered { leg, ..call }),
        S::Offered(call) => S::Offered(Unanswered { leg, ..call }),
        S::Answering(call) => S::Answering(Unanswered { leg, ..call }),
        S::InProgress(talk) => S::InProgress(Talk { leg, ..talk }),
        S::HangingUp(call) => S::HangingUp(HangingUp { leg, ..call }),
        other @ (S::Queued(_) | S::Placing(_) | S::Ended(_)) => other,
    }
}
