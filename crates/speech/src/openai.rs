//! OpenAI's speech by HTTP, which many servers of one's own speak too.
//!
//! Source: <https://platform.openai.com/docs/api-reference/audio/createTranscription>, `…/createSpeech`,
//! and <https://platform.openai.com/docs/guides/text-to-speech#supported-output-formats> (2026-11-28).

use crate::multipart::{File, form};
use crate::post::{header, with_key};
use crate::{Form, Post, Synthesizer, Unreadable, Whole, wav};
use audio::{Frame, SampleRate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Writes down what it is given. Its base address ends in `/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcriber {
    /// The server's name for its model.
    pub model: String,
    /// What is spoken, as two letters (ISO 639-1); without it the model finds out.
    pub language: Option<String>,
    /// Words that are likely, in a sentence or two of that language.
    pub prompt: Option<String>,
}

/// A voice. Its base address ends in `/v1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// The server's name for its model.
    pub model: String,
    /// The server's name for the voice.
    pub voice: String,
    /// How it is to speak, in words, if the model takes that.
    pub instructions: Option<String>,
    /// How fast it is to speak: 1 is its own choice, and OpenAI takes 0.25 to 4.
    pub speed: Option<f64>,
}

/// A request to speak.
#[derive(Serialize)]
struct Speech<'a> {
    model: &'a str,
    voice: &'a str,
    input: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<f64>,
    response_format: &'static str,
}

/// What a transcriber answers.
#[derive(Deserialize)]
struct Transcript {
    text: Option<String>,
    error: Option<Value>,
}

impl Whole for Transcriber {
    fn ask(&self, utterance: &[Frame], key: Option<&str>) -> Post {
        let mut fields = vec![("model", &*self.model), ("response_format", "json")];
        fields.extend(self.language.as_deref().map(|language| ("language", language)));
        fields.extend(self.prompt.as_deref().map(|prompt| ("prompt", prompt)));
        let bytes = &*wav(utterance);
        // The server knows the kind of a file by the end of its name.
        let file = File { field: "file", name: "utterance.wav", content_type: "audio/wav", bytes };
        let (content_type, body) = form(&fields, &file);
        let headers = with_key(&content_type, key.map(bearer));
        Post { path: "audio/transcriptions".to_owned(), headers, body }
    }

    fn answer(&self, body: &[u8]) -> Result<String, Unreadable> {
        match serde_json::from_slice(body) {
            Ok(Transcript { error: Some(error), .. }) => Err(Unreadable::new(error, body)),
            Ok(Transcript { text: Some(text), .. }) => Ok(text.trim().to_owned()),
            Ok(Transcript { text: None, .. }) => Err(Unreadable::new("it has no text", body)),
            Err(error) => Err(Unreadable::new(error, body)),
        }
    }
}

impl Synthesizer for Voice {
    fn ask(&self, text: &str, key: Option<&str>) -> Post {
        let speech = Speech {
            model: &self.model,
            voice: &self.voice,
            input: text,
            instructions: self.instructions.as_deref(),
            speed: self.speed,
            response_format: "pcm",
        };
        Post::json("audio/speech".to_owned(), key.map(bearer), &speech)
    }

    /// The guide says: raw samples in 24 kHz, 16 bits, signed, the low byte first, without a header.
    fn form(&self) -> Form {
        Form::Pcm(SampleRate::Hz24000)
    }
}

fn bearer(key: &str) -> (String, String) {
    header("authorization", &format!("Bearer {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn transcriber() -> Transcriber {
        let (language, prompt) = (Some("en".to_owned()), Some("Offhook.".to_owned()));
        Transcriber { model: "gpt-4o-mini-transcribe".to_owned(), language, prompt }
    }

    /// The fields of a form, and its file: read as a server reads them.
    fn fields(post: &Post) -> Vec<(String, Vec<u8>)> {
        let (_, content_type) = &post.headers[0];
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        let mut body = [b"\r\n", &*post.body].concat();
        let mut fields = Vec::new();
        let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|part| part == what);
        while let Some(at) = find(&body, &delimiter) {
            let part = body.split_off(at + delimiter.len());
            body.truncate(at);
            if let Some(end) = find(&body, b"\r\n\r\n") {
                fields.push((String::from_utf8(body[..end].to_vec()).unwrap(), body[end + 4..].to_vec()));
            }
            body = part;
        }
        assert_eq!(body, b"--\r\n");
        fields
    }

    #[test]
    fn an_utterance_is_sent_as_a_file() {
        let frames = [Frame::silence(SampleRate::Hz8000), Frame::silence(SampleRate::Hz8000)];
        let post = transcriber().ask(&frames, Some("sk-1"));
        assert_eq!(post.path, "audio/transcriptions");
        assert_eq!(post.headers[1], ("authorization".to_owned(), "Bearer sk-1".to_owned()));
        let fields = fields(&post);
        let value = |name: &str| {
            let is = |(head, _): &&(String, Vec<u8>)| head.contains(&format!("; name=\"{name}\""));
            fields.iter().find(is).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        assert_eq!(fields.len(), 5);
        assert_eq!(value("model"), b"gpt-4o-mini-transcribe");
        assert_eq!(value("language"), b"en");
        assert_eq!(value("prompt"), b"Offhook.");
        assert_eq!(value("response_format"), b"json");
        assert_eq!(value("file"), wav(&frames));
    }

    #[test]
    fn nothing_is_asked_that_is_not_set() {
        let plain = Transcriber { language: None, prompt: None, ..transcriber() };
        let post = plain.ask(&[], None);
        assert_eq!((fields(&post).len(), post.headers.len()), (3, 1));
    }

    #[test]
    fn an_answer_is_its_text() {
        let read = |body: &str| transcriber().answer(body.as_bytes()).map_err(|error| error.to_string());
        let whole = r#"{"text":" Hello there.\n","usage":{"type":"duration","seconds":2}}"#;
        assert_eq!(read(whole), Ok("Hello there.".to_owned()));
        assert_eq!(read(r#"{"text":""}"#), Ok(String::new()));
        let refused = r#"{"error":{"message":"Invalid file format.","type":"invalid_request_error"}}"#;
        assert!(read(refused).unwrap_err().contains("Invalid file format."));
        assert!(read(r#"{"task":"transcribe"}"#).unwrap_err().contains("it has no text"));
        assert!(read("<html>").is_err());
    }

    #[test]
    fn a_text_is_asked_for_as_raw_samples() {
        let (model, voice) = ("gpt-4o-mini-tts".to_owned(), "marin".to_owned());
        let plain = Voice { model, voice, instructions: None, speed: None };
        let post = plain.ask("Say \"yes\".", None);
        assert_eq!(post.path, "audio/speech");
        assert_eq!(post.headers, [("content-type".to_owned(), "application/json".to_owned())]);
        let asked = json!({
            "model": "gpt-4o-mini-tts", "voice": "marin", "input": "Say \"yes\".", "response_format": "pcm",
        });
        assert_eq!(serde_json::from_slice::<Value>(&post.body).unwrap(), asked);

        let calm = Voice { instructions: Some("Calmly.".to_owned()), speed: Some(1.25), ..plain };
        let asked: Value = serde_json::from_slice(&calm.ask("Yes.", Some("k")).body).unwrap();
        assert_eq!((&asked["instructions"], &asked["speed"]), (&json!("Calmly."), &json!(1.25)));
    }
}
