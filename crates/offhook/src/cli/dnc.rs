//! `offhook dnc` and `offhook audit`: the do-not-call list, and what the dial gate decided.

use serde::Deserialize;
use serde_json::json;

use super::args::{AuditArgs, DncArgs};
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::patience::patient;
use super::wire::make_plain;
use super::{CommandError, Exit, Terminal};

/// An entry of the do-not-call list.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    number: String,
    at: String,
    by: String,
    #[serde(default)]
    reason: String,
    call: Option<String>,
}

/// What became of a file of numbers.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    taken: u64,
    known: u64,
    skipped: Vec<Skipped>,
}

/// A line that was skipped.
#[derive(Debug, Deserialize)]
pub(super) struct Skipped {
    line: u64,
    reason: String,
}

/// One decision of the gate.
#[derive(Debug, Deserialize)]
pub(super) struct Decision {
    at: String,
    to: String,
    call: Option<String>,
    decided: String,
    asked_at: Option<String>,
    rule: Option<String>,
    #[serde(default)]
    summary: String,
}

/// Does what is asked of the list.
pub(super) async fn run(gateway: &Gateway, args: &DncArgs, terminal: Terminal) -> Result<Exit, CommandError> {
    match args {
        DncArgs::Add { number, reason, how } => {
            let reply = gateway.list_number(number, reason.as_deref()).await?;
            let words =
                |entry: Entry| format!("{} is not called any more, since {}\n", entry.number, entry.at);
            return super::show(&reply, how, terminal, |reply| Ok(words(reply.read()?)));
        }
        DncArgs::Remove { number, how } => {
            let reply = gateway.unlist_number(number).await?;
            let words = |entry: Entry| {
                format!("{} may be called again; it was listed on {}\n", entry.number, entry.at)
            };
            return super::show(&reply, how, terminal, |reply| Ok(words(reply.read()?)));
        }
        DncArgs::List { json } => {
            let pages = gateway.listed_numbers().await?;
            if *json {
                terminal.print_json(&json!({ "numbers": pages.into_items(), "next": null }))?;
                return Ok(Exit::Done);
            }
            let entries: Vec<Entry> = pages.read()?;
            if entries.is_empty() {
                terminal.remark("no number is on the do-not-call list");
            } else {
                terminal.print(&entries_table(&entries, terminal.paint))?;
            }
        }
        DncArgs::Import { file, how } => {
            let lines =
                std::fs::read(file).map_err(|error| CommandError::File { path: file.clone(), error })?;
            let reply = patient(terminal, "importing", gateway.import_numbers(lines)).await?;
            let taken: Taken = reply.read()?;
            if how.json {
                terminal.print_document(&reply.text)?;
                return Ok(exit(&taken));
            }
            return report(&taken, terminal);
        }
    }
    Ok(Exit::Done)
}

/// A file of which nothing was taken is another file; one with bad lines has them told.
fn report(report: &Taken, terminal: Terminal) -> Result<Exit, CommandError> {
    let Taken { taken, known, skipped } = report;
    let lines = if skipped.len() == 1 { "line" } else { "lines" };
    let skipped_line = format!("{} {lines} skipped", skipped.len());
    terminal.print(&format!("{taken} taken, {known} on the list already; {skipped_line}\n"))?;
    for Skipped { line, reason } in skipped {
        terminal.remark(&format!("line {line}: skipped: {reason}"));
    }
    Ok(exit(report))
}

fn exit(report: &Taken) -> Exit {
    let nothing = report.taken + report.known == 0 && !report.skipped.is_empty();
    if nothing { Exit::Failed } else { Exit::Done }
}

/// Shows what the gate decided, the newest first.
pub(super) async fn audit(
    gateway: &Gateway,
    args: &AuditArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let pages = gateway.decisions(args.refused).await?;
    if args.json {
        let mut document = json!({ "decisions": pages.into_items(), "next": null });
        make_plain(&mut document);
        terminal.print_json(&document)?;
        return Ok(Exit::Done);
    }
    let decisions: Vec<Decision> = pages.read()?;
    if decisions.is_empty() {
        terminal.remark("the dial gate has decided nothing yet");
    } else {
        terminal.print(&decisions_table(&decisions, terminal.paint))?;
    }
    Ok(Exit::Done)
}

/// The list as a table.
pub(super) fn entries_table(entries: &[Entry], paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["NUMBER", "SINCE", "BY", "CALL", "REASON"])];
    rows.extend(entries.iter().map(|entry| {
        let call = entry.call.as_deref().unwrap_or("-");
        vec![
            Cell::new(&entry.number, Tone::Strong),
            Cell::normal(&entry.at),
            Cell::normal(&entry.by),
            Cell::new(call, Tone::Faint),
            Cell::normal(&entry.reason),
        ]
    }));
    paint.columns(&rows)
}

/// The decisions as a table.
pub(super) fn decisions_table(decisions: &[Decision], paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["AT", "TO", "DECIDED", "ASKED AT", "RULE", "CALL", "WHY"])];
    rows.extend(decisions.iter().map(|decision| {
        let tone = if decision.decided == "refused" { Tone::Bad } else { Tone::Good };
        let or_dash = |text: &Option<String>| Cell::normal(text.as_deref().unwrap_or("-"));
        vec![
            Cell::new(&decision.at, Tone::Faint),
            Cell::new(&decision.to, Tone::Strong),
            Cell::new(&decision.decided, tone),
            or_dash(&decision.asked_at),
            or_dash(&decision.rule),
            or_dash(&decision.call),
            Cell::normal(&decision.summary),
        ]
    }));
    paint.columns(&rows)
}
