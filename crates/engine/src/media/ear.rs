//! What the other side says, in words: an utterance is sent to a recognizer while it lasts, or when it is
//! over, as the recognizer takes it; to the next one where that fails.

mod live;

use super::bridge::TELEPHONE;
use super::cascade::Part;
use crate::calls::Calls;
use crate::settings::{Recognizer, RecognizerSettings, Server};
use crate::vendor::{ask, run};
use audio::Frame;
use carrier::Operation;
use carrier::send::Sender;
use live::Live;
use speech::{Streaming, wav};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// Listens to one line. When it is dropped, nobody waits for words any more.
pub(super) struct Ear {
    to: mpsc::UnboundedSender<Said>,
    task: AbortHandle,
    /// The last frames in which nobody was known to speak yet.
    before: VecDeque<Samples>,
    /// How many frames of the utterance there are, while somebody speaks.
    n_frames: Option<usize>,
    /// The recognizer hears all, and tells when they are done.
    judges_turns: bool,
}

/// Whether an utterance has lasted for so long that its first part is understood by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsLong {
    Yes,
    No,
}

/// A frame as it is kept: by itself it has room for every rate, six times as much.
type Samples = Box<[i16; FRAME_SAMPLES]>;

/// What is said to the task that has it understood.
enum Said {
    Frame(Samples),
    /// Somebody speaks, of whom the last frames are the beginning.
    Begun,
    /// The utterance is over.
    Over,
}

/// What an utterance came to.
enum Utterance {
    Over,
    /// So the recognizer says, with what was said.
    Turn(String),
    /// The connection to the recognizer was lost before anybody spoke.
    Lost,
    /// None comes any more.
    None,
}

impl Ear {
    /// One that has what it hears understood by these, the first of them that can, and tells so.
    pub(super) fn new(calls: &Calls, recognizers: Vec<RecognizerSettings>, tell: mpsc::Sender<Part>) -> Ear {
        let (to, said) = mpsc::unbounded_channel();
        let judges_turns = matches!(
            recognizers.first().map(|first| &first.by),
            Some(Recognizer::Streaming(by, _)) if by.judges_turns()
        );
        let task = tokio::spawn(listen(calls.clone(), recognizers, said, tell)).abort_handle();
        Ear { to, task, before: VecDeque::new(), n_frames: None, judges_turns }
    }

    /// Hears the next frame.
    pub(super) fn hear(&mut self, frame: &Frame) -> IsLong {
        if let Some(n_frames) = &mut self.n_frames {
            *n_frames += 1;
            let is_long = *n_frames >= UTTERANCE_FRAMES_MAX;
            let _ = self.to.send(Said::Frame(kept(frame)));
            return if is_long { IsLong::Yes } else { IsLong::No };
        }
        if self.judges_turns {
            let _ = self.to.send(Said::Frame(kept(frame)));
            return IsLong::No;
        }
        self.before.push_back(kept(frame));
        if self.before.len() > BEFORE_FRAMES {
            self.before.pop_front();
        }
        IsLong::No
    }

    /// Somebody speaks since a moment ago.
    pub(super) fn begin(&mut self) {
        self.n_frames = Some(self.before.len());
        let _ = self.to.send(Said::Begun);
        for frame in self.before.drain(..) {
            let _ = self.to.send(Said::Frame(frame));
        }
    }

    /// They are done: their words come as a [`Part::Understood`].
    pub(super) fn end(&mut self) {
        self.n_frames = None;
        let _ = self.to.send(Said::Over);
    }

    /// They are done, as the recognizer itself said.
    pub(super) fn turn_is_over(&mut self) {
        self.n_frames = None;
    }

    /// Whether the recognizer tells when they are done.
    pub(super) fn judges_turns(&self) -> bool {
        self.judges_turns
    }

    /// Whether somebody speaks.
    pub(super) fn is_spoken_to(&self) -> bool {
        self.n_frames.is_some()
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
        Recognizer::Streaming(by, server) => Some((Arc::clone(by), server.clone(), first)),
        _ => None,
    });
    let mut live: Option<Live> = None;
    loop {
        if let Some((by, server, first)) = &first
            && live.is_none()
        {
            // What is said meanwhile waits, and is sent at once then.
            live = Live::connect(by, server).await.inspect_err(|why| warn(&first.name, why)).ok();
        }
        let mut utterance = Vec::new();
        match hear_out(&mut said, &mut live, &mut utterance, &tell).await {
            Utterance::None => return,
            Utterance::Turn(words) => {
                is_by(recognizers.first(), &tell).await;
                if tell.send(Part::Turn(words)).await.is_err() {
                    return;
                }
                continue;
            }
            Utterance::Over => is_by(recognizers.first(), &tell).await,
            Utterance::Lost => {
                sleep(PAUSE).await;
                continue;
            }
        }
        let words = match live.take() {
            // Nobody said anything whose end it could judge.
            Some(one) if one.judges_turns() && !one.has_words() => {
                live = Some(one);
                Some(String::new())
            }
            // One that doesn't answer may yet do so, when another utterance is waited for: it is left.
            Some(mut one) => match one.finish(FINISH_MAX).await {
                Ok(words) => {
                    live = one.is_done().then_some(one);
                    Some(words)
                }
                Err(why) => {
                    warn(&recognizers[0].name, &why);
                    None
                }
            },
            None => None,
        };
        let words = match words {
            Some(words) => Ok(words),
            None => {
                let utterance: Vec<Frame> = utterance.iter().map(frame_of).collect();
                understand(&calls, &recognizers, &utterance, &tell).await
            }
        };
        if tell.send(Part::Understood(words)).await.is_err() {
            return;
        }
    }
}

