//! Queued calls go when the limits let them: decided in the transaction that admits them.

use super::Turn;
use call::call::{Facts, News, Source};
use call::gate::{Admission, Counts, Passed, Places, Stage, Wait, admit};
use call::{CallState, Timestamp};
use std::time::Duration;
use store::{Kept, StoreError};

impl Turn<'_> {
    /// Admits what may go, the oldest first. Of a gateway that drains nothing may: it waits for the next start.
    pub(super) fn admit_queued(&mut self) -> Result<(), StoreError> {
        if self.brought.draining {
            return Ok(());
        }
        let queued = self.page.queued(QUEUED_AT_ONCE)?;
        if queued.is_empty() {
            return Ok(());
        }
        let paused = self.paused()?.is_some();
        for kept in queued {
            match self.admission(&kept, paused)? {
                Admission::Go { next_dial_at } => self.ask_again(&kept, next_dial_at)?,
                Admission::Wait(Wait::Paused | Wait::Full) => return Ok(()),
                Admission::Wait(Wait::CarrierFull | Wait::InDoubt | Wait::Pace(_) | Wait::Deferred(_)) => {}
            }
        }
        Ok(())
    }

    fn admission(&mut self, kept: &Kept, paused: bool) -> Result<Admission, StoreError> {
        let facts = &kept.call.facts;
        let not_before = match &kept.call.state {
            CallState::Queued(queued) => queued.not_before,
            _ => self.now,
        };
        let apart = self.settings.apart.get(&facts.carrier).copied().unwrap_or(Duration::ZERO);
        let carrier_live_max = self.settings.carrier_live_max.get(&facts.carrier).copied();
        let counts = Counts {
            live: self.page.live()?,
            live_at_carrier: match carrier_live_max {
                Some(_) => self.page.live_at(&facts.carrier)?,
                None => 0,
            },
            in_doubt: self.in_doubt_with(facts)?,
            paused,
            next_dial_at: self.page.next_dial_at(&facts.carrier)?,
        };
        let places = Places { live_max: self.settings.live_max, carrier_live_max, apart };
        Ok(admit(counts, places, not_before, self.now))
    }

    /// How many calls a search for this one could mistake for it: those that are on their way, and
    /// those whose last name isn't known yet.
    fn in_doubt_with(&mut self, facts: &Facts) -> Result<u64, StoreError> {
        let placing = self.page.placing_between(&facts.from, &facts.to)?;
        if !self.settings.names_anew.contains(&facts.carrier) {
            return Ok(placing);
        }
        let since = self.now - NAMED_WITHIN;
        Ok(placing + self.page.named_once_between(&facts.from, &facts.to, since)?)
    }

    /// There is room. What was allowed when the call was asked for may not be any more.
    fn ask_again(&mut self, kept: &Kept, next_dial_at: Timestamp) -> Result<(), StoreError> {
        let facts = &kept.call.facts;
        match self.ask_gate(&facts.to, Some(facts.id), Stage::Admission)? {
            Ok(passed) => self.let_go(kept, next_dial_at, passed),
            Err(refused) => {
                self.apply(kept, Source::Gateway, News::GateRefused(Box::new(refused)))?;
                Ok(())
            }
        }
    }

    fn let_go(&mut self, kept: &Kept, next_dial_at: Timestamp, passed: Passed) -> Result<(), StoreError> {
        let carrier = kept.call.facts.carrier.clone();
        if next_dial_at > self.now {
            self.page.set_next_dial_at(&carrier, next_dial_at)?;
        }
        let send_by = self.now + self.settings.send_within;
        self.apply(kept, Source::Gateway, News::Admitted { send_by, gate: Some(Box::new(passed)) })?;
        Ok(())
    }
}

/// So many queued calls are considered in one turn.
const QUEUED_AT_ONCE: usize = 64;
/// Whose name isn't known so long after it was asked for never will be: webhooks and looks tell it.
const NAMED_WITHIN: Duration = Duration::from_secs(3600);
