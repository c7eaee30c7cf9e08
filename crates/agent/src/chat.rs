//! Conversations with a language model, in the messages of OpenAI's chat completions, which most servers
//! of models speak.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat/create> and `…/chat-streaming`
//! (2026-11-28).

mod reader;

use call::PhoneNumber;
use call::call::command::are_keys;
use call::dialogue::{Line, Speaker};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub use reader::{Piece, Reader};

/// What a model is asked with, beside what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The server's name for it.
    pub name: String,
    /// Who it is and what it is for.
    pub prompt: String,
    /// To whom it may put the call through, by the names that it knows.
    pub transfers: BTreeMap<String, PhoneNumber>,
}

/// Something that a model wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The call is to end when all was said.
    End,
    /// These keys are to be pressed.
    Keys(String),
    /// The call is to be put through.
    Transfer(PhoneNumber),
}

/// Why a model's wish can't be had.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoWish {
    /// There is no such tool.
    #[error("there is no tool {0:?}")]
    NoTool(String),
    /// It isn't asked as it must be.
    #[error("{tool} was asked with {arguments:?}: {why}")]
    Unreadable {
        /// Which tool.
        tool: &'static str,
        /// What it was asked with.
        arguments: String,
        /// What is wrong.
        why: String,
    },
}

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

/// What a call of a tool means.
///
/// # Errors
/// [`NoWish`].
pub fn wish(model: &Model, tool: &str, arguments: &str) -> Result<Wish, NoWish> {
    let unreadable = |tool: &'static str, why: &str| NoWish::Unreadable {
        tool,
        arguments: arguments.chars().take(SHOWN_MAX).collect(),
        why: why.to_owned(),
    };
    let given: Value = serde_json::from_str(arguments).unwrap_or_default();
    match tool {
        END => Ok(Wish::End),
        KEYS => match given["digits"].as_str() {
            Some(digits) if are_keys(digits) => Ok(Wish::Keys(digits.to_owned())),
            _ => Err(unreadable(KEYS, "digits must be 0-9, *, # and w, at most 64")),
        },
        TRANSFER => match given["to"].as_str().and_then(|name| model.transfers.get(name)) {
            Some(number) => Ok(Wish::Transfer(number.clone())),
            None => Err(unreadable(TRANSFER, "to must be one of the names that it may have")),
        },
        other => Err(NoWish::NoTool(other.chars().take(SHOWN_MAX).collect())),
    }
}

fn tools(model: &Model) -> Vec<Value> {
    let tool = |name: &str, description: &str, parameters: Value| {
        let function = json!({ "name": name, "description": description, "parameters": parameters });
        json!({ "type": "function", "function": function })
    };
    let keys = "Presses keys on the line: 0-9, *, #, and w for half a second of waiting.";
    let mut tools = vec![
        tool(END, "Ends the call, after what you say in the same reply.", object(json!({}))),
        tool(KEYS, keys, object(json!({ "digits": { "type": "string" } }))),
    ];
    if !model.transfers.is_empty() {
        let names: Vec<&String> = model.transfers.keys().collect();
        let to = json!({ "to": { "type": "string", "enum": names } });
        tools.push(tool(TRANSFER, "Puts the call through to somebody else, and leaves it.", object(to)));
    }
    tools
}

/// All properties of it are needed.
fn object(properties: Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flat_map(|all| all.keys()).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

/// The last lines, up to so many letters.
fn end_of(said: &[Line]) -> &[Line] {
    let mut n_letters = 0;
    let fits = |line: &&Line| {
        n_letters += line.text.chars().count();
        n_letters <= HISTORY_MAX
    };
    let n_lines = said.iter().rev().take_while(fits).count().max(1);
    &said[said.len().saturating_sub(n_lines)..]
}

const END: &str = "end_call";
const KEYS: &str = "press_keys";
const TRANSFER: &str = "transfer_call";
/// So many letters of what was said are sent: some 6,000 tokens.
const HISTORY_MAX: usize = 24_000;
const SHOWN_MAX: usize = 200;

#[cfg(test)]
mod tests;
