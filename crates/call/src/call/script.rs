//! What a carrier is to do on the line, when it asks: the words behind TwiML and its like.

use super::command::{CommandId, CommandState, Verb};
use super::facts::Direction;
use super::machine::waits_for_silence;
use super::state::{Call, CallState, Decline};
use crate::number::Party;
use std::time::Duration;

/// What a carrier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// What is to happen on a line that opens.
    First,
    /// What is to happen when something was done.
    Next,
    /// How this command is done.
    Of(CommandId),
}

/// What the carrier is to do on the line next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// Say this, then hang up.
    SayAndHangUp(String),
    /// Say this, tell us, and keep the line open for so long.
    SayAndHold(String, Duration),
    /// Keep the line open for so long.
    Hold(Duration),
    /// Answer a caller without a word, and keep the line open for so long.
    PickUp(Duration),
    /// Do what was asked, tell us, and keep the line open.
    Perform(Performance),
    /// Decline an inbound call.
    Reject,
    /// Let an inbound call ring for so long, then decline it.
    RingOut(Duration),
    /// End the call.
    HangUp,
}

/// A command, and what is needed to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performance {
    /// Its name.
    pub id: CommandId,
    /// What was asked.
    pub verb: Verb,
    /// Which of our numbers calls, where somebody is to be called.
    pub from: Party,
    /// How long the line is kept open when it is done.
    pub hold: Duration,
    /// Whether it is to end before its time.
    pub stops: bool,
    /// Of a stream through the gateway: how often one came.
    pub attached: u32,
    /// What is said before it, if anything: it was there before, and broke.
    pub gap: Option<String>,
    /// Whether it is said to a machine that may be greeting yet, and waits until that is silent.
    pub after_silence: bool,
}

/// What an inbound caller hears when nothing is configured to be said.
pub const NOBODY_HERE: &str = "Nobody is available to take this call. Goodbye.";

/// A held line outlasts the call's own limit by this much, so that it is never what ends the call.
const HOLD_BEYOND: Duration = Duration::from_secs(3_600);

impl Call {
    /// What the carrier is to do on the line, read off the state alone: whoever asks twice hears
    /// the same twice.
    pub fn script(&self, page: Page) -> Script {
        match &self.state {
            CallState::Queued(_)
            | CallState::Placing(_)
            | CallState::Initiated(_)
            | CallState::Ringing(_)
            | CallState::Offered(_)
            | CallState::Answering(_)
            | CallState::InProgress(_) => self.talk(page),
            CallState::HangingUp(hanging) => match &hanging.decline {
                Decline::Say(text) if page == Page::First => Script::SayAndHangUp(text.clone()),
                Decline::RingOut if hanging.answered_at.is_none() => {
                    Script::RingOut(self.facts.limits.ring_max)
                }
                Decline::Reject if hanging.answered_at.is_none() => self.decline(),
                _ => Script::HangUp,
            },
            CallState::Ended(over) if over.answered_at.is_none() => self.decline(),
            CallState::Ended(_) => Script::HangUp,
        }
    }

    /// How long a line is kept open that somebody else is to close.
    pub fn held_for(&self) -> Duration {
        self.facts.limits.duration_max + HOLD_BEYOND
    }

    /// Whether the line stays open for what may be asked of the call.
    pub fn is_held(&self) -> bool {
        self.facts.hold || (self.facts.say.is_none() && self.facts.direction == Direction::Outbound)
    }

    /// How a command is done, for a carrier that is told what to do.
    pub fn performance(&self, id: CommandId) -> Option<Performance> {
        let command = self.command(id)?;
        // The number that is ours: the one that called, or the one that was called.
        let from = match self.facts.direction {
            Direction::Outbound => &self.facts.from,
            Direction::Inbound => &self.facts.to,
        };
        let (from, hold) = (from.clone(), self.held_for());
        let stops = matches!(command.state, CommandState::Stopping { .. });
        let attached = command.attached;
        let agent = self.facts.agent.as_ref().filter(|_| command.by_agent && attached > 0);
        let gap = agent.and_then(|agent| agent.gap.clone());
        let after_silence = waits_for_silence(self, id);
        Some(Performance { id, verb: command.verb.clone(), from, hold, stops, attached, gap, after_silence })
    }

    fn talk(&self, page: Page) -> Script {
        match page {
            Page::First => self.greeting(),
            Page::Of(id) => {
                // One that is over is not done again, and one that is to end isn't begun.
                let under_way = self.command(id).is_some_and(|command| {
                    matches!(command.state, CommandState::Sent { .. } | CommandState::Taken { .. })
                });
                match self.performance(id).filter(|_| under_way) {
                    Some(performance) => Script::Perform(performance),
                    None => self.rest(),
                }
            }
            Page::Next => self.rest(),
        }
    }

    fn greeting(&self) -> Script {
        let held = self.held_for();
        match (&self.facts.say, self.facts.direction) {
            (Some(text), _) if self.facts.hold => Script::SayAndHold(text.clone(), held),
            (Some(text), _) => Script::SayAndHangUp(text.clone()),
            (None, Direction::Inbound) if !self.facts.hold => Script::SayAndHangUp(NOBODY_HERE.to_owned()),
            (None, Direction::Inbound) => Script::PickUp(held),
            (None, Direction::Outbound) => Script::Hold(held),
        }
    }

    fn rest(&self) -> Script {
        if self.is_held() { Script::Hold(self.held_for()) } else { Script::HangUp }
    }

    fn decline(&self) -> Script {
        match self.facts.direction {
            Direction::Inbound => Script::Reject,
            Direction::Outbound => Script::HangUp,
        }
    }
}
