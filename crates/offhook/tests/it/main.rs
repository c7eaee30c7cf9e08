//! The binary as its users see it: real processes on loopback, killed at chosen points, and held
//! against what really rang.

#![allow(clippy::unwrap_used, missing_docs)]

#[macro_use]
mod lines;
mod world;

mod admission;
mod carriers;
mod command_doubt;
mod commands;
mod config;
mod crash;
mod deadlines;
mod doctor;
mod doubt;
mod faces;
mod idempotency;
mod import;
mod inbound;
mod logs;
mod looks;
mod orphans;
mod recovery;
mod refusals;
mod scale;
mod sound;
mod store;
mod surfaces;
mod ways;
mod webhooks;
