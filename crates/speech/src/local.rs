//! Who understands and who speaks in this very process: what they are configured with, and what the engine
//! asks of them. They compute for long, on the thread that asks.

use crate::Form;
use audio::Frame;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Understands utterances in this process.
pub trait LocalRecognizer: Debug + Send + Sync {
    /// Reads its model, if that isn't there yet.
    ///
    /// # Errors
    /// It can't be read, and why.
    fn load(&self) -> Result<(), String>;

    /// The words of an utterance, in frames of 8 kHz; none if nobody spoke.
    ///
    /// # Errors
    /// It can't tell, and why; or it was cancelled.
    fn understand(&self, utterance: &[Frame], cancellation: &Cancellation) -> Result<String, String>;
}

/// Says texts in this process.
pub trait LocalSynthesizer: Debug + Send + Sync {
    /// Reads its voice, if that isn't there yet.
    ///
    /// # Errors
    /// It can't be read, and why.
    fn load(&self) -> Result<(), String>;

    /// Says a text, piece by piece; in what the bytes of each are written, it tells with it. It ends early
    /// where it is cancelled.
    ///
    /// # Errors
    /// It can't say it, and why.
    fn say(
        &self,
        text: &str,
        cancellation: &Cancellation,
        tell: &mut dyn FnMut(Form, Vec<u8>),
    ) -> Result<(), String>;
}

/// Whether what is being computed was cancelled: nobody waits for it any more.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Cancels it, once and for all.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Whisper, by whisper.cpp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whisper {
    /// The file of its model, in ggml's format.
    pub model: PathBuf,
    /// What is spoken, as a code like "en"; without one it finds out, which takes as long again.
    pub language: Option<String>,
    /// Words that are likely, in a sentence.
    pub prompt: Option<String>,
    /// How many threads understand one utterance. They wait for each other without rest: more than one is quicker
    /// only where a core is idle for each.
    pub threads: usize,
}

/// A voice of Piper's.
#[derive(Clone, Debug, PartialEq)]
pub struct Piper {
    /// The file of the voice, in ONNX; its description is beside it, under the same name and `.json`.
    pub model: PathBuf,
    /// The program that knows how words are pronounced: espeak-ng.
    pub phonemes: String,
    /// How fast it speaks: twice as fast at 2.
    pub speed: f64,
    /// Who of several speaks, by the name in the voice's description, or by number.
    pub speaker: Option<String>,
    /// How many threads say one sentence.
    pub threads: usize,
}
