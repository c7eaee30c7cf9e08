//! What is true of the store in a file alone: its files, its lock, its memory of itself.

use crate::conformance::{Bench, conformance};
use crate::lives::{admitted, asked, at, ended, hear, id, leg, offered};
use std::fs;
use std::path::Path;
use store::sqlite::{Opened, SqliteHistory, SqliteStore, backup};
use store::{History, Store, StoreError};

conformance!(fresh());

fn fresh() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let store = open(&path).store;
    let history = SqliteHistory::open(&path).unwrap();
    Bench { store: Box::new(store), history: Box::new(history), _keep: Box::new(folder) }
}

fn open(path: &Path) -> Opened {
    SqliteStore::open(path, at(0)).unwrap()
}

/// Two turns: one call, two events.
fn write(store: &mut SqliteStore, n: u64) {
    store.turn(&mut |page| hear(page, n, &asked(n, 0))).unwrap();
    store.turn(&mut |page| hear(page, n, &admitted(1))).unwrap();
}

#[test]
fn a_store_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let first = open(&path);
    let second = SqliteStore::open(&path, at(0));
    assert!(matches!(second, Err(StoreError::InUse { .. })));
    drop(first);
    open(&path);
}

#[cfg(unix)]
#[test]
fn another_name_is_no_way_round_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let _first = open(&path);
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    for name in [link, folder.path().join("sub/../calls.db")] {
        assert!(matches!(SqliteStore::open(&name, at(0)), Err(StoreError::InUse { .. })), "{name:?}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("a/b");
    let path = made.join("calls.db");
    write(&mut open(&path).store, 1);
    assert_eq!(mode(&made), 0o700);

    // A person may have been careless with a copy.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let mut store = open(&path).store;
    write(&mut store, 2);
    let files: Vec<_> = fs::read_dir(&made).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[test]
fn a_reader_needs_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    assert!(SqliteHistory::open(&path).is_err());
    fs::write(&path, "").unwrap();
    assert!(matches!(SqliteHistory::open(&path), Err(StoreError::Damaged { .. })));
    write(&mut open(&path).store, 1);
    // Beside no writer, too.
    assert!(SqliteHistory::open(&path).unwrap().call(id(1)).unwrap().is_some());
}

#[test]
fn a_store_as_it_was_left_is_not_rewound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    for n in 0..3 {
        let Opened { mut store, rewound, .. } = open(&path);
        assert_eq!(rewound, None);
        write(&mut store, n);
    }
    fs::remove_file(folder.path().join("calls.db.seen")).unwrap();
    assert_eq!(open(&path).rewound, None, "a note that is gone says nothing");
    fs::write(folder.path().join("calls.db.seen"), "{\"store\":").unwrap();
    assert_eq!(open(&path).rewound, None, "nor does half a one");
}

#[test]
fn a_backup_that_is_put_back_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let backup = folder.path().join("backup.db");
    write(&mut open(&path).store, 1);
    fs::copy(&path, &backup).unwrap();
    write(&mut open(&path).store, 2);

    fs::copy(&backup, &path).unwrap();
    let why = open(&path).rewound.unwrap();
    assert!(why.contains("lacks at least the last 2 turns"), "{why}");

    let Opened { mut store, rewound, .. } = open(&path);
    assert!(rewound.is_some(), "it is said until the first turn that writes");
    store.turn(&mut |page| page.setting("paused").map(|_| ())).unwrap();
    drop(store);
    let Opened { mut store, rewound, .. } = open(&path);
    assert!(rewound.is_some());
    store.turn(&mut |page| page.set_setting("paused", Some("rewound"))).unwrap();
    drop(store);
    assert_eq!(open(&path).rewound, None);
}

#[test]
fn another_store_in_its_place_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    write(&mut open(&path).store, 1);
    fs::remove_file(&path).unwrap();
    let why = open(&path).rewound.unwrap();
    assert!(why.contains("another store"), "{why}");
}

#[test]
fn what_was_pruned_is_given_back_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = open(&path).store;
    for group in 0..20 {
        store
            .turn(&mut |page| {
                (group * 100..group * 100 + 100).try_for_each(|n| {
                    hear(page, n, &offered(n, 0, leg(n)))?;
                    hear(page, n, &ended(5, leg(n)))
                })
            })
            .unwrap();
    }
    drop(store);
    let before = fs::metadata(&path).unwrap().len();
    let mut store = open(&path).store;
    let mut n_done = 1;
    while n_done > 0 {
        store
            .turn(&mut |page| {
                n_done = page.prune(id(1_990), 64)?;
                Ok(())
            })
            .unwrap();
    }
    drop(store);
    let after = fs::metadata(&path).unwrap().len();
    assert!(before > 3 << 20 && after < before / 2, "{before} and {after} bytes");
    let mut history = SqliteHistory::open(&path).unwrap();
    assert_eq!(history.verify_log().unwrap(), []);
    assert!(history.call(id(1_990)).unwrap().is_some());
}

#[test]
fn a_backup_is_one_moment_of_a_store_that_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = open(&path).store;
    write(&mut store, 1);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| (2..400).for_each(|n| write(&mut store, n)));
        for n in 0..5 {
            let copy = folder.path().join(format!("copy-{n}.db"));
            let copied = backup(&path, &copy).unwrap();
            let mut history = SqliteHistory::open(&copy).unwrap();
            assert_eq!(history.verify_log().unwrap(), [], "nothing is cut in two");
            let left = history.census().unwrap().iter().map(|(_, n_calls)| n_calls).sum::<u64>();
            assert_eq!((copied.calls, copied.unfinished), (left, left));
        }
        writing.join().unwrap();
    });
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains(".part")), "{names:?}");
    drop(store);
    // It is a store as good as the first.
    let copy = folder.path().join("copy-4.db");
    assert_eq!(open(&copy).rewound, None);
    write(&mut open(&copy).store, 900);
}

#[cfg(unix)]
#[test]
fn a_backup_overwrites_nothing_and_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    write(&mut open(&path).store, 1);
    let copy = folder.path().join("copy.db");
    fs::write(&copy, "something dear").unwrap();
    let error = backup(&path, &copy).unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "something dear");
    fs::remove_file(&copy).unwrap();
    assert_eq!(backup(&path, &copy).unwrap().calls, 1);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(backup(&path, &folder.path().join("not/there.db")).is_err());
}
