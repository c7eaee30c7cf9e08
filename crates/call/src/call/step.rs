//! The one function that moves a call.
//!
//! Total: an event that no longer applies leaves the call as it was. Control flow is here, in one
//! `match`; what a state does with an event is in the small functions below it and in
//! [`placing`] and [`strays`].

use super::agent::Leaving;
use super::closing::{ending, is_nowhere, nowhere_to_be_found};
use super::command::Verb;
use super::effect::Effect;
use super::ending::{ConfirmedBy, EndedBy, EndingKind};
use super::event::{Event, Found, HangUpReply, News, Sighting, Unknown, UnknownWhy};
use super::facts::Limits;
use super::moves::{Step, end, farther, go, hanging_up, over, stay, with_watch};
use super::progress::Progress;
use super::reach::within_reach;
use super::state::{Call, CallState, Decline, HangingUp, Queued, Talk, Unanswered, Watch};
use super::timers::{
    ANSWER_WITHIN, BLIND_ROUNDS, MISSING_ROUNDS, PARTING_GRACE, RING_DRIFT, RING_GRACE, SOON, accepted,
    backoff, blind, later_than, rebased, spread, watch_at,
};
use super::{at_carrier, commands, machine, names, placing, recording, stops, strays};
use crate::ids::CarrierCallId;
use crate::time::Timestamp;
use std::time::Duration;

/// The call that a first event makes; `None` for an event that makes none.
pub fn born(event: &Event) -> Option<Call> {
    let (facts, state) = match &event.news {
        News::Asked(facts) => {
            let until = facts.created_at + facts.limits.queue_max;
            (facts, CallState::Queued(Queued { until, not_before: facts.created_at, deferred: 0 }))
        }
        News::Offered(facts, leg) => {
            let since = facts.created_at;
            let ring_until = since + facts.limits.ring_max;
            let hard_until = ring_until + facts.limits.duration_max;
            let watch = watch_at(event.at + facts.limits.look_unanswered);
            let call = Unanswered { leg: leg.clone(), since, ring_until, hard_until, watch };
            (facts, CallState::Offered(call))
        }
        News::Imported(facts, state) => (facts, (**state).clone()),
        _ => return None,
    };
    Some(Call::new((**facts).clone(), state))
}

/// Moves one call by one event.
pub fn step(call: &Call, event: &Event) -> Step {
    let settled = commands::settle(call, moved(call, event), event);
    within_reach(at_carrier::follow(settled, event), event.at)
}

fn moved(call: &Call, event: &Event) -> Step {
    use CallState as S;
    use News as N;

    if let Some(leg) = event.news.leg()
        && strays::is_strange(call, leg)
    {
        return strays::hear(call, leg, event);
    }
    if let Some(step) = around(call, event) {
        return step;
    }
    if let S::Placing(placing) = &call.state
        && let Some(step) = placing::hear(call, placing, event)
    {
        return step;
    }
    if let Some(step) = wished(call, event) {
        return step;
    }
    match (&call.state, &event.news) {
        (_, N::Asked(_) | N::Offered(..) | N::Imported(..)) => stay(call),
        (_, N::CheckDue) => check(call, event.at),

        (_, N::Found(Found::Leg { leg, sighting })) if call.leg() == Some(leg) => {
            sighted(call, leg, sighting, event)
        }
        (_, N::Placed { leg, also }) => placed(call, leg, also.as_ref(), event),
        (_, N::Progressed { leg, progress }) => progressed(call, leg, *progress, None, event),
        (_, N::Unread { leg, .. }) => {
            let mut step = progressed(call, leg, Progress::Initiated, None, event);
            step.effects.extend((!step.call.state.is_ended()).then(|| Effect::LookUp(leg.clone())));
            step
        }
        (_, N::Over { leg, ending }) => over(call, leg, ending, event),
        (_, N::Sighted { leg, sighting }) => sighted(call, leg, sighting, event),

        (
            _,
            N::Admitted { .. }
            | N::GateRefused(_)
            | N::OptedOut(_)
            | N::PlaceRefused { .. }
            | N::PlaceDeferred { .. }
            | N::PlaceInDoubt { .. }
            | N::Found(_)
            | N::HangUpRequested { .. }
            | N::AnswerRequested
            | N::Declined { .. }
            | N::HangUpReplied { .. }
            | N::Named { .. }
            | N::CommandAsked(_)
            | N::CommandReplied { .. }
            | N::StopAsked(_)
            | N::AgentLeft { .. }
            | N::Spoken { .. }
            | N::ToolAsked { .. }
            | N::ToolReplied { .. }
            | N::StreamAttached { .. }
            | N::StreamOver { .. }
            | N::StopReplied { .. }
            | N::CommandHeard { .. }
            | N::DigitsHeard { .. }
            | N::AnsweredBy { .. }
            | N::Recording(_)
            // A look tells what came of it.
            | N::AnswerReplied { .. },
        ) => stay(call),
    }
}

