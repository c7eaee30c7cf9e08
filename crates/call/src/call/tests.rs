//! The table, in print, and the properties of every call that can come about.
#![allow(clippy::unwrap_used)]

mod commands;
mod properties;
mod samples;
mod stories;
mod table;
