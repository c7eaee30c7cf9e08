//! What is owed, and to whom next: calls that are due, that wait, that take up a place.

use super::calls::{at_most, count, id, kept, rows, value};
use super::fault::Fault;
use crate::history::Kept;
use crate::page::Due;
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

/// When each call must be looked at.
pub(super) fn schedule(connection: &Connection) -> Result<Vec<Due>, Fault> {
    let sql = "SELECT id, due_at, not_before FROM calls INDEXED BY calls_due
        WHERE due_at IS NOT NULL AND state <> 'queued' ORDER BY due_at, id";
    rows(connection, sql, [], |row| {
        let not_before = row.get::<_, Option<i64>>(2)?.map(Timestamp);
        Ok(Due { call: id(row.get(0)?)?, due_at: Timestamp(row.get(1)?), not_before })
    })
}

/// Has a call be due at another time, if it is still due when this says.
pub(super) fn bring_forward(connection: &Connection, due: &Due, to: Timestamp) -> Result<bool, Fault> {
    let sql = "UPDATE calls SET due_at = ?3 WHERE id = ?1 AND due_at = ?2";
    let values = params![due.call.to_string(), due.due_at.as_millis(), to.as_millis()];
    Ok(connection.prepare_cached(sql)?.execute(values)? == 1)
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

/// How many calls between these two numbers go by a single name.
pub(super) fn named_once_between(
    connection: &Connection,
    from: &Party,
    to: &Party,
    since: Timestamp,
) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM calls INDEXED BY calls_to
        WHERE to_number = ?1 AND created_at >= ?2 AND from_number = ?3 AND direction = 'outbound'
        AND state NOT IN ('queued', 'placing', 'ended') AND json_extract(call, '$.also') IS NULL";
    count(value(connection, sql, params![to.as_str(), since.0, from.as_str()])?.unwrap_or(0))
}

/// How many calls between these two numbers were given up without a leg.
pub(super) fn given_up_between(
    connection: &Connection,
    from: &Party,
    to: &Party,
    since: Timestamp,
) -> Result<u64, Fault> {
    let sql = "SELECT version, call FROM calls INDEXED BY calls_to
        WHERE to_number = ?1 AND created_at >= ?2 AND from_number = ?3 AND direction = 'outbound'
        AND state = 'ended' AND carrier_call_id IS NULL";
    let over = kept(connection, sql, params![to.as_str(), since.0, from.as_str()])?;
    count(at_most(over.iter().filter(|kept| kept.call.is_given_up()).count()))
}
