//! What a model says while it says it: the server-sent events of a streamed completion.
//!
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>; of
//! its fields chat completions use `data` alone, each event in one line.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One piece of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words, or a part of one.
    Words(String),
    /// A tool is called, when all of its arguments are there.
    Tool {
        /// Which.
        name: String,
        /// Its arguments, as JSON.
        arguments: String,
    },
    /// This model writes what follows, by its name in the configuration. It is told by who asks it, and never
    /// by a [`Reader`].
    By(String),
    /// A tool of its owner's is used, and the reply goes on. It is told by who knows which tools these are, and
    /// never by a [`Reader`].
    Use,
    /// The reply is whole.
    Done,
    /// The server says that it can't go on, and why.
    Failed(String),
}

/// Reads a reply in pieces of any length.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    tools: BTreeMap<u64, (String, String)>,
    is_done: bool,
}

impl Reader {
    /// Hears what came, and gives what is whole by now.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    pieces.extend(self.read(&line));
                }
                _ if self.line.len() < LINE_MAX => self.line.push(*byte),
                _ => {
                    self.line.clear();
                    pieces.push(Piece::Failed(format!("a line of more than {LINE_MAX} bytes")));
                }
            }
        }
        pieces
    }

    /// Whether the reply is whole, so that nothing is missing when the connection ends.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// How many bytes there are of tools that are being called, and not whole yet.
    pub fn called_bytes(&self) -> usize {
        self.tools.values().map(|(name, arguments)| name.len() + arguments.len()).sum()
    }

    fn read(&mut self, line: &[u8]) -> Vec<Piece> {
        let line = String::from_utf8_lossy(line);
        let Some(data) = line.trim_end_matches('\r').strip_prefix("data:").map(str::trim_start) else {
            return Vec::new();
        };
        if data == "[DONE]" {
            return self.done();
        }
        let chunk: Chunk = match serde_json::from_str(data) {
            Ok(chunk) => chunk,
            Err(error) => {
                let received: String = data.chars().take(SHOWN_MAX).collect();
                return vec![Piece::Failed(format!("{error}; received: {received:?}"))];
            }
        };
        if let Some(error) = chunk.error {
            return vec![Piece::Failed(error.message)];
        }
        let mut pieces = Vec::new();
        for choice in chunk.choices {
            pieces.extend(choice.delta.content.filter(|words| !words.is_empty()).map(Piece::Words));
            for tool in choice.delta.tool_calls.unwrap_or_default() {
                let known = self.tools.entry(tool.index).or_default();
                known.0 += &tool.function.name.unwrap_or_default();
                known.1 += &tool.function.arguments.unwrap_or_default();
            }
            match choice.finish_reason.as_deref() {
                // What it calls may have lost its end.
                Some("length") if !self.tools.is_empty() => {
                    self.tools.clear();
                    pieces.push(Piece::Failed(
                        "the call of a tool was cut off at the limit of tokens".to_owned(),
                    ));
                }
                Some(_) => pieces.extend(self.done()),
                None => {}
            }
        }
        pieces
    }

    /// Some servers end with a reason, some with a word, most with both.
    fn done(&mut self) -> Vec<Piece> {
        if std::mem::replace(&mut self.is_done, true) {
            return Vec::new();
        }
        let tools = std::mem::take(&mut self.tools).into_values();
        tools.map(|(name, arguments)| Piece::Tool { name, arguments }).chain([Piece::Done]).collect()
    }
}

#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    content: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    #[serde(default)]
    index: u64,
    #[serde(default)]
    function: Function,
}

#[derive(Debug, Default, Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
}

const LINE_MAX: usize = 1024 * 1024;
const SHOWN_MAX: usize = 200;
