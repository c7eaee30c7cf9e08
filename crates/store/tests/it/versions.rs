//! Stores that earlier versions wrote, as SQL: they open, and say the same as they did then.
//!
//! `fixtures/vN.sql` is what version N of the schema wrote. Such a file is never changed once its
//! version is released. To write the one of the current version:
//! `UPDATE_SNAPSHOTS=1 cargo test -p store a_store_of_every`.

use crate::lives::{admitted, asked, at, ended, event, hear, id, leg, offered, progressed};
use call::News;
use call::call::{EndedBy, Progress};
use rusqlite::Connection;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use store::sqlite::{SqliteHistory, SqliteStore};
use store::{CallQuery, History, KeyUse, Store, StoreError};

/// The fixtures, and the sequence of states in each, oldest call first.
const FIXTURES: &[(&str, &str)] = &[
    ("v1.sql", FIRST_STATES),
    ("v2.sql", FIRST_STATES),
    ("v3.sql", FIRST_STATES),
    ("v4.sql", FIRST_STATES),
    ("v5.sql", FIRST_STATES),
];
const FIRST_STATES: &str =
    "queued placing initiated ringing offered answering in_progress hanging_up ended ended";

#[test]
fn a_store_of_every_earlier_version_opens() {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        write_the_fixture_of_this_version();
    }
    for (fixture, states) in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db");
        let sql = fs::read_to_string(fixtures().join(fixture)).unwrap();
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();

        let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
        let mut history = SqliteHistory::open(&path).unwrap();
        let mut calls = history.calls(&CallQuery { limit: 99, ..CallQuery::default() }).unwrap();
        calls.reverse();
        let words: Vec<_> = calls.iter().map(|kept| kept.call.state.word()).collect();
        assert_eq!(words.join(" "), *states, "{fixture}");
        for kept in &calls {
            let log = history.events(kept.call.facts.id, 0, 99).unwrap();
            assert_eq!(log.last().unwrap().version, kept.version);
        }
        assert_eq!(history.setting("paused").unwrap().as_deref(), Some("by hand"));
        assert_eq!(history.recovered(99).unwrap().1.len(), 8);
        let live = calls.iter().filter(|kept| kept.call.state.is_live()).count();
        store
            .turn(&mut |page| {
                assert_eq!(page.live()?, u64::try_from(live).unwrap());
                assert_eq!(page.key_use("key")?.unwrap().call, id(1));
                assert_eq!(page.call_by_leg(&crate::lives::carrier(), &leg(9))?, Some(id(9)));
                hear(page, 1, &admitted(50))
            })
            .unwrap();
    }
}

#[test]
fn a_newer_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    drop(SqliteStore::open(&path, at(0)).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 77).unwrap();
    let errors = [
        SqliteStore::open(&path, at(0)).map(|_| ()).unwrap_err(),
        SqliteHistory::open(&path).map(|_| ()).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::FromTheFuture { found: 77, .. }), "{error:?}");
    }
}

/// Writes what the current version writes into the source tree.
fn write_the_fixture_of_this_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    write_one_of_each(&mut SqliteStore::open(&path, at(0)).unwrap().store);
    let connection = Connection::open(&path).unwrap();
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    fs::write(fixtures().join(format!("v{version}.sql")), dump(&connection, version)).unwrap();
}

/// A call in each state, and one that is over while a stray leg of it rings.
fn write_one_of_each(store: &mut SqliteStore) {
    let hang_up = News::HangUpRequested { by: EndedBy::Agent, cause: "done".to_owned() };
    let lives = [
        vec![asked(1, 1)],
        vec![asked(2, 2), admitted(3)],
        vec![asked(3, 3), admitted(4), event(5, News::Placed { leg: leg(3), also: None })],
        vec![asked(4, 4), admitted(5), progressed(6, leg(4), Progress::Ringing)],
        vec![offered(5, 5, leg(5))],
        vec![offered(6, 6, leg(6)), event(7, News::AnswerRequested)],
        vec![offered(7, 7, leg(7)), progressed(8, leg(7), Progress::InProgress)],
        vec![offered(8, 8, leg(8)), event(9, hang_up)],
        vec![offered(9, 9, leg(9)), ended(10, leg(9))],
        vec![offered(10, 10, leg(10)), ended(11, leg(10)), progressed(12, leg(11), Progress::Ringing)],
    ];
    store
        .turn(&mut |page| {
            for (n, life) in (1..).zip(&lives) {
                life.iter().try_for_each(|event| hear(page, n, event))?;
            }
            page.keep_key("key", &KeyUse { call: id(1), digest: "digest".to_owned() }, at(1))?;
            page.set_setting("paused", Some("by hand"))?;
            page.set_next_dial_at(&crate::lives::carrier(), at(3))?;
            page.note_start(at(20)).map(|_| ())
        })
        .unwrap();
}

fn dump(connection: &Connection, version: u32) -> String {
    let mut sql = format!("PRAGMA application_id = 0x6f666668;\nPRAGMA user_version = {version};\n");
    let named = |sql: &str| -> Vec<(String, String)> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for (name, table) in named(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table'
        AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    ) {
        writeln!(sql, "{table};").unwrap();
        let columns =
            named(&format!("SELECT name, 'quote(' || name || ')' FROM pragma_table_info('{name}')"));
        let quoted: Vec<_> = columns.into_iter().map(|(_, quoted)| quoted).collect();
        let rows = format!("SELECT '', {} FROM {name} ORDER BY 2", quoted.join(" || ', ' || "));
        for (_, row) in named(&rows) {
            writeln!(sql, "INSERT INTO {name} VALUES ({row});").unwrap();
        }
    }
    for (_, index) in named("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL") {
        writeln!(sql, "{index};").unwrap();
    }
    sql
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
