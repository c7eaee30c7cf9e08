//! The sound of calls. A carrier's stream comes to the gateway by a ticket, and is joined to the
//! program that its call's command names, in Twilio's messages whichever carrier it is, or to a model that
//! hears and speaks.
//!
//! Nothing of it touches the disk but that a stream came, and what a model and the other side said. Whoever reads too slowly is waited for, so
//! that nothing piles up, and given up after five seconds.

pub(crate) mod bridge;
pub(crate) mod cascade;
pub(crate) mod door;
pub(crate) mod ear;
mod echo;
mod line;
mod order;
mod realtime;
mod scribe;
mod speaking;
pub(crate) mod voice;

pub use bridge::Admitted;
pub use door::Door;
