//! The table, in print, and the properties of every call that can come about.
#![allow(clippy::unwrap_used)]

mod agents;
pub(crate) mod commands;
mod endings;
mod greetings;
mod hang_ups;
mod machines;
mod names;
mod properties;
mod recordings;
mod routes;
mod samples;
mod stops;
mod stories;
mod table;
mod times;
mod words;
