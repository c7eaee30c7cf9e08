//! The sound of a telephone call, in frames of 20 ms.
//!
//! Nothing here knows a clock, a socket, a file or chance: a time is a [`Duration`] since some start
//! that the caller chose. What is heard goes through [`g711`], [`g722`] or [`l16`], [`gaps`], [`dtmf`],
//! [`activity`], [`beep`] and [`resample`]; what is spoken through [`resample`], and [`g711`], [`g722`] or
//! [`l16`] again. Once warm, no step allocates for a frame.
//!
//! [`Duration`]: std::time::Duration

pub mod activity;
mod bank;
pub mod beep;
pub mod dtmf;
pub mod frame;
pub mod g711;
pub mod g722;
pub mod gaps;
pub mod l16;
pub mod resample;
pub mod tape;
pub mod tones;

pub use frame::{FRAME, Frame, SampleRate};
pub use resample::Resampler;

#[cfg(test)]
mod sounds;
