//! `offhook backup`: one file with everything, taken while the gateway works.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use store::sqlite::{Copied, backup};

use super::ArchiveError;
use crate::cli::patience::Waiting;
use crate::cli::terminal::Terminal;

/// `offhook backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file that is written; there must be none of that name
    file: PathBuf,
    /// Prints what is in it as one JSON document
    #[arg(long)]
    json: bool,
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
    let waiting = Waiting::begin(terminal, "copying");
    let Copied { calls, unfinished, bytes } = backup(store, file)?;
    drop(waiting);
    if args.json {
        let document = json!({ "file": file, "calls": calls, "unfinished": unfinished, "bytes": bytes });
        return Ok(terminal.print_json(&document)?);
    }
    terminal.print(&format!(
        "{}: {calls} calls, {unfinished} of them not over, {bytes} bytes; it was opened and every page checked\n",
        file.display()
    ))?;
    Ok(())
}
