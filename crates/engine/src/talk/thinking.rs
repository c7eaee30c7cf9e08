//! A conversation with a language model: it is asked for a reply to what was said last, and what it says
//! is said while it is still being written.

use super::conversation::{Conversation, LINE, Over};
use crate::settings::ModelSettings;
use agent::chat::{Model, Piece, Reader, Wish, request, wish};
use call::CallState;
use call::dialogue::{Act, Dialogue, Line, Said, Speaker, Told, transcript};
use carrier::send::Sender;
use carrier::{Operation, Request, Secret};
use http::Method;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// A reply that is being written. When this is dropped, nobody waits for it any more.
struct Thought {
    pieces: mpsc::Receiver<Piece>,
    task: AbortHandle,
}

impl Drop for Thought {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Conversation {
    /// Holds it with the model of its agent, as the configuration in force says.
    pub(super) async fn think(mut self) {
        let Some(settings) = self.calls.model_of(&self.agent) else {
            tracing::warn!(call = %self.id, agent = self.agent, "the configuration has no such model any more");
            return self.apologise("the configuration has no such model any more".to_owned()).await;
        };
        let over = self.talk_with(&settings).await;
        tracing::info!(call = %self.id, by = over.word(), "a conversation with a model is over");
        match over {
            Over::Call => {}
            Over::Program => self.leave(None).await,
            Over::Line => self.leave(Some(LINE.to_owned())).await,
            Over::Broke => self.apologise("its model does not reply".to_owned()).await,
        }
    }

    async fn talk_with(&mut self, settings: &ModelSettings) -> Over {
        let call = self.line.borrow_and_update().clone();
        let mut dialogue = Dialogue::replying_within(&call, settings.reply_within);
        let mut thought: Option<Thought> = None;
        let mut n_failed = 0;
        loop {
            let call = self.line.borrow_and_update().clone();
            if !matches!(call.state, CallState::InProgress(_)) {
                return Over::Call;
            }
            for act in dialogue.next(&call, self.calls.now()) {
                match act {
                    Act::Tell(Told::Prompt(_) | Told::Key(_)) => {
                        thought = Some(self.ask_model(settings).await)
                    }
                    act => {
                        if let Some(over) = self.on_the_line(act).await {
                            return over;
                        }
                    }
                }
            }
            let rest = dialogue.due_at().map_or(IDLE, |due_at| self.until(due_at));
            tokio::select! {
                changed = self.line.changed() => if changed.is_err() { return Over::Call },
                piece = next(&mut thought) => {
                    let failed = self.hear_piece(piece, settings, &mut dialogue, &mut thought);
                    n_failed = if failed { n_failed + 1 } else { 0 };
                    if n_failed >= FAILED_MAX {
                        return Over::Broke;
                    }
                }
                () = sleep(rest) => {}
            }
        }
    }

    /// Hears a piece of the reply; whether it failed.
    fn hear_piece(
        &self,
        piece: Piece,
        settings: &ModelSettings,
        dialogue: &mut Dialogue,
        thought: &mut Option<Thought>,
    ) -> bool {
        let say = |dialogue: &mut Dialogue, text: &str, last| {
            dialogue.say(Said::Words { text: text.to_owned(), last });
        };
        match piece {
            Piece::Words(text) => say(dialogue, &text, false),
            Piece::Tool { name, arguments } => {
                // What it said with it comes before it.
                say(dialogue, "", true);
                match wish(&settings.model, &name, &arguments) {
                    Ok(Wish::End) => dialogue.say(Said::End),
                    Ok(Wish::Keys(digits)) => dialogue.say(Said::Keys(digits)),
                    Ok(Wish::Transfer(to)) => dialogue.say(Said::Transfer(to)),
                    Err(refused) => {
                        tracing::warn!(call = %self.id, "a model asked for something that it can't have");
                        tracing::debug!(call = %self.id, %refused, "what it asked for");
                    }
                }
            }
            Piece::Done => {
                say(dialogue, "", true);
                *thought = None;
            }
            Piece::Failed(why) => {
                tracing::warn!(call = %self.id, why, "a model did not reply");
                say(dialogue, &settings.fallback, true);
                *thought = None;
                return true;
            }
        }
        false
    }

