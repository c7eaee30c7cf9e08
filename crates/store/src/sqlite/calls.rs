//! Calls as rows: read, appended to, and found by what is known of them.

use super::fault::Fault;
use crate::history::{Kept, KeptEvent, LogLine};
use call::call::Over;
use call::{Call, CallId, CallState, CarrierCallId, CarrierName, Event, Party, Timestamp};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Error, ErrorCode, OptionalExtension, Params, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The call of this name.
pub(super) fn read(connection: &Connection, id: CallId) -> Result<Option<Kept>, Fault> {
    let mut found = kept(connection, "SELECT version, call FROM calls WHERE id = ?1", [id.to_string()])?;
    Ok(found.pop())
}

/// The calls of a query whose first two columns are `version` and `call`.
pub(super) fn kept(connection: &Connection, sql: &str, with: impl Params) -> Result<Vec<Kept>, Fault> {
    rows(connection, sql, with, one)
}

/// The call of a row whose first two columns are `version` and `call`.
pub(super) fn one(row: &Row<'_>) -> Result<Kept, Fault> {
    Ok(Kept { version: count(row.get(0)?)?, call: parsed("a call", row, 1)? })
}

/// The rows of a query, each read by `read`.
pub(super) fn rows<T>(
    connection: &Connection,
    sql: &str,
    with: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(with)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The one value of a query, if it finds a row.
pub(super) fn value<T: FromSql>(
    connection: &Connection,
    sql: &str,
    with: impl Params,
) -> Result<Option<T>, Fault> {
    Ok(connection.prepare_cached(sql)?.query_row(with, |row| row.get(0)).optional()?)
}

/// Appends an event to the log of its call and writes what the call became. A conflict is found
/// before anything is written.
pub(super) fn write(
    connection: &Connection,
    call: &Call,
    event: &Event,
    was: Option<&Kept>,
) -> Result<(), Fault> {
    let id = call.facts.id.to_string();
    let unknown = unknown_legs(connection, call, &id)?;
    let old = stored(was.map_or(0, |was| was.version));
    match was {
        None => insert(connection, &id, call)?,
        Some(was) => update(connection, &id, call, was)?,
    }
    for leg in unknown {
        let mut insert =
            connection.prepare_cached("INSERT INTO legs (carrier, leg, call_id) VALUES (?1, ?2, ?3)")?;
        insert.execute(params![call.facts.carrier.as_str(), leg.as_str(), id])?;
    }
    connection.prepare_cached(APPEND)?.execute(params![
        id,
        old + 1,
        event.at.as_millis(),
        event.news.word(),
        word(&event.source)?,
        json(event)?,
    ])?;
    Ok(())
}

/// The call that a carrier's leg belongs to.
pub(super) fn by_leg(
    connection: &Connection,
    carrier: &CarrierName,
    leg: &CarrierCallId,
) -> Result<Option<CallId>, Fault> {
    let sql = "SELECT call_id FROM legs WHERE carrier = ?1 AND leg = ?2";
    value(connection, sql, [carrier.as_str(), leg.as_str()])?.map(id).transpose()
}

/// The call that was imported under this id.
pub(super) fn by_imported_id(connection: &Connection, imported_id: &str) -> Result<Option<CallId>, Fault> {
    value(connection, "SELECT id FROM calls WHERE imported_id = ?1", [imported_id])?.map(id).transpose()
}

/// How many outbound calls to this number were made since, imported ones aside.
pub(super) fn attempts(connection: &Connection, to: &Party, since: Timestamp) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM calls INDEXED BY calls_to
        WHERE direction = 'outbound' AND imported_id IS NULL AND to_number = ?1 AND created_at >= ?2";
    count(value(connection, sql, params![to.as_str(), since.as_millis()])?.unwrap_or(0))
}

/// The log of a call from after `after` on.
pub(super) fn events(
    connection: &Connection,
    id: CallId,
    after: u64,
    limit: usize,
) -> Result<Vec<KeptEvent>, Fault> {
    let sql =
        "SELECT version, event FROM events WHERE call_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3";
    rows(connection, sql, params![id.to_string(), stored(after), at_most(limit)], |row| {
        Ok(KeptEvent { version: count(row.get(0)?)?, event: parsed("an event", row, 1)? })
    })
}

/// The log of all calls, or of one, in the order in which it was committed.
pub(super) fn log(
    connection: &Connection,
    call: Option<CallId>,
    after: u64,
    limit: usize,
) -> Result<Vec<LogLine>, Fault> {
    let read = |row: &Row<'_>| {
        let kept = KeptEvent { version: count(row.get(2)?)?, event: parsed("an event", row, 3)? };
        Ok(LogLine { place: count(row.get(0)?)?, call: id(row.get(1)?)?, kept })
    };
    match call {
        None => rows(connection, LOG, params![stored(after), at_most(limit)], read),
        Some(call) => {
            rows(connection, LOG_OF_ONE, params![stored(after), at_most(limit), call.to_string()], read)
        }
    }
}

/// A name that we wrote.
pub(super) fn id(text: String) -> Result<CallId, Fault> {
    text.parse().map_err(|error| Fault::Unreadable(format!("{error}")))
}

