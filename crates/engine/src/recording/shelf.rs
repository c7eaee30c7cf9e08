//! The folder with the recordings: a file for each call, named after it. One that is being written, or of which
//! the call doesn't know yet that it is whole, has `.open` at the end of its name; one that comes from a carrier
//! `.part`, until all of it is here.

use audio::tape::{HEADER_BYTES, MOMENT_BYTES, header};
use call::CallId;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where recordings are kept.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// A recording.
#[derive(Debug)]
pub struct Found {
    /// Of which call.
    pub call: CallId,
    /// How large its sound is.
    pub n_bytes: u64,
    /// Whether it is being written.
    pub is_open: bool,
    /// Its file.
    pub path: PathBuf,
}

impl Shelf {
    /// Recordings are kept there.
    pub fn new(folder: PathBuf) -> Shelf {
        Shelf { folder }
    }

    /// The recording of this call.
    ///
    /// # Errors
    /// The file can't be looked at.
    pub fn find(&self, call: CallId) -> io::Result<Option<Found>> {
        // It is renamed when it is whole, and never back while anybody could look between the two.
        for (path, is_open) in [(self.open(call), true), (self.closed(call), false), (self.open(call), true)]
        {
            match fs::metadata(&path) {
                Ok(found) => return Ok(Some(Found { call, n_bytes: n_sound(found.len()), is_open, path })),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Deletes the recording of this call, if there is one; who writes it stops.
    ///
    /// # Errors
    /// It is there still.
    pub fn delete(&self, call: CallId) -> io::Result<bool> {
        let mut was_there = false;
        for path in [self.copy(call), self.open(call), self.closed(call)] {
            match fs::remove_file(path) {
                Ok(()) => was_there = true,
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(was_there)
    }

    /// All recordings.
    ///
    /// # Errors
    /// The folder can't be read; one that isn't there holds none.
    pub fn list(&self) -> io::Result<Vec<Found>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let (name, is_open) = name.strip_suffix(OPEN).map_or((name, false), |name| (name, true));
            // Whatever else is there is none of ours.
            let Some(call) = name.strip_suffix(WAV).and_then(|name| name.parse().ok()) else { continue };
            let n_bytes = n_sound(entry.metadata()?.len());
            found.push(Found { call, n_bytes, is_open, path: entry.path() });
        }
        Ok(found)
    }

    /// The file of a call, to be written from its end on. One that somebody writes is theirs.
    pub(super) fn take(&self, call: CallId) -> io::Result<File> {
        self.make()?;
        let (open, closed) = (self.open(call), self.closed(call));
        if open.exists() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let is_new = match fs::rename(&closed, &open) {
            Ok(()) => false,
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(error),
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(is_new)
            .truncate(false)
            .mode(0o600)
            .open(&open)?;
        if is_new {
            file.write_all_at(&header(0), 0)?;
        }
        Ok(file)
    }

    fn make(&self) -> io::Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|error| match error.kind() {
            // Something else is there.
            ErrorKind::AlreadyExists => ErrorKind::NotADirectory.into(),
            _ => error,
        })
    }

    /// An empty file for what comes from the carrier. What is left of an attempt before goes.
    pub(super) fn begin_copy(&self, call: CallId) -> io::Result<File> {
        self.make()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(0o600).open(self.copy(call))
    }

    /// It is whole, and on the disk: it has its name when this returns, whatever happens to the machine.
    pub(super) fn keep_copy(&self, call: CallId) -> io::Result<()> {
        fs::rename(self.copy(call), self.closed(call))?;
        File::open(&self.folder)?.sync_all()
    }

    /// It didn't come whole, or isn't what it should be.
    pub(super) fn drop_copy(&self, call: CallId) {
        match fs::remove_file(self.copy(call)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%call, %error, "what was fetched in vain can't be deleted");
            }
            _ => {}
        }
    }

    /// Its call knows that it is whole.
    pub(super) fn close(&self, call: CallId) {
        let renamed = match self.find(call) {
            Ok(Some(found)) if found.n_bytes == 0 => fs::remove_file(&found.path),
            _ => fs::rename(self.open(call), self.closed(call)),
        };
        match renamed {
            Ok(()) => {}
            // It was deleted meanwhile, or never there.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => tracing::warn!(%call, %error, "a recording keeps its name for now"),
        }
    }

    fn closed(&self, call: CallId) -> PathBuf {
        self.folder.join(format!("{call}{WAV}"))
    }

    fn open(&self, call: CallId) -> PathBuf {
        self.folder.join(format!("{call}{WAV}{OPEN}"))
    }

    fn copy(&self, call: CallId) -> PathBuf {
        self.folder.join(format!("{call}{WAV}{PART}"))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Makes whole what was being written by a process that is no more, so that any player takes it, and returns how
/// much it has.
pub(super) fn mend(path: &Path) -> io::Result<u64> {
    whole(&OpenOptions::new().write(true).open(path)?)
}

/// Has a file say how long it is, and returns that: half a moment at its end goes.
pub(super) fn whole(file: &File) -> io::Result<u64> {
    let n_bytes = n_sound(file.metadata()?.len());
    file.write_all_at(&header(n_bytes), 0)?;
    file.set_len(HEADER_BYTES as u64 + n_bytes)?;
    file.sync_all()?;
    Ok(n_bytes)
}

/// The bytes of whole moments in a file of this length.
pub(super) fn n_sound(length: u64) -> u64 {
    let n_bytes = length.saturating_sub(HEADER_BYTES as u64);
    n_bytes - n_bytes % MOMENT_BYTES
}

const WAV: &str = ".wav";
const OPEN: &str = ".open";
const PART: &str = ".part";
