//! One transaction, as the engine sees it.

use super::calls::{self, value};
use super::due;
use super::fault::{Fault, shown};
use super::prune;
use crate::history::Kept;
use crate::page::{Due, KeyUse, Page, StoreError, Work};
use call::{Call, CallId, CarrierCallId, CarrierName, Event, Party, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// An open transaction.
pub(super) struct SqlitePage<'t> {
    connection: &'t Connection,
    path: &'t Path,
}

impl<'t> SqlitePage<'t> {
    /// The transaction that is open on this connection.
    pub(super) fn of(connection: &'t Connection, path: &'t Path) -> SqlitePage<'t> {
        SqlitePage { connection, path }
    }

    /// Whether the transaction still stands. A full disk may make SQLite undo all of it on its
    /// own; what is written after that would be committed line by line.
    ///
    /// # Errors
    /// It was undone.
    pub(super) fn stands(&self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            let why = "the database undid the turn".to_owned();
            return Err(StoreError::Unwritable { path: shown(self.path), why });
        }
        Ok(())
    }

    pub(super) fn run<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.stands()?;
        ask(self.connection).map_err(|fault| fault.at(self.path))
    }

    fn say(&self, sql: &str) -> Result<(), StoreError> {
        self.run(|connection| {
            connection.prepare_cached(sql)?.execute([])?;
            Ok(())
        })
    }
}

impl Page for SqlitePage<'_> {
    fn within(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        // Savepoints of one name nest: each word below means the innermost one.
        self.say("SAVEPOINT within")?;
        let done = work(self);
        if done.is_err() {
            // Half of it must not be committed with its neighbours.
            self.say("ROLLBACK TO within").map_err(|error| StoreError::Failed(error.to_string()))?;
        }
        self.say("RELEASE within")?;
        done
    }

    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        self.run(|connection| calls::read(connection, id))
    }

    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError> {
        self.run(|connection| calls::by_leg(connection, carrier, leg))
    }

    fn call_by_imported_id(&mut self, imported_id: &str) -> Result<Option<CallId>, StoreError> {
        self.run(|connection| calls::by_imported_id(connection, imported_id))
    }

    fn key_use(&mut self, key: &str) -> Result<Option<KeyUse>, StoreError> {
        self.run(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT call_id, digest FROM keys WHERE key = ?1")?;
            let found = statement.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            found.map(|(call, digest)| Ok(KeyUse { call: calls::id(call)?, digest })).transpose()
        })
    }

    fn keep_key(&mut self, key: &str, used: &KeyUse, at: Timestamp) -> Result<(), StoreError> {
        self.run(|connection| {
            let sql =
                "INSERT INTO keys (key, call_id, digest, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
            let values = params![key, used.call.to_string(), used.digest, at.as_millis()];
            match connection.prepare_cached(sql)?.execute(values)? {
                0 => Err(Fault::Conflict("an idempotency key".to_owned())),
                _ => Ok(()),
            }
        })
    }

    fn write(&mut self, call: &Call, event: &Event, was: Option<&Kept>) -> Result<(), StoreError> {
        self.run(|connection| calls::write(connection, call, event, was))
    }

    fn take_due(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        self.run(|connection| due::take(connection, now, lease_until, limit))
    }

    fn schedule(&mut self) -> Result<Vec<Due>, StoreError> {
        self.run(due::schedule)
    }

    fn bring_forward(&mut self, due: &Due, to: Timestamp) -> Result<bool, StoreError> {
        self.run(|connection| due::bring_forward(connection, due, to))
    }

    fn note_start(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.run(|connection| due::note_start(connection, now))
    }

    fn prune(&mut self, before: CallId, lines_max: usize) -> Result<usize, StoreError> {
        self.run(|connection| prune::step(connection, before, lines_max))
    }

    fn queued(&mut self, limit: usize) -> Result<Vec<Kept>, StoreError> {
        self.run(|connection| due::queued(connection, limit))
    }

    fn live(&mut self) -> Result<u64, StoreError> {
        self.run(due::live)
    }

    fn placing_between(&mut self, from: &Party, to: &Party) -> Result<u64, StoreError> {
        self.run(|connection| due::placing_between(connection, from, to))
    }

    fn named_once_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.run(|connection| due::named_once_between(connection, from, to, since))
    }

    fn given_up_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.run(|connection| due::given_up_between(connection, from, to, since))
    }

    fn attempts(&mut self, to: &Party, since: Timestamp) -> Result<u64, StoreError> {
        self.run(|connection| calls::attempts(connection, to, since))
    }

    fn next_dial_at(&mut self, carrier: &CarrierName) -> Result<Timestamp, StoreError> {
        self.run(|connection| {
            let sql = "SELECT next_dial_at FROM pace WHERE carrier = ?1";
            Ok(Timestamp(value(connection, sql, [carrier.as_str()])?.unwrap_or(0)))
        })
    }

    fn set_next_dial_at(&mut self, carrier: &CarrierName, at: Timestamp) -> Result<(), StoreError> {
        self.run(|connection| {
            let sql = "INSERT OR REPLACE INTO pace (carrier, next_dial_at) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute(params![carrier.as_str(), at.as_millis()])?;
            Ok(())
        })
    }

    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.run(|connection| value(connection, SETTING, [name]))
    }

    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.run(|connection| {
            match value {
                Some(value) => connection
                    .prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?
                    .execute([name, value])?,
                None => connection.prepare_cached("DELETE FROM settings WHERE name = ?1")?.execute([name])?,
            };
            Ok(())
        })
    }
}

/// Reads one setting.
pub(super) const SETTING: &str = "SELECT value FROM settings WHERE name = ?1";
