//! What can happen to a call, with everything that was drawn outside: the time, and chance.

use super::command::{CommandId, CommandReply, Performed, StreamEnd, Verb};
use super::ending::{CarrierEnding, EndedBy};
use super::facts::Facts;
use super::machine::AnsweredBy;
use super::progress::Progress;
use super::recording::Recorded;
use super::state::{CallState, Decline};
use super::waits::{Vendors, Waits};
use crate::dialogue::Speaker;
use crate::gate;
use crate::ids::CarrierCallId;
use crate::time::{Timestamp, as_millis};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One happening in the life of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When we heard of it.
    pub at: Timestamp,
    /// Chance, drawn outside, that spreads what would otherwise happen all at once.
    pub roll: Roll,
    /// Who told us.
    pub source: Source,
    /// What happened.
    pub news: News,
}

/// A draw between 0 and 999, thousandths of whatever is to be spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roll(pub u16);

/// Who told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent or person that uses the gateway.
    Api,
    /// The call's own agent ([`Facts::agent`](super::Facts::agent)).
    Agent,
    /// A signed webhook of the carrier.
    Webhook,
    /// The carrier, when asked about this call.
    LookUp,
    /// The carrier's listing of calls.
    Listing,
    /// The carrier's reply to a command.
    Reply,
    /// The gateway itself: time, limits, policy.
    Gateway,
    /// A file of another gateway.
    Import,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// A user asked for an outbound call. Only ever the first event.
    Asked(Box<Facts>),
    /// A call came in. Only ever the first event.
    Offered(Box<Facts>, CarrierCallId),
    /// A call was taken over from another gateway. Only ever the first event.
    Imported(Box<Facts>, Box<CallState>),
    /// The limits let it go: its request may leave until `send_by`.
    Admitted {
        /// When the permission to send ends.
        send_by: Timestamp,
        /// With what values it passed the dial gate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gate: Option<Box<gate::Passed>>,
    },
    /// A rule of the dial gate stands against it: it is not placed.
    GateRefused(Box<gate::Refused>),
    /// The one who was called wants no more calls: the number is on the do-not-call list.
    OptedOut(gate::Heard),
    /// The carrier took the request, and named the leg.
    Placed {
        /// The carrier's name for it.
        leg: CarrierCallId,
        /// Another name of that leg, where the carrier tells one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        also: Option<CarrierCallId>,
    },
    /// The carrier said no: no phone rang.
    PlaceRefused {
        /// The carrier's code.
        code: String,
        /// The carrier's reason.
        reason: String,
    },
    /// Nothing reached the carrier, or it said that it did nothing: it may be tried again.
    PlaceDeferred {
        /// Why, in a short word.
        why: String,
        /// How long the carrier asked us to wait.
        #[serde(default, with = "as_millis::option")]
        retry_after: Option<Duration>,
    },
    /// The request may have reached the carrier: look before anything else.
    PlaceInDoubt {
        /// What failed.
        why: String,
    },
    /// What a search for a placement in doubt found.
    Found(Found),
    /// The carrier sent word that the call got this far.
    Progressed {
        /// The leg it speaks of.
        leg: CarrierCallId,
        /// How far.
        progress: Progress,
    },
    /// The carrier sent word that the call is over.
    Over {
        /// The leg it speaks of.
        leg: CarrierCallId,
        /// How it ended.
        ending: CarrierEnding,
    },
    /// The carrier sent word that we can't read: a look is owed.
    Unread {
        /// The leg it speaks of.
        leg: CarrierCallId,
        /// The word or shape that was not understood.
        what: String,
    },
    /// The answer to a look-up.
    Sighted {
        /// The leg that was asked about.
        leg: CarrierCallId,
        /// What the carrier said.
        sighting: Sighting,
    },
    /// Somebody wants it ended.
    HangUpRequested {
        /// Who.
        by: EndedBy,
        /// Why, in a short word.
        cause: String,
    },
    /// An inbound call is to be answered.
    AnswerRequested,
    /// An inbound call is declined; the reply to its webhook says so.
    Declined {
        /// Why, in a short word.
        cause: String,
        /// How.
        #[serde(default)]
        how: Decline,
    },
    /// The carrier has another name for the leg.
    Named {
        /// What it is called from now on.
        leg: CarrierCallId,
        /// What it was called.
        was: CarrierCallId,
    },
    /// Somebody asks something of the call.
    CommandAsked(Verb),
    /// The carrier's answer to a command.
    CommandReplied {
        /// Which.
        id: CommandId,
        /// What the carrier said.
        reply: CommandReply,
    },
    /// Somebody wants a command to end before its time.
    StopAsked(CommandId),
    /// The call's agent is done, and asks for nothing more: the line is closed when all that was asked is
    /// done.
    AgentLeft {
        /// Why it could not do what it is for, if it couldn't.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// Something was said on the line and heard, as whoever carries its sound understood it.
    Spoken {
        /// By whom.
        by: Speaker,
        /// In these words.
        text: String,
        /// How long after the other side was done speaking it was heard to begin, where that is known, in
        /// milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
        /// What that was waited for, where the gateway's own recognizer and synthesizer were at work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<Waits>,
        /// How long it was said over what the other side said, in milliseconds, if it was and that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        talk_over_ms: Option<u64>,
        /// Whose work it is, if anybody is known. It has a place of its own, since all other news would
        /// have room for it too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vendors: Option<Box<Vendors>>,
    },
    /// The call's agent is about to use a tool of its owner's.
    ToolAsked {
        /// This use, among all.
        id: String,
        /// Which.
        tool: String,
        /// With what, as JSON.
        #[serde(rename = "text")]
        arguments: String,
    },
    /// What came of that.
    ToolReplied {
        /// Which use.
        id: String,
        /// What the agent was told.
        #[serde(rename = "text")]
        output: String,
    },
    /// The carrier's stream of a command came to this gateway.
    StreamAttached {
        /// Which command.
        id: CommandId,
        /// How many of its streams came before.
        number: u32,
        /// Which run of a gateway has it.
        run: u64,
    },
    /// That stream is over, as the gateway saw it.
    StreamOver {
        /// Which command.
        id: CommandId,
        /// How many of its streams came before.
        number: u32,
        /// How.
        end: StreamEnd,
    },
    /// The carrier's answer to the wish that a command end.
    StopReplied {
        /// Which.
        id: CommandId,
        /// What the carrier said.
        reply: CommandReply,
    },
    /// The carrier sent word of a command.
    CommandHeard {
        /// The leg it speaks of.
        leg: CarrierCallId,
        /// Which command.
        id: CommandId,
        /// What became of it.
        performed: Performed,
    },
    /// The other side pressed keys without being asked.
    DigitsHeard {
        /// The leg it speaks of.
        leg: CarrierCallId,
        /// The keys.
        digits: String,
        /// The carrier's name for the news.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event_id: Option<String>,
    },
    /// The carrier, which listened, sent word who picked up.
    AnsweredBy {
        /// The leg it speaks of.
        leg: CarrierCallId,
        /// Who.
        by: AnsweredBy,
    },
    /// What became of the recording of its sound.
    Recording(Recorded),
    /// The carrier's answer to the command to answer. A look tells what came of it.
    AnswerReplied {
        /// The leg that was to be answered.
        leg: CarrierCallId,
        /// What the carrier said.
        reply: CommandReply,
    },
    /// The carrier's answer to a hang-up. It never proves an end.
    HangUpReplied {
        /// The leg that was to end.
        leg: CarrierCallId,
        /// What the carrier said.
        reply: HangUpReply,
    },
    /// The time that the call was waiting for has come.
    CheckDue,
}

