//! Files that aren't what they should be: refused with a reason, never read as "no calls", and left
//! as they are.

use crate::lives::{asked, at, hear, id, leg, offered};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::sqlite::{Opened, SqliteHistory, SqliteStore};
use store::{CallQuery, History, Store, StoreError};
use tempfile::TempDir;

const CALLS: u64 = 200;

/// A store with some calls, closed, so that all of it is in one file.
fn filled() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    store.turn(&mut |page| (1..=CALLS).try_for_each(|n| hear(page, n, &offered(n, 0, leg(n))))).unwrap();
    (folder, path)
}

fn refused(path: &Path) -> String {
    let before = fs::read(path).unwrap();
    // A process that another test is about to start still holds what this one has let go.
    let open = || SqliteStore::open(path, at(0)).map(|_| ()).unwrap_err();
    let is_held = |error: &StoreError| matches!(error, StoreError::InUse { .. });
    let mut error = open();
    for _ in 0..500 {
        if !is_held(&error) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        error = open();
    }
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(fs::read(path).unwrap(), before, "what is refused is left as it was");
    error.to_string()
}

fn spoil(path: &Path, spoil: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    spoil(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_no_database_is_refused() {
    for content in
        ["x", "{\"callId\":\"1\"}\n", "SQLite format 3\0", &"telephone ".repeat(1000), &"\0".repeat(8192)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db");
        fs::write(&path, content).unwrap();
        assert!(refused(&path).contains("restore a backup"));
        assert!(SqliteHistory::open(&path).is_err());
    }
}

#[test]
fn an_empty_file_is_an_empty_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    fs::write(&path, "").unwrap();
    let opened = SqliteStore::open(&path, at(0)).unwrap();
    assert_eq!(opened.rewound, None);
}

#[test]
fn a_log_without_its_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    store.turn(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
    let other = folder.path().join("other.db");
    fs::copy(folder.path().join("calls.db-wal"), folder.path().join("other.db-wal")).unwrap();
    let error = SqliteStore::open(&other, at(0)).map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(!other.exists());
}

#[test]
fn a_cut_off_database_is_refused() {
    let (_folder, path) = filled();
    let whole = fs::read(&path).unwrap();
    for length in [16, 100, 1024, 4096, 5000, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = refused(&path);
        assert!(error.contains("damaged or no offhook store"), "{length}: {error}");
    }
}

#[test]
fn a_page_of_zeros_is_noticed() {
    let (_folder, path) = filled();
    let whole = fs::read(&path).unwrap();
    for page in 0..whole.len() / 4096 {
        fs::write(&path, &whole).unwrap();
        spoil(&path, |bytes| bytes[page * 4096..(page + 1) * 4096].fill(0));
        refused(&path);
    }
}

#[test]
fn a_large_store_is_opened_at_once_and_checked_when_there_is_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    let long = "x".repeat(1 << 20);
    store
        .turn(&mut |page| (0..5).try_for_each(|n| page.set_setting(&format!("setting {n}"), Some(&long))))
        .unwrap();
    drop(store);
    assert!(!SqliteStore::open(&path, at(0)).unwrap().checked);
    store::sqlite::check(&path).unwrap();
    // The number of bytes of the long text that a page says it has.
    spoil(&path, |bytes| bytes[4096..8192].fill(0xa5));
    let error = store::sqlite::check(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

/// A flipped bit inside a text can't be noticed by anybody; but whatever is flipped, nothing
/// panics, and what is refused is refused for what it is.
#[test]
fn garbage_is_refused_or_harmless() {
    let (_folder, path) = filled();
    let whole = fs::read(&path).unwrap();
    let mut seed = 7_u64;
    let mut refusals = 0;
    for _ in 0..60 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(seed >> 20).unwrap() % (whole.len() - 64);
        fs::write(&path, &whole).unwrap();
        spoil(&path, |bytes| bytes[place..place + 64].fill(0xa5));
        let found = SqliteStore::open(&path, at(0)).and_then(|opened| {
            let mut history = SqliteHistory::open(&path)?;
            let calls = history.calls(&CallQuery { limit: 999, ..CallQuery::default() })?;
            drop(opened);
            Ok(calls.len())
        });
        match found {
            Ok(found) => assert!(found > 0, "never no calls"),
            Err(StoreError::Damaged { .. }) => refusals += 1,
            Err(error) => panic!("at byte {place}: {error:?}"),
        }
    }
    assert!(refusals > 20, "{refusals}");
}

#[test]
fn another_programs_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE calls (id TEXT)").unwrap();
    drop(other);
    let error = refused(&path);
    assert!(error.contains("application id"), "{error}");
}

