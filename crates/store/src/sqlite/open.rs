//! Opening: refuse what isn't ours or isn't whole, before a byte of it is changed.

use super::fault::{self, shown};
use super::files;
use super::schema::{self, Found, STEPS};
use crate::page::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Opens the store for its one writer, making it first where there is none, and says whether every
/// page of it was checked.
pub(super) fn for_writing(path: &Path) -> Result<(Connection, bool), StoreError> {
    let bytes = files::size(path)?;
    let log_bytes = files::size(&files::beside(path, "-wal"))?;
    if bytes == 0 && log_bytes > 0 {
        return Err(damaged(path, "the database is gone, but its write-ahead log is there"));
    }
    files::create(path).map_err(fault::unwritable(path))?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = schema::identify(&connection, path)?;
    let page_bytes: u32 = ask(&connection, path, "PRAGMA page_size")?;
    // SQLite would fill the last page up with zeros. Only copying the log back leaves half a page
    // behind, and then the log has all of it.
    if bytes % u64::from(page_bytes) != 0 && (log_bytes == 0 || matches!(found, Found::Empty)) {
        return Err(damaged(path, "it is cut off"));
    }
    let checked = bytes <= CHECKED_FIRST_MAX;
    if matches!(found, Found::Store(_)) && checked {
        check(&connection, path)?;
    }
    if connection.is_readonly("main").map_err(fault::at(path))? {
        return Err(StoreError::Unwritable { path: shown(path), why: "the file is read-only".to_owned() });
    }
    files::close_to_others(path)?;
    if matches!(found, Found::Empty) {
        // Only a file without a table takes it: what is pruned later can be given back in steps.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(fault::at(path))?;
    }
    settle_pragmas(&connection, path)?;
    schema::migrate(&mut connection, STEPS).map_err(fault::at(path))?;
    Ok((connection, checked))
}

/// Opens the store for reading beside its writer.
pub(super) fn for_reading(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match schema::identify(&connection, path)? {
        Found::Store(version) if version == schema::newest(STEPS) => Ok(connection),
        Found::Store(_) | Found::Empty => {
            Err(StoreError::Failed(format!("{} must be opened for writing first", path.display())))
        }
    }
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    // No URI flag: a file name is a file name, whatever letters it has.
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault::at(path))?;
    // Without this a bound LIMIT has its statement planned anew at each use: a sixth of a turn.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault::at(path))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.busy_timeout(BUSY_MAX).map_err(fault::at(path))?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(fault::at(path))?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(fault::at(path))?;
    Ok(connection)
}

/// Says everything that durability hangs on: no default of the library is relied upon. The two
/// `fullfsync` matter on macOS, where a plain `fsync` leaves the drive's cache alone.
fn settle_pragmas(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = ask(connection, path, "PRAGMA journal_mode = WAL")?;
    if mode != "wal" {
        let why =
            format!("it can't have a write-ahead log here (journal mode {mode}); is it on a network drive?");
        return Err(StoreError::Unwritable { path: shown(path), why });
    }
    let set = |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(fault::at(path));
    set("synchronous", "FULL")?;
    set("fullfsync", "ON")?;
    set("checkpoint_fullfsync", "ON")?;
    // A leg outlives its call when that is pruned, so that a late webhook is known for one; and
    // with these on, each call that goes would have all legs walked.
    set("foreign_keys", "OFF")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(fault::at(path))
}

/// Reads every page.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: String = ask(connection, path, "PRAGMA quick_check(1)")?;
    if verdict == "ok" { Ok(()) } else { Err(damaged(path, &verdict.replace('\n', " "))) }
}

fn ask<T: FromSql>(connection: &Connection, path: &Path, sql: &str) -> Result<T, StoreError> {
    connection.query_row(sql, [], |row| row.get(0)).map_err(fault::at(path))
}

fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError::Damaged { path: shown(path), why: why.to_owned() }
}

/// Up to this size every page is checked before anything else: that takes some ten milliseconds, in
/// which no webhook is heard.
const CHECKED_FIRST_MAX: u64 = 4 << 20;
/// How long a locked database is waited for. Nobody but a person with a database shell locks it.
const BUSY_MAX: Duration = Duration::from_secs(5);
/// More statements than the store has.
const STATEMENTS_MAX: usize = 64;
/// Some thousands of calls, so that those that live are read from memory.
const CACHE_KIB: i32 = 8 << 10;
/// 16 MiB. A checkpoint holds up the turn that it follows, so it should be rare; and the longer it
/// waits the more often a page was rewritten meanwhile, and is copied only once.
const CHECKPOINT_PAGES: u32 = 4096;
