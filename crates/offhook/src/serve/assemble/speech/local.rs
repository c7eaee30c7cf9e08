//! Who understands speech and who speaks in this process. A model is large: whoever is configured alike shares
//! one, over a reload too, as long as anybody has it.

use engine::{Pool, Recognizer, Synthesizer};
use local_speech::{PiperVoice, WhisperCpp};
use speech::local::{Piper, Whisper};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::available_parallelism;

/// Who understands so.
pub(super) fn whisper(settings: Whisper) -> Recognizer {
    let threads = settings.threads;
    let (by, pool) =
        WHISPERS.shared(settings, |settings| (WhisperCpp::new(settings), pool("whisper", threads)));
    Recognizer::Local(by, pool)
}

/// Who speaks so.
pub(super) fn piper(settings: Piper) -> Synthesizer {
    let threads = settings.threads;
    let (by, pool) = PIPERS.shared(settings, |settings| (PiperVoice::new(settings), pool("piper", threads)));
    Synthesizer::Local(by, pool)
}

/// As many at once as have a core for each of their threads.
fn pool(name: &str, threads: usize) -> Pool {
    let cores = available_parallelism().map_or(1, usize::from);
    Pool::new(name, (cores / threads).max(1))
}

/// Those that are there.
struct Shared<S, T>(Mutex<Vec<There<S, T>>>);

struct There<S, T> {
    /// By what it is configured with.
    settings: S,
    one: Weak<T>,
    pool: Weak<Pool>,
}

impl<S: Clone + PartialEq, T> Shared<S, T> {
    fn shared(&self, settings: S, make: impl FnOnce(S) -> (T, Pool)) -> (Arc<T>, Arc<Pool>) {
        let mut there = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        there.retain(|there| there.one.strong_count() > 0);
        let found = there.iter().find(|there| there.settings == settings);
        if let Some(found) = found.and_then(|there| there.one.upgrade().zip(there.pool.upgrade())) {
            return found;
        }
        let (one, pool) = make(settings.clone());
        let (one, pool) = (Arc::new(one), Arc::new(pool));
        there.push(There { settings, one: Arc::downgrade(&one), pool: Arc::downgrade(&pool) });
        (one, pool)
    }
}

static WHISPERS: Shared<Whisper, WhisperCpp> = Shared(Mutex::new(Vec::new()));
static PIPERS: Shared<Piper, PiperVoice> = Shared(Mutex::new(Vec::new()));
