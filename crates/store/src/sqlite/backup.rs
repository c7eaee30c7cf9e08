//! A copy of a store that is written to meanwhile: one moment of it, whole, or nothing at all.

use super::calls::{count, value};
use super::{fault, files, open};
use crate::page::StoreError;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many calls are in it.
    pub calls: u64,
    /// How many of them aren't over.
    pub unfinished: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Copies the store at `path` to a file that is not there yet, readable by nobody else. What is
/// committed meanwhile is not in it. When this returns the copy is on the disk, was opened, and
/// every page of it was checked; until then there is no file of that name.
///
/// `VACUUM INTO`, not SQLite's backup interface: that one begins again whenever the writer writes.
///
/// # Errors
/// There is a file of that name, the store can't be read, or the copy not be written.
pub fn backup(path: &Path, copy: &Path) -> Result<Copied, StoreError> {
    if copy.symlink_metadata().is_ok() {
        return Err(fault::unwritable(copy)(io::ErrorKind::AlreadyExists.into()));
    }
    let part = files::beside(copy, ".part");
    let done = write(path, &part).and_then(|copied| {
        // A link is refused where there is something, which a renaming would replace.
        fs::hard_link(&part, copy).map_err(fault::unwritable(copy))?;
        Ok(copied)
    });
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(files::beside(&part, suffix));
    }
    let copied = done?;
    let folder = copy.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault::unwritable(folder))?;
    Ok(copied)
}

/// Writes the copy under a name of its own, and verifies it.
fn write(path: &Path, part: &Path) -> Result<Copied, StoreError> {
    // Of an earlier attempt that died: nobody has that name but us.
    let _ = fs::remove_file(part);
    drop(files::create(part).map_err(fault::unwritable(part))?);
    let store = open::for_reading(&path.canonicalize().map_err(fault::unwritable(path))?)?;
    let to = part.to_str().ok_or_else(|| fault::unwritable(part)(io::ErrorKind::InvalidFilename.into()))?;
    store.execute("VACUUM INTO ?1", [to]).map_err(fault::at(part))?;
    File::open(part).and_then(|file| file.sync_all()).map_err(fault::unwritable(part))?;
    let copy = open::for_reading(part)?;
    open::check(&copy, part)?;
    let n_calls = |sql: &str| {
        let found = value(&copy, sql, []).and_then(|found| count(found.unwrap_or(0)));
        found.map_err(|fault| fault.at(part))
    };
    Ok(Copied {
        calls: n_calls("SELECT count(*) FROM calls")?,
        unfinished: n_calls("SELECT count(*) FROM calls WHERE state <> 'ended'")?,
        bytes: files::size(part)?,
    })
}
