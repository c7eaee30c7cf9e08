//! One stream, joined to a model that hears and speaks.

use super::bridge::{LOST_MAX, Over, PATIENCE, PROGRAM_GONE, SOUND_BYTES, said};
use super::line::{KEYS_WITHIN, Line, OnLine, sound_of_keys};
use super::scribe::Scribe;
use super::speaking::{Activity, Speech, audible_since, hears_speech, silent_since};
use crate::calls::Calls;
use crate::tap::Tap;
use agent::realtime::{Act, Leave, Session};
use audio::Frame;
use call::Call;
use call::call::Verb;
use call::dialogue::Use;
use call::number::without_numbers;
use carrier::media::{Began, FromText, ToText};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

/// A model's talk with whoever is on the line. It goes on when the model's server is another one.
struct Talk<'t> {
    calls: &'t Calls,
    call: &'t Call,
    session: Session,
    activity: Activity,
    sound: ToText,
    hands: Hands<'t>,
    used: mpsc::Receiver<(String, Use)>,
    /// Whether it is to be handed over.
    finishing: watch::Receiver<bool>,
    /// When it began.
    since: Instant,
    /// When the server was heard last.
    server_heard_at: Instant,
    /// When a key was pressed last that the model doesn't know of.
    pressed_at: Option<Instant>,
    /// Since when nobody says anything, nor is about to.
    quiet_since: Option<Instant>,
}

/// What does as a session says.
struct Hands<'t> {
    call: &'t Call,
    line: Line,
    sound: FromText,
    scribe: &'t Scribe,
    to_server: VecDeque<String>,
    calls: &'t Calls,
    /// Where it is told what came of a tool, by the model's name for the wish.
    used: mpsc::Sender<(String, Use)>,
    /// How the model leaves, and its name for that wish.
    leave: Option<(Leave, String)>,
    over: Option<Over>,
}

/// Carries the sound between a line that has begun and a model's server until it is over. A server that
/// goes away is connected `again`, and told what was said.
pub(super) async fn converse<'a, S, P>(
    (calls, call): (&Calls, &Call),
    session: Session,
    (mut socket, began, tap): (WebSocketStream<S>, Began, Tap),
    mut server: WebSocketStream<P>,
    again: impl Fn() -> BoxFuture<'a, Option<WebSocketStream<P>>>,
) -> Over
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    P: AsyncRead + AsyncWrite + Unpin + Send,
{
    let scribe = Scribe::new(calls, call.facts.id);
    let mut talk = Talk::new((calls, call), session, (began, tap), &scribe);
    let mut n_lost = 0;
    let over = loop {
        let over = talk.with(&mut socket, server).await;
        if over != Over::ProgramLost {
            break over;
        }
        n_lost += 1;
        tracing::warn!(call = %call.facts.id, n_lost, "a model's server went away");
        talk.lose();
        if n_lost > LOST_MAX {
            break Over::Broke(PROGRAM_GONE);
        }
        tokio::select! {
            another = again() => match another {
                Some(another) => server = another,
                None => break Over::Broke(PROGRAM_GONE),
            },
            over = talk.alone(&mut socket) => break over,
        }
    };
    talk.session.end(&mut |act| talk.hands.act(act));
    drop(talk);
    let _ = timeout(PATIENCE.slow, socket.close(None)).await;
    scribe.finish().await;
    over
}

