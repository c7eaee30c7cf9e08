//! Conversations with a language model, in the messages of OpenAI's chat completions, which most servers
//! of models speak.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat/create> and `…/chat-streaming`
//! (2026-11-28).

mod reader;

use crate::model::{Model, Tool, end_of, output_of};
use call::dialogue::{Entry, Line, Speaker};
use serde_json::{Value, json};

pub use reader::{Piece, Reader};

/// The body of a request for the next reply: what was said last stands last. Of a long conversation only
/// the end is sent, so that it never grows beyond what a model takes.
pub fn request(model: &Model, said: &[Entry]) -> Vec<u8> {
    let mut messages = vec![json!({ "role": "system", "content": model.prompt })];
    messages.extend(in_order(end_of(said)).flat_map(messages_of));
    let body = json!({
        "model": model.name,
        "messages": messages,
        "stream": true,
        "tools": tools(model),
    });
    body.to_string().into_bytes()
}

/// What the model said before it used a tool may be said while that is at work, or after. It stands before
/// it, so that what the tool replied stands last: that is to be replied to.
fn in_order(said: &[Entry]) -> impl Iterator<Item = &Entry> {
    let is_own = |entry: &&Entry| matches!(entry, Entry::Said(Line { by: Speaker::Agent, .. }));
    let n_late = said.iter().rev().take_while(is_own).count();
    let (before, late) = said.split_at(said.len() - n_late);
    let n_used = before.iter().rev().take_while(|entry| matches!(entry, Entry::Used(_))).count();
    let (before, used) = before.split_at(before.len() - n_used);
    before.iter().chain(late).chain(used)
}

/// What tells of an entry.
fn messages_of(entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::Said(Line { by: Speaker::Agent, text }) => {
            vec![json!({ "role": "assistant", "content": text })]
        }
        Entry::Said(Line { by: Speaker::Remote, text }) => vec![json!({ "role": "user", "content": text })],
        Entry::Used(one) => {
            let function = json!({ "name": one.tool, "arguments": one.arguments });
            let asked = json!({ "id": one.id, "type": "function", "function": function });
            vec![
                json!({ "role": "assistant", "content": null, "tool_calls": [asked] }),
                json!({ "role": "tool", "tool_call_id": one.id, "content": output_of(one) }),
            ]
        }
    }
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
