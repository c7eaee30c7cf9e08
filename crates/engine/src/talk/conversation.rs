//! One conversation: its program is connected, told what is heard, and has said what it says.

use crate::calls::Calls;
use crate::program::{Credential, Program, connect, is_meant};
use agent::relay;
use call::call::{Command, Verb};
use call::dialogue::{Act, Dialogue, Said, transcript};
use call::{Call, CallId, CallState, Event, Timestamp};
use futures::{SinkExt as _, StreamExt as _};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// One conversation.
pub(super) struct Conversation {
    pub(super) calls: Calls,
    pub(super) line: watch::Receiver<Call>,
    pub(super) id: CallId,
    /// The name of its agent.
    pub(super) agent: String,
    apology: Option<String>,
}

/// How a connection to the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The call did.
    Call,
    /// The program closed it, or said that the conversation is over.
    Program,
    /// What is asked of the line fails, again and again.
    Line,
    /// It broke, and nobody said that anything is over.
    Broke,
}

impl Over {
    /// Who or what ended it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Over::Call => "call",
            Over::Program => "program",
            Over::Line => "line",
            Over::Broke => "break",
        }
    }
}

impl Conversation {
    /// The conversation of this call, if it has one.
    pub(super) fn of(calls: &Calls, line: watch::Receiver<Call>) -> Option<Conversation> {
        let call = line.borrow().clone();
        let agent = call.facts.agent?;
        let (id, name, apology) = (call.facts.id, agent.name, agent.apology);
        Some(Conversation { calls: calls.clone(), line, id, agent: name, apology })
    }

    /// Holds it with the program at `url`, until the call or the program ends it. A program that can't be
    /// had, or goes away without a word, is connected again; one that stays away is apologised for.
    pub(super) async fn hold(mut self, url: String) {
        let mut n_tries: u32 = 0;
        let mut why = "its program went away again and again".to_owned();
        while self.talks() {
            let begun = Instant::now();
            let credential = self.calls.token_of(&self.agent).map(Credential::Signature);
            let over = match connect(&url, credential.as_ref()).await {
                Ok(mut program) => {
                    tracing::info!(call = %self.id, "the program of a conversation is connected");
                    let over = self.talk(&mut program).await;
                    let _ = timeout(PATIENCE, program.as_mut().close(Some(goodbye()))).await;
                    tracing::info!(call = %self.id, by = over.word(), "the program of a conversation is gone");
                    over
                }
                Err(unreached) => {
                    tracing::warn!(call = %self.id, why = unreached, "the program of a conversation cannot be reached");
                    why = format!("its program cannot be reached: {unreached}");
                    Over::Broke
                }
            };
            match over {
                Over::Call => return,
                Over::Program => return self.leave(None).await,
                Over::Line => return self.leave(Some(LINE.to_owned())).await,
                Over::Broke => {}
            }
            n_tries = if begun.elapsed() > STEADY { 1 } else { n_tries + 1 };
            if n_tries >= TRIES_MAX {
                return self.apologise(why).await;
            }
            tokio::select! {
                () = sleep(PAUSE * n_tries) => {}
                () = self.is_over() => return,
            }
        }
    }

