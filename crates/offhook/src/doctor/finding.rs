//! What was found, and how it is told: a table for people, a document for programs.

use serde_json::{Value, json};

use crate::cli::paint::{Cell, Paint, Tone};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was looked at, in a word.
    pub(super) check: &'static str,
    /// How bad it is.
    pub(super) level: Level,
    /// What was found. Holds no secret.
    pub(super) what: String,
    /// What can be done about it.
    pub(super) way_out: Option<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// All is well.
    Ok,
    /// Somebody may want to know.
    Note,
    /// It works, and somebody should do something.
    Warning,
    /// Calls are lost by it.
    Failed,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Finding {
        Finding::plain(check, Level::Ok, what)
    }

    /// Somebody may want to know.
    pub(super) fn note(check: &'static str, what: impl Into<String>, way_out: impl Into<String>) -> Finding {
        Finding::plain(check, Level::Note, what).with(way_out)
    }

    /// Somebody should do something.
    pub(super) fn warning(
        check: &'static str,
        what: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Finding {
        Finding::plain(check, Level::Warning, what).with(way_out)
    }

    /// Calls are lost by it.
    pub(super) fn failed(
        check: &'static str,
        what: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Finding {
        Finding::plain(check, Level::Failed, what).with(way_out)
    }

    /// A finding that speaks for itself.
    pub(super) fn plain(check: &'static str, level: Level, what: impl Into<String>) -> Finding {
        Finding { check, level, what: what.into(), way_out: None }
    }

    fn with(self, way_out: impl Into<String>) -> Finding {
        Finding { way_out: Some(way_out.into()), ..self }
    }
}

impl Level {
    /// The word in the document.
    fn word(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Failed => "failed",
        }
    }

    fn cell(self) -> Cell {
        match self {
            Level::Ok => Cell::new("ok", Tone::Good),
            Level::Note => Cell::new("note", Tone::Faint),
            Level::Warning => Cell::new("warning", Tone::Strong),
            Level::Failed => Cell::new("FAILED", Tone::Bad),
        }
    }
}

/// One line for each finding, its way out on the next (once for several that share it), and a line
/// that counts.
pub(super) fn table(findings: &[Finding], paint: Paint) -> String {
    let mut rows = Vec::new();
    for (nth, finding) in findings.iter().enumerate() {
        rows.push(vec![finding.level.cell(), Cell::normal(finding.check), Cell::normal(&finding.what)]);
        let follows = findings.get(nth + 1).and_then(|next| next.way_out.as_ref());
        if let Some(way_out) = &finding.way_out
            && follows != Some(way_out)
        {
            rows.push(vec![Cell::normal(""), Cell::normal(""), Cell::new(way_out, Tone::Faint)]);
        }
    }
    format!("{}{}\n", paint.columns(&rows), count(findings))
}

fn count(findings: &[Finding]) -> String {
    let n_of = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let counted = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts = [
        counted(n_of(Level::Failed), "failed", "failed"),
        counted(n_of(Level::Warning), "warning", "warnings"),
        counted(n_of(Level::Note), "note", "notes"),
        counted(n_of(Level::Ok), "ok", "ok"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `{"findings": [{"check", "level", "what", "way_out"}]}`.
pub(super) fn document(findings: &[Finding]) -> Value {
    let written = |finding: &Finding| {
        json!({
            "check": finding.check,
            "level": finding.level.word(),
            "what": finding.what,
            "way_out": finding.way_out,
        })
    };
    json!({ "findings": findings.iter().map(written).collect::<Vec<_>>() })
}
