//! A program on the other end of a conversation by words, written from Twilio's page alone.

use super::{SOON, word};
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept};

/// What it does.
pub(crate) enum Does {
    /// It says this message.
    Says(Value),
    /// It goes away without a word.
    Crashes,
    /// It closes its socket, and means it.
    Leaves,
}

/// What a program does when it hears this message on its n-th connection, from 0.
pub(crate) type Script = fn(usize, &Value) -> Vec<Does>;

/// A program that speaks ConversationRelay, and tells what it hears.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) url: String,
    told: Receiver<Value>,
}

impl Relay {
    /// Starts it.
    pub(crate) fn start(script: Script) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("ws://{}/relay", listener.local_addr().expect("it has an address"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for (n, socket) in listener.incoming().enumerate() {
                let socket = socket.expect("the gateway connects");
                let tell = tell.clone();
                std::thread::spawn(move || {
                    converse(
                        &mut accept(socket).expect("it is a WebSocket"),
                        |heard| script(n, heard),
                        &tell,
                    );
                });
            }
        });
        Relay { url, told }
    }

    /// What it is told next.
    pub(crate) fn hears(&self) -> Value {
        self.told.recv_timeout(SOON).expect("the program hears")
    }

    /// What it is told next, which is a prompt.
    pub(crate) fn hears_words(&self) -> String {
        let heard = self.hears();
        assert_eq!(word(&heard, "type"), "prompt", "{heard}");
        word(&heard, "voicePrompt").to_owned()
    }
}

/// It says these words, and listens.
pub(crate) fn says(words: &str) -> Does {
    Does::Says(json!({ "type": "text", "token": words, "last": true }))
}

fn converse(socket: &mut WebSocket<TcpStream>, script: impl Fn(&Value) -> Vec<Does>, tell: &Sender<Value>) {
    while let Ok(message) = socket.read() {
        let Ok(text) = message.to_text() else { continue };
        let Ok(heard) = serde_json::from_str::<Value>(text) else { continue };
        // The test may be over.
        let _ = tell.send(heard.clone());
        for does in script(&heard) {
            match does {
                Does::Says(message) => drop(socket.send(Message::text(message.to_string()))),
                Does::Crashes => return,
                Does::Leaves => {
                    let code = CloseCode::Normal;
                    drop(socket.close(Some(CloseFrame { code, reason: "".into() })));
                }
            }
        }
    }
}
