//! What must have healed once nothing goes wrong any more.

use super::{Breach, Promise};
use crate::plan::transfer_of;
use crate::scene::Kind;
use crate::world::{World, end, millis, tail};
use call::call::ConfirmedBy;
use call::{Call, CallState};
use network::CallTruth;
use network::world::Direction;

impl World {
    /// Holds everything against the truth.
    pub(crate) fn inspect(&self) -> Result<(), Breach> {
        let legs = self.network.calls();
        for leg in &legs {
            if leg.live {
                self.inspect_known(leg)?;
                self.inspect_bound(leg)?;
            }
        }
        self.inspect_strangers()?;
        self.inspect_commands(false)?;
        self.inspect_phantoms(&legs)
    }

    /// For how long nothing has gone wrong.
    fn calm_for(&self) -> i64 {
        let since = self.calm_since.unwrap_or(self.now).max(self.checks.started_at);
        self.now - since
    }

    fn inspect_known(&self, leg: &CallTruth) -> Result<(), Breach> {
        // The other leg of a transfer lives and ends with the call's own.
        if leg.direction == Direction::Inbound
            || transfer_of(&leg.to).is_some()
            || self.checks.is_strange(&leg.id)
        {
            return Ok(());
        }
        let tables = self.disk.tables();
        let row = self.checks.owner.get(&leg.id).and_then(|id| tables.calls.get(id));
        let known = row.is_some_and(|row| {
            let own = row.call.leg().is_some_and(|own| self.checks.real(own.as_str()) == leg.id);
            let stray = row.call.strays.iter().any(|stray| self.checks.real(stray.leg.as_str()) == leg.id);
            let sought = matches!(row.call.state, CallState::Placing(_) | CallState::Queued(_));
            stray || sought || (own && !row.call.state.is_ended())
        });
        // Given up after its bound, and no word of it since: nobody can know of it yet.
        let ended = self.checks.owner.get(&leg.id).and_then(|id| self.checks.ended.get(id));
        let given_up = ended.is_some_and(|over| over.ending.confirmed_by == ConfirmedBy::Nobody);
        let unheard =
            given_up && !self.checks.news.iter().any(|heard| self.checks.real(heard.leg.as_str()) == leg.id);
        let age = (self.now - leg.asked_at.get()).min(self.calm_for());
        let unwanted = row.and_then(|row| self.unwanted_for(&row.call, leg));
        if let Some((promise, unwanted_for)) = unwanted.filter(|(_, unwanted_for)| *unwanted_for > HEAL_MS) {
            drop(tables);
            let what = format!("{} is {}, unwanted since {unwanted_for} ms", end(&leg.id), leg.status);
            return Err(self.breach(promise, what));
        }
        if self.checks.is_lost(&leg.id) {
            drop(tables);
            return self.inspect_lost(leg, known, self.calm_for());
        }
        if known || unheard || age < UNKNOWN_MS {
            return Ok(());
        }
        let is = row.map(|row| (tail(row.call.facts.id), row.call.state.word()));
        drop(tables);
        let what = format!("{} is {} since {age} ms, and {is:?} does not know it", end(&leg.id), leg.status);
        Err(self.breach(Promise::NoOrphan, what))
    }

    /// For how long of the calm a leg is known as one that must be hung up, and which promise that
    /// would break in the end.
    fn unwanted_for(&self, call: &Call, leg: &CallTruth) -> Option<(Promise, i64)> {
        let stray = call.strays.iter().find(|stray| self.checks.real(stray.leg.as_str()) == leg.id);
        let (promise, since) = match (&call.state, stray) {
            (_, Some(stray)) => (Promise::NoOrphan, stray.since),
            (CallState::HangingUp(hanging), None) if self.checks.real(hanging.leg.as_str()) == leg.id => {
                (Promise::BoundedLife, hanging.since)
            }
            _ => return None,
        };
        // In the calm the wall clock is right again; before it, it may have been ahead.
        Some((promise, (self.now - since.0).min(self.calm_for())))
    }

    fn inspect_bound(&self, leg: &CallTruth) -> Result<(), Breach> {
        if transfer_of(&leg.to).is_some() || self.checks.is_strange(&leg.id) || self.is_forgotten_leg(&leg.id)
        {
            return Ok(());
        }
        let limits = &self.plan.limits;
        // One that was lost lives by the limits that it was taken in with; and what a clock bounded that
        // was ahead is bounded anew when that is set back.
        let since = leg.asked_at.get();
        let anew = self.checks.is_lost(&leg.id) || !self.plan.jumps.is_empty();
        let since = if anew { since.max(self.calm_since.unwrap_or(0)) } else { since };
        let bound = since + millis(limits.ring_max + limits.duration_max);
        let over = (self.now - bound).min(self.calm_for());
        if over <= HEAL_MS || self.is_past_finding(leg) {
            return Ok(());
        }
        let what =
            format!("{} is {} though its time was over {} s ago", end(&leg.id), leg.status, over / 1000);
        Err(self.breach(Promise::BoundedLife, what))
    }

