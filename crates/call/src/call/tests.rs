//! The table, in print, and the properties of every call that can come about.
#![allow(clippy::unwrap_used)]

mod commands;
mod endings;
mod hang_ups;
mod properties;
mod routes;
mod samples;
mod stops;
mod stories;
mod table;
mod times;
mod words;
