//! What is to be said, in sound: one sentence after another is sent to a synthesizer, and to the next one
//! where that fails.

use super::cascade::Part;
use crate::calls::Calls;
use crate::settings::{Synthesizer, SynthesizerSettings};
use crate::vendor::{open, run};
use audio::Frame;
use audio::g711::Law;
use carrier::send::Sender;
use speech::{Form, Sound};
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
    let mut made = Vec::new();
    let mut make = |frame: Frame| Law::Mu.write(&frame, &mut made);
    match &one.by {
        Synthesizer::Program(words) => {
            let answer = run(words, text.as_bytes().to_vec(), one.within).await?;
            let mut sound = Sound::new(Form::Wav);
            sound.hear(&answer, &mut make).map_err(|error| error.to_string())?;
            sound.end(&mut make);
        }
        Synthesizer::Server(by, server) => {
            let mut sound = Sound::new(by.form());
            let mut answer = open(sender, server, by.ask(text, server.shown()), one.within).await?;
            loop {
                let soon = (Instant::now() + one.within).min(until);
                let piece = match timeout_at(soon, answer.next()).await {
                    Ok(piece) => piece.map_err(|error| error.to_string())?,
                    Err(_) => return Err(format!("no sound within {:?}", one.within)),
                };
                let Some(piece) = piece else { break };
                let mut made = Vec::new();
                let read = sound.hear(&piece, &mut |frame| Law::Mu.write(&frame, &mut made));
                read.map_err(|error| error.to_string())?;
                *n_bytes += made.len();
                if !made.is_empty() && tell.send(Part::Sound(utterance, made)).await.is_err() {
                    return Ok(());
                }
            }
            sound.end(&mut make);
        }
    }
    *n_bytes += made.len();
    if *n_bytes == 0 {
        return Err("it made no sound".to_owned());
    }
    let _ = tell.send(Part::Sound(utterance, made)).await;
    Ok(())
}

/// How long a sentence may take to be made, to its end.
const SENTENCE_MAX: Duration = Duration::from_secs(60);
