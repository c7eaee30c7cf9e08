//! One stream, joined to its program: what the line says goes up, what the program says goes down.

use super::door::program;
use super::echo::echo;
use super::order::Order;
use super::{cascade, realtime};
use crate::calls::{Calls, StreamRefused};
use crate::program::{CONNECT_MAX, Credential, Program, connect, is_meant, sockets};
use crate::tap::Tap;
use audio::resample::Resampler;
use audio::{Frame, SampleRate};
use call::Call;
use call::call::{CommandId, Speaks, StreamEnd};
use carrier::Carrier;
use carrier::media::program::{FromProgram, Said, ToProgram};
use carrier::media::{Began, Form, Heard, Mark, MediaStream, Opening};
use futures::future::BoxFuture;
use futures::{FutureExt as _, Sink, SinkExt as _, Stream, StreamExt as _};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// A carrier's stream that was let in, and the program that waits for it.
pub struct Admitted {
    pub(crate) calls: Calls,
    pub(crate) call: Call,
    pub(crate) command: CommandId,
    pub(crate) number: u32,
    pub(crate) carrier: Arc<dyn Carrier>,
    /// None where the gateway itself is what hears and speaks.
    pub(crate) program: Option<Box<Program>>,
    /// By what it knows us.
    pub(crate) credential: Option<Credential>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The program closed it.
    Program,
    /// The program went away without a word.
    ProgramLost,
    /// The carrier did.
    Carrier,
    /// The line is gone, and the carrier said nothing of it.
    Lost,
    /// Whoever is started next takes it over.
    PassedOn,
    /// This went wrong.
    Broke(&'static str),
}

/// What both directions share.
struct Shared {
    stream: Box<dyn MediaStream>,
    order: Order,
    /// The program's marks that were not played yet, by the numbers that the carrier knows.
    marks: VecDeque<(Mark, String)>,
    next_mark: u64,
    tap: Tap,
}

/// Connects to the program of a command, where it has one.
///
/// # Errors
/// [`StreamRefused::NoProgram`]: it doesn't answer.
pub(crate) async fn reach(
    call: &Call,
    command: CommandId,
    credential: Option<&Credential>,
) -> Result<Option<Box<Program>>, StreamRefused> {
    match program(call, command).ok_or(StreamRefused::TooLate)? {
        (_, Speaks::Words | Speaks::Echo) => Ok(None),
        (url, _) => connect(url, credential).await.map(Some).map_err(StreamRefused::NoProgram),
    }
}

/// Connects to it again, which may be about to be started again; `None` if it stays away.
async fn reached_again(call: &Call, command: CommandId, credential: Option<&Credential>) -> Option<Program> {
    for n in 1..=TRIES {
        sleep(PAUSE * n).await;
        match reach(call, command, credential).await {
            Ok(program) => return program.map(|program| *program),
            Err(error) => tracing::debug!(call = %call.facts.id, %error, "a program is not there yet"),
        }
    }
    None
}

impl Admitted {
    /// Carries the sound over this connection, which speaks WebSocket from here on, until either side
    /// ends it, and tells the call so.
    pub async fn carry<S: AsyncRead + AsyncWrite + Unpin + Send>(self, connection: S) {
        let Admitted { calls, call, command, number, carrier, program, credential } = self;
        let config = Some(sockets(CARRIER_MESSAGE_MAX));
        let mut line = WebSocketStream::from_raw_socket(connection, Role::Server, config).await;
        let over = match timeout(CONNECT_MAX, began(&mut line, carrier.as_ref(), &call)).await {
            Ok(Ok(began)) => {
                let again = || reached_again(&call, command, credential.as_ref()).boxed();
                let speaks = super::door::program(&call, command).map(|(_, speaks)| speaks);
                let talk = (&calls, &call);
                let tap = Tap::of(&calls, &call);
                match (speaks, program) {
                    (Some(Speaks::Words), _) => match calls.plan_of(&call, number > 0).await {
                        Some(plan) => cascade::converse(talk, plan, (line, began, tap)).await,
                        None => Over::Broke(NO_AGENT),
                    },
                    (Some(Speaks::Echo), _) => echo(&calls, (line, began, tap)).await,
                    (Some(Speaks::Realtime), Some(program)) => {
                        match calls.session_of(&call, number > 0).await {
                            Some(session) => {
                                let sound = (line, began, tap);
                                realtime::converse(talk, session, sound, *program, again).await
                            }
                            None => Over::Broke(NO_AGENT),
                        }
                    }
                    (_, Some(program)) => join(line, *program, (began, tap), (&call, PATIENCE), again).await,
                    (_, None) => Over::Broke(PROGRAM_GONE),
                }
            }
            Ok(Err(over)) => over,
            Err(_) => Over::Broke("no_opening"),
        };
        tracing::info!(call = %call.facts.id, %command, ?over, "a stream is over");
        // Of one that is handed over the next start finds that it was held by this process.
        if over != Over::PassedOn {
            calls.stream_is_over(call.facts.id, command, number, over.end()).await;
        }
    }

