//! What is owed, and to whom next: calls that are due, that wait, that take up a place.

use super::calls::{at_most, count, kept, rows, value};
use super::fault::Fault;
use crate::history::Kept;
use call::call::RETRY_AFTER_MAX;
use call::{Party, Timestamp};
use rusqlite::{Connection, params};

/// Takes what is due and moves it on to `lease_until`.
pub(super) fn take(
    connection: &Connection,
    now: Timestamp,
    lease_until: Timestamp,
    limit: usize,
) -> Result<Vec<Kept>, Fault> {
    let sql = "SELECT version, call FROM calls INDEXED BY calls_due
        WHERE due_at IS NOT NULL AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2";
    let due = match kept(connection, sql, params![now.as_millis(), at_most(limit)]) {
        Err(fault) if fault.is_damage() => readable(connection, now, limit)?,
        due => due?,
    };
    let mut lease = connection.prepare_cached("UPDATE calls SET due_at = ?2 WHERE id = ?1")?;
    for taken in &due {
        lease.execute(params![taken.call.facts.id.to_string(), lease_until.as_millis()])?;
    }
    Ok(due)
}

/// Those of what is due that can be read, where not all can: one garbled row must not keep everybody
/// from looking after the others. It is told when nothing else is due.
fn readable(connection: &Connection, now: Timestamp, limit: usize) -> Result<Vec<Kept>, Fault> {
    let sql = "SELECT rowid FROM calls INDEXED BY calls_due
        WHERE due_at IS NOT NULL AND due_at <= ?1 ORDER BY due_at, rowid LIMIT ?2";
    let due: Vec<i64> =
        rows(connection, sql, params![now.as_millis(), at_most(limit)], |row| Ok(row.get(0)?))?;
    let (mut found, mut garbled) = (Vec::new(), None);
    for row in due {
        match kept(connection, "SELECT version, call FROM calls WHERE rowid = ?1", [row]) {
            Err(fault) if fault.is_damage() => garbled = Some(fault),
            calls => found.extend(calls?),
        }
    }
    match garbled {
        Some(fault) if found.is_empty() => Err(fault),
        _ => Ok(found),
    }
}

/// Brings what is owed forward to between `now` and `now` plus `spread_ms`.
pub(super) fn bring_forward(connection: &Connection, now: Timestamp, spread_ms: i64) -> Result<u64, Fault> {
    let sql = "SELECT rowid, due_at, not_before FROM calls INDEXED BY calls_due
        WHERE due_at IS NOT NULL AND state <> 'queued' ORDER BY due_at, id";
    let owed = rows(connection, sql, [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
    })?;
    let all = at_most(owed.len());
    let spread_ms = if owed.len() > AT_ONCE { spread_ms.min(all / 4) } else { 0 };
    // A pause beyond the longest was asked for by a clock that has been set back since.
    let latest = (now + RETRY_AFTER_MAX).as_millis();
    let mut moved = 0;
    let mut bring = connection.prepare_cached("UPDATE calls SET due_at = ?2 WHERE rowid = ?1")?;
    for (place, (row, due_at, not_before)) in (0i64..).zip(owed) {
        let turn = now.as_millis().saturating_add(spread_ms.saturating_mul(place) / all);
        let sooner = turn.max(not_before.unwrap_or(i64::MIN)).min(latest);
        if sooner < due_at {
            bring.execute(params![row, sooner])?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Notes what this start finds unfinished.
pub(super) fn note_start(connection: &Connection, now: Timestamp) -> Result<u64, Fault> {
    connection.execute("UPDATE store SET started_at = ?1", [now.as_millis()])?;
    connection.execute("DELETE FROM recovered", [])?;
    let noted = connection.execute(
        "INSERT INTO recovered (call_id, believed, version) SELECT id, state, version FROM calls WHERE state <> 'ended'",
        [],
    )?;
    count(at_most(noted))
}

/// Calls that wait to be admitted, the oldest first.
pub(super) fn queued(connection: &Connection, limit: usize) -> Result<Vec<Kept>, Fault> {
    let sql = "SELECT version, call FROM calls INDEXED BY calls_unfinished
        WHERE state <> 'ended' AND state = 'queued' ORDER BY id LIMIT ?1";
    kept(connection, sql, [at_most(limit)])
}

/// How many calls take up a place.
pub(super) fn live(connection: &Connection) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM calls INDEXED BY calls_unfinished WHERE state <> 'ended' AND state IN
        ('placing', 'initiated', 'ringing', 'offered', 'answering', 'in_progress', 'hanging_up')";
    count(value(connection, sql, [])?.unwrap_or(0))
}

/// How many placements between these two numbers are on their way.
pub(super) fn placing_between(connection: &Connection, from: &Party, to: &Party) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM calls INDEXED BY calls_placing
        WHERE state = 'placing' AND to_number = ?1 AND from_number = ?2";
    count(value(connection, sql, [to.as_str(), from.as_str()])?.unwrap_or(0))
}

/// Up to so many calls are asked about at once: there is nothing to spread.
const AT_ONCE: usize = 64;
