//! One turn on the store in memory.

use super::{Noted, Row, Tables, Undo};
use call::call::Direction;
use call::{Call, CallId, CallState, CarrierCallId, CarrierName, Event, Party, Timestamp};
use store::{Due, Kept, KeptEvent, KeyUse, Page, StoreError, Work};

/// A turn that is not committed yet.
pub(super) struct MemoryPage<'t> {
    pub(super) tables: &'t mut Tables,
}

impl MemoryPage<'_> {
    fn lease(&mut self, id: CallId, due_at: Timestamp) {
        if let Some(row) = self.tables.calls.get_mut(&id) {
            self.tables.undo.push(Undo::Due(id, row.due_at));
            row.due_at = Some(due_at);
        }
    }

    /// Those that are due at some time and fit, the most urgent first.
    fn owed(&self, fits: impl Fn(&Row) -> bool) -> Vec<(Timestamp, CallId)> {
        let rows = self.tables.calls.iter().filter(|(_, row)| fits(row));
        let mut owed: Vec<_> = rows.filter_map(|(id, row)| Some((row.due_at?, *id))).collect();
        owed.sort_unstable();
        owed
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.tables.calls.values()
    }

    fn check(&self, call: &Call, version: u64) -> Result<(), StoreError> {
        let id = call.facts.id;
        for leg in legs(call) {
            let key = (call.facts.carrier.clone(), leg.clone());
            if let Some(owner) = self.tables.legs.get(&key).filter(|owner| **owner != id) {
                return Err(StoreError::Conflict(format!("leg {leg} of {id}, which is {owner}'s,")));
            }
        }
        let found = self.tables.calls.get(&id).map_or(0, |row| row.version);
        let imported = call.facts.imported_id.as_ref().filter(|_| version == 0);
        let known = imported.is_some_and(|imported| {
            self.rows().any(|row| row.call.facts.imported_id.as_ref() == Some(imported))
        });
        if found == version && !known { Ok(()) } else { Err(StoreError::Conflict(format!("call {id}"))) }
    }
}

