//! Deepgram's speech: its Nova models hear over a WebSocket, its Aura voices speak by HTTP. Both take and
//! give what a telephone line carries.
//!
//! Source: <https://developers.deepgram.com/reference/speech-to-text/listen-streaming>,
//! <https://developers.deepgram.com/docs/finalize>, `…/docs/audio-keep-alive`, `…/docs/interim-results`,
//! and <https://developers.deepgram.com/reference/text-to-speech/speak-request> (2026-11-28).

use crate::flux;
use crate::post::{address, header};
use crate::{Form, News, Post, Streaming, Synthesizer, Told, Unreadable};
use audio::Frame;
use audio::g711::Law;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Hears while somebody speaks.
///
/// Of an utterance of which nothing was left to be heard, it may not answer [`Streaming::finish`] at all:
/// "it is not guaranteed if there is no significant amount of audio data to process".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its model, like `nova-3`.
    pub model: String,
    /// What is spoken (BCP 47), or `multi`; without it English.
    pub language: Option<String>,
    /// Words that are likely, for Nova-3.
    pub keyterms: Vec<String>,
}

/// A voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Its model, like `aura-2-thalia-en`: the voice and its language.
    pub model: String,
}

/// What it tells.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    Results {
        channel: Channel,
        #[serde(default)]
        is_final: bool,
        #[serde(default)]
        from_finalize: bool,
    },
    Error {
        #[serde(default)]
        description: String,
        #[serde(default)]
        message: String,
    },
    /// The beginning of speech, what was heard in all, and what is new.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Channel {
    /// The likeliest first.
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    transcript: String,
}

impl Listener {
    /// Who hears: [`flux`] has an interface of its own, and is known by its model's name.
    pub fn streaming(self) -> Arc<dyn Streaming> {
        let Listener { model, language, keyterms } = self;
        if model.starts_with("flux") {
            return Arc::new(flux::Listener { model, language, keyterms });
        }
        Arc::new(Listener { model, language, keyterms })
    }
}

impl Streaming for Listener {
    fn path(&self) -> String {
        let Listener { model, language, keyterms } = self;
        let form = [("model", &**model), ("encoding", "mulaw"), ("sample_rate", "8000"), ("channels", "1")];
        // The gateway judges when an utterance is over: a pause that isn't one would take away what
        // `Finalize` is to answer with.
        let manner = [("interim_results", "true"), ("punctuate", "true"), ("endpointing", "false")];
        let language = language.as_deref().map(|language| ("language", language));
        let keyterms = keyterms.iter().map(|term| ("keyterm", &**term));
        address("v1/listen", form.into_iter().chain(manner).chain(language).chain(keyterms))
    }

    fn headers(&self, key: Option<&str>) -> Vec<(String, String)> {
        key.map(token).into_iter().collect()
    }

    fn judges_turns(&self) -> bool {
        false
    }

    fn sound(&self, frame: &Frame) -> Told {
        let mut codes = Vec::with_capacity(frame.samples().len());
        Law::Mu.write(frame, &mut codes);
        Told::Bytes(codes)
    }

    fn finish(&self) -> Told {
        Told::Text(json!({ "type": "Finalize" }).to_string())
    }

    /// It hangs up after ten seconds without, and asks for one every three to five; as text, since as
    /// bytes it would be sound.
    fn stay(&self) -> Option<Told> {
        Some(Told::Text(json!({ "type": "KeepAlive" }).to_string()))
    }

    fn hear(&self, text: &str) -> Result<News, Unreadable> {
        let event = serde_json::from_str(text).map_err(|error| Unreadable::new(error, text.as_bytes()))?;
        let (channel, is_final, last) = match event {
            Event::Results { channel, is_final, from_finalize } => (channel, is_final, from_finalize),
            Event::Error { description, message } if description.is_empty() => {
                return Ok(News::Failed(message));
            }
            Event::Error { description, .. } => return Ok(News::Failed(description)),
            Event::Other => return Ok(News::Nothing),
        };
        let best = channel.alternatives.into_iter().next();
        let text = best.map(|best| best.transcript.trim().to_owned()).unwrap_or_default();
        Ok(match (is_final || last, text.is_empty()) {
            (true, true) if !last => News::Nothing,
            (true, _) => News::Final { text, last },
            (false, true) => News::Nothing,
            (false, false) => News::SoFar(text),
        })
    }
}

impl Synthesizer for Voice {
    fn ask(&self, text: &str, key: Option<&str>) -> Post {
        let form = [("encoding", "mulaw"), ("sample_rate", "8000"), ("container", "none")];
        let path = address("v1/speak", [("model", &*self.model)].into_iter().chain(form));
        Post::json(path, key.map(token), &json!({ "text": text }))
    }

    fn form(&self) -> Form {
        Form::MuLaw
    }
}

