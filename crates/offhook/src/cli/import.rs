//! `offhook import`: hands over a `calls.jsonl` and reports what became of it.

use super::args::ImportArgs;
use super::gateway::Gateway;
use super::patience::patient;
use super::wire::ImportReport;
use super::{CommandError, Exit, Terminal};

/// Imports a file. It is done when every readable line was taken; the
/// others are named. A file without a single readable line is another file.
pub(super) async fn run(
    gateway: &Gateway,
    args: &ImportArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let lines =
        std::fs::read(&args.file).map_err(|error| CommandError::File { path: args.file.clone(), error })?;
    let reply = patient(terminal, "importing", gateway.import(lines)).await?;
    let report: ImportReport = reply.read()?;
    if args.json {
        terminal.print_document(&reply.text)?;
    } else {
        terminal.print(&counts(&report))?;
    }
    for line in remarks(&report) {
        terminal.remark(&line);
    }
    let nothing = report.taken + report.known == 0 && !report.skipped.is_empty();
    Ok(if nothing { Exit::Failed } else { Exit::Done })
}

/// How many calls were taken, for the standard output.
pub(super) fn counts(report: &ImportReport) -> String {
    let ImportReport { taken, live, known, skipped, .. } = report;
    let calls = if *taken == 1 { "call" } else { "calls" };
    let n_skipped = skipped.len();
    let lines = if n_skipped == 1 { "line" } else { "lines" };
    format!(
        "{taken} {calls} taken, {live} of them live; {known} known already; \
         {n_skipped} {lines} skipped\n"
    )
}

/// The lines that were skipped or need a look, by number, for the standard error.
pub(super) fn remarks(report: &ImportReport) -> Vec<String> {
    let skipped = report
        .skipped
        .iter()
        .map(|line| (line.line, format!("line {}: skipped: {}", line.line, line.reason)));
    let reported = report.reported.iter().map(|line| {
        let call = line.call.as_deref().map(|call| format!(" as {call}")).unwrap_or_default();
        (line.line, format!("line {}: taken{call}: {}", line.line, line.reason))
    });
    let mut remarks: Vec<(u64, String)> = skipped.chain(reported).collect();
    remarks.sort();
    remarks.into_iter().map(|(_, remark)| remark).collect()
}
