//! `offhook show`: one call's facts and its story from the log.

use serde_json::json;

use super::args::ShowArgs;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::wire::{Call, Event};
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
    if args.json {
        terminal.print_json(&json!({ "call": reply.json()?, "events": events.into_items() }))?;
    } else {
        terminal.print(&story(&call, &events.read()?, terminal.paint))?;
    }
    Ok(Exit::Done)
}

/// The facts of a call, then its events in order.
pub(super) fn story(call: &Call, events: &[Event], paint: Paint) -> String {
    let facts = paint.columns(&facts(call));
    let rows: Vec<Vec<Cell>> = events.iter().map(event).collect();
    let events = if rows.is_empty() { "  no event is on record\n".to_owned() } else { paint.columns(&rows) };
    format!("{}\n{facts}\n{events}", paint.paint(&call.id, Tone::Strong))
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

fn event(event: &Event) -> Vec<Cell> {
    let at = event.at.map_or("-".to_owned(), words::time);
    let source = event.source.as_deref().unwrap_or("-");
    let summary = event.summary.clone().unwrap_or_else(|| event.kind.clone());
    vec![Cell::new(format!("  {at}"), Tone::Faint), Cell::new(source, Tone::Busy), Cell::normal(summary)]
}