/// The answer to a look-up. Three verdicts only, and only [`Sighting::Over`] ends a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sighting {
    /// It lives.
    Live {
        /// How far it got.
        progress: Progress,
        /// For how long, by the carrier's own clock: since the answer of a call in progress,
        /// since it was dialled or made of any other.
        #[serde(default, with = "as_millis::option", skip_serializing_if = "Option::is_none")]
        lasted: Option<Duration>,
    },
    /// It is over.
    Over(CarrierEnding),
    /// The carrier didn't say.
    Unknown(Unknown),
}

/// Why a look-up told nothing. It proves nothing either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// Why.
    pub why: UnknownWhy,
    /// What came back, in short, for a person to read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How long the carrier asked us to wait.
    #[serde(default, with = "as_millis::option", skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
}

/// Why a look-up told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownWhy {
    /// No connection, or it broke.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// 401: the credentials were not accepted.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404: not there, not yet there, or not in this region or account.
    NotFound,
    /// 429.
    RateLimited,
    /// 5xx.
    CarrierError,
    /// A status word that we don't know.
    UnknownStatus,
    /// An answer that can't be read, or speaks of another call.
    Unreadable,
    /// The carrier that carries it is not configured any more.
    NotConfigured,
}

/// What a search for a placement in doubt found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Exactly one call that fits and belongs to no other.
    Leg {
        /// The carrier's name for it.
        leg: CarrierCallId,
        /// How it stands.
        sighting: Sighting,
    },
    /// The whole listing was read, and nothing in it fits.
    Nothing,
    /// More than one fits: we wait for a mark.
    Several(u32),
    /// More than one fits, and all of them are over.
    SeveralOver(u32),
    /// The carrier didn't say.
    Unknown(Unknown),
}

