//! What is settled about a call when it is made, and never changes after.

use crate::ids::{CallId, CarrierName};
use crate::number::Party;
use crate::time::{Timestamp, as_millis};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who rings whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody calls one of our numbers.
    Inbound,
    /// We call somebody.
    Outbound,
}

/// What is settled about a call when it is made. A change of configuration doesn't reach it: a
/// call is asked about at the carrier and account that carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Our name for it.
    pub id: CallId,
    /// Who rings whom.
    pub direction: Direction,
    /// The one who calls.
    pub from: Party,
    /// The one who is called.
    pub to: Party,
    /// Which configured carrier carries it.
    pub carrier: CarrierName,
    /// The carrier's account that it runs on, where the carrier has accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What is said when it is answered; the line is then closed. Without it the line is held
    /// open until somebody hangs up or the time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// When it was asked for, offered or imported.
    pub created_at: Timestamp,
    /// Its id in the gateway that it was imported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_id: Option<String>,
    /// How long it may take over what.
    pub limits: Limits,
}

/// How long a call may take over what, frozen when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How long it may wait to be admitted.
    #[serde(with = "as_millis")]
    pub queue_max: Duration,
    /// How long the phone may ring.
    #[serde(with = "as_millis")]
    pub ring_max: Duration,
    /// How long the talk may last, from the answer.
    #[serde(with = "as_millis")]
    pub duration_max: Duration,
    /// How long a placement whose fate is unknown is looked for.
    #[serde(with = "as_millis")]
    pub find_max: Duration,
    /// How long after the send-by time no verdict on a placement is possible: the request's
    /// time-out and the lag of the carrier's listing.
    #[serde(with = "as_millis")]
    pub settle: Duration,
    /// How often an unanswered call is asked about.
    #[serde(with = "as_millis")]
    pub look_unanswered: Duration,
    /// How often an answered call is asked about.
    #[serde(with = "as_millis")]
    pub look_talking: Duration,
}
