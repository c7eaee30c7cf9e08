//! `offhook ls`: calls in a table.

use jiff::Timestamp;
use serde_json::json;

use super::gateway::{Gateway, Which};
use super::paint::{Cell, Paint, Tone};
use super::wire::{Call, Health, Recovered, Recovery};
use super::{CommandError, Exit, Terminal, words};
use crate::cli::args::LsArgs;

/// Lists calls.
pub(super) async fn run(gateway: &Gateway, args: &LsArgs, terminal: Terminal) -> Result<Exit, CommandError> {
    if args.recovered {
        return recovered(gateway, args, terminal).await;
    }
    let which = if args.all { Which::All } else { Which::Live };
    let pages = gateway.calls(which).await?;
    if args.json {
        terminal.print_json(&json!({ "calls": pages.into_items(), "next": null }))?;
        return Ok(Exit::Done);
    }
    let calls: Vec<Call> = pages.read()?;
    if calls.is_empty() {
        terminal.remark(match which {
            Which::Live => "no call is live; 'offhook ls --all' lists those that ended",
            Which::All => "no call was ever placed or taken here",
        });
    } else {
        terminal.print(&table(&calls, which, Timestamp::now(), terminal.paint))?;
    }
    tell_what_is_amiss(gateway, terminal).await;
    Ok(Exit::Done)
}

/// What somebody must know who looks at calls, also of those that aren't listed: an ended call may
/// have a second leg that can't be hung up. A gateway that can't say it has listed the calls all the
/// same.
async fn tell_what_is_amiss(gateway: &Gateway, terminal: Terminal) {
    let health = gateway.health().await.and_then(|reply| reply.read::<Health>());
    for reason in health.map(|health| health.reasons).unwrap_or_default() {
        terminal.remark(&format!("! {reason}"));
    }
}

async fn recovered(gateway: &Gateway, args: &LsArgs, terminal: Terminal) -> Result<Exit, CommandError> {
    let reply = gateway.recovery().await?;
    if args.json {
        terminal.print_document(&reply.text)?;
        return Ok(Exit::Done);
    }
    let recovery: Recovery = reply.read()?;
    if recovery.calls.is_empty() && recovery.pending == 0 {
        terminal.remark("the last start found no unfinished call");
    } else {
        terminal.print(&recovered_table(&recovery, terminal.paint))?;
    }
    if !recovery.orphans.is_empty() {
        let orphans = recovery.orphans.join(", ");
        terminal.remark(&format!(
            "live calls of this installation were not in the store, and are now: {orphans}"
        ));
    }
    if !recovery.strangers.is_empty() {
        terminal.print(&strangers_table(&recovery, terminal.paint))?;
    }
    Ok(Exit::Done)
}

/// The table of calls; an ENDING only where some may have ended.
pub(super) fn table(calls: &[Call], which: Which, now: Timestamp, paint: Paint) -> String {
    let heads = ["ID", "STATE", "TO", "FROM", "CARRIER", "AGE", "TALK", "ENDING"];
    let n_columns = if which == Which::All { heads.len() } else { heads.len() - 1 };
    let mut rows = vec![Cell::heads(&heads)];
    rows.extend(calls.iter().map(|call| row(call, now)));
    rows.iter_mut().for_each(|row| row.truncate(n_columns));
    paint.columns(&rows)
}

fn row(call: &Call, now: Timestamp) -> Vec<Cell> {
    let age = call.created_at.map(|at| words::length(now.duration_since(at)));
    vec![
        Cell::new(&call.id, Tone::Strong),
        state(call),
        or_dash(call.to.clone()),
        or_dash(call.from.clone()),
        or_dash(call.carrier.clone()),
        or_dash(age),
        or_dash(words::talk(call, Some(now))),
        Cell::normal(call.ending.as_ref().map(words::ending).unwrap_or_default()),
    ]
}

/// The state, marked where an operator must look.
fn state(call: &Call) -> Cell {
    match call.alarm {
        Some(_) => Cell::new(format!("{} !", call.state), Tone::Bad),
        None => words::state(call),
    }
}

/// What the last start found and decided, call by call.
pub(super) fn recovered_table(recovery: &Recovery, paint: Paint) -> String {
    let n_calls = recovery.calls.len();
    let calls = if n_calls == 1 { "call" } else { "calls" };
    let started = recovery.started_at.map(|at| format!(" at {}", words::time(at))).unwrap_or_default();
    let pending = match recovery.pending {
        0 => "each was asked about".to_owned(),
        n_pending => format!("{n_pending} still to be told by their carrier"),
    };
    let table = decisions_table(&recovery.calls, paint);
    format!("the start{started} found {n_calls} unfinished {calls}; {pending}\n\n{table}")
}

/// What was, or would be, decided of unfinished calls.
pub(crate) fn decisions_table(calls: &[Recovered], paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["ID", "TO", "BELIEVED", "CARRIER SAYS", "DECISION", "AFTER", "WHY"])];
    rows.extend(calls.iter().map(|call| {
        vec![
            Cell::new(&call.id, Tone::Strong),
            or_dash(call.to.clone()),
            or_dash(call.believed.clone()),
            or_dash(call.carrier.clone()),
            or_dash(call.decision.clone()),
            or_dash(call.after.clone()),
            Cell::normal(call.why.clone().unwrap_or_default()),
        ]
    }));
    paint.columns(&rows)
}

/// The live calls that this gateway doesn't know.
pub(super) fn strangers_table(recovery: &Recovery, paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["CARRIER", "CARRIER'S ID", "FROM", "TO", "OURS"])];
    rows.extend(recovery.strangers.iter().map(|stranger| {
        vec![
            Cell::normal(stranger.carrier.clone()),
            Cell::new(&stranger.carrier_call_id, Tone::Strong),
            or_dash(stranger.from.clone()),
            or_dash(stranger.to.clone()),
            or_dash(stranger.id.clone()),
        ]
    }));
    format!("live at their carriers, not known here, and left alone\n\n{}", paint.columns(&rows))
}

fn or_dash(text: Option<String>) -> Cell {
    match text {
        Some(text) if !text.is_empty() => Cell::normal(text),
        _ => Cell::new("-", Tone::Faint),
    }
}
