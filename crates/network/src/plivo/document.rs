//! Plivo XML, read: what a customer's document tells the carrier to do with a call.
//!
//! Source: <https://www.plivo.com/docs/voice/xml/overview>. Known are Speak, Play, PreAnswer, Wait,
//! GetInput, GetDigits, Redirect, Hangup, Dial (numbers), DTMF, Record and Stream. Conference,
//! `MultiPartyCall` and Message are passed over; any other element makes a document invalid.

use crate::xml::{self, Element};

/// What a spoken character takes, in milliseconds.
const SPEAK_CHARACTER_MS: u64 = 60;

/// What a recording takes, whatever is in it.
const PLAY_MS: u64 = 3_000;

/// What one key's tone takes; `w` is a wait of the same length.
const DIGIT_MS: u64 = 500;

const SECOND_MS: u64 = 1_000;

/// The most repetitions that `loop` may ask for; 0, "for ever", is this many.
const LOOP_MAX: u64 = 1_000;

/// What `auto` is between two digits, and after words, in seconds; Plivo doesn't say.
const AUTO_S: u64 = 2;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Plays something for so long.
    Prompt(Prompt),
    /// Plays something to a caller who isn't answered yet.
    PreAnswer(Vec<Prompt>),
    Wait {
        ms: u64,
    },
    /// The same, or until it was silent for so long.
    WaitForSilence {
        ms: u64,
        silence_ms: u64,
    },
    Input(Input),
    Redirect {
        url: String,
        method: Option<String>,
    },
    Hangup {
        reason: Option<Reason>,
        /// Goes on, and hangs up so much later.
        after_ms: Option<u64>,
    },
    Record(Record),
    Dial(Dial),
    Stream(Stream),
    /// Something that takes no time and changes nothing here.
    Aside,
}

/// Why a caller is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Rejected,
    Busy,
}

/// Something to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Speak { text: String, ms: u64 },
    Play { url: String, ms: u64 },
    Digits { digits: String, ms: u64 },
    Silence { ms: u64 },
}

impl Prompt {
    pub(crate) fn ms(&self) -> u64 {
        match self {
            Prompt::Speak { ms, .. }
            | Prompt::Play { ms, .. }
            | Prompt::Digits { ms, .. }
            | Prompt::Silence { ms } => *ms,
        }
    }
}

/// Where an element posts what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) url: Option<String>,
    pub(crate) method: Option<String>,
    /// Whether its answer replaces the document.
    pub(crate) redirects: bool,
}

/// Plays prompts and waits for keys or words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) action: Action,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) hears: Hears,
    /// How long the first key may take, once the prompts are over.
    pub(crate) first_ms: u64,
    /// How long the next key may take.
    pub(crate) next_ms: u64,
    /// How long a silence must be that ends speech.
    pub(crate) silence_ms: u64,
    pub(crate) n_digits: usize,
    pub(crate) finish_on: Option<char>,
    /// Other keys are not heard.
    pub(crate) valid: String,
    /// How often all of it is done while nothing comes.
    pub(crate) tries: u64,
}

/// What an input listens for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hears {
    /// `<GetDigits>`: keys.
    Digits,
    /// `<GetInput>`: keys, words, or whichever come first.
    Input { keys: bool, words: bool },
}

impl Hears {
    pub(crate) fn keys(self) -> bool {
        match self {
            Hears::Digits => true,
            Hears::Input { keys, .. } => keys,
        }
    }

    pub(crate) fn words(self) -> bool {
        match self {
            Hears::Digits => false,
            Hears::Input { words, .. } => words,
        }
    }
}

/// Records what the caller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) action: Action,
    pub(crate) callback: Action,
    pub(crate) ms: u64,
    pub(crate) finish_on: String,
}

