//! A conversation with a language model: it is asked for a reply to what was said last, and what it says
//! is said while it is still being written.

use super::conversation::{Conversation, LINE, Over, goes_on};
use crate::calls::Calls;
use crate::settings::{AgentSettings, ModelSettings, SpareModel};
use crate::traced::TRACED;
use agent::chat::{Piece, Reader, request};
use agent::model::Wish;
use call::Call;
use call::dialogue::{Act, Dialogue, Entry, Line, Said, Speaker, Told};
use carrier::send::Sender;
use carrier::{Operation, Request, Secret};
use http::Method;
use std::future::ready;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::Instrument as _;

/// How a model is asked, what its server is shown, and who is asked where it doesn't reply.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its name: at its server, or, of a spare one, in the configuration.
    pub name: String,
    pub(crate) settings: ModelSettings,
    key: Option<Secret>,
    /// Those that are asked the same, in order.
    pub spares: Vec<SpareModel>,
}

impl Asked {
    /// An agent's own, if it has one that is told words. All of it is of one configuration: no server is
    /// shown the key of another.
    pub fn of(AgentSettings { model, token, spares, .. }: &AgentSettings) -> Option<Asked> {
        let settings = model.clone()?;
        let name = settings.model.name.clone();
        Some(Asked { name, settings, key: token.clone(), spares: spares.clone() })
    }

    /// A spare one, asked the same.
    pub fn by(&self, SpareModel { name, model, server }: &SpareModel) -> Asked {
        let mut settings = self.settings.clone();
        (settings.base_url, settings.model.name) = (server.base_url.clone(), model.clone());
        Asked { name: name.clone(), settings, key: server.key.clone(), spares: Vec::new() }
    }

    /// What asks for a reply to what was said.
    pub(crate) fn completion(&self, said: &[Entry]) -> Request {
        let Asked { settings, key, .. } = self;
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("accept".to_owned(), "text/event-stream".to_owned()),
        ];
        headers
            .extend(key.as_ref().map(|key| ("authorization".to_owned(), format!("Bearer {}", key.expose()))));
        Request {
            operation: Operation::Reply,
            method: Method::POST,
            url: format!("{}/chat/completions", settings.base_url.trim_end_matches('/')),
            headers,
            body: request(&settings.model, said),
        }
    }
}

/// A reply that is being written. When this is dropped, nobody waits for it any more.
pub(crate) struct Thought {
    pieces: mpsc::Receiver<Piece>,
    task: AbortHandle,
}

impl Thought {
    /// Begins to ask for a reply to all that was said on a call, once something is done.
    pub(crate) fn after(
        done: impl Future<Output = ()> + Send + 'static,
        calls: &Calls,
        call: &Call,
        asked: &Asked,
    ) -> Thought {
        let (calls, call, asked) = (calls.clone(), call.clone(), asked.clone());
        let (tell, pieces) = mpsc::channel(PIECES_MAX);
        let span = tracing::info_span!(target: TRACED, "model.reply", call = %call.facts.id);
        let reply = async move {
            let replied = match timeout(asked.settings.reply_within, done).await {
                Ok(()) => think(&calls, &call, &asked, &tell).await,
                Err(_) => Err("what was said is not on disk yet".to_owned()),
            };
            if let Err(why) = replied {
                tracing::warn!(call = %call.facts.id, why, "a model did not reply");
                let _ = tell.send(Piece::Failed(why)).await;
            }
        };
        let task = tokio::spawn(reply.instrument(span));
        Thought { pieces, task: task.abort_handle() }
    }
}

impl Drop for Thought {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Conversation {
    /// Holds it with the model of its agent, as the configuration in force says.
    pub(super) async fn think(mut self) {
        let Some(asked) = self.calls.asked_of(&self.agent) else {
            tracing::warn!(call = %self.id, agent = self.agent, "the configuration has no such model any more");
            return self.apologise("the configuration has no such model any more".to_owned()).await;
        };
        let over = self.talk_with(asked).await;
        tracing::info!(call = %self.id, by = over.word(), "a conversation with a model is over");
        match over {
            Over::Call => {}
            Over::Program => self.leave(None).await,
            Over::Line => self.leave(Some(LINE.to_owned())).await,
            Over::Broke => self.apologise("its model does not reply".to_owned()).await,
        }
    }

