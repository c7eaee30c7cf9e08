//! Legs that ring because of a call but aren't its own: a placement that was given up and turned
//! up after all, or a second leg that should never have been. Each is hung up until its end is
//! verified; the call keeps its own state and ending.

use super::effect::Effect;
use super::event::{Event, HangUpReply, News, Sighting, UnknownWhy};
use super::moves::{Step, stay};
use super::state::{Call, CallState, STRAYS_MAX, Stray, Watch};
use super::timers::{ANSWER_WITHIN, MISSING_ROUNDS, accepted, backoff, blind, watch_at};
use crate::ids::CarrierCallId;

/// Whether a leg that our mark names is not the call's own.
pub(super) fn is_strange(call: &Call, leg: &CarrierCallId) -> bool {
    match &call.state {
        CallState::Queued(_) | CallState::Placing(_) => call.strays.iter().any(|stray| &stray.leg == leg),
        _ => !call.is_named(leg),
    }
}

/// News of a strange leg.
pub(super) fn hear(call: &Call, leg: &CarrierCallId, event: &Event) -> Step {
    match call.strays.iter().position(|stray| &stray.leg == leg) {
        Some(index) => move_stray(call, index, event),
        None => meet(call, leg, event),
    }
}

/// A strange leg turns up: it is hung up at once, unless the news is that it is over.
fn meet(call: &Call, leg: &CarrierCallId, event: &Event) -> Step {
    let lives = match &event.news {
        News::Placed { .. }
        | News::Progressed { .. }
        | News::Unread { .. }
        | News::CommandHeard { .. }
        | News::DigitsHeard { .. }
        | News::AnsweredBy { .. } => true,
        News::Sighted { sighting, .. } => matches!(sighting, Sighting::Live { .. }),
        _ => false,
    };
    if !lives || call.strays.len() >= STRAYS_MAX {
        return stay(call);
    }
    let watch = watch_at(event.at + ANSWER_WITHIN);
    let mut next = call.clone();
    next.strays.push(Stray { leg: leg.clone(), since: event.at, failed: 0, missing: 0, watch });
    Step { call: next, effects: vec![Effect::HangUp(leg.clone())] }
}

fn move_stray(call: &Call, index: usize, event: &Event) -> Step {
    let stray = &call.strays[index];
    match &event.news {
        News::Over { .. } | News::Sighted { sighting: Sighting::Over(_), .. } => without(call, index),
        News::Sighted { sighting: Sighting::Live { .. }, .. } => {
            let failed = stray.failed + 1;
            let watch = watch_at(event.at + backoff(failed, event.roll).max(ANSWER_WITHIN));
            hung_up_again(call, index, Stray { failed, missing: 0, watch, ..stray.clone() })
        }
        News::Sighted { sighting: Sighting::Unknown(unknown), .. } => {
            let missing = stray.missing + u32::from(unknown.why == UnknownWhy::NotFound);
            let limits = &call.facts.limits;
            let bound = stray.since + limits.ring_max + limits.duration_max;
            if missing >= MISSING_ROUNDS && event.at >= bound {
                return without(call, index);
            }
            let watch = blind(&stray.watch, unknown, event);
            hung_up_again(call, index, Stray { missing, failed: stray.failed + 1, watch, ..stray.clone() })
        }
        News::HangUpReplied { reply: HangUpReply::Accepted | HangUpReply::NothingToEnd { .. }, .. } => {
            let watch = watch_at(event.at + accepted(stray.failed, event.roll));
            with(call, index, Stray { watch, ..stray.clone() })
        }
        News::HangUpReplied { reply: HangUpReply::Failed(unknown), .. } => {
            let watch = blind(&Watch { blind: stray.failed, ..stray.watch.clone() }, unknown, event);
            with(call, index, Stray { watch, ..stray.clone() })
        }
        _ => stay(call),
    }
}

fn hung_up_again(call: &Call, index: usize, stray: Stray) -> Step {
    let effect = Effect::HangUp(stray.leg.clone());
    Step { effects: vec![effect], ..with(call, index, stray) }
}

fn with(call: &Call, index: usize, stray: Stray) -> Step {
    let mut next = call.clone();
    next.strays[index] = stray;
    stay(&next)
}

fn without(call: &Call, index: usize) -> Step {
    let mut next = call.clone();
    next.strays.remove(index);
    stay(&next)
}
