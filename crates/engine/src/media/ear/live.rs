//! A connection to a recognizer that hears speech while it comes.

use crate::program::{Credential, Program, connect};
use crate::settings::Server;
use audio::Frame;
use carrier::Secret;
use futures::{SinkExt as _, StreamExt as _};
use speech::{News, Streaming, Told};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;

/// Such a connection.
pub(super) struct Live {
    by: Arc<dyn Streaming>,
    socket: Program,
    /// What of the utterance will not change, and what may yet.
    parts: Vec<String>,
    so_far: String,
    /// It has said something since the last utterance.
    is_alive: bool,
    /// It has said all of the utterance.
    is_done: bool,
    /// They are done, it says, having said this.
    turn: Option<String>,
}

impl Live {
    pub(super) async fn connect(by: &Arc<dyn Streaming>, server: &Server) -> Result<Live, String> {
        let headers = by.headers(server.shown());
        let headers = headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        let socket = *connect(&server.socket(&by.path()), Some(&Credential::Headers(headers))).await?;
        Ok(Live {
            by: Arc::clone(by),
            socket,
            parts: Vec::new(),
            so_far: String::new(),
            is_alive: false,
            is_done: false,
            turn: None,
        })
    }

    /// Lets it hear a frame.
    pub(super) async fn sound(&mut self, frame: &Frame) -> Result<(), String> {
        self.tell(self.by.sound(frame)).await
    }

    /// Tells it to stay.
    pub(super) async fn stay(&mut self) -> Result<(), String> {
        match self.by.stay() {
            Some(told) => self.tell(told).await,
            None => Ok(()),
        }
    }

    async fn tell(&mut self, told: Told) -> Result<(), String> {
        let message = match told {
            Told::Bytes(bytes) => Message::binary(bytes),
            Told::Text(text) => Message::text(text),
        };
        match timeout(SLOW_MAX, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => Err("it doesn't read".to_owned()),
        }
    }

    /// Hears one message.
    pub(super) async fn hear(&mut self) -> Result<(), String> {
        let text = match self.socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) => return Err(format!("it closed the connection: {frame:?}")),
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("its connection broke".to_owned()),
        };
        self.is_alive = true;
        match self.by.hear(&text) {
            Ok(News::Nothing) => {}
            Ok(News::SoFar(words)) => self.so_far = words,
            Ok(News::Final { text, last }) => {
                self.so_far.clear();
                self.parts.push(text);
                self.is_done |= last;
            }
            Ok(News::Turn(words)) => {
                self.so_far.clear();
                self.parts.clear();
                self.turn = Some(words);
            }
            Ok(News::Failed(why)) => return Err(why),
            Err(error) => tracing::debug!(%error, "a message of a recognizer is passed over"),
        }
        Ok(())
    }

    /// What was said in the utterance, which is over. One that doesn't answer in time, as it needn't where
    /// nobody spoke, has heard what it told by then, if it told anything; one that told nothing at all is
    /// taken for dead.
    pub(super) async fn finish(&mut self, within: Duration) -> Result<String, String> {
        (self.is_done, self.turn) = (false, None);
        self.tell(self.by.finish()).await?;
        let until = Instant::now() + within;
        while !self.is_done && self.turn.is_none() {
            match timeout_at(until, self.hear()).await {
                Ok(heard) => heard?,
                Err(_) if self.is_alive => break,
                Err(_) => return Err(format!("no answer within {within:?}")),
            }
        }
        self.is_alive = false;
        if let Some(words) = self.turn.take() {
            self.is_done = true;
            return Ok(words);
        }
        let mut parts = std::mem::take(&mut self.parts);
        parts.push(std::mem::take(&mut self.so_far));
        let said: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        Ok(said.join(" "))
    }

    /// What they said whose turn it judged to be over, if it just did.
    pub(super) fn turn(&mut self) -> Option<String> {
        self.turn.take()
    }

    /// Whether it tells when they are done.
    pub(super) fn judges_turns(&self) -> bool {
        self.by.judges_turns()
    }

    /// Whether it made out any words of an utterance that lasts.
    pub(super) fn has_words(&self) -> bool {
        !self.so_far.is_empty()
    }

    /// Whether it answered when it was finished: else what it says yet is of an utterance that is over.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }
}

/// How long a recognizer may take to read a message.
const SLOW_MAX: Duration = Duration::from_secs(5);
