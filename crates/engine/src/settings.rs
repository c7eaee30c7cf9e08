//! What the configuration says about calls.

use call::admission::Destinations;
use call::call::Limits;
use call::{CarrierName, PhoneNumber};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the configuration says about calls.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many calls may be live at once.
    pub live_max: u64,
    /// How many calls an hour may be made to one number.
    pub attempts_per_hour: u64,
    /// Which countries may be called.
    pub destinations: Destinations,
    /// How long a call may take over what.
    pub limits: Limits,
    /// How long after its admission a call's request may still leave.
    pub send_within: Duration,
    /// The time between two dials at each carrier; a carrier that isn't here has no limit.
    pub apart: BTreeMap<CarrierName, Duration>,
    /// One's own numbers.
    pub numbers: BTreeMap<PhoneNumber, NumberSettings>,
}

/// What the configuration says about one of one's own numbers.
#[derive(Clone, Debug)]
pub struct NumberSettings {
    /// Which carrier carries it.
    pub carrier: CarrierName,
    /// Who may call it.
    pub inbound: Inbound,
    /// What a caller hears.
    pub greeting: Option<String>,
}

/// Who may call a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// Nobody.
    Deny,
    /// Everybody.
    Open,
}