/// The carrier took the call, and told its name, or two.
fn placed(call: &Call, leg: &CarrierCallId, also: Option<&CarrierCallId>, event: &Event) -> Step {
    let step = progressed(call, leg, Progress::Initiated, None, event);
    match also {
        Some(also) => Step { call: names::named(&step.call, leg, also).call, ..step },
        None => step,
    }
}

/// What somebody or the gate wants of a call, and what the carrier says to a hang-up.
fn wished(call: &Call, event: &Event) -> Option<Step> {
    use CallState as S;
    use News as N;

    let at = event.at;
    Some(match (&call.state, &event.news) {
        (S::Offered(offered), N::AnswerRequested) => {
            let answer = call.facts.by_command.then(|| Effect::Answer(offered.leg.clone()));
            go(call, S::Answering(Unanswered { watch: watch_at(at + SOON), ..offered.clone() }), answer)
        }
        (S::Offered(_), N::Declined { cause, how }) => declined(call, cause, how, at),
        (S::Queued(queued), N::Admitted { send_by, .. }) => placing::admit(call, queued, *send_by, at),
        (S::Queued(queued), N::PlaceInDoubt { why }) => placing::forgotten(call, queued, why, event),
        (S::Queued(_), N::GateRefused(refused)) => {
            let cause = refused.rule().word();
            end(call, ending(EndingKind::Failed, EndedBy::Gateway, cause, ConfirmedBy::Gateway), at)
        }
        (S::Queued(_), N::HangUpRequested { by, cause }) => {
            let ending = ending(EndingKind::Canceled, *by, cause, ConfirmedBy::Gateway);
            end(call, ending, at)
        }
        (_, N::HangUpRequested { by, cause }) => hanging_up(call, *by, cause, at, true),
        (S::HangingUp(hanging), N::HangUpReplied { reply, .. }) => {
            hang_up_replied(call, hanging, reply, event)
        }
        _ => return None,
    })
}

/// What is heard alike in every state: of names, and of what is asked of the call.
fn around(call: &Call, event: &Event) -> Option<Step> {
    use News as N;

    let at = event.at;
    Some(match &event.news {
        N::Named { leg, was } => names::named(call, leg, was),
        N::CommandAsked(verb) => commands::ask(call, verb, event),
        N::CommandReplied { id, reply } => commands::replied(call, *id, reply, at),
        N::OptedOut(_) if !call.state.is_ended() => {
            stay(&Call { opted_out: call.opted_out.or(Some(at)), ..call.clone() })
        }
        N::StopAsked(id) => stops::ask(call, *id, at),
        N::AgentLeft { failed } => stay(&Call {
            agent_left: call.agent_left.or(Some(if failed.is_some() {
                Leaving::Failed
            } else {
                Leaving::Done
            })),
            ..call.clone()
        }),
        N::StreamAttached { id, number, run } => commands::attached(call, *id, *number, *run, at),
        N::StreamOver { id, number, end } => commands::stream_over(call, *id, *number, end, at),
        N::StopReplied { id, reply } => stops::replied(call, *id, reply, at),
        N::CommandHeard { leg, id, performed } => {
            talking(call, leg, event, |call| commands::heard(call, *id, performed, at))
        }
        N::DigitsHeard { leg, digits, event_id } => {
            talking(call, leg, event, |call| commands::pressed(call, digits, event_id.as_ref(), at))
        }
        N::Recording(news) => recording::heard(call, news, at),
        N::AnsweredBy { leg, by } => talking(call, leg, event, |call| machine::answered_by(call, *by)),
        _ => return None,
    })
}

/// Where the reply to the webhook declines it, or it is left to ring, no command leaves now: a look
/// verifies.
fn declined(call: &Call, cause: &str, how: &Decline, at: Timestamp) -> Step {
    let by_command = call.facts.by_command;
    let how = match how {
        // Told by commands it would have to be answered first.
        Decline::Say(_) if by_command => &Decline::Reject,
        how => how,
    };
    let mut step = hanging_up(call, EndedBy::Gateway, cause, at, by_command && *how == Decline::Reject);
    if let CallState::HangingUp(hanging) = &mut step.call.state {
        hanging.decline = how.clone();
        match how {
            Decline::Reject => {}
            Decline::Say(text) => {
                let said = Verb::Say { text: text.clone() };
                hanging.watch = watch_at(at + said.lasts() + PARTING_GRACE);
            }
            Decline::RingOut => hanging.watch = watch_at(at + call.facts.limits.ring_max),
        }
    }
    step
}

