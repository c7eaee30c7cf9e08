//! The sound of a telephone call, in frames of 20 ms.
//!
//! Nothing here knows a clock, a socket, a file or chance: a time is a [`Duration`] since some start
//! that the caller chose. [`g711`] and [`l16`] make sound of what a carrier sends, and turn it back.
//! [`resample`] turns it into what recognizers and synthesizers speak, [`gaps`] puts what comes in
//! order, and [`pacer`] lets go what is spoken. [`dtmf`] hears keys.
//! Once warm, no step allocates for a frame.
//!
//! [`Duration`]: std::time::Duration

mod bank;
pub mod dtmf;
pub mod frame;
pub mod g711;
pub mod gaps;
pub mod l16;
pub mod pacer;
pub mod resample;

pub use frame::{FRAME, Frame, SampleRate};
pub use resample::Resampler;

#[cfg(test)]
mod sounds;
