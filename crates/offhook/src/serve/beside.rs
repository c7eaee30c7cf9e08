//! The small files that stand beside the store. Nobody but their owner may read them, and a crash
//! leaves the old one or the new one whole.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// What the file holds; `None` if there is no such file.
///
/// # Errors
/// The file is there and can't be read.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the file, or puts another in its place, and has it on disk.
///
/// # Errors
/// It can't be made; what was there before is as it was.
pub(crate) fn keep(path: &Path, text: &str) -> io::Result<()> {
    let new = OsString::from_iter([path.as_os_str(), ".new".as_ref()]);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(OWNER_ONLY).open(&new)?;
    // One that was left there keeps the mode it had.
    file.set_permissions(fs::Permissions::from_mode(OWNER_ONLY))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}

const OWNER_ONLY: u32 = 0o600;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{keep, read};
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_kept_is_read_and_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db.token");
        assert_eq!(read(&path).unwrap(), None);
        keep(&path, "one\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        keep(&path, "another\n").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("another\n"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
