//! A server of a model that hears and speaks, in the messages that OpenAI's reference of the Realtime
//! interface has. It understands tones that carry text, and speaks in them.

use super::{SOON, word};
use audio::g711::Law;
use audio::tones;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};

/// What it does for a reply.
pub(crate) enum Speaks {
    /// It says this.
    Words(&'static str),
    /// It says this, and calls this tool.
    Tool(&'static str, &'static str, Value),
    /// It fails.
    Fails,
    /// It goes away without a word.
    Dies,
}

/// What it is told, as a test sees it: sessions, what is said to it, and what it is asked to forget.
pub(crate) struct Realtime {
    /// Where it is.
    pub(crate) base_url: String,
    told: Receiver<Value>,
    socket: Arc<Mutex<Option<TcpStream>>>,
}

/// What one session knows.
struct Session {
    socket: WebSocket<TcpStream>,
    tell: Sender<Value>,
    ear: tones::Listener,
    /// The bytes that were heard and are no frame yet.
    rest: Vec<u8>,
    /// How much was heard in all.
    heard_ms: u64,
    n_items: usize,
    /// How many milliseconds each item of ours has.
    lengths: Vec<(String, u64)>,
}

/// How much of what came before somebody's speech is a part of it: the reference's default.
const MARGIN_MS: u64 = 300;

impl Realtime {
    /// Starts it; `script` says what it does for its n-th reply, from 0, to what was said last.
    pub(crate) fn start(script: fn(usize, &str) -> Speaks) -> Realtime {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("it has an address"));
        let (tell, told) = channel();
        let open: Arc<Mutex<Option<TcpStream>>> = Arc::default();
        let socket = Arc::clone(&open);
        let n_replies = Arc::new(Mutex::new(0));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let socket = socket.expect("the gateway connects");
                *open.lock().expect("nobody panics with it") = socket.try_clone().ok();
                let (tell, n_replies) = (tell.clone(), Arc::clone(&n_replies));
                std::thread::spawn(move || {
                    let Ok(socket) = accept_hdr(socket, let_in) else { return };
                    let (ear, rest) = (tones::Listener::new(), Vec::new());
                    let mut session =
                        Session { socket, tell, ear, rest, heard_ms: 0, n_items: 0, lengths: Vec::new() };
                    session.hold(script, &n_replies);
                });
            }
        });
        Realtime { base_url, told, socket }
    }

    /// What it is told next, other than sound.
    pub(crate) fn is_told(&self) -> Value {
        self.told.recv_timeout(SOON).expect("the model is told something")
    }

    /// What it is told next of this kind; what comes before is passed over.
    pub(crate) fn is_told_of(&self, kind: &str) -> Value {
        loop {
            let message = self.is_told();
            if message["type"] == json!(kind) {
                return message;
            }
        }
    }

    /// Has it go away without a word; it can be reached again.
    pub(crate) fn crashes(&self) {
        let socket = self.socket.lock().expect("nobody panics with it").take();
        let _ = socket.expect("it was connected").shutdown(std::net::Shutdown::Both);
    }
}

#[expect(clippy::result_large_err, reason = "the library asks for this one")]
fn let_in(request: &Request, answer: Response) -> Result<Response, ErrorResponse> {
    let key = request.headers().get("authorization").and_then(|key| key.to_str().ok());
    let is_right = request.uri().path() == "/v1/realtime" && request.uri().query() == Some("model=wise-1");
    if key == Some("Bearer sesame") && is_right {
        return Ok(answer);
    }
    let mut refusal = ErrorResponse::new(None);
    *refusal.status_mut() = tokio_tungstenite::tungstenite::http::StatusCode::UNAUTHORIZED;
    Err(refusal)
}