/// Hears an utterance to its end.
async fn hear_out(
    said: &mut mpsc::UnboundedReceiver<Said>,
    live: &mut Option<Live>,
    utterance: &mut Vec<Samples>,
    tell: &mpsc::Sender<Part>,
) -> Utterance {
    let (mut has_begun, mut has_words) = (false, false);
    loop {
        if let Some(live) = live {
            if let Some(words) = live.turn() {
                return Utterance::Turn(words);
            }
            if !has_words && live.has_words() {
                has_words = true;
                // Whoever listens there is told of their end all the same.
                let _ = tell.try_send(Part::Words);
            }
        }

        let goes_on = tokio::select! {
            one = said.recv() => match one {
                None => return Utterance::None,
                Some(Said::Over) => return Utterance::Over,
                Some(Said::Begun) => {
                    has_begun = true;
                    Ok(())
                }
                Some(Said::Frame(samples)) => {
                    let told = match live.as_mut() {
                        Some(one) => one.sound(&frame_of(&samples)).await,
                        None => Ok(()),
                    };
                    utterance.push(samples);
                    if !has_begun && utterance.len() > BEFORE_FRAMES {
                        utterance.remove(0);
                    }
                    told
                }
            },
            heard = next(live) => heard,
            () = sleep(STAY_EVERY) => match live.as_mut() {
                Some(one) => one.stay().await,
                None => Ok(()),
            },
        };
        if let Err(why) = goes_on {
            tracing::debug!(why, "a recognizer's connection is gone");
            *live = None;
            if !has_begun {
                return Utterance::Lost;
            }
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
    tell: &mpsc::Sender<Part>,
) -> Result<String, String> {
    let mut last = "there is no recognizer".to_owned();
    for one in recognizers {
        is_by(Some(one), tell).await;
        match understood_by(&calls.sender(), one, utterance).await {
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

/// What is told next is understood by this one.
async fn is_by(one: Option<&RecognizerSettings>, tell: &mpsc::Sender<Part>) {
    if let Some(one) = one {
        // Nobody may wait for it any more.
        let _ = tell.send(Part::UnderstoodBy(one.name.clone())).await;
    }
}

/// The words of an utterance, by this one; or why it can't tell.
pub(crate) async fn understood_by(
    sender: &Sender,
    RecognizerSettings { by, within, .. }: &RecognizerSettings,
    utterance: &[Frame],
) -> Result<String, String> {
    match by {
        Recognizer::Whole(by, server) => {
            let post = by.ask(utterance, server.shown());
            let body = ask(sender, Operation::Recognize, server, post, *within).await?;
            by.answer(&body).map_err(|error| error.to_string())
        }
        Recognizer::Streaming(by, server) => at_once(by, server, utterance, *within).await,
        Recognizer::Program(words) => {
            let text = run(words, wav(utterance), *within).await?;
            String::from_utf8(text).map_err(|_| "what it wrote is no UTF-8".to_owned())
        }
        Recognizer::Local(by, pool) => {
            let (by, utterance) = (Arc::clone(by), utterance.to_vec());
            let work = pool.run(move |cancellation| by.understand(&utterance, cancellation));
            timeout(*within, work).await.map_err(|_| format!("no words within {within:?}"))?
        }
    }
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
        live.sound(frame).await?;
    }
    live.finish(within).await
}

fn kept(frame: &Frame) -> Samples {
    // A line has no other rate.
    Box::new(frame.samples().try_into().unwrap_or([0; FRAME_SAMPLES]))
}

fn frame_of(samples: &Samples) -> Frame {
    Frame::from_samples(TELEPHONE, &samples[..]).unwrap_or_else(|_| Frame::silence(TELEPHONE))
}

fn warn(recognizer: &str, why: &str) {
    tracing::warn!(recognizer, "a recognizer is gone or doesn't answer, and is connected again");
    tracing::debug!(recognizer, why, "how it went");
}

const FRAME_SAMPLES: usize = TELEPHONE.frame_samples();
/// So much from before somebody is known to speak is theirs: it takes some 150 ms to be known.
const BEFORE_FRAMES: usize = 20;
/// An utterance that is longer is understood in parts: half a minute.
const UTTERANCE_FRAMES_MAX: usize = 1_500;
/// How long a recognizer that has heard all may take to say so.
const FINISH_MAX: Duration = Duration::from_secs(2);
/// How often a connection is told to stay in which nothing is said.
const STAY_EVERY: Duration = Duration::from_secs(4);
/// How long one that was lost is left alone.
const PAUSE: Duration = Duration::from_secs(1);