    /// The carrier went away before its connection became a stream.
    pub async fn is_gone(self) {
        let Admitted { calls, call, command, number, .. } = self;
        calls.stream_is_over(call.facts.id, command, number, StreamEnd::Lost).await;
    }
}

impl Over {
    fn end(self) -> StreamEnd {
        match self {
            Over::Program | Over::Carrier => StreamEnd::Ended,
            Over::ProgramLost => StreamEnd::Failed { code: PROGRAM_GONE.to_owned() },
            Over::Lost | Over::PassedOn => StreamEnd::Lost,
            Over::Broke(code) => StreamEnd::Failed { code: code.to_owned() },
        }
    }
}

/// Reads what comes before there is sound. It must be of the call's own leg.
async fn began<S>(line: &mut WebSocketStream<S>, carrier: &dyn Carrier, call: &Call) -> Result<Began, Over>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    loop {
        let message = match line.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over::Lost),
            Some(Ok(_)) => continue,
        };
        match carrier.read_opening(&message) {
            Ok(Opening::Hello) => {}
            Ok(Opening::Began(began)) if call.is_named(&began.leg) => return Ok(began),
            Ok(Opening::Began(began)) => {
                tracing::warn!(call = %call.facts.id, leg = %began.leg, "a stream is of another call");
                return Err(Over::Broke("another_call"));
            }
            Err(error) => {
                tracing::warn!(call = %call.facts.id, %error, "a stream does not begin");
                return Err(Over::Broke("no_opening"));
            }
        }
    }
}

/// Carries the sound until it is over. A program that goes away without a word is connected `again`.
async fn join<'a, S, P>(
    line: WebSocketStream<S>,
    mut program: WebSocketStream<P>,
    (began, tap): (Began, Tap),
    (call, patience): (&Call, Patience),
    again: impl Fn() -> BoxFuture<'a, Option<WebSocketStream<P>>>,
) -> Over
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    P: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Began { stream, heard, played, messages, .. } = began;
    let (order, marks) = (Order::new(), VecDeque::new());
    let shared = Mutex::new(Shared { stream: messages, order, marks, next_mark: 1, tap });
    let (mut to_line, mut from_line) = line.split();
    let mut n_lost = 0;
    let over = loop {
        let (mut to_program, from_program) = program.split();
        let mut words = ToProgram::new(&stream, call.facts.id);
        let over = if greet(&mut to_program, &mut words, call, patience).await {
            let up = up(&mut from_line, &mut to_program, &mut words, &shared, (heard, patience));
            let down = down(from_program, &mut to_line, &shared, (played, patience));
            tokio::select! {
                over = up => over,
                over = down => over,
            }
        } else {
            Over::ProgramLost
        };
        if over != Over::ProgramLost {
            let _ = said(&mut to_program, words.stop(), patience).await;
            let _ = timeout(patience.slow, to_program.close()).await;
            break over;
        }
        n_lost += 1;
        tracing::warn!(call = %call.facts.id, n_lost, "a program went away without a word");
        // What it said and nobody heard yet was said by one that is no more.
        let clear = {
            let mut shared = held(&shared);
            shared.marks.clear();
            shared.tap.cut();
            shared.stream.clear()
        };
        let _ = said(&mut to_line, clear, patience).await;
        if n_lost > LOST_MAX {
            break Over::Broke(PROGRAM_GONE);
        }
        tokio::select! {
            another = again() => match another {
                Some(another) => program = another,
                None => break Over::Broke(PROGRAM_GONE),
            },
            over = unheard(&mut from_line, &shared, patience) => break over,
        }
    };
    let _ = timeout(patience.slow, to_line.close()).await;
    over
}