    /// Begins to ask for a reply to all that was said.
    async fn ask_model(&self, settings: &ModelSettings) -> Thought {
        let said = self.said().await;
        let request = self.request(settings, &said);
        let sender = self.calls.sender();
        let within = settings.reply_within;
        let (tell, pieces) = mpsc::channel(PIECES_MAX);
        let task = tokio::spawn(async move { reply(&sender, &request, within, &tell).await });
        Thought { pieces, task: task.abort_handle() }
    }

    /// What was said on the line so far, the greeting first.
    async fn said(&self) -> Vec<Line> {
        let greeting = self.line.borrow().facts.say.clone();
        let greeting = greeting.map(|text| Line { by: Speaker::Agent, text });
        let log = self.log().await.unwrap_or_default();
        greeting.into_iter().chain(transcript(&log)).collect()
    }

    fn request(&self, ModelSettings { base_url, model, .. }: &ModelSettings, said: &[Line]) -> Request {
        let key = self.calls.token_of(&self.agent);
        completion(base_url, model, key.as_ref(), said)
    }
}

/// The next piece of what is being written, if anything is.
async fn next(thought: &mut Option<Thought>) -> Piece {
    match thought {
        Some(thought) => match thought.pieces.recv().await {
            Some(piece) => piece,
            None => Piece::Failed("it broke off".to_owned()),
        },
        None => std::future::pending().await,
    }
}

fn completion(base_url: &str, model: &Model, key: Option<&Secret>, said: &[Line]) -> Request {
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "text/event-stream".to_owned()),
    ];
    headers.extend(key.map(|key| ("authorization".to_owned(), format!("Bearer {}", key.expose()))));
    Request {
        operation: Operation::Reply,
        method: Method::POST,
        url: format!("{}/chat/completions", base_url.trim_end_matches('/')),
        headers,
        body: request(model, said),
    }
}

/// Asks for a reply, and tells its pieces as they come. No piece may let wait longer than `within`.
async fn reply(sender: &Sender, request: &Request, within: Duration, tell: &mpsc::Sender<Piece>) {
    let failed = |why: String| Piece::Failed(why);
    let mut answer = match sender.open(request, within).await {
        Ok(answer) => answer,
        Err(error) => return drop(tell.send(failed(error.to_string())).await),
    };
    let mut reader = Reader::default();
    let mut refusal = Vec::new();
    loop {
        let bytes = match timeout(within, answer.next()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) if answer.status / 100 != 2 => {
                // It may quote what was said.
                tracing::debug!(refusal = %String::from_utf8_lossy(&refusal), "what a model's server said");
                return drop(tell.send(failed(format!("HTTP {}", answer.status))).await);
            }
            Ok(Ok(None)) if reader.is_done() => return,
            Ok(Ok(None)) => return drop(tell.send(failed("the reply broke off".to_owned())).await),
            Ok(Err(error)) => return drop(tell.send(failed(error.to_string())).await),
            Err(_) => return drop(tell.send(failed(format!("not a word within {within:?}"))).await),
        };
        if answer.status / 100 != 2 {
            refusal.extend(bytes.iter().take(REFUSAL_MAX - refusal.len().min(REFUSAL_MAX)));
            continue;
        }
        for mut piece in reader.hear(&bytes) {
            if let Piece::Failed(why) = &mut piece {
                tracing::debug!(why, "what a model's server said");
                "its server sent what is no reply".clone_into(why);
            }
            let is_last = matches!(piece, Piece::Done | Piece::Failed(_));
            if tell.send(piece).await.is_err() || is_last {
                return;
            }
        }
    }
}

/// Nothing is due; something will happen.
const IDLE: Duration = Duration::from_secs(60);
/// So many replies may fail, one after another, until the call is given up.
const FAILED_MAX: u32 = 3;
/// So many pieces may wait to be heard.
const PIECES_MAX: usize = 64;
/// So much of a refusal is shown in the log.
const REFUSAL_MAX: usize = 300;
