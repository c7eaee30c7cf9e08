//! Carriers: the roles they play, and one folder for each.
//!
//! A carrier with an HTTP interface never sends: it writes [`Request`]s and reads [`Reply`]s as
//! data ([`roles`]), and one file sends for all of them ([`send`]), without redirects and without
//! a retry layer. So the same connectors run over real sockets and in a seeded simulation.
//! Adding a carrier is adding one folder and one line in [`directory`].

pub mod directory;
mod mark;
pub mod media;
pub mod plivo;
pub mod recording;
pub mod roles;
mod secret;
pub mod send;
pub mod telnyx;
pub mod twilio;
pub mod webhook;
pub mod wire;
pub mod wiring;

pub use mark::{Ends, INSTALLATION_MAX, Installation, Mark, NoInstallation};
pub use media::{Began, Form, MediaError, MediaStream, Opening};
pub use roles::{
    ADDRESS_MAX, Candidate, Carrier, Leg, Listed, Listens, Next, Pace, PlaceError, Placement, SAY_MAX, Seen,
    Sought, address_fits, say_fits,
};
pub use secret::Secret;
pub use webhook::{Document, HeardWebhook, InboundCall, RawWebhook, Verified, WebhookError};
pub use wire::{Operation, Reply, Request, SendError};
pub use wiring::{Setting, Stake, Wiring};

#[cfg(test)]
mod samples;
