//! `offhook latency`: how long whoever is on the line waits for replies, for what, and talks
//! over them; and how long those take whose work the replies are.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::args::LatencyArgs;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::{CommandError, Exit, Terminal};

#[derive(Debug, Deserialize)]
struct Report {
    calls: u64,
    agents: Vec<Waited>,
    #[serde(default)]
    vendors: Vec<Worked>,
}

/// How long one of those took whose work replies are.
#[derive(Debug, Deserialize)]
struct Worked {
    vendor: String,
    part: String,
    times: u64,
    #[serde(flatten)]
    took: Spread,
}

/// How long one agent's replies were waited for.
#[derive(Debug, Deserialize)]
struct Waited {
    agent: String,
    carrier: String,
    replies: u64,
    whole: Spread,
    #[serde(default)]
    parts: BTreeMap<String, Spread>,
    talk_over: Option<Spread>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Spread {
    p50_ms: u64,
    p95_ms: u64,
    p99_ms: u64,
}

pub(super) async fn run(
    gateway: &Gateway,
    args: &LatencyArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let reply = gateway.latency(args.calls).await?;
    if args.json {
        terminal.print_json(&reply.read()?)?;
        return Ok(Exit::Done);
    }
    let report: Report = reply.read()?;
    if report.agents.is_empty() {
        let calls = if report.calls == 1 { "call has" } else { "calls have" };
        let why = "an llm with a recognizer and a synthesizer has them, and a realtime agent";
        terminal.remark(&format!("the last {} {calls} no reply that was waited for; {why}", report.calls));
        return Ok(Exit::Done);
    }
    terminal.print(&table(&report.agents, terminal.paint))?;
    if !report.vendors.is_empty() {
        terminal.print(&format!("\n{}", by_vendor(&report.vendors, terminal.paint)))?;
    }
    Ok(Exit::Done)
}

fn by_vendor(vendors: &[Worked], paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["VENDOR", "PART", "TIMES", "P50", "P95", "P99"])];
    rows.extend(vendors.iter().map(|one| {
        let first = [
            Cell::new(&one.vendor, Tone::Strong),
            Cell::normal(one.part.clone()),
            Cell::normal(one.times.to_string()),
        ];
        first.into_iter().chain(spread(one.took)).collect()
    }));
    paint.columns(&rows)
}

fn spread(Spread { p50_ms, p95_ms, p99_ms }: Spread) -> [Cell; 3] {
    [p50_ms, p95_ms, p99_ms].map(|ms| Cell::normal(seconds(ms)))
}

fn table(agents: &[Waited], paint: Paint) -> String {
    let heads = ["AGENT", "CARRIER", "REPLIES", "P50", "P95", "P99"];
    let parts = PARTS.map(str::to_uppercase);
    let heads: Vec<&str> =
        heads.into_iter().chain(parts.iter().map(String::as_str)).chain(["TALK-OVER"]).collect();
    let mut rows = vec![Cell::heads(&heads)];
    rows.extend(agents.iter().map(|one| {
        let median = |spread: Option<&Spread>| {
            Cell::normal(spread.map_or_else(|| "-".to_owned(), |spread| seconds(spread.p50_ms)))
        };
        let parts = PARTS.map(|name| median(one.parts.get(name)));
        let talk_over = median(one.talk_over.as_ref());
        let first = [
            Cell::new(&one.agent, Tone::Strong),
            Cell::normal(one.carrier.clone()),
            Cell::normal(one.replies.to_string()),
        ];
        first.into_iter().chain(spread(one.whole)).chain(parts).chain([talk_over]).collect()
    }));
    paint.columns(&rows)
}

/// So much as a person reads it.
pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10)
}

/// What a wait is made of, in order; half of the replies waited no longer for it.
const PARTS: [&str; 5] = ["turn", "recognizer", "model", "synthesizer", "playout"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_has_a_line_and_what_is_unknown_a_dash() {
        let report = r#"{"calls": 7, "agents": [
            {"agent": "concierge", "carrier": "main", "replies": 12,
             "whole": {"p50_ms": 940, "p95_ms": 1210, "p99_ms": 2004},
             "parts": {"turn": {"p50_ms": 600, "p95_ms": 600, "p99_ms": 600}},
             "talk_over": {"times": 3, "p50_ms": 140, "p95_ms": 180, "p99_ms": 180}}],
            "vendors": [{"vendor": "deepgram", "part": "recognizer", "times": 12,
             "p50_ms": 60, "p95_ms": 90, "p99_ms": 240}]}"#;
        let report: Report = serde_json::from_str(report).expect("it is as the gateway writes it");
        let expected = "\
AGENT      CARRIER  REPLIES  P50     P95     P99     TURN    RECOGNIZER  MODEL  SYNTHESIZER  PLAYOUT  TALK-OVER
concierge  main     12       0.94 s  1.21 s  2.00 s  0.60 s  -           -      -            -        0.14 s
";
        assert_eq!(table(&report.agents, Paint::Plain), expected);
        let expected = "\
VENDOR    PART        TIMES  P50     P95     P99
deepgram  recognizer  12     0.06 s  0.09 s  0.24 s
";
        assert_eq!(by_vendor(&report.vendors, Paint::Plain), expected);
    }
}
