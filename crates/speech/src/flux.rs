//! Deepgram's Flux, which hears a whole talk and tells when a turn is over, by what was said and how, not by
//! silence alone.
//!
//! Source: <https://developers.deepgram.com/reference/speech-to-text/listen-flux>,
//! <https://developers.deepgram.com/docs/flux/configuration> and `…/docs/flux/force-end-turn` (2026-11-29).

use crate::deepgram::token;
use crate::post::address;
use crate::{News, Streaming, Told, Unreadable};
use audio::Frame;
use audio::g711::Law;
use serde::Deserialize;
use serde_json::json;

/// Hears while somebody speaks, and tells when they are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its model: `flux-general-en`, or `flux-general-multi`.
    pub model: String,
    /// What is likely to be spoken (BCP 47), of a model of several languages.
    pub language: Option<String>,
    /// Words that are likely.
    pub keyterms: Vec<String>,
}

/// What it tells.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    TurnInfo {
        event: String,
        #[serde(default)]
        transcript: String,
    },
    Error {
        #[serde(default)]
        code: String,
        #[serde(default)]
        description: String,
    },
    /// That it is connected, and what it was told to do otherwise.
    #[serde(other)]
    Other,
}

impl Streaming for Listener {
    fn path(&self) -> String {
        let Listener { model, language, keyterms } = self;
        let form = [("model", &**model), ("encoding", "mulaw"), ("sample_rate", "8000")];
        let manner = [("eot_timeout_ms", SILENT_MS_MAX)];
        let language = language.as_deref().map(|language| ("language_hint", language));
        let keyterms = keyterms.iter().map(|term| ("keyterm", &**term));
        address("v2/listen", form.into_iter().chain(manner).chain(language).chain(keyterms))
    }

    fn headers(&self, key: Option<&str>) -> Vec<(String, String)> {
        key.map(token).into_iter().collect()
    }

    fn judges_turns(&self) -> bool {
        true
    }

    fn sound(&self, frame: &Frame) -> Told {
        let mut codes = Vec::with_capacity(frame.samples().len());
        Law::Mu.write(frame, &mut codes);
        Told::Bytes(codes)
    }

    fn finish(&self) -> Told {
        Told::Text(json!({ "type": "ForceEndTurn" }).to_string())
    }

    /// It hears all the time.
    fn stay(&self) -> Option<Told> {
        None
    }

    fn hear(&self, text: &str) -> Result<News, Unreadable> {
        let event = serde_json::from_str(text).map_err(|error| Unreadable::new(error, text.as_bytes()))?;
        Ok(match event {
            Event::TurnInfo { event, transcript } if event == "EndOfTurn" => {
                News::Turn(transcript.trim().to_owned())
            }
            Event::TurnInfo { transcript, .. } if transcript.trim().is_empty() => News::Nothing,
            Event::TurnInfo { transcript, .. } => News::SoFar(transcript.trim().to_owned()),
            Event::Error { code, description } if description.is_empty() => News::Failed(code),
            Event::Error { description, .. } => News::Failed(description),
            Event::Other => News::Nothing,
        })
    }
}

/// After so long a silence a turn is over, whatever was said: 500 to 60,000 ms.
const SILENT_MS_MAX: &str = "3000";

#[cfg(test)]
mod tests {
    use super::*;

    fn listener() -> Listener {
        Listener { model: "flux-general-en".to_owned(), language: None, keyterms: Vec::new() }
    }

    /// A message with the fields of the reference.
    fn turn(event: &str, transcript: &str) -> String {
        format!(
            r#"{{"type":"TurnInfo","request_id":"52cc0efe-fa77-4aa7-b79c-0dda09de2f14","sequence_id":7,
            "event":"{event}","turn_index":0,"audio_window_start":0.0,"audio_window_end":1.5,
            "transcript":"{transcript}","words":[{{"word":"Tell","confidence":0.97}}],
            "end_of_turn_confidence":0.42}}"#
        )
    }

    #[track_caller]
    fn check(message: &str, news: News) {
        assert_eq!(listener().hear(message), Ok(news), "{message}");
    }

    #[test]
    fn words_change_until_the_turn_is_over() {
        check(&turn("Update", ""), News::Nothing);
        check(&turn("StartOfTurn", "Tell"), News::SoFar("Tell".to_owned()));
        check(&turn("Update", "Tell me"), News::SoFar("Tell me".to_owned()));
        check(&turn("EagerEndOfTurn", "Tell me more."), News::SoFar("Tell me more.".to_owned()));
        check(&turn("TurnResumed", "Tell me more about"), News::SoFar("Tell me more about".to_owned()));
        check(&turn("EndOfTurn", "Tell me more about it. "), News::Turn("Tell me more about it.".to_owned()));
        check(&turn("EndOfTurn", ""), News::Turn(String::new()));
    }

    #[test]
    fn other_messages_say_nothing_and_failures_what_is_wrong() {
        check(r#"{"type":"Connected","request_id":"52cc0efe","sequence_id":0}"#, News::Nothing);
        check(r#"{"type":"ConfigureSuccess","sequence_id":3}"#, News::Nothing);
        let error = r#"{"type":"Error","sequence_id":3,"code":"NET","description":"Timed out."}"#;
        check(error, News::Failed("Timed out.".to_owned()));
        check(r#"{"type":"Error","code":"NET"}"#, News::Failed("NET".to_owned()));
        assert!(listener().hear("[]").is_err());
    }

    #[test]
    fn it_is_asked_for_what_a_line_carries_and_told_when_a_turn_must_end() {
        let plain = "v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000&eot_timeout_ms=3000";
        assert_eq!(listener().path(), plain);
        let (model, language) = ("flux-general-multi".to_owned(), Some("es".to_owned()));
        let wordy = Listener { model, language, keyterms: vec!["St. Ives".to_owned()] };
        let path = plain.replace("general-en", "general-multi") + "&language_hint=es&keyterm=St.%20Ives";
        assert_eq!(wordy.path(), path);
        assert_eq!(wordy.headers(Some("k")), [("authorization".to_owned(), "Token k".to_owned())]);
        assert_eq!(listener().finish(), Told::Text(r#"{"type":"ForceEndTurn"}"#.to_owned()));
    }
}
