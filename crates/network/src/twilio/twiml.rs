//! TwiML, read: what a customer's document tells the carrier to do with a call.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml>. Known are Say, Play, Pause, Gather, Redirect,
//! Hangup, Reject, Record, Dial (numbers), and Connect, Start and Stop with Stream. Others are
//! skipped, as Twilio skips what it warns about.

use std::collections::BTreeMap;

use super::call::CallbackEvent;
use crate::form::Form;
use crate::media::Track;
use crate::xml::{self, Element};

/// What a spoken character takes, in milliseconds.
const SAY_CHARACTER_MS: u64 = 60;

/// What a recording takes, whatever is in it.
const PLAY_MS: u64 = 3_000;

/// What one key's tone takes; `w` is a wait of the same length.
const DIGIT_MS: u64 = 500;

const SECOND_MS: u64 = 1_000;

/// The silence that ends what is said where the carrier is to tell by itself.
const AUTO_SILENCE_MS: u64 = 1_000;

/// The most repetitions that `loop` may ask for; 0, "for ever", is this many.
const LOOP_MAX: u64 = 1_000;

/// How many parameters the API takes for one stream.
const PARAMETERS_MAX: u64 = 99;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Plays something for so long.
    Prompt(Prompt),
    Pause {
        ms: u64,
    },
    Gather(Gather),
    Redirect {
        url: String,
        method: Option<String>,
    },
    Hangup,
    Reject {
        busy: bool,
    },
    Record {
        action: Option<String>,
        method: Option<String>,
        ms: u64,
    },
    Dial(Dial),
    /// Opens a media stream both ways and waits for its end.
    Connect {
        stream: Stream,
        action: Option<String>,
        method: Option<String>,
    },
    /// Opens a media stream that goes one way, and goes on.
    Start(Stream),
    /// Ends a media stream.
    Stop {
        name: String,
    },
    /// Something that takes no time and changes nothing here.
    Aside,
}

/// Something to be played, so many times; `ms` is once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Say { text: String, ms: u64, times: u64 },
    Play { url: String, ms: u64, times: u64 },
    Digits { digits: String, ms: u64 },
    Silence { ms: u64 },
}

impl Prompt {
    /// What is left once it has been played.
    pub(crate) fn rest(&self) -> Option<Prompt> {
        let mut rest = self.clone();
        match &mut rest {
            Prompt::Say { times, .. } | Prompt::Play { times, .. } => {
                *times = times.saturating_sub(1);
                (*times > 0).then_some(rest)
            }
            Prompt::Digits { .. } | Prompt::Silence { .. } => None,
        }
    }

    /// How long it takes once.
    pub(crate) fn ms(&self) -> u64 {
        match self {
            Prompt::Say { ms, .. }
            | Prompt::Play { ms, .. }
            | Prompt::Digits { ms, .. }
            | Prompt::Silence { ms } => *ms,
        }
    }
}

/// Plays prompts and waits for keys, for speech, or for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gather {
    pub(crate) action: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) takes_keys: bool,
    pub(crate) takes_speech: bool,
    /// How long the next key, or the first word, may take, once the prompts are over.
    pub(crate) timeout_ms: u64,
    /// The silence that ends what is said.
    pub(crate) speech_timeout_ms: u64,
    /// The language that is listened for.
    pub(crate) language: String,
    pub(crate) n_digits: Option<usize>,
    pub(crate) finish_on: Option<char>,
    /// Whether `action` is asked also when nothing came.
    pub(crate) on_empty: bool,
}

/// Calls somebody else and connects the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dial {
    pub(crate) to: String,
    pub(crate) caller_id: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) timeout_ms: u64,
    pub(crate) time_limit_ms: u64,
    /// Who is told of the call to whoever is dialled, and of what; by default of its end.
    pub(crate) callback: Option<String>,
    pub(crate) callback_method: Option<String>,
    pub(crate) callback_events: Vec<CallbackEvent>,
    /// Keys that are played to whoever is dialled.
    pub(crate) send_digits: Option<String>,
}