    async fn talk_with(&mut self, mut asked: Asked) -> Over {
        let settings = &asked.settings;
        let call = self.line.borrow_and_update().clone();
        // Each that is asked has its time.
        let reply_within = settings.reply_within * (1 + asked.spares.len() as u32);
        let mut dialogue = Dialogue::replying_within(&call, reply_within).noticing(settings.silence.clone());
        let mut thought = self.owes_a_reply(&call).await.then(|| self.ask_model(&asked));
        let mut n_failed = 0;
        loop {
            let call = self.line.borrow_and_update().clone();
            if !goes_on(&call) {
                return Over::Call;
            }
            for act in dialogue.next(&call, self.calls.now()) {
                match act {
                    Act::Tell(Told::Prompt(_) | Told::Key(_)) => {
                        // As is configured now: a key that is replaced may be good for nothing.
                        asked = self.calls.asked_of(&self.agent).unwrap_or(asked);
                        thought = Some(self.ask_model(&asked));
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
                piece = next_piece(&mut thought) => {
                    match piece {
                        Piece::Failed(_) => n_failed += 1,
                        Piece::Done => n_failed = 0,
                        Piece::By(_) | Piece::Words(_) | Piece::Tool { .. } | Piece::Use => {}
                    }
                    self.hear_piece(piece, &asked.settings, &mut dialogue);
                    if n_failed >= FAILED_MAX {
                        return Over::Broke;
                    }
                }
                () = sleep(rest) => {}
            }
        }
    }

    /// Whether a process that died was about to reply to what a tool said.
    async fn owes_a_reply(&self, call: &Call) -> bool {
        let said = self.calls.said_on(call).await;
        let is_own = |entry: &&Entry| matches!(entry, Entry::Said(Line { by: Speaker::Agent, .. }));
        matches!(said.iter().rev().find(|entry| !is_own(entry)), Some(Entry::Used(_)))
    }

    /// Hears a piece of the reply.
    fn hear_piece(&self, piece: Piece, settings: &ModelSettings, dialogue: &mut Dialogue) {
        let say = |dialogue: &mut Dialogue, text: &str, last| {
            dialogue.say(Said::Words { text: text.to_owned(), last });
        };
        match piece {
            Piece::Words(text) => say(dialogue, &text, false),
            Piece::By(_) => {}
            Piece::Use => dialogue.say(Said::Pause),
            Piece::Tool { name, arguments } => {
                let wish = settings.model.wish(&name, &arguments);
                // What it said with it comes before it.
                say(dialogue, "", true);
                match wish {
                    Ok(Wish::End) => dialogue.say(Said::End),
                    Ok(Wish::Keys(digits)) => dialogue.say(Said::Keys(digits)),
                    Ok(Wish::Transfer(to)) => dialogue.say(Said::Transfer(to)),
                    Ok(Wish::Use) => {}
                    Err(refused) => {
                        tracing::warn!(call = %self.id, "a model asked for something that it can't have");
                        tracing::debug!(call = %self.id, %refused, "what it asked for");
                    }
                }
            }
            Piece::Done => {
                say(dialogue, "", true);
            }
            Piece::Failed(_) => {
                dialogue.forget_unfinished();
                say(dialogue, &settings.fallback, true);
            }
        }
    }

    /// Begins to ask for a reply to all that was said.
    fn ask_model(&self, asked: &Asked) -> Thought {
        Thought::after(ready(()), &self.calls, &self.line.borrow(), asked)
    }
}

/// Asks for a reply until the model wants no more tools of its owner's; if it isn't whole, why.
async fn think(calls: &Calls, call: &Call, asked: &Asked, tell: &mpsc::Sender<Piece>) -> Result<(), String> {
    let (mut written, mut n_before) = (String::new(), None);
    let mut asked = asked.clone();
    let own = std::mem::take(&mut asked.settings.model.tools);
    let mut spares = std::mem::take(&mut asked.spares).into_iter();
    for round in 0..ROUNDS_MAX {
        asked.settings.model.tools.clone_from(&own);
        calls.give_tools(call, &mut asked.settings.model).await;
        // One that an earlier reply wished for may still be at work.
        calls.wait_for_tools(call.facts.id).await;
        let mut said = calls.said_on(call).await;
        let n_before = *n_before.get_or_insert(said.len());
        said.extend(unheard(&written, said.get(n_before..).unwrap_or_default()));
        let wishes = loop {
            let request = asked.completion(&said);
            let _ = tell.send(Piece::By(asked.name.clone())).await;
            // Who used a tool may have said all before.
            let may_be_empty = round > 0;
            let mut reply = Reply { written: &mut written, tell, may_be_empty, has_begun: false };
            let failed = match reply.hear(&calls.sender(), &request, &asked.settings).await {
                Ok(wishes) => break wishes,
                Err(why) => format!("{}: {why}", asked.name),
            };
            // Nobody hears the beginning of a reply twice.
            let Some(spare) = spares.next().filter(|_| !reply.has_begun) else { return Err(failed) };
            let (call, next) = (call.facts.id, &spare.name);
            tracing::warn!(%call, why = failed, next, "a model did not reply, and the next is asked");
            asked = asked.by(&spare);
        };
        if wishes.is_empty() {
            return Ok(());
        }
        for (tool, arguments) in wishes {
            if !calls.use_tool(call.clone(), tool, arguments).await.is_kept {
                return Err("what it used can't be written down".to_owned());
            }
        }
    }
    Err("it used tools again and again".to_owned())
}

/// What of a reply is written and not in the log yet, since nobody heard it so far: the model knows that it
/// said so before it used a tool.
fn unheard(written: &str, since: &[Entry]) -> Option<Entry> {
    let own = since.iter().filter_map(|entry| match entry {
        Entry::Said(Line { by: Speaker::Agent, text }) => Some(text.as_str()),
        _ => None,
    });
    let n_heard = own.flat_map(str::split_whitespace).count();
    let rest: Vec<&str> = written.split_whitespace().skip(n_heard).collect();
    let line = Line { by: Speaker::Agent, text: rest.join(" ") };
    (!rest.is_empty()).then_some(Entry::Said(line))
}

/// The next piece of what is being written, if anything is.
pub(crate) async fn next_piece(thought: &mut Option<Thought>) -> Piece {
    let Some(writing) = thought else { return std::future::pending().await };
    let piece = writing.pieces.recv().await.unwrap_or_else(|| Piece::Failed("it broke off".to_owned()));
    if matches!(piece, Piece::Done | Piece::Failed(_)) {
        *thought = None;
    }
    piece
}

/// A reply on its way.
pub(crate) struct Reply<'r> {
    /// All of it that is words.
    pub(crate) written: &'r mut String,
    pub(crate) tell: &'r mpsc::Sender<Piece>,
    /// Whether nothing is a reply too.
    pub(crate) may_be_empty: bool,
    /// Whether any of it was told.
    pub(crate) has_begun: bool,
}

impl Reply<'_> {
    /// Asks for it, and tells its pieces as they come; if it isn't whole, why. Where it wants tools of its
    /// owner's, these are returned, and the reply isn't over. No piece may let wait longer than
    /// `reply_within`, whatever else the server sends. What it says may quote what was said: that is for the
    /// log at debug.
    pub(crate) async fn hear(
        &mut self,
        sender: &Sender,
        request: &Request,
        settings: &ModelSettings,
    ) -> Result<Vec<(String, String)>, String> {
        let within = settings.reply_within;
        let mut wishes = Vec::new();
        let mut until = Instant::now() + within;
        let mut answer = sender.open(request, within).await.map_err(|error| error.to_string())?;
        let status = answer.status;
        let mut next = async |until| match timeout_at(until, answer.next()).await {
            Ok(bytes) => bytes.map_err(|error| error.to_string()),
            Err(_) => Err(format!("not a word within {within:?}")),
        };
        if status / 100 != 2 {
            let said = next(until).await.ok().flatten().unwrap_or_default();
            let said = String::from_utf8_lossy(&said[..said.len().min(REFUSAL_MAX)]);
            tracing::debug!(%said, "a model's server refused");
            return Err(format!("HTTP {status}"));
        }
        let mut reader = Reader::default();
        while let Some(bytes) = next(until).await? {
            let called_before = reader.called_bytes();
            for piece in reader.hear(&bytes) {
                match piece {
                    Piece::Words(words) if !self.has_begun && words.trim().is_empty() => continue,
                    Piece::Done if !self.has_begun && !self.may_be_empty => {
                        return Err("it replied nothing".to_owned());
                    }
                    Piece::Failed(why) => {
                        tracing::debug!(why, "a model's server failed");
                        return Err("its server sent what is no reply".to_owned());
                    }
                    Piece::Tool { name, arguments } if settings.model.tools.contains_key(&name) => {
                        wishes.push((name, arguments));
                        self.tell(Piece::Use).await;
                    }
                    Piece::Done if !wishes.is_empty() => {}
                    piece => self.tell(piece).await,
                }
                until = Instant::now() + within;
            }
            // The arguments of a tool are told when they are whole, which may take longer.
            if reader.called_bytes() > called_before {
                until = Instant::now() + within;
            }
            if reader.is_done() {
                return Ok(wishes);
            }
        }
        Err("the reply broke off".to_owned())
    }

    async fn tell(&mut self, piece: Piece) {
        self.has_begun = true;
        if let Piece::Words(words) = &piece {
            *self.written += words;
        }
        // Nobody may wait for it any more.
        let _ = self.tell.send(piece).await;
    }
}

/// Nothing is due; something will happen.
const IDLE: Duration = Duration::from_secs(60);
/// So many replies may fail, one after another, until the call is given up.
const FAILED_MAX: u32 = 3;
/// So often one reply may want tools.
const ROUNDS_MAX: usize = 8;
/// So many pieces may wait to be heard.
const PIECES_MAX: usize = 64;
/// So much of a refusal is shown in the log.
const REFUSAL_MAX: usize = 300;
