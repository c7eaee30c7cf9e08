//! What is seen: on a terminal a live table, in a pipe plain lines, with `--json` nothing.

use super::Shows;
use super::people::{Face, Fate};
use crate::cli::paint::{Cell, Paint, Tone};
use crate::cli::terminal::Terminal;
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// One of the five calls, as far as it got.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What becomes of it.
    pub(super) fate: Fate,
    /// Whose interface it went through.
    pub(super) face: Face,
    /// Our name for it.
    pub(super) id: String,
    /// Its state at the gateway.
    pub(super) state: String,
    /// What the store believed when the gateway was killed.
    pub(super) before: String,
    /// What was true at the carrier when the gateway came back.
    pub(super) carrier: String,
    /// What was decided.
    pub(super) decision: String,
    /// Why.
    pub(super) why: String,
    /// What it is now.
    pub(super) after: String,
}

impl Row {
    /// A call that was just placed.
    pub(super) fn new(fate: Fate, face: Face, id: &str) -> Row {
        let none = String::new;
        Row {
            fate,
            face,
            id: id.to_owned(),
            state: "queued".to_owned(),
            before: none(),
            carrier: none(),
            decision: none(),
            why: none(),
            after: none(),
        }
    }

    /// Notes what recovery says of it. The first word decides: what comes later is its consequence.
    pub(super) fn note(&mut self, line: &Value) {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        self.why = text("why");
        let decision = text("decision");
        if self.decision != "hung_up" && decision != "pending" && decision != "asked_again" {
            self.decision = decision;
        }
        if self.fate == Fate::PastMaximum && self.why.contains("duration_max") {
            self.decision = "hung_up".to_owned();
        }
    }

    /// Whether it came as it should.
    pub(super) fn is_settled(&self) -> bool {
        let expected = match self.fate {
            Fate::PastMaximum => ("hung_up", "ended"),
            Fate::TalksOn => ("kept", "in_progress"),
            Fate::EndsMeanwhile => ("closed", "ended"),
            Fate::Ringing => ("kept", self.face.rings()),
            Fate::CutOff => ("adopted", self.face.rings()),
        };
        (self.decision.as_str(), self.state.as_str()) == expected
    }

    /// The call in the JSON document.
    pub(super) fn as_json(&self) -> Value {
        json!({
            "id": self.id,
            "face": self.face.word(),
            "scenario": self.fate.word(),
            "before": self.before,
            "carrier": self.carrier,
            "decision": self.decision,
            "why": self.why,
            "after": self.state,
            "ending": self.after.split_once(": ").map(|(_, kind)| kind),
        })
    }

    fn cells(&self) -> Vec<Cell> {
        let tone = match self.decision.as_str() {
            "" => Tone::Busy,
            "closed" | "hung_up" => Tone::Faint,
            _ => Tone::Good,
        };
        vec![
            Cell::new(self.fate.title(), Tone::Strong),
            Cell::new(self.fate.number(), Tone::Faint),
            Cell::normal(if self.before.is_empty() { "…" } else { &self.before }),
            Cell::normal(if self.carrier.is_empty() { "…" } else { &self.carrier }),
            Cell::new(if self.decision.is_empty() { "…" } else { &self.decision }, tone),
            Cell::new(&self.after, tone),
        ]
    }
}

/// Where the demo is seen.
pub(super) struct Screen {
    terminal: Terminal,
    quiet: bool,
    /// Lines of the live table on the terminal now.
    drawn: usize,
    last: String,
}

impl Screen {
    /// A screen; a quiet one shows nothing.
    pub(super) fn new(terminal: Terminal, quiet: bool) -> Screen {
        Screen { terminal, quiet, drawn: 0, last: String::new() }
    }

    /// Something happens.
    pub(super) fn act(&mut self, text: &str) {
        if self.quiet {
            return;
        }
        let table = self.last.clone();
        self.wipe();
        let mark = self.terminal.paint.paint("▸", Tone::Busy);
        self.write(&format!("{mark} {text}\n"));
        self.last.clear();
        self.draw(&table);
    }

    /// Somebody says something.
    pub(super) fn said(&mut self, who: &str, words: &str) {
        if !self.quiet {
            self.wipe();
            self.last.clear();
            self.write(&format!("    {who:<7} {words}\n"));
        }
    }

    /// How the calls stand now.
    pub(super) fn table(&mut self, rows: &[Row]) {
        let table = table(rows, self.terminal.paint);
        if !self.quiet && table != self.last {
            self.wipe();
            self.draw(&table);
        }
    }

    /// Time passes, and a bar shows how much is left.
    pub(super) async fn wait(&mut self, what: &str, span: Duration, rows: &[Row]) {
        let begun = Instant::now();
        while begun.elapsed() < span {
            if self.is_live() {
                let table = table(rows, self.terminal.paint);
                self.wipe();
                self.draw(&format!("{table}{}\n", bar(what, begun.elapsed(), span)));
            }
            tokio::time::sleep(Duration::from_millis(100).min(span.saturating_sub(begun.elapsed()))).await;
        }
        self.table(rows);
    }

