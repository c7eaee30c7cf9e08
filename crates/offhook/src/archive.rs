//! What is done with the store as a whole, by who may read its file: the past is taken elsewhere.
//!
//! These commands open the file themselves and ask no gateway: they work as well when none runs,
//! which is when a person needs them most, and a long one holds up nobody's requests.

mod backup;
mod export;
mod forget;

use std::io;
use std::path::PathBuf;

use clap::Subcommand;
use engine::Shelf;
use store::StoreError;
use store::sqlite::ForgetError;

use crate::cli::Exit;
use crate::cli::args::Global;
use crate::cli::terminal::Terminal;
use crate::config::settings::StoreUrl;
use crate::config::{Access, ConfigFaults, Environment};

/// What is done with the store as a whole.
#[derive(Debug, Subcommand)]
pub(crate) enum Archive {
    /// Writes calls and their events as JSON lines, the oldest first
    ///
    /// Reads the store itself, beside a gateway that runs or without one. docs/export.md says what
    /// each line has.
    Export(export::ExportArgs),
    /// Copies the store into one file, beside a gateway that works
    ///
    /// The copy is of one moment and whole, and was checked when this ends. docs/history.md says how
    /// it is put back, and what a gateway does then.
    Backup(backup::BackupArgs),
    /// Erases a person from the store by their number, while no gateway runs
    ///
    /// The number becomes a token, and what was said on their calls is taken out; calls and counts
    /// stay. Refused while a call with that number isn't over. docs/history.md says what is not erased.
    Forget(forget::ForgetArgs),
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The configuration has faults.
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    /// The command makes no sense as it was given.
    #[error("{0}")]
    Usage(String),
    /// The store can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It can't be done now: why, and the way out.
    #[error("{0}")]
    Refused(String),
    /// The person was not forgotten.
    #[error("not forgotten: {0}")]
    Forget(#[from] ForgetError),
    /// The output can't be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// Does it, and says how the command ended.
pub(crate) fn run(archive: &Archive, global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    let done = store_file(global, environment).and_then(|store| match archive {
        Archive::Export(args) => export::run(args, &store),
        Archive::Forget(args) => recordings(global, environment)
            .and_then(|recordings| forget::run(args, &store, recordings, terminal)),
        Archive::Backup(args) => backup::run(args, &store, terminal),
    });
    match done {
        Ok(()) => Exit::Done,
        Err(error) => {
            terminal.remark(&format!("offhook: {error}"));
            match error {
                ArchiveError::Config(_) | ArchiveError::Usage(_) => Exit::Usage,
                ArchiveError::Store(_)
                | ArchiveError::Refused(_)
                | ArchiveError::Forget(_)
                | ArchiveError::Output(_) => Exit::Failed,
            }
        }
    }
}

/// Where recordings are kept.
fn recordings(global: &Global, environment: &Environment) -> Result<Shelf, ArchiveError> {
    let access = Access::load(global.config_file(environment), environment)?;
    Ok(Shelf::new(access.recordings.unwrap_or_default()))
}

/// The store's file, without the carriers' secrets having to be there.
fn store_file(global: &Global, environment: &Environment) -> Result<PathBuf, ArchiveError> {
    let access = Access::load(global.config_file(environment), environment)?;
    match access.store {
        Some(StoreUrl::Sqlite(path)) if path.exists() => Ok(path),
        Some(StoreUrl::Sqlite(path)) => {
            let why =
                format!("there is no store at {}; name its configuration with --config", path.display());
            Err(ArchiveError::Usage(why))
        }
        None => {
            let why = "`store.url` is not set, and neither XDG_STATE_HOME nor HOME tells where the store is";
            Err(ArchiveError::Usage(why.to_owned()))
        }
    }
}
