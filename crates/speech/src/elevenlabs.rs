//! ElevenLabs' speech: voices by HTTP, and Scribe's Realtime models, which hear over a WebSocket. Both
//! take and give what a telephone line carries.
//!
//! Source: <https://elevenlabs.io/docs/api-reference/text-to-speech/stream>,
//! <https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime>, and
//! <https://elevenlabs.io/docs/eleven-api/guides/how-to/speech-to-text/realtime/event-reference>
//! (2026-11-28).

use crate::post::{address, encoded, header};
use crate::{Form, News, Post, Streaming, Synthesizer, Told, Unreadable};
use audio::g711::Law;
use audio::{Frame, SampleRate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

/// A voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Its model, like `eleven_flash_v2_5`.
    pub model: String,
    /// The vendor's identifier of the voice.
    pub voice: String,
}

/// Hears while somebody speaks.
///
/// What nobody finishes it finishes by itself, after half a minute or more; that is told like an answer
/// to [`Streaming::finish`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its model, like `scribe_v2_realtime`.
    pub model: String,
    /// What is spoken (ISO 639-1 or 639-3); without it the model finds out.
    pub language: Option<String>,
}

/// What it tells.
#[derive(Deserialize)]
struct Event {
    message_type: String,
    #[serde(default)]
    text: String,
    error: Option<Value>,
}

impl Synthesizer for Voice {
    fn ask(&self, text: &str, key: Option<&str>) -> Post {
        let path = format!("v1/text-to-speech/{}/stream", encoded(&self.voice));
        let path = address(&path, [("output_format", "ulaw_8000")]);
        Post::json(path, key.map(api_key), &json!({ "text": text, "model_id": self.model }))
    }

    fn form(&self) -> Form {
        Form::MuLaw
    }
}

impl Streaming for Listener {
    fn path(&self) -> String {
        // The gateway judges when an utterance is over.
        let form = [("audio_format", "ulaw_8000"), ("commit_strategy", "manual")];
        let language = self.language.as_deref().map(|language| ("language_code", language));
        let query = [("model_id", &*self.model)].into_iter().chain(form).chain(language);
        address("v1/speech-to-text/realtime", query)
    }

    fn headers(&self, key: Option<&str>) -> Vec<(String, String)> {
        key.map(api_key).into_iter().collect()
    }

    fn judges_turns(&self) -> bool {
        false
    }

    fn sound(&self, frame: &Frame) -> Told {
        let mut codes = Vec::with_capacity(frame.samples().len());
        Law::Mu.write(frame, &mut codes);
        chunk(&codes, false)
    }

    fn finish(&self) -> Told {
        chunk(&[], true)
    }

    /// It knows no such message, and hangs up when it hears nothing for some fifteen seconds: a frame of
    /// silence.
    fn stay(&self) -> Option<Told> {
        Some(self.sound(&Frame::silence(SampleRate::Hz8000)))
    }

    fn hear(&self, text: &str) -> Result<News, Unreadable> {
        let event: Event =
            serde_json::from_str(text).map_err(|error| Unreadable::new(error, text.as_bytes()))?;
        let text = event.text.trim().to_owned();
        Ok(match (&*event.message_type, event.error) {
            ("partial_transcript", None) if !text.is_empty() => News::SoFar(text),
            ("committed_transcript", None) => News::Final { text, last: true },
            // There were less than 0.3 s of sound to finish.
            ("commit_throttled", _) => News::Final { text: String::new(), last: true },
            (kind, Some(Value::String(error))) => News::Failed(format!("{kind}: {error}")),
            (kind, Some(error)) => News::Failed(format!("{kind}: {error}")),
            // That the session began, and what is new.
            (_, None) => News::Nothing,
        })
    }
}

/// What lets it hear sound, and says whether that ends an utterance. All fields are required.
fn chunk(codes: &[u8], commit: bool) -> Told {
    let chunk = json!({
        "message_type": "input_audio_chunk",
        "audio_base_64": STANDARD.encode(codes),
        "commit": commit,
        "sample_rate": SampleRate::Hz8000.hz(),
    });
    Told::Text(chunk.to_string())
}

