//! Scripts as TwiML.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml> (2026-11-22).

use call::call::Script;
use std::time::Duration;

/// Writes the document that makes Twilio do what a script says.
pub(super) fn write(script: &Script) -> String {
    let verbs = match script {
        Script::SayAndHangUp(text) => format!("<Say>{}</Say><Hangup/>", escaped(text)),
        // After the last verb Twilio hangs up, so the line is open for as long as the pause.
        Script::Hold(span) => format!("<Pause length=\"{}\"/>", whole_seconds(*span).clamp(1, HOLD_S_MAX)),
        Script::Reject => "<Reject/>".to_owned(),
        Script::HangUp => "<Hangup/>".to_owned(),
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>")
}

/// A span in whole seconds, rounded up, so that the carrier's limit never comes before ours.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

/// A text as character data, without what XML 1.0 forbids in any form (section 2.2).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A reader of XML would turn a bare one into a line feed.
            '\r' => {}
            '\t' | '\n' => out.push(letter),
            letter if letter < ' ' || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {}
            letter => out.push(letter),
        }
    }
    out
}

/// No call lasts longer than a day.
const HOLD_S_MAX: u64 = 86_400;
