//! One call as a state machine: what it is ([`state`]), what can happen to it ([`event`]), what it
//! then owes ([`effect`]), how it moves ([`step()`]), and what a restart owes it ([`resume()`]).
//!
//! Webhooks, look-ups, commands and the clock are all events: reconciliation with the carrier is
//! no second road but the same door with another visitor.

pub mod agent;
pub mod at_carrier;
mod closing;
pub mod command;
mod commands;
pub mod effect;
pub mod ending;
pub mod event;
pub mod facts;
pub mod machine;
mod moves;
mod names;
mod placing;
mod progress;
mod reach;
mod recording;
mod resume;
pub mod script;
pub mod state;
mod step;
mod stops;
mod strays;
mod timers;
mod waits;

pub use agent::{Agent, Does, Leaving};
pub use at_carrier::AtCarrier;
pub use command::{
    Command, CommandId, CommandReply, CommandState, GREETING, Input, Outcome, Performed, Pressed, Speaks,
    StreamEnd, Verb,
};
pub use effect::Effect;
pub use ending::{CarrierEnding, ConfirmedBy, EndedBy, Ending, EndingKind};
pub use event::{Event, Found, HangUpReply, News, Roll, Sighting, Source, Unknown, UnknownWhy};
pub use facts::{Direction, Facts, Limits, Route};
pub use machine::{AnsweredBy, OnMachine};
pub use moves::Step;
pub use progress::Progress;
pub use recording::{Recorded, Recording, RecordingState};
pub use resume::resume;
pub use script::{Page, Performance, Script};
pub use state::{Call, CallState, Decline, HangingUp, Over, Placing, Queued, Stray, Talk, Unanswered, Watch};
pub use step::{born, step};
pub use timers::RETRY_AFTER_MAX;
pub use waits::{Timing, Vendors, Waits, Work};

#[cfg(test)]
pub(crate) mod tests;
