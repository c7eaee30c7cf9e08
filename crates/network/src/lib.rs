//! The simulated telephone network: a telephone network in a process.
//!
//! Subscribers have numbers and behaviour; carriers are faces on the network that speak the real
//! protocols. [`Network`] is the whole of it as a pure machine: requests, webhooks' answers and
//! the time go in, replies and webhooks come out, and one seed gives one history. [`serve()`] puts
//! it on a socket.
//!
//! - Who picks up, and how: [`Behaviour`], and the numbers that have one of themselves.
//! - What can go wrong: [`Fault`].
//! - What really happened: [`CallTruth`].
//! - How to steer it from outside: the [`control`] interface.
//! - What each carrier's face speaks, and where it had to choose: the [`twilio`] face under
//!   `/2010-04-01/`, the [`telnyx`] face under `/v2/`, the [`plivo`] face under `/v1/Account/`.
//!
//! It shares no code with the connectors that are tested against it, so that a mistake in one of
//! them isn't mirrored here.

pub mod control;
mod deliver;
mod form;
mod media;
mod network;
pub mod plivo;
pub mod reading;
mod serve;
mod settings;
mod socket;
pub mod telnyx;
mod time;
pub mod twilio;
mod wire;
pub mod world;
mod xml;

pub use media::Understood;
pub use network::Network;
pub use serve::serve;
pub use settings::{
    Account, Application, Connection, DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_PLIVO_AUTH_ID,
    DEFAULT_PLIVO_AUTH_TOKEN, DEFAULT_TELNYX_API_KEY, DEFAULT_TELNYX_CONNECTION_ID,
    DEFAULT_TELNYX_PUBLIC_KEY, Number, PlivoAccount, Settings, TelnyxAccount,
};
pub use time::Millis;
pub use wire::{Reply, Webhook, WebhookFailure, WebhookId, WireRequest, WireResponse};
pub use world::{Behaviour, CallTruth, Fault, StreamTruth};
