//! A process that dies by `kill -9` in the middle of writing, for real.

use crate::lives::{asked, at, hear, id};
use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use store::sqlite::{SqliteHistory, SqliteStore};
use store::{CallQuery, History, Store, StoreError};

/// Names the store to the child; without it, [`a_child_writes_until_it_is_killed`] does nothing.
const STORE: &str = "OFFHOOK_TEST_STORE";

/// Three calls in each turn, so that half a turn would show.
fn write(store: &mut SqliteStore, turn: u64) -> Result<(), StoreError> {
    store.turn(&mut |page| (turn * 3 + 1..=turn * 3 + 3).try_for_each(|n| hear(page, n, &asked(n, 0))))
}

#[test]
fn a_child_writes_until_it_is_killed() {
    let Some(path) = env::var_os(STORE) else { return };
    let mut store = SqliteStore::open(Path::new(&path), at(0)).unwrap().store;
    let first = SqliteHistory::open(Path::new(&path)).unwrap().calls(&all()).unwrap().len() / 3;
    for turn in u64::try_from(first).unwrap().. {
        write(&mut store, turn).unwrap();
        // On a line of its own: the test harness writes before it.
        println!("\ndurable {turn}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn what_was_durable_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    for round in [1, 40, 7, 90] {
        let mut writer = Writer::start(&path);
        let last = writer.hear(round);
        assert!(matches!(SqliteStore::open(&path, at(0)), Err(StoreError::InUse { .. })));
        drop(writer);

        let opened = SqliteStore::open(&path, at(0)).unwrap();
        assert_eq!(opened.rewound, None);
        let mut history = SqliteHistory::open(&path).unwrap();
        let calls = history.calls(&all()).unwrap();
        assert_eq!(calls.len() % 3, 0, "half a turn");
        assert!(history.call(id(last * 3 + 3)).unwrap().is_some(), "turn {last} was durable");
        assert_eq!(history.verify_log().unwrap(), []);
    }
}

fn all() -> CallQuery {
    CallQuery { limit: usize::MAX, ..CallQuery::default() }
}

/// The child, killed when it is dropped. Its output stays open as long: a child that can't speak
/// would die a softer death.
struct Writer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    fn start(path: &Path) -> Writer {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::a_child_writes_until_it_is_killed", "--nocapture"])
            .env(STORE, path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Writer { child, lines }
    }

    /// Listens until `turns` turns are durable, and returns the last one.
    fn hear(&mut self, turns: usize) -> u64 {
        let durable = self.lines.by_ref().map(Result::unwrap);
        let durable = durable.filter_map(|line| Some(line.strip_prefix("durable ")?.parse().unwrap()));
        durable.take(turns).last().unwrap()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
