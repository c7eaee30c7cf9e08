//! A store that went back or was lost: what is proved ours is found again and treated as the policy
//! says, what is others' is never touched, and nothing rings twice.

use super::{Breach, Promise};
use crate::scene::Kind;
use crate::world::{World, end, millis, tail};
use call::call::News;
use call::{Call, CallState};
use engine::OrphanPolicy;
use network::world::{Direction, EndedBy, Target};
use network::{CallTruth, Fault};
use std::collections::BTreeSet;

/// What the checkers remember of calls that the store doesn't know.
#[derive(Default)]
pub(crate) struct Lost {
    /// Legs of ours that a store which is there now did not know when it was put back.
    legs: BTreeSet<String>,
    /// Legs of others.
    strangers: BTreeSet<String>,
    /// What the last sweep told of as left alone.
    told: BTreeSet<String>,
    /// When the store was last lost.
    at: Option<i64>,
}

impl super::Checks {
    /// Others have a leg.
    pub(crate) fn stranger(&mut self, leg: &str) {
        self.lost.strangers.insert(leg.to_owned());
    }

    /// What a sweep tells of calls that are left alone.
    pub(crate) fn told_strangers(&mut self, told: BTreeSet<String>) {
        self.lost.told = told;
    }

    /// Whether nobody here may ever learn of this leg.
    pub(crate) fn is_nobodys(&self, leg: &str) -> bool {
        self.lost.legs.contains(leg) || self.lost.strangers.contains(leg)
    }

    /// Whether the store was ever lost, or went back.
    pub(crate) fn lost_a_store(&self) -> bool {
        self.lost.at.is_some()
    }

    pub(super) fn is_strange(&self, leg: &str) -> bool {
        self.lost.strangers.contains(leg)
    }

    pub(super) fn is_lost(&self, leg: &str) -> bool {
        self.lost.legs.contains(leg)
    }

    /// A dial of a process that is dead arrived after its store was lost.
    pub(super) fn lost_on_its_way(&mut self, leg: &str) {
        self.lost.legs.insert(leg.to_owned());
    }
}

impl World {
    /// The store is another one now: what users and the carrier were told before holds no more, and
    /// what it doesn't know is lost until it is found.
    pub(crate) fn store_was_lost(&mut self) {
        let known: BTreeSet<String> = {
            let tables = self.disk.tables();
            let legs = tables.calls.values().flat_map(|row| row.call.leg().into_iter().chain(&row.call.also));
            legs.map(|leg| self.checks.real(leg.as_str()).to_owned()).collect()
        };
        let tables = self.disk.tables();
        self.checks.forget(&tables);
        let calls = &tables.calls;
        self.checks.known_since.retain(|id, _| calls.contains_key(id));
        self.checks.dials.forget(|id| calls.contains_key(id));
        drop(tables);
        self.checks.news.clear();
        // They were for calls that nobody knows any more.
        self.checks.requests.clear();
        self.checks.not_looked_at.clear();
        self.checks.pause_is_unsure();
        self.checks.admitted_at = None;
        self.checks.lost.at = Some(self.now);
        self.checks.lost.told.clear();
        let legs = self.network.calls().into_iter().map(|leg| leg.id);
        let lost: Vec<String> = legs.filter(|leg| !known.contains(leg)).collect();
        self.checks.lost.legs = lost.into_iter().collect();
    }

    /// Whether what was heard of this leg may be forgotten: it was lost, and isn't found.
    pub(super) fn is_forgotten_leg(&self, leg: &str) -> bool {
        if !self.checks.is_lost(leg) {
            return false;
        }
        let tables = self.disk.tables();
        !tables.calls.values().any(|row| {
            let names = row.call.leg().into_iter().chain(row.call.strays.iter().map(|stray| &stray.leg));
            names.map(|name| self.checks.real(name.as_str())).any(|real| real == leg)
        })
    }

