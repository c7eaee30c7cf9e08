//! What the server says, as far as it matters.

use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;

/// A message, read without copying its sound.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) item_id: Cow<'a, str>,
    #[serde(default)]
    pub(super) content_index: u32,
    #[serde(default)]
    pub(super) audio_start_ms: u64,
    #[serde(default)]
    pub(super) audio_end_ms: u64,
    #[serde(borrow)]
    delta: Option<Cow<'a, str>>,
    #[serde(borrow)]
    transcript: Option<Cow<'a, str>>,
    pub(super) item: Option<Item>,
    pub(super) response: Option<Response>,
    pub(super) error: Option<Failure>,
}

/// A thing in the conversation.
#[derive(Debug, Default, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    /// The model calls a tool.
    FunctionCall {
        #[serde(default)]
        call_id: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        arguments: String,
        #[serde(default)]
        status: Option<String>,
    },
    #[default]
    #[serde(other)]
    Other,
}

/// A reply.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Response {
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default)]
    status_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    error: Option<Failure>,
}

/// How a reply stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Completed,
    Failed,
    /// Cancelled, since somebody talked over it, or cut off.
    #[default]
    #[serde(other)]
    Other,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Event<'_> {
    pub(super) fn delta(&self) -> &str {
        self.delta.as_deref().unwrap_or_default()
    }

    pub(super) fn transcript(&self) -> &str {
        self.transcript.as_deref().unwrap_or_default()
    }
}

impl Response {
    /// Why it failed.
    pub(super) fn why(&self) -> String {
        let error = self.status_details.as_ref().and_then(|details| details.error.as_ref());
        error.map_or_else(|| "it didn't say why".to_owned(), Failure::to_string)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [&self.kind, &self.code, &self.message];
        f.write_str(&words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(": "))
    }
}
