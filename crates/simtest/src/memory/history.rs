//! The reading side of the store in memory.

use super::{Disk, Row};
use call::call::Direction;
use call::gate::{Decided, Listed};
use call::{CallId, CallState, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;
use store::{
    AccessQuery, CallQuery, CallSearch, CallsFound, DoNotCall, History, Kept, KeptEvent, KeptLine,
    KeptRecord, KeptToken, LogLine, LogSpan, Pulse, RecordQuery, Recovered, StoreError, Stretches, Tally,
};

impl History for Disk {
    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        Ok(self.tables().calls.get(&id).map(kept))
    }

    fn calls(&mut self, query: &CallQuery) -> Result<Vec<Kept>, StoreError> {
        let tables = self.tables();
        let fits = |row: &&Row| {
            let state = &row.call.state;
            let older = query.before.is_none_or(|before| row.call.facts.id < before);
            let wanted = query.state.as_deref().is_none_or(|word| word == state.word());
            let theirs = query.placed_by.is_none() || row.call.facts.placed_by == query.placed_by;
            older && wanted && theirs && !(query.unfinished && state.is_ended())
        };
        Ok(tables.calls.values().rev().filter(fits).take(query.limit).map(kept).collect())
    }

    fn search(&mut self, wanted: &CallSearch) -> Result<CallsFound, StoreError> {
        let tables = self.tables();
        let place = |row: &Row| (row.call.facts.created_at, row.call.facts.id);
        let after = wanted.after.and_then(|id| tables.calls.get(&id)).map(place);
        let is_said = |row: &&Row| {
            let log = tables.events.get(&row.call.facts.id).map(Vec::as_slice).unwrap_or_default();
            log.iter().any(|line| wanted.is_said(&line.event.news))
        };
        let fits = |row: &&Row| wanted.fits(&row.call) && after.is_none_or(|after| place(row) < after);
        let mut rows: Vec<&Row> = tables.calls.values().filter(fits).filter(is_said).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(place(row)));
        let more = rows.len() > wanted.limit;
        rows.truncate(wanted.limit);
        let next = rows.last().filter(|_| more).map(|row| row.call.facts.id);
        Ok(CallsFound { calls: rows.into_iter().map(kept).collect(), next })
    }

    fn events(&mut self, id: CallId, after: u64, limit: usize) -> Result<Vec<KeptEvent>, StoreError> {
        let tables = self.tables();
        let log = tables.events.get(&id).map(Vec::as_slice).unwrap_or_default();
        Ok(log.iter().filter(|line| line.version > after).take(limit).cloned().collect())
    }

    fn log(&mut self, call: Option<CallId>, after: u64, limit: usize) -> Result<Vec<LogLine>, StoreError> {
        let tables = self.tables();
        let lines = (1..).zip(&tables.order).filter_map(|(place, (id, version))| {
            let wanted = place > after && call.is_none_or(|call| call == *id);
            let log = tables.events.get(id).filter(|_| wanted)?;
            let kept = log.iter().find(|line| line.version == *version)?.clone();
            Some(LogLine { place, call: *id, kept })
        });
        Ok(lines.take(limit).collect())
    }

    fn log_span(&mut self) -> Result<LogSpan, StoreError> {
        let oldest = self.log(None, 0, 1)?.first().map_or(0, |line| line.place);
        Ok(LogSpan { oldest, newest: self.tables().order.len() as u64 })
    }

    fn recovered(&mut self, limit: usize) -> Result<(Option<Timestamp>, Vec<Recovered>), StoreError> {
        let tables = self.tables();
        let found = tables.recovered.iter().take(limit).filter_map(|(id, noted)| {
            let kept = kept(tables.calls.get(id)?);
            Some(Recovered { kept, believed: noted.believed.to_owned(), version: noted.version })
        });
        Ok((tables.started_at, found.collect()))
    }

    fn unheard(&mut self) -> Result<(u64, u64), StoreError> {
        let tables = self.tables();
        let unheard = tables.recovered.iter().filter(|(id, noted)| {
            let same = |row: &&Row| row.version == noted.version && row.call.state.word() != "queued";
            tables.calls.get(id).filter(same).is_some()
        });
        Ok((tables.recovered.len() as u64, unheard.count() as u64))
    }

    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.tables().settings.get(name).cloned())
    }

    fn nth_newest(&mut self, n: u64) -> Result<Option<CallId>, StoreError> {
        let skipped = usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
        Ok(self.tables().calls.keys().rev().nth(skipped).copied())
    }

    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        Ok(self.tables().legs.get(&(carrier.clone(), leg.clone())).copied())
    }

    fn census(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        let tables = self.tables();
        let mut census: BTreeMap<String, u64> = BTreeMap::new();
        for row in tables.calls.values().filter(|row| !row.call.state.is_ended()) {
            *census.entry(row.call.state.word().to_owned()).or_default() += 1;
        }
        Ok(census.into_iter().collect())
    }

    fn do_not_call(
        &mut self,
        after: Option<&PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<DoNotCall>, StoreError> {
        let tables = self.tables();
        let later = tables.do_not_call.iter().filter(|(number, _)| after.is_none_or(|after| *number > after));
        let entry = |(number, entry): (&PhoneNumber, &Listed)| DoNotCall {
            number: number.clone(),
            entry: entry.clone(),
        };
        Ok(later.take(limit).map(entry).collect())
    }

    fn gate_records(&mut self, query: &RecordQuery) -> Result<Vec<KeptRecord>, StoreError> {
        let tables = self.tables();
        let fits = |kept: &&KeptRecord| {
            let refused = matches!(kept.record.decided, Decided::Refused { .. });
            query.before.is_none_or(|before| kept.id < before) && (refused || !query.refused)
        };
        Ok(tables.records.iter().rev().filter(fits).take(query.limit).cloned().collect())
    }

    fn tokens(&mut self) -> Result<Vec<KeptToken>, StoreError> {
        Ok(self.tables().tokens.values().cloned().collect())
    }

    fn access_lines(&mut self, query: &AccessQuery) -> Result<Vec<KeptLine>, StoreError> {
        let tables = self.tables();
        let fits = |kept: &&KeptLine| {
            let line = &kept.line;
            query.before.is_none_or(|before| kept.id < before)
                && (!query.refused || line.outcome != store::DONE)
                && (query.token.is_none() || line.token == query.token)
                && query.verb.as_ref().is_none_or(|verb| &line.verb == verb)
                && (query.call.is_none() || line.call == query.call)
        };
        Ok(tables.access.iter().rev().filter(fits).take(query.limit).cloned().collect())
    }

    fn tallies(&mut self, stretches: &Stretches, now: Timestamp) -> Result<Vec<Tally>, StoreError> {
        let tables = self.tables();
        let mut tallies: BTreeMap<(u32, bool, CarrierName, Option<String>), Tally> = BTreeMap::new();
        for call in tables.calls.values().map(|row| &row.call) {
            let began = call.facts.created_at;
            if began < stretches.from || began >= stretches.begin(stretches.n) {
                continue;
            }
            let number = began.since(stretches.from).as_millis() / stretches.each.as_millis();
            let stretch = u32::try_from(number).unwrap_or(u32::MAX);
            let (outbound, carrier) =
                (call.facts.direction == Direction::Outbound, call.facts.carrier.clone());
            let (ending, until) = match &call.state {
                CallState::Ended(over) => (Some(over.ending.kind.word().to_owned()), over.ended_at),
                _ => (None, now),
            };
            let key = (stretch, outbound, carrier.clone(), ending.clone());
            let none = Tally {
                stretch,
                outbound,
                carrier,
                ending,
                n_calls: 0,
                n_answered: 0,
                talked: Duration::ZERO,
                minutes: 0,
            };
            let tally = tallies.entry(key).or_insert(none);
            tally.n_calls += 1;
            if let Some(answered_at) = call.answered_at() {
                let talked = until.since(answered_at);
                tally.n_answered += 1;
                tally.talked += talked;
                tally.minutes += talked.as_millis().div_ceil(60_000).max(1) as u64;
            }
        }
        Ok(tallies.into_values().collect())
    }

    fn answered(&mut self, from: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Kept>, StoreError> {
        let tables = self.tables();
        let within = |row: &&Row| {
            let began = row.call.facts.created_at;
            began >= from && began < until && row.call.answered_at().is_some()
        };
        let mut found: Vec<Kept> = tables.calls.values().filter(within).map(kept).collect();
        found.sort_by_key(|kept| std::cmp::Reverse(kept.call.facts.created_at));
        found.truncate(limit);
        Ok(found)
    }

    fn pulse(&mut self, now: Timestamp) -> Result<Pulse, StoreError> {
        let tables = self.tables();
        let mut unfinished: BTreeMap<(String, CarrierName), u64> = BTreeMap::new();
        for row in tables.calls.values().filter(|row| !row.call.state.is_ended()) {
            let key = (row.call.state.word().to_owned(), row.call.facts.carrier.clone());
            *unfinished.entry(key).or_default() += 1;
        }
        let unfinished = unfinished.into_iter().map(|((state, carrier), n)| (state, carrier, n)).collect();
        let due = tables.calls.values().filter_map(|row| row.due_at).filter(|due_at| *due_at <= now);
        Ok(Pulse { unfinished, overdue: due.clone().count() as u64, overdue_since: due.min() })
    }

    fn owner_of_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        Ok(self.tables().legs.get(&(carrier.clone(), leg.clone())).copied())
    }
}

fn kept(row: &Row) -> Kept {
    Kept { call: row.call.clone(), version: row.version }
}