    /// All the calls, and why each was decided on as it was.
    pub(super) fn calls(&mut self, rows: &[Row]) {
        self.wipe();
        self.last.clear();
        let mut text = format!("\n{}\n", table(rows, self.terminal.paint));
        for row in rows {
            text += &format!("  {:<17} {}\n", row.fate.title(), row.why);
        }
        text += "\n";
        if !self.quiet {
            self.write(&text);
        }
    }

    /// The end of all: the promises, and how to go on.
    pub(super) fn last(&mut self, shows: &Shows) {
        self.wipe();
        let paint = self.terminal.paint;
        let promises = shows.promises();
        let mut text = "\ncounted from the network's truth:\n".to_owned();
        for (name, n_broken) in [
            ("phantoms", promises.phantoms),
            ("orphans", promises.orphans),
            ("second rings", promises.second_rings),
            ("lost news", promises.lost_news),
        ] {
            let tone = if n_broken == 0 { Tone::Good } else { Tone::Bad };
            text += &format!("  {name:<13} {}\n", paint.paint(&n_broken.to_string(), tone));
        }
        text += &match shows.hold() {
            true => paint
                .paint(&format!("\nevery promise held ({:.0} s)\n", shows.took().as_secs_f64()), Tone::Good),
            false => paint.paint("\na promise was broken\n", Tone::Bad),
        };
        text += "next: 'offhook serve' in one terminal, 'offhook call +15550100042 --say Hello --wait' in another\n";
        self.write(&text);
    }

    /// A remark beside it all.
    pub(super) fn remark(&mut self, text: &str) {
        self.wipe();
        self.terminal.remark(text);
    }

    fn is_live(&self) -> bool {
        !self.quiet && self.terminal.paint == Paint::Coloured
    }

    /// On a terminal the table is drawn below the acts and redrawn in place; in a pipe it would
    /// only repeat itself, so it comes once, at the end.
    fn draw(&mut self, table: &str) {
        self.last = table.to_owned();
        if self.is_live() && !table.is_empty() {
            self.write(table);
            self.drawn = table.lines().count();
        }
    }

    fn wipe(&mut self) {
        if self.drawn > 0 {
            self.write(&format!("\x1b[{}A\x1b[J", self.drawn));
            self.drawn = 0;
        }
    }

    fn write(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // Whoever stopped reading misses the rest of the play; it goes on to its end.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

fn table(rows: &[Row], paint: Paint) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads = Cell::heads(&["CALL", "TO", "STORE BELIEVED", "CARRIER KNEW", "DECISION", "NOW"]);
    let rows: Vec<Vec<Cell>> = std::iter::once(heads).chain(rows.iter().map(Row::cells)).collect();
    paint.columns(&rows)
}

fn bar(what: &str, passed: Duration, span: Duration) -> String {
    const WIDTH: usize = 24;
    let part = passed.as_secs_f64() / span.as_secs_f64().max(0.001);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 24 places")]
    let done = ((part * WIDTH as f64) as usize).min(WIDTH);
    let left = span.saturating_sub(passed).as_secs_f64();
    format!("[{}{}] {what}, {left:.0} s", "█".repeat(done), "·".repeat(WIDTH - done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_settled_only_when_it_came_as_it_should() {
        let mut row = Row::new(Fate::PastMaximum, Face::Twilio, "c_1");
        assert!(!row.is_settled());
        row.note(
            &json!({ "decision": "hung_up", "why": "duration_max; hung up until the carrier confirms" }),
        );
        row.state = "hanging_up".to_owned();
        assert!(!row.is_settled());
        row.note(&json!({ "decision": "closed", "why": "the carrier says completed; duration_max" }));
        row.state = "ended".to_owned();
        assert!(row.is_settled());
    }

    #[test]
    fn a_phone_that_rings_is_initiated_where_nobody_tells_of_it() {
        for (face, state, expected) in [
            (Face::Twilio, "ringing", true),
            (Face::Twilio, "initiated", false),
            (Face::Telnyx, "initiated", true),
            (Face::Plivo, "ringing", true),
        ] {
            let mut row = Row::new(Fate::Ringing, face, "c_1");
            row.note(&json!({ "decision": "kept", "why": "the carrier says that it lives" }));
            row.state = state.to_owned();
            assert_eq!(row.is_settled(), expected, "{face:?} {state}");
        }
    }

    #[test]
    fn the_bar_fills_from_left_to_right() {
        let span = Duration::from_secs(4);
        assert_eq!(bar("x", Duration::ZERO, span), format!("[{}] x, 4 s", "·".repeat(24)));
        assert_eq!(bar("x", span, span), format!("[{}] x, 0 s", "█".repeat(24)));
    }
}
