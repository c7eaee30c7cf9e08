//! Every dial that reaches the network, held against who may be called when, as users, subscribers
//! and clocks have it; and every refusal, against whether anything stood against the call.

use super::{Breach, Promise};
use crate::plan::{OPT_OUT_KEY, OPT_OUT_WORDS};
use crate::world::{World, end, millis, tail};
use call::call::{EndingKind, News, Performed};
use call::gate::{Decided, Refused};
use call::{Call, CallId, CallState};
use carrier::HeardWebhook;
use network::world::{Cause, Direction};
use network::{CallTruth, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// What the checkers remember of dials.
#[derive(Default)]
pub(crate) struct Dials {
    /// When each call was let go, by the true time and by the wall clock.
    admitted: BTreeMap<CallId, (i64, i64)>,
    /// Who was dialled for which call; a call's name tells when it was asked for.
    made: BTreeMap<String, BTreeSet<CallId>>,
    /// Who is surely on the do-not-call list, and since when.
    listed: BTreeMap<String, i64>,
    /// Who may be.
    perhaps_listed: BTreeSet<String>,
    /// Who rejected a call, when, and when the gateway said that it knows.
    rejected: BTreeMap<String, (i64, i64)>,
    /// On which legs somebody wanted no more calls.
    opted_out: BTreeSet<String>,
    /// Who was refused by the gate.
    pub(crate) refused: BTreeSet<String>,
}

impl Dials {
    /// The store is another one: it has only these calls, and may have lost who is listed.
    pub(crate) fn forget(&mut self, has: impl Fn(&CallId) -> bool) {
        self.made.values_mut().for_each(|calls| calls.retain(&has));
        self.listed.clear();
        self.rejected.clear();
    }

    pub(crate) fn may_be_listed(&mut self, to: &str) {
        self.perhaps_listed.insert(to.to_owned());
    }

    pub(crate) fn may_be_unlisted(&mut self, to: &str) {
        self.listed.remove(to);
    }

    pub(crate) fn listed(&mut self, to: &str, now: i64) {
        self.listed.entry(to.to_owned()).or_insert(now);
    }

    pub(crate) fn is_perhaps_listed(&self, to: &str) -> bool {
        self.perhaps_listed.contains(to)
    }
}

impl World {
    /// A call is let go in the turn that was just committed.
    pub(super) fn note_admission(&mut self, call: &Call) -> Result<(), Breach> {
        self.checks.dials.admitted.insert(call.facts.id, (self.now, self.wall().0));
        self.inspect_day(call)
    }

    /// A dial reached the network: nothing stood against it when it was let go.
    pub(super) fn inspect_dial(&mut self, id: CallId, leg: &CallTruth) -> Result<(), Breach> {
        let to = leg.to.as_str();
        let Some(&(at, wall)) = self.checks.dials.admitted.get(&id) else {
            let what = format!("{to} is dialled for {}, which nobody let go", tail(id));
            return Err(self.breach(Promise::Audit, what));
        };
        let rules = &self.plan.rules;
        if rules.is_quiet(to, wall) {
            let what = format!("{to} is dialled for {} in quiet hours {:?}", tail(id), rules.quiet);
            return Err(self.breach(Promise::QuietHours, what));
        }
        if rules.is_too_far(to) {
            return Err(self.breach(Promise::Destinations, format!("{to} is dialled for {}", tail(id))));
        }
        if let Some(since) = self.checks.dials.listed.get(to).filter(|since| **since < at) {
            let what = format!("{to} is dialled for {}, listed {} ms before", tail(id), at - since);
            return Err(self.breach(Promise::DoNotCall, what));
        }
        self.inspect_pause(id, to, at)?;
        self.inspect_attempts(id, to, wall)?;
        let allowed = self.disk.tables().records.iter().any(|kept| {
            kept.record.call == Some(id) && matches!(kept.record.decided, Decided::Allowed { .. })
        });
        if allowed || self.checks.lost_a_store() {
            return Ok(());
        }
        let what = format!("{to} is dialled for {}, and the audit doesn't tell why", tail(id));
        Err(self.breach(Promise::Audit, what))
    }

    fn inspect_pause(&self, id: CallId, to: &str, at: i64) -> Result<(), Breach> {
        let pause = millis(self.plan.rules.rejected_pause);
        let Some(&(rejected, told)) = self.checks.dials.rejected.get(to) else { return Ok(()) };
        if told >= at || at >= rejected + pause - SLACK_MS {
            return Ok(());
        }
        let what = format!("{to} is dialled for {}, {} ms after a rejection", tail(id), at - rejected);
        Err(self.breach(Promise::RejectedPause, what))
    }

    /// No more dials to a number than its hour and its day have, by the clock that let them go.
    fn inspect_attempts(&mut self, id: CallId, to: &str, wall: i64) -> Result<(), Breach> {
        let made = self.checks.dials.made.entry(to.to_owned()).or_default();
        let within = |window: i64| {
            let asked = made.iter().filter(|other| **other != id).map(|other| made_at(*other));
            asked.filter(|at| (wall - window..=wall).contains(at)).count() as u64
        };
        let (hour, day) = (within(HOUR_MS), within(24 * HOUR_MS));
        made.insert(id);
        let hour_max = self.plan.attempts_per_hour;
        let day_max = self.plan.rules.attempts_per_day.unwrap_or(u64::MAX);
        if hour < hour_max && day < day_max {
            return Ok(());
        }
        let what =
            format!("{to} is dialled for {}, {hour} times before in the hour, {day} in the day", tail(id));
        Err(self.breach(Promise::Attempts, what))
    }

    /// A call is let go only while the day has minutes left: of the talks that the gateway knows to be
    /// over each was one at least, and as many as the network and the gateway agree on.
    fn inspect_day(&self, call: &Call) -> Result<(), Breach> {
        let Some(allowed) = self.plan.rules.minutes().filter(|_| self.plan.jumps.is_empty()) else {
            return Ok(());
        };
        let tables = self.disk.tables();
        let day = self.now.div_euclid(DAY_MS);
        let talks = tables.calls.values().filter_map(|row| {
            let (CallState::Ended(over), Some(answered_at)) = (&row.call.state, row.call.answered_at())
            else {
                return None;
            };
            let truth = self.truth(row.call.leg()?.as_str())?;
            let (began, ended) = (truth.answered_at?.get(), truth.ended_at?.get());
            let today =
                (began - SLACK_MS).div_euclid(DAY_MS) == day && answered_at.0.div_euclid(DAY_MS) == day;
            let is_ours = truth.direction == Direction::Outbound && today;
            let lasted = (ended - began).min(over.ended_at.0 - answered_at.0);
            is_ours.then_some(u64::try_from(lasted / 60_000).unwrap_or(0).max(1))
        });
        let talked: u64 = talks.sum();
        drop(tables);
        if talked < allowed {
            return Ok(());
        }
        let what =
            format!("{} is let go after {talked} minutes, and {allowed} are allowed", tail(call.facts.id));
        Err(self.breach(Promise::DayBudget, what))
    }

    /// What a webhook that was acknowledged says about further calls: a rejection, or never again.
    pub(super) fn note_wishes(&mut self, heard: &HeardWebhook) {
        let Some(leg) = self.truth(heard.leg.as_str()) else { return };
        let owner = self.checks.owner.get(&leg.id).copied();
        let row = owner.and_then(|id| self.disk.tables().calls.get(&id).cloned());
        let Some(row) = row.filter(|row| self.is_own(&row.call, heard)) else { return };
        let now = self.now;
        let dials = &mut self.checks.dials;
        match &heard.news {
            Some(News::Over { .. }) => {
                let (CallState::Ended(over), Some(ended)) = (&row.call.state, leg.ended_at) else { return };
                if over.ending.kind == EndingKind::Rejected && self.plan.jumps.is_empty() {
                    dials.rejected.insert(leg.to, (ended.get(), now));
                }
            }
            Some(news)
                if opts_out(&row.call, news)
                    && self.plan.rules.opt_out
                    && dials.opted_out.insert(leg.id.clone()) =>
            {
                dials.listed(&leg.to, now);
            }
            _ => {}
        }
    }

    /// The gate refused: the audit says so, with the rule, and something did stand against the call.
    pub(crate) fn inspect_refusal(
        &self,
        to: &str,
        call: Option<CallId>,
        refused: &Refused,
    ) -> Result<(), Breach> {
        let told = self.disk.tables().records.iter().rev().any(|kept| {
            let same =
                matches!(&kept.record.decided, Decided::Refused { refused: kept, .. } if kept == refused);
            same && kept.record.to == to && (call.is_none() || kept.record.call == call)
        });
        if !told {
            let what = format!("{to} was refused ({}), and the audit doesn't tell", refused.rule().word());
            return Err(self.breach(Promise::Audit, what));
        }
        if self.is_fair(to, refused) {
            return Ok(());
        }
        let what = format!("{to} was refused without a reason: {refused}");
        Err(self.breach(Promise::FairGate, what))
    }

    fn is_fair(&self, to: &str, refused: &Refused) -> bool {
        let (rules, wall) = (&self.plan.rules, self.wall().0);
        let jumped = !self.plan.jumps.is_empty();
        let legs = || self.network.calls().into_iter().filter(|leg| leg.direction == Direction::Outbound);
        let asked = |window: i64| {
            let window = window + if jumped { 2 * HOUR_MS } else { 0 };
            let ids = self.users.asked.iter().filter(|asked| asked.to == to).flat_map(|asked| &asked.ids);
            ids.filter(|id| made_at(**id) >= wall - window).count() as u64
        };
        match refused {
            Refused::Emergency { .. } | Refused::Premium { .. } => false,
            Refused::Destination { .. } => rules.is_too_far(to),
            Refused::Paused { .. } => true,
            Refused::DoNotCall { .. } => self.checks.dials.is_perhaps_listed(to),
            // It counts from when it was, or from when it was heard of where the carrier doesn't tell.
            Refused::Rejected { at, .. } => legs().any(|leg| {
                let before = leg.ended_at.is_some_and(|ended| ended.get() <= at.0 + SLACK_MS);
                let until = at.0 + millis(rules.rejected_pause);
                leg.to == to && leg.cause == Some(Cause::Rejected) && (jumped || (before && wall < until))
            }),
            Refused::QuietHours { .. } => rules.is_quiet(to, wall),
            // The one that asks is among them.
            Refused::AttemptsPerHour { allowed, .. } => asked(HOUR_MS) > *allowed,
            Refused::AttemptsPerDay { allowed, .. } => asked(24 * HOUR_MS) > *allowed,
            // A talk whose end isn't known yet goes on, as far as anybody can say. And of a leg that is
            // over a carrier may tell how long it lasted, and not whether anybody picked up. Nor does every
            // listing that a lost call was found in, or who called whom.
            Refused::MinutesPerDay { .. } | Refused::SpendPerDay { .. } => {
                let is_today = |at: Millis| jumped || at.get() >= self.now - DAY_MS;
                let lost = |leg: &CallTruth| self.checks.is_lost(&leg.id) && is_today(leg.asked_at);
                legs().any(|leg| leg.answered_at.or(leg.ended_at).is_some_and(is_today))
                    || self.network.calls().iter().any(lost)
            }
        }
    }

    /// A call that waited was refused in the end.
    pub(super) fn inspect_refused_late(&mut self, call: &Call, refused: &Refused) -> Result<(), Breach> {
        let to = call.facts.to.as_str();
        self.checks.dials.refused.insert(to.to_owned());
        self.tally.command(&format!("refused late: {}", refused.rule().word()));
        self.story.tell(self.now, || format!("{} to {} is refused late", tail(call.facts.id), end(to)));
        self.inspect_refusal(to, Some(call.facts.id), refused)
    }
}

/// Whether this is how whoever is called says: never again.
fn opts_out(call: &Call, news: &News) -> bool {
    match news {
        News::DigitsHeard { digits, .. } => digits.contains(OPT_OUT_KEY),
        News::CommandHeard { id, performed: Performed::Finished(outcome), .. } => {
            let asked = call.command(*id).is_some();
            asked && outcome.speech.as_deref().is_some_and(|said| said.contains(OPT_OUT_WORDS))
        }
        _ => false,
    }
}

fn made_at(id: CallId) -> i64 {
    crate::world::made_at(id).0
}

/// Carriers count in whole seconds.
const SLACK_MS: i64 = 3_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
