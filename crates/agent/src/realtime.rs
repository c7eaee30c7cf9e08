//! Conversations by sound with a model that hears and speaks, in the messages of OpenAI's Realtime
//! interface as it is generally available, over a WebSocket.
//!
//! The server notices when somebody speaks, and replies by itself. What is left to us is to know how much
//! of a reply was heard when somebody talks over it, to tell the server so, and to write down what was
//! said.
//!
//! Source: <https://platform.openai.com/docs/api-reference/realtime-client-events>, `…-server-events`, and
//! <https://platform.openai.com/docs/guides/realtime-conversations> (2026-11-28).

mod event;
mod playing;

use crate::model::{Model, Tool, Wish, end_of, output_of};
use call::PhoneNumber;
use call::dialogue::{Entry, Line, Speaker, Use};
use event::{Event, Item, Response, Status};
use playing::Playing;
use serde_json::{Value, json};
use std::time::Duration;

/// How a model is spoken with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who it is, and what it may do.
    pub model: Model,
    /// The server's name for its voice; without it the server's own choice.
    pub voice: Option<String>,
    /// The server's name for the model that writes down what the other side says.
    pub transcriber: String,
    /// How it notices that the other side is done.
    pub turns: Turns,
}

/// How the server notices that somebody is done speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turns {
    /// By a pause.
    #[default]
    Silence,
    /// By what was said.
    Meaning,
}

/// A session, as it goes on. It has neither socket nor clock.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    /// What was said and done on the call so far.
    said: Vec<Entry>,
    playing: Playing,
    reply: Reply,
    n_failed: u32,
    /// When the server heard its first sound.
    begun_at: Option<Duration>,
    /// When the other side was done speaking, and nobody replied yet.
    done_at: Option<Duration>,
    /// Keys that were pressed and not told yet.
    keys: String,
    /// The server's names for the tools that are being used.
    wishes: Vec<String>,
    /// How it leaves, and the server's name for the wish.
    leaving: Option<(Leave, String)>,
}

/// What the server is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    /// It listens.
    None,
    /// It makes a reply.
    Made,
    /// It makes one, and is to make another then.
    MadeAndWanted,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// The server is told this message.
    Tell(String),
    /// This is played: µ-law at 8 kHz in Base64, of any length.
    Play(&'a str),
    /// It wants to be told when all before was played. After the `last` of an utterance comes another.
    Mark {
        /// By this number.
        number: u64,
        /// Whether it ends an utterance.
        last: bool,
    },
    /// What was not played is dropped.
    Clear,
    /// This was said, and heard; of the agent's words, how long after the other side was done they were
    /// heard to begin, where that is known.
    Said(Line, Option<Duration>),
    /// These keys are pressed on the line.
    Press(String),
    /// The model leaves the call, all that it said having been heard. If it can't have that, [`Session::refuse`]
    /// by this name.
    Leave(Leave, String),
    /// A tool of its owner's is used; what came of it is told by [`Session::used`].
    Use {
        /// The model's name for this wish.
        wish: String,
        /// Which.
        tool: String,
        /// With what, as JSON.
        arguments: String,
    },
    /// Something is wrong, and the talk goes on: in a word, and in the server's words, which may quote
    /// what was said.
    Warn(&'static str, String),
    /// It doesn't reply, time and again.
    GiveUp,
}

/// How a model leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The call is to end.
    End,
    /// It is to be put through.
    Transfer(PhoneNumber),
}