/// Whoever presses, speaks or hears something on the line has answered it, whatever was told.
fn talking(call: &Call, leg: &CarrierCallId, event: &Event, then: impl Fn(&Call) -> Step) -> Step {
    let moved = progressed(call, leg, Progress::InProgress, None, event);
    let done = then(&moved.call);
    Step { effects: moved.effects.into_iter().chain(done.effects).collect(), ..done }
}

/// A look first, always; what the state owes follows in the light of it.
fn check(call: &Call, at: Timestamp) -> Step {
    use CallState as S;

    let own = match &call.state {
        S::Queued(queued) if at >= queued.until => {
            let ending = ending(EndingKind::Failed, EndedBy::Gateway, "not_admitted", ConfirmedBy::Gateway);
            return end(call, ending, at);
        }
        S::Queued(_) | S::Ended(_) => None,
        S::Placing(_) => Some(Effect::Find),
        S::Initiated(_)
        | S::Ringing(_)
        | S::Offered(_)
        | S::Answering(_)
        | S::InProgress(_)
        | S::HangingUp(_) => call.leg().map(|leg| Effect::LookUp(leg.clone())),
    };
    // All of them: a start, or a lease that ended, comes before their own times.
    let strays = call.strays.iter().map(|stray| Effect::LookUp(stray.leg.clone()));
    let effects = own.into_iter().chain(strays).collect();
    Step { call: call.clone(), effects }
}

/// The carrier says that the call got this far. A call never moves back.
fn progressed(
    call: &Call,
    leg: &CarrierCallId,
    progress: Progress,
    lasted: Option<Duration>,
    event: &Event,
) -> Step {
    use CallState as S;

    match &call.state {
        S::Queued(queued) => {
            // It was deferred, and rings all the same: the carrier knows better.
            let placing = placing::late(call, queued, event.at);
            placing::adopt(call, &placing, leg, progress, lasted, event)
        }
        S::Placing(placing) => placing::adopt(call, placing, leg, progress, lasted, event),
        S::Initiated(unanswered)
        | S::Ringing(unanswered)
        | S::Offered(unanswered)
        | S::Answering(unanswered) => {
            if call.state.progress() >= Some(progress) {
                return stay(call);
            }
            let next = farther(call, unanswered, progress, lasted, event);
            go(call, next, [])
        }
        S::HangingUp(hanging) if progress == Progress::InProgress && hanging.answered_at.is_none() => {
            let answered_at = Some(event.at - lasted.unwrap_or_default());
            go(call, S::HangingUp(HangingUp { answered_at, ..hanging.clone() }), [])
        }
        S::InProgress(_) | S::HangingUp(_) | S::Ended(_) => stay(call),
    }
}

/// The answer to a look-up of this call's own leg.
fn sighted(call: &Call, leg: &CarrierCallId, sighting: &Sighting, event: &Event) -> Step {
    match sighting {
        Sighting::Over(ending) => over(call, leg, ending, event),
        Sighting::Unknown(unknown) => unseen(call, unknown, event),
        Sighting::Live { progress, lasted } => {
            let moved = progressed(call, leg, *progress, *lasted, event);
            if moved.call.leg() != call.leg() {
                return moved;
            }
            seen_live(&moved.call, *progress, *lasted, event)
        }
    }
}

/// The carrier, asked, says that it lives: deadlines act only on this, not on late webhooks.
fn seen_live(call: &Call, progress: Progress, lasted: Option<Duration>, event: &Event) -> Step {
    use CallState as S;

    let at = event.at;
    let limits = &call.facts.limits;
    match &call.state {
        S::Initiated(unanswered)
        | S::Ringing(unanswered)
        | S::Offered(unanswered)
        | S::Answering(unanswered) => {
            if is_untold(progress, lasted) && at >= unanswered.hard_until {
                // It lives, and nobody says how: as good as unseen.
                return unseen(call, &untold(), event);
            }
            if rang_out(unanswered, lasted, at, limits) {
                return hanging_up(call, EndedBy::Gateway, "ring_max", at, true);
            }
            let next = at + spread(limits.look_unanswered, event.roll);
            let due_at = next.min(later_than(unanswered.ring_until + RING_GRACE, at));
            let answer = owes_answer(call).then(|| Effect::Answer(unanswered.leg.clone()));
            go(call, with_watch(&call.state, watch_at(due_at)), answer)
        }
        S::InProgress(talk) => {
            // A carrier whose own records lag says how long it rang, not how long it talked.
            let talked = lasted.filter(|_| progress == Progress::InProgress);
            let talk_until = talked.map_or(talk.talk_until, |lasted| {
                rebased(talk.talk_until, at + limits.duration_max.saturating_sub(lasted))
            });
            // Only a word of the talk itself ends it for its length: one from before the answer may
            // have been overtaken by it.
            if at >= talk_until && progress == Progress::InProgress {
                return hanging_up(call, EndedBy::Gateway, "duration_max", at, true);
            }
            let due_at = (at + spread(limits.look_talking, event.roll)).min(talk_until.max(at + SOON));
            go(call, S::InProgress(Talk { talk_until, watch: watch_at(due_at), ..talk.clone() }), [])
        }
        S::HangingUp(hanging) => {
            let failed = hanging.failed + 1;
            let watch = watch_at(at + backoff(failed, event.roll).max(ANSWER_WITHIN));
            let next = HangingUp { failed, missing: 0, watch, ..hanging.clone() };
            go(call, S::HangingUp(next), [Effect::HangUp(hanging.leg.clone())])
        }
        S::Queued(_) | S::Placing(_) | S::Ended(_) => stay(call),
    }
}

