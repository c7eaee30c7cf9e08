//! Who talks with the other side from when the line is open: settled with the call, so that a call
//! keeps its agent whatever becomes of the configuration or of the process.

use super::command::{CommandState, Input, Outcome, Speaks, Verb};
use super::ending::EndedBy;
use super::machine::OnMachine;
use super::state::Call;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who talks with the other side from when the line is open. When it has nothing more to do and
/// nobody asked for anything else, the line is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its name in the configuration.
    pub name: String,
    /// What it does.
    pub does: Does,
    /// What is said before its sound is brought again, after a break; without it nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// What is said when it can't; without it nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apology: Option<String>,
    /// What is done where an answering machine picks up; without it the carrier doesn't listen for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<OnMachine>,
}

/// What an agent does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// It says something.
    Say {
        /// The words.
        text: String,
        /// How the other side hears them again: by pressing [`AGAIN`], as this tells them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<String>,
    },
    /// A program hears the line and speaks on it.
    Stream {
        /// As in [`Verb::Stream`].
        url: String,
        /// As in [`Verb::Stream`].
        #[serde(default)]
        speaks: Speaks,
    },
    /// A language model is told what is said on the line, and says what is to be said. How it is asked
    /// is for the configuration in force to say.
    Llm {
        /// The server's name for it.
        model: String,
        /// Where its server is, if the line's sound comes to the gateway, which understands it and says the
        /// reply; without it the carrier does both.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sound: Option<String>,
    },
    /// A model hears the line and speaks on it. How it is spoken with is for the configuration in force to
    /// say.
    Realtime {
        /// Where it listens for WebSockets.
        url: String,
    },
    /// Whoever is on the line hears themselves.
    Echo,
    /// A program is told what is said on the line, and says what is to be said: words, not sound. The
    /// gateway asks for it, sentence by sentence, as a [`Dialogue`](crate::dialogue::Dialogue) says.
    Relay {
        /// Where it listens for WebSockets.
        url: String,
    },
}

/// How an agent left that decides for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// It was done.
    Done,
    /// It could not do what it is for.
    Failed,
}

/// The key by which a message is heard again.
pub const AGAIN: &str = "1";

/// What is wanted of a line, beside what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// Nothing now.
    Nothing,
    /// This is to be done.
    This(Verb),
    /// This is to be said to a machine that records.
    Message(String),
    /// The line is to be closed, by whom, and for what cause.
    Close(EndedBy, &'static str),
}

/// What the agent of a call in progress wants next, read off what it did.
pub(super) fn wants(call: &Call) -> Wants {
    let Some(agent) = &call.facts.agent else { return Wants::Nothing };
    if call.commands.iter().any(|command| command.state.is_open()) {
        return Wants::Nothing;
    }
    let Some(opening) = agent.does.opening() else {
        return match call.agent_left {
            None => Wants::Nothing,
            Some(Leaving::Done) => Wants::Close(EndedBy::Agent, DONE),
            Some(Leaving::Failed) => Wants::Close(EndedBy::Agent, FAILED),
        };
    };
    let Some(last) = call.commands.iter().rev().find(|command| command.by_agent) else {
        return Wants::This(opening);
    };
    match (&last.state, &agent.does) {
        (CommandState::Done(Outcome { digits: Some(digits), .. }), Does::Say { .. }) if digits == AGAIN => {
            Wants::This(opening)
        }
        (_, does) if does.carries_sound() && matches!(last.verb, Verb::Say { .. }) => {
            Wants::Close(EndedBy::Agent, FAILED)
        }
        // It put the call through, and is done whatever came of it.
        (_, does) if does.carries_sound() && matches!(last.verb, Verb::Transfer { .. }) => {
            Wants::Close(EndedBy::Agent, DONE)
        }
        (CommandState::Failed { .. } | CommandState::InDoubt { .. }, does) => match &agent.apology {
            Some(apology) if does.carries_sound() => Wants::This(Verb::Say { text: apology.clone() }),
            _ => Wants::Close(EndedBy::Agent, FAILED),
        },
        _ => Wants::Close(EndedBy::Agent, DONE),
    }
}

impl Does {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Does::Say { .. } => "say",
            Does::Stream { .. } => "stream",
            Does::Llm { .. } => "llm",
            Does::Realtime { .. } => "realtime",
            Does::Echo => "echo",
            Does::Relay { .. } => "relay",
        }
    }

    /// Whether the line's sound goes to it.
    pub fn carries_sound(&self) -> bool {
        matches!(
            self,
            Does::Stream { .. } | Does::Realtime { .. } | Does::Echo | Does::Llm { sound: Some(_), .. }
        )
    }

    /// Whether the gateway itself hears the line and what is said to it.
    pub fn sounds_through_us(&self) -> bool {
        match self {
            Does::Stream { speaks, .. } => speaks.is_through_us(),
            Does::Realtime { .. } | Does::Echo | Does::Llm { sound: Some(_), .. } => true,
            Does::Say { .. } | Does::Llm { sound: None, .. } | Does::Relay { .. } => false,
        }
    }

    /// Whether what it says is said by the gateway, which hears the line, too.
    pub(super) fn speaks_by_us(&self) -> bool {
        matches!(self, Does::Llm { sound: Some(_), .. })
    }

    /// What it does without being told; of a relay its program decides.
    fn opening(&self) -> Option<Verb> {
        Some(match self {
            Does::Say { text, again: None } => Verb::Say { text: text.clone() },
            Does::Say { text, again: Some(again) } => Verb::Ask {
                text: format!("{text} {again}"),
                input: Input::Digits { n_max: Some(1) },
                timeout: AGAIN_WITHIN,
            },
            Does::Stream { url, speaks } => Verb::Stream { url: url.clone(), speaks: *speaks },
            Does::Realtime { url } => Verb::Stream { url: url.clone(), speaks: Speaks::Realtime },
            Does::Echo => Verb::Stream { url: String::new(), speaks: Speaks::Echo },
            Does::Llm { sound: Some(url), .. } => Verb::Stream { url: url.clone(), speaks: Speaks::Words },
            Does::Llm { sound: None, .. } | Does::Relay { .. } => return None,
        })
    }
}

/// The cause of an end when the agent was done.
const DONE: &str = "agent_done";
/// The cause of an end when the agent could not do what it is for.
const FAILED: &str = "agent_failed";
/// How long after a message its key may be pressed.
const AGAIN_WITHIN: Duration = Duration::from_secs(5);