/// A media stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    /// Whose sound is told, where it goes one way.
    pub(crate) tracks: Vec<Track>,
    pub(crate) callback: Option<String>,
    pub(crate) callback_method: Option<String>,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Stream {
    /// As a request to the API says it.
    pub(crate) fn of_form(url: &str, form: &Form) -> Stream {
        let owned = |name: &str| form.get(name).map(str::to_owned);
        let parameter = |number: u64| {
            let name = form.get(&format!("Parameter{number}.Name"))?;
            let value = form.get(&format!("Parameter{number}.Value")).unwrap_or_default();
            Some((name.to_owned(), value.to_owned()))
        };
        Stream {
            url: url.to_owned(),
            name: owned("Name"),
            tracks: tracks(form.get("Track")),
            callback: owned("StatusCallback"),
            callback_method: owned("StatusCallbackMethod"),
            parameters: (1..=PARAMETERS_MAX).filter_map(parameter).collect(),
        }
    }
}

/// Reads a document; if it is no TwiML, why.
pub(crate) fn read(document: &str) -> Result<Vec<Verb>, String> {
    let root = xml::read(document)?;
    if root.name != "Response" {
        return Err(format!("the root element is <{}>, not <Response>", root.name));
    }
    Ok(root.children.iter().filter_map(verb).collect())
}

/// What is said, played and pressed by an instruction, in order: words, addresses and keys.
pub(crate) fn words(verb: &Verb) -> Vec<String> {
    let of = |prompt: &Prompt| match prompt {
        Prompt::Say { text, .. } => Some(text.clone()),
        Prompt::Play { url, .. } => Some(url.clone()),
        Prompt::Digits { digits, .. } => Some(digits.clone()),
        Prompt::Silence { .. } => None,
    };
    match verb {
        Verb::Prompt(prompt) => of(prompt).into_iter().collect(),
        Verb::Gather(gather) => gather.prompts.iter().filter_map(of).collect(),
        Verb::Pause { .. }
        | Verb::Redirect { .. }
        | Verb::Hangup
        | Verb::Reject { .. }
        | Verb::Record { .. }
        | Verb::Dial(_)
        | Verb::Connect { .. }
        | Verb::Start(_)
        | Verb::Stop { .. }
        | Verb::Aside => Vec::new(),
    }
}

/// What a text is as a prompt.
pub(crate) fn say(text: &str, times: u64) -> Prompt {
    let n_characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let once = n_characters.saturating_mul(SAY_CHARACTER_MS).max(SECOND_MS);
    Prompt::Say { text: text.to_owned(), ms: once, times }
}

/// What a recording is as a prompt.
pub(crate) fn play(url: &str, times: u64) -> Prompt {
    Prompt::Play { url: url.to_owned(), ms: PLAY_MS, times }
}

/// What keys are as a prompt.
pub(crate) fn digits(digits: &str) -> Prompt {
    let n_keys = u64::try_from(digits.chars().count()).unwrap_or(u64::MAX);
    Prompt::Digits { digits: digits.to_owned(), ms: n_keys.saturating_mul(DIGIT_MS) }
}

fn verb(element: &Element) -> Option<Verb> {
    let owned = |name: &str| element.attribute(name).map(str::to_owned);
    let verb = match element.name.as_str() {
        "Say" | "Play" => Verb::Prompt(prompt(element)?),
        "Pause" => Verb::Pause { ms: element.number("length", 1).saturating_mul(SECOND_MS) },
        "Gather" => Verb::Gather(gather(element)),
        "Redirect" => Verb::Redirect { url: element.text.trim().to_owned(), method: owned("method") },
        "Hangup" => Verb::Hangup,
        "Reject" => Verb::Reject { busy: element.attribute("reason") == Some("busy") },
        "Record" => Verb::Record { action: owned("action"), method: owned("method"), ms: record_ms(element) },
        "Dial" => Verb::Dial(dial(element)?),
        "Connect" => {
            Verb::Connect { stream: stream(element)?, action: owned("action"), method: owned("method") }
        }
        "Start" => stream(element).map_or(Verb::Aside, Verb::Start),
        "Stop" => match stream(element).and_then(|stream| stream.name) {
            Some(name) => Verb::Stop { name },
            None => Verb::Aside,
        },
        _ => return None,
    };
    Some(verb)
}

