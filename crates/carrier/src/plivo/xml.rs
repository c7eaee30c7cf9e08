//! Scripts as Plivo XML.
//!
//! Sources: <https://www.plivo.com/docs/voice/xml/routing>, <https://docs.plivo.com/docs/voice/xml/getinput>,
//! <https://docs.plivo.com/docs/voice/xml/wait>, <https://docs.plivo.com/docs/voice/xml/audiostream>
//! (2026-11-22).
//!
//! A document that comes to its end ends the call. So each that keeps the line open ends with a
//! `Wait`, and none has Plivo ask us for the next one: where that question meets a gateway that is
//! being started again, Plivo ends the call. What is over is told beside the line, or by its time.

use crate::roles::is_silent;
use call::PhoneNumber;
use call::call::{Input, Performance, Script, Verb};
use std::time::Duration;

/// Where Plivo asks and tells, as addresses that name the call.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// `…/voice?call=…`: what is asked here is answered with a document.
    pub(super) voice: String,
    /// `…/status?call=…`: what is told here is only heard.
    pub(super) status: String,
}

/// Writes the document that makes Plivo do what a script says.
pub(super) fn write(script: &Script, addresses: Option<&Addresses>) -> String {
    let elements = match script {
        Script::SayAndHangUp(text) => format!("{}<Hangup/>", speak(text)),
        Script::SayAndHold(text, span) => format!("{}{}", speak(text), wait(*span)),
        Script::Hold(span) | Script::PickUp(span) => format!("{PICK_UP}{}", wait(*span)),
        Script::Perform(performance) => perform(performance, addresses),
        // Nothing before it answers, so that it rings for as long.
        Script::RingOut(span) => format!("{}<Hangup reason=\"rejected\"/>", wait(*span)),
        Script::Reject => "<Hangup reason=\"rejected\"/>".to_owned(),
        Script::HangUp => "<Hangup/>".to_owned(),
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{elements}</Response>")
}

/// A span in whole seconds, rounded up, so that the carrier's limit never comes before ours.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

fn perform(performance: &Performance, addresses: Option<&Addresses>) -> String {
    let held = wait(performance.hold);
    let element = match &performance.verb {
        Verb::Say { text } if performance.after_silence => format!("{GREETING_OVER}{}", speak(text)),
        Verb::Say { text } => speak(text),
        Verb::Ask { text, input, timeout } => {
            let action = addresses.map(|at| format!("{}&answer={}", at.voice, performance.id));
            get_input(text, *input, *timeout, action.as_deref())
        }
        Verb::Play { url, .. } => format!("<Play>{}</Play>", escaped(url)),
        Verb::SendDigits { digits } => format!("<DTMF async=\"false\">{}</DTMF>", escaped(digits)),
        Verb::Transfer { to } => {
            let told = addresses.map(|at| format!("{}&transfer={}", at.status, performance.id));
            dial(to, performance.from.as_str(), told.as_deref())
        }
        Verb::Stream { url, .. } => {
            let told = addresses.map(|at| format!("{}&stream={}", at.status, performance.id));
            let gap = performance.gap.as_deref().map(speak).unwrap_or_default();
            gap + &stream(url, told.as_deref())
        }
    };
    format!("{element}{held}")
}

fn speak(text: &str) -> String {
    format!("<Speak>{}</Speak>", escaped(text))
}

/// Without `silence` it lasts its whole length, whatever is heard.
fn wait(span: Duration) -> String {
    format!("<Wait length=\"{}\"/>", whole_seconds(span).clamp(1, HOLD_S_MAX))
}

/// With `redirect="false"` what was pressed or said is told, and the answer to that is not waited
/// for. Without input Plivo goes on to what stands after it. Nothing is kept in Plivo's own log: it
/// may be a secret number.
fn get_input(text: &str, input: Input, timeout: Duration, action: Option<&str>) -> String {
    let pause = format!("finishOnKey=\"#\" digitEndTimeout=\"{DIGIT_PAUSE_S}\"");
    let kind = match input {
        Input::Digits { n_max: Some(n_max) } => {
            format!("inputType=\"dtmf\" numDigits=\"{}\" {pause}", n_max.clamp(1, DIGITS_MAX))
        }
        Input::Digits { n_max: None } => format!("inputType=\"dtmf\" {pause}"),
        Input::Speech => "inputType=\"speech\" speechEndTimeout=\"auto\"".to_owned(),
        // Each key is told, also the one that would else end the input.
        Input::Any => {
            "inputType=\"dtmf speech\" numDigits=\"1\" finishOnKey=\"none\" speechEndTimeout=\"auto\""
                .to_owned()
        }
    };
    let action =
        action.map(|url| format!(" action=\"{}\" method=\"POST\"", escaped(url))).unwrap_or_default();
    let timeout_s = whole_seconds(timeout).clamp(INPUT_S_MIN, INPUT_S_MAX);
    let said = if is_silent(text) { String::new() } else { speak(text) };
    let rest = format!("executionTimeout=\"{timeout_s}\"{action} redirect=\"false\" log=\"false\"");
    format!("<GetInput {kind} {rest}>{said}</GetInput>")
}

/// The other leg's fate is told to `callbackUrl`; an `action` would be asked for a document.
fn dial(to: &PhoneNumber, from: &str, told: Option<&str>) -> String {
    let told = told.map(|url| format!(" callbackUrl=\"{}\" callbackMethod=\"POST\"", escaped(url)));
    format!(
        "<Dial callerId=\"{}\"{}><Number>{}</Number></Dial>",
        escaped(from.trim_start_matches('+')),
        told.unwrap_or_default(),
        escaped(to.as_str().trim_start_matches('+'))
    )
}

/// With `keepCallAlive` it lasts until the socket is closed; then Plivo goes on to what stands after it.
fn stream(url: &str, told: Option<&str>) -> String {
    let told = told
        .map(|told| format!(" statusCallbackUrl=\"{}\" statusCallbackMethod=\"POST\"", escaped(told)))
        .unwrap_or_default();
    let kind = format!("bidirectional=\"true\" keepCallAlive=\"true\" contentType=\"{SOUND}\"");
    format!("<Stream {kind}{told}>{}</Stream>", escaped(url))
}

/// A text as character data or as the value of an attribute, without what XML 1.0 forbids in any
/// form (section 2.2).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A reader of XML would turn a bare one into a line feed.
            '\r' => {}
            '\t' | '\n' => out.push(letter),
            letter if letter < ' ' || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {}
            letter => out.push(letter),
        }
    }
    out
}

/// Half a second of nothing. A call that comes in is picked up by the first element that needs it,
/// and a `Wait` needs it only when it is over; this does at once, and isn't heard.
const PICK_UP: &str = "<DTMF>w</DTMF>";
/// Until a machine's greeting is over: a pause of two seconds, or a minute at most
/// (<https://www.plivo.com/docs/voice/xml/wait>, 2026-11-29).
const GREETING_OVER: &str = "<Wait length=\"60\" silence=\"true\" minSilence=\"2000\"/>";
/// What a telephone line carries, as it carries it.
const SOUND: &str = "audio/x-mulaw;rate=8000";
/// No call lasts longer than a day.
const HOLD_S_MAX: u64 = 86_400;
/// What `executionTimeout` may be.
const INPUT_S_MIN: u64 = 5;
const INPUT_S_MAX: u64 = 60;
/// What `numDigits` may be.
const DIGITS_MAX: u8 = 32;
/// After so long without another key what was pressed is all; Plivo takes 2 to 10.
const DIGIT_PAUSE_S: u64 = 5;
