//! Tokens, and what was asked for with them, as rows.

use super::calls::{at_most, count, id, json, parsed, rows, value};
use super::fault::Fault;
use super::page::SqlitePage;
use crate::access::{AccessLine, AccessPage, AccessQuery, DONE, KeptLine, KeptToken, REFUSALS_MAX};
use crate::page::StoreError;
use call::{CallId, Timestamp};
use rusqlite::{Connection, Row, params};

impl AccessPage for SqlitePage<'_> {
    fn token(&mut self, name: &str) -> Result<Option<KeptToken>, StoreError> {
        self.run(|connection| {
            let sql = format!("SELECT {TOKEN} FROM tokens WHERE name = ?1");
            Ok(rows(connection, &sql, [name], token)?.pop())
        })
    }

    fn keep_token(&mut self, token: &KeptToken) -> Result<(), StoreError> {
        let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millis);
        self.run(|connection| {
            let sql = format!(
                "INSERT OR REPLACE INTO tokens ({TOKEN}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            );
            connection.prepare_cached(&sql)?.execute(params![
                token.name,
                token.hash,
                token.old.as_ref().map(|(hash, _)| hash),
                token.old.as_ref().map(|(_, until)| until.as_millis()),
                json(&token.grant)?,
                token.created_at.as_millis(),
                millis(token.rotated_at),
                millis(token.expires_at),
                millis(token.last_used_at),
            ])?;
            Ok(())
        })
    }

    fn drop_token(&mut self, name: &str) -> Result<(), StoreError> {
        self.run(|connection| {
            connection.prepare_cached("DELETE FROM tokens WHERE name = ?1")?.execute([name])?;
            Ok(())
        })
    }

    fn placed_by(&mut self, token: &str, since: CallId) -> Result<u64, StoreError> {
        self.run(|connection| {
            let sql = "SELECT count(*) FROM calls WHERE placed_by = ?1 AND id >= ?2";
            count(value(connection, sql, [token, &since.to_string()])?.unwrap_or(0))
        })
    }

    fn note_access(&mut self, line: &AccessLine) -> Result<(), StoreError> {
        self.run(|connection| {
            let sql = "INSERT INTO access (at, token, verb, call_id, number, outcome, address, request_id)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let AccessLine { at, token, verb, call, number, outcome, address, request_id } = line;
            let call = call.map(|call| call.to_string());
            let at = at.as_millis();
            connection
                .prepare_cached(sql)?
                .execute(params![at, token, verb, call, number, outcome, address, request_id])?;
            // To count them is a walk, so it is not done for each.
            if outcome != DONE && connection.last_insert_rowid() % TRIMMED_EVERY == 0 {
                let most = i64::try_from(REFUSALS_MAX).unwrap_or(i64::MAX);
                let oldest = "DELETE FROM access WHERE id IN (SELECT id FROM access INDEXED BY access_refused
                    WHERE outcome <> 'done' ORDER BY id DESC LIMIT -1 OFFSET ?1)";
                connection.prepare_cached(oldest)?.execute([most])?;
            }
            Ok(())
        })
    }

    fn prune_access(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.run(|connection| {
            // The oldest are the first: of the others none is looked at.
            let sql = "DELETE FROM access WHERE at < ?1 AND id IN
                (SELECT id FROM access ORDER BY id LIMIT ?2)";
            Ok(connection.prepare_cached(sql)?.execute(params![before.as_millis(), at_most(limit)])?)
        })
    }
}

/// All tokens, in the order of their names.
pub(super) fn tokens(connection: &Connection) -> Result<Vec<KeptToken>, Fault> {
    rows(connection, &format!("SELECT {TOKEN} FROM tokens ORDER BY name"), [], token)
}

/// What was asked for, the newest first.
pub(super) fn lines(connection: &Connection, query: &AccessQuery) -> Result<Vec<KeptLine>, Fault> {
    let refused =
        if query.refused { "INDEXED BY access_refused WHERE outcome <> 'done' AND" } else { "WHERE" };
    let sql = format!(
        "SELECT id, at, token, verb, call_id, number, outcome, address, request_id FROM access {refused}
        id < ?1 AND (?2 IS NULL OR token = ?2) AND (?3 IS NULL OR verb = ?3) AND (?4 IS NULL OR call_id = ?4)
        ORDER BY id DESC LIMIT ?5"
    );
    let before = query.before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let call = query.call.map(|call| call.to_string());
    let with = params![before, query.token, query.verb, call, at_most(query.limit)];
    rows(connection, &sql, with, |row| {
        let call = row.get::<_, Option<String>>(4)?.map(id).transpose()?;
        let line = AccessLine {
            at: Timestamp(row.get(1)?),
            token: row.get(2)?,
            verb: row.get(3)?,
            call,
            number: row.get(5)?,
            outcome: row.get(6)?,
            address: row.get(7)?,
            request_id: row.get(8)?,
        };
        Ok(KeptLine { id: count(row.get(0)?)?, line })
    })
}

fn token(row: &Row<'_>) -> Result<KeptToken, Fault> {
    let at = |column: usize| -> Result<Option<Timestamp>, Fault> {
        Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
    };
    Ok(KeptToken {
        name: row.get(0)?,
        hash: row.get(1)?,
        old: row.get::<_, Option<String>>(2)?.zip(at(3)?),
        grant: parsed("what a token may do", row, 4)?,
        created_at: Timestamp(row.get(5)?),
        rotated_at: at(6)?,
        expires_at: at(7)?,
        last_used_at: at(8)?,
    })
}

const TOKEN: &str = "name, hash, old_hash, old_until, may, created_at, rotated_at, expires_at, last_used_at";
/// Of so many refusals one looks how many there are.
const TRIMMED_EVERY: i64 = 256;
