//! Two stores under one turn: every question is put to both, and both must say the same.

use call::gate::{Listed, Record};
use call::{Call, CallId, CarrierCallId, CarrierName, Event, Party, PhoneNumber, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Debug;
use store::{AccessLine, AccessPage, Due, GatePage, Kept, KeptToken, KeyUse, Page, Store, StoreError, Work};

/// Two stores that must agree. What the first says is passed on.
pub struct Twin {
    /// The one that is measured by.
    pub first: Box<dyn Store>,
    /// The one that must say the same.
    pub second: Box<dyn Store>,
}

impl Store for Twin {
    /// # Panics
    /// The two disagree.
    fn turn(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut done_within = None;
        let second = self.second.turn(&mut |second| {
            let first = self.first.turn(&mut |first| work(&mut TwinPage { first, second }));
            let kind = first.as_ref().err().map(kind);
            done_within = Some(kind);
            first
        });
        assert_eq!(done_within, Some(second.as_ref().err().map(kind)), "a turn: {second:?}");
        second
    }
}

struct TwinPage<'p, 'q> {
    first: &'p mut dyn Page,
    second: &'q mut dyn Page,
}

impl TwinPage<'_, '_> {
    fn both<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        mut ask: impl FnMut(&mut dyn Page) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (first, second) = (ask(self.first), ask(self.second));
        match (&first, &second) {
            (Ok(first), Ok(second)) => assert_eq!(first, second, "{what}"),
            (Err(first), Err(second)) => assert_eq!(kind(first), kind(second), "{what}"),
            _ => panic!("{what}: {first:?} and {second:?}"),
        }
        first
    }
}

impl Page for TwinPage<'_, '_> {
    fn within(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let TwinPage { first, second } = self;
        second.within(&mut |second| first.within(&mut |first| work(&mut TwinPage { first, second })))
    }

    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        self.both("call", |page| page.call(id))
    }

    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        self.both("call_by_leg", |page| page.call_by_leg(carrier, leg))
    }

    fn call_by_imported_id(&mut self, imported_id: &str) -> Result<Option<CallId>, StoreError> {
        self.both("call_by_imported_id", |page| page.call_by_imported_id(imported_id))
    }

    fn key_use(&mut self, key: &str) -> Result<Option<KeyUse>, StoreError> {
        self.both("key_use", |page| page.key_use(key))
    }

    fn keep_key(&mut self, key: &str, used: &KeyUse, at: Timestamp) -> Result<(), StoreError> {
        self.both("keep_key", |page| page.keep_key(key, used, at))
    }

    fn write(&mut self, call: &Call, event: &Event, was: Option<&Kept>) -> Result<(), StoreError> {
        self.both("write", |page| page.write(call, event, was))
    }

    fn take_due(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        self.both("take_due", |page| page.take_due(now, lease_until, limit))
    }

    fn schedule(&mut self) -> Result<Vec<Due>, StoreError> {
        self.both("schedule", |page| page.schedule())
    }

    fn bring_forward(&mut self, due: &Due, to: Timestamp) -> Result<bool, StoreError> {
        self.both("bring_forward", |page| page.bring_forward(due, to))
    }

    fn note_start(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.both("note_start", |page| page.note_start(now))
    }

    fn queued(&mut self, limit: usize) -> Result<Vec<Kept>, StoreError> {
        self.both("queued", |page| page.queued(limit))
    }

    fn live(&mut self) -> Result<u64, StoreError> {
        self.both("live", |page| page.live())
    }

    fn placing_between(&mut self, from: &Party, to: &Party) -> Result<u64, StoreError> {
        self.both("placing_between", |page| page.placing_between(from, to))
    }

    fn named_once_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.both("named_once_between", |page| page.named_once_between(from, to, since))
    }

    fn given_up_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.both("given_up_between", |page| page.given_up_between(from, to, since))
    }

    fn attempts(&mut self, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.both("attempts", |page| page.attempts(to, since))
    }

    fn next_dial_at(&mut self, carrier: &CarrierName) -> Result<Timestamp, StoreError> {
        self.both("next_dial_at", |page| page.next_dial_at(carrier))
    }

    fn set_next_dial_at(&mut self, carrier: &CarrierName, at: Timestamp) -> Result<(), StoreError> {
        self.both("set_next_dial_at", |page| page.set_next_dial_at(carrier, at))
    }

    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.both("setting", |page| page.setting(name))
    }

    fn prune(&mut self, before: CallId, lines_max: usize) -> Result<usize, StoreError> {
        self.both("prune", |page| page.prune(before, lines_max))
    }

    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.both("set_setting", |page| page.set_setting(name, value))
    }
}

impl AccessPage for TwinPage<'_, '_> {
    fn token(&mut self, name: &str) -> Result<Option<KeptToken>, StoreError> {
        self.both("token", |page| page.token(name))
    }

    fn keep_token(&mut self, token: &KeptToken) -> Result<(), StoreError> {
        self.both("keep_token", |page| page.keep_token(token))
    }

    fn drop_token(&mut self, name: &str) -> Result<(), StoreError> {
        self.both("drop_token", |page| page.drop_token(name))
    }

    fn placed_by(&mut self, token: &str, since: CallId) -> Result<u64, StoreError> {
        self.both("placed_by", |page| page.placed_by(token, since))
    }

    fn note_access(&mut self, line: &AccessLine) -> Result<(), StoreError> {
        self.both("note_access", |page| page.note_access(line))
    }

    fn prune_access(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.both("prune_access", |page| page.prune_access(before, limit))
    }
}

impl GatePage for TwinPage<'_, '_> {
    fn live_at(&mut self, carrier: &CarrierName) -> Result<u64, StoreError> {
        self.both("live_at", |page| page.live_at(carrier))
    }

    fn rejected_at(&mut self, to: &Party, since: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.both("rejected_at", |page| page.rejected_at(to, since))
    }

    fn minutes(
        &mut self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<CarrierName, u64>, StoreError> {
        self.both("minutes", |page| page.minutes(since, now))
    }

    fn listed(&mut self, number: &PhoneNumber) -> Result<Option<Listed>, StoreError> {
        self.both("listed", |page| page.listed(number))
    }

    fn list(&mut self, number: &PhoneNumber, entry: &Listed) -> Result<bool, StoreError> {
        self.both("list", |page| page.list(number, entry))
    }

    fn unlist(&mut self, number: &PhoneNumber) -> Result<(), StoreError> {
        self.both("unlist", |page| page.unlist(number))
    }

    fn record(&mut self, record: &Record) -> Result<(), StoreError> {
        self.both("record", |page| page.record(record))
    }
}

fn kind(error: &StoreError) -> std::mem::Discriminant<StoreError> {
    std::mem::discriminant(error)
}
