//! The binary as its users see it: real processes on loopback, killed at chosen points, and held
//! against what really rang.

#![allow(clippy::unwrap_used, missing_docs)]

#[macro_use]
mod lines;
mod world;

mod access;
mod admission;
mod agents;
mod alarms;
mod budgets;
mod carriers;
mod cascades;
mod chaos;
mod clock;
mod command_doubt;
mod commands;
mod config;
mod crash;
mod deadlines;
mod disk;
mod doctor;
mod documents;
mod doubt;
mod dry_run;
mod faces;
mod feed;
mod gate;
mod handover;
mod history;
mod idempotency;
mod import;
mod inbound;
mod init;
mod logs;
mod looks;
mod machines;
mod mcp_tools;
mod metrics;
mod models;
mod notices;
mod orphans;
mod phone;
mod recordings;
mod recovery;
mod redaction;
mod refusals;
mod relays;
mod reload;
mod scale;
mod searches;
mod situations;
mod sound;
mod stopped;
mod store;
mod surfaces;
mod tail;
mod talk;
mod through;
mod top;
mod tunnel;
mod turns;
mod voices;
mod ways;
mod webhooks;
