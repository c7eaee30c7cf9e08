//! What is kept of each decision, for whoever must answer for it later.

use super::{Listed, Passed, Refused};
use crate::ids::CallId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One decision of the gate, or a change of the do-not-call list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// Whom it is about: a number, or what was no number.
    pub to: String,
    /// The call, where there is one: of a refused order there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// What was decided.
    pub decided: Decided,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// The number may be called.
    Allowed {
        /// What was asked.
        stage: Stage,
        /// With what values.
        passed: Passed,
    },
    /// It may not.
    Refused {
        /// What was asked.
        stage: Stage,
        /// By what rule and values.
        refused: Refused,
    },
    /// The number went on the do-not-call list.
    Listed(Listed),
    /// It was taken off; this is what the entry was.
    Unlisted(Listed),
}

/// What the gate was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Whether a call may be asked for.
    Order,
    /// Whether a call that waited may be placed.
    Admission,
    /// Whether a call may be put through to the number.
    Transfer,
}

impl Decided {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Decided::Allowed { .. } => "allowed",
            Decided::Refused { .. } => "refused",
            Decided::Listed(_) => "listed",
            Decided::Unlisted(_) => "unlisted",
        }
    }
}

impl Stage {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Order => "order",
            Stage::Admission => "admission",
            Stage::Transfer => "transfer",
        }
    }
}
