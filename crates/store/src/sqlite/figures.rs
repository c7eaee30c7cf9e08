//! Counts of many calls at once, off one index that has all that they need: a million calls are a
//! million of its short entries, and no call is read.

use super::calls::{at_most, count, kept, rows};
use super::fault::Fault;
use crate::figures::{Stretches, Tally};
use crate::history::Kept;
use call::{CarrierName, Timestamp};
use rusqlite::{Connection, params};
use std::time::Duration;

/// The calls that began in these stretches, counted.
pub(super) fn tallies(
    connection: &Connection,
    stretches: &Stretches,
    now: Timestamp,
) -> Result<Vec<Tally>, Fault> {
    let (from, until) = (stretches.from.as_millis(), stretches.begin(stretches.n).as_millis());
    let each = i64::try_from(stretches.each.as_millis()).unwrap_or(i64::MAX).max(1);
    rows(connection, TALLIES, params![from, each, until, now.as_millis()], |row| {
        Ok(Tally {
            stretch: u32::try_from(row.get::<_, i64>(0)?).unwrap_or(u32::MAX),
            outbound: row.get(1)?,
            carrier: CarrierName(row.get(2)?),
            ending: row.get(3)?,
            n_calls: count(row.get(4)?)?,
            n_answered: count(row.get(5)?)?,
            talked: Duration::from_millis(count(row.get(6)?)?),
            minutes: count(row.get(7)?)?,
        })
    })
}

/// Calls that began from `from` on and before `until`, and were answered: the newest first.
pub(super) fn answered(
    connection: &Connection,
    from: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Kept>, Fault> {
    kept(connection, ANSWERED, params![from.as_millis(), until.as_millis(), at_most(limit)])
}

// The index is named, since a plan that reads the calls themselves would take minutes.
const TALLIES: &str = "SELECT (created_at - ?1) / ?2, direction = 'outbound', carrier, ending,
        count(*), count(answered_at),
        coalesce(sum(max(coalesce(ended_at, ?4) - answered_at, 0)), 0),
        coalesce(sum(max((coalesce(ended_at, ?4) - answered_at + 59999) / 60000, 1)), 0)
    FROM calls INDEXED BY calls_figures WHERE created_at >= ?1 AND created_at < ?3
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";

const ANSWERED: &str = "SELECT version, call FROM calls INDEXED BY calls_figures
    WHERE created_at >= ?1 AND created_at < ?2 AND answered_at IS NOT NULL
    ORDER BY created_at DESC LIMIT ?3";