impl<'t> Talk<'t> {
    fn new(
        (calls, call): (&'t Calls, &'t Call),
        session: Session,
        (began, tap): (Began, Tap),
        scribe: &'t Scribe,
    ) -> Talk<'t> {
        let (tell, used) = mpsc::channel(1);
        let hands = Hands {
            call,
            line: Line::new(began, tap),
            sound: FromText::new(),
            scribe,
            to_server: VecDeque::new(),
            calls,
            used: tell,
            leave: None,
            over: None,
        };
        Talk {
            calls,
            call,
            session,
            activity: hears_speech(PAUSE),
            sound: ToText::default(),
            hands,
            used,
            finishing: calls.finishing(),
            since: Instant::now(),
            server_heard_at: Instant::now(),
            pressed_at: None,
            quiet_since: None,
        }
    }

    /// Talks by this server.
    async fn with<S, P>(&mut self, socket: &mut WebSocketStream<S>, mut server: WebSocketStream<P>) -> Over
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
        P: AsyncRead + AsyncWrite + Unpin + Send,
    {
        self.hands.to_server.clear();
        self.session.open(&mut |act| self.hands.act(act));
        self.server_heard_at = Instant::now();
        loop {
            if let Some(over) = self.pay(socket, &mut server).await {
                if over != Over::ProgramLost {
                    let _ = timeout(PATIENCE.slow, server.close(None)).await;
                }
                return over;
            }
            if *self.finishing.borrow_and_update() && self.session.is_quiet() {
                return Over::PassedOn;
            }
            self.notice_silence();
            let due_at = self.due_at();
            tokio::select! {
                Ok(()) = self.finishing.changed() => {}
                message = socket.next() => self.hear_line(message),
                message = server.next() => self.hear_server(message),
                Some((wish, one)) = self.used.recv() => {
                    self.session.used(&wish, one, &mut |act| self.hands.act(act));
                }
                () = sleep_until(due_at) => self.time_is_up(),
            }
        }
    }

    /// Hears the line while no server is there.
    async fn alone<S>(&mut self, socket: &mut WebSocketStream<S>) -> Over
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        loop {
            // Nobody is awaited.
            self.server_heard_at = Instant::now();
            if let Some(over) = self.hands.pay_line(socket).await {
                return over;
            }
            if let Some(over) = self.leave().await {
                return over;
            }
            tokio::select! {
                message = socket.next() => self.hear_line(message),
                () = sleep_until(self.due_at()) => self.time_is_up(),
            }
        }
    }

    /// Says to both sides what they are to hear; how it is over, if it is.
    async fn pay<S, P>(
        &mut self,
        socket: &mut WebSocketStream<S>,
        server: &mut WebSocketStream<P>,
    ) -> Option<Over>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
        P: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if let Some(over) = self.hands.pay_line(socket).await {
            return Some(over);
        }
        while let Some(message) = self.hands.to_server.pop_front() {
            // One that doesn't read is as good as gone.
            if said(server, message, PATIENCE).await.is_err() {
                return Some(Over::ProgramLost);
            }
        }
        self.leave().await
    }

    /// The model leaves, if it wishes to.
    async fn leave(&mut self) -> Option<Over> {
        let (leave, wish) = self.hands.leave.take()?;
        let Leave::Transfer(to) = leave else { return Some(Over::Program) };
        match self.calls.command_by_agent(self.call.facts.id, Verb::Transfer { to }).await {
            Ok(()) => Some(Over::Program),
            Err(error) => {
                let why = without_numbers(&error.to_string());
                tracing::warn!(call = %self.call.facts.id, why, "a model can't put its call through");
                self.session.refuse(&wish, &error.to_string(), &mut |act| self.hands.act(act));
                None
            }
        }
    }

    fn hear_line(&mut self, message: Option<Result<Message, tungstenite::Error>>) {
        let heard = match self.hands.line.hear(message) {
            Ok(heard) => heard,
            Err(over) => return self.hands.over = Some(over),
        };
        for one in heard {
            match one {
                OnLine::Sound(frame) => self.hear_sound(&frame),
                OnLine::Key(key) => {
                    self.session.key(key);
                    self.pressed_at = Some(Instant::now());
                }
                OnLine::Played(mark) => {
                    self.session.played(mark, self.since.elapsed(), &mut |act| self.hands.act(act));
                }
            }
        }
    }

    fn hear_sound(&mut self, frame: &Frame) {
        let mut message = String::with_capacity(SOUND_BYTES);
        let (now, sound) = (self.since.elapsed(), &mut self.sound);
        match self.activity.hear(frame).speech {
            Speech::Started => self.session.speech_began(audible_since(now)),
            Speech::Ended => self.session.speech_over(silent_since(now, PAUSE)),
            Speech::Going | Speech::Quiet => {}
        }
        match self.session.append(now, |into| sound.write(frame, into), &mut message) {
            Ok(()) => self.hands.to_server.push_back(message),
            Err(error) => tracing::debug!(%error, "a frame is not handed on"),
        }
        // Nobody may be there to hear it.
        let surplus = self.hands.to_server.len().saturating_sub(OWED_MAX);
        self.hands.to_server.drain(..surplus);
    }

    fn hear_server(&mut self, message: Option<Result<Message, tungstenite::Error>>) {
        match message {
            Some(Ok(Message::Text(text))) => {
                self.server_heard_at = Instant::now();
                let now = self.since.elapsed();
                if let Err(error) = self.session.hear(&text, now, &mut |act| self.hands.act(act)) {
                    tracing::debug!(%error, "a message of a model's server is passed over");
                }
            }
            // A session has an end, and a talk goes on.
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.hands.over = Some(Over::ProgramLost),
            Some(Ok(_)) => {}
        }
    }

    fn lose(&mut self) {
        self.session.lose(self.since.elapsed(), &mut |act| self.hands.act(act));
    }

    fn notice_silence(&mut self) {
        let is_silent = self.session.may_be_silent().is_some();
        self.quiet_since = is_silent.then(|| self.quiet_since.unwrap_or_else(Instant::now));
    }

    /// When it has been silent for long enough to say something.
    fn asks_at(&self) -> Option<Instant> {
        Some(self.quiet_since? + self.session.may_be_silent()?)
    }

    fn due_at(&self) -> Instant {
        let silent_at = self.hands.line.silent_at();
        let mute_at = self.server_heard_at + MUTE_MAX;
        let due_at = if self.session.is_awaited() { silent_at.min(mute_at) } else { silent_at };
        let keys_at = self.pressed_at.map(|at| at + KEYS_WITHIN);
        [keys_at, self.asks_at()].into_iter().flatten().fold(due_at, Instant::min)
    }

    fn time_is_up(&mut self) {
        if self.pressed_at.is_some_and(|at| at.elapsed() >= KEYS_WITHIN) {
            self.pressed_at = None;
            self.session.keys_over(&mut |act| self.hands.act(act));
        }
        if self.asks_at().is_some_and(|at| at <= Instant::now()) {
            self.quiet_since = None;
            // It has its time to answer from now on.
            self.server_heard_at = Instant::now();
            self.session.ask_into_silence(&mut |act| self.hands.act(act));
        }
        if self.session.is_awaited() && self.server_heard_at.elapsed() >= MUTE_MAX {
            tracing::warn!(call = %self.call.facts.id, "a model's server says nothing");
            self.hands.over = Some(Over::ProgramLost);
        }
        if let Some(over) = self.hands.line.silence() {
            self.hands.over = Some(over);
        }
    }
}

