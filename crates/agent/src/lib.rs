//! What the programs and models that talk on calls are told, and what they say: messages read and
//! written, pure. Whose turn it is knows [`call::dialogue`], and the sending is the engine's.

pub mod cascade;
pub mod chat;
mod heard;
pub mod model;
pub mod offer;
mod overlap;
pub mod realtime;
pub mod relay;
pub mod tool;
