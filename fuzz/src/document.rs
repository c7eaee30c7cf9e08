//! Documents for the line: what we write says what it should, whatever is to be said, and what
//! strangers write is read or refused.
//!
//! An input is `CARRIER WHAT`, an empty line and a text.

use crate::carriers::{Kind, mark};
use crate::input::Message;
use call::Party;
use call::call::{CommandId, Input, Performance, Script, Speaks, Verb};
use carrier::say_fits;
use network::reading::{Face, Instructions};
use std::time::Duration;

/// Writes or reads one document.
pub(crate) fn take(input: &[u8]) {
    let message = Message::read(input);
    let [carrier, what, _] = message.words();
    let (kind, face) = match Kind::read(carrier) {
        Some(kind @ Kind::Twilio) => (kind, Face::Twilio),
        Some(kind @ Kind::Plivo) => (kind, Face::Plivo),
        Some(Kind::Telnyx) | None => return,
    };
    let text = String::from_utf8_lossy(&message.body).into_owned();
    if what == "read" {
        let Ok(read) = Instructions::read(face, &text) else { return };
        for word in read.words {
            goes_round(kind, face, "say", &word);
        }
        return;
    }
    if script(what, String::new()).is_some() {
        goes_round(kind, face, what, &text);
    }
}

/// What is written can be read, holds what it should and nothing beside it, and is written alike
/// when it is written again.
fn goes_round(kind: Kind, face: Face, what: &str, text: &str) {
    let (document, read) = written(kind, face, what, text);
    if visible(text).is_empty() && what.starts_with("ask") {
        // There is nothing to be said, and to listen is all.
        return assert!(read.words.is_empty(), "words that nobody wrote: {document}");
    }
    let (_, plain) = written(kind, face, what, "x");
    assert_eq!(read.n, plain.n, "a text has become an instruction: {document}");
    assert_eq!(read.words.len(), plain.words.len(), "a text is lost, or two: {document}");
    let Some(word) = read.words.iter().zip(&plain.words).find(|(_, plain)| *plain == "x") else { return };
    let word = word.0;
    assert_eq!(visible(word), visible(text), "what is said is not what was to be said: {document}");
    let (_, again) = written(kind, face, what, word);
    assert_eq!(again, read, "what was read and written again is another text");
    let fits = say_fits(text) && !matches!(what, "play" | "stream");
    assert!(!fits || document.chars().count() <= TWIML_MAX, "Twilio takes no longer document: {document}");
}

fn written(kind: Kind, face: Face, what: &str, text: &str) -> (String, Instructions) {
    let script = script(what, text.to_owned()).expect("it is a script");
    let document = kind.connector().document(Some(mark()), &script);
    assert_eq!(
        document,
        kind.connector().document(Some(mark()), &script),
        "whoever asks twice hears the same"
    );
    let read = Instructions::read(face, &document.body);
    let read = read.unwrap_or_else(|why| panic!("the carrier can't read it: {why}: {}", document.body));
    (document.body, read)
}

/// What of a text must not be lost: all but what XML can't hold, and the space around it.
fn visible(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control() && !NOT_IN_XML.contains(letter))
        .collect()
}

fn script(what: &str, text: String) -> Option<Script> {
    let hold = Duration::from_secs(60);
    let timeout = Duration::from_secs(5);
    let verb = match what {
        "say" => return Some(Script::SayAndHangUp(text)),
        "say_and_hold" => return Some(Script::SayAndHold(text, hold)),
        "command" => Verb::Say { text },
        "ask_keys" => Verb::Ask { text, input: Input::Digits { n_max: Some(1) }, timeout },
        "ask_speech" => Verb::Ask { text, input: Input::Speech, timeout },
        "send_digits" => Verb::SendDigits { digits: text },
        "play" => Verb::Play { url: text, lasts: timeout },
        "transfer" => Verb::Transfer { to: "+12025550144".parse().ok()? },
        "stream" => Verb::Stream { url: text, speaks: Speaks::Carrier },
        _ => return None,
    };
    let from = Party::read("+15550100000");
    Some(Script::Perform(Performance {
        id: CommandId(3),
        verb,
        from,
        hold,
        stops: false,
        attached: 0,
        gap: None,
        after_silence: false,
    }))
}

/// XML 1.0, section 2.2; the rest of what it can't hold are control letters.
const NOT_IN_XML: [char; 2] = ['\u{FFFE}', '\u{FFFF}'];
/// So many characters may Twilio's `Twiml` parameter have.
const TWIML_MAX: usize = 4_000;