/// Takes what is to be done, in order.
pub type Acts<'a> = &'a mut dyn FnMut(Act<'_>);

/// A message of the server's that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read a message of the model's server: {why}; it was: {received}")]
pub struct Unreadable {
    why: String,
    /// Its first letters.
    received: String,
}

impl Session {
    /// One on a call on which this was said and done already.
    pub fn new(settings: Settings, said: Vec<Entry>) -> Session {
        Session {
            settings,
            said,
            playing: Playing::default(),
            reply: Reply::None,
            n_failed: 0,
            begun_at: None,
            done_at: None,
            keys: String::new(),
            wishes: Vec::new(),
            leaving: None,
        }
    }

    /// What a server is told first, which knows nothing. It speaks first itself where nothing was said, or
    /// where this isn't the call's first session: whoever waits for a reply then waits for it.
    pub fn open(&mut self, is_first: bool, acts: Acts<'_>) {
        self.reply = Reply::None;
        self.wishes.clear();
        (self.begun_at, self.done_at) = (None, None);
        acts(Act::Tell(self.configuration().to_string()));
        for message in end_of(&self.said).iter().flat_map(messages_of) {
            acts(Act::Tell(message.to_string()));
        }
        if !is_first || self.said.is_empty() {
            self.ask(acts);
        }
    }

    /// The server went away: what was heard of its words stands, and the rest is dropped.
    pub fn lose(&mut self, acts: Acts<'_>) {
        let cut = self.playing.cut();
        acts(Act::Clear);
        for utterance in cut {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.after(), acts);
        }
    }

    /// Writes the message by which the server hears the line now, since any start; `sound` writes µ-law at 8
    /// kHz in Base64.
    pub fn append<E>(
        &mut self,
        now: Duration,
        sound: impl FnOnce(&mut String) -> Result<(), E>,
        into: &mut String,
    ) -> Result<(), E> {
        self.begun_at.get_or_insert(now);
        into.push_str(r#"{"type":"input_audio_buffer.append","audio":""#);
        sound(into)?;
        into.push_str(r#""}"#);
        Ok(())
    }

    /// Hears a message of the server's.
    ///
    /// # Errors
    /// [`Unreadable`]: it says nothing; the session goes on.
    pub fn hear(&mut self, text: &str, acts: Acts<'_>) -> Result<(), Unreadable> {
        let event: Event<'_> = serde_json::from_str(text).map_err(|error| Unreadable {
            why: error.to_string(),
            received: text.chars().take(SHOWN_MAX).collect(),
        })?;
        let (item, part) = (&*event.item_id, event.content_index);
        match &*event.kind {
            "response.created" => self.reply = self.reply.begun(),
            "response.output_audio.delta" => {
                self.playing.sound(item, part, (event.delta(), self.done_at), acts);
                self.done_at = None;
            }
            "response.output_audio.done" => self.playing.sound_over(item, acts),
            "response.output_audio_transcript.delta" => self.playing.words(item, part, event.delta()),
            "response.output_audio_transcript.done" => self.playing.all_words(item, part, event.transcript()),
            "response.output_item.done" => self.done(event.item.unwrap_or_default(), acts),
            "response.done" => self.replied(event.response.unwrap_or_default(), acts),
            "input_audio_buffer.speech_started" => self.interrupted(acts),
            "input_audio_buffer.speech_stopped" => {
                let since = Duration::from_millis(event.audio_end_ms);
                self.done_at = self.begun_at.map(|begun| begun + since);
            }
            "conversation.item.input_audio_transcription.completed" => {
                self.note(Speaker::Remote, event.transcript().trim().to_owned(), None, acts);
            }
            "error" => {
                let error = event.error.unwrap_or_default();
                if error.code.as_deref() == Some(BUSY) {
                    self.reply = Reply::MadeAndWanted;
                }
                acts(Act::Warn("it refused a message", error.to_string()));
            }
            // Most only say how far it is; what is new is its own affair.
            _ => {}
        }
        self.settle(acts);
        Ok(())
    }

    /// All before this mark was played by now.
    pub fn played(&mut self, mark: u64, now: Duration, acts: Acts<'_>) {
        self.playing.played(mark, now);
        self.settle(acts);
    }

    /// A key was pressed. When no more come, [`keys_over`](Self::keys_over).
    pub fn key(&mut self, key: char) {
        self.keys.push(key);
    }

    /// No more keys come for now: the model is told of them, and replies.
    pub fn keys_over(&mut self, acts: Acts<'_>) {
        let keys = std::mem::take(&mut self.keys);
        if !keys.is_empty() {
            acts(Act::Tell(
                message(Speaker::Remote, &format!("(I pressed {keys} on my telephone.)")).to_string(),
            ));
            self.note(Speaker::Remote, keys, None, acts);
            self.ask(acts);
        }
    }

    /// Somebody talks over what is being said, or only talks.
    fn interrupted(&mut self, acts: Acts<'_>) {
        self.done_at = None;
        let cut = self.playing.cut();
        if cut.is_empty() {
            return;
        }
        acts(Act::Clear);
        for utterance in cut {
            acts(Act::Tell(utterance.truncation().to_string()));
            self.note(Speaker::Agent, utterance.heard_text(), utterance.after(), acts);
        }
    }

    /// The server is done with an item of its reply, which may be the call of a tool.
    fn done(&mut self, item: Item, acts: Acts<'_>) {
        let Item::FunctionCall { call_id, name, arguments } = item else { return };
        let output = match self.settings.model.wish(&name, &arguments) {
            Ok(Wish::End) => return self.leaving = Some((Leave::End, call_id)),
            Ok(Wish::Transfer(to)) => return self.leaving = Some((Leave::Transfer(to), call_id)),
            Ok(Wish::Use) => {
                self.wishes.push(call_id.clone());
                return acts(Act::Use { wish: call_id, tool: name, arguments });
            }
            Ok(Wish::Keys(keys)) => {
                acts(Act::Press(keys));
                json!({ "ok": true })
            }
            Err(refused) => {
                acts(Act::Warn("it asked for something that it can't have", refused.to_string()));
                json!({ "ok": false, "error": refused.to_string() })
            }
        };
        self.answer(&call_id, &output, acts);
    }

    /// The model can't leave as it wished: it is told why, and goes on.
    pub fn refuse(&mut self, wish: &str, why: &str, acts: Acts<'_>) {
        self.answer(wish, &json!({ "ok": false, "error": why }), acts);
    }

    /// A tool was used, as the model wished; a server that is another since knows nothing of the wish.
    pub fn used(&mut self, wish: &str, one: Use, acts: Acts<'_>) {
        let known = self.wishes.iter().position(|open| open == wish);
        let messages = match known.map(|at| self.wishes.swap_remove(at)) {
            Some(wish) => vec![output(&wish, output_of(&one))],
            None => messages_of(&Entry::Used(one.clone())),
        };
        messages.into_iter().for_each(|message| acts(Act::Tell(message.to_string())));
        self.said.push(Entry::Used(one));
        self.ask(acts);
    }

    /// Tells what came of a tool.
    fn answer(&mut self, call_id: &str, output: &Value, acts: Acts<'_>) {
        acts(Act::Tell(self::output(call_id, &output.to_string()).to_string()));
        self.ask(acts);
    }

    /// The server is done with its reply.
    fn replied(&mut self, response: Response, acts: Acts<'_>) {
        self.playing.all_over(acts);
        let is_wanted = self.reply == Reply::MadeAndWanted;
        self.reply = Reply::None;
        match response.status {
            Status::Failed => {
                self.n_failed += 1;
                acts(Act::Warn("it did not reply", response.why()));
                if self.n_failed >= FAILED_MAX {
                    return acts(Act::GiveUp);
                }
                self.ask(acts);
            }
            Status::Completed => {
                self.n_failed = 0;
                if is_wanted {
                    self.ask(acts);
                }
            }
            Status::Other if is_wanted => self.ask(acts),
            Status::Other => {}
        }
    }

    /// Asks for a reply, now or when the one that is being made is done. Of one that leaves nothing more is
    /// wanted.
    fn ask(&mut self, acts: Acts<'_>) {
        if self.leaving.is_some() {
            return;
        }
        self.reply = match self.reply {
            Reply::None => {
                acts(Act::Tell(json!({ "type": "response.create" }).to_string()));
                Reply::Made
            }
            Reply::Made | Reply::MadeAndWanted => Reply::MadeAndWanted,
        };
    }

    /// Writes down what was heard to its end, and leaves when nothing is left to be said.
    fn settle(&mut self, acts: Acts<'_>) {
        while let Some(utterance) = self.playing.heard_whole() {
            self.note(Speaker::Agent, utterance.heard_text(), utterance.after(), acts);
        }
        if self.reply == Reply::None
            && self.playing.is_silent()
            && let Some((leave, wish)) = self.leaving.take()
        {
            acts(Act::Leave(leave, wish));
        }
    }

    fn note(&mut self, by: Speaker, text: String, after: Option<Duration>, acts: Acts<'_>) {
        if !text.is_empty() {
            let line = Line { by, text };
            self.said.push(Entry::Said(line.clone()));
            acts(Act::Said(line, after));
        }
    }

    fn configuration(&self) -> Value {
        let Settings { model, voice, transcriber, turns } = &self.settings;
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

impl Reply {
    /// The server began to make one, by itself or because it was asked to.
    fn begun(self) -> Reply {
        match self {
            Reply::None => Reply::Made,
            other => other,
        }
    }
}

/// The messages that have the server know of an entry.
fn messages_of(entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::Said(Line { by, text }) => vec![message(*by, text)],
        Entry::Used(one) => {
            let Use { id, tool, arguments, .. } = one;
            let asked =
                json!({ "type": "function_call", "call_id": id, "name": tool, "arguments": arguments });
            vec![created(asked), output(id, output_of(one))]
        }
    }
}

/// The message that has the server know what came of a tool.
fn output(call_id: &str, output: &str) -> Value {
    created(json!({ "type": "function_call_output", "call_id": call_id, "output": output }))
}

fn created(item: Value) -> Value {
    json!({ "type": "conversation.item.create", "item": item })
}

/// The message that has the server know that this was said.
fn message(by: Speaker, text: &str) -> Value {
    let (role, kind) = match by {
        Speaker::Agent => ("assistant", "output_text"),
        Speaker::Remote => ("user", "input_text"),
    };
    created(json!({ "type": "message", "role": role, "content": [{ "type": kind, "text": text }] }))
}

/// The code of the error that a reply is being made already.
const BUSY: &str = "conversation_already_has_active_response";
/// So many replies may fail, one after another, until the model is given up.
const FAILED_MAX: u32 = 3;
/// So many letters are shown of what can't be read.
const SHOWN_MAX: usize = 200;

#[cfg(test)]
mod tests;