    /// Nobody has touched a call of others.
    pub(crate) fn inspect_strangers(&self) -> Result<(), Breach> {
        if self.checks.lost.strangers.is_empty() {
            return Ok(());
        }
        let legs = self.network.calls();
        let ended = legs
            .iter()
            .find(|leg| self.checks.lost.strangers.contains(&leg.id) && leg.ended_by == Some(EndedBy::Api));
        if let Some(leg) = ended {
            let what = format!("{} is a call of others, and was hung up", end(&leg.id));
            return Err(self.breach(Promise::LeaveOthers, what));
        }
        let tables = self.disk.tables();
        let taken = tables.calls.values().find(|row| {
            let names = row.call.leg().into_iter().chain(row.call.strays.iter().map(|stray| &stray.leg));
            names
                .map(|name| self.checks.real(name.as_str()))
                .any(|real| self.checks.lost.strangers.contains(real))
        });
        let what = taken.map(|row| format!("{} took a call of others", tail(row.call.facts.id)));
        drop(tables);
        what.map_or(Ok(()), |what| Err(self.breach(Promise::LeaveOthers, what)))
    }

    /// A request is about a leg, by one of its names.
    pub(crate) fn inspect_meant(&self, leg: &str) -> Result<(), Breach> {
        if !self.checks.lost.strangers.contains(self.checks.real(leg)) {
            return Ok(());
        }
        Err(self
            .breach(Promise::LeaveOthers, format!("{} is a call of others, and told something", end(leg))))
    }

    /// A live leg that is lost: where its mark proves whose it is, the policy is done.
    pub(super) fn inspect_lost(&self, leg: &CallTruth, known: bool, calm_for: i64) -> Result<(), Breach> {
        let Some(losses) = &self.plan.losses else { return Ok(()) };
        let provable = match self.plan.carrier {
            // It tells of the webhooks that it sent: before the first of them, nothing.
            Kind::Twilio => self.plan.told && !self.plan.faults.iter().any(strikes_webhooks),
            Kind::Telnyx => true,
            Kind::Plivo => false,
        };
        let ours = leg.direction == Direction::Outbound && self.checks.owner.contains_key(&leg.id);
        let bound = SWEPT_MS + 2 * losses.sweep_every_ms + millis(self.plan.limits.settle);
        if !provable || !ours || known || calm_for < bound {
            return Ok(());
        }
        if losses.orphans == OrphanPolicy::Report && self.is_told(leg) {
            return Ok(());
        }
        let what =
            format!("{} is {} and lost since {calm_for} ms: {:?}", end(&leg.id), leg.status, losses.orphans);
        Err(self.breach(Promise::FindOrphans, what))
    }

    fn is_told(&self, leg: &CallTruth) -> bool {
        self.checks.lost.told.iter().any(|name| self.checks.real(name) == leg.id)
    }

    /// A call came into the store by its mark, or is hung up for that: as the policy says.
    pub(super) fn inspect_policy(&self, is: &Call, is_new: bool, news: &News) -> Result<(), Breach> {
        let Some(losses) = &self.plan.losses else { return Ok(()) };
        let id = tail(is.facts.id);
        if is_new && matches!(news, News::Imported(..)) {
            if losses.orphans == OrphanPolicy::Report {
                return Err(self.breach(Promise::FindOrphans, format!("{id} is taken in, and only reported")));
            }
            if !self.users.was_drawn(is.facts.id) {
                return Err(
                    self.breach(Promise::LeaveOthers, format!("{id} is taken in, and was never made"))
                );
            }
        }
        let orphaned = matches!(&is.state, CallState::HangingUp(hanging) if hanging.cause == "orphaned");
        if orphaned && losses.orphans != OrphanPolicy::HangUp {
            return Err(self.breach(Promise::FindOrphans, format!("{id} is hung up by {:?}", losses.orphans)));
        }
        Ok(())
    }
}

fn strikes_webhooks(fault: &Fault) -> bool {
    matches!(fault.on, Target::Webhook | Target::StatusCallback | Target::Voice)
}

/// So long may it take until a sweep has shown what lives, beside the pause between two.
const SWEPT_MS: i64 = 20_000;
