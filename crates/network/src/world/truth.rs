//! The truth about a call: what really happened on the line, whatever was told to anybody.

use std::collections::BTreeMap;

use serde::Serialize;

use super::journal::Journal;
use super::leg::{Cause, Counts, Direction, EndedBy, Heard, Leg, Spoken, Stage};
use super::stream::StreamTruth;
use crate::time::Millis;

/// One call as it really was. Times are Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallTruth {
    /// The carrier's id.
    pub id: String,
    /// The carrier: `twilio`, `telnyx` or `plivo`.
    pub carrier: &'static str,
    /// Who called whom.
    pub direction: Direction,
    /// The caller's number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// `queued`, `dialling`, `ringing`, `in-progress`, or how it ended: `completed`, `busy`,
    /// `rejected`, `no-answer`, `unreachable`, `canceled`.
    pub status: &'static str,
    /// Whether it is not over.
    pub live: bool,
    /// When it was asked for.
    pub asked_at: Millis,
    /// When it was dialled.
    pub dialled_at: Option<Millis>,
    /// When it began to ring.
    pub rang_at: Option<Millis>,
    /// When it was answered.
    pub answered_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// What the customer marked it with. At Twilio: the query parameters of the URLs given with it.
    /// At Telnyx: its first client state, decoded; a text that is no JSON object is under `call`.
    pub mark: BTreeMap<String, String>,
    /// How many calls were made by requests that bear the same mark; 1 without a mark. More than
    /// one is a second ring.
    pub creates: u32,
    /// How many requests for a call with the same mark arrived, whatever became of them.
    pub create_requests: u32,
    /// What the customer and the carrier said to each other about it.
    #[serde(flatten)]
    pub counts: Counts,
    /// What was played to the subscriber, whether or not to its end, the first hundred things. In
    /// JSON `{"at": …, "kind": "say", "text": "Hello"}`; the other kinds are `play`, `digits` and
    /// `apology`.
    pub heard: Vec<Heard>,
    /// What the subscriber pressed.
    pub pressed: String,
    /// What the subscriber said, the first hundred things. In JSON `{"at": …, "words": "yes please"}`.
    pub spoken: Vec<Spoken>,
    /// Its media streams, the oldest first, the last twenty.
    pub streams: Vec<StreamTruth>,
}

impl CallTruth {
    pub(crate) fn of(leg: &Leg, journal: &Journal) -> CallTruth {
        let end = leg.end();
        let creates = journal.creates(&leg.mark);
        CallTruth {
            id: leg.carrier_id.clone(),
            carrier: leg.carrier,
            direction: leg.direction,
            from: leg.from.clone(),
            to: leg.to.clone(),
            status: status(leg.stage, leg.answered_at.is_some()),
            live: end.is_none(),
            asked_at: leg.asked_at,
            dialled_at: leg.dialled_at,
            rang_at: leg.rang_at,
            answered_at: leg.answered_at,
            ended_at: end.map(|end| end.at),
            ended_by: end.map(|end| end.by),
            cause: end.map(|end| end.cause),
            mark: leg.mark.clone(),
            creates: creates.made,
            create_requests: creates.asked,
            counts: leg.counts.clone(),
            heard: leg.heard.clone(),
            pressed: leg.pressed.clone(),
            spoken: leg.spoken.clone(),
            streams: leg.streams.iter().map(StreamTruth::of).collect(),
        }
    }
}

fn status(stage: Stage, was_answered: bool) -> &'static str {
    match stage {
        Stage::Queued => "queued",
        Stage::Dialling => "dialling",
        Stage::Ringing => "ringing",
        Stage::Talking => "in-progress",
        Stage::Ended(_) if was_answered => "completed",
        Stage::Ended(end) => match end.cause {
            Cause::Busy => "busy",
            Cause::Rejected => "rejected",
            Cause::Unreachable | Cause::InstructionsFailed => "unreachable",
            Cause::RingTimeout | Cause::TimeLimit => "no-answer",
            Cause::HungUp | Cause::Canceled => "canceled",
        },
    }
}
