//! What a server is told.

use super::{Settings, Turns};
use crate::model::{Tool, output_of};
use call::dialogue::{Entry, Line, Speaker, Use};
use serde_json::{Value, json};

impl Settings {
    /// The message that has the server know who it is.
    pub(super) fn configuration(&self) -> Value {
        let Settings { model, voice, transcriber, turns, silence: _ } = self;
        let flat = |tool: Tool| {
            let Tool { name, description, parameters } = tool;
            json!({ "type": "function", "name": name, "description": description, "parameters": parameters })
        };
        let tools: Vec<Value> = model.tools().into_iter().map(flat).collect();
        let format = json!({ "type": "audio/pcmu" });
        let detection = match turns {
            Turns::Silence => json!({ "type": "server_vad" }),
            Turns::Meaning => json!({ "type": "semantic_vad" }),
        };
        let mut output = json!({ "format": format });
        if let Some(voice) = voice {
            output["voice"] = json!(voice);
        }
        json!({
            "type": "session.update",
            "session": {
                "type": "realtime",
                "instructions": model.prompt,
                "output_modalities": ["audio"],
                "audio": {
                    "input": {
                        "format": format,
                        "transcription": { "model": transcriber },
                        "turn_detection": detection,
                    },
                    "output": output,
                },
                "tools": tools,
                "tool_choice": "auto",
            },
        })
    }
}

/// The messages that have the server know of an entry.
pub(super) fn messages_of(entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::Said(Line { by, text }) => vec![message(*by, text)],
        Entry::Used(one) => {
            let Use { id, tool, arguments, .. } = one;
            vec![called(id, tool, arguments), output(id, output_of(one))]
        }
    }
}

/// The message that has the server know that it called a tool.
pub(super) fn called(call_id: &str, tool: &str, arguments: &str) -> Value {
    created(json!({ "type": "function_call", "call_id": call_id, "name": tool, "arguments": arguments }))
}

/// The message that has the server know what came of a tool.
pub(super) fn output(call_id: &str, output: &str) -> Value {
    created(json!({ "type": "function_call_output", "call_id": call_id, "output": output }))
}

fn created(item: Value) -> Value {
    json!({ "type": "conversation.item.create", "item": item })
}

/// The message that has the server know that this was said.
pub(super) fn message(by: Speaker, text: &str) -> Value {
    let (role, kind) = match by {
        Speaker::Agent => ("assistant", "output_text"),
        Speaker::Remote => ("user", "input_text"),
    };
    created(json!({ "type": "message", "role": role, "content": [{ "type": kind, "text": text }] }))
}
