//! Speech that is understood and spoken in this process: Whisper by whisper.cpp, and Piper's voices by rten.
//!
//! It computes on the thread that asks, and knows nothing of calls: which threads these are, how many
//! wait, and who has given up is the engine's. The crate is empty without its feature `engines`.
#![cfg(feature = "engines")]

mod espeak;
mod piper;
mod whisper;

pub use piper::PiperVoice;
pub use whisper::WhisperCpp;
