//! The call log: the only memory of calls.
//!
//! One [`turn`](Store::turn) is one transaction: read the calls that a batch of events concerns,
//! append the events, write the states, commit. When it returns, what it wrote survives `kill -9`
//! and a power cut; until then nobody is told of it. Every state can be rebuilt from the events.
//!
//! [`Store`] writes, [`History`] reads beside it. [`sqlite`] is the store in a file; nothing in the
//! traits assumes that only one process uses it.

// Under the name that the tests outside know, so that they can be shared.
#[cfg(test)]
extern crate self as store;

mod access;
mod figures;
mod gate;
mod history;
mod page;
mod rebuild;
mod search;
pub mod sqlite;

pub use access::{AccessLine, AccessPage, AccessQuery, DONE, KeptLine, KeptToken, REFUSALS_MAX};
pub use figures::{Stretches, Tally};
pub use gate::{DoNotCall, GatePage, KeptRecord, RECORDS_MAX, RecordQuery};
pub use history::{CallQuery, History, Kept, KeptEvent, LogLine, LogSpan, Pulse, Recovered};
pub use page::{Due, KeyUse, Page, Store, StoreError, Work};
pub use rebuild::rebuild;
pub use search::{CallSearch, CallsFound};
