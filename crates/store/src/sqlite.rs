//! The store in one SQLite file: the log of events and the state of every call, committed together.
//!
//! # What survives
//!
//! *`kill -9`, a panic, the out-of-memory killer:* every turn that returned `Ok`. A turn that was
//! cut off is there as a whole or not at all, and nobody was told of it.
//!
//! *A power cut or a crash of the operating system:* the same, as long as the disk keeps what it
//! said it has. The write-ahead log is synced (`fsync`; on macOS `F_FULLFSYNC`) before a turn
//! returns (`synchronous = FULL`). A disk that acknowledges from a volatile cache, or a virtual
//! machine whose host does, may lose the last turns, though never half of one: SQLite sums every
//! page of the log and stops at the first that doesn't fit.
//!
//! *A full disk:* the turn fails with [`StoreError::Unwritable`] and nothing of it happened; it may
//! be tried again. One exception, common to all databases: when the very sync of a commit fails
//! and the process dies before its next commit, the turn may turn out to have happened.
//!
//! *The file is deleted, moved or replaced while it is open:* the turn fails with
//! [`StoreError::Gone`], since what is written to a file without a name is lost with the process.
//! Put back, it works again. Not noticed: another store copied *into* the open file.
//!
//! *Not:* bits that rot inside a page so that it still looks like one (pages of the database file
//! carry no sums); a `-wal` file that is deleted or left behind when the database is copied; a
//! network drive without honest locks. Copy a running store with [`backup()`].
//!
//! # A store that went back in time
//!
//! A backup that is put back believes in calls long over. Beside the store lies `PATH.seen`, with
//! the store's id and how many turns were written, at most a second old. A store that is another
//! one, or holds fewer turns, is reported as [`Opened::rewound`]. Not noticed: a rewind by less than
//! the last second before a `kill -9`, and a backup of the whole folder, with that file in it.
//!
//! # One writer
//!
//! A lock on `PATH.lock` makes sure of it, for as long as the process lives. Any number of
//! [`SqliteHistory`] read beside it.

mod access;
mod backup;
mod calls;
mod due;
mod fault;
mod figures;
mod files;
mod forget;
mod gate;
mod history;
mod open;
mod page;
mod prune;
mod schema;
mod search;
mod seen;

pub use backup::{Copied, backup};
pub use forget::{ForgetError, Forgotten};
pub use history::SqliteHistory;

use crate::page::{Store, StoreError, Work};
use call::Timestamp;
use files::Whereabouts;
use page::SqlitePage;
use rusqlite::{Connection, TransactionBehavior};
use seen::Seen;
use std::path::{Path, PathBuf};

/// The store in a file, and its one writer.
pub struct SqliteStore {
    // Dropped in this order: the lock goes last.
    connection: Connection,
    seen: Seen,
    whereabouts: Whereabouts,
    path: PathBuf,
    _lock: files::Lock,
}

/// A store that was opened.
pub struct Opened {
    /// The store.
    pub store: SqliteStore,
    /// Why it looks as if it had gone back in time, if it does: nothing must be dialled until a
    /// person says so. It is said at every start until the first turn that writes something, so
    /// whatever keeps the gateway from dialling belongs in that turn.
    pub rewound: Option<String>,
    /// Whether every page of it was found whole. A larger store is opened without, since nobody
    /// could be heard meanwhile, and [`check`] is for later.
    pub checked: bool,
}

impl SqliteStore {
    /// Opens the store at `path` for writing, brings its tables up to date, and keeps it from any
    /// other writer until it is dropped or the process dies. Where there is no file, it makes an
    /// empty store, with its folder, readable by nobody else. `now` is a new store's birthday.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::FromTheFuture`] and [`StoreError::Damaged`]: a person
    /// must act, and the file was not changed. [`StoreError::Unwritable`]: it may be tried again.
    pub fn open(path: &Path, now: Timestamp) -> Result<Opened, StoreError> {
        let path = files::settle(path)?;
        let lock = files::lock(&path)?;
        let (connection, checked) = open::for_writing(&path)?;
        let (id, sequence) = identity(&connection, now).map_err(fault::at(&path))?;
        let seen = Seen::beside(&path, id);
        let rewound = seen.rewound(sequence);
        let whereabouts = Whereabouts::of(&path);
        let store = SqliteStore { connection, seen, whereabouts, path, _lock: lock };
        Ok(Opened { store, rewound, checked })
    }
}

impl Store for SqliteStore {
    fn turn(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let at = fault::at(&self.path);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&at)?;
        let changes = transaction.total_changes();
        let mut page = SqlitePage::of(&transaction, &self.path);
        work(&mut page)?;
        page.stands()?;
        if transaction.total_changes() == changes {
            return transaction.rollback().map_err(&at);
        }
        let sequence = transaction
            .prepare_cached("UPDATE store SET sequence = sequence + 1 RETURNING sequence")
            .and_then(|mut bump| bump.query_row([], |row| row.get(0)))
            .map_err(&at)?;
        self.whereabouts.hold()?;
        transaction.commit().map_err(&at)?;
        self.seen.note(sequence);
        Ok(())
    }
}

/// Reads every page of the store at `path` beside whoever uses it: some seconds for each gigabyte.
///
/// # Errors
/// [`StoreError::Damaged`], or it can't be read.
pub fn check(path: &Path) -> Result<(), StoreError> {
    open::check(&open::for_reading(path)?, path)
}

/// The store's id, and how many turns were written. A new store notes its birthday.
fn identity(connection: &Connection, now: Timestamp) -> rusqlite::Result<(String, i64)> {
    connection.execute("UPDATE store SET created_at = ?1 WHERE created_at IS NULL", [now.as_millis()])?;
    connection.query_row("SELECT id, sequence FROM store", [], |row| Ok((row.get(0)?, row.get(1)?)))
}

#[cfg(test)]
mod tests;
