//! The binary as its users see it: real processes on loopback, killed at chosen points, and held
//! against what really rang.

#![allow(clippy::unwrap_used, missing_docs)]

#[macro_use]
mod lines;
mod world;

mod admission;
mod config;
mod deadlines;
mod doubt;
mod idempotency;
mod import;
mod logs;
mod looks;
mod recovery;
mod refusals;
mod store;
mod surfaces;
mod webhooks;
