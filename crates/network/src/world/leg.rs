//! One line between a carrier and a subscriber's phone, from the request for it to its end. The
//! words here belong to no carrier.

use std::collections::BTreeMap;

use serde::Serialize;

use super::agenda::Entry;
use super::behaviour::Behaviour;
use super::stream::{Stream, StreamId, StreamNews};
use crate::time::Millis;

/// How many things a leg remembers to have been played to its subscriber, and said by them.
pub(crate) const HEARD_MAX: usize = 100;

/// The network's own name of a leg; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LegId(pub(crate) u64);

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// A subscriber called one of the customer's numbers.
    Inbound,
    /// The customer had a subscriber called.
    Outbound,
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// The subscriber.
    Remote,
    /// The carrier: a limit passed, or the customer's instructions could not be had.
    Carrier,
    /// The customer, by a request to the carrier's API.
    Api,
    /// The customer, by the instructions that the carrier carried out.
    Instructions,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Somebody hung up after the answer.
    HungUp,
    /// The caller's side gave up before the answer.
    Canceled,
    /// The subscriber was on the phone.
    Busy,
    /// The subscriber, or the customer's number, declined.
    Rejected,
    /// There was no way to the subscriber.
    Unreachable,
    /// It rang for as long as the carrier lets it.
    RingTimeout,
    /// It lasted for as long as the carrier lets it.
    TimeLimit,
    /// The customer's instructions failed or could not be read.
    InstructionsFailed,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) at: Millis,
    pub(crate) by: EndedBy,
    pub(crate) cause: Cause,
}

/// Where a leg is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The carrier has it and hasn't dialled.
    Queued,
    /// Dialled; the phone doesn't ring yet.
    Dialling,
    Ringing,
    Talking,
    Ended(End),
}

/// How long a leg may last, as agreed with the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) ring_ms: u64,
    pub(crate) talk_ms: u64,
}

impl Limits {
    /// Longer than anybody waits.
    pub(crate) const NONE: Limits = Limits { ring_ms: u64::MAX / 4, talk_ms: u64::MAX / 4 };
}

/// What a subscriber's phone does at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LegHappening {
    Dial,
    Reach,
    PickUp,
    Decline,
    RingOut,
    HangUp,
    LimitReached,
    Press(String),
    Speak(String),
}

/// What a carrier hears of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Dialled,
    Ringing,
    Answered,
    Pressed(String),
    /// The subscriber begins to say this.
    Spoke(String),
    Stream(StreamId, StreamNews),
    Ended(End),
}

/// Something that was played to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// When it began.
    pub at: Millis,
    /// What it was.
    #[serde(flatten)]
    pub what: Sound,
}

/// Something that a subscriber said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spoken {
    /// When it began.
    pub at: Millis,
    /// What was said.
    pub words: String,
}

/// A kind of thing that can be played to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "text", rename_all = "kebab-case")]
pub enum Sound {
    /// A text, spoken.
    Say(String),
    /// A recording, by its URL.
    Play(String),
    /// Keys, as tones.
    Digits(String),
    /// The carrier's own message that something went wrong.
    Apology(String),
}

/// Counts of what the customer and the carrier said to each other about one leg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests of the customer to end it that were carried out.
    pub hangups: u32,
    /// Webhooks sent, each repetition counted.
    pub webhooks_sent: u32,
    /// Webhooks that were answered with 2xx.
    pub webhooks_answered_2xx: u32,
    /// Webhooks that the carrier gave up on: refused, timed out, broken, or lost by a fault.
    pub webhooks_lost: u32,
    /// What the customer said he heard: the carrier's status words of the webhooks that he answered
    /// with 2xx, in order, the first hundred.
    pub told: Vec<String>,
}

/// The leg itself.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) direction: Direction,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) behaviour: Behaviour,
    pub(crate) limits: Limits,
    pub(crate) stage: Stage,
    pub(crate) asked_at: Millis,
    pub(crate) dialled_at: Option<Millis>,
    pub(crate) rang_at: Option<Millis>,
    pub(crate) answered_at: Option<Millis>,
    /// What is still to happen to it.
    pub(crate) ahead: Vec<Entry>,
    pub(crate) heard: Vec<Heard>,
    pub(crate) pressed: String,
    pub(crate) spoken: Vec<Spoken>,
    pub(crate) streams: Vec<Stream>,
    /// What is still to happen to one who was asked to speak.
    pub(crate) about_to_speak: Option<Entry>,
    pub(crate) counts: Counts,
    /// The carrier that has it, and the carrier's name for it.
    pub(crate) carrier: &'static str,
    pub(crate) carrier_id: String,
    /// What the customer marked it with, as the carrier's face reads it.
    pub(crate) mark: BTreeMap<String, String>,
}

impl Leg {
    /// The end, where it has come.
    pub(crate) fn end(&self) -> Option<End> {
        match self.stage {
            Stage::Ended(end) => Some(end),
            Stage::Queued | Stage::Dialling | Stage::Ringing | Stage::Talking => None,
        }
    }

    /// How long the parties were connected, in whole seconds; `None` while they are, or if they
    /// never were.
    pub(crate) fn talked_s(&self) -> Option<u64> {
        Some(self.end()?.at.since(self.answered_at?) / 1_000)
    }

    /// For how long a machine that answered greets yet.
    pub(crate) fn still_greets_ms(&self, now: Millis) -> u64 {
        let greets_ms = self.behaviour.greets_ms().unwrap_or(0);
        self.answered_at.map_or(0, |at| greets_ms.saturating_sub(now.since(at)))
    }
}
