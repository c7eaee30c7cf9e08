//! `offhook show`: one call's facts, what was asked of it, and its story from the log.

use serde_json::json;

use super::args::ShowArgs;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::wire::{Call, Command, Event, Recovery};
use super::{CommandError, Exit, Terminal, words};

/// Tells one call's story.
pub(super) async fn run(
    gateway: &Gateway,
    args: &ShowArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let reply = gateway.call_by_beginning(&args.id).await?;
    let call: Call = reply.read()?;
    let events = gateway.events(&call.id).await?;
    // A gateway that can't say it has told the call's own story all the same.
    let recovery = match args.json {
        true => None,
        false => gateway.recovery().await.and_then(|reply| reply.read::<Recovery>()).ok(),
    };
    if args.json {
        terminal.print_json(&json!({ "call": reply.json()?, "events": events.into_items() }))?;
    } else {
        terminal.print(&story(&call, &events.read()?, recovery.as_ref(), terminal.paint))?;
    }
    Ok(Exit::Done)
}

/// The facts of a call, what was asked of it, then its events in order.
pub(super) fn story(call: &Call, events: &[Event], recovery: Option<&Recovery>, paint: Paint) -> String {
    let mut facts = facts(call);
    facts.extend(recovery.and_then(|recovery| at_restart(call, recovery)));
    let facts = paint.columns(&facts);
    let rows = rows(events);
    let events = if rows.is_empty() { "  no event is on record\n".to_owned() } else { paint.columns(&rows) };
    let commands: Vec<Vec<Cell>> = call.commands.iter().map(command).collect();
    // The greeting is number 0, and always kept.
    let n_asked = call.commands.last().map_or(0, |last| last.id as usize);
    let note = match n_asked > commands.len() {
        true => {
            paint.paint(&format!("\n  the last of {n_asked} commands; all are among the events"), Tone::Faint)
        }
        false => String::new(),
    };
    let commands =
        if commands.is_empty() { String::new() } else { format!("{note}\n{}", paint.columns(&commands)) };
    format!("{}\n{facts}{commands}\n{events}", paint.paint(&call.id, Tone::Strong))
}

fn facts(call: &Call) -> Vec<Vec<Cell>> {
    let carrier = [call.carrier.as_deref(), call.carrier_call_id.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let remark = Some(words::remark(call)).filter(|remark| !remark.is_empty());
    let when = |at: Option<jiff::Timestamp>| at.map(words::time);
    let facts = [
        (if call.is_over() { "ending" } else { "remark" }, remark),
        ("direction", call.direction.clone()),
        ("to", call.to.clone()),
        ("from", call.from.clone()),
        ("carrier", Some(carrier)),
        ("says", call.say.as_ref().map(|say| format!("\"{say}\""))),
        ("agent", call.agent.clone()),
        ("placed by", call.placed_by.clone()),
        ("created", when(call.created_at)),
        ("answered", when(call.answered_at)),
        ("ended", when(call.ended_at)),
        ("deadline", when(call.deadline).filter(|_| !call.is_over())),
        ("imported as", call.imported_id.clone()),
    ];
    let head = |name: &str| Cell::new(format!("  {name}"), Tone::Faint);
    let mut rows = vec![vec![head("state"), words::state(call)]];
    for (name, fact) in facts {
        rows.extend(fact.filter(|fact| !fact.is_empty()).map(|fact| vec![head(name), Cell::normal(fact)]));
    }
    if let Some(alarm) = call.alarm.as_ref().and_then(words::code) {
        rows.push(vec![head("alarm"), Cell::new(alarm, Tone::Bad)]);
    }
    rows
}

/// What the last start made of it, if it was unfinished then.
fn at_restart(call: &Call, recovery: &Recovery) -> Option<Vec<Cell>> {
    let found = recovery.calls.iter().find(|found| found.id == call.id)?;
    let at = recovery.started_at.map(words::time)?;
    let believed = found.believed.as_deref().map(|state| format!(", believed {state}")).unwrap_or_default();
    let why = found.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    let decision = found.decision.as_deref().unwrap_or("-");
    let text = format!("{at}{believed}; {decision}{why}");
    Some(vec![Cell::new("  restart", Tone::Faint), Cell::normal(text)])
}

/// Something that was asked of the call, how it stands, and what came of it.
fn command(command: &Command) -> Vec<Cell> {
    let name = match command.id {
        0 => "greeting".to_owned(),
        id => format!("{} {id}", command.verb),
    };
    let tone = match command.state.as_str() {
        "done" => Tone::Good,
        "failed" | "in_doubt" => Tone::Bad,
        _ => Tone::Busy,
    };
    let heard =
        |what: &str, answer: &Option<String>| answer.as_ref().map(|answer| format!("{what} {answer}"));
    let code = command.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let outcome = [
        heard("pressed", &command.digits),
        heard("said", &command.speech),
        heard("the other leg ended", &command.transfer),
        command.stopped.then(|| "stopped before its time".to_owned()),
        command.why.as_ref().map(|why| format!("{why}{code}")),
    ];
    let outcome = outcome.into_iter().flatten().collect::<Vec<_>>().join(", ");
    vec![Cell::new(format!("  {name}"), Tone::Faint), Cell::new(&command.state, tone), Cell::normal(outcome)]
}

/// The events in order, each with what was believed after it where that changed.
fn rows(events: &[Event]) -> Vec<Vec<Cell>> {
    let mut believed = None;
    let mut rows = Vec::new();
    for event in events {
        let mut row = self::event(event);
        let state = event.state.as_deref();
        if state.is_some() && state != believed {
            let text = row.pop().unwrap_or_else(|| Cell::normal(""));
            row.push(text.followed_by(&format!("  → {}", state.unwrap_or_default())));
            believed = state;
        }
        rows.push(row);
    }
    rows
}

fn event(event: &Event) -> Vec<Cell> {
    let at = event.at.map_or("-".to_owned(), words::time);
    let source = event.source.as_deref().unwrap_or("-");
    let summary = event.summary.clone().unwrap_or_else(|| event.kind.clone());
    vec![Cell::new(format!("  {at}"), Tone::Faint), Cell::new(source, Tone::Busy), Cell::normal(summary)]
}
