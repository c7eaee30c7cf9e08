//! Calls that come about without a request to a carrier's API.

use super::behaviour::Behaviour;

/// A call that a subscriber makes.
pub(crate) struct Incoming {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) behaviour: Option<Behaviour>,
}

/// A call that is in progress from nowhere.
pub(crate) struct Established {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) behaviour: Option<Behaviour>,
    pub(crate) answered_ago_ms: u64,
    pub(crate) time_limit_s: Option<u64>,
    /// Where the customer is told of the call.
    pub(crate) status_callback: Option<String>,
}
