//! `offhook export`: the past as JSON lines. Calls are read page by page, each page from a view of
//! its own: memory is that of a page, and no view holds the write-ahead log for long.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use call::{CallId, Timestamp};
use clap::Args;
use serde_json::{Value, json};
use store::sqlite::SqliteHistory;
use store::{History, Kept, StoreError};

use super::ArchiveError;
use crate::http::{CallView, event_lines};

/// `offhook export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Only calls made or imported since TIME: 2026-11-22, or 2026-11-22T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Writes calls without their events
    #[arg(long, conflicts_with = "events")]
    calls: bool,
    /// Writes one event per line, with the id of its call
    #[arg(long)]
    events: bool,
}

/// Writes everything that is asked for.
pub(super) fn run(args: &ExportArgs, store: &Path) -> Result<(), ArchiveError> {
    let mut history = SqliteHistory::open(store)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match write_all(args, &mut history, &mut out).and_then(|()| Ok(out.flush()?)) {
        // Who reads on the other side, such as `head`, has seen enough.
        Err(ArchiveError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
            // What is buffered would be tried again, and complained about, when it is dropped.
            let _ = out.into_parts();
            Ok(())
        }
        done => done,
    }
}

fn write_all(
    args: &ExportArgs,
    history: &mut SqliteHistory,
    out: &mut impl Write,
) -> Result<(), ArchiveError> {
    let first = args.since.map_or(0, |since| u128::try_from(since.as_millis()).unwrap_or(0) << 80);
    let mut from = CallId::from_bits(first);
    loop {
        let page = history.calls_from(from, PAGE)?;
        for kept in &page {
            for line in lines(args, history, kept)? {
                writeln!(out, "{line}")?;
            }
        }
        let Some(last) = page.last().filter(|_| page.len() == PAGE) else { return Ok(()) };
        from = CallId::from_bits(last.call.facts.id.bits() + 1);
    }
}

/// What is written of one call.
fn lines(args: &ExportArgs, history: &mut SqliteHistory, kept: &Kept) -> Result<Vec<Value>, StoreError> {
    let id = kept.call.facts.id;
    let call = json!(CallView::of(&kept.call));
    if args.calls {
        return Ok(vec![call]);
    }
    // Not what was heard since the call was read: a line says one thing.
    let n_events = usize::try_from(kept.version).unwrap_or(usize::MAX);
    let events = event_lines(&[], &history.events(id, 0, n_events)?);
    if !args.events {
        return Ok(vec![json!({ "call": call, "events": events })]);
    }
    let line = |event| {
        let mut line = json!(event);
        line["call"] = json!(id.to_string());
        line
    };
    Ok(events.into_iter().map(line).collect())
}

fn time(text: &str) -> Result<Timestamp, String> {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = text
        .parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| Some(day(text).filter(|_| text.len() == "2026-11-22".len())?.timestamp()));
    at.map(|at| Timestamp(at.as_millisecond()))
        .ok_or_else(|| "write a day, 2026-11-22, or a time with its zone, 2026-11-22T10:00:00Z".to_owned())
}

/// So many calls are in memory at once.
const PAGE: usize = 100;

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_is_a_day_or_a_time_with_its_zone() {
        let noon = 1_795_348_800_000;
        assert_eq!(time("2026-11-22T12:00:00Z").map(|at| at.0), Ok(noon));
        assert_eq!(time("2026-11-22T13:00:00+01:00").map(|at| at.0), Ok(noon));
        assert_eq!(time("2026-11-22").map(|at| at.0), Ok(noon - 12 * 3_600_000));
        for text in ["", "yesterday", "2026-11-22T12:00:00", "12:00", "2026-13-01"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
