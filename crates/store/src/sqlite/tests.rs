//! What can only be tried from inside: a disk that is full, and steps that no release has yet.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../tests/it/lives.rs"]
#[expect(dead_code, reason = "the tests from outside use more of it")]
mod lives;

use super::page::SqlitePage;
use super::schema::{STEPS, migrate};
use super::{Opened, SqliteHistory, SqliteStore};
use crate::{CallQuery, History, Page, Store, StoreError};
use lives::{asked, at, hear, id};
use rusqlite::Connection;
use std::path::PathBuf;
use tempfile::TempDir;

fn open() -> (TempDir, PathBuf, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let Opened { store, rewound: None, checked: true } = SqliteStore::open(&path, at(0)).unwrap() else {
        panic!()
    };
    (folder, path, store)
}

/// Leaves no room for more than `pages` further pages.
fn fill_the_disk(store: &SqliteStore, pages: u32) {
    let used: u32 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let sql = format!("PRAGMA max_page_count = {}", used + pages);
    store.connection.query_row(&sql, [], |_| Ok(())).unwrap();
}

fn write_many(page: &mut dyn Page, first: u64) -> Result<(), StoreError> {
    (first..first + 50).try_for_each(|n| hear(page, n, &asked(n, 0)))
}

#[test]
fn a_full_disk_undoes_the_turn_and_nothing_else() {
    let (_folder, path, mut store) = open();
    store.turn(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
    fill_the_disk(&store, 2);
    let full = store.turn(&mut |page| write_many(page, 2)).unwrap_err();
    assert!(matches!(full, StoreError::Unwritable { .. }), "{full:?}");

    let mut history = SqliteHistory::open(&path).unwrap();
    let all = CallQuery { limit: 999, ..CallQuery::default() };
    assert_eq!(history.calls(&all).unwrap().len(), 1);

    fill_the_disk(&store, 9999);
    store.turn(&mut |page| write_many(page, 2)).unwrap();
    assert_eq!(history.calls(&all).unwrap().len(), 51);
    assert_eq!(history.verify_log().unwrap(), []);
}

/// Work that swallows errors must not write on line by line once the transaction is gone.
#[test]
fn a_turn_that_the_database_undid_is_not_written_on() {
    let (_folder, path, store) = open();
    store.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut page = SqlitePage::of(&store.connection, &path);
    hear(&mut page, 1, &asked(1, 0)).unwrap();
    let undone = page.within(&mut |page| {
        // As SQLite may do on its own when the disk is full.
        store.connection.execute_batch("ROLLBACK").unwrap();
        let late = page.write(&lives::next(None, &asked(2, 0)), &asked(2, 0), None);
        assert!(matches!(late, Err(StoreError::Unwritable { .. })), "{late:?}");
        Ok(())
    });
    assert!(matches!(undone, Err(StoreError::Unwritable { .. })), "{undone:?}");
    assert!(page.stands().is_err());
    let n_calls: u32 =
        store.connection.query_row("SELECT count(*) FROM calls", [], |row| row.get(0)).unwrap();
    assert_eq!(n_calls, 0);
}

#[test]
fn a_turn_that_writes_nothing_is_no_turn() {
    let (_folder, _path, mut store) = open();
    let sequence = |store: &SqliteStore| -> i64 {
        store.connection.query_row("SELECT sequence FROM store", [], |row| row.get(0)).unwrap()
    };
    store.turn(&mut |page| page.live().map(|_| ())).unwrap();
    assert_eq!(sequence(&store), 0);
    store.turn(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
    assert_eq!(sequence(&store), 1);
}

#[test]
fn a_panic_undoes_the_turn() {
    let (_folder, path, mut store) = open();
    let turn = std::panic::AssertUnwindSafe(|| {
        store.turn(&mut |page| {
            page.within(&mut |page| hear(page, 1, &asked(1, 0)))?;
            panic!("on purpose")
        })
    });
    std::panic::catch_unwind(turn).unwrap_err();
    assert_eq!(SqliteHistory::open(&path).unwrap().call(id(1)).unwrap(), None);
    store.turn(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
}

/// What a kill between making the file and making its tables leaves behind.
#[test]
fn a_store_that_was_hardly_made_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    drop(connection);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 4096);
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    store.turn(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
}

#[test]
fn every_pragma_is_as_it_should_be() {
    let (_folder, _path, store) = open();
    let read = |name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        store.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(read("journal_mode"), "wal");
    assert_eq!(read("synchronous"), "2");
    assert_eq!(read("foreign_keys"), "0");
    assert_eq!(read("auto_vacuum"), "2");
    assert_eq!(read("temp_store"), "2");
}

#[test]
fn each_step_is_taken_once_and_in_order() {
    let mut connection = Connection::open_in_memory().unwrap();
    let version = |connection: &Connection| -> u32 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    migrate(&mut connection, STEPS).unwrap();
    let steps = [STEPS, &["CREATE TABLE a (b)", "INSERT INTO a VALUES (1)"]].concat();
    migrate(&mut connection, &steps).unwrap();
    migrate(&mut connection, &steps).unwrap();
    let rows: u32 = connection.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
    assert_eq!((rows, version(&connection)), (1, u32::try_from(steps.len()).unwrap()));
}

#[test]
fn a_step_that_fails_leaves_the_version_before_it() {
    let mut connection = Connection::open_in_memory().unwrap();
    let steps = [STEPS, &["CREATE TABLE a (b); CREATE TABLE a (b)"]].concat();
    migrate(&mut connection, &steps).unwrap_err();
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(version).unwrap(), STEPS.len());
    connection.execute("CREATE TABLE a (b)", []).unwrap();
}

/// Whoever adds a column of text says whether it may hold a number, so that nobody is forgotten by
/// half.
#[test]
fn every_column_of_text_is_known_to_forget() {
    let (_folder, _path, store) = open();
    let sql = "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND columns.type = 'TEXT'";
    let mut statement = store.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut columns: Vec<(String, String)> = rows.map(|row| row.unwrap()).collect();
    let with = super::forget::WITH_NUMBERS.iter().map(|(table, column, _)| (table, column));
    let without = super::forget::WITHOUT_NUMBERS.iter().map(|(table, column)| (table, column));
    let mut known: Vec<(String, String)> =
        with.chain(without).map(|(table, column)| ((*table).to_owned(), (*column).to_owned())).collect();
    columns.sort();
    known.sort();
    assert_eq!(columns, known);
}
