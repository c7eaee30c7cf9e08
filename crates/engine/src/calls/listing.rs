//! The do-not-call list, and what the dial gate decided.

use super::{Calls, EngineError, unexpected};
use crate::heard::{Answer, Heard};
use call::PhoneNumber;
use call::gate::ListedBy;
use store::{DoNotCall, KeptRecord, RecordQuery};

impl Calls {
    /// Puts numbers on the do-not-call list: they are on disk when this returns. Each comes back as
    /// it is listed, and whether it wasn't before: an older entry stays as it is.
    ///
    /// # Errors
    /// The store failed: none of them is listed.
    pub async fn list_numbers(
        &self,
        numbers: Vec<(PhoneNumber, String)>,
        by: ListedBy,
    ) -> Result<Vec<(DoNotCall, bool)>, EngineError> {
        match self.hear(Heard::List { numbers, by }).await? {
            Answer::Listed(entries) => Ok(entries),
            other => Err(unexpected(&other)),
        }
    }

    /// Takes a number off the do-not-call list, and gives back what its entry was.
    ///
    /// # Errors
    /// [`Refusal::NotListed`](crate::Refusal::NotListed), or the store failed.
    pub async fn unlist_number(&self, number: PhoneNumber) -> Result<DoNotCall, EngineError> {
        match self.hear(Heard::Unlist(number)).await? {
            Answer::Listed(mut entries) if !entries.is_empty() => Ok(entries.swap_remove(0).0),
            Answer::Refused(refusal) => Err(refusal.into()),
            other => Err(unexpected(&other)),
        }
    }

    /// The do-not-call list, in the order of its numbers, from after `after` on.
    ///
    /// # Errors
    /// The store failed.
    pub async fn do_not_call(
        &self,
        after: Option<PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<DoNotCall>, EngineError> {
        self.read(move |history| history.do_not_call(after.as_ref(), limit)).await
    }

    /// What the dial gate decided, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn gate_records(&self, query: RecordQuery) -> Result<Vec<KeptRecord>, EngineError> {
        self.read(move |history| history.gate_records(&query)).await
    }
}
