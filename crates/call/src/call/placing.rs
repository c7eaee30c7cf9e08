//! A call whose request may have left: what its answer, its absence, or a search makes of it.

use super::closing::{ending, nowhere_to_be_found, one_of_several};
use super::effect::Effect;
use super::ending::{ConfirmedBy, EndedBy, Ending, EndingKind};
use super::event::{Event, Found, News, Sighting, Source, UnknownWhy};
use super::moves::{Step, end, farther, go, hanging_up, over};
use super::progress::Progress;
use super::state::{Call, CallState, Placing, Queued, Unanswered};
use super::timers::{RING_GRACE, backoff, blind, spread, watch_at};
use crate::ids::CarrierCallId;
use crate::time::Timestamp;
use std::time::Duration;

/// What a placement makes of news of its request and of its search; `None` for what is heard alike in
/// other states.
pub(super) fn hear(call: &Call, placing: &Placing, event: &Event) -> Option<Step> {
    let at = event.at;
    Some(match &event.news {
        News::PlaceRefused { code, reason } => refused(call, placing, code, reason, at),
        // After doubt nothing can be taken back: only a search tells.
        News::PlaceDeferred { why, retry_after } if placing.doubt.is_none() => {
            deferred(call, placing, why, *retry_after, at)
        }
        News::PlaceInDoubt { why } => in_doubt(call, placing, why, event),
        News::Found(found) => self::found(call, placing, found, event),
        News::HangUpRequested { by, cause } => wish(call, placing, *by, cause),
        _ => return None,
    })
}

/// The limits let it go.
pub(super) fn admit(call: &Call, queued: &Queued, send_by: Timestamp, at: Timestamp) -> Step {
    let placing = begun(call, queued, send_by, at);
    go(call, CallState::Placing(placing), [Effect::Place])
}

/// A placing state for a call that was back in the queue and rings all the same.
pub(super) fn late(call: &Call, queued: &Queued, at: Timestamp) -> Placing {
    begun(call, queued, at, at)
}

/// It waits by a store that went back in time, and may have been placed since. A search by its numbers
/// begins now, since an older leg may be one of the calls that the store has forgotten: its own is
/// known by the mark.
pub(super) fn forgotten(call: &Call, queued: &Queued, why: &str, event: &Event) -> Step {
    in_doubt(call, &begun(call, queued, event.at, event.at), why, event)
}

fn begun(call: &Call, queued: &Queued, send_by: Timestamp, at: Timestamp) -> Placing {
    let limits = &call.facts.limits;
    let verdict_at = send_by + limits.settle;
    Placing {
        since: at,
        send_by,
        give_up_at: verdict_at.max(at + limits.find_max),
        queued_until: queued.until,
        deferred: queued.deferred,
        doubt: None,
        rounds: 0,
        wish: None,
        watch: watch_at(verdict_at),
    }
}

/// Another carrier may take it, where this one did nothing and nobody doubts that.
fn rerouted(call: &Call, placing: &Placing, at: Timestamp) -> Option<Step> {
    if placing.doubt.is_some() || placing.wish.is_some() || at >= placing.queued_until {
        return None;
    }
    let facts = call.facts.rerouted()?;
    let queued = Queued { until: placing.queued_until, not_before: at, deferred: 0 };
    Some(go(&Call { facts, ..call.clone() }, CallState::Queued(queued), []))
}

/// The carrier said no: no phone rang.
fn refused(call: &Call, placing: &Placing, code: &str, reason: &str, at: Timestamp) -> Step {
    if let Some(step) = rerouted(call, placing, at) {
        return step;
    }
    let cause = if reason.is_empty() { "refused" } else { reason };
    let refusal = ending(EndingKind::Failed, EndedBy::Carrier, cause, ConfirmedBy::Reply);
    let ending = match &placing.wish {
        Some((by, cause)) => ending(EndingKind::Canceled, *by, cause, ConfirmedBy::Reply),
        None => refusal,
    };
    end(call, Ending { carrier_code: Some(code.to_owned()), ..ending }, at)
}

/// Nothing happened at the carrier, so another try can't be a second ring.
fn deferred(call: &Call, placing: &Placing, why: &str, retry_after: Option<Duration>, at: Timestamp) -> Step {
    if let Some((by, cause)) = &placing.wish {
        return end(call, ending(EndingKind::Canceled, *by, cause, ConfirmedBy::Reply), at);
    }
    if let Some(step) = rerouted(call, placing, at) {
        return step;
    }
    let pause = retry_after.unwrap_or(Duration::from_secs(1 << placing.deferred.min(4)));
    let not_before = at + pause;
    let deferred = placing.deferred.saturating_add(1);
    if deferred >= DEFERRALS_MAX || not_before >= placing.queued_until {
        return end(call, ending(EndingKind::Failed, EndedBy::Gateway, why, ConfirmedBy::Reply), at);
    }
    go(call, CallState::Queued(Queued { until: placing.queued_until, not_before, deferred }), [])
}

