//! What is kept of news.

use super::{HIDDEN, Redaction, n_at_end, redact, redact_keys, redact_on};
use crate::PhoneNumber;
use crate::call::{Call, News, Outcome, Performed, Source, Verb};
use crate::dialogue::Speaker;
use crate::time::Timestamp;
use std::borrow::Cow;
use std::time::Duration;

/// With how many digits ended what each side said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    agent: usize,
    remote: usize,
}

impl Before {
    fn of(&mut self, by: Speaker) -> &mut usize {
        match by {
            Speaker::Agent => &mut self.agent,
            Speaker::Remote => &mut self.remote,
        }
    }

    /// Whether nobody ended in digits.
    pub fn is_nothing(&self) -> bool {
        *self == Before::default()
    }
}

/// News as it is kept: what was said and pressed on the call, and what its agent did, with what is hidden hidden.
/// What somebody ordered through the API is theirs and stays as it is: it must be done after a crash too.
pub fn redact_news(
    call: &Call,
    (source, news, at): (Source, &News, Timestamp),
    before: &mut Before,
    what: Redaction,
) -> News {
    let near: Vec<&PhoneNumber> =
        [&call.facts.from, &call.facts.to].into_iter().filter_map(|party| party.number()).collect();
    let mut kept = news.clone();
    let mut said = |by: Speaker, text: &mut String| {
        let n_before = before.of(by);
        let hidden = redact_on(text, *n_before, what, &near).into_owned();
        // What follows on a whole number begins another.
        *n_before = n_at_end(&redact(text, what, &near), *n_before);
        *text = hidden;
    };
    match &mut kept {
        News::CommandAsked(verb) if source == Source::Agent => match verb {
            // After a crash it is said, or pressed, as it is kept: no carrier presses a bullet.
            Verb::Say { text } | Verb::Ask { text, .. } => said(Speaker::Agent, text),
            Verb::SendDigits { digits } => *digits = redact_keys(digits, 0, PAUSE).into_owned(),
            Verb::Play { .. } | Verb::Transfer { .. } | Verb::Stream { .. } => {}
        },
        News::CommandHeard { performed: Performed::Finished(Outcome { digits, speech, .. }), .. } => {
            if let Some(text) = speech {
                said(Speaker::Remote, text);
            }
            if let Some(digits) = digits {
                *digits = answered(digits, what, &near);
            }
        }
        News::Spoken { by, text, .. } => said(*by, text),
        News::DigitsHeard { digits, .. } => {
            *digits = redact_keys(digits, n_pressed(call, at), HIDDEN).into_owned()
        }
        News::ToolAsked { arguments, .. } => *arguments = redact_json(arguments, what, &near),
        News::ToolReplied { output, .. } => *output = redact(output, what, &near).into_owned(),
        _ => {}
    }
    kept
}

/// Keys that answer a question: they are known whole.
fn answered(digits: &str, what: Redaction, near: &[&PhoneNumber]) -> String {
    let n_digits = digits.chars().filter(char::is_ascii_digit).count();
    match redact(digits, what, near) {
        Cow::Owned(hidden) => hidden,
        // One wrong key, and it is no card's number any more.
        Cow::Borrowed(_) if n_digits >= super::CARD_MIN => redact_keys(digits, 0, HIDDEN).into_owned(),
        Cow::Borrowed(_) => digits.to_owned(),
    }
}

/// How many keys were pressed unasked just before.
fn n_pressed(call: &Call, at: Timestamp) -> usize {
    let mut next = at;
    let mut n_keys = 0;
    for pressed in call.pressed.iter().rev() {
        if next.since(pressed.at) > APART_MAX {
            break;
        }
        next = pressed.at;
        n_keys += pressed.digits.chars().filter(char::is_ascii_digit).count();
    }
    n_keys
}

/// JSON that stays JSON: a number of which something is hidden becomes a text.
fn redact_json(json: &str, what: Redaction, near: &[&PhoneNumber]) -> String {
    let mut kept = String::with_capacity(json.len());
    for (is_text, piece) in texts_and_rest(json) {
        match (redact(piece, what, near), is_text) {
            (Cow::Borrowed(piece), _) => kept += piece,
            (Cow::Owned(hidden), true) => kept += &hidden,
            (Cow::Owned(hidden), false) => {
                for word in hidden.split_inclusive([',', ':', ']', '}', ' ']) {
                    let n_hidden = word.rfind(HIDDEN).map_or(0, |at| at + HIDDEN.len_utf8());
                    let first = word.find(HIDDEN).unwrap_or(0);
                    kept += &match n_hidden {
                        0 => word.to_owned(),
                        end => format!("{}\"{}\"{}", &word[..first], &word[first..end], &word[end..]),
                    };
                }
            }
        }
    }
    kept
}

/// The texts of a JSON document, and what stands between them.
fn texts_and_rest(json: &str) -> Vec<(bool, &str)> {
    let (mut pieces, mut is_text, mut is_escaped, mut start) = (Vec::new(), false, false, 0);
    for (at, letter) in json.char_indices() {
        if letter == '"' && !is_escaped {
            pieces.push((is_text, &json[start..at]));
            pieces.push((true, "\""));
            (is_text, start) = (!is_text, at + 1);
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    pieces.push((is_text, &json[start..]));
    pieces
}

/// A pause of half a second, which is a key that nobody hears.
const PAUSE: char = 'w';
/// Keys that follow one another so soon belong together.
const APART_MAX: Duration = Duration::from_secs(10);