/// A number that is never negative.
pub(super) fn count(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| Fault::Unreadable(format!("a count of {number}")))
}

/// A bound as SQLite takes it.
pub(super) fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The legs of the call that nobody has yet.
fn unknown_legs<'c>(
    connection: &Connection,
    call: &'c Call,
    id: &str,
) -> Result<Vec<&'c CarrierCallId>, Fault> {
    let mut unknown = Vec::new();
    for leg in call.leg().into_iter().chain(&call.also).chain(call.strays.iter().map(|stray| &stray.leg)) {
        let sql = "SELECT call_id FROM legs WHERE carrier = ?1 AND leg = ?2";
        let owner: Option<String> = value(connection, sql, [call.facts.carrier.as_str(), leg.as_str()])?;
        match owner {
            None => unknown.push(leg),
            Some(owner) if owner == id => {}
            Some(owner) => return Err(Fault::Conflict(format!("leg {leg} of {id}, which is {owner}'s,"))),
        }
    }
    Ok(unknown)
}

fn insert(connection: &Connection, id: &str, call: &Call) -> Result<(), Fault> {
    let facts = &call.facts;
    let inserted = connection.prepare_cached(INSERT)?.execute(params![
        id,
        call.state.word(),
        call.leg().map(CarrierCallId::as_str),
        call.answered_at().map(Timestamp::as_millis),
        ended_at(call).map(Timestamp::as_millis),
        call.due_at().map(Timestamp::as_millis),
        call.not_before().map(Timestamp::as_millis),
        json(call)?,
        word(&facts.direction)?,
        facts.from.as_str(),
        facts.to.as_str(),
        facts.carrier.as_str(),
        facts.imported_id,
        facts.created_at.as_millis(),
        facts.placed_by,
        ending(call),
    ]);
    match inserted {
        Ok(_) => Ok(()),
        Err(Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::ConstraintViolation => {
            Err(Fault::Conflict(format!("call {id}")))
        }
        Err(error) => Err(error.into()),
    }
}

/// What is settled about a call doesn't change, so its columns aren't written again; only its way
/// does, when a carrier refuses it.
fn update(connection: &Connection, id: &str, call: &Call, was: &Kept) -> Result<(), Fault> {
    let due_at = call.due_at().map(Timestamp::as_millis);
    let as_it_was = due_at.is_some() && call.due_at() == was.call.due_at();
    let updated = connection.prepare_cached(UPDATE)?.execute(params![
        id,
        call.state.word(),
        call.leg().map(CarrierCallId::as_str),
        call.answered_at().map(Timestamp::as_millis),
        ended_at(call).map(Timestamp::as_millis),
        due_at,
        call.not_before().map(Timestamp::as_millis),
        json(call)?,
        stored(was.version),
        call.facts.carrier.as_str(),
        as_it_was,
        ending(call),
    ])?;
    if updated == 1 { Ok(()) } else { Err(Fault::Conflict(format!("call {id}"))) }
}

fn ended_at(call: &Call) -> Option<Timestamp> {
    over(call).map(|over| over.ended_at)
}

/// The word for how it ended.
fn ending(call: &Call) -> Option<&'static str> {
    over(call).map(|over| over.ending.kind.word())
}

fn over(call: &Call) -> Option<&Over> {
    match &call.state {
        CallState::Ended(over) => Some(over),
        CallState::Queued(_)
        | CallState::Placing(_)
        | CallState::Initiated(_)
        | CallState::Ringing(_)
        | CallState::Offered(_)
        | CallState::Answering(_)
        | CallState::InProgress(_)
        | CallState::HangingUp(_) => None,
    }
}

/// What is kept of a value.
pub(super) fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Unreadable(error.to_string()))
}

/// The word that serde writes for a variant without fields.
fn word(value: &impl Serialize) -> Result<String, Fault> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

/// A value that was kept as [`json`].
pub(super) fn parsed<T: DeserializeOwned>(what: &str, row: &Row<'_>, column: usize) -> Result<T, Fault> {
    let text = row.get_ref(column)?.as_str().map_err(|error| Fault::Unreadable(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| Fault::Unreadable(format!("{what} can't be read: {error}")))
}

fn stored(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

const INSERT: &str = "INSERT INTO calls (id, version, state, carrier_call_id, answered_at, ended_at, due_at,
    not_before, call, direction, from_number, to_number, carrier, imported_id, created_at,
    placed_by, ending) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

const UPDATE: &str =
    "UPDATE calls SET version = version + 1, state = ?2, carrier_call_id = ?3, answered_at = ?4,
    ended_at = ?5, due_at = CASE WHEN ?11 THEN min(due_at, ?6) ELSE ?6 END, not_before = ?7, call = ?8,
    carrier = ?10, ending = ?12 WHERE id = ?1 AND version = ?9";

const APPEND: &str =
    "INSERT INTO events (call_id, version, at, kind, source, event) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const LOG: &str =
    "SELECT place, call_id, version, event FROM events WHERE place > ?1 ORDER BY place LIMIT ?2";

/// In the order of its versions, which is that of its places, so that only its own lines are read.
const LOG_OF_ONE: &str = "SELECT place, call_id, version, event FROM events
    WHERE call_id = ?3 AND place > ?1 ORDER BY version LIMIT ?2";
