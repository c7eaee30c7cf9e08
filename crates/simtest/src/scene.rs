//! What a seed is played with, where that isn't left to the seed.

use std::fmt;

/// A carrier that the gateway may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Twilio: documents for the line, one name for a leg.
    Twilio,
    /// Telnyx: commands for the line, webhooks that carry their time.
    Telnyx,
    /// Plivo: documents for the line, and two names for a leg.
    Plivo,
}

/// What is settled beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The carrier; without it the seed draws one.
    pub carrier: Option<Kind>,
    /// Whether users ask things of calls that live.
    pub commands: bool,
    /// Whether seeds draw dial rules, and how much of the past is kept.
    pub rules: bool,
    /// Whether stores are lost, or go back in time.
    pub losses: bool,
    /// Whether agents talk on some of the calls.
    pub agents: bool,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Twilio, Kind::Telnyx, Kind::Plivo];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Twilio => "twilio",
            Kind::Telnyx => "telnyx",
            Kind::Plivo => "plivo",
        }
    }
}

impl Default for Scene {
    fn default() -> Scene {
        Scene { carrier: None, commands: true, rules: true, losses: true, agents: true }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
