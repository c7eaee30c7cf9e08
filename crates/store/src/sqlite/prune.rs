//! What is older than anybody wants to keep: taken out in steps so small that no turn waits for one.

use super::calls::{at_most, rows, value};
use super::fault::Fault;
use call::CallId;
use rusqlite::{Connection, params};

/// One step. A call whose log is longer than a step loses its oldest lines first, and goes with
/// the last one.
pub(super) fn step(connection: &Connection, before: CallId, lines_max: usize) -> Result<usize, Fault> {
    let old = rows(connection, OLD, params![before.to_string(), at_most(lines_max)], |row| {
        Ok(row.get::<_, String>(0)?)
    })?;
    let mut n_lines = 0;
    for id in &old {
        let room = lines_max.saturating_sub(n_lines);
        n_lines += connection.prepare_cached(FORGET_LINES)?.execute(params![id, at_most(room)])?;
        if n_lines >= lines_max {
            return Ok(n_lines);
        }
        connection.prepare_cached("DELETE FROM recovered WHERE call_id = ?1")?.execute([id])?;
        connection.prepare_cached("DELETE FROM calls WHERE id = ?1")?.execute([id])?;
    }
    if old.is_empty() { give_back(connection, lines_max) } else { Ok(n_lines.max(1)) }
}

/// Gives freed pages back to the file system, where the file was made for that. A tenth of the file
/// stays, for the calls that come.
fn give_back(connection: &Connection, pages_max: usize) -> Result<usize, Fault> {
    let count = |sql: &str| -> Result<i64, Fault> { Ok(value(connection, sql, [])?.unwrap_or(0)) };
    let (mode, free) = (count("PRAGMA auto_vacuum")?, count("PRAGMA freelist_count")?);
    if mode != INCREMENTAL || free <= FREE_MIN.max(count("PRAGMA page_count")? / 10) {
        return Ok(0);
    }
    rows(connection, &format!("PRAGMA incremental_vacuum({pages_max})"), [], |_| Ok(()))?;
    // A turn that changed no row is not committed.
    connection.prepare_cached("UPDATE store SET sequence = sequence")?.execute([])?;
    Ok(pages_max)
}

/// Over calls that live for weeks this walks each time; there are none.
const OLD: &str = "SELECT id FROM calls WHERE id < ?1 AND state = 'ended' AND due_at IS NULL
    ORDER BY id LIMIT ?2";

const FORGET_LINES: &str = "DELETE FROM events WHERE rowid IN
    (SELECT rowid FROM events WHERE call_id = ?1 ORDER BY version LIMIT ?2)";

/// `PRAGMA auto_vacuum` of a file whose pages can be given back one by one.
const INCREMENTAL: i64 = 2;
/// Fewer free pages are not worth a step: a megabyte.
const FREE_MIN: i64 = 256;
