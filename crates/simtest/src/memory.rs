//! A store in memory that outlives the gateway: what a disk is to a process that dies.
//!
//! It does what the store in a file does, turn for turn, without a disk: a turn is undone from a
//! list of what it changed. [`twin`](crate::twin) holds the two to the same answers.

mod access;
mod gate;
mod history;
mod page;

use call::gate::Listed;
use call::{Call, CallId, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use page::MemoryPage;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{KeptEvent, KeptLine, KeptRecord, KeptToken, KeyUse, Store, StoreError, Work};

/// What lies on the disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk {
    tables: Arc<Mutex<Tables>>,
}

/// A writer on a disk.
pub struct MemoryStore {
    disk: Disk,
}

/// A call as a row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) call: Call,
    pub(crate) version: u64,
    /// What the row says, which a lease moves on without touching the call.
    pub(crate) due_at: Option<Timestamp>,
}

/// A line of what a start found.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    believed: &'static str,
    version: u64,
}

/// Everything that is kept.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    pub(crate) calls: BTreeMap<CallId, Row>,
    pub(crate) events: BTreeMap<CallId, Vec<KeptEvent>>,
    /// Every line that was ever written, in order: whose it is, and its version.
    order: Vec<(CallId, u64)>,
    legs: BTreeMap<(CarrierName, CarrierCallId), CallId>,
    keys: BTreeMap<String, KeyUse>,
    pace: BTreeMap<CarrierName, Timestamp>,
    pub(crate) settings: BTreeMap<String, String>,
    do_not_call: BTreeMap<PhoneNumber, Listed>,
    pub(crate) records: Vec<KeptRecord>,
    tokens: BTreeMap<String, KeptToken>,
    pub(crate) access: Vec<KeptLine>,
    started_at: Option<Timestamp>,
    recovered: BTreeMap<CallId, Noted>,
    undo: Vec<Undo>,
    /// What was kept before the last turn, for a disk that loses it.
    before: Option<Box<Tables>>,
    /// The calls that the last committed turn wrote.
    pub(crate) written: BTreeSet<CallId>,
}

/// How one change is taken back.
#[derive(Clone)]
enum Undo {
    Call(CallId, Option<Box<Row>>),
    Due(CallId, Option<Timestamp>),
    Event(CallId),
    Log(CallId, Vec<KeptEvent>),
    Leg(CarrierName, CarrierCallId),
    Key(String),
    Pace(CarrierName, Option<Timestamp>),
    Setting(String, Option<String>),
    Listed(PhoneNumber, Option<Listed>),
    Record,
    Token(String, Option<Box<KeptToken>>),
    Access(Vec<KeptLine>),
    Start(Option<Timestamp>, BTreeMap<CallId, Noted>),
}

impl Disk {
    /// An empty disk.
    pub fn new() -> Disk {
        Disk::default()
    }

    /// Opens the disk for writing.
    pub fn store(&self) -> MemoryStore {
        MemoryStore { disk: self.clone() }
    }

    /// Keeps what is there now, so that the next turn can be lost.
    pub(crate) fn remember(&self) {
        let mut tables = self.tables();
        tables.before = None;
        let before = Box::new(tables.clone());
        tables.before = Some(before);
    }

    /// The last turn never happened, though it was said to be kept.
    pub(crate) fn lose_last_turn(&self) {
        let mut tables = self.tables();
        if let Some(before) = tables.before.take() {
            *tables = *before;
        }
    }

    /// What is there now is gone, and this is there.
    pub(crate) fn put_back(&self, tables: Tables) {
        *self.tables() = tables;
    }

    /// All keys are lost, and nobody is told.
    pub(crate) fn forget_keys(&self) {
        self.tables().keys.clear();
    }

    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn turn(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut tables = self.disk.tables();
        tables.undo.clear();
        let done = work(&mut MemoryPage { tables: &mut tables });
        if done.is_err() {
            tables.take_back(0);
        }
        tables.note_written();
        done
    }
}

impl Tables {
    /// Undoes all but the first `n_kept` changes of this turn, the last one first.
    fn take_back(&mut self, n_kept: usize) {
        while self.undo.len() > n_kept {
            let Some(undo) = self.undo.pop() else { return };
            self.undo_one(undo);
        }
    }

    fn undo_one(&mut self, undo: Undo) {
        match undo {
            Undo::Call(id, row) => put(&mut self.calls, id, row.map(|row| *row)),
            Undo::Due(id, due_at) => {
                if let Some(row) = self.calls.get_mut(&id) {
                    row.due_at = due_at;
                }
            }
            Undo::Event(id) => {
                self.order.pop();
                if let Some(log) = self.events.get_mut(&id) {
                    log.pop();
                }
            }
            Undo::Log(id, gone) => {
                self.events.entry(id).or_default().splice(0..0, gone);
            }
            Undo::Leg(carrier, leg) => put(&mut self.legs, (carrier, leg), None),
            Undo::Key(key) => put(&mut self.keys, key, None),
            Undo::Pace(carrier, at) => put(&mut self.pace, carrier, at),
            Undo::Setting(name, value) => put(&mut self.settings, name, value),
            Undo::Listed(number, entry) => put(&mut self.do_not_call, number, entry),
            Undo::Record => drop(self.records.pop()),
            Undo::Token(name, token) => put(&mut self.tokens, name, token.map(|token| *token)),
            Undo::Access(lines) => self.access = lines,
            Undo::Start(started_at, recovered) => {
                self.started_at = started_at;
                self.recovered = recovered;
            }
        }
    }

    fn note_written(&mut self) {
        self.written = self
            .undo
            .iter()
            .filter_map(|undo| match undo {
                Undo::Call(id, _) => Some(*id),
                _ => None,
            })
            .collect();
    }
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}