/// The request may have reached the carrier.
fn in_doubt(call: &Call, placing: &Placing, why: &str, event: &Event) -> Step {
    let watch = watch_at(event.at + backoff(0, event.roll));
    let next = Placing { doubt: Some(why.to_owned()), watch, ..placing.clone() };
    go(call, CallState::Placing(next), [])
}

/// Somebody wants it ended before anybody knows whether it rings.
fn wish(call: &Call, placing: &Placing, by: EndedBy, cause: &str) -> Step {
    let wish = placing.wish.clone().or_else(|| Some((by, cause.to_owned())));
    go(call, CallState::Placing(Placing { wish, ..placing.clone() }), [])
}

/// The leg is known: by the carrier's reply, by our mark in a webhook, or by a search.
pub(super) fn adopt(
    call: &Call,
    placing: &Placing,
    leg: &CarrierCallId,
    progress: Progress,
    lasted: Option<Duration>,
    event: &Event,
) -> Step {
    let limits = &call.facts.limits;
    let rings_from = if event.source == Source::Listing { placing.since } else { event.at };
    let ring_until = rings_from + limits.ring_max;
    let unanswered = Unanswered {
        leg: leg.clone(),
        since: placing.since,
        ring_until,
        hard_until: placing.send_by + limits.ring_max + limits.duration_max,
        watch: watch_at((event.at + spread(limits.look_unanswered, event.roll)).min(ring_until + RING_GRACE)),
    };
    let adopted = go(call, farther(call, &unanswered, progress, lasted, event), []);
    match &placing.wish {
        Some((by, cause)) => hanging_up(&adopted.call, *by, cause, event.at, true),
        None => adopted,
    }
}

/// What a search found.
fn found(call: &Call, placing: &Placing, found: &Found, event: &Event) -> Step {
    let at = event.at;
    match found {
        Found::Leg { leg, sighting: Sighting::Live { progress, lasted } } => {
            adopt(call, placing, leg, *progress, *lasted, event)
        }
        Found::Leg { leg, sighting: Sighting::Over(word) } => over(call, leg, word, event),
        Found::Leg { leg, sighting: Sighting::Unknown(_) } => {
            let mut step = adopt(call, placing, leg, Progress::Initiated, None, event);
            step.effects.push(Effect::LookUp(leg.clone()));
            step
        }
        Found::Nothing => given_up_or_again(call, placing, nowhere_to_be_found(UnknownWhy::NotFound), event),
        // Whichever of them it was, if any: nothing lives. No webhook came that would tell.
        Found::SeveralOver(_) => given_up_or_again(call, placing, one_of_several(), event),
        Found::Several(_) => again(call, placing, event),
        Found::Unknown(unknown) if given_up(placing, unknown.why, at) => {
            end(call, nowhere_to_be_found(unknown.why), at)
        }
        Found::Unknown(unknown) => {
            let watch = blind(&placing.watch, unknown, event);
            go(call, CallState::Placing(Placing { watch, ..placing.clone() }), [])
        }
    }
}

/// A whole listing held nothing of it that lives: after enough of them, and past its time, it ends.
fn given_up_or_again(call: &Call, placing: &Placing, ending: Ending, event: &Event) -> Step {
    let verdict = event.at >= placing.send_by + call.facts.limits.settle;
    let rounds = placing.rounds.saturating_add(u8::from(verdict));
    if rounds >= FIND_ROUNDS && event.at >= placing.give_up_at {
        return end(call, ending, event.at);
    }
    again(call, &Placing { rounds, ..placing.clone() }, event)
}

/// Whether its user gave up a placement that nobody can be asked about.
fn given_up(placing: &Placing, why: UnknownWhy, at: Timestamp) -> bool {
    let unwanted = matches!(placing.wish, Some((EndedBy::Agent, _)));
    unwanted && why == UnknownWhy::NotConfigured && at >= placing.give_up_at
}

/// Looked, and no verdict: look again, sooner while it is young.
fn again(call: &Call, placing: &Placing, event: &Event) -> Step {
    let age = event.at.since(placing.since);
    let round = if age < Duration::from_secs(10) { 1 } else { 3 };
    let next = event.at + backoff(round, event.roll);
    let due_at = if placing.give_up_at > event.at { next.min(placing.give_up_at) } else { next };
    go(call, CallState::Placing(Placing { watch: watch_at(due_at), ..placing.clone() }), [])
}

/// So many requests may be put off by the carrier before the call fails.
const DEFERRALS_MAX: u8 = 5;
/// So many whole listings must hold nothing before a placement counts as not found.
const FIND_ROUNDS: u8 = 2;