/// Calls others and connects the first who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dial {
    pub(crate) to: Vec<String>,
    pub(crate) caller_id: Option<String>,
    pub(crate) action: Action,
    pub(crate) callback: Action,
    pub(crate) ring_ms: u64,
    pub(crate) talk_ms: u64,
}

/// Opens a media stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) url: String,
    pub(crate) callback: Action,
    /// Whether the document waits for its end.
    pub(crate) keeps_call: bool,
    /// Whether the customer's server may speak too.
    pub(crate) goes_both_ways: bool,
    pub(crate) track: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) timeout_s: Option<u64>,
    pub(crate) extra_headers: String,
}

/// Reads a document; if it is no Plivo XML, why.
pub(crate) fn read(document: &str) -> Result<Vec<Verb>, String> {
    let root = xml::read(document)?;
    if root.name != "Response" {
        return Err(format!("the root element is <{}>, not <Response>", root.name));
    }
    root.children.iter().map(verb).collect()
}

/// What is said, played and pressed by an instruction, in order: words, addresses and keys.
pub(crate) fn words(verb: &Verb) -> Vec<String> {
    let of = |prompt: &Prompt| match prompt {
        Prompt::Speak { text, .. } => Some(text.clone()),
        Prompt::Play { url, .. } => Some(url.clone()),
        Prompt::Digits { digits, .. } => Some(digits.clone()),
        Prompt::Silence { .. } => None,
    };
    match verb {
        Verb::Prompt(prompt) => of(prompt).into_iter().collect(),
        Verb::PreAnswer(prompts) => prompts.iter().filter_map(of).collect(),
        Verb::Input(input) => input.prompts.iter().filter_map(of).collect(),
        Verb::Wait { .. }
        | Verb::WaitForSilence { .. }
        | Verb::Redirect { .. }
        | Verb::Hangup { .. }
        | Verb::Record(_)
        | Verb::Dial(_)
        | Verb::Stream(_)
        | Verb::Aside => Vec::new(),
    }
}

/// What a text is as a prompt.
pub(crate) fn speak(text: &str, times: u64) -> Prompt {
    let n_characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let once = n_characters.saturating_mul(SPEAK_CHARACTER_MS).max(SECOND_MS);
    Prompt::Speak { text: text.to_owned(), ms: once.saturating_mul(times) }
}

/// What keys are as a prompt.
pub(crate) fn digits(digits: &str) -> Prompt {
    let n_keys = u64::try_from(digits.chars().count()).unwrap_or(u64::MAX);
    Prompt::Digits { digits: digits.to_owned(), ms: n_keys.saturating_mul(DIGIT_MS) }
}

fn verb(element: &Element) -> Result<Verb, String> {
    Ok(match element.name.as_str() {
        "Speak" | "Play" | "DTMF" => Verb::Prompt(prompt(element)?),
        "Wait" if element.attribute("silence") == Some("true") => {
            Verb::WaitForSilence { ms: wait_ms(element), silence_ms: element.number("minSilence", 2_000) }
        }
        "Wait" => Verb::Wait { ms: wait_ms(element) },
        "PreAnswer" => Verb::PreAnswer(prompts(element)?),
        "GetInput" => Verb::Input(get_input(element)?),
        "GetDigits" => Verb::Input(get_digits(element)?),
        "Redirect" => Verb::Redirect {
            url: element.text.trim().to_owned(),
            method: element.attribute("method").map(str::to_owned),
        },
        "Hangup" => hangup(element),
        "Record" => record(element),
        "Dial" => Verb::Dial(dial(element)?),
        "Stream" => Verb::Stream(stream(element)),
        "Conference" | "MultiPartyCall" | "Message" => Verb::Aside,
        name => return Err(format!("<{name}> is no element of Plivo XML")),
    })
}

