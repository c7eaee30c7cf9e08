//! The store from outside: what every store must do ([`conformance`]), and what the one in a file
//! must bear ([`sqlite`], [`damage`], [`crash`], [`versions`]).
#![allow(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod crash;
mod damage;
mod forget;
mod lives;
mod random;
mod sqlite;
mod versions;
