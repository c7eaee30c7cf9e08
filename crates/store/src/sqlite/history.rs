//! The reading side: connections of their own, which never wait for the writer nor hold it up.

use super::calls::{self, at_most, count, kept, rows, value};
use super::fault::{self, Fault};
use super::page::SETTING;
use super::{access, figures, files, gate, open, search};
use crate::access::{AccessQuery, KeptLine, KeptToken};
use crate::figures::{Stretches, Tally};
use crate::gate::{DoNotCall, KeptRecord, RecordQuery};
use crate::history::{CallQuery, History, Kept, KeptEvent, LogLine, LogSpan, Pulse, Recovered};
use crate::page::StoreError;
use crate::rebuild::rebuild;
use crate::search::{CallSearch, CallsFound};
use call::{CallId, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

/// Reads a store in a file. There may be several, in any process.
pub struct SqliteHistory {
    connection: Connection,
    path: PathBuf,
}

impl SqliteHistory {
    /// Opens a store that some [`SqliteStore`](super::SqliteStore) has opened before, for reading.
    ///
    /// # Errors
    /// It is not there, not ours, damaged, or of another version.
    pub fn open(path: &Path) -> Result<SqliteHistory, StoreError> {
        let path = path.canonicalize().map_err(fault::unwritable(path))?;
        if files::size(&path)? == 0 {
            return Err(StoreError::Damaged { path: fault::shown(&path), why: "it is empty".to_owned() });
        }
        Ok(SqliteHistory { connection: open::for_reading(&path)?, path })
    }

    /// Rebuilds every call from its log and returns those that aren't what the store says they
    /// are. Reads everything: for tests, and for a person who doubts. A log that an older offhook
    /// wrote may rightly rebuild to something else.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn verify_log(&mut self) -> Result<Vec<CallId>, StoreError> {
        self.read(|connection| {
            let ids = rows(connection, "SELECT id FROM calls ORDER BY id", [], |row| calls::id(row.get(0)?))?;
            let mut differing = Vec::new();
            for id in ids {
                let log = calls::events(connection, id, 0, usize::MAX)?;
                let version = log.last().map_or(0, |last| last.version);
                let rebuilt = rebuild(&log).map(|call| Kept { call, version });
                if rebuilt != calls::read(connection, id)? {
                    differing.push(id);
                }
            }
            Ok(differing)
        })
    }

    /// Calls from this one on, the oldest first, whether it is there or not.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn calls_from(&mut self, first: CallId, limit: usize) -> Result<Vec<Kept>, StoreError> {
        let sql = "SELECT version, call FROM calls WHERE id >= ?1 ORDER BY id LIMIT ?2";
        self.read(|connection| kept(connection, sql, params![first.to_string(), at_most(limit)]))
    }

    /// Runs `ask` on one view of the store, however much is committed meanwhile.
    fn read<T>(&mut self, ask: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        let view = self.connection.transaction().map_err(fault::at(&self.path))?;
        ask(&view).map_err(|fault| fault.at(&self.path))
    }
}

