//! The reading side: what the surfaces show. It sees only what is committed, and holds up nobody.

use crate::access::{AccessQuery, KeptLine, KeptToken};
use crate::figures::{Stretches, Tally};
use crate::gate::{DoNotCall, KeptRecord, RecordQuery};
use crate::page::StoreError;
use crate::search::{CallSearch, CallsFound};
use call::{Call, CallId, CarrierCallId, CarrierName, Event, PhoneNumber, Timestamp};

/// A call as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The call.
    pub call: Call,
    /// How many events made it what it is.
    pub version: u64,
}

/// One line of a call's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its place in the call's log, from 1.
    pub version: u64,
    /// What happened.
    pub event: Event,
}

/// One line of the log of all calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its place in the order in which all lines were committed. A later line has a higher one, and
    /// none ever has it again; there may be gaps.
    pub place: u64,
    /// Whose it is.
    pub call: CallId,
    /// It, as it stands in the log of that call.
    pub kept: KeptEvent,
}

/// From where to where the log of all calls goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSpan {
    /// The place of the oldest line that is still kept; 0 if none is.
    pub oldest: u64,
    /// The highest place that was ever given; 0 if none was.
    pub newest: u64,
}

/// What a start found unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The call as it is now.
    pub kept: Kept,
    /// What was believed of it when the gateway started: the word for its state.
    pub believed: String,
    /// The version it had then: what came after was learnt by this start.
    pub version: u64,
}

/// How a store stands at a moment, for those who watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// How many calls that are not over are in each state at each carrier.
    pub unfinished: Vec<(String, CarrierName, u64)>,
    /// How many calls have a time that has come, and that nobody has taken up.
    pub overdue: u64,
    /// The earliest of those times.
    pub overdue_since: Option<Timestamp>,
}

/// Which calls are asked for, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallQuery {
    /// Only those that are not over.
    pub unfinished: bool,
    /// Only those in this state, by its word (`CallState::word`).
    pub state: Option<String>,
    /// Only those that this token asked for.
    pub placed_by: Option<String>,
    /// Only those older than this one: where the last page ended.
    pub before: Option<CallId>,
    /// At most so many.
    pub limit: usize,
}

/// Reads what is committed.
pub trait History: Send {
    /// The call of this name.
    ///
    /// # Errors
    /// The store can't be read.
    fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError>;

    /// Calls, the newest first (by id, which sorts by age).
    ///
    /// # Errors
    /// The store can't be read.
    fn calls(&mut self, query: &CallQuery) -> Result<Vec<Kept>, StoreError>;

    /// Calls that are like what is looked for, the newest first by the time at which they were made, and
    /// those of one time by id. It looks at a bounded number of calls, and says where it goes on.
    ///
    /// # Errors
    /// The store can't be read.
    fn search(&mut self, wanted: &CallSearch) -> Result<CallsFound, StoreError>;

    /// The log of a call, in order, from after `after` on, at most `limit` lines.
    ///
    /// # Errors
    /// The store can't be read.
    fn events(&mut self, id: CallId, after: u64, limit: usize) -> Result<Vec<KeptEvent>, StoreError>;

    /// The log of all calls, in the order in which it was committed, from after the place `after` on, at
    /// most `limit` lines: of one call, or of all.
    ///
    /// # Errors
    /// The store can't be read.
    fn log(&mut self, call: Option<CallId>, after: u64, limit: usize) -> Result<Vec<LogLine>, StoreError>;

    /// From where to where that log goes.
    ///
    /// # Errors
    /// The store can't be read.
    fn log_span(&mut self) -> Result<LogSpan, StoreError>;

    /// When the last start was, and what it found unfinished (oldest call first, at most `limit`).
    ///
    /// # Errors
    /// The store can't be read.
    fn recovered(&mut self, limit: usize) -> Result<(Option<Timestamp>, Vec<Recovered>), StoreError>;

    /// How many calls the last start found unfinished, and of how many of those nothing was heard
    /// since (queued ones aside: nobody is asked about them).
    ///
    /// # Errors
    /// The store can't be read.
    fn unheard(&mut self) -> Result<(u64, u64), StoreError>;

    /// A setting that survives restarts, like `paused`.
    ///
    /// # Errors
    /// The store can't be read.
    fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError>;

    /// The n-th newest call, counted from 1; `None` where there are fewer.
    ///
    /// # Errors
    /// The store can't be read.
    fn nth_newest(&mut self, n: u64) -> Result<Option<CallId>, StoreError>;

    /// The call that a carrier's leg belongs to, as its own or as a stray.
    ///
    /// # Errors
    /// The store can't be read.
    fn call_by_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError>;

    /// How many calls are in each state, of those that are not over.
    ///
    /// # Errors
    /// The store can't be read.
    fn census(&mut self) -> Result<Vec<(String, u64)>, StoreError>;

    /// Entries of the do-not-call list, in the order of their numbers, those after `after`.
    ///
    /// # Errors
    /// The store can't be read.
    fn do_not_call(
        &mut self,
        after: Option<&PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<DoNotCall>, StoreError>;

    /// What the dial gate decided, the newest first.
    ///
    /// # Errors
    /// The store can't be read.
    fn gate_records(&mut self, query: &RecordQuery) -> Result<Vec<KeptRecord>, StoreError>;

    /// The tokens of the API, in the order of their names.
    ///
    /// # Errors
    /// The store can't be read.
    fn tokens(&mut self) -> Result<Vec<KeptToken>, StoreError>;

    /// What was asked for through the API, the newest first.
    ///
    /// # Errors
    /// The store can't be read.
    fn access_lines(&mut self, query: &AccessQuery) -> Result<Vec<KeptLine>, StoreError>;

    /// The calls that began in these stretches of time, counted; `now` is how far those last that are not
    /// over.
    ///
    /// # Errors
    /// The store can't be read.
    fn tallies(&mut self, stretches: &Stretches, now: Timestamp) -> Result<Vec<Tally>, StoreError>;

    /// Calls that began from `from` on and before `until`, and were answered: the newest first.
    ///
    /// # Errors
    /// The store can't be read.
    fn answered(&mut self, from: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Kept>, StoreError>;

    /// How the store stands. It costs the same however many calls are over.
    ///
    /// # Errors
    /// The store can't be read.
    fn pulse(&mut self, now: Timestamp) -> Result<Pulse, StoreError>;

    /// The call that a carrier's leg belongs to, as its own or as a stray.
    ///
    /// # Errors
    /// The store can't be read.
    fn owner_of_leg(
        &mut self,
        carrier: &CarrierName,
        leg: &CarrierCallId,
    ) -> Result<Option<CallId>, StoreError>;
}
