//! Answering machines: who picked up, as the carrier found it out, and what is done where that is nobody.

use super::agent::Wants;
use super::command::CommandId;
use super::ending::EndedBy;
use super::moves::{Step, stay};
use super::state::Call;
use serde::{Deserialize, Serialize};

/// Who picked up, as the carrier that listened took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// The carrier could not tell.
    Unknown,
    /// A person.
    Human,
    /// A machine, which may still be greeting.
    Machine,
    /// A machine whose greeting is over: it records.
    Recording,
    /// A fax.
    Fax,
}

/// What is done where an answering machine picks up; the carrier listens for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMachine {
    /// The call ends as soon as one is known.
    HangUp,
    /// Whatever is being said is dropped when it records, this is said, and then the call ends.
    Leave(String),
}

impl AnsweredBy {
    /// The word for it, as the log and the HTTP interface write it.
    pub fn word(self) -> &'static str {
        match self {
            AnsweredBy::Unknown => "unknown",
            AnsweredBy::Human => "human",
            AnsweredBy::Machine => "machine",
            AnsweredBy::Recording => "recording",
            AnsweredBy::Fax => "fax",
        }
    }
}

/// The carrier says who picked up. What it said before was less.
pub(super) fn answered_by(call: &Call, by: AnsweredBy) -> Step {
    if call.state.is_ended() {
        return stay(call);
    }
    let by = call.answered_by.map_or(by, |known| known.max(by));
    stay(&Call { answered_by: Some(by), ..call.clone() })
}

/// What is wanted of a line on which a machine is; nothing where a person may be, or where the agent itself
/// speaks to the machine.
pub(super) fn wants(call: &Call) -> Option<Wants> {
    let agent = call.facts.agent.as_ref()?;
    match (agent.machine.as_ref()?, call.answered_by?) {
        (_, AnsweredBy::Unknown | AnsweredBy::Human) => None,
        // It says when the greeting is over.
        (OnMachine::Leave(_), AnsweredBy::Machine) if call.facts.by_command => None,
        (_, AnsweredBy::Fax) | (OnMachine::HangUp, AnsweredBy::Machine | AnsweredBy::Recording) => {
            Some(Wants::Close(EndedBy::Agent, MACHINE))
        }
        (OnMachine::Leave(_), AnsweredBy::Machine | AnsweredBy::Recording) if agent.does.speaks_by_us() => {
            None
        }
        (OnMachine::Leave(message), AnsweredBy::Machine | AnsweredBy::Recording) => {
            let is_open = call.commands.iter().any(|command| command.state.is_open());
            Some(match call.message {
                _ if is_open => Wants::Nothing,
                None => Wants::Message(message.clone()),
                Some(_) => Wants::Close(EndedBy::Agent, MACHINE),
            })
        }
    }
}

/// Whether this command leaves a message before the greeting is known to be over.
pub(super) fn waits_for_silence(call: &Call, id: CommandId) -> bool {
    call.message == Some(id) && call.answered_by == Some(AnsweredBy::Machine)
}

/// Whether a message is to be left, for which whatever is being said is dropped.
pub(super) fn interrupts(call: &Call) -> bool {
    call.message.is_none() && matches!(wants(call), Some(Wants::Nothing))
}

/// The cause of an end where a machine picked up.
const MACHINE: &str = "answering_machine";
