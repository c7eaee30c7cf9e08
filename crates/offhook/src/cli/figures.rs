//! `offhook figures`: calls, endings, talk, cost and replies over time.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::args::FiguresArgs;
use super::gateway::Gateway;
use super::latency::seconds;
use super::paint::{Cell, Paint};
use super::{CommandError, Exit, Terminal};

#[derive(Debug, Deserialize)]
struct Report {
    stretches: Vec<Stretch>,
}

#[derive(Debug, Deserialize)]
struct Stretch {
    from: String,
    inbound: u64,
    outbound: u64,
    answered: u64,
    talked_s: u64,
    #[serde(default)]
    endings: BTreeMap<String, u64>,
    cost: Option<String>,
    replies: Option<Replies>,
}

#[derive(Debug, Deserialize)]
struct Replies {
    p50_ms: u64,
    p99_ms: u64,
}

pub(super) async fn run(
    gateway: &Gateway,
    args: &FiguresArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let by = if args.days { "day" } else { "hour" };
    let reply = gateway.figures(by, args.last).await?;
    if args.json {
        terminal.print_json(&reply.read()?)?;
        return Ok(Exit::Done);
    }
    let report: Report = reply.read()?;
    terminal.print(&table(&report.stretches, terminal.paint))?;
    Ok(Exit::Done)
}

fn table(stretches: &[Stretch], paint: Paint) -> String {
    let heads = ["FROM", "IN", "OUT", "ANSWERED", "TALK", "COST", "REPLY P50", "P99", "ENDINGS"];
    let mut rows = vec![Cell::heads(&heads)];
    rows.extend(stretches.iter().map(|one| {
        let reply = |ms: fn(&Replies) -> u64| one.replies.as_ref().map_or_else(none, |all| seconds(ms(all)));
        // In UTC, as all times of the gateway; seconds say nothing of an hour.
        let from = one.from.get(..16).unwrap_or(&one.from).replace('T', " ");
        [
            from,
            one.inbound.to_string(),
            one.outbound.to_string(),
            one.answered.to_string(),
            format!("{}:{:02}", one.talked_s / 60, one.talked_s % 60),
            one.cost.clone().unwrap_or_else(none),
            reply(|all| all.p50_ms),
            reply(|all| all.p99_ms),
            endings(&one.endings),
        ]
        .into_iter()
        .map(Cell::normal)
        .collect()
    }));
    paint.columns(&rows)
}

fn endings(counts: &BTreeMap<String, u64>) -> String {
    let told: Vec<String> =
        counts.iter().map(|(kind, n)| format!("{n} {}", kind.replace('_', " "))).collect();
    if told.is_empty() { none() } else { told.join(", ") }
}

fn none() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stretch_has_a_line_and_what_there_was_none_of_a_dash() {
        let report = r#"{"by": "hour", "replies_of": 3, "stretches": [
            {"from": "2026-11-22T13:00:00.000Z", "inbound": 0, "outbound": 0, "answered": 0, "talked_s": 0,
             "endings": {}, "cost": null, "replies": null},
            {"from": "2026-11-22T14:00:00.000Z", "inbound": 2, "outbound": 11, "answered": 9, "talked_s": 754,
             "endings": {"completed": 9, "no_answer": 4}, "cost": "0.42 USD",
             "replies": {"n": 30, "p50_ms": 940, "p95_ms": 1210, "p99_ms": 2004}}]}"#;
        let report: Report = serde_json::from_str(report).expect("it is as the gateway writes it");
        let expected = "\
FROM              IN  OUT  ANSWERED  TALK   COST      REPLY P50  P99     ENDINGS
2026-11-22 13:00  0   0    0         0:00   -         -          -       -
2026-11-22 14:00  2   11   9         12:34  0.42 USD  0.94 s     2.00 s  9 completed, 4 no answer
";
        assert_eq!(table(&report.stretches, Paint::Plain), expected);
    }
}
