//! Looks for calls by what is in the store's indexes, and bounds how many it looks at: a search that finds
//! little says where it goes on, and holds up nobody.

use super::calls::{self, count, parsed, value};
use super::fault::Fault;
use crate::history::Kept;
use crate::search::{CallSearch, CallsFound, SPEAKING};
use call::{Call, CallId, Event};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

/// Calls like that.
pub(super) fn search(connection: &Connection, wanted: &CallSearch) -> Result<CallsFound, Fault> {
    let (sql, with) = query(connection, wanted)?;
    let looked_at_most = if wanted.said.is_some() { LISTENED_MAX } else { LOOKED_AT_MAX };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(with))?;
    let (mut found, mut n_looked_at) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let fitting = fitting(connection, row, wanted)?;
        if fitting.is_some() && found.len() == wanted.limit {
            let next = found.last().map(|kept: &Kept| kept.call.facts.id);
            return Ok(CallsFound { calls: found, next });
        }
        found.extend(fitting);
        n_looked_at += 1;
        if n_looked_at == looked_at_most {
            return Ok(CallsFound { calls: found, next: Some(calls::id(row.get(0)?)?) });
        }
    }
    Ok(CallsFound { calls: found, next: None })
}

/// The order of the index that leaves the fewest calls to look at, from where the last page ended.
fn query(connection: &Connection, wanted: &CallSearch) -> Result<(String, Vec<Value>), Fault> {
    let select = |index: &str| {
        format!(
            "SELECT id, state, direction, carrier, version, call, from_number, ending, created_at
            FROM calls INDEXED BY {index}
            created_at >= ?1 AND created_at <= ?2 AND created_at <= ?3 AND (created_at < ?3 OR id < ?4)"
        )
    };
    let (sql, party) = match (&wanted.to, &wanted.from, &wanted.number) {
        (Some(to), _, _) => (select(TO), Some(to)),
        (None, Some(from), _) => (select(FROM), Some(from)),
        // Both indexes are walked side by side; a call to oneself is in the first alone.
        (None, None, Some(number)) => {
            (format!("{} UNION ALL {} AND to_number <> ?5", select(TO), select(FROM)), Some(number))
        }
        (None, None, None) => (select("calls_figures WHERE"), None),
    };
    let sql = format!("{sql} ORDER BY created_at DESC, id DESC");
    let (at, id) = match wanted.after {
        Some(id) => (made_at(connection, id)?, id.to_string()),
        None => (i64::MAX, String::new()),
    };
    let since = wanted.since.map_or(i64::MIN, |since| since.as_millis());
    let until = wanted.until.map_or(i64::MAX, |until| until.as_millis().saturating_sub(1));
    let mut with = vec![Value::from(since), Value::from(until), Value::from(at), Value::from(id)];
    with.extend(party.map(|party| Value::from(party.clone())));
    Ok((sql, with))
}

/// When a call was made. Of one that retention took since, its name tells.
fn made_at(connection: &Connection, id: CallId) -> Result<i64, Fault> {
    let known = value(connection, "SELECT created_at FROM calls WHERE id = ?1", [id.to_string()])?;
    // A UUID of version 7 begins with 48 bits of milliseconds.
    Ok(known.unwrap_or_else(|| i64::try_from(id.bits() >> 80).unwrap_or(i64::MAX)))
}

/// The call of a row, if it is like that. Its columns are looked at first: to read the whole of a call takes
/// longer than all else.
fn fitting(connection: &Connection, row: &Row<'_>, wanted: &CallSearch) -> Result<Option<Kept>, Fault> {
    let is = |column: usize, wanted: Option<&str>| -> Result<bool, Fault> {
        let Some(wanted) = wanted else { return Ok(true) };
        Ok(row.get_ref(column)?.as_str().is_ok_and(|found| found == wanted))
    };
    let state = wanted.state.as_deref().or(wanted.ending.as_ref().map(|_| "ended"));
    let is_like = is(1, state)?
        && is(3, wanted.carrier.as_deref())?
        && is(6, wanted.from.as_deref())?
        && is(7, wanted.ending.as_deref())?;
    if !is_like {
        return Ok(None);
    }
    let call: Call = parsed("a call", row, 5)?;
    if !wanted.fits(&call) || !is_said(connection, call.facts.id, wanted)? {
        return Ok(None);
    }
    Ok(Some(Kept { version: count(row.get(4)?)?, call }))
}

/// Whether what is looked for was said on this call.
fn is_said(connection: &Connection, id: CallId, wanted: &CallSearch) -> Result<bool, Fault> {
    if wanted.said.is_none() {
        return Ok(true);
    }
    let sql = format!("SELECT event FROM events WHERE call_id = ?1 AND kind IN ({SPEAKING})");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.to_string()])?;
    while let Some(row) = rows.next()? {
        let event: Event = parsed("an event", row, 0)?;
        if wanted.is_said(&event.news) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// By whom it went to.
const TO: &str = "calls_to WHERE to_number = ?5 AND";
/// By whom it came from.
const FROM: &str = "calls_from WHERE from_number = ?5 AND";
/// So many calls are looked at in one search: some hundredths of a second.
const LOOKED_AT_MAX: usize = 10_000;
/// And so many whose logs must be read.
const LISTENED_MAX: usize = 1_000;