    /// Over one connection.
    async fn talk(&mut self, program: &mut Program) -> Over {
        let call = self.line.borrow_and_update().clone();
        let mut dialogue = Dialogue::new(&call);
        let Ok(before) = self.log().await else { return Over::Broke };
        let setup = relay::setup(&call, &session(), &transcript(&before));
        if !send(program, Message::text(setup)).await {
            return Over::Broke;
        }
        let mut heard_at = Instant::now();
        let (mut is_gone, mut n_refused) = (false, 0);
        loop {
            let call = self.line.borrow_and_update().clone();
            if !goes_on(&call) {
                return Over::Call;
            }
            for act in dialogue.next(&call, self.calls.now()) {
                let over = match act {
                    Act::Tell(_) if is_gone => None,
                    act => self.act(act, program).await,
                };
                if let Some(over) = over {
                    return over;
                }
            }
            let rest = dialogue.due_at().map_or(PING_EVERY, |due_at| self.until(due_at).min(PING_EVERY));
            tokio::select! {
                changed = self.line.changed() => if changed.is_err() { return Over::Call },
                message = program.next(), if !is_gone => {
                    heard_at = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.hear(&text, &mut dialogue, &mut n_refused),
                        Some(Ok(Message::Close(frame))) if is_meant(frame.as_ref()) => {
                            // What it said before is said to its end.
                            is_gone = true;
                            dialogue.say(Said::End);
                        }
                        Some(Ok(Message::Close(frame))) => return self.broke(&format!("closed with {frame:?}")),
                        Some(Err(error)) => return self.broke(&error.to_string()),
                        None => return self.broke("no word"),
                        Some(Ok(_)) => {}
                    }
                }
                () = sleep(rest) => {
                    if !is_gone && heard_at.elapsed() > SILENT_MAX {
                        return self.broke("it doesn't answer");
                    }
                    let pings = !is_gone && rest == PING_EVERY;
                    if pings && !send(program, Message::Ping(Vec::new().into())).await {
                        return self.broke("it doesn't read");
                    }
                }
            }
        }
    }

    /// The connection broke: why stands in the log, and no word that was said.
    fn broke(&self, why: &str) -> Over {
        tracing::warn!(call = %self.id, why, "the program of a conversation went away");
        Over::Broke
    }

    fn hear(&self, text: &str, dialogue: &mut Dialogue, n_refused: &mut u32) {
        match relay::read(text) {
            Ok(Some(said)) => dialogue.say(said),
            Ok(None) => {}
            Err(refused) => {
                if *n_refused == 0 {
                    let told =
                        "a program said something that can't be taken; it is told why, and the log at debug";
                    tracing::warn!(call = %self.id, told);
                }
                *n_refused += 1;
                tracing::debug!(call = %self.id, %refused, "what it said");
                dialogue.refuse(refused.why);
            }
        }
    }

    async fn act(&self, act: Act, program: &mut Program) -> Option<Over> {
        match act {
            Act::Tell(told) => {
                let told = Message::text(relay::told(&told));
                (!send(program, told).await).then_some(Over::Broke)
            }
            act => self.on_the_line(act).await,
        }
    }

    /// Does what is to be done on the line; how it is over, if it is.
    pub(super) async fn on_the_line(&self, act: Act) -> Option<Over> {
        match act {
            Act::Tell(_) => {}
            Act::Ask(verb) => self.ask(verb).await,
            Act::Stop(command) => {
                if let Err(error) = self.calls.stop_by_agent(self.id, Some(command)).await {
                    tracing::debug!(call = %self.id, %error, "a question could not be ended");
                }
            }
            Act::Close => return Some(Over::Program),
            Act::GiveUp => return Some(Over::Line),
        }
        None
    }

    /// A refusal is that of a call which is about to end, or of a store that can't be written: whoever
    /// talks asks again when something moves.
    async fn ask(&self, verb: Verb) {
        if let Err(error) = self.calls.command_by_agent(self.id, verb).await {
            tracing::warn!(call = %self.id, %error, "a conversation could not go on");
            sleep(PAUSE).await;
        }
    }

    /// Says that nobody can talk, and leaves.
    pub(super) async fn apologise(&mut self, why: String) {
        let listening = |command: &Command| command.by_agent && command.state.is_open();
        let listens = self.line.borrow().commands.iter().find(|one| listening(one)).map(|one| one.id);
        if let Some(command) = listens {
            let _ = self.calls.stop_by_agent(self.id, Some(command)).await;
        }
        if let Some(text) = self.apology.clone() {
            self.ask(Verb::Say { text }).await;
        }
        self.leave(Some(why)).await;
    }

    /// Asks for nothing more: the call closes its line when all that was asked is done. This must be on
    /// disk, else nobody would ever close it.
    pub(super) async fn leave(&self, failed: Option<String>) {
        while self.talks() {
            match self.calls.agent_left(self.id, failed.clone()).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(call = %self.id, %error, "that an agent left is not on disk yet")
                }
            }
            sleep(PAUSE).await;
        }
    }

    fn talks(&self) -> bool {
        goes_on(&self.line.borrow())
    }

    async fn is_over(&mut self) {
        let _ = self.line.wait_for(|call| !goes_on(call)).await;
    }

    pub(super) fn until(&self, at: Timestamp) -> Duration {
        at.since(self.calls.now())
    }

    pub(super) async fn log(&self) -> Result<Vec<Event>, ()> {
        self.calls.log(self.id).await.map_err(|_| ())
    }
}

/// Whether the agent is asked for something still: where a message is left on a machine, it isn't.
pub(super) fn goes_on(call: &Call) -> bool {
    matches!(call.state, CallState::InProgress(_)) && call.agent_left.is_none()
}

async fn send(program: &mut Program, message: Message) -> bool {
    matches!(timeout(PATIENCE, program.send(message)).await, Ok(Ok(())))
}

fn goodbye() -> CloseFrame {
    CloseFrame { code: CloseCode::Normal, reason: "".into() }
}

/// A name for a connection, of the form that Twilio's have.
fn session() -> String {
    format!("VX{:032x}", rand::random::<u128>())
}

/// Why an agent leaves whose every wish fails.
pub(super) const LINE: &str = "what is asked of the line fails again and again";
/// How long a program may take to read a message.
const PATIENCE: Duration = Duration::from_secs(5);
/// So often a program is tried that can't be had, with pauses that are longer each time: 1 to 4 seconds.
const TRIES_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// Whose connection lasted so long was not the kind that always breaks.
const STEADY: Duration = Duration::from_secs(10);
/// A program answers a ping, also when it has nothing to say.
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENT_MAX: Duration = Duration::from_secs(60);
