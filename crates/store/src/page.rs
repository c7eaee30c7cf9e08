//! The writing side: one transaction at a time.

use call::{Call, CallId, CarrierCallId, CarrierName, Event, Party, Timestamp};

use crate::access::AccessPage;
use crate::gate::GatePage;
use crate::history::Kept;

/// A store of calls that one crank turns.
pub trait Store: Send {
    /// Runs `work` in one transaction. When this returns `Ok`, everything it wrote is durable;
    /// when it returns an error, nothing of it happened. On a conflict with another process the
    /// whole of `work` may run again, so it must do nothing that can't be done twice.
    ///
    /// # Errors
    /// What `work` returned, or why nothing could be committed.
    fn turn(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;
}

/// What is done within a transaction.
pub type Work<'a> = dyn FnMut(&mut dyn Page) -> Result<(), StoreError> + 'a;

/// What can be read and written within one transaction.
pub trait Page: AccessPage + GatePage {
    /// Runs `work`, and undoes it alone if it fails: one bad event doesn't undo its neighbours.
    ///
    /// # Errors
    /// What `work` returned.
    fn within(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// The call of this name.
    ///
    /// # Errors
    /// The store can't be read.
    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError>;

    /// The call that a carrier's leg belongs to, as its own or as a stray.
    ///
    /// # Errors
    /// The store can't be read.
    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError>;

    /// The call that was imported under this id.
    ///
    /// # Errors
    /// The store can't be read.
    fn call_by_imported_id(&mut self, imported_id: &str) -> Result<Option<CallId>, StoreError>;

    /// What an `Idempotency-Key` was used for.
    ///
    /// # Errors
    /// The store can't be read.
    fn key_use(&mut self, key: &str) -> Result<Option<KeyUse>, StoreError>;

    /// Remembers what an `Idempotency-Key` was used for.
    ///
    /// # Errors
    /// The store can't be written.
    fn keep_key(&mut self, key: &str, used: &KeyUse, at: Timestamp) -> Result<(), StoreError>;

    /// Appends an event to the log of its call and writes what the call became. `was` is the call as
    /// it was read, `None` for a new one. A time that was brought forward stands until the call itself
    /// is due at another time than it was.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the call moved on since, or one of its legs belongs to another
    /// call; otherwise the store can't be written.
    fn write(&mut self, call: &Call, event: &Event, was: Option<&Kept>) -> Result<(), StoreError>;

    /// Takes at most `limit` calls that are due, the most urgent first, and moves their `due_at`
    /// on to `lease_until`, so that nobody else takes them meanwhile. The states stay as they are.
    ///
    /// # Errors
    /// The store can't be read or written.
    fn take_due(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError>;

    /// When each call to which something is owed must be looked at, the most urgent first. Queued
    /// calls aside: they wait for a place.
    ///
    /// # Errors
    /// The store can't be read.
    fn schedule(&mut self) -> Result<Vec<Due>, StoreError>;

    /// Has a call be due at another time. Not if it is due at another time by now than this says:
    /// then somebody looked meanwhile, and it returns `false`.
    ///
    /// # Errors
    /// The store can't be written.
    fn bring_forward(&mut self, due: &Due, to: Timestamp) -> Result<bool, StoreError>;

    /// Notes which calls were unfinished at this start, and in which state, in place of what the
    /// last start noted. Returns how many there were.
    ///
    /// # Errors
    /// The store can't be written.
    fn note_start(&mut self, now: Timestamp) -> Result<u64, StoreError>;

    /// Takes ended calls made before `before` out of the store, the oldest first, with their logs:
    /// at most `lines_max` lines of logs, and a call goes with the last of its own. Of a call that
    /// goes, nothing is owed: no stray, no command under way. Where there is nothing more to take,
    /// freed pages are given back in as small a step. Returns how much was done, 0 when all is.
    ///
    /// What the call's legs are named, and which keys made it, is kept: a late or repeated webhook,
    /// order or import is still known for what it is.
    ///
    /// # Errors
    /// The store can't be read or written.
    fn prune(&mut self, before: CallId, lines_max: usize) -> Result<usize, StoreError>;

    /// Queued calls, the oldest first.
    ///
    /// # Errors
    /// The store can't be read.
    fn queued(&mut self, limit: usize) -> Result<Vec<Kept>, StoreError>;

    /// How many calls take up a place, from `placing`/`offered` to `hanging_up`: counted, so that
    /// no counter can leak.
    ///
    /// # Errors
    /// The store can't be read.
    fn live(&mut self) -> Result<u64, StoreError>;

    /// How many calls between these two numbers are in `placing`.
    ///
    /// # Errors
    /// The store can't be read.
    fn placing_between(&mut self, from: &Party, to: &Party) -> Result<u64, StoreError>;

    /// How many calls that were made between these two numbers since then, and aren't over, go by a
    /// single name.
    ///
    /// # Errors
    /// The store can't be read.
    fn named_once_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError>;

    /// How many calls between these two numbers, made since then, were given up without a leg: nobody
    /// knows whether they were ever made at the carrier.
    ///
    /// # Errors
    /// The store can't be read.
    fn given_up_between(&mut self, from: &Party, to: &Party, since: Timestamp) -> Result<u64, StoreError>;

    /// How many outbound calls to this number were made since (imported ones aside).
    ///
    /// # Errors
    /// The store can't be read.
    fn attempts(&mut self, to: &Party, since: Timestamp) -> Result<u64, StoreError>;

    /// When this carrier may next be asked to dial; the epoch if nobody ever said.
    ///
    /// # Errors
    /// The store can't be read.
    fn next_dial_at(&mut self, carrier: &CarrierName) -> Result<Timestamp, StoreError>;

    /// Sets when this carrier may next be asked to dial.
    ///
    /// # Errors
    /// The store can't be written.
    fn set_next_dial_at(&mut self, carrier: &CarrierName, at: Timestamp) -> Result<(), StoreError>;

    /// A setting that survives restarts, like `paused`.
    ///
    /// # Errors
    /// The store can't be read.
    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError>;

    /// Sets or, with `None`, removes a setting.
    ///
    /// # Errors
    /// The store can't be written.
    fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError>;
}

/// When a call must be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The call.
    pub call: CallId,
    /// When somebody must look.
    pub due_at: Timestamp,
    /// Until when its carrier asked to be left alone.
    pub not_before: Option<Timestamp>,
}

/// What an `Idempotency-Key` was used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The call it made.
    pub call: CallId,
    /// A digest of the request's body: the same key with another body is a mistake.
    pub digest: String,
}

/// Why the store did not do it, by what may be done about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row moved on since it was read, or is claimed already: read again, decide again.
    #[error("{0} was changed or claimed by another turn")]
    Conflict(String),
    /// Somebody else has this store open.
    #[error("{path} is in use by another offhook; stop that one, or give this one a [store] url of its own")]
    InUse {
        /// The file.
        path: String,
    },
    /// A later offhook wrote it.
    #[error(
        "{path} was written by a newer offhook (schema {found}, this one knows {known}); use that version"
    )]
    FromTheFuture {
        /// The file.
        path: String,
        /// The schema that it has.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// It is damaged, or no database of ours. Never read as "no calls".
    #[error(
        "{path} is damaged or no offhook store ({why}); restore a backup, or move it away to begin with an empty one"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What the database library said.
        why: String,
    },
    /// It can't be written now: the disk is full, read-only or gone. It may be tried again.
    #[error("cannot write {path}: {why}; free space or make it writable, nothing was lost")]
    Unwritable {
        /// The file.
        path: String,
        /// What the database library said.
        why: String,
    },
    /// The file isn't where it was: what would be written now, nobody would find again.
    #[error(
        "{path} was moved, deleted or replaced under the running gateway; put that very file back, or restart the gateway on what is there; nothing is taken on until then"
    )]
    Gone {
        /// The file.
        path: String,
    },
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(String),
}