fn prompt(element: &Element) -> Option<Prompt> {
    let times = match element.number("loop", 1) {
        0 => LOOP_MAX,
        times => times.min(LOOP_MAX),
    };
    match element.name.as_str() {
        "Say" => Some(say(element.text.trim(), times)),
        "Play" => Some(match element.attribute("digits") {
            Some(keys) => digits(keys),
            None => play(element.text.trim(), times),
        }),
        "Pause" => {
            let ms = element.number("length", 1).saturating_mul(SECOND_MS);
            Some(Prompt::Silence { ms })
        }
        _ => None,
    }
}

fn gather(element: &Element) -> Gather {
    let finish_on = element.attribute("finishOnKey").map_or(Some('#'), |key| key.chars().next());
    let n_digits = element.attribute("numDigits").and_then(|digits| digits.parse().ok());
    let input = element.attribute("input").unwrap_or("dtmf");
    let takes = |kind: &str| input.split_whitespace().any(|word| word == kind);
    let timeout_ms = element.number("timeout", 5).saturating_mul(SECOND_MS);
    let speech_timeout_ms = match element.attribute("speechTimeout") {
        Some("auto") => AUTO_SILENCE_MS,
        _ => element.number("speechTimeout", timeout_ms / SECOND_MS).saturating_mul(SECOND_MS),
    };
    Gather {
        action: element.attribute("action").map(str::to_owned),
        method: element.attribute("method").map(str::to_owned),
        prompts: element.children.iter().filter_map(prompt).collect(),
        takes_keys: takes("dtmf"),
        takes_speech: takes("speech"),
        timeout_ms,
        speech_timeout_ms,
        language: element.attribute("language").unwrap_or("en-US").to_owned(),
        n_digits,
        finish_on,
        on_empty: element.attribute("actionOnEmptyResult") == Some("true"),
    }
}

/// Nobody here talks into the recorder for long: it stops after the silence that ends a recording.
fn record_ms(element: &Element) -> u64 {
    let silence_s = element.number("timeout", 5);
    silence_s.min(element.number("maxLength", 3_600)).saturating_mul(SECOND_MS)
}

fn dial(element: &Element) -> Option<Dial> {
    let nested = element.children.iter().find(|child| child.name == "Number");
    let of_number = |name: &str| nested.and_then(|number| number.attribute(name));
    let events = of_number("statusCallbackEvent").unwrap_or_default();
    let to = nested.map_or(element.text.trim(), |number| number.text.trim());
    if to.is_empty() {
        return None;
    }
    Some(Dial {
        to: to.to_owned(),
        caller_id: element.attribute("callerId").map(str::to_owned),
        action: element.attribute("action").map(str::to_owned),
        method: element.attribute("method").map(str::to_owned),
        timeout_ms: element.number("timeout", 30).saturating_mul(SECOND_MS),
        time_limit_ms: element.number("timeLimit", 14_400).saturating_mul(SECOND_MS),
        callback: of_number("statusCallback").map(str::to_owned),
        callback_method: of_number("statusCallbackMethod").map(str::to_owned),
        callback_events: events.split_whitespace().filter_map(CallbackEvent::read).collect(),
        send_digits: of_number("sendDigits").map(str::to_owned),
    })
}

/// The stream inside a verb.
fn stream(verb: &Element) -> Option<Stream> {
    let element = verb.children.iter().find(|child| child.name == "Stream")?;
    let owned = |name: &str| element.attribute(name).map(str::to_owned);
    let parameters = element.children.iter().filter(|child| child.name == "Parameter");
    let parameters = parameters.filter_map(|child| {
        let value = child.attribute("value").unwrap_or_default();
        Some((child.attribute("name")?.to_owned(), value.to_owned()))
    });
    Some(Stream {
        url: element.attribute("url").unwrap_or_default().trim().to_owned(),
        name: owned("name"),
        tracks: tracks(element.attribute("track")),
        callback: owned("statusCallback"),
        callback_method: owned("statusCallbackMethod"),
        parameters: parameters.collect(),
    })
}

