//! What the other side says, in words: an utterance is sent to a recognizer while it lasts, or when it is
//! over, as the recognizer takes it; to the next one where that fails.

use super::cascade::Part;
use crate::calls::Calls;
use crate::program::{Credential, Program, connect};
use crate::settings::{Recognizer, RecognizerSettings, Server};
use crate::vendor::{ask, run};
use audio::Frame;
use carrier::Operation;
use futures::{SinkExt as _, StreamExt as _};
use speech::{News, Streaming, Told, wav};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::tungstenite::Message;

/// Listens to one line. When it is dropped, nobody waits for words any more.
pub(super) struct Ear {
    to: mpsc::UnboundedSender<Said>,
    task: AbortHandle,
    /// The last frames in which nobody was known to speak yet.
    before: VecDeque<Frame>,
    /// How many frames of the utterance there are, while somebody speaks.
    n_frames: Option<usize>,
}

/// What is said to the task that has it understood.
enum Said {
    Frame(Box<Frame>),
    /// The utterance is over.
    Over,
}

impl Ear {
    /// One that has what it hears understood by these, the first of them that can, and tells so.
    pub(super) fn new(calls: &Calls, recognizers: Vec<RecognizerSettings>, tell: mpsc::Sender<Part>) -> Ear {
        let (to, said) = mpsc::unbounded_channel();
        let task = tokio::spawn(listen(calls.clone(), recognizers, said, tell)).abort_handle();
        Ear { to, task, before: VecDeque::new(), n_frames: None }
    }

    /// Hears the next frame; `true` when the utterance has lasted for as long as one may.
    pub(super) fn hear(&mut self, frame: Frame) -> bool {
        if let Some(n_frames) = &mut self.n_frames {
            *n_frames += 1;
            let is_long = *n_frames >= UTTERANCE_FRAMES_MAX;
            let _ = self.to.send(Said::Frame(Box::new(frame)));
            return is_long;
        }
        self.before.push_back(frame);
        if self.before.len() > BEFORE_FRAMES {
            self.before.pop_front();
        }
        false
    }

    /// Somebody speaks since a moment ago.
    pub(super) fn begin(&mut self) {
        self.n_frames = Some(self.before.len());
        for frame in self.before.drain(..) {
            let _ = self.to.send(Said::Frame(Box::new(frame)));
        }
    }

