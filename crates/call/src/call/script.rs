//! What a carrier is to do on the line, when it asks: the words behind TwiML and its like.

use super::facts::Direction;
use super::state::{Call, CallState};
use std::time::Duration;

/// What the carrier is to do on the line next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// Say this, then hang up.
    SayAndHangUp(String),
    /// Keep the line open for so long.
    Hold(Duration),
    /// Decline an inbound call.
    Reject,
    /// End the call.
    HangUp,
}

/// What an inbound caller hears when nothing is configured to be said.
pub const NOBODY_HERE: &str = "Nobody is available to take this call. Goodbye.";

/// A held line outlasts the call's own limit by this much, so that it is never what ends the call.
const HOLD_BEYOND: Duration = Duration::from_secs(3_600);

impl Call {
    /// What the carrier is to do on the line, read off the state alone: whoever asks twice hears
    /// the same twice.
    pub fn script(&self) -> Script {
        match &self.state {
            CallState::Offered(_) | CallState::Answering(_) | CallState::InProgress(_) => self.talk(),
            CallState::Queued(_)
            | CallState::Placing(_)
            | CallState::Initiated(_)
            | CallState::Ringing(_) => self.talk(),
            CallState::HangingUp(hanging) if hanging.answered_at.is_none() => self.decline(),
            CallState::HangingUp(_) => Script::HangUp,
            CallState::Ended(over) if over.answered_at.is_none() => self.decline(),
            CallState::Ended(_) => Script::HangUp,
        }
    }

    fn talk(&self) -> Script {
        match (&self.facts.say, self.facts.direction) {
            (Some(text), _) => Script::SayAndHangUp(text.clone()),
            (None, Direction::Inbound) => Script::SayAndHangUp(NOBODY_HERE.to_owned()),
            (None, Direction::Outbound) => Script::Hold(self.facts.limits.duration_max + HOLD_BEYOND),
        }
    }

    fn decline(&self) -> Script {
        match self.facts.direction {
            Direction::Inbound => Script::Reject,
            Direction::Outbound => Script::HangUp,
        }
    }
}