fn tracks(word: Option<&str>) -> Vec<Track> {
    match word {
        Some("outbound_track") => vec![Track::Outbound],
        Some("both_tracks") => vec![Track::Inbound, Track::Outbound],
        _ => vec![Track::Inbound],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn verbs(inside: &str) -> Vec<Verb> {
        let document = format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>"#);
        read(&document).unwrap()
    }

    #[test]
    fn speaking_takes_its_time() {
        let long = "x".repeat(100);
        assert_eq!(verbs("<Say>Hi &amp; bye</Say>"), [Verb::Prompt(say("Hi & bye", 1))]);
        assert_eq!(say("Hi", 1).ms(), 1_000);
        assert_eq!(say(&long, 2).ms(), 6_000);
        assert_eq!(say(&long, 2).rest(), Some(say(&long, 1)));
        assert_eq!(say(&long, 1).rest(), None);
    }

    #[test]
    fn keys_are_played_as_tones() {
        let expected = Prompt::Digits { digits: "1w2".to_owned(), ms: 1_500 };
        assert_eq!(verbs(r#"<Play digits="1w2"/>"#), [Verb::Prompt(expected)]);
    }

    #[test]
    fn a_gather_has_its_prompts_inside() {
        let read =
            verbs(r#"<Gather numDigits="1" action="/go?a=1&amp;b=2" timeout="3"><Say>One?</Say></Gather>"#);
        let [Verb::Gather(gather)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(gather.action.as_deref(), Some("/go?a=1&b=2"));
        assert_eq!(gather.prompts, [say("One?", 1)]);
        assert_eq!((gather.n_digits, gather.timeout_ms), (Some(1), 3_000));
        assert_eq!(gather.finish_on, Some('#'));
    }

    #[test]
    fn the_page_that_holds_a_call_is_understood() {
        let read = verbs(
            r#"<Connect><Stream url="wss://x/y"><Parameter name="a" value="b"/></Stream></Connect>
               <Pause length="60"/><Redirect method="POST">https://x/z</Redirect>"#,
        );
        let redirect = Verb::Redirect { url: "https://x/z".to_owned(), method: Some("POST".to_owned()) };
        let [Verb::Connect { stream, action: None, .. }, pause, redirected] = read.as_slice() else {
            panic!("{read:?}")
        };
        assert_eq!((pause, redirected), (&Verb::Pause { ms: 60_000 }, &redirect));
        assert_eq!(stream.url, "wss://x/y");
        assert_eq!(stream.parameters, BTreeMap::from([("a".to_owned(), "b".to_owned())]));
    }

    #[test]
    fn a_stream_that_goes_one_way_is_started_and_stopped_by_its_name() {
        let read = verbs(
            r#"<Start><Stream name="s" url="wss://x/y" track="both_tracks" statusCallback="/told"/></Start>
               <Stop><Stream name="s"/></Stop><Stop><Siprec name="t"/></Stop>"#,
        );
        let [Verb::Start(stream), stop, aside] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((stream.tracks.len(), stream.callback.as_deref()), (2, Some("/told")));
        assert_eq!((stop, aside), (&Verb::Stop { name: "s".to_owned() }, &Verb::Aside));
    }

    #[test]
    fn an_unknown_verb_is_skipped() {
        assert_eq!(verbs("<Sing>la</Sing><Hangup/>"), [Verb::Hangup]);
    }

    #[test]
    fn what_is_no_twiml_is_refused() {
        for document in ["", "Hello", "<Respons/>", "<Response>", "<Response/><Response/>", "<a>&no;</a>"] {
            assert!(read(document).is_err(), "{document}");
        }
    }
}