    /// They are done: their words come as a [`Part::Understood`].
    pub(super) fn end(&mut self) {
        self.n_frames = None;
        let _ = self.to.send(Said::Over);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Has one utterance after another understood.
async fn listen(
    calls: Calls,
    recognizers: Vec<RecognizerSettings>,
    mut said: mpsc::UnboundedReceiver<Said>,
    tell: mpsc::Sender<Part>,
) {
    let first = recognizers.first().and_then(|first| match &first.by {
        Recognizer::Streaming(by, server) => Some((Arc::clone(by), server.clone())),
        _ => None,
    });
    let mut live: Option<Live> = None;
    loop {
        if let Some((by, server)) = &first
            && live.is_none()
        {
            // What is said meanwhile waits, and is sent at once then.
            live = Live::connect(by, server).await.inspect_err(|why| warn(why)).ok();
        }
        let mut utterance = Vec::new();
        if !hear_out(&mut said, &mut live, &mut utterance).await {
            return;
        }
        let heard_live = match live.as_mut() {
            Some(one) => one.finish(recognizers[0].within).await.unwrap_or_else(|why| {
                warn(&why);
                None
            }),
            None => None,
        };
        let words = match heard_live {
            Some(words) => Ok(words),
            None => {
                live = None;
                understand(&calls, &recognizers, &utterance).await
            }
        };
        if tell.send(Part::Understood(words)).await.is_err() {
            return;
        }
    }
}

/// Hears an utterance to its end; `false` if none comes any more.
async fn hear_out(
    said: &mut mpsc::UnboundedReceiver<Said>,
    live: &mut Option<Live>,
    utterance: &mut Vec<Frame>,
) -> bool {
    loop {
        let goes_on = tokio::select! {
            one = said.recv() => match one {
                None => return false,
                Some(Said::Over) => return true,
                Some(Said::Frame(frame)) => {
                    let told = match live.as_mut() {
                        Some(one) => one.tell(one.by.sound(&frame)).await,
                        None => Ok(()),
                    };
                    utterance.push(*frame);
                    told
                }
            },
            heard = next(live) => heard,
            () = sleep(STAY_EVERY) => match live.as_mut() {
                Some(one) => match one.by.stay() {
                    Some(told) => one.tell(told).await,
                    None => Ok(()),
                },
                None => Ok(()),
            },
        };
        if let Err(why) = goes_on {
            tracing::debug!(why, "a recognizer's connection is gone");
            *live = None;
        }
    }
}

async fn next(live: &mut Option<Live>) -> Result<(), String> {
    match live.as_mut() {
        Some(one) => one.hear().await,
        None => std::future::pending().await,
    }
}

/// The words of an utterance, by the first that can tell; or why none could.
async fn understand(
    calls: &Calls,
    recognizers: &[RecognizerSettings],
    utterance: &[Frame],
) -> Result<String, String> {
    let mut last = "there is no recognizer".to_owned();
    for one in recognizers {
        let words = match &one.by {
            Recognizer::Whole(by, server) => {
                let post = by.ask(utterance, server.shown());
                match ask(calls, Operation::Recognize, server, post, one.within).await {
                    Ok(body) => by.answer(&body).map_err(|error| error.to_string()),
                    Err(why) => Err(why),
                }
            }
            Recognizer::Streaming(by, server) => at_once(by, server, utterance, one.within).await,
            Recognizer::Program(words) => run(words, wav(utterance), one.within)
                .await
                .and_then(|text| String::from_utf8(text).map_err(|_| "what it wrote is no UTF-8".to_owned())),
        };
        match words {
            Ok(words) => return Ok(words),
            Err(why) => {
                tracing::warn!(recognizer = one.name, "a recognizer failed");
                tracing::debug!(recognizer = one.name, why, "how it failed");
                last = format!("{}: {why}", one.name);
            }
        }
    }
    Err(last)
}

/// An utterance that is over already, by one that would rather have heard it while it lasted.
async fn at_once(
    by: &Arc<dyn Streaming>,
    server: &Server,
    utterance: &[Frame],
    within: Duration,
) -> Result<String, String> {
    let mut live = Live::connect(by, server).await?;
    for frame in utterance {
        live.tell(by.sound(frame)).await?;
    }
    // One that has heard all and doesn't tell a word heard none.
    Ok(live.finish(within).await?.unwrap_or_default())
}

/// A connection to a recognizer that hears speech while it comes.
struct Live {
    by: Arc<dyn Streaming>,
    socket: Program,
    /// What of the utterance will not change, and what may yet.
    parts: Vec<String>,
    so_far: String,
    is_whole: bool,
}

impl Live {
    async fn connect(by: &Arc<dyn Streaming>, server: &Server) -> Result<Live, String> {
        let credential = Credential::Headers(by.headers(server.shown()));
        let socket = *connect(&server.socket(&by.path()), Some(&credential)).await?;
        Ok(Live { by: Arc::clone(by), socket, parts: Vec::new(), so_far: String::new(), is_whole: false })
    }

    async fn tell(&mut self, told: Told) -> Result<(), String> {
        let message = match told {
            Told::Bytes(bytes) => Message::binary(bytes),
            Told::Text(text) => Message::text(text),
        };
        match timeout_at(Instant::now() + SLOW_MAX, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => Err("it doesn't read".to_owned()),
        }
    }

    /// Hears one message.
    async fn hear(&mut self) -> Result<(), String> {
        let text = match self.socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) => return Err(format!("it closed the connection: {frame:?}")),
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("its connection broke".to_owned()),
        };
        match self.by.hear(&text).map_err(|error| error.to_string())? {
            News::Nothing => {}
            News::SoFar(words) => self.so_far = words,
            News::Final { text, last } => {
                self.so_far.clear();
                self.parts.push(text);
                self.is_whole |= last;
            }
            News::Failed(why) => return Err(why),
        }
        Ok(())
    }

    /// What was said in the utterance, which is over; `None` if it doesn't tell. A recognizer needn't answer
    /// when nobody spoke, nor may it when its connection is dead.
    async fn finish(&mut self, within: Duration) -> Result<Option<String>, String> {
        self.is_whole = false;
        self.tell(self.by.finish()).await?;
        let until = Instant::now() + within.min(FINISH_MAX);
        while !self.is_whole {
            match timeout_at(until, self.hear()).await {
                Ok(heard) => heard?,
                Err(_) => break,
            }
        }
        let mut parts = std::mem::take(&mut self.parts);
        parts.push(std::mem::take(&mut self.so_far));
        let said: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        Ok((self.is_whole || !said.is_empty()).then(|| said.join(" ")))
    }
}

fn warn(why: &str) {
    tracing::warn!("a recognizer is gone, and is connected again");
    tracing::debug!(why, "how it went");
}

/// So much from before somebody is known to speak is theirs: it takes some 150 ms to be known.
const BEFORE_FRAMES: usize = 20;
/// An utterance that is longer is understood in parts: half a minute.
const UTTERANCE_FRAMES_MAX: usize = 1_500;
/// How often a connection is told to stay in which nothing is said.
const STAY_EVERY: Duration = Duration::from_secs(4);
/// How long it may take to answer that an utterance is over, of which it has heard all by then.
const FINISH_MAX: Duration = Duration::from_secs(2);
/// How long a recognizer may take to read a message.
const SLOW_MAX: Duration = Duration::from_secs(5);
