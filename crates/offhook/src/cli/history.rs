//! `offhook history`: calls that are over, searched among any number of them.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::HistoryArgs;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::patience::Waiting;
use super::wire::{Call, make_plain};
use super::{CommandError, Exit, Terminal, words};

/// Searches until there are as many as asked for, or no more.
pub(super) async fn run(
    gateway: &Gateway,
    args: &HistoryArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let query = query(args);
    let mut query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    query.push(("state", "ended"));
    let (mut items, mut cursor) = (Vec::new(), args.cursor.clone());
    let began = Instant::now();
    let mut waiting = None;
    loop {
        let page = args.limit.saturating_sub(items.len()).clamp(1, PAGE_MAX);
        let (found, next) = gateway.search(&query, page, cursor.as_deref()).await?;
        items.extend(found);
        cursor = next;
        if items.len() >= args.limit || cursor.is_none() {
            break;
        }
        if waiting.is_none() && began.elapsed() > LONG {
            waiting = Some(Waiting::begin(terminal, "searching"));
        }
        if let Some(waiting) = &waiting {
            waiting.tell(format!("searching; {} found", items.len()));
        }
    }
    drop(waiting);
    if args.json {
        terminal.print_json(&json!({ "calls": items, "next": cursor }))?;
        return Ok(Exit::Done);
    }
    let calls = items.into_iter().map(|mut item: Value| {
        make_plain(&mut item);
        serde_json::from_value(item)
    });
    let calls: Result<Vec<Call>, serde_json::Error> = calls.collect();
    let calls = calls.map_err(|error| gateway.unreadable(error.to_string()))?;
    match calls.is_empty() {
        true => terminal.remark("no call that is over is like that"),
        false => terminal.print(&table(&calls, terminal.paint))?,
    }
    if let Some(cursor) = cursor {
        terminal.remark(&format!("there are more: the same again with --cursor {cursor}, or --limit"));
    }
    Ok(Exit::Done)
}

/// What is asked of the API.
fn query(args: &HistoryArgs) -> Vec<(&'static str, String)> {
    let time = |at: &Option<Timestamp>| at.map(|at| format!("{at:.3}"));
    let wishes = [
        ("since", time(&args.since)),
        ("until", time(&args.until)),
        ("to", args.to.clone()),
        ("from", args.from.clone()),
        ("number", args.number.clone()),
        ("ending", args.ending.clone()),
        ("carrier", args.carrier.clone()),
        ("agent", args.agent.clone()),
        ("direction", args.direction.map(|direction| direction.word().to_owned())),
        ("said", args.search.clone()),
    ];
    wishes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The calls, the newest first.
pub(super) fn table(calls: &[Call], paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["ID", "MADE", "WHO", "CARRIER", "AGENT", "TALK", "ENDING"])];
    rows.extend(calls.iter().map(row));
    paint.columns(&rows)
}

fn row(call: &Call) -> Vec<Cell> {
    let made = call.created_at.map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
    let tone = if call.is_completed() { Tone::Good } else { Tone::Bad };
    vec![
        Cell::new(&call.id, Tone::Strong),
        or_dash(made),
        or_dash(words::who(call)),
        or_dash(call.carrier.clone()),
        or_dash(call.agent.clone()),
        or_dash(words::talk(call, None)),
        Cell::new(call.ending.as_ref().map(words::ending).unwrap_or_default(), tone),
    ]
}

fn or_dash(text: Option<String>) -> Cell {
    text.map_or_else(|| Cell::new("-", Tone::Faint), Cell::normal)
}

/// So many the API gives at once.
const PAGE_MAX: usize = 500;
/// After which somebody wants to know that it goes on.
const LONG: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::{Call, Paint, table};
    use serde_json::{Value, json};

    #[test]
    fn each_call_has_a_line() {
        let call = |call: Value| -> Call { serde_json::from_value(call).expect("is a call") };
        let calls = [
            call(json!({
                "id": "c_2", "state": "ended", "direction": "inbound", "from": "+15550110001", "to": "+15550100000",
                "carrier": "main", "agent": "clerk", "created_at": "2026-11-22T13:34:17.874Z",
                "answered_at": "2026-11-22T13:34:18Z", "ended_at": "2026-11-22T13:35:19Z",
                "ending": {"kind": "completed", "by": "remote", "confirmed_by": "webhook", "duration_s": 61},
            })),
            call(json!({
                "id": "c_1", "state": "ended", "direction": "outbound", "to": "+15550110002",
                "ending": {"kind": "busy", "by": "remote", "cause": "busy", "confirmed_by": "reply"},
            })),
        ];
        let expected = "\
ID   MADE                  WHO             CARRIER  AGENT  TALK   ENDING
c_2  2026-11-22 13:34:17Z  < +15550110001  main     clerk  1m01s  completed by remote, confirmed by webhook
c_1  -                     > +15550110002  -        -      -      busy by remote, confirmed by reply
";
        assert_eq!(table(&calls, Paint::Plain), expected);
    }
}
