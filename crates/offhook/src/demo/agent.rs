//! The program that talks in the demo: it speaks Twilio's media streams, hears tones that carry text, and
//! answers in them.

use super::tape::Tape;
use anyhow::Context as _;
use audio::g711::Law;
use audio::{Frame, tones};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use carrier::media::FromText;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// The program, as the demo sees it.
pub(super) struct Agent {
    /// Where it listens.
    pub(super) url: String,
    told: mpsc::UnboundedReceiver<Told>,
    tape: Arc<Mutex<Tape>>,
}

/// What it tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The sound of a line is brought to it.
    Begun,
    /// It understood this.
    Heard(String),
}

impl Agent {
    /// Starts it. It answers whoever speaks first on its n-th line with its n-th answer.
    pub(super) async fn start(answers: &'static [&'static str]) -> anyhow::Result<Agent> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the demo's agent cannot listen")?;
        let url = format!("ws://{}/", listener.local_addr()?);
        let (tell, told) = mpsc::unbounded_channel();
        let tape = Arc::new(Mutex::new(Tape::default()));
        let recorded = Arc::clone(&tape);
        tokio::spawn(async move {
            for answer in answers {
                let Ok((socket, _)) = listener.accept().await else { return };
                let (tell, tape) = (tell.clone(), Arc::clone(&recorded));
                tokio::spawn(async move {
                    if let Ok(socket) = accept_async(socket).await {
                        Line { socket, stream: String::new(), tell, tape: &tape }.hold(answer).await;
                    }
                });
            }
        });
        Ok(Agent { url, told, tape })
    }

    /// What it tells next.
    pub(super) async fn told(&mut self) -> anyhow::Result<Told> {
        self.told.recv().await.context("the demo's agent has gone")
    }

    /// What was said so far, by both.
    pub(super) fn tape(&self) -> Tape {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One line that it talks on.
struct Line<'t> {
    socket: WebSocketStream<TcpStream>,
    stream: String,
    tell: mpsc::UnboundedSender<Told>,
    tape: &'t Mutex<Tape>,
}

impl Line<'_> {
    async fn hold(mut self, answer: &str) {
        let (mut ear, mut sound) = (tones::Listener::new(), FromText::new());
        let mut has_answered = false;
        while let Some(Ok(message)) = self.socket.next().await {
            let Ok(said) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else {
                continue;
            };
            if said["event"] == "start" {
                said["streamSid"].as_str().unwrap_or_default().clone_into(&mut self.stream);
                let _ = self.tell.send(Told::Begun);
            }
            let mut heard = Vec::new();
            if let Some(payload) = said["media"]["payload"].as_str() {
                let _ = sound.read("the gateway", payload, |frame| {
                    self.record(|tape| tape.heard(&frame));
                    heard.extend(ear.hear(&frame));
                });
            }
            for words in heard {
                if let tones::Heard::Text(words) = words {
                    let _ = self.tell.send(Told::Heard(words));
                    if !std::mem::replace(&mut has_answered, true) {
                        self.say(answer).await;
                    }
                }
            }
        }
        // What it said and was not played is not heard.
        self.record(Tape::cut);
    }

    /// Says it in one piece, so that no hole is in it: it is played in its time.
    async fn say(&mut self, words: &str) {
        let frames: Vec<Frame> = tones::say(words).collect();
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| Law::Mu.write(frame, &mut bytes));
        let payload = STANDARD.encode(bytes);
        let media = json!({ "event": "media", "streamSid": self.stream, "media": { "payload": payload } });
        if self.socket.send(Message::text(media.to_string())).await.is_ok() {
            self.record(|tape| tape.said(&frames));
        }
    }

    fn record(&self, note: impl FnOnce(&mut Tape)) {
        note(&mut self.tape.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
