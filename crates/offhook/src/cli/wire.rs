//! The gateway's JSON as far as people see it. Whatever it has beyond that is left alone, and
//! nothing but a call's id and state is taken for granted.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A call that is asked for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct PlaceCall<'a> {
    pub(crate) to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) say: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hold: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) record: bool,
}

/// A call as the gateway knows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) direction: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) carrier: Option<String>,
    pub(crate) carrier_call_id: Option<String>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) answered_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) ended_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) ending: Option<Ending>,
    /// What a queued call waits for: `slot`, `doubt`, `pace`, `retry` or `pause`.
    pub(crate) waits_for: Option<String>,
    pub(crate) say: Option<String>,
    /// The name of its agent, if it has one.
    pub(crate) agent: Option<String>,
    /// What was asked of it, the oldest first.
    #[serde(default)]
    pub(crate) commands: Vec<Command>,
    /// The token that asked for it.
    pub(crate) placed_by: Option<String>,
    pub(crate) imported_id: Option<String>,
    /// What an operator must look at, in a text or in an object of the gateway's own.
    pub(crate) alarm: Option<Value>,
}

/// Something that was asked of a call.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Command {
    pub(crate) id: u32,
    pub(crate) verb: String,
    pub(crate) state: String,
    pub(crate) digits: Option<String>,
    pub(crate) speech: Option<String>,
    pub(crate) transfer: Option<String>,
    /// Whether somebody ended it before its time.
    #[serde(default)]
    pub(crate) stopped: bool,
    pub(crate) code: Option<String>,
    pub(crate) why: Option<String>,
}

/// The reply to whoever asks something of a call.
#[derive(Debug, Deserialize)]
pub(crate) struct CommandReply {
    /// The call's id.
    pub(crate) call: String,
    pub(crate) command: Command,
}

/// The reply to whoever has commands stopped.
#[derive(Debug, Deserialize)]
pub(crate) struct StopReply {
    /// Those that it ends.
    pub(crate) commands: Vec<Command>,
}

/// How a call ended.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Ending {
    pub(crate) kind: String,
    pub(crate) by: Option<String>,
    pub(crate) cause: Option<String>,
    /// A text or a number, as the carrier has it.
    pub(crate) carrier_code: Option<Value>,
    pub(crate) confirmed_by: Option<String>,
    /// How long the talk was by the carrier's count, in seconds.
    pub(crate) duration_s: Option<i64>,
}

/// One line of a call's story.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    /// Its place in the call's log.
    #[cfg(feature = "tui")]
    pub(crate) version: Option<u64>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) at: Option<Timestamp>,
    pub(crate) kind: String,
    pub(crate) source: Option<String>,
    pub(crate) summary: Option<String>,
    /// What was believed of the call after it.
    pub(crate) state: Option<String>,
}

/// How the gateway is.
#[derive(Debug, Deserialize)]
pub(crate) struct Health {
    /// What is amiss, in words.
    #[serde(default)]
    pub(crate) reasons: Vec<String>,
    /// Whether no new call is taken.
    #[serde(default)]
    pub(crate) draining: bool,
}

/// What the last start found and decided.
#[derive(Debug, Deserialize)]
pub(crate) struct Recovery {
    #[serde(default, deserialize_with = "time")]
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) calls: Vec<Recovered>,
    /// How many calls the carrier hasn't told of yet.
    #[serde(default)]
    pub(crate) pending: u64,
    /// Live calls that were taken into the store because a carrier had them.
    #[serde(default)]
    pub(crate) orphans: Vec<String>,
    /// Live calls that this gateway doesn't know and leaves alone.
    #[serde(default)]
    pub(crate) strangers: Vec<Stranger>,
}

/// A live call at a carrier that this gateway doesn't know.
#[derive(Debug, Deserialize)]
pub(crate) struct Stranger {
    pub(crate) carrier: String,
    pub(crate) carrier_call_id: String,
    /// Where its mark proves that it is ours.
    pub(crate) id: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

/// One call that the last start found unfinished.
#[derive(Debug, Deserialize)]
pub(crate) struct Recovered {
    pub(crate) id: String,
    pub(crate) to: Option<String>,
    pub(crate) believed: Option<String>,
    pub(crate) carrier: Option<String>,
    pub(crate) decision: Option<String>,
    pub(crate) why: Option<String>,
    pub(crate) after: Option<String>,
}

/// What became of an imported file.
#[derive(Debug, Deserialize)]
pub(crate) struct ImportReport {
    pub(crate) taken: u64,
    #[serde(default)]
    pub(crate) live: u64,
    #[serde(default)]
    pub(crate) known: u64,
    #[serde(default)]
    pub(crate) skipped: Vec<SkippedLine>,
    #[serde(default)]
    pub(crate) reported: Vec<ReportedLine>,
}

/// A line that could not be read.
#[derive(Debug, Deserialize)]
pub(crate) struct SkippedLine {
    pub(crate) line: u64,
    pub(crate) reason: String,
}

/// A line that was taken and needs a person's eye.
#[derive(Debug, Deserialize)]
pub(crate) struct ReportedLine {
    pub(crate) line: u64,
    pub(crate) call: Option<String>,
    pub(crate) reason: String,
}

/// What came of a reload, by the names of settings.
#[derive(Debug, Deserialize)]
pub(crate) struct Reloaded {
    pub(crate) changed: Vec<String>,
    pub(crate) needs_restart: Vec<String>,
}

/// Whether no new call is taken.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Drain {
    pub(crate) draining: bool,
    /// When it ends at the latest.
    pub(crate) until: Option<String>,
    pub(crate) live: u64,
    /// Drawn anew by each process.
    pub(crate) instance: String,
}

/// Whether new outbound calls are placed.
#[derive(Debug, Deserialize)]
pub(crate) struct Paused {
    pub(crate) paused: bool,
    pub(crate) reason: Option<String>,
    /// Why it was paused before this was asked, if it was.
    pub(crate) was: Option<String>,
}

/// Why a request was not granted (RFC 9457).
#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    pub(crate) title: Option<String>,
    pub(crate) detail: Option<String>,
    /// Of a configuration: what is wrong with it, one by one.
    #[serde(default)]
    pub(crate) faults: Vec<String>,
    pub(crate) code: Option<String>,
}

impl Command {
    /// Whether it may still change.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "asked" | "sent" | "taken")
    }
}

impl Call {
    /// Whether nothing more will happen to it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == "ended"
    }

    /// Whether it ended as a call should.
    pub(crate) fn is_completed(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.kind == "completed")
    }
}

/// Makes every text in `json` safe for a terminal: a carrier or a caller may have put escape
/// sequences, line breaks or marks that turn the direction of writing into it.
pub(crate) fn make_plain(json: &mut Value) {
    match json {
        Value::String(text) => *text = text.chars().map(plain).collect(),
        Value::Array(values) => values.iter_mut().for_each(make_plain),
        Value::Object(fields) => fields.values_mut().for_each(make_plain),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn plain(letter: char) -> char {
    match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    }
}

/// A time that can't be read is as good as none: a list is worth more than its one odd column.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Time {
        Text(String),
        Other(IgnoredAny),
    }
    Ok(match Time::deserialize(from)? {
        Time::Text(text) => text.parse().ok(),
        Time::Other(_) => None,
    })
}
