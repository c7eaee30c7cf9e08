//! The tables, and how a store of an earlier version becomes one of this version.

use super::fault::{self, shown};
use crate::page::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Marks a database file as ours: "offh".
pub(super) const APPLICATION_ID: u32 = 0x6f66_6668;

/// Each takes the schema from its place in the list to the next. What is released is never
/// changed: a later schema is a later step.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];

/// What a database file says that it is.
pub(super) enum Found {
    /// Nothing was ever put in it.
    Empty,
    /// A store with this version of the schema.
    Store(u32),
}

/// Reads what the file is, without changing it.
pub(super) fn identify(connection: &Connection, path: &Path) -> Result<Found, StoreError> {
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).map_err(fault::at(path));
    let mark = one("PRAGMA application_id")?;
    let version = one("PRAGMA user_version")?;
    let tables = one("SELECT count(*) FROM sqlite_schema")?;
    let known = newest(STEPS);
    match (mark, version, tables) {
        (0, 0, 0) => Ok(Found::Empty),
        (APPLICATION_ID, 1.., 1..) if version <= known => Ok(Found::Store(version)),
        (APPLICATION_ID, 1.., _) if version > known => {
            Err(StoreError::FromTheFuture { path: shown(path), found: version, known })
        }
        _ => {
            let why = format!("its application id is {mark:#x} and its version {version}");
            Err(StoreError::Damaged { path: shown(path), why })
        }
    }
}

/// Takes the schema to its newest version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    loop {
        // Read within the transaction: another process may be at it too.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let Some(step) = usize::try_from(version).ok().and_then(|version| steps.get(version)) else {
            return Ok(());
        };
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", version + 1)?;
        transaction.commit()?;
    }
}

/// The version that all the steps lead to.
pub(super) fn newest(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}
