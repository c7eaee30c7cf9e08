//! What this store was last seen to hold, in a small file beside it.
//!
//! A store that was restored from a backup believes in calls that are long over, and knows nothing
//! of those that ring. Nothing inside the file tells; this note outside does, as long as it was
//! not restored with it.

use super::files;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Keeps the note.
pub(super) struct Seen {
    path: PathBuf,
    store: String,
    written: Option<Instant>,
    unwritten: Option<i64>,
}

impl Seen {
    /// Keeps the note of the store at `path` with this id. Nothing is written yet.
    pub(super) fn beside(path: &Path, store: String) -> Seen {
        Seen { path: files::beside(path, ".seen"), store, written: None, unwritten: None }
    }

    /// Why the store that now counts `sequence` turns doesn't look like the one that was last seen
    /// here. A note that is missing or torn says nothing.
    pub(super) fn rewound(&self, sequence: i64) -> Option<String> {
        let note: Value = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        if note.get("store")?.as_str()? != self.store {
            return Some("this is another store than the one that was last used here".to_owned());
        }
        let seen = note.get("sequence")?.as_i64()?;
        let lost = (seen > sequence).then(|| seen.saturating_sub(sequence))?;
        Some(format!(
            "the store lacks at least the last {lost} turns that were written here: it looks restored from a backup"
        ))
    }

    /// Takes note of a committed turn. The file follows at most once a second: it is for days.
    pub(super) fn note(&mut self, sequence: i64) {
        self.unwritten = Some(sequence);
        if self.written.is_none_or(|written| written.elapsed() >= PAUSE) {
            self.write();
        }
    }

    /// A note that can't be written is no reason to stop: only a rewind might go unnoticed.
    fn write(&mut self) {
        let Some(sequence) = self.unwritten.take() else { return };
        self.written = Some(Instant::now());
        if let Err(error) = self.replace(sequence) {
            tracing::warn!(%error, path = %self.path.display(), "cannot note how far the store got");
        }
    }

    /// By renaming, so that no reader meets half a note. Not synced: after a power cut an older
    /// note, or none, is as good.
    fn replace(&self, sequence: i64) -> io::Result<()> {
        let new = files::beside(&self.path, ".new");
        let mut file = files::create(&new)?;
        file.set_len(0)?;
        writeln!(file, "{}", json!({ "store": self.store, "sequence": sequence }))?;
        fs::rename(&new, &self.path)
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.write();
    }
}

/// How long at least between two writes of the note.
const PAUSE: Duration = Duration::from_secs(1);
