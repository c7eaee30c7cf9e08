//! What is to be said, in sound: one sentence after another is sent to a synthesizer, and to the next one
//! where that fails.

use super::cascade::Part;
use crate::calls::Calls;
use crate::settings::{Synthesizer, SynthesizerSettings};
use crate::vendor::{open, run};
use audio::g711::Law;
use carrier::send::Sender;
use speech::{Form, Sound};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

/// Speaks on one line. When it is dropped, nobody waits for its sound any more.
pub(super) struct Voice {
    calls: Calls,
    synthesizers: Vec<SynthesizerSettings>,
    tell: mpsc::Sender<Part>,
    to: mpsc::UnboundedSender<(u64, String)>,
    task: AbortHandle,
}

impl Voice {
    /// One that has texts said by these, the first of them that can, and tells their sound.
    pub(super) fn new(
        calls: &Calls,
        synthesizers: Vec<SynthesizerSettings>,
        tell: mpsc::Sender<Part>,
    ) -> Voice {
        let (to, said) = mpsc::unbounded_channel();
        let speaking = speak(calls.clone(), synthesizers.clone(), said, tell.clone());
        let task = tokio::spawn(speaking).abort_handle();
        Voice { calls: calls.clone(), synthesizers, tell, to, task }
    }

    /// Has this said, after what is said already.
    pub(super) fn say(&self, utterance: u64, text: String) {
        let _ = self.to.send((utterance, text));
    }

    /// Nothing of it is wanted any more.
    pub(super) fn hush(&mut self) {
        *self = Voice::new(&self.calls, std::mem::take(&mut self.synthesizers), self.tell.clone());
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn speak(
    calls: Calls,
    synthesizers: Vec<SynthesizerSettings>,
    mut said: mpsc::UnboundedReceiver<(u64, String)>,
    tell: mpsc::Sender<Part>,
) {
    while let Some((utterance, text)) = said.recv().await {
        let whole = say(&calls, &synthesizers, (utterance, &text), &tell).await;
        if tell.send(Part::SoundOver(utterance, whole)).await.is_err() {
            return;
        }
    }
}

/// Has one text said by the first that can; or why none could.
async fn say(
    calls: &Calls,
    synthesizers: &[SynthesizerSettings],
    (utterance, text): (u64, &str),
    tell: &mpsc::Sender<Part>,
) -> Result<(), String> {
    let mut last = "there is no synthesizer".to_owned();
    for one in synthesizers {
        let mut n_bytes = 0;
        // Nobody may wait for it any more.
        let _ = tell.send(Part::SpokenBy(utterance, one.name.clone())).await;
        match said_by(&calls.sender(), one, text, (utterance, tell), &mut n_bytes).await {
            Ok(()) => return Ok(()),
            Err(why) => {
                tracing::warn!(synthesizer = one.name, "a synthesizer failed");
                tracing::debug!(synthesizer = one.name, why, "how it failed");
                last = format!("{}: {why}", one.name);
            }
        }
        // Nobody hears the beginning of a sentence twice.
        if n_bytes > 0 {
            break;
        }
    }
    Err(last)
}

/// Has one text said by this one; or why it isn't, and how much of it was.
pub(crate) async fn said_by(
    sender: &Sender,
    one: &SynthesizerSettings,
    text: &str,
    (utterance, tell): (u64, &mpsc::Sender<Part>),
    n_bytes: &mut usize,
) -> Result<(), String> {
    let until = Instant::now() + SENTENCE_MAX;
    let soon = || (Instant::now() + one.within).min(until);
    let late = |_| format!("no sound within {:?}", one.within);
    let mut telling = Telling { utterance, tell, n_bytes };
    match &one.by {
        Synthesizer::Program(words) => {
            let answer = run(words, text.as_bytes().to_vec(), one.within).await?;
            let mut sound = Sound::new(Form::Wav);
            telling.hear(&mut sound, &answer).await?;
            telling.end(&mut sound).await;
        }
        Synthesizer::Server(by, server) => {
            let mut sound = Sound::new(by.form());
            let mut answer = open(sender, server, by.ask(text, server.shown()), one.within).await?;
            loop {
                let piece = timeout_at(soon(), answer.next()).await.map_err(late)?;
                let Some(piece) = piece.map_err(|error| error.to_string())? else { break };
                telling.hear(&mut sound, &piece).await?;
            }
            telling.end(&mut sound).await;
        }
        Synthesizer::Local(by, pool) => {
            let (give, mut pieces) = mpsc::channel(PIECES_MAX);
            let (by, text) = (Arc::clone(by), text.to_owned());
            let saying = pool.run(move |cancellation| {
                // Whoever doesn't take it has cancelled it.
                by.say(&text, cancellation, &mut |form, piece| drop(give.blocking_send((form, piece))))
            });
            let hearing = async {
                let mut sound = None;
                while let Some((form, piece)) = timeout_at(soon(), pieces.recv()).await.map_err(late)? {
                    telling.hear(sound.get_or_insert_with(|| Sound::new(form)), &piece).await?;
                }
                if let Some(sound) = &mut sound {
                    telling.end(sound).await;
                }
                Ok(())
            };
            tokio::try_join!(saying, hearing)?;
        }
    }
    if *n_bytes == 0 { Err("it made no sound".to_owned()) } else { Ok(()) }
}

/// The sound of a text, on its way to the line.
struct Telling<'a> {
    utterance: u64,
    tell: &'a mpsc::Sender<Part>,
    /// How much of it there was.
    n_bytes: &'a mut usize,
}

impl Telling<'_> {
    /// The next piece came.
    async fn hear(&mut self, sound: &mut Sound, piece: &[u8]) -> Result<(), String> {
        let mut made = Vec::new();
        let read = sound.hear(piece, &mut |frame| Law::Mu.write(&frame, &mut made));
        read.map_err(|error| error.to_string())?;
        self.tell(made).await;
        Ok(())
    }

    /// No other comes.
    async fn end(&mut self, sound: &mut Sound) {
        let mut made = Vec::new();
        sound.end(&mut |frame| Law::Mu.write(&frame, &mut made));
        self.tell(made).await;
    }

    async fn tell(&mut self, made: Vec<u8>) {
        *self.n_bytes += made.len();
        if !made.is_empty() {
            // Where nobody listens any more, the one who speaks is about to be dropped.
            let _ = self.tell.send(Part::Sound(self.utterance, made)).await;
        }
    }
}

/// How long a sentence may take to be made, to its end.
const SENTENCE_MAX: Duration = Duration::from_secs(60);
/// So many pieces of a sentence may wait to be heard.
const PIECES_MAX: usize = 16;
