//! Erasing a person: their number everywhere, and what was said in the calls that were theirs.
//!
//! The one place that changes what was appended. The number becomes a token that nobody can turn
//! back, the same in every row, so that what is counted stays counted. Then the file is made anew,
//! since what was deleted stays in its pages, and searched for the digits.

use super::calls::{self, rows, value};
use super::fault::{self, Fault, shown};
use super::{SqliteStore, files};
use crate::page::StoreError;
use crate::rebuild::rebuild;
use call::PhoneNumber;
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The person's calls, of which it was all.
    pub calls: usize,
    /// Rows of others that named the number.
    pub mentions: usize,
    /// Keys that named it.
    pub keys: usize,
}

/// Why a person was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The store can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A call with that number isn't over, or something is owed of it. Nothing was changed.
    #[error(
        "{n_calls} calls with this number are not over, or something is owed of them, such as {call} ({state}); hang up, \
         or let the gateway fetch or delete what the carrier recorded, and try again"
    )]
    Lives {
        /// How many there are.
        n_calls: usize,
        /// The first.
        call: String,
        /// How it stands.
        state: String,
    },
    /// It is the gateway's side of some call. Nothing was changed.
    #[error("this is one of the gateway's own numbers: all its calls would be forgotten")]
    Own,
    /// The rows are clean and the file could not be: it may be tried again.
    #[error("the number is out of every row, but not yet out of {path}: {why}; try again")]
    Remains {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

/// How a column holds a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    /// It is one: it becomes the token.
    Number,
    /// In a document, with or without what was said.
    Json,
    /// Somewhere in a text.
    Text,
    /// In a name that must not be given again: the row goes.
    Name,
    /// In a digest, from which it can be guessed: that of a call of theirs goes with the call.
    Digest,
}

/// Every column that may hold a number, or what was said: who adds a table adds its columns here,
/// or to `WITHOUT_NUMBERS`. A test holds the two against the schema.
pub(super) const WITH_NUMBERS: &[(&str, &str, Holds)] = &[
    ("calls", "from_number", Holds::Number),
    ("calls", "to_number", Holds::Number),
    ("calls", "call", Holds::Json),
    ("calls", "imported_id", Holds::Text),
    ("events", "event", Holds::Json),
    ("keys", "key", Holds::Name),
    ("keys", "digest", Holds::Digest),
    ("settings", "value", Holds::Text),
    ("gate", "to_number", Holds::Number),
    ("gate", "record", Holds::Json),
    ("tokens", "may", Holds::Json),
    ("access", "number", Holds::Number),
    // Whoever asks chooses it.
    ("access", "request_id", Holds::Text),
];

/// The other columns of text.
#[cfg(test)]
pub(super) const WITHOUT_NUMBERS: &[(&str, &str)] = &[
    ("store", "id"),
    ("calls", "id"),
    ("calls", "state"),
    ("calls", "direction"),
    ("calls", "carrier"),
    ("calls", "carrier_call_id"),
    ("calls", "ending"),
    ("events", "call_id"),
    ("events", "kind"),
    ("events", "source"),
    ("legs", "carrier"),
    ("legs", "leg"),
    ("legs", "call_id"),
    ("keys", "call_id"),
    ("pace", "carrier"),
    ("settings", "name"),
    ("recovered", "call_id"),
    ("recovered", "believed"),
    ("gate", "decided"),
    // No name of a token is as long in digits as a number.
    ("calls", "placed_by"),
    ("tokens", "name"),
    ("tokens", "hash"),
    ("tokens", "old_hash"),
    ("access", "token"),
    ("access", "verb"),
    ("access", "call_id"),
    ("access", "outcome"),
    ("access", "address"),
    // Who asked never to be called is not forgotten: they would be called again.
    ("do_not_call", "number"),
    ("do_not_call", "listed_by"),
    ("do_not_call", "reason"),
    ("do_not_call", "call_id"),
];