/// Whether a carrier that says that a call lives doesn't say how far it got. A span of nothing is
/// what it then tells: no phone has rung for too long by it.
fn is_untold(progress: Progress, lasted: Option<Duration>) -> bool {
    progress == Progress::Initiated && lasted == Some(Duration::ZERO)
}

fn untold() -> Unknown {
    let detail = "it lives, and how far it got isn't told".to_owned();
    Unknown { why: UnknownWhy::UnknownStatus, detail, retry_after: None }
}

/// Whether the command to answer may not have arrived. To answer twice does no harm.
fn owes_answer(call: &Call) -> bool {
    call.facts.by_command && matches!(call.state, CallState::Answering(_))
}

/// Whether a phone that still rings has rung long enough. Where the carrier tells how long, our
/// clock can't say so alone, nor for ever say otherwise: it may have jumped either way.
fn rang_out(unanswered: &Unanswered, lasted: Option<Duration>, at: Timestamp, limits: &Limits) -> bool {
    let ours = at >= unanswered.ring_until + RING_GRACE;
    match lasted {
        Some(lasted) => lasted >= limits.ring_max && (ours || lasted >= limits.ring_max + RING_DRIFT),
        None => ours,
    }
}

/// A look that told nothing ends no call. It is asked about again; only past the hard bound, and
/// when the carrier couldn't be asked several times in a row, our own clock decides that it is to
/// be hung up: that clock may have jumped.
fn unseen(call: &Call, unknown: &Unknown, event: &Event) -> Step {
    use CallState as S;

    let at = event.at;
    match &call.state {
        S::Queued(_) | S::Placing(_) | S::Ended(_) => stay(call),
        S::Initiated(unanswered)
        | S::Ringing(unanswered)
        | S::Offered(unanswered)
        | S::Answering(unanswered) => {
            if at >= unanswered.hard_until && unanswered.watch.blind >= BLIND_ROUNDS {
                return hanging_up(call, EndedBy::Gateway, "duration_max", at, true);
            }
            go(call, with_watch(&call.state, blind(&unanswered.watch, unknown, event)), [])
        }
        S::InProgress(talk) => {
            if at >= talk.hard_until && talk.watch.blind >= BLIND_ROUNDS {
                return hanging_up(call, EndedBy::Gateway, "duration_max", at, true);
            }
            go(call, with_watch(&call.state, blind(&talk.watch, unknown, event)), [])
        }
        S::HangingUp(hanging) => {
            let missing = hanging.missing + u32::from(is_nowhere(unknown.why, hanging.by));
            if missing >= MISSING_ROUNDS && at >= hanging.hard_until {
                return end(call, nowhere_to_be_found(unknown.why), at);
            }
            // What is owed is owed, whether the carrier can be asked or not.
            let watch = blind(&hanging.watch, unknown, event);
            let next = HangingUp { missing, failed: hanging.failed + 1, watch, ..hanging.clone() };
            go(call, S::HangingUp(next), [Effect::HangUp(hanging.leg.clone())])
        }
    }
}

/// The carrier's answer to a hang-up: never proof of an end, whatever it says. A look verifies.
fn hang_up_replied(call: &Call, hanging: &HangingUp, reply: &HangUpReply, event: &Event) -> Step {
    let at = event.at;
    let next = match reply {
        HangUpReply::Accepted | HangUpReply::NothingToEnd { .. } => {
            let pause = accepted(hanging.failed, event.roll);
            HangingUp { watch: watch_at(at + pause), ..hanging.clone() }
        }
        HangUpReply::Failed(unknown) => {
            let watch = blind(&Watch { blind: hanging.failed, ..hanging.watch.clone() }, unknown, event);
            HangingUp { watch, ..hanging.clone() }
        }
    };
    go(call, CallState::HangingUp(next), [])
}