fn prompt(element: &Element) -> Result<Prompt, String> {
    let times = match element.number("loop", 1) {
        0 => LOOP_MAX,
        times => times.min(LOOP_MAX),
    };
    let text = element.text.trim();
    match element.name.as_str() {
        "Speak" => Ok(speak(text, times)),
        "Play" => Ok(Prompt::Play { url: text.to_owned(), ms: PLAY_MS * times }),
        "DTMF" => Ok(digits(text)),
        "Wait" => Ok(Prompt::Silence { ms: wait_ms(element) }),
        name => Err(format!("<{name}> cannot stand inside another element")),
    }
}

fn prompts(element: &Element) -> Result<Vec<Prompt>, String> {
    element.children.iter().map(prompt).collect()
}

fn wait_ms(element: &Element) -> u64 {
    element.number("length", 1).saturating_mul(SECOND_MS)
}

fn action(element: &Element, url: &str, method: &str) -> Action {
    let owned = |name: &str| element.attribute(name).map(str::to_owned);
    Action { url: owned(url), method: owned(method), redirects: element.flag("redirect", true) }
}

fn finish_on(element: &Element) -> Option<char> {
    match element.attribute("finishOnKey") {
        None => Some('#'),
        Some("none") => None,
        Some(key) => key.chars().next(),
    }
}

/// Source of the defaults: <https://www.plivo.com/docs/voice/xml/getinput/>.
fn get_input(element: &Element) -> Result<Input, String> {
    let words = element.attribute("inputType").unwrap_or("dtmf");
    let listens = |word: &str| words.split_whitespace().any(|other| other == word);
    let hears = Hears::Input { keys: listens("dtmf"), words: listens("speech") };
    Ok(Input {
        action: action(element, "action", "method"),
        prompts: prompts(element)?,
        hears,
        first_ms: element.number("executionTimeout", 15).clamp(5, 60) * SECOND_MS,
        next_ms: element.number("digitEndTimeout", AUTO_S).clamp(2, 10) * SECOND_MS,
        silence_ms: element.number("speechEndTimeout", AUTO_S).clamp(2, 10) * SECOND_MS,
        n_digits: usize::try_from(element.number("numDigits", 32).clamp(1, 32)).unwrap_or(32),
        finish_on: finish_on(element),
        valid: "1234567890*#".to_owned(),
        tries: 1,
    })
}

/// Source of the defaults: <https://plivo.com/docs/voice/xml/input>, GetDigits.
fn get_digits(element: &Element) -> Result<Input, String> {
    Ok(Input {
        action: action(element, "action", "method"),
        prompts: prompts(element)?,
        hears: Hears::Digits,
        first_ms: element.number("timeout", 5).saturating_mul(SECOND_MS),
        next_ms: element.number("digitTimeout", 2).saturating_mul(SECOND_MS),
        silence_ms: 0,
        n_digits: usize::try_from(element.number("numDigits", 99).max(1)).unwrap_or(99),
        finish_on: finish_on(element),
        valid: element.attribute("validDigits").unwrap_or("1234567890*#").to_owned(),
        tries: element.number("retries", 1).max(1),
    })
}

fn hangup(element: &Element) -> Verb {
    let reason = match element.attribute("reason") {
        Some("busy") => Some(Reason::Busy),
        Some("rejected") => Some(Reason::Rejected),
        _ => None,
    };
    let after_ms = match element.number("schedule", 0) {
        0 => None,
        seconds => Some(seconds.saturating_mul(SECOND_MS)),
    };
    Verb::Hangup { reason, after_ms }
}

/// Nobody here talks into the recorder for long: it stops after the silence that ends a recording.
fn record(element: &Element) -> Verb {
    if element.flag("recordSession", false) || element.flag("startOnDialAnswer", false) {
        return Verb::Aside;
    }
    let silence_s = element.number("timeout", 15);
    Verb::Record(Record {
        action: action(element, "action", "method"),
        callback: action(element, "callbackUrl", "callbackMethod"),
        ms: silence_s.min(element.number("maxLength", 60)).saturating_mul(SECOND_MS),
        finish_on: element.attribute("finishOnKey").unwrap_or("#").to_owned(),
    })
}

