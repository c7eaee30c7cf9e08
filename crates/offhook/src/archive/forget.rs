//! `offhook forget`: erases a person from the store. The gateway must not run meanwhile: the file is
//! made anew, and for as long as that takes nothing could be acknowledged.

use std::path::Path;

use call::call::{News, Recorded, Roll, Source};
use call::{CallId, Event, PhoneNumber, Timestamp, step};
use clap::Args;
use engine::Shelf;
use serde_json::json;
use store::sqlite::{ForgetError, Forgotten, SqliteHistory, SqliteStore};
use store::{History as _, Kept, Store as _, StoreError};

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
pub(super) fn run(
    args: &ForgetArgs,
    store: &Path,
    shelf: Shelf,
    terminal: Terminal,
) -> Result<(), ArchiveError> {
    let now = Timestamp(jiff::Timestamp::now().as_millisecond());
    let opened = SqliteStore::open(store, now);
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
    let recorded = theirs(store, &shelf, &args.number)?;
    let waiting = Waiting::begin(terminal, "erasing");
    let forgotten = opened.store.forget(&args.number);
    if matches!(forgotten, Ok(_) | Err(ForgetError::Remains { .. })) {
        delete(&mut opened.store, &shelf, &recorded, now)?;
    }
    drop(waiting);
    let Forgotten { calls, mentions, keys } = forgotten?;
    let recordings = recorded.len();
    if args.json {
        let document =
            json!({ "calls": calls, "mentions": mentions, "keys": keys, "recordings": recordings });
        return Ok(terminal.print_json(&document)?);
    }
    terminal.print(&format!(
        "forgotten: {calls} calls, {mentions} mentions elsewhere, {keys} keys, {recordings} recordings; the digits are in no file of the store\n"
    ))?;
    terminal.remark(STILL_THERE);
    Ok(())
}

/// The person's calls of which there are recordings.
fn theirs(store: &Path, shelf: &Shelf, number: &PhoneNumber) -> Result<Vec<CallId>, ArchiveError> {
    let mut history = SqliteHistory::open(store)?;
    let mut theirs = Vec::new();
    for found in shelf.list()? {
        let call = history.call(found.call)?;
        let is_theirs = |kept: &Kept| {
            let facts = &kept.call.facts;
            [&facts.from, &facts.to].into_iter().any(|party| party.number() == Some(number))
        };
        theirs.extend(call.filter(is_theirs).map(|_| found.call));
    }
    Ok(theirs)
}

/// Deletes them, and says so in their logs.
fn delete(
    store: &mut SqliteStore,
    shelf: &Shelf,
    calls: &[CallId],
    now: Timestamp,
) -> Result<(), ArchiveError> {
    for id in calls {
        shelf.delete(*id)?;
        store.turn(&mut |page| {
            let Some(kept) = page.call(*id)? else { return Ok(()) };
            let news = News::Recording(Recorded::Deleted { why: "forgotten".to_owned() });
            let event = Event { at: now, roll: Roll::default(), source: Source::Gateway, news };
            page.write(&step(&kept.call, &event).call, &event, Some(&kept))
        })?;
    }
    Ok(())
}

const STILL_THERE: &str = "\
not erased by this: backups and exports made before; log files, which have numbers at debug and below;
the carrier's own records and recordings; a number that the configuration names";
