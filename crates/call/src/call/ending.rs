//! How a call ended, who ended it, and who says so.

use crate::time::{Timestamp, as_millis};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingKind {
    /// It was answered, and is over.
    Completed,
    /// The line was engaged.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// It was called off before anybody answered.
    Canceled,
    /// The other side, or our own policy, declined it.
    Rejected,
    /// It could not be made.
    Failed,
    /// Nobody knows: the one end without proof.
    Indeterminate,
}

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The agent or person that uses the gateway.
    Agent,
    /// The other side of the line.
    Remote,
    /// The carrier.
    Carrier,
    /// The gateway: a deadline or a policy.
    Gateway,
}

/// Who proved the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmedBy {
    /// A signed webhook of the carrier.
    Webhook,
    /// The carrier's answer when asked about this call.
    LookUp,
    /// The carrier's listing of calls.
    Listing,
    /// The carrier's reply to the request that would have made the call.
    Reply,
    /// The gateway itself: nothing had been sent.
    Gateway,
    /// The record that it was imported from.
    Import,
    /// Nobody: an indeterminate end.
    Nobody,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// How.
    pub kind: EndingKind,
    /// By whom.
    pub by: EndedBy,
    /// Why, in a short word: `busy`, `duration_max`, `hangup_requested`, …
    pub cause: String,
    /// The carrier's own word or code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_code: Option<String>,
    /// Who proved it.
    pub confirmed_by: ConfirmedBy,
    /// How long it lasted from the answer, as the carrier counts.
    #[serde(default, with = "as_millis::option", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
}

/// A carrier's word that a call is over: proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierEnding {
    /// How, in the shared words.
    pub kind: EndingKind,
    /// The carrier's own word or code.
    pub code: String,
    /// Who ended it, where the carrier tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<EndedBy>,
    /// When it ended, where the carrier tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How long it lasted from the answer, where the carrier tells.
    #[serde(default, with = "as_millis::option", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
}

impl EndingKind {
    /// All there are.
    pub const ALL: [EndingKind; 7] = [
        EndingKind::Completed,
        EndingKind::Busy,
        EndingKind::NoAnswer,
        EndingKind::Canceled,
        EndingKind::Rejected,
        EndingKind::Failed,
        EndingKind::Indeterminate,
    ];

    /// The word for it, as the HTTP interface and the store write it.
    pub fn word(self) -> &'static str {
        match self {
            EndingKind::Completed => "completed",
            EndingKind::Busy => "busy",
            EndingKind::NoAnswer => "no_answer",
            EndingKind::Canceled => "canceled",
            EndingKind::Rejected => "rejected",
            EndingKind::Failed => "failed",
            EndingKind::Indeterminate => "indeterminate",
        }
    }
}