pub(crate) fn token(key: &str) -> (String, String) {
    header("authorization", &format!("Token {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio::SampleRate;

    fn listener() -> Listener {
        Listener { model: "nova-3".to_owned(), language: None, keyterms: Vec::new() }
    }

    /// A result as the reference shows it.
    fn result(transcript: &str, is_final: bool, from_finalize: bool) -> String {
        format!(
            r#"{{"type":"Results","channel_index":[0,1],"duration":1.98,"start":5.99,"is_final":{is_final},
            "speech_final":false,"channel":{{"alternatives":[{{"transcript":"{transcript}","confidence":0.96,
            "words":[{{"word":"tell","start":6.06,"end":6.3,"confidence":0.97,"punctuated_word":"Tell"}}]}}]}},
            "metadata":{{"request_id":"52cc0efe-fa77-4aa7-b79c-0dda09de2f14","model_info":{{"name":"2-general-nova",
            "version":"2024-01-18.26916","arch":"nova-2"}},"model_uuid":"c0d1a568-ce81-4fea-97e7-bd45cb1fdf3c"}},
            "from_finalize":{from_finalize}}}"#
        )
    }

    #[track_caller]
    fn check(message: &str, news: News) {
        assert_eq!(listener().hear(message), Ok(news), "{message}");
    }

    #[test]
    fn words_change_until_they_are_final() {
        check(&result("Tell me", false, false), News::SoFar("Tell me".to_owned()));
        check(
            &result("Tell me more.", true, false),
            News::Final { text: "Tell me more.".into(), last: false },
        );
        check(&result("More.", true, true), News::Final { text: "More.".into(), last: true });
        check(&result("", false, false), News::Nothing);
        check(&result("", true, false), News::Nothing);
    }

    #[test]
    fn the_end_is_told_though_nobody_spoke() {
        check(&result("", true, true), News::Final { text: String::new(), last: true });
    }

    #[test]
    fn other_messages_say_nothing() {
        check(r#"{"type":"SpeechStarted","channel":[0,1],"timestamp":9.54}"#, News::Nothing);
        check(r#"{"type":"UtteranceEnd","channel":[0,2],"last_word_end":3.1}"#, News::Nothing);
        let metadata = r#"{"type":"Metadata","transaction_key":"deprecated","request_id":"8c8ebea9",
            "sha256":"e3b0","created":"2024-08-29T22:37:55.202Z","duration":0.0,"channels":0}"#;
        check(metadata, News::Nothing);
    }

    #[test]
    fn a_failure_is_told_in_its_words() {
        let error = r#"{"type":"Error","description":"Timed out.","message":"NET","variant":"Net"}"#;
        check(error, News::Failed("Timed out.".to_owned()));
        check(r#"{"type":"Error","message":"NET"}"#, News::Failed("NET".to_owned()));
    }

    #[test]
    fn what_is_no_message_is_shown_in_part() {
        let long = format!(r#"{{"error":{{"message":"{}"}}}}"#, "é".repeat(500));
        for unreadable in ["", "[]", r#"{"type":"Results","channel":[0]}"#, &long] {
            let error = listener().hear(unreadable).unwrap_err().to_string();
            assert!(error.chars().count() < 500, "{error}");
        }
    }

    #[test]
    fn it_is_asked_for_what_a_line_carries() {
        let plain = "v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&channels=1\
            &interim_results=true&punctuate=true&endpointing=false";
        assert_eq!(listener().path(), plain);
        let keyterms = vec!["Offhook".to_owned(), "St. Ives & Co".to_owned()];
        let wordy = Listener { language: Some("en-GB".to_owned()), keyterms, ..listener() };
        assert_eq!(
            wordy.path(),
            format!("{plain}&language=en-GB&keyterm=Offhook&keyterm=St.%20Ives%20%26%20Co")
        );
        assert_eq!(wordy.headers(Some("k\n")), [("authorization".to_owned(), "Token k".to_owned())]);
        assert_eq!(wordy.headers(None), []);
    }

    #[test]
    fn sound_is_told_as_bytes_and_the_rest_as_text() {
        let samples: Vec<i16> = (0..160).map(|n| n * 200 - 16_000).collect();
        let frame = Frame::from_samples(SampleRate::Hz8000, &samples).unwrap();
        let Told::Bytes(codes) = listener().sound(&frame) else { panic!("sound is bytes") };
        let near = Law::Mu.read(&codes).unwrap();
        for (is, was) in near.samples().iter().zip(frame.samples()) {
            assert!(is.abs_diff(*was) <= 512, "{is} for {was}");
        }
        assert_eq!(listener().finish(), Told::Text(r#"{"type":"Finalize"}"#.to_owned()));
        assert_eq!(listener().stay(), Some(Told::Text(r#"{"type":"KeepAlive"}"#.to_owned())));
    }

    #[test]
    fn a_text_is_asked_for_as_the_line_carries_it() {
        let voice = Voice { model: "aura-2-thalia-en".to_owned() };
        let post = voice.ask("Hello \"you\"", Some("k"));
        assert_eq!(
            post.path,
            "v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000&container=none"
        );
        assert_eq!(post.body, br#"{"text":"Hello \"you\""}"#);
        assert_eq!(post.headers[1], ("authorization".to_owned(), "Token k".to_owned()));
    }
}
