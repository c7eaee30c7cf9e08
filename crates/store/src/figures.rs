//! What is counted of many calls at once.

use call::{CarrierName, Timestamp};
use std::time::Duration;

/// Equal stretches of time, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretches {
    /// When the first begins.
    pub from: Timestamp,
    /// How long each is, at least a millisecond.
    pub each: Duration,
    /// How many there are.
    pub n: u32,
}

impl Stretches {
    /// When the stretch of this number, from 0, begins.
    pub fn begin(&self, number: u32) -> Timestamp {
        self.from + self.each * number
    }
}

/// Calls that began in the same stretch, and are alike in all that is told here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// Which stretch, from 0.
    pub stretch: u32,
    /// Whether they were placed here; otherwise they came in.
    pub outbound: bool,
    /// Who carried them.
    pub carrier: CarrierName,
    /// The word for how they ended; `None` for those that are not over.
    pub ending: Option<String>,
    /// How many they are.
    pub n_calls: u64,
    /// How many of them were answered.
    pub n_answered: u64,
    /// How long they talked, all together; those that still do, up to now.
    pub talked: Duration,
    /// How many minutes of talk they began, each call for itself, as carriers bill them.
    pub minutes: u64,
}