impl SqliteStore {
    /// Erases a person by their number: in every row the number becomes a token, and of the calls
    /// that were theirs all texts, keys pressed and speech are taken out. The file and its
    /// write-ahead log don't have the digits any more when this returns. Takes seconds for a large
    /// store, in which it can't be written otherwise.
    ///
    /// # Errors
    /// [`ForgetError`]; but for [`ForgetError::Remains`], nothing was changed.
    pub fn forget(&mut self, number: &PhoneNumber) -> Result<Forgotten, ForgetError> {
        let path = self.path.clone();
        let at = |fault: Fault| ForgetError::Store(fault.at(&path));
        let pragma = |connection: &Connection, name: &str, value: &str| {
            connection.pragma_update(None, name, value).map_err(fault::at(&path))
        };
        pragma(&self.connection, "secure_delete", "ON")?;
        // A file is made anew of another one as large, which need not fit into memory.
        pragma(&self.connection, "temp_store", "FILE")?;
        pragma(&self.connection, "auto_vacuum", "INCREMENTAL")?;
        let turn = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fault::at(&path))?;
        refuse(&turn, number).map_err(at)??;
        let forgotten = rewrite(&turn, number).map_err(at)?;
        let sequence = value(&turn, "UPDATE store SET sequence = sequence + 1 RETURNING sequence", []);
        let sequence: Option<i64> = sequence.map_err(at)?;
        turn.commit().map_err(fault::at(&path))?;
        self.seen.note(sequence.unwrap_or_default());
        let remains = |why: String| ForgetError::Remains { path: shown(&path), why };
        self.connection.execute_batch("VACUUM").map_err(|error| remains(error.to_string()))?;
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| remains(error.to_string()))?;
        if busy != 0 {
            return Err(remains("somebody reads it".to_owned()));
        }
        for suffix in ["", "-wal"] {
            let file = files::beside(&path, suffix);
            if holds(&file, digits(number).as_bytes()).map_err(|error| remains(error.to_string()))? {
                return Err(remains("the digits are still in it".to_owned()));
            }
        }
        Ok(forgotten)
    }
}

