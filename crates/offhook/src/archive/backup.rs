//! `offhook backup`: one file with everything, taken while the gateway works.

use std::path::{Path, PathBuf};

use clap::Args;
use store::sqlite::{Copied, backup};

use super::ArchiveError;
use crate::cli::terminal::Terminal;

/// `offhook backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file that is written; there must be none of that name
    file: PathBuf,
}

/// Writes the copy, and says what is in it.
pub(super) fn run(args: &BackupArgs, store: &Path, terminal: Terminal) -> Result<(), ArchiveError> {
    let file = &args.file;
    if file.symlink_metadata().is_ok() {
        let why = format!(
            "there is a file {} already; a backup overwrites none, give another name",
            file.display()
        );
        return Err(ArchiveError::Usage(why));
    }
    let Copied { calls, unfinished, bytes } = backup(store, file)?;
    terminal.print(&format!(
        "{}: {calls} calls, {unfinished} of them not over, {bytes} bytes; it was opened and every page checked\n",
        file.display()
    ))?;
    Ok(())
}
