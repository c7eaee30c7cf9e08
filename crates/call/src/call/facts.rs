//! What is settled about a call when it is made, and doesn't change after: only its way does, when
//! a carrier refuses it before anything can ring.

use super::agent::Agent;
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
    /// Where it goes if that carrier refuses it before anything can ring, the first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Route>,
    /// What is said when it is answered; the line is then closed. Without it the line is held
    /// open until somebody hangs up or the time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The line is held when that was said, instead of being closed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hold: bool,
    /// Who talks from when the line is open, after what is said first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// Its sound is recorded, by the gateway where it comes there and by the carrier where it doesn't; whoever
    /// must be told so is, by what is said first.
    #[serde(default, skip_serializing_if = "is_false")]
    pub record: bool,
    /// The carrier is told by commands what happens on the line (Telnyx); of others it is read off
    /// the replies to their webhooks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_command: bool,
    /// When it was asked for, offered or imported.
    pub created_at: Timestamp,
    /// Its id in the gateway that it was imported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_id: Option<String>,
    /// The name of the token that asked for it. `None` for one that came in or was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_by: Option<String>,
    /// How long it may take over what.
    pub limits: Limits,
}

/// A way for a call to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// As in [`Facts::carrier`].
    pub carrier: CarrierName,
    /// As in [`Facts::account`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// As in [`Facts::by_command`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_command: bool,
}

impl Facts {
    /// The same call, on the next carrier that may take it; `None` if there is none.
    pub(super) fn rerouted(&self) -> Option<Facts> {
        let (next, rest) = self.fallback.split_first()?;
        let Route { carrier, account, by_command } = next.clone();
        Some(Facts { carrier, account, by_command, fallback: rest.to_vec(), ..self.clone() })
    }
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}
