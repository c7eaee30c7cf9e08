//! Telephone calls as values, and the one pure function that moves them.
//!
//! Nothing here knows a clock, a socket, a file or chance. An [`Event`] carries whatever was drawn
//! outside (the time, jitter, ids), [`step`] says what a call becomes and what it now owes, and
//! [`resume`] says what any freshly started process owes a call that it finds on disk.
//! Read the modules in this order: [`ids`], [`number`], [`time`], then [`call`], and
//! `call/transitions.txt`, the whole table in print, and [`gate`] with its `gate/cases.txt`.
//!
//! [`Event`]: call::Event
//! [`step`]: call::step
//! [`resume`]: call::resume

pub mod access;
pub mod admission;
pub mod call;
pub mod dialogue;
pub mod gate;
pub mod ids;
pub mod number;
pub mod redaction;
pub mod time;

pub use call::{Call, CallState, Effect, Event, News, Sighting, Step, resume, step};
pub use ids::{CallId, CarrierCallId, CarrierName};
pub use number::{Party, PhoneNumber};
pub use time::Timestamp;
