//! Conversations by words, as Twilio's ConversationRelay has them with a program: what is told to a
//! program that was written for it, and what such a program says, whichever carrier carries the call.
//!
//! Source: <https://www.twilio.com/docs/voice/conversationrelay/websocket-messages> (2026-11-22).

use call::call::command::are_keys;
use call::call::{Call, Direction};
use call::dialogue::{Line, Said, Speaker, Told};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a program said that can't be taken.
#[derive(Debug, thiserror::Error)]
#[error("{why}; received: {received:?}")]
pub struct NotTaken {
    /// Why.
    pub why: String,
    /// The beginning of it.
    pub received: String,
}

/// What comes first on a connection: whose call it is. Of a conversation that goes on after a break,
/// what was said until then is among the parameters: `resumed` is `true`, and `transcript` is a text of
/// JSON, a list of `{"by": "agent" | "remote", "text": …}`.
pub fn setup(call: &Call, session: &str, before: &[Line]) -> String {
    let facts = &call.facts;
    let direction = match facts.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    let id = facts.id.to_string();
    let mut parameters = json!({ "call": id });
    if !before.is_empty() {
        parameters["resumed"] = json!("true");
        parameters["transcript"] = json!(transcript(before).to_string());
    }
    json!({
        "type": "setup",
        "sessionId": session,
        "accountSid": ACCOUNT,
        "parentCallSid": "",
        "callSid": id,
        "from": facts.from.as_str(),
        "to": facts.to.as_str(),
        "forwardedFrom": "",
        "callType": "PSTN",
        "callerName": "",
        "direction": direction,
        "callStatus": "IN-PROGRESS",
        "customParameters": parameters,
    })
    .to_string()
}

/// What is told to a program.
pub fn told(told: &Told) -> String {
    let message = match told {
        Told::Prompt(words) => {
            json!({ "type": "prompt", "voicePrompt": words, "lang": LANGUAGE, "last": true })
        }
        Told::Key(key) => json!({ "type": "dtmf", "digit": key.to_string() }),
        Told::Failed(why) => json!({ "type": "error", "description": why }),
    };
    message.to_string()
}

/// Reads what a program says; `None` for what asks nothing of the line.
///
/// # Errors
/// [`NotTaken`]: it is no message of ConversationRelay, or one without what it needs.
pub fn read(text: &str) -> Result<Option<Said>, NotTaken> {
    let not_taken = |why: String| NotTaken { why, received: text.chars().take(RECEIVED_MAX).collect() };
    let message: Message = serde_json::from_str(text).map_err(|error| not_taken(error.to_string()))?;
    Ok(match message {
        Message::Text { token, last } => Some(Said::Words { text: token, last: last.unwrap_or(true) }),
        Message::Play { source } if call_can_fetch(&source) => Some(Said::Play { url: source }),
        Message::Play { source } => {
            return Err(not_taken(format!(
                "source {source:?} is no address of a file; write https://HOST/PATH"
            )));
        }
        Message::SendDigits { digits } if are_keys(&digits) => Some(Said::Keys(digits)),
        Message::SendDigits { digits } => {
            return Err(not_taken(format!("{digits:?} are no keys; they are 0-9, *, # and w")));
        }
        // The carrier's voice has one language.
        Message::Language {} => None,
        Message::End {} => Some(Said::End),
    })
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Message {
    Text { token: String, last: Option<bool> },
    Play { source: String },
    SendDigits { digits: String },
    Language {},
    End {},
}

/// Whether it looks like what a carrier could fetch; the engine looks closer.
fn call_can_fetch(source: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|scheme| source.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

fn transcript(lines: &[Line]) -> Value {
    let line = |line: &Line| {
        let by = match line.by {
            Speaker::Agent => "agent",
            Speaker::Remote => "remote",
        };
        json!({ "by": by, "text": line.text })
    };
    lines.iter().map(line).collect()
}

/// Programs that were written for Twilio expect one.
const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// The language in which carriers are made to listen.
const LANGUAGE: &str = "en-US";
const RECEIVED_MAX: usize = 200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_program_says_is_read() {
        let words = |text: &str, last| Some(Said::Words { text: text.to_owned(), last });
        for (text, said) in [
            (r#"{"type":"text","token":"Hello ","last":false}"#, words("Hello ", false)),
            (
                r#"{"type":"text","token":"there.","last":true,"lang":"en-US","interruptible":false}"#,
                words("there.", true),
            ),
            (r#"{"type":"text","token":"Hi."}"#, words("Hi.", true)),
            (
                r#"{"type":"play","source":"https://a.example/b.mp3","loop":1}"#,
                Some(Said::Play { url: "https://a.example/b.mp3".to_owned() }),
            ),
            (r#"{"type":"sendDigits","digits":"9w12#"}"#, Some(Said::Keys("9w12#".to_owned()))),
            (r#"{"type":"language","ttsLanguage":"de-DE"}"#, None),
            (r#"{"type":"end","handoffData":"{\"reason\":\"done\"}"}"#, Some(Said::End)),
            (r#"{"type":"end"}"#, Some(Said::End)),
        ] {
            assert_eq!(read(text).unwrap(), said, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_taken_is_told_with_why() {
        for (text, why) in [
            ("Hello.", "expected value"),
            (r#"{"type":"sing"}"#, "unknown variant `sing`"),
            (r#"{"type":"text"}"#, "missing field `token`"),
            (r#"{"type":"play","source":"b.mp3"}"#, "write https://HOST/PATH"),
            (r#"{"type":"sendDigits","digits":"call me"}"#, "are no keys"),
            (r#"{"type":"sendDigits","digits":""}"#, "are no keys"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("received"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_told_is_what_twilio_would_tell() {
        let read = |told_: &Told| serde_json::from_str::<Value>(&told(told_)).unwrap();
        let prompt = read(&Told::Prompt("Hi \"there\".".to_owned()));
        assert_eq!(
            prompt,
            json!({"type": "prompt", "voicePrompt": "Hi \"there\".", "lang": "en-US", "last": true})
        );
        assert_eq!(read(&Told::Key('#')), json!({"type": "dtmf", "digit": "#"}));
    }
}
