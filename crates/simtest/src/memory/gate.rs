//! What the dial gate reads and keeps, in memory.

use super::page::MemoryPage;
use super::{Undo, put};
use call::call::{Direction, EndingKind};
use call::gate::{Listed, Record};
use call::{CallState, CarrierName, Party, PhoneNumber, Timestamp};
use std::collections::BTreeMap;
use store::{GatePage, KeptRecord, StoreError};

impl GatePage for MemoryPage<'_> {
    fn live_at(&mut self, carrier: &CarrierName) -> Result<u64, StoreError> {
        let live = self.rows().filter(|row| row.call.state.is_live() && &row.call.facts.carrier == carrier);
        Ok(live.count() as u64)
    }

    fn rejected_at(&mut self, to: &Party, since: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let called = self
            .rows()
            .filter(|row| row.call.facts.direction == Direction::Outbound && &row.call.facts.to == to);
        let rejected = called.filter_map(|row| match &row.call.state {
            CallState::Ended(over) if over.ending.kind == EndingKind::Rejected => Some(over.ended_at),
            _ => None,
        });
        Ok(rejected.filter(|at| *at >= since).max())
    }

    fn minutes(
        &mut self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<CarrierName, u64>, StoreError> {
        let mut minutes = BTreeMap::new();
        for row in self.rows().filter(|row| row.call.facts.direction == Direction::Outbound) {
            let Some(answered_at) = row.call.answered_at().filter(|at| *at >= since) else { continue };
            let until = match &row.call.state {
                CallState::Ended(over) => over.ended_at,
                _ => now,
            };
            let begun = until.since(answered_at).as_millis().div_ceil(60_000).max(1);
            *minutes.entry(row.call.facts.carrier.clone()).or_default() += begun as u64;
        }
        Ok(minutes)
    }

    fn listed(&mut self, number: &PhoneNumber) -> Result<Option<Listed>, StoreError> {
        Ok(self.tables.do_not_call.get(number).cloned())
    }

    fn list(&mut self, number: &PhoneNumber, entry: &Listed) -> Result<bool, StoreError> {
        if self.tables.do_not_call.contains_key(number) {
            return Ok(false);
        }
        put(&mut self.tables.do_not_call, number.clone(), Some(entry.clone()));
        self.tables.undo.push(Undo::Listed(number.clone(), None));
        Ok(true)
    }

    fn unlist(&mut self, number: &PhoneNumber) -> Result<(), StoreError> {
        let old = self.tables.do_not_call.remove(number);
        self.tables.undo.push(Undo::Listed(number.clone(), old));
        Ok(())
    }

    fn record(&mut self, record: &Record) -> Result<(), StoreError> {
        let id = self.tables.records.last().map_or(1, |last| last.id + 1);
        self.tables.records.push(KeptRecord { id, record: record.clone() });
        self.tables.undo.push(Undo::Record);
        Ok(())
    }
}