impl Session {
    fn hold(&mut self, script: fn(usize, &str) -> Speaks, n_replies: &Mutex<usize>) {
        self.send(json!({ "type": "session.created", "session": { "type": "realtime" } }));
        while let Ok(message) = self.socket.read() {
            let Ok(text) = message.to_text() else { continue };
            let Ok(said) = serde_json::from_str::<Value>(text) else { continue };
            let mut asked = None;
            match word(&said, "type") {
                "input_audio_buffer.append" => asked = self.hear(word(&said, "audio")),
                "response.create" => asked = Some(String::new()),
                "conversation.item.truncate" => self.forget(&said),
                "conversation.item.create" => {
                    self.send(json!({ "type": "conversation.item.added", "item": said["item"] }));
                }
                "session.update" => {
                    self.send(json!({ "type": "session.updated", "session": said["session"] }))
                }
                other => panic!("the reference has no such message for a server: {other}"),
            }
            if word(&said, "type") != "input_audio_buffer.append" {
                let _ = self.tell.send(said);
            }
            if let Some(words) = asked {
                let n = {
                    let mut n = n_replies.lock().expect("nobody panics with it");
                    *n += 1;
                    *n - 1
                };
                match script(n, &words) {
                    Speaks::Dies => {
                        let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Both);
                        return;
                    }
                    speaks => self.reply(&speaks),
                }
            }
        }
    }

    /// Hears a piece; what was said, when that is over.
    fn hear(&mut self, audio: &str) -> Option<String> {
        self.rest.extend(STANDARD.decode(audio).expect("it is Base64"));
        let mut said = None;
        while self.rest.len() >= 160 {
            self.heard_ms += 20;
            let frame = Law::Mu.read(&self.rest.drain(..160).collect::<Vec<_>>()).expect("20 ms of µ-law");
            for heard in self.ear.hear(&frame) {
                match heard {
                    tones::Heard::Began => {
                        let item = self.item();
                        let start = self.heard_ms.saturating_sub(MARGIN_MS);
                        self.send(json!({ "type": "input_audio_buffer.speech_started", "audio_start_ms": start, "item_id": item }));
                    }
                    tones::Heard::Text(words) => said = Some(words),
                    tones::Heard::Broken { .. } => {}
                }
            }
        }
        let words = said.clone()?;
        let item = format!("item_{}", self.n_items);
        self.send(json!({ "type": "input_audio_buffer.speech_stopped", "audio_end_ms": self.heard_ms, "item_id": item }));
        self.send(json!({ "type": "input_audio_buffer.committed", "item_id": item }));
        self.send(json!({
            "type": "conversation.item.input_audio_transcription.completed", "item_id": item,
            "content_index": 0, "transcript": words, "usage": { "type": "duration", "seconds": 1 },
        }));
        let _ = self.tell.send(json!({ "type": "heard", "words": words }));
        said
    }

    /// More than there is can't be forgotten, as the reference says.
    fn forget(&mut self, said: &Value) {
        let at = said["audio_end_ms"].as_u64().expect("a time");
        let length = self.lengths.iter().find(|(item, _)| item == word(said, "item_id"));
        let (item, length) = length.expect("an item of the model's");
        assert!(at <= *length, "{item} has {length} ms, not {at}");
        let (item, index) = (item.clone(), said["content_index"].clone());
        self.send(json!({ "type": "conversation.item.truncated", "item_id": item, "content_index": index, "audio_end_ms": at }));
    }

    fn reply(&mut self, speaks: &Speaks) {
        let (words, tool) = match speaks {
            Speaks::Words(words) => (*words, None),
            Speaks::Tool(words, name, arguments) => (*words, Some((*name, arguments.to_string()))),
            Speaks::Fails | Speaks::Dies => {
                let details =
                    json!({ "type": "failed", "error": { "type": "server_error", "code": "busy" } });
                self.send(json!({ "type": "response.created", "response": { "status": "in_progress" } }));
                return self.send(json!({ "type": "response.done",
                    "response": { "status": "failed", "status_details": details, "output": [] } }));
            }
        };
        self.send(json!({ "type": "response.created", "response": { "status": "in_progress" } }));
        if !words.is_empty() {
            self.say(words);
        }
        if let Some((name, arguments)) = tool {
            let item = json!({ "id": self.item(), "object": "realtime.item", "type": "function_call",
                "status": "completed", "name": name, "call_id": "call_1", "arguments": arguments });
            self.send(json!({ "type": "response.output_item.done", "output_index": 1, "item": item }));
        }
        self.send(json!({ "type": "response.done", "response": { "status": "completed", "output": [] } }));
    }

    /// All at once, as such servers do: in pieces of 400 ms.
    fn say(&mut self, words: &str) {
        let mut bytes = Vec::new();
        tones::say(words).for_each(|frame| Law::Mu.write(&frame, &mut bytes));
        let item = self.item();
        self.lengths.push((item.clone(), bytes.len() as u64 / 8));
        let of = |kind: &str, what: &str, text: &str| {
            json!({ "type": kind, "response_id": "resp_1", "item_id": item, "output_index": 0,
                "content_index": 0, what: text })
        };
        let mut events = vec![of("response.output_audio_transcript.delta", "delta", words)];
        for piece in bytes.chunks(3_200) {
            events.push(of("response.output_audio.delta", "delta", &STANDARD.encode(piece)));
        }
        events.push(of("response.output_audio.done", "object", ""));
        events.push(of("response.output_audio_transcript.done", "transcript", words));
        let done = json!({ "id": item, "object": "realtime.item", "type": "message", "status": "completed",
            "role": "assistant", "content": [{ "type": "output_audio", "transcript": words }] });
        events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": done }));
        events.into_iter().for_each(|event| self.send(event));
    }

    fn item(&mut self) -> String {
        self.n_items += 1;
        format!("item_{}", self.n_items)
    }

    fn send(&mut self, mut event: Value) {
        event["event_id"] = json!("event_1");
        // The gateway may be gone by now.
        let _ = self.socket.send(Message::text(event.to_string()));
    }
}