impl Hands<'_> {
    fn act(&mut self, act: Act<'_>) {
        let call = self.call.facts.id;
        match act {
            Act::Tell(message) => self.to_server.push_back(message),
            Act::Play(text) => {
                let mut frames = Vec::new();
                if let Err(error) = self.sound.read("the model's server", text, |frame| frames.push(frame)) {
                    tracing::debug!(%call, %error, "what a model says is passed over");
                }
                frames.into_iter().for_each(|frame| self.line.play(frame));
            }
            Act::Mark { number, last } => {
                if last && let Some(frame) = self.sound.fill() {
                    self.line.play(frame);
                }
                self.line.mark(number);
            }
            Act::Clear(number) => {
                self.sound.drop_rest();
                self.line.clear();
                self.line.mark(number);
            }
            Act::Said(line, timing) => self.scribe.note(line, timing),
            Act::Press(keys) => sound_of_keys(&keys).for_each(|frame| self.line.play(frame)),
            Act::Use { wish, tool, arguments } => {
                let (calls, call, tell) = (self.calls.clone(), self.call.clone(), self.used.clone());
                tokio::spawn(async move {
                    let one = calls.use_tool(call, tool, arguments).await.one;
                    // The talk may be over.
                    let _ = tell.send((wish, one)).await;
                });
            }
            Act::Leave(leave, wish) => self.leave = Some((leave, wish)),
            Act::Warn(what, why) => {
                tracing::warn!(%call, what, "a model's server has trouble");
                tracing::debug!(%call, why, "what it said");
            }
            Act::GiveUp => self.over = Some(Over::Broke("model_silent")),
        }
    }

    /// Says to the line what it is to hear; how it is over, if it is.
    async fn pay_line<S>(&mut self, socket: &mut WebSocketStream<S>) -> Option<Over>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        match self.line.pay(socket).await {
            Some(over) => Some(over),
            None => self.over.take(),
        }
    }
}

/// How long a silence is one: servers take them to be done after half a second.
const PAUSE: Duration = Duration::from_millis(300);
/// So long may a server be silent of which a word is awaited.
const MUTE_MAX: Duration = Duration::from_secs(15);
/// So many messages may wait for a server: ten seconds of sound.
const OWED_MAX: usize = 512;
