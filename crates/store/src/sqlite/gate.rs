//! What the dial gate reads and keeps, as rows.

use super::calls::{at_most, count, id, json, parsed, rows, value};
use super::fault::Fault;
use super::page::SqlitePage;
use crate::gate::{DoNotCall, GatePage, KeptRecord, RECORDS_MAX, RecordQuery};
use crate::page::StoreError;
use call::gate::{Listed, ListedBy, Record};
use call::{CarrierName, Party, PhoneNumber, Timestamp};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

impl GatePage for SqlitePage<'_> {
    fn live_at(&mut self, carrier: &CarrierName) -> Result<u64, StoreError> {
        self.run(|connection| {
            let sql = "SELECT count(*) FROM calls INDEXED BY calls_at_carrier
                WHERE state <> 'ended' AND carrier = ?1 AND state <> 'queued'";
            count(value(connection, sql, [carrier.as_str()])?.unwrap_or(0))
        })
    }

    fn rejected_at(&mut self, to: &Party, since: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.run(|connection| {
            let sql = "SELECT max(ended_at) FROM calls INDEXED BY calls_rejected
                WHERE direction = 'outbound' AND state = 'ended'
                AND json_extract(call, '$.state.ended.ending.kind') = 'rejected'
                AND to_number = ?1 AND ended_at >= ?2";
            let latest: Option<Option<i64>> =
                value(connection, sql, params![to.as_str(), since.as_millis()])?;
            Ok(latest.flatten().map(Timestamp))
        })
    }

    fn minutes(
        &mut self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<CarrierName, u64>, StoreError> {
        self.run(|connection| {
            let sql = "SELECT carrier, sum(max((coalesce(ended_at, ?2) - answered_at + 59999) / 60000, 1))
                FROM calls INDEXED BY calls_talked
                WHERE direction = 'outbound' AND answered_at IS NOT NULL AND answered_at >= ?1
                GROUP BY carrier";
            let found = rows(connection, sql, params![since.as_millis(), now.as_millis()], |row| {
                Ok((CarrierName(row.get(0)?), count(row.get(1)?)?))
            })?;
            Ok(found.into_iter().collect())
        })
    }

    fn listed(&mut self, number: &PhoneNumber) -> Result<Option<Listed>, StoreError> {
        self.run(|connection| {
            let sql = "SELECT number, at, listed_by, reason, call_id FROM do_not_call WHERE number = ?1";
            let found = rows(connection, sql, [number.as_str()], entry)?;
            Ok(found.into_iter().next().map(|found| found.entry))
        })
    }

    fn list(&mut self, number: &PhoneNumber, entry: &Listed) -> Result<bool, StoreError> {
        self.run(|connection| {
            let sql = "INSERT INTO do_not_call (number, at, listed_by, reason, call_id)
                VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let call = entry.call.map(|call| call.to_string());
            let at = entry.at.as_millis();
            let values = params![number.as_str(), at, entry.by.word(), entry.reason, call];
            Ok(connection.prepare_cached(sql)?.execute(values)? > 0)
        })
    }

    fn unlist(&mut self, number: &PhoneNumber) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("DELETE FROM do_not_call WHERE number = ?1")?
                .execute([number.as_str()])?;
            Ok(())
        })
    }

    fn record(&mut self, record: &Record) -> Result<(), StoreError> {
        self.run(|connection| {
            let sql = "INSERT INTO gate (at, decided, to_number, record) VALUES (?1, ?2, ?3, ?4)";
            let (at, decided) = (record.at.as_millis(), record.decided.word());
            connection.prepare_cached(sql)?.execute(params![at, decided, record.to, json(record)?])?;
            let oldest = connection.last_insert_rowid() - i64::try_from(RECORDS_MAX).unwrap_or(i64::MAX);
            connection.prepare_cached("DELETE FROM gate WHERE id <= ?1")?.execute([oldest])?;
            Ok(())
        })
    }
}

/// Entries of the do-not-call list after this number, in the order of the numbers.
pub(super) fn do_not_call(
    connection: &Connection,
    after: Option<&PhoneNumber>,
    limit: usize,
) -> Result<Vec<DoNotCall>, Fault> {
    let sql = "SELECT number, at, listed_by, reason, call_id FROM do_not_call
        WHERE number > ?1 ORDER BY number LIMIT ?2";
    rows(connection, sql, params![after.map_or("", PhoneNumber::as_str), at_most(limit)], entry)
}

/// Decisions, the newest first.
pub(super) fn records(connection: &Connection, query: &RecordQuery) -> Result<Vec<KeptRecord>, Fault> {
    let sql = if query.refused { REFUSED } else { RECORDS };
    let before = query.before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    rows(connection, sql, params![before, at_most(query.limit)], |row| {
        Ok(KeptRecord { id: count(row.get(0)?)?, record: parsed("a decision of the gate", row, 1)? })
    })
}

fn entry(row: &Row<'_>) -> Result<DoNotCall, Fault> {
    let (number, by): (String, String) = (row.get(0)?, row.get(2)?);
    // It was checked against the plans when it came in, and plans change.
    let Party::Number(number) = Party::from(number.clone()) else {
        return Err(Fault::Unreadable(format!("{number:?} on the do-not-call list is no number")));
    };
    let by = ListedBy::read(&by)
        .ok_or_else(|| Fault::Unreadable(format!("{by:?} put numbers on the do-not-call list")))?;
    let call = row.get::<_, Option<String>>(4)?.map(id).transpose()?;
    let entry = Listed { at: Timestamp(row.get(1)?), by, reason: row.get(3)?, call };
    Ok(DoNotCall { number, entry })
}

const RECORDS: &str = "SELECT id, record FROM gate WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
const REFUSED: &str = "SELECT id, record FROM gate INDEXED BY gate_refused
    WHERE decided = 'refused' AND id < ?1 ORDER BY id DESC LIMIT ?2";