impl Page for MemoryPage<'_> {
    fn within(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let n_before = self.tables.undo.len();
        let done = work(self);
        if done.is_err() {
            self.tables.take_back(n_before);
        }
        done
    }

    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        Ok(self.tables.calls.get(&id).map(kept))
    }

    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        Ok(self.tables.legs.get(&(carrier.clone(), leg.clone())).copied())
    }

    fn call_by_imported_id(&mut self, imported_id: &str) -> Result<Option<CallId>, StoreError> {
        let found = self.rows().find(|row| row.call.facts.imported_id.as_deref() == Some(imported_id));
        Ok(found.map(|row| row.call.facts.id))
    }

    fn key_use(&mut self, key: &str) -> Result<Option<KeyUse>, StoreError> {
        Ok(self.tables.keys.get(key).cloned())
    }

    fn keep_key(&mut self, key: &str, used: &KeyUse, _at: Timestamp) -> Result<(), StoreError> {
        if self.tables.keys.contains_key(key) {
            return Err(StoreError::Conflict("an idempotency key".to_owned()));
        }
        self.tables.undo.push(Undo::Key(key.to_owned()));
        self.tables.keys.insert(key.to_owned(), used.clone());
        Ok(())
    }

    fn write(&mut self, call: &Call, event: &Event, was: Option<&Kept>) -> Result<(), StoreError> {
        let version = was.map_or(0, |was| was.version);
        self.check(call, version)?;
        let id = call.facts.id;
        for leg in legs(call) {
            let key = (call.facts.carrier.clone(), leg.clone());
            if self.tables.legs.insert(key, id).is_none() {
                self.tables.undo.push(Undo::Leg(call.facts.carrier.clone(), leg.clone()));
            }
        }
        let as_it_was = was.is_some_and(|was| was.call.due_at() == call.due_at());
        let stands = self.tables.calls.get(&id).filter(|_| as_it_was).and_then(|row| row.due_at);
        let due_at = call.due_at().map(|due_at| stands.map_or(due_at, |stands| stands.min(due_at)));
        let row = Row { call: call.clone(), version: version + 1, due_at };
        let old = self.tables.calls.insert(id, row);
        self.tables.undo.push(Undo::Call(id, old.map(Box::new)));
        let line = KeptEvent { version: version + 1, event: event.clone() };
        self.tables.order.push((id, line.version));
        self.tables.events.entry(id).or_default().push(line);
        self.tables.undo.push(Undo::Event(id));
        Ok(())
    }

    fn take_due(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        let due = self.owed(|row| row.due_at.is_some_and(|at| at <= now));
        let mut taken = Vec::new();
        for (_, id) in due.into_iter().take(limit) {
            self.lease(id, lease_until);
            taken.extend(self.tables.calls.get(&id).map(kept));
        }
        Ok(taken)
    }

    fn schedule(&mut self) -> Result<Vec<Due>, StoreError> {
        let owed = self.owed(|row| !matches!(row.call.state, CallState::Queued(_)));
        let not_before = |id| self.tables.calls.get(&id).and_then(|row| row.call.not_before());
        Ok(owed
            .into_iter()
            .map(|(due_at, call)| Due { call, due_at, not_before: not_before(call) })
            .collect())
    }

    fn bring_forward(&mut self, due: &Due, to: Timestamp) -> Result<bool, StoreError> {
        let stands = self.tables.calls.get(&due.call).is_some_and(|row| row.due_at == Some(due.due_at));
        if stands {
            self.lease(due.call, to);
        }
        Ok(stands)
    }

    fn note_start(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let unfinished = self.tables.calls.iter().filter(|(_, row)| !row.call.state.is_ended());
        let noted: std::collections::BTreeMap<_, _> = unfinished
            .map(|(id, row)| (*id, Noted { believed: row.call.state.word(), version: row.version }))
            .collect();
        let n_noted = noted.len();
        let old = std::mem::replace(&mut self.tables.recovered, noted);
        let undo = Undo::Start(self.tables.started_at.replace(now), old);
        self.tables.undo.push(undo);
        Ok(n_noted as u64)
    }

    fn queued(&mut self, limit: usize) -> Result<Vec<Kept>, StoreError> {
        let queued = self.rows().filter(|row| matches!(row.call.state, CallState::Queued(_)));
        Ok(queued.take(limit).map(kept).collect())
    }

    fn live(&mut self) -> Result<u64, StoreError> {
        Ok(self.rows().filter(|row| row.call.state.is_live()).count() as u64)
    }

    fn placing_between(&mut self, from: &Party, to: &Party) -> Result<u64, StoreError> {
        let placing = self.rows().filter(|row| {
            let facts = &row.call.facts;
            matches!(row.call.state, CallState::Placing(_)) && &facts.from == from && &facts.to == to
        });
        Ok(placing.count() as u64)
    }

    fn named_once_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        let unsure = self.rows().filter(|row| {
            let (facts, state) = (&row.call.facts, &row.call.state);
            let ours = facts.direction == Direction::Outbound && facts.created_at >= since;
            let between = &facts.from == from && &facts.to == to;
            let placed = state.is_live() && !matches!(state, CallState::Placing(_));
            ours && between && placed && row.call.also.is_empty()
        });
        Ok(unsure.count() as u64)
    }

    fn given_up_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        let given_up = self.rows().filter(|row| {
            let facts = &row.call.facts;
            let between = &facts.from == from && &facts.to == to && facts.direction == Direction::Outbound;
            between && facts.created_at >= since && row.call.leg().is_none() && row.call.is_given_up()
        });
        Ok(given_up.count() as u64)
    }

    fn attempts(&mut self, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        let made = self.rows().filter(|row| {
            let facts = &row.call.facts;
            let ours = facts.direction == Direction::Outbound && facts.imported_id.is_none();
            ours && &facts.to == to && facts.created_at >= since
        });
        Ok(made.count() as u64)
    }

    fn next_dial_at(&mut self, carrier: &CarrierName) -> Result<Timestamp, StoreError> {
        Ok(self.tables.pace.get(carrier).copied().unwrap_or(Timestamp(0)))
    }

    fn set_next_dial_at(&mut self, carrier: &CarrierName, at: Timestamp) -> Result<(), StoreError> {
        let old = self.tables.pace.insert(carrier.clone(), at);
        self.tables.undo.push(Undo::Pace(carrier.clone(), old));
        Ok(())
    }

    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.tables.settings.get(name).cloned())
    }

    fn prune(&mut self, before: CallId, lines_max: usize) -> Result<usize, StoreError> {
        let is_over = |row: &Row| row.call.state.is_ended() && row.due_at.is_none();
        let old = self.tables.calls.range(..before).filter(|(_, row)| is_over(row));
        let old: Vec<CallId> = old.map(|(id, _)| *id).take(lines_max).collect();
        // A call without lines is something, too.
        let n_least = usize::from(!old.is_empty());
        let mut n_lines = 0;
        for id in old {
            let log = self.tables.events.entry(id).or_default();
            let n_gone = log.len().min(lines_max - n_lines);
            let gone = log.drain(..n_gone).collect();
            self.tables.undo.push(Undo::Log(id, gone));
            n_lines += n_gone;
            if n_lines >= lines_max {
                break;
            }
            let noted = self.tables.recovered.clone();
            self.tables.undo.push(Undo::Start(self.tables.started_at, noted));
            self.tables.recovered.remove(&id);
            let row = self.tables.calls.remove(&id);
            self.tables.undo.push(Undo::Call(id, row.map(Box::new)));
        }
        Ok(n_lines.max(n_least))
    }

    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let old = self.tables.settings.get(name).cloned();
        super::put(&mut self.tables.settings, name.to_owned(), value.map(str::to_owned));
        self.tables.undo.push(Undo::Setting(name.to_owned(), old));
        Ok(())
    }
}

fn kept(row: &Row) -> Kept {
    Kept { call: row.call.clone(), version: row.version }
}

fn legs(call: &Call) -> impl Iterator<Item = &CarrierCallId> {
    call.leg().into_iter().chain(&call.also).chain(call.strays.iter().map(|stray| &stray.leg))
}
