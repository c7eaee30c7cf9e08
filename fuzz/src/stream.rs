//! Messages on media streams: what a program says to the line.
//!
//! An input is the carrier's name, and a message a line; an empty line lets 20 ms pass.

use network::reading::{Face, Listener};
use serde_json::Value;

/// Lets a program speak on one stream.
pub(crate) fn take(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let face = match lines.next() {
        Some("twilio") => Face::Twilio,
        Some("telnyx") => Face::Telnyx,
        Some("plivo") => Face::Plivo,
        _ => return,
    };
    let mut listener = Listener::new(face);
    let mut n_marks = 0;
    for line in lines {
        let said = if line.is_empty() {
            let said = listener.pass();
            assert!(!said.is_empty(), "a frame of sound every 20 ms");
            n_marks -= marks(&said);
            said
        } else {
            let Ok(said) = listener.hear(line) else { return };
            let event = event(line);
            n_marks += i64::from(event == mark_word(face)) - marks(&said);
            // Plivo never tells of what it drops.
            if event == clear_word(face) {
                n_marks = 0;
            }
            said
        };
        for message in said {
            let message: Value = serde_json::from_str(&message).expect("the carrier speaks JSON");
            assert!(message["event"].is_string(), "every message says what it is: {message}");
        }
        assert!(n_marks >= 0, "a mark comes back that nobody set");
    }
}

fn marks(said: &[String]) -> i64 {
    let is_mark = |text: &&String| {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        matches!(message["event"].as_str(), Some("mark" | "playedStream"))
    };
    said.iter().filter(is_mark).count().try_into().unwrap_or(i64::MAX)
}

fn mark_word(face: Face) -> Option<String> {
    let word = if face == Face::Plivo { "checkpoint" } else { "mark" };
    Some(word.to_owned())
}

fn clear_word(face: Face) -> Option<String> {
    let word = if face == Face::Plivo { "clearAudio" } else { "clear" };
    Some(word.to_owned())
}

fn event(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    message["event"].as_str().map(str::to_owned)
}