/// Tells a program whose call it is.
async fn greet(
    program: &mut (impl Sink<Message, Error = tungstenite::Error> + Unpin),
    words: &mut ToProgram,
    call: &Call,
    patience: Patience,
) -> bool {
    for message in words.opening(call.facts.from.as_str(), call.facts.to.as_str()) {
        if said(program, message, patience).await.is_err() {
            return false;
        }
    }
    true
}

/// Hears the line while nobody is there to hear it, until it is over.
async fn unheard(
    line: &mut (impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin),
    shared: &Mutex<Shared>,
    patience: Patience,
) -> Over {
    loop {
        let text = match next_of(line, patience).await {
            Ok(text) => text,
            Err(over) => return over,
        };
        let mut ended = false;
        let _ = held(shared).stream.hear(&text, &mut |heard| ended |= matches!(heard, Heard::Ended));
        if ended {
            return Over::Carrier;
        }
    }
}

/// The next message of the carrier's, or how the line is over.
async fn next_of(
    line: &mut (impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin),
    patience: Patience,
) -> Result<Utf8Bytes, Over> {
    loop {
        match timeout(patience.silent, line.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => return Ok(text),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Err(Over::Lost),
            Ok(Some(Ok(_))) => {}
            Err(_) => return Err(Over::Broke("carrier_silent")),
        }
    }
}

/// What the line says, to the program.
async fn up(
    line: &mut (impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin),
    program: &mut (impl Sink<Message, Error = tungstenite::Error> + Unpin),
    words: &mut ToProgram,
    shared: &Mutex<Shared>,
    (form, patience): (Form, Patience),
) -> Over {
    let mut resampler = (form.rate != TELEPHONE).then(|| Resampler::new(form.rate, TELEPHONE));
    let mut messages = Vec::new();
    loop {
        let text = match next_of(line, patience).await {
            Ok(text) => text,
            Err(over) => return over,
        };
        if heard(&text, &mut held(shared), words, resampler.as_mut(), &mut messages) {
            return Over::Carrier;
        }
        for message in messages.drain(..) {
            match said(program, message, patience).await {
                Ok(()) => {}
                Err(Unsaid::Closed) => return Over::ProgramLost,
                Err(Unsaid::TooSlow) => return Over::Broke("program_slow"),
            }
        }
    }
}

/// Reads one message of the carrier's; `true` where it ends the stream.
fn heard(
    text: &str,
    shared: &mut Shared,
    words: &mut ToProgram,
    mut resampler: Option<&mut Resampler>,
    messages: &mut Vec<String>,
) -> bool {
    let mut ended = false;
    let Shared { stream, order, marks, tap, .. } = shared;
    let read = stream.hear(text, &mut |heard| match heard {
        Heard::Sound { place, frame } => order.hear(place, frame, |frame| {
            let frame = turned(frame, resampler.as_deref_mut());
            tap.heard(&frame);
            let mut message = String::with_capacity(SOUND_BYTES);
            match words.sound(&frame, &mut message) {
                Ok(()) => messages.push(message),
                Err(error) => tracing::debug!(%error, "a frame is not handed on"),
            }
        }),
        Heard::Key(key) => messages.push(words.key(key)),
        Heard::Played(mark) => {
            // Those before it were played too, whoever forgot to say so.
            while marks.front().is_some_and(|(first, _)| *first <= mark) {
                messages.extend(marks.pop_front().map(|(_, name)| words.played(&name)));
            }
        }
        Heard::Cleared => messages.extend(marks.drain(..).map(|(_, name)| words.played(&name))),
        Heard::Refused(why) => tracing::warn!(why, "the carrier did not take what was said on a stream"),
        Heard::Ended => ended = true,
    });
    if let Err(error) = read {
        tracing::debug!(%error, "a message on a stream is passed over");
    }
    ended
}