    /// Whether a call is sought in vain: a clock dated it that was ahead and was set back since, no
    /// webhook came, and nobody sweeps.
    fn is_past_finding(&self, leg: &CallTruth) -> bool {
        let tables = self.disk.tables();
        let is_unknown = self.checks.owner.get(&leg.id).is_some_and(|id| match tables.calls.get(id) {
            Some(row) => row.call.leg().is_none(),
            // It is over, and was taken out of the store.
            None => self.checks.ended.get(id).is_some_and(|over| over.leg.is_none()),
        });
        is_unknown && !self.plan.jumps.is_empty() && self.plan.losses.is_none()
    }

    fn inspect_phantoms(&self, legs: &[CallTruth]) -> Result<(), Breach> {
        let tables = self.disk.tables();
        for row in tables.calls.values().filter(|row| !row.call.state.is_ended()) {
            let own = row.call.leg().map(|leg| self.checks.real(leg.as_str()));
            let Some(truth) = legs.iter().find(|truth| Some(truth.id.as_str()) == own) else { continue };
            let known_since = self.checks.known_since.get(&row.call.facts.id).map(|(since, _)| *since);
            let known_for = self.now - known_since.unwrap_or(self.now);
            let over_for = truth.ended_at.map_or(0, |at| self.now - at.get());
            let over_for = over_for.min(known_for).min(self.calm_for());
            if over_for > HEAL_MS && !self.is_untellable(&row.call, truth) {
                let what = format!(
                    "{} is {}, and {} is over since {} s",
                    tail(row.call.facts.id),
                    row.call.state.word(),
                    end(&truth.id),
                    over_for / 1000
                );
                return Err(self.breach(Promise::NoPhantom, what));
            }
        }
        Ok(())
    }

    /// Whether the carrier can't be asked any more how a leg ended: Telnyx forgets a call, and the
    /// records of Plivo tell no request, so that a call known by nothing else is looked for by a time
    /// that a clock which was set may have got wrong. Both are given up when their hard bound is past.
    fn is_untellable(&self, call: &Call, truth: &CallTruth) -> bool {
        let forgotten = match self.plan.carrier {
            Kind::Twilio => false,
            Kind::Telnyx => truth.ended_at.is_some_and(|at| self.now - at.get() >= KEPT_AT_TELNYX_MS),
            Kind::Plivo => call.also.is_empty() && call.leg().is_some_and(|leg| leg.as_str() != truth.id),
        };
        let bound = match &call.state {
            CallState::Initiated(call)
            | CallState::Ringing(call)
            | CallState::Offered(call)
            | CallState::Answering(call) => Some(call.hard_until),
            CallState::InProgress(talk) => Some(talk.hard_until),
            CallState::HangingUp(hanging) => Some(hanging.hard_until),
            CallState::Queued(_) | CallState::Placing(_) | CallState::Ended(_) => None,
        };
        forgotten && bound.is_some_and(|bound| self.wall().0 - bound.0 < HEAL_MS)
    }

    /// At the end nothing lives, here or there, and every word that was given stands.
    pub(crate) fn inspect_end(&self) -> Result<(), Breach> {
        self.inspect_news()?;
        let tables = self.disk.tables();
        let unfinished = tables.calls.values().find(|row| !row.call.state.is_ended());
        if let Some(row) = unfinished {
            let what = format!("at the end {} is still {:?}", tail(row.call.facts.id), row.call.state);
            return Err(self.breach(Promise::NoPhantom, what));
        }
        let stray = tables.calls.values().find(|row| !row.call.strays.is_empty());
        if let Some(row) = stray {
            let what = format!("at the end {} still has {:?}", tail(row.call.facts.id), row.call.strays);
            return Err(self.breach(Promise::NoOrphan, what));
        }
        drop(tables);
        self.inspect_strangers()?;
        self.inspect_commands(true)?;
        let lives = |leg: &CallTruth| leg.live && !self.is_past_finding(leg);
        if let Some(leg) = self.network.calls().into_iter().find(lives) {
            let what = format!("at the end {} to {} is {}", end(&leg.id), leg.to, leg.status);
            return Err(self.breach(Promise::BoundedLife, what));
        }
        Ok(())
    }

    /// A start has had its two seconds.
    pub(crate) fn inspect_recovery(&self) -> Result<(), Breach> {
        let stumbled = self.checks.stumbled_at.is_some_and(|at| at >= self.checks.started_at);
        let clock_set = self.checks.clock_set_at.is_some_and(|at| at >= self.checks.started_at);
        if stumbled || clock_set {
            return Ok(());
        }
        let tables = self.disk.tables();
        let forgotten = self.checks.not_looked_at.iter().find_map(|id| {
            let row = tables.calls.get(id)?;
            let owes = !row.call.state.is_ended() || !row.call.strays.is_empty();
            owes.then(|| (tail(*id), row.call.state.word(), row.call.strays.len()))
        });
        drop(tables);
        match forgotten {
            Some(call) => Err(self.breach(Promise::Recovery, format!("a start did not ask about {call:?}"))),
            None => Ok(()),
        }
    }
}

/// So long after its end Telnyx tells of a call, less a look.
const KEPT_AT_TELNYX_MS: i64 = 600_000 - HEAL_MS;
/// So long may a leg be unknown in the calm: until a listing shows it.
const UNKNOWN_MS: i64 = 60_000;
/// So long may healing take: the longest pause that a carrier may ask for, a lease, a look and its
/// time-out, twice.
const HEAL_MS: i64 = 240_000;
