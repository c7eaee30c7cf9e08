//! What the dial gate reads and keeps.

use crate::page::StoreError;
use call::gate::{Listed, Record};
use call::{CarrierName, Party, PhoneNumber, Timestamp};
use std::collections::BTreeMap;

/// What the dial gate reads and writes within one transaction.
pub trait GatePage {
    /// How many calls take up a place at this carrier.
    ///
    /// # Errors
    /// The store can't be read.
    fn live_at(&mut self, carrier: &CarrierName) -> Result<u64, StoreError>;

    /// When this number last rejected an outbound call, if it did since.
    ///
    /// # Errors
    /// The store can't be read.
    fn rejected_at(&mut self, to: &Party, since: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// The begun minutes of outbound calls that were answered since, by carrier; one that lives is
    /// counted up to `now`.
    ///
    /// # Errors
    /// The store can't be read.
    fn minutes(&mut self, since: Timestamp, now: Timestamp)
    -> Result<BTreeMap<CarrierName, u64>, StoreError>;

    /// The number's entry in the do-not-call list.
    ///
    /// # Errors
    /// The store can't be read.
    fn listed(&mut self, number: &PhoneNumber) -> Result<Option<Listed>, StoreError>;

    /// Puts a number on the do-not-call list, if it isn't there. Whether it wasn't.
    ///
    /// # Errors
    /// The store can't be written.
    fn list(&mut self, number: &PhoneNumber, entry: &Listed) -> Result<bool, StoreError>;

    /// Takes a number off the do-not-call list.
    ///
    /// # Errors
    /// The store can't be written.
    fn unlist(&mut self, number: &PhoneNumber) -> Result<(), StoreError>;

    /// Keeps a decision. Of [`RECORDS_MAX`] and more the oldest is forgotten.
    ///
    /// # Errors
    /// The store can't be written.
    fn record(&mut self, record: &Record) -> Result<(), StoreError>;
}

/// An entry of the do-not-call list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoNotCall {
    /// The number.
    pub number: PhoneNumber,
    /// Since when, by whom and why.
    pub entry: Listed,
}

/// A decision as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecord {
    /// Its name: later ones are larger.
    pub id: u64,
    /// The decision.
    pub record: Record,
}

/// Which decisions are asked for, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Only refusals.
    pub refused: bool,
    /// Only those older than this one: where the last page ended.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// So many decisions are kept, some 150 megabytes: a loop that asks for what is refused must not
/// fill the disk. What a call passed the gate with is in its own log too.
pub const RECORDS_MAX: u64 = 500_000;
