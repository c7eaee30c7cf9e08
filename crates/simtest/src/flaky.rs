//! A store that fails when told to: at the commit, or at a write in the middle of a turn.

use crate::sabotage::Sabotage;
use call::gate::{Listed, Record};
use call::{Call, CallId, CarrierCallId, CarrierName, Event, Party, PhoneNumber, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::{AccessLine, AccessPage, Due, GatePage, Kept, KeptToken, KeyUse, Page, Store, StoreError, Work};

/// What becomes of the next turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes well.
    #[default]
    Well,
    /// Everything is written, and the commit fails: nothing is kept.
    FailsAtCommit,
    /// The write after so many others fails.
    FailsAtWrite(u32),
}

/// Decides the fate of the next turn, from outside. Clones decide the same.
#[derive(Clone, Default)]
pub(crate) struct Fates(Arc<Mutex<Fate>>, Arc<Mutex<BTreeSet<CallId>>>);

impl Fates {
    /// Decides the next turn's.
    pub(crate) fn decide(&self, fate: Fate) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fate;
    }

    fn take(&self) -> Fate {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A store whose turns may fail.
pub(crate) struct Flaky {
    /// The one that works.
    pub(crate) inner: Box<dyn Store>,
    /// When it doesn't.
    pub(crate) fates: Fates,
    /// What it breaks on purpose.
    pub(crate) sabotage: Option<Sabotage>,
}

impl Store for Flaky {
    fn turn(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let fate = self.fates.take();
        self.inner.turn(&mut |page| {
            let mut left = match fate {
                Fate::FailsAtWrite(n_writes) => Some(n_writes),
                Fate::Well | Fate::FailsAtCommit => None,
            };
            let mut lived = self.fates.1.lock().unwrap_or_else(PoisonError::into_inner);
            let leak = (self.sabotage == Some(Sabotage::CountPhantoms)).then_some(&mut *lived);
            work(&mut FlakyPage { page, left: &mut left, leak, sabotage: self.sabotage })?;
            if fate == Fate::FailsAtCommit { Err(full()) } else { Ok(()) }
        })
    }
}

struct FlakyPage<'p> {
    page: &'p mut dyn Page,
    left: &'p mut Option<u32>,
    /// Every call that ever lived, where that is what is counted.
    leak: Option<&'p mut BTreeSet<CallId>>,
    sabotage: Option<Sabotage>,
}

impl FlakyPage<'_> {
    fn breaks(&self, what: Sabotage) -> bool {
        self.sabotage == Some(what)
    }

    fn writes(&mut self) -> Result<&mut dyn Page, StoreError> {
        match self.left {
            Some(0) => return Err(full()),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(self.page)
    }
}

