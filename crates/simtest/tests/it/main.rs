//! The simulation as a test: some thousands of seeds, the store in a file, and every sabotage seen
//! to be caught.
#![allow(clippy::unwrap_used, clippy::panic)]

mod sabotage;
mod seeds;
mod stores;
