//! Conversations with a language model, in the messages of OpenAI's chat completions, which most servers
//! of models speak.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat/create> and `…/chat-streaming`
//! (2026-11-28).

mod reader;

use crate::model::{Model, Tool, end_of};
use call::dialogue::{Line, Speaker};
use serde_json::{Value, json};

pub use reader::{Piece, Reader};

/// The body of a request for the next reply: what was said last stands last. Of a long conversation only
/// the end is sent, so that it never grows beyond what a model takes.
pub fn request(model: &Model, said: &[Line]) -> Vec<u8> {
    let mut messages = vec![json!({ "role": "system", "content": model.prompt })];
    messages.extend(end_of(said).iter().map(|line| {
        let role = match line.by {
            Speaker::Agent => "assistant",
            Speaker::Remote => "user",
        };
        json!({ "role": role, "content": line.text })
    }));
    let body = json!({
        "model": model.name,
        "messages": messages,
        "stream": true,
        "tools": tools(model),
    });
    body.to_string().into_bytes()
}

fn tools(model: &Model) -> Vec<Value> {
    let nested = |tool: Tool| {
        let Tool { name, description, parameters } = tool;
        let function = json!({ "name": name, "description": description, "parameters": parameters });
        json!({ "type": "function", "function": function })
    };
    model.tools().into_iter().map(nested).collect()
}

#[cfg(test)]
mod tests;