/// Source of the defaults: <https://www.plivo.com/docs/voice/xml/routing>, and that page on hangup
/// causes for the 120 s of ringing.
fn dial(element: &Element) -> Result<Dial, String> {
    let numbers = element.children.iter().filter(|child| child.name == "Number");
    let to: Vec<String> = numbers.map(|number| number.text.trim().to_owned()).collect();
    if element.children.is_empty() {
        return Err("<Dial> needs a <Number> or <User> inside".to_owned());
    }
    Ok(Dial {
        to,
        caller_id: element.attribute("callerId").map(str::to_owned),
        action: action(element, "action", "method"),
        callback: action(element, "callbackUrl", "callbackMethod"),
        ring_ms: element.number("timeout", 120).saturating_mul(SECOND_MS),
        talk_ms: element.number("timeLimit", 14_400).saturating_mul(SECOND_MS),
    })
}

fn stream(element: &Element) -> Stream {
    let owned = |name: &str| element.attribute(name).map(str::to_owned);
    Stream {
        url: element.text.trim().to_owned(),
        callback: action(element, "statusCallbackUrl", "statusCallbackMethod"),
        keeps_call: element.flag("keepCallAlive", false),
        goes_both_ways: element.flag("bidirectional", false),
        track: owned("audioTrack"),
        content_type: owned("contentType"),
        timeout_s: element.attribute("streamTimeout").and_then(|seconds| seconds.parse().ok()),
        extra_headers: owned("extraHeaders").unwrap_or_default(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn verbs(inside: &str) -> Vec<Verb> {
        read(&format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>"#)).unwrap()
    }

    #[test]
    fn speech_keeps_its_words_whatever_marks_are_in_it() {
        let expected = [Verb::Prompt(speak("It is now twelve", 1))];
        assert_eq!(verbs("<Speak>It is <emphasis>now</emphasis> twelve</Speak>"), expected);
        assert_eq!(speak(&"x".repeat(100), 2).ms(), 12_000);
    }

    #[test]
    fn an_input_has_its_prompts_inside() {
        let read = verbs(
            r#"<GetInput action="https://x/go?a=1&amp;b=2" inputType="dtmf speech" numDigits="1"><Speak>One?</Speak></GetInput>"#,
        );
        let [Verb::Input(input)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(input.action.url.as_deref(), Some("https://x/go?a=1&b=2"));
        assert_eq!(input.prompts, [speak("One?", 1)]);
        assert_eq!((input.first_ms, input.next_ms, input.n_digits), (15_000, 2_000, 1));
        assert_eq!(input.hears, Hears::Input { keys: true, words: true });
        assert!(input.action.redirects);
    }

    #[test]
    fn the_page_that_holds_a_call_is_understood() {
        let read = verbs(
            r#"<Stream bidirectional="true" keepCallAlive="true">wss://x/y</Stream><Wait length="60"/>
               <Redirect method="POST">https://x/z</Redirect>"#,
        );
        let redirect = Verb::Redirect { url: "https://x/z".to_owned(), method: Some("POST".to_owned()) };
        let [Verb::Stream(stream), wait, redirected] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((stream.url.as_str(), stream.keeps_call), ("wss://x/y", true));
        assert_eq!((wait, redirected), (&Verb::Wait { ms: 60_000 }, &redirect));
    }

    #[test]
    fn what_is_no_plivo_xml_is_refused() {
        for document in [
            "",
            "{}",
            "<Response>",
            "<html/>",
            "<Response/><Response/>",
            "<Response><Say>Twilio's</Say></Response>",
            "<Response><Dial/></Response>",
            "<Response><GetInput><Hangup/></GetInput></Response>",
        ] {
            assert!(read(document).is_err(), "{document}");
        }
        assert_eq!(verbs(""), []);
    }
}