fn api_key(key: &str) -> (String, String) {
    header("xi-api-key", key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener() -> Listener {
        Listener { model: "scribe_v2_realtime".to_owned(), language: None }
    }

    fn message(told: Told) -> Value {
        let Told::Text(text) = told else { panic!("it takes text alone") };
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    fn check(message: &str, news: News) {
        assert_eq!(listener().hear(message), Ok(news), "{message}");
    }

    #[test]
    fn a_text_is_asked_for_as_the_line_carries_it() {
        let voice = Voice { model: "eleven_flash_v2_5".to_owned(), voice: "JBFq/../x".to_owned() };
        let post = voice.ask("Hello.", Some("k"));
        assert_eq!(post.path, "v1/text-to-speech/JBFq%2F..%2Fx/stream?output_format=ulaw_8000");
        let asked = json!({ "text": "Hello.", "model_id": "eleven_flash_v2_5" });
        assert_eq!(serde_json::from_slice::<Value>(&post.body).unwrap(), asked);
        assert_eq!(post.headers[1], ("xi-api-key".to_owned(), "k".to_owned()));
    }

    #[test]
    fn it_is_asked_for_what_a_line_carries() {
        let plain = "v1/speech-to-text/realtime?model_id=scribe_v2_realtime\
            &audio_format=ulaw_8000&commit_strategy=manual";
        assert_eq!(listener().path(), plain);
        let german = Listener { language: Some("de".to_owned()), ..listener() };
        assert_eq!(german.path(), format!("{plain}&language_code=de"));
        assert_eq!(german.headers(Some(" k\n")), [("xi-api-key".to_owned(), "k".to_owned())]);
    }

    #[test]
    fn sound_is_told_in_base64() {
        let samples: Vec<i16> = (0..160).map(|n| n * 200 - 16_000).collect();
        let frame = Frame::from_samples(SampleRate::Hz8000, &samples).unwrap();
        let told = message(listener().sound(&frame));
        let mut codes = Vec::new();
        Law::Mu.write(&frame, &mut codes);
        assert_eq!(STANDARD.decode(told["audio_base_64"].as_str().unwrap()).unwrap(), codes);
        assert_eq!((&told["commit"], &told["sample_rate"]), (&json!(false), &json!(8000)));

        let finish = json!({
            "message_type": "input_audio_chunk", "audio_base_64": "", "commit": true, "sample_rate": 8000,
        });
        assert_eq!(message(listener().finish()), finish);
        let silence = message(listener().stay().unwrap());
        assert_eq!(silence["audio_base_64"], STANDARD.encode([Law::Mu.silence(); 160]));
    }

    #[test]
    fn words_change_until_they_are_committed() {
        let started = r#"{"message_type":"session_started","session_id":"0b0a","config":{"sample_rate":8000,
            "audio_format":"ulaw_8000","language_code":"en","model_id":"scribe_v2_realtime"}}"#;
        check(started, News::Nothing);
        let partial = r#"{"message_type":"partial_transcript","text":"The first move"}"#;
        check(partial, News::SoFar("The first move".to_owned()));
        check(r#"{"message_type":"partial_transcript","text":""}"#, News::Nothing);
        let committed = r#"{"message_type":"committed_transcript","text":"The first move is it."}"#;
        check(committed, News::Final { text: "The first move is it.".to_owned(), last: true });
        let silent = r#"{"message_type":"committed_transcript","text":""}"#;
        check(silent, News::Final { text: String::new(), last: true });
    }

    #[test]
    fn too_little_to_finish_is_nothing_said() {
        let throttled = r#"{"message_type":"commit_throttled","error":"Commit request ignored: 0.1s"}"#;
        check(throttled, News::Final { text: String::new(), last: true });
    }

    #[test]
    fn a_failure_is_told_in_its_words() {
        let failed = r#"{"message_type":"quota_exceeded","error":"You have exceeded your quota."}"#;
        check(failed, News::Failed("quota_exceeded: You have exceeded your quota.".to_owned()));
        let nested = r#"{"message_type":"error","error":{"code":1}}"#;
        check(nested, News::Failed(r#"error: {"code":1}"#.to_owned()));
        assert!(listener().hear(r#"{"error":{"message":"no"}}"#).is_err());
        assert!(listener().hear("hello").is_err());
    }
}