/// The carrier's answer to a hang-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HangUpReply {
    /// The carrier took it.
    Accepted,
    /// The carrier says that there is nothing to hang up (Twilio: 21220, 20404).
    NothingToEnd {
        /// The carrier's code.
        code: String,
    },
    /// It failed, or may have.
    Failed(Unknown),
}

impl UnknownWhy {
    /// The word for it, as health and the command line write it.
    pub fn word(self) -> &'static str {
        match self {
            UnknownWhy::Unreachable => "unreachable",
            UnknownWhy::TimedOut => "timed_out",
            UnknownWhy::Unauthorized => "unauthorized",
            UnknownWhy::Forbidden => "forbidden",
            UnknownWhy::NotFound => "not_found",
            UnknownWhy::RateLimited => "rate_limited",
            UnknownWhy::CarrierError => "carrier_error",
            UnknownWhy::UnknownStatus => "unknown_status",
            UnknownWhy::Unreadable => "unreadable",
            UnknownWhy::NotConfigured => "not_configured",
        }
    }
}

impl News {
    /// Whether it is kept though it moves nothing: the log is where it is known from.
    pub fn is_for_the_log(&self) -> bool {
        use News as N;
        matches!(self, N::Unread { .. } | N::Spoken { .. } | N::ToolAsked { .. } | N::ToolReplied { .. })
    }

    /// The leg that the news speaks of, where it speaks of one.
    pub fn leg(&self) -> Option<&CarrierCallId> {
        match self {
            News::Placed { leg, .. }
            | News::Progressed { leg, .. }
            | News::Over { leg, .. }
            | News::Unread { leg, .. }
            | News::Sighted { leg, .. }
            | News::CommandHeard { leg, .. }
            | News::DigitsHeard { leg, .. }
            | News::AnsweredBy { leg, .. }
            | News::AnswerReplied { leg, .. }
            | News::HangUpReplied { leg, .. } => Some(leg),
            News::Asked(_)
            | News::Offered(..)
            | News::Imported(..)
            | News::Admitted { .. }
            | News::GateRefused(_)
            | News::OptedOut(_)
            | News::PlaceRefused { .. }
            | News::PlaceDeferred { .. }
            | News::PlaceInDoubt { .. }
            | News::Found(_)
            | News::HangUpRequested { .. }
            | News::AnswerRequested
            | News::Declined { .. }
            | News::Named { .. }
            | News::CommandAsked(_)
            | News::CommandReplied { .. }
            | News::StopAsked(_)
            | News::AgentLeft { .. }
            | News::Spoken { .. }
            | News::ToolAsked { .. }
            | News::ToolReplied { .. }
            | News::StreamAttached { .. }
            | News::StreamOver { .. }
            | News::StopReplied { .. }
            | News::Recording(_)
            | News::CheckDue => None,
        }
    }

    /// The word for it, as the log and the HTTP interface write it.
    pub fn word(&self) -> &'static str {
        match self {
            News::Asked(_) => "asked",
            News::Offered(..) => "offered",
            News::Imported(..) => "imported",
            News::Admitted { .. } => "admitted",
            News::GateRefused(_) => "gate_refused",
            News::OptedOut(_) => "opted_out",
            News::Placed { .. } => "placed",
            News::PlaceRefused { .. } => "place_refused",
            News::PlaceDeferred { .. } => "place_deferred",
            News::PlaceInDoubt { .. } => "place_in_doubt",
            News::Found(_) => "found",
            News::Progressed { .. } => "progressed",
            News::Over { .. } => "over",
            News::Unread { .. } => "unread",
            News::Sighted { .. } => "sighted",
            News::HangUpRequested { .. } => "hangup_requested",
            News::AnswerRequested => "answer_requested",
            News::Declined { .. } => "declined",
            News::Named { .. } => "named",
            News::CommandAsked(_) => "command_asked",
            News::CommandReplied { .. } => "command_replied",
            News::StopAsked(_) => "stop_asked",
            News::AgentLeft { .. } => "agent_left",
            News::Spoken { .. } => "spoken",
            News::ToolAsked { .. } => "tool_asked",
            News::ToolReplied { .. } => "tool_replied",
            News::StreamAttached { .. } => "stream_attached",
            News::StreamOver { .. } => "stream_over",
            News::StopReplied { .. } => "stop_replied",
            News::CommandHeard { .. } => "command_heard",
            News::DigitsHeard { .. } => "digits_heard",
            News::AnsweredBy { .. } => "answered_by",
            News::Recording(_) => "recording",
            News::AnswerReplied { .. } => "answer_replied",
            News::HangUpReplied { .. } => "hangup_replied",
            News::CheckDue => "check_due",
        }
    }
}