#[test]
fn a_row_that_cannot_be_read_is_damage() {
    let (_folder, path) = filled();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE calls SET call = '{}' WHERE id = ?1", [id(3).to_string()]).unwrap();
    drop(other);
    let mut history = SqliteHistory::open(&path).unwrap();
    let error = history.call(id(3)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(history.call(id(4)).unwrap().is_some());
}

/// Opens a store that this process just closed. Another test may be starting a process meanwhile,
/// which holds the lock too until it runs a program of its own.
fn opened(path: &Path) -> Opened {
    for _ in 0..500 {
        match SqliteStore::open(path, at(0)) {
            Err(StoreError::InUse { .. }) => std::thread::sleep(Duration::from_millis(10)),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", path.display());
}

/// After a power cut the log may end anywhere: what is left of it is whole turns, from the first on.
#[test]
fn a_log_cut_anywhere_holds_whole_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    for turn in 0..20 {
        let calls = turn * 3 + 1..=turn * 3 + 3;
        store.turn(&mut |page| calls.clone().try_for_each(|n| hear(page, n, &asked(n, 0)))).unwrap();
    }
    let base = fs::read(&path).unwrap();
    let log = fs::read(folder.path().join("calls.db-wal")).unwrap();
    let cut = folder.path().join("cut.db");
    let mut seen = Vec::new();
    for part in 0..=64 {
        let length = log.len() * part / 64;
        fs::write(&cut, &base).unwrap();
        fs::write(folder.path().join("cut.db-wal"), &log[..length]).unwrap();
        let _ = fs::remove_file(folder.path().join("cut.db-shm"));
        let opened = opened(&cut);
        let mut history = SqliteHistory::open(&cut).unwrap();
        let calls = history.calls(&CallQuery { limit: 999, ..CallQuery::default() }).unwrap();
        assert_eq!(calls.len() % 3, 0, "half a turn");
        assert_eq!(history.verify_log().unwrap(), []);
        seen.push(calls.len());
        drop((history, opened));
    }
    assert!(seen.is_sorted() && seen[64] == 60, "{seen:?}");
}

/// What is written into a file without a name would be gone with the process that has it open.
#[cfg(unix)]
#[test]
fn a_store_that_is_taken_away_takes_nothing_on_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    store.turn(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
    let away = folder.path().join("away");
    for suffix in ["", "-wal"] {
        let name = folder.path().join(format!("calls.db{suffix}"));
        for replaced in [false, true] {
            fs::rename(&name, &away).unwrap();
            if replaced {
                fs::copy(&away, &name).unwrap();
            }
            let gone = store.turn(&mut |page| hear(page, 2, &asked(2, 0))).unwrap_err();
            assert!(matches!(&gone, StoreError::Gone { path } if path.ends_with(suffix)), "{gone}");
            fs::rename(&away, &name).unwrap();
        }
    }
    store.turn(&mut |page| hear(page, 2, &asked(2, 0))).unwrap();
    drop(store);
    let mut history = SqliteHistory::open(&path).unwrap();
    assert_eq!(history.calls(&CallQuery { limit: 9, ..CallQuery::default() }).unwrap().len(), 2);
}

/// One call that can't be read keeps nobody from looking after the others.
#[test]
fn what_is_due_is_taken_but_for_what_cannot_be_read() {
    let (_folder, path) = filled();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE calls SET call = '{}' WHERE id = ?1", [id(3).to_string()]).unwrap();
    drop(other);
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    let mut taken = Vec::new();
    store
        .turn(&mut |page| {
            taken = page.take_due(at(9_999), at(99_999), 999)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(taken.len(), usize::try_from(CALLS).unwrap() - 1);
}
