//! A language model's server, which speaks chat completions as OpenAI's reference has them.

use super::SOON;
use super::tool::read;
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// What it does with a request.
pub(crate) enum Replies {
    /// It says these words, piece by piece.
    Words(&'static [&'static str]),
    /// It says this, and calls this tool.
    Tool(&'static str, &'static str, Value),
    /// It refuses with this status.
    Status(u16),
    /// It takes the request and says nothing.
    Never,
    /// It only tells that it is there, again and again.
    Pings,
    /// It begins with this, and goes away.
    Begins(&'static str),
}

/// A language model's server.
pub(crate) struct Model {
    /// Where it is.
    pub(crate) base_url: String,
    asked: Receiver<(String, Value)>,
}

impl Model {
    /// Starts it; `script` says what it does with its n-th request, from 0.
    pub(crate) fn start(script: fn(usize, &Value) -> Replies) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("it has an address"));
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            for (n, socket) in listener.incoming().enumerate() {
                let mut socket = socket.expect("the gateway connects");
                let Some((head, body)) = read(&socket) else { continue };
                let replies = script(n, &body);
                // The test may be over.
                let _ = tell.send((head, body));
                std::thread::spawn(move || reply(&mut socket, replies));
            }
        });
        Model { base_url, asked }
    }

    /// What it is asked next: the head of the request, and its body.
    pub(crate) fn is_asked(&self) -> (String, Value) {
        self.asked.recv_timeout(SOON).expect("the model is asked")
    }
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

fn reply(socket: &mut TcpStream, replies: Replies) {
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        let chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]
        });
        format!("data: {chunk}\n\n")
    };
    let words = |text: &str| chunk(json!({ "content": text }), Value::Null);
    let mut events = Vec::new();
    match replies {
        Replies::Words(pieces) => {
            events.extend(pieces.iter().map(|piece| words(piece)));
            events.push(chunk(json!({}), json!("stop")));
        }
        Replies::Tool(text, name, arguments) => {
            let function = json!({ "name": name, "arguments": arguments.to_string() });
            let tool = json!({ "index": 0, "id": "call_1", "type": "function", "function": function });
            events.push(words(text));
            events.push(chunk(json!({ "tool_calls": [tool] }), Value::Null));
            events.push(chunk(json!({}), json!("tool_calls")));
        }
        Replies::Status(status) => {
            let body = r#"{"error":{"message":"no"}}"#;
            let length = body.len();
            let _ = write!(
                socket,
                "HTTP/1.1 {status} No\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            return;
        }
        Replies::Never => return drop(std::io::copy(socket, &mut std::io::sink())),
        Replies::Pings => {
            let _ = write!(socket, "{HEAD}");
            let thinks = chunk(json!({ "content": null, "reasoning_content": "Hm." }), Value::Null);
            while write!(socket, ": ping\n\n{thinks}").and_then(|()| socket.flush()).is_ok() {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            return;
        }
        Replies::Begins(text) => {
            let _ = write!(socket, "{HEAD}{}", words(text));
            return;
        }
    }
    events.push("data: [DONE]\n\n".to_owned());
    let _ = write!(socket, "{HEAD}");
    for event in events {
        let _ = socket.write_all(event.as_bytes());
        let _ = socket.flush();
    }
}