impl Page for FlakyPage<'_> {
    fn within(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let FlakyPage { page, left, leak, sabotage } = self;
        page.within(&mut |page| {
            work(&mut FlakyPage { page, left, leak: leak.as_deref_mut(), sabotage: *sabotage })
        })
    }

    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        self.page.call(id)
    }

    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        self.page.call_by_leg(carrier, leg)
    }

    fn call_by_imported_id(&mut self, imported_id: &str) -> Result<Option<CallId>, StoreError> {
        self.page.call_by_imported_id(imported_id)
    }

    fn key_use(&mut self, key: &str) -> Result<Option<KeyUse>, StoreError> {
        self.page.key_use(key)
    }

    fn keep_key(&mut self, key: &str, used: &KeyUse, at: Timestamp) -> Result<(), StoreError> {
        self.writes()?.keep_key(key, used, at)
    }

    fn write(&mut self, call: &Call, event: &Event, was: Option<&Kept>) -> Result<(), StoreError> {
        if let Some(lived) = self.leak.as_deref_mut().filter(|_| call.state.is_live()) {
            lived.insert(call.facts.id);
        }
        if self.breaks(Sabotage::WriteOtherwise) && call.state.is_live() {
            let mut other = call.clone();
            other.facts.say = Some("something else".to_owned());
            return self.writes()?.write(&other, event, was);
        }
        self.writes()?.write(call, event, was)
    }

    fn take_due(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        self.writes()?.take_due(now, lease_until, limit)
    }

    fn schedule(&mut self) -> Result<Vec<Due>, StoreError> {
        self.page.schedule()
    }

    fn bring_forward(&mut self, due: &Due, to: Timestamp) -> Result<bool, StoreError> {
        self.writes()?.bring_forward(due, to)
    }

    fn note_start(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.writes()?.note_start(now)
    }

    fn queued(&mut self, limit: usize) -> Result<Vec<Kept>, StoreError> {
        self.page.queued(limit)
    }

    fn live(&mut self) -> Result<u64, StoreError> {
        let counted = self.page.live()?;
        Ok(self.leak.as_ref().map_or(counted, |lived| lived.len() as u64))
    }

    fn placing_between(&mut self, from: &Party, to: &Party) -> Result<u64, StoreError> {
        self.page.placing_between(from, to)
    }

    fn named_once_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.page.named_once_between(from, to, since)
    }

    fn given_up_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.page.given_up_between(from, to, since)
    }

    fn attempts(&mut self, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        match self.sabotage {
            Some(Sabotage::ForgetAttempts) => Ok(0),
            Some(Sabotage::CountForEver) => self.page.attempts(to, Timestamp(0)),
            _ => self.page.attempts(to, since),
        }
    }

    fn next_dial_at(&mut self, carrier: &CarrierName) -> Result<Timestamp, StoreError> {
        self.page.next_dial_at(carrier)
    }

    fn set_next_dial_at(&mut self, carrier: &CarrierName, at: Timestamp) -> Result<(), StoreError> {
        self.writes()?.set_next_dial_at(carrier, at)
    }

    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.page.setting(name)
    }

    fn prune(&mut self, before: CallId, lines_max: usize) -> Result<usize, StoreError> {
        self.writes()?.prune(before, lines_max)
    }

    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.writes()?.set_setting(name, value)
    }
}

impl GatePage for FlakyPage<'_> {
    fn live_at(&mut self, carrier: &CarrierName) -> Result<u64, StoreError> {
        self.page.live_at(carrier)
    }

    fn rejected_at(&mut self, to: &Party, since: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let rejected = self.page.rejected_at(to, since)?;
        Ok(rejected.filter(|_| !self.breaks(Sabotage::ForgetRejections)))
    }

    fn minutes(
        &mut self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<CarrierName, u64>, StoreError> {
        self.page.minutes(since, now)
    }

    fn listed(&mut self, number: &PhoneNumber) -> Result<Option<Listed>, StoreError> {
        let listed = self.page.listed(number)?;
        Ok(listed.filter(|_| !self.breaks(Sabotage::ForgetList)))
    }

    fn list(&mut self, number: &PhoneNumber, entry: &Listed) -> Result<bool, StoreError> {
        self.writes()?.list(number, entry)
    }

    fn unlist(&mut self, number: &PhoneNumber) -> Result<(), StoreError> {
        self.writes()?.unlist(number)
    }

    fn record(&mut self, record: &Record) -> Result<(), StoreError> {
        if self.breaks(Sabotage::ForgetAudit) {
            return Ok(());
        }
        self.writes()?.record(record)
    }
}

impl AccessPage for FlakyPage<'_> {
    fn token(&mut self, name: &str) -> Result<Option<KeptToken>, StoreError> {
        self.page.token(name)
    }

    fn keep_token(&mut self, token: &KeptToken) -> Result<(), StoreError> {
        self.writes()?.keep_token(token)
    }

    fn drop_token(&mut self, name: &str) -> Result<(), StoreError> {
        self.writes()?.drop_token(name)
    }

    fn placed_by(&mut self, token: &str, since: CallId) -> Result<u64, StoreError> {
        self.page.placed_by(token, since)
    }

    fn note_access(&mut self, line: &AccessLine) -> Result<(), StoreError> {
        self.writes()?.note_access(line)
    }

    fn prune_access(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.writes()?.prune_access(before, limit)
    }
}

fn full() -> StoreError {
    StoreError::Unwritable { path: "the simulated disk".to_owned(), why: "it is full".to_owned() }
}
