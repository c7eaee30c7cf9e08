//! A program on the other end of a stream.

use super::{SOON, word};
use audio::g711::Law;
use audio::{Frame, tones};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};

/// A program that speaks Twilio's media streams, written from Twilio's page alone: it answers the first
/// words that it understands, and tells what it hears.
pub(crate) struct Program {
    /// Where it listens.
    pub(crate) url: String,
    told: Receiver<String>,
    close: TcpStream,
}

impl Program {
    /// Starts it.
    pub(crate) fn start(answers: &'static [&'static str]) -> Program {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("ws://{}/sound", listener.local_addr().expect("it has an address"));
        let (tell, told) = channel();
        // A second connection, to have it close the first.
        let pair = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let close = TcpStream::connect(pair.local_addr().expect("it has one")).expect("it connects");
        let (closing, _) = pair.accept().expect("it is there");
        let closing = std::sync::Arc::new(closing);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let socket = socket.expect("the gateway connects");
                let also = socket.try_clone().expect("it can be shared");
                let closing = std::sync::Arc::clone(&closing);
                std::thread::spawn(move || {
                    let is_told_to_crash = (&*closing).read_exact(&mut [0]).is_ok();
                    if is_told_to_crash {
                        return drop(also.shutdown(std::net::Shutdown::Both));
                    }
                    // A frame that closes, with the code 1000 (RFC 6455, section 5.5.1).
                    let _ = (&also).write_all(&[0x88, 0x02, 0x03, 0xE8]);
                    let _ = also.shutdown(std::net::Shutdown::Write);
                });
                let tell = tell.clone();
                std::thread::spawn(move || {
                    #[expect(clippy::result_large_err, reason = "the library asks for this one")]
                    let shown = |request: &Request, answer: Response| {
                        if let Some(signature) = request.headers().get("x-twilio-signature") {
                            let _ = tell.send(format!("signed {}", signature.to_str().unwrap_or_default()));
                        }
                        Ok(answer)
                    };
                    let mut socket = accept_hdr(socket, shown).expect("it is a WebSocket");
                    converse(&mut socket, answers, &tell);
                });
            }
        });
        Program { url, told, close }
    }

    /// What it tells next.
    pub(crate) fn hears(&self) -> String {
        self.told.recv_timeout(SOON).expect("the program hears")
    }

    /// Has it go away without a word; it can be reached again.
    pub(crate) fn crashes(&self) {
        (&self.close).write_all(&[0]).expect("it was open");
    }

    /// Has it close its line.
    pub(crate) fn closes(&self) {
        self.close.shutdown(std::net::Shutdown::Both).expect("it was open");
    }
}

fn converse(socket: &mut WebSocket<TcpStream>, answers: &[&str], tell: &Sender<String>) {
    let mut ear = tones::Listener::new();
    let mut stream = String::new();
    while let Ok(message) = socket.read() {
        let Ok(text) = message.to_text() else { continue };
        let Ok(said) = serde_json::from_str::<Value>(text) else { continue };
        match said["event"].as_str() {
            Some("start") => {
                stream = word(&said, "streamSid").to_owned();
                let to = word(&said["start"]["customParameters"], "to");
                let _ = tell.send(format!("start {to}"));
            }
            Some("media") => {
                let payload = STANDARD.decode(word(&said["media"], "payload")).expect("it is Base64");
                let frame = Law::Mu.read(&payload).expect("20 ms of a telephone");
                for words in ear.hear(&frame) {
                    if let tones::Heard::Text(words) = words {
                        let _ = tell.send(format!("heard {words}"));
                        answers.iter().for_each(|answer| say(socket, &stream, answer));
                        send(
                            socket,
                            &json!({"event": "mark", "streamSid": stream, "mark": {"name": "done"}}),
                        );
                    }
                }
            }
            Some("mark") if said["mark"]["name"] == json!("done") => drop(tell.send("played".to_owned())),
            Some("stop") => drop(tell.send("stop".to_owned())),
            _ => {}
        }
    }
}

/// Says it in one piece, as a synthesizer may; `<` is a long sentence that is taken back at once.
fn say(socket: &mut WebSocket<TcpStream>, stream: &str, words: &str) {
    let taken_back = words == "<";
    let words = if taken_back { "What nobody is ever going to hear, long as it is." } else { words };
    let mut bytes = Vec::new();
    tones::say(words).for_each(|frame: Frame| Law::Mu.write(&frame, &mut bytes));
    if taken_back {
        bytes = [vec![0xFF; 16_000], bytes].concat();
    }
    let payload = STANDARD.encode(&bytes);
    send(socket, &json!({"event": "media", "streamSid": stream, "media": {"payload": payload}}));
    if taken_back {
        send(socket, &json!({"event": "clear", "streamSid": stream}));
    }
}

fn send(socket: &mut WebSocket<TcpStream>, message: &Value) {
    // The line may be gone by now.
    let _ = socket.send(Message::text(message.to_string()));
}
