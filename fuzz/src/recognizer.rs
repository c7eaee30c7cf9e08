//! What recognizers answer: words that they wrote, or why there are none.
//!
//! An input is `openai`, an empty line and an answer's body; or `deepgram`, `flux` or `elevenlabs`, an empty
//! line and a message a line.

use crate::carriers::texts;
use crate::input::Message;
use speech::{News, Streaming, Unreadable, Whole, deepgram, elevenlabs, flux, openai};

/// Reads what one vendor answers.
pub(crate) fn take(input: &[u8]) {
    let Message { head, body, .. } = Message::read(input);
    let (model, language) = (String::new(), None);
    let listener: Box<dyn Streaming> = match &*head {
        "openai" => {
            let prompt = None;
            return answers(&openai::Transcriber { model, language, prompt }, &body);
        }
        "deepgram" => Box::new(deepgram::Listener { model, language, keyterms: Vec::new() }),
        "flux" => Box::new(flux::Listener { model, language, keyterms: Vec::new() }),
        "elevenlabs" => Box::new(elevenlabs::Listener { model, language }),
        _ => return,
    };
    String::from_utf8_lossy(&body).lines().for_each(|line| is_heard(&*listener, line));
}

fn answers(transcriber: &dyn Whole, body: &[u8]) {
    match transcriber.answer(body) {
        Ok(words) => is_written(&words, body),
        Err(error) => is_shown_in_part(&error, body),
    }
}

fn is_heard(listener: &dyn Streaming, line: &str) {
    match listener.hear(line) {
        Ok(News::SoFar(text)) => {
            assert!(!text.is_empty(), "words that are none");
            is_written(&text, line.as_bytes());
        }
        Ok(News::Final { text, last }) => {
            assert!(last || !text.is_empty(), "a part of nothing");
            is_written(&text, line.as_bytes());
        }
        Ok(News::Turn(text)) => is_written(&text, line.as_bytes()),
        Ok(News::Nothing | News::Failed(_)) => {}
        Err(error) => is_shown_in_part(&error, line.as_bytes()),
    }
}

/// Nobody is taken to have said what the vendor didn't write.
fn is_written(words: &str, body: &[u8]) {
    let is_told = || texts(body).iter().any(|text| text.trim() == words);
    assert!(words.is_empty() || is_told(), "nobody wrote {words:?}");
}

/// Of what can't be read two hundred letters are shown, and as many say why.
pub(crate) fn is_shown_in_part(error: &Unreadable, body: &[u8]) {
    let shown = error.to_string();
    let beginning: String = String::from_utf8_lossy(body).chars().take(SHOWN_MAX).collect();
    let why = shown.strip_suffix(&format!("; it was: {beginning:?}"));
    let why = why.and_then(|shown| shown.strip_prefix("cannot read what the speech server answered: "));
    let why = why.unwrap_or_else(|| panic!("not its beginning: {shown}"));
    assert!(why.chars().count() <= SHOWN_MAX, "it says too much: {why}");
}

const SHOWN_MAX: usize = 200;
