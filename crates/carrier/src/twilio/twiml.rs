//! Scripts as TwiML.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml> (2026-11-22).
//!
//! No document redirects: where a redirect meets a gateway that is being started again, Twilio ends
//! the call. What is over is told by a callback beside the line, or by its time.

use crate::roles::is_silent;
use call::PhoneNumber;
use call::call::{Input, Performance, Script, Verb};
use std::time::Duration;

/// Where Twilio tells what came of something, as addresses that name the call. Without them
/// nothing is told.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// `…/voice?call=…`: what is asked here is answered with a document.
    pub(super) voice: String,
    /// `…/status?call=…`: what is told here is only heard.
    pub(super) status: String,
}

/// Writes the document that makes Twilio do what a script says.
pub(super) fn write(script: &Script, addresses: Option<&Addresses>) -> String {
    let verbs = match script {
        Script::SayAndHangUp(text) => format!("{}<Hangup/>", say(text)),
        Script::SayAndHold(text, span) => format!("{}{}", say(text), pause(*span)),
        Script::Hold(span) => pause(*span),
        // A pause alone is waited for before the call is answered; half a second of no key answers.
        Script::PickUp(span) => format!("<Play digits=\"w\"/>{}", pause(*span)),
        Script::Perform(performance) => perform(performance, addresses),
        Script::Reject => "<Reject/>".to_owned(),
        // Before anything that answers, a pause is waited for unanswered.
        Script::RingOut(span) => format!("{}<Reject/>", pause(*span)),
        Script::HangUp => "<Hangup/>".to_owned(),
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>")
}

/// A span in whole seconds, rounded up, so that the carrier's limit never comes before ours.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

fn perform(performance: &Performance, addresses: Option<&Addresses>) -> String {
    let held = pause(performance.hold);
    let verb = match &performance.verb {
        Verb::Say { text } => say(text),
        Verb::Ask { text, input, timeout } => {
            let action = addresses.map(|at| format!("{}&answer={}", at.voice, performance.id));
            gather(text, *input, *timeout, action.as_deref())
        }
        Verb::Play { url, .. } => format!("<Play>{}</Play>", escaped(url)),
        Verb::SendDigits { digits } => format!("<Play digits=\"{}\"/>", quoted(digits)),
        Verb::Transfer { to } => {
            let told = addresses.map(|at| format!("{}&transfer={}", at.status, performance.id));
            dial(to, performance.from.as_str(), told.as_deref())
        }
        Verb::Stream { url, .. } => {
            let told = addresses.map(|at| format!("{}&stream={}", at.status, performance.id));
            let gap = performance.gap.as_deref().map(say).unwrap_or_default();
            gap + &connect(url, told.as_deref())
        }
    };
    format!("{verb}{held}")
}

fn say(text: &str) -> String {
    format!("<Say>{}</Say>", escaped(text))
}

/// After the last verb Twilio hangs up, so the line is open for as long as the pause.
fn pause(span: Duration) -> String {
    format!("<Pause length=\"{}\"/>", whole_seconds(span).clamp(1, HOLD_S_MAX))
}

/// Without input Twilio goes on to what stands after it.
fn gather(text: &str, input: Input, timeout: Duration, action: Option<&str>) -> String {
    let kind = match input {
        Input::Digits { n_max: Some(n_max) } => format!("input=\"dtmf\" numDigits=\"{n_max}\""),
        Input::Digits { n_max: None } => "input=\"dtmf\" finishOnKey=\"#\"".to_owned(),
        Input::Speech => "input=\"speech\" speechTimeout=\"auto\"".to_owned(),
        // Each key is told, also the one that would else end the input.
        Input::Any => {
            "input=\"dtmf speech\" numDigits=\"1\" finishOnKey=\"\" speechTimeout=\"auto\"".to_owned()
        }
    };
    let action = action.map(|url| format!(" action=\"{}\" method=\"POST\"", quoted(url))).unwrap_or_default();
    let timeout_s = whole_seconds(timeout).max(1);
    let said = if is_silent(text) { String::new() } else { say(text) };
    format!("<Gather {kind} timeout=\"{timeout_s}\"{action}>{said}</Gather>")
}

/// The other leg's fate is told beside the line: an `action` would ask for a document, and whoever
/// asks a dead gateway for one is cut off.
fn dial(to: &PhoneNumber, from: &str, told: Option<&str>) -> String {
    let told = told.map(|url| {
        format!(
            " statusCallback=\"{}\" statusCallbackMethod=\"POST\" statusCallbackEvent=\"answered completed\"",
            quoted(url)
        )
    });
    format!(
        "<Dial callerId=\"{}\"><Number{}>{}</Number></Dial>",
        quoted(from),
        told.unwrap_or_default(),
        escaped(to.as_str())
    )
}

/// It lasts until the socket is closed; then Twilio goes on to what stands after it.
fn connect(url: &str, told: Option<&str>) -> String {
    let told = told
        .map(|told| format!(" statusCallback=\"{}\" statusCallbackMethod=\"POST\"", quoted(told)))
        .unwrap_or_default();
    format!("<Connect><Stream url=\"{}\"{told}/></Connect>", quoted(url))
}

/// A text as the value of an attribute.
fn quoted(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
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
