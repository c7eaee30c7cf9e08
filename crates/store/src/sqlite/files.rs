//! The files of a store: `PATH` itself, SQLite's `-wal` and `-shm`, our `.lock` and `.seen`. They
//! hold telephone numbers and what was said, so only their owner may read them.

use super::fault::{shown, unwritable};
use crate::page::StoreError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Makes the folder, and names the file in one way however it was written: through a link, two
/// names would mean two locks.
pub(super) fn settle(path: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(real) = path.canonicalize() {
        return Ok(real);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(parent).map_err(unwritable(parent))?;
    let parent = parent.canonicalize().map_err(unwritable(parent))?;
    match path.file_name() {
        Some(name) => Ok(parent.join(name)),
        None => Err(StoreError::Unwritable { path: shown(path), why: "it names no file".to_owned() }),
    }
}

/// Which files the store was opened in. A file that is deleted or replaced can still be written by
/// who has it open, as if nothing had happened, and is lost when that process ends.
pub(super) struct Whereabouts {
    files: Vec<(PathBuf, FileId)>,
}

impl Whereabouts {
    /// Notes the database and its log, as far as they are there.
    pub(super) fn of(path: &Path) -> Whereabouts {
        let names = ["", "-wal"].map(|suffix| beside(path, suffix));
        Whereabouts {
            files: names.into_iter().filter_map(|name| Some((name.clone(), id_of(&name)?))).collect(),
        }
    }

    /// Whether the files still are where they were.
    ///
    /// # Errors
    /// [`StoreError::Gone`].
    pub(super) fn hold(&self) -> Result<(), StoreError> {
        match self.files.iter().find(|(name, id)| id_of(name) != Some(*id)) {
            Some((name, _)) => Err(StoreError::Gone { path: shown(name) }),
            None => Ok(()),
        }
    }
}

/// The device and the number of a file.
type FileId = (u64, u64);

#[cfg(unix)]
fn id_of(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Elsewhere an open file can't be deleted.
#[cfg(not(unix))]
fn id_of(_: &Path) -> Option<FileId> {
    None
}

/// The name of a file that lies beside the store.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The store as this process's own. The operating system gives it back when the process dies,
/// however it dies, so nobody ever has to remove a stale lock.
///
/// It is given back by word when it is dropped: a program that another thread starts just then has
/// the file open until it runs, and closing only ours would leave the store locked for as long.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // At worst the file's closing does it.
        let _ = self.0.unlock();
    }
}

/// Takes the store for this process.
pub(super) fn lock(path: &Path) -> Result<Lock, StoreError> {
    let name = beside(path, ".lock");
    let file = create(&name).map_err(unwritable(&name))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: shown(path) }),
        Err(TryLockError::Error(error)) => Err(unwritable(&name)(error)),
    }
}

/// How many bytes there are, 0 for no file at all.
pub(super) fn size(path: &Path) -> Result<u64, StoreError> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(found.len()),
        Ok(_) => Err(StoreError::Unwritable { path: shown(path), why: "it is no file".to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(unwritable(path)(error)),
    }
}

/// Makes a file that only its owner may read, or leaves it as it is. What SQLite puts beside the
/// database has the same mode as the database.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes away what others may do with the store's files.
pub(super) fn close_to_others(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm", ".lock", ".seen"] {
        let name = beside(path, suffix);
        match forbid_others(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(&name)(error)),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(unix)]
fn forbid_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn forbid_others(_: &Path) -> io::Result<()> {
    Ok(())
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a child process has between its fork and its exec.
    #[test]
    fn a_store_is_given_back_whoever_else_has_the_lock_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db");
        let held = lock(&path).unwrap();
        let of_a_child = held.0.try_clone().unwrap();
        assert!(matches!(lock(&path), Err(StoreError::InUse { .. })));
        drop(held);
        lock(&path).unwrap();
        drop(of_a_child);
    }
}