impl History for SqliteHistory {
    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        self.read(|connection| calls::read(connection, id))
    }

    fn calls(&mut self, query: &CallQuery) -> Result<Vec<Kept>, StoreError> {
        let before = query.before.map_or_else(|| AFTER_ALL.to_owned(), |id| id.to_string());
        let limit = at_most(query.limit);
        if let Some(token) = query.placed_by.as_deref() {
            let with = params![token, before, limit, query.state, query.unfinished];
            return self.read(|connection| kept(connection, PLACED_BY, with));
        }
        self.read(|connection| match (query.state.as_deref(), query.unfinished) {
            (None, false) => kept(connection, ALL, params![before, limit]),
            (None, true) => kept(connection, UNFINISHED, params![before, limit]),
            (Some("ended"), true) => Ok(Vec::new()),
            (Some("ended"), false) => kept(connection, ENDED, params![before, limit]),
            (Some(state), _) => kept(connection, IN_STATE, params![before, limit, state]),
        })
    }

    fn search(&mut self, wanted: &CallSearch) -> Result<CallsFound, StoreError> {
        self.read(|connection| search::search(connection, wanted))
    }

    fn events(&mut self, id: CallId, after: u64, limit: usize) -> Result<Vec<KeptEvent>, StoreError> {
        self.read(|connection| calls::events(connection, id, after, limit))
    }

    fn log(&mut self, call: Option<CallId>, after: u64, limit: usize) -> Result<Vec<LogLine>, StoreError> {
        self.read(|connection| calls::log(connection, call, after, limit))
    }

    fn log_span(&mut self) -> Result<LogSpan, StoreError> {
        self.read(|connection| {
            let oldest = value::<Option<i64>>(connection, "SELECT min(place) FROM events", [])?.flatten();
            let newest = value(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", [])?;
            Ok(LogSpan { oldest: count(oldest.unwrap_or(0))?, newest: count(newest.unwrap_or(0))? })
        })
    }

    fn recovered(&mut self, limit: usize) -> Result<(Option<Timestamp>, Vec<Recovered>), StoreError> {
        self.read(|connection| {
            let started: Option<i64> = value(connection, "SELECT started_at FROM store", [])?.flatten();
            let sql = "SELECT calls.version, calls.call, believed, recovered.version
                FROM recovered JOIN calls ON calls.id = call_id ORDER BY call_id LIMIT ?1";
            let found = rows(connection, sql, [at_most(limit)], |row| {
                Ok(Recovered { kept: calls::one(row)?, believed: row.get(2)?, version: count(row.get(3)?)? })
            })?;
            Ok((started.map(Timestamp), found))
        })
    }

    fn unheard(&mut self) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT count(*),
                coalesce(sum(calls.version = recovered.version AND calls.state <> 'queued'), 0)
            FROM recovered JOIN calls ON calls.id = call_id";
        self.read(|connection| {
            let counts = rows(connection, sql, [], |row| Ok((count(row.get(0)?)?, count(row.get(1)?)?)))?;
            Ok(counts.into_iter().next().unwrap_or_default())
        })
    }

    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| value(connection, SETTING, [name]))
    }

    fn nth_newest(&mut self, n: u64) -> Result<Option<CallId>, StoreError> {
        let skipped = i64::try_from(n.saturating_sub(1)).unwrap_or(i64::MAX);
        let sql = "SELECT id FROM calls ORDER BY id DESC LIMIT 1 OFFSET ?1";
        self.read(|connection| value(connection, sql, [skipped])?.map(calls::id).transpose())
    }

    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        self.read(|connection| calls::by_leg(connection, carrier, leg))
    }

    fn census(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT state, count(*) FROM calls INDEXED BY calls_unfinished
            WHERE state <> 'ended' GROUP BY state ORDER BY state";
        self.read(|connection| rows(connection, sql, [], |row| Ok((row.get(0)?, count(row.get(1)?)?))))
    }

    fn do_not_call(
        &mut self,
        after: Option<&PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<DoNotCall>, StoreError> {
        self.read(|connection| gate::do_not_call(connection, after, limit))
    }

    fn gate_records(&mut self, query: &RecordQuery) -> Result<Vec<KeptRecord>, StoreError> {
        self.read(|connection| gate::records(connection, query))
    }

    fn tokens(&mut self) -> Result<Vec<KeptToken>, StoreError> {
        self.read(access::tokens)
    }

    fn access_lines(&mut self, query: &AccessQuery) -> Result<Vec<KeptLine>, StoreError> {
        self.read(|connection| access::lines(connection, query))
    }

    fn tallies(&mut self, stretches: &Stretches, now: Timestamp) -> Result<Vec<Tally>, StoreError> {
        self.read(|connection| figures::tallies(connection, stretches, now))
    }

    fn answered(&mut self, from: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Kept>, StoreError> {
        self.read(|connection| figures::answered(connection, from, until, limit))
    }

    fn pulse(&mut self, now: Timestamp) -> Result<Pulse, StoreError> {
        let by_state = "SELECT state, carrier, count(*) FROM calls INDEXED BY calls_unfinished
            WHERE state <> 'ended' GROUP BY state, carrier ORDER BY state, carrier";
        let overdue = "SELECT count(*), min(due_at) FROM calls INDEXED BY calls_due
            WHERE due_at IS NOT NULL AND due_at <= ?1";
        self.read(|connection| {
            let unfinished = rows(connection, by_state, [], |row| {
                Ok((row.get(0)?, CarrierName(row.get(1)?), count(row.get(2)?)?))
            })?;
            let overdue = rows(connection, overdue, [now.as_millis()], |row| {
                Ok((count(row.get(0)?)?, row.get::<_, Option<i64>>(1)?.map(Timestamp)))
            })?;
            let (overdue, overdue_since) = overdue.into_iter().next().unwrap_or_default();
            Ok(Pulse { unfinished, overdue, overdue_since })
        })
    }

    fn owner_of_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        self.read(|connection| calls::by_leg(connection, carrier, leg))
    }
}

/// Sorts after every id.
const AFTER_ALL: &str = "c_~";

const ALL: &str = "SELECT version, call FROM calls WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

// The index is named, since the planner can't know that unfinished calls are few among many.
const UNFINISHED: &str = "SELECT version, call FROM calls INDEXED BY calls_unfinished
    WHERE state <> 'ended' AND id < ?1 ORDER BY id DESC LIMIT ?2";

const ENDED: &str =
    "SELECT version, call FROM calls WHERE state = 'ended' AND id < ?1 ORDER BY id DESC LIMIT ?2";

const IN_STATE: &str = "SELECT version, call FROM calls INDEXED BY calls_unfinished
    WHERE state <> 'ended' AND state = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2";

const PLACED_BY: &str = "SELECT version, call FROM calls WHERE placed_by = ?1 AND id < ?2
    AND (?4 IS NULL OR state = ?4) AND (NOT ?5 OR state <> 'ended') ORDER BY id DESC LIMIT ?3";