/// What the program says, to the line.
async fn down(
    mut program: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
    line: &mut (impl Sink<Message, Error = tungstenite::Error> + Unpin),
    shared: &Mutex<Shared>,
    (form, patience): (Form, Patience),
) -> Over {
    let mut words = FromProgram::new();
    let mut resampler = (form.rate != TELEPHONE).then(|| Resampler::new(TELEPHONE, form.rate));
    let mut messages = Vec::new();
    loop {
        let text = match program.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) if is_meant(frame.as_ref()) => return Over::Program,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Over::ProgramLost,
            Some(Ok(_)) => continue,
        };
        told(&text, &mut held(shared), &mut words, resampler.as_mut(), &mut messages);
        for message in messages.drain(..) {
            match said(line, message, patience).await {
                Ok(()) => {}
                Err(Unsaid::Closed) => return Over::Lost,
                Err(Unsaid::TooSlow) => return Over::Broke("carrier_slow"),
            }
        }
    }
}

/// Reads one message of the program's.
fn told(
    text: &str,
    shared: &mut Shared,
    words: &mut FromProgram,
    mut resampler: Option<&mut Resampler>,
    messages: &mut Vec<String>,
) {
    let Shared { stream, marks, next_mark, tap, .. } = shared;
    let read = words.hear(text, &mut |said| match said {
        Said::Sound(frame) => {
            tap.said(&frame);
            let frame = turned(frame, resampler.as_deref_mut());
            let mut message = String::with_capacity(SOUND_BYTES);
            match stream.play(&frame, &mut message) {
                Ok(()) => messages.push(message),
                Err(error) => tracing::debug!(%error, "a frame is not handed on"),
            }
        }
        Said::Mark(name) if marks.len() < MARKS_MAX && name.len() <= NAME_MAX => {
            let mark = Mark(*next_mark);
            *next_mark += 1;
            marks.push_back((mark, name.to_owned()));
            messages.push(stream.mark(mark));
        }
        Said::Mark(_) => tracing::warn!("a program sets more marks than are played; one is passed over"),
        Said::Clear => {
            tap.cut();
            messages.push(stream.clear());
        }
    });
    if let Err(error) = read {
        tracing::warn!(%error, "a message of a program is passed over");
    }
}

pub(super) fn turned(frame: Frame, resampler: Option<&mut Resampler>) -> Frame {
    match resampler {
        Some(resampler) => resampler.turned(&frame),
        None => frame,
    }
}

/// Why something was not said.
pub(super) enum Unsaid {
    Closed,
    TooSlow,
}

pub(super) async fn said(
    to: &mut (impl Sink<Message, Error = tungstenite::Error> + Unpin),
    message: String,
    patience: Patience,
) -> Result<(), Unsaid> {
    match timeout(patience.slow, to.send(Message::text(message))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Unsaid::Closed),
        Err(_) => Err(Unsaid::TooSlow),
    }
}

/// What a panic left is whole: a message is read to its end or not at all.
fn held(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a program hears and says.
pub(super) const TELEPHONE: SampleRate = SampleRate::Hz8000;
/// How long is waited for whom.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// For either side to read a message.
    pub(super) slow: Duration,
    /// For the carrier to say something.
    pub(super) silent: Duration,
}

/// A carrier speaks every 20 ms, also when nobody does.
pub(super) const PATIENCE: Patience =
    Patience { slow: Duration::from_secs(5), silent: Duration::from_secs(60) };
/// A message with a frame of telephone sound is smaller.
pub(super) const SOUND_BYTES: usize = 384;
/// A carrier's messages hold a frame or a few.
const CARRIER_MESSAGE_MAX: usize = 64 * 1024;
/// So often a program is tried that went away, with pauses that are longer each time.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);
/// So often a program may go away on one stream.
pub(super) const LOST_MAX: u32 = 8;
pub(super) const PROGRAM_GONE: &str = "program_gone";
/// The configuration has none of this name any more.
const NO_AGENT: &str = "no_agent";
/// So many marks of a program may wait to be played, of names so long.
const MARKS_MAX: usize = 256;
const NAME_MAX: usize = 256;

#[cfg(test)]
mod tests;