/// Refuses what must not be forgotten now.
fn refuse(connection: &Connection, number: &PhoneNumber) -> Result<Result<(), ForgetError>, Fault> {
    let own = "SELECT count(*) FROM calls WHERE (direction = 'outbound' AND from_number = ?1)
        OR (direction = 'inbound' AND to_number = ?1)";
    if value::<i64>(connection, own, [number.as_str()])?.unwrap_or(0) > 0 {
        return Ok(Err(ForgetError::Own));
    }
    // A call of somebody else may be about to be put through to them.
    let open = "SELECT id, state FROM calls WHERE (state <> 'ended' OR due_at IS NOT NULL)
        AND (from_number = ?1 OR to_number = ?1 OR instr(call, ?2) > 0) ORDER BY id";
    let open: Vec<(String, String)> =
        rows(connection, open, [number.as_str(), digits(number)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let n_calls = open.len();
    Ok(match open.into_iter().next() {
        Some((call, state)) => Err(ForgetError::Lives { n_calls, call, state }),
        None => Ok(()),
    })
}

fn rewrite(connection: &Connection, number: &PhoneNumber) -> Result<Forgotten, Fault> {
    let token: Option<String> = value(connection, "SELECT 'forgotten-' || lower(hex(randomblob(8)))", [])?;
    let person =
        Person { number: number.as_str(), digits: digits(number), token: &token.unwrap_or_default() };
    let theirs = "SELECT id FROM calls WHERE from_number = ?1 OR to_number = ?1";
    let theirs: Vec<String> = rows(connection, theirs, [person.number], |row| Ok(row.get(0)?))?;
    for id in &theirs {
        rewrite_call(connection, &person, id)?;
        connection.execute("UPDATE keys SET digest = 'forgotten' WHERE call_id = ?1", [id])?;
    }
    let mut forgotten = Forgotten { calls: theirs.len(), ..Forgotten::default() };
    for (table, column, holds) in WITH_NUMBERS {
        match holds {
            Holds::Number => {
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {column} = ?1");
                connection.execute(&sql, [person.number, person.token])?;
            }
            Holds::Json => {
                let found = format!("SELECT rowid, {column} FROM {table} WHERE instr({column}, ?1) > 0");
                let found = rows_of(connection, &found, person.digits)?;
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1");
                forgotten.mentions += write(connection, &sql, &found, &person, false)?;
            }
            Holds::Text => {
                let sql = format!(
                    "UPDATE {table} SET {column} = replace({column}, ?1, ?2) WHERE instr({column}, ?1) > 0"
                );
                forgotten.mentions += connection.execute(&sql, [person.digits, person.token])?;
            }
            Holds::Name => {
                let sql = format!("DELETE FROM {table} WHERE instr({column}, ?1) > 0");
                forgotten.keys += connection.execute(&sql, [person.digits])?;
            }
            Holds::Digest => {}
        }
    }
    Ok(forgotten)
}

/// Takes out of a call of theirs what was said. What it then is, its log says, where it said so before;
/// of what an older offhook wrote, or of half a log, the call is rewritten as its events are.
fn rewrite_call(connection: &Connection, person: &Person<'_>, id: &str) -> Result<(), Fault> {
    let name = calls::id(id.to_owned())?;
    let log = || calls::events(connection, name, 0, usize::MAX);
    let call = calls::read(connection, name)?.map(|kept| kept.call);
    let is_told = rebuild(&log()?) == call;
    let events = rows_of(connection, "SELECT rowid, event FROM events WHERE call_id = ?1", id)?;
    write(connection, "UPDATE events SET event = ?2 WHERE rowid = ?1", &events, person, true)?;
    if let Some(call) = rebuild(&log()?).filter(|_| is_told) {
        let json = serde_json::to_string(&call).map_err(|error| Fault::Unreadable(error.to_string()))?;
        connection.execute("UPDATE calls SET call = ?2 WHERE id = ?1", [id, &json])?;
    } else {
        let calls = rows_of(connection, "SELECT rowid, call FROM calls WHERE id = ?1", id)?;
        write(connection, "UPDATE calls SET call = ?2 WHERE rowid = ?1", &calls, person, true)?;
    }
    Ok(())
}

/// Who is forgotten.
struct Person<'a> {
    number: &'a str,
    digits: &'a str,
    token: &'a str,
}

fn rows_of(connection: &Connection, sql: &str, with: &str) -> Result<Vec<(i64, String)>, Fault> {
    rows(connection, sql, [with], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn write(
    connection: &Connection,
    sql: &str,
    rows: &[(i64, String)],
    person: &Person<'_>,
    theirs: bool,
) -> Result<usize, Fault> {
    for (row, text) in rows {
        let mut json: Value =
            serde_json::from_str(text).map_err(|error| Fault::Unreadable(error.to_string()))?;
        person.take_out(&mut json, "", "", theirs);
        connection.prepare_cached(sql)?.execute(params![row, json.to_string()])?;
    }
    Ok(rows.len())
}

impl Person<'_> {
    /// Takes the number out of everything, and out of what is `theirs` also what was said. Ids of
    /// the carrier stay: they say nothing to who can't ask the carrier.
    fn take_out(&self, json: &mut Value, key: &str, within: &str, theirs: bool) {
        match json {
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(field, json)| self.take_out(json, field, key, theirs));
            }
            Value::Array(all) => all.iter_mut().for_each(|json| self.take_out(json, key, within, theirs)),
            // A dot for each letter: how long a sentence takes decides when its command was over, and
            // a log must still rebuild to its call.
            Value::String(text) if theirs && SAID.contains(&key) => {
                *json = Value::String(text.chars().map(|_| '·').collect());
            }
            Value::String(text) if text == self.number => {
                // Who a call was put through to must be a number: one that nobody can have.
                let in_its_place = if within == "transfer" { NOBODY } else { self.token };
                *json = Value::String(in_its_place.to_owned());
            }
            Value::String(text) if text.contains(self.digits) && !IDS.contains(&key) => {
                *json = Value::String(text.replace(self.digits, self.token));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn digits(number: &PhoneNumber) -> &str {
    number.as_str().trim_start_matches('+')
}

/// Whether a file has these bytes anywhere; one that isn't there has none.
fn holds(path: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    let mut chunk = vec![0; CHUNK];
    let mut kept = 0;
    loop {
        let n_read = file.read(&mut chunk[kept..])?;
        let n_bytes = kept + n_read;
        if chunk[..n_bytes].windows(bytes.len()).any(|window| window == bytes) {
            return Ok(true);
        }
        if n_read == 0 {
            return Ok(false);
        }
        // They may lie across two chunks.
        let overlap = n_bytes.min(bytes.len());
        chunk.copy_within(n_bytes - overlap..n_bytes, 0);
        kept = overlap;
    }
}

/// The fields in which something is said, pressed, or told in free words.
const SAID: [&str; 8] = ["say", "text", "digits", "speech", "url", "reason", "detail", "what"];
/// The fields with names that a carrier gave.
const IDS: [&str; 5] = ["leg", "was", "also", "id", "event_id"];
/// A number that nobody can have: no exchange of the North American plan begins with 0.
const NOBODY: &str = "+12000000000";
/// So much of a file is searched at once.
const CHUNK: usize = 1 << 20;
