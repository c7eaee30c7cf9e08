//! Whisper, by whisper.cpp: one model in memory for all calls, and a state for each utterance that is being
//! understood.

use audio::Frame;
use speech::local::Whisper;
use speech::whisper::Heard;
use speech::{Cancellation, LocalRecognizer};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, get_lang_id,
    get_lang_str, install_logging_hooks,
};

/// Understands utterances by whisper.cpp.
#[derive(Debug)]
pub struct WhisperCpp {
    settings: Whisper,
    /// None until it is needed.
    model: Mutex<Option<Arc<WhisperContext>>>,
    /// Those who wait for the next utterance.
    idle: Mutex<Vec<Listener>>,
}

/// Understands one utterance after another.
struct Listener {
    state: WhisperState,
    /// How it understands, whatever the utterance is.
    how: FullParams<'static, 'static>,
    /// Whether the one that it understands was cancelled.
    cancellation: Arc<Mutex<Cancellation>>,
}

impl WhisperCpp {
    /// One whose model isn't read yet.
    pub fn new(settings: Whisper) -> WhisperCpp {
        WhisperCpp { settings, model: Mutex::new(None), idle: Mutex::new(Vec::new()) }
    }

    /// The model, read once: whoever comes meanwhile waits for it.
    fn model(&self) -> Result<Arc<WhisperContext>, String> {
        let mut model = locked(&self.model);
        if let Some(model) = &*model {
            return Ok(Arc::clone(model));
        }
        let read = Arc::new(read(&self.settings)?);
        // What one needs is there before the first of them speaks, and whether there is room.
        locked(&self.idle).push(Listener::new(&read, &self.settings)?);
        Ok(Arc::clone(model.insert(read)))
    }
}

impl LocalRecognizer for WhisperCpp {
    fn load(&self) -> Result<(), String> {
        self.model().map(|_| ())
    }

    fn understand(&self, utterance: &[Frame], cancellation: &Cancellation) -> Result<String, String> {
        let model = self.model()?;
        let idle = locked(&self.idle).pop();
        let mut listener = match idle {
            Some(listener) => listener,
            None => Listener::new(&model, &self.settings)?,
        };
        let words = listener.understand(&Heard::of(utterance), cancellation);
        locked(&self.idle).push(listener);
        words
    }
}

impl Listener {
    fn new(model: &WhisperContext, settings: &Whisper) -> Result<Listener, String> {
        let state = model.create_state().map_err(|error| format!("Whisper has no room: {error}"))?;
        let cancellation = Arc::new(Mutex::new(Cancellation::default()));
        Ok(Listener { state, how: how(model, settings, &cancellation), cancellation })
    }

    fn understand(&mut self, heard: &Heard, cancellation: &Cancellation) -> Result<String, String> {
        *locked(&self.cancellation) = cancellation.clone();
        let mut how = self.how.clone();
        how.set_audio_ctx(number(heard.audio_ctx));
        how.set_max_tokens(number(heard.tokens_max));
        let understood = self.state.full(how, &heard.samples);
        if cancellation.is_cancelled() {
            return Err("it was cancelled".to_owned());
        }
        understood.map_err(|error| format!("Whisper failed: {error}"))?;
        let parts = self.state.as_iter().map(|part| part.to_str_lossy().map(|text| text.trim().to_owned()));
        let parts: Result<Vec<_>, _> = parts.collect();
        Ok(parts.map_err(|error| format!("Whisper failed: {error}"))?.join(" ").trim().to_owned())
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("state", &self.state).finish_non_exhaustive()
    }
}

/// Reads a model, and sees that it knows the language.
fn read(settings: &Whisper) -> Result<WhisperContext, String> {
    install_logging_hooks();
    let Whisper { model: path, language, .. } = settings;
    let named = path.display();
    is_ggml(path).map_err(|why| format!("cannot read Whisper's model {named}: {why}"))?;
    let model = WhisperContext::new_with_params(path, WhisperContextParameters::default()).map_err(|_| {
        format!(
            "cannot read Whisper's model {named}: it isn't whole, or not of this whisper.cpp; fetch it anew"
        )
    })?;
    match language {
        Some(code) if get_lang_id(code).is_none() => {
            Err(format!("Whisper knows no language {code:?}; give a code like \"en\""))
        }
        Some(code) if code != ENGLISH && !model.is_multilingual() => {
            Err(format!("Whisper's model {named} knows English alone, and not {code:?}; use one without .en"))
        }
        _ => Ok(model),
    }
}

/// Whether a file begins as models of whisper.cpp do: it is told apart from others' before it is read whole.
fn is_ggml(path: &Path) -> Result<(), String> {
    let mut magic = [0; MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    match read {
        Ok(()) if magic == *MAGIC => Ok(()),
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error.to_string()),
        _ => Err("it is no model in ggml's format; those are called ggml-….bin".to_owned()),
    }
}

/// How any utterance is understood.
fn how(
    model: &WhisperContext,
    settings: &Whisper,
    cancellation: &Arc<Mutex<Cancellation>>,
) -> FullParams<'static, 'static> {
    let mut how = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    how.set_n_threads(number(settings.threads));
    how.set_language(match &settings.language {
        Some(code) => get_lang_id(code).and_then(get_lang_str),
        None if model.is_multilingual() => None,
        None => Some(ENGLISH),
    });
    if let Some(prompt) = &settings.prompt {
        how.set_initial_prompt(prompt);
    }
    // An utterance is one stretch of speech, which has nothing to do with the one before.
    how.set_no_context(true);
    how.set_single_segment(true);
    how.set_no_timestamps(true);
    // Words alone, and no notes of other sounds.
    how.set_suppress_nst(true);
    // Another temperature is another try, and takes as long again.
    how.set_temperature_inc(0.0);
    how.set_print_special(false);
    how.set_print_progress(false);
    how.set_print_realtime(false);
    how.set_print_timestamps(false);
    let cancellation = Arc::clone(cancellation);
    // Boxed here, since whisper-rs 0.16 calls what it is given as what it boxes it into. It is never freed,
    // as the texts above aren't: a listener has one for all its utterances.
    let is_cancelled: Box<dyn FnMut() -> bool> = Box::new(move || locked(&cancellation).is_cancelled());
    how.set_abort_callback_safe(is_cancelled);
    how
}

/// Of what is small.
fn number(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const ENGLISH: &str = "en";
/// How ggml's files begin.
const MAGIC: &[u8; 4] = b"lmgg";
