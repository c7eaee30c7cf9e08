//! `offhook forget`: erases a person from the store. The gateway must not run meanwhile: the file is
//! made anew, and for as long as that takes nothing could be acknowledged.

use std::path::Path;

use call::{PhoneNumber, Timestamp};
use clap::Args;
use serde_json::json;
use store::StoreError;
use store::sqlite::{Forgotten, SqliteStore};

use super::ArchiveError;
use crate::cli::patience::Waiting;
use crate::cli::terminal::Terminal;

/// `offhook forget`.
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// The person's number, such as +15550100001
    number: PhoneNumber,
    /// Prints what was erased as one JSON document
    #[arg(long)]
    json: bool,
}

/// Erases the person, and says what is not erased by it.
pub(super) fn run(args: &ForgetArgs, store: &Path, terminal: Terminal) -> Result<(), ArchiveError> {
    let opened = SqliteStore::open(store, Timestamp(jiff::Timestamp::now().as_millisecond()));
    let mut opened = opened.map_err(|error| match error {
        StoreError::InUse { path } => ArchiveError::Refused(format!(
            "the gateway runs on {path}; stop it, say this again, and start it: calls that live go on at their \
             carriers, and are asked about"
        )),
        error => ArchiveError::Store(error),
    })?;
    if let Some(why) = opened.rewound {
        let why = format!("{why}; start the gateway first, so that it takes note");
        return Err(ArchiveError::Refused(why));
    }
    let waiting = Waiting::begin(terminal, "erasing");
    let Forgotten { calls, mentions, keys } = opened.store.forget(&args.number)?;
    drop(waiting);
    if args.json {
        let document = json!({ "calls": calls, "mentions": mentions, "keys": keys });
        return Ok(terminal.print_json(&document)?);
    }
    terminal.print(&format!(
        "forgotten: {calls} calls, {mentions} mentions elsewhere, {keys} keys; the digits are in no file of the store\n"
    ))?;
    terminal.remark(STILL_THERE);
    Ok(())
}

const STILL_THERE: &str = "\
not erased by this: backups and exports made before; log files, which have numbers at debug and below;
the carrier's own records and recordings; a number that the configuration names";
