//! What a call is: one of nine states, each with what is known only in it.

use super::agent::Leaving;
use super::at_carrier::AtCarrier;
use super::command::{Command, CommandId, CommandState, Pressed};
use super::ending::{EndedBy, Ending, EndingKind};
use super::facts::Facts;
use super::machine::AnsweredBy;
use super::progress::Progress;
use super::recording::Recording;
use crate::ids::CarrierCallId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A call: what is settled about it, how it stands, and legs that turned up when it was over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What is settled about it.
    pub facts: Facts,
    /// How it stands.
    pub state: CallState,
    /// Legs that ring because of this call but aren't its own: each owes a hang-up until its end is
    /// verified. At most [`STRAYS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strays: Vec<Stray>,
    /// Other names that the carrier has for the call's leg: Plivo names the request first, and the
    /// call when it is made. At most [`NAMES_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<CarrierCallId>,
    /// What was asked of it, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// The name of the last command.
    #[serde(default, skip_serializing_if = "is_first")]
    pub last_command: CommandId,
    /// Keys that the other side pressed without being asked, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pressed: Vec<Pressed>,
    /// Since when the one who was called wants no more calls, if they said so in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out: Option<Timestamp>,
    /// Its agent is done, and nobody is asked for it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_left: Option<Leaving>,
    /// Who picked up, as far as the carrier listened for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<AnsweredBy>,
    /// The command that leaves a message on an answering machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<CommandId>,
    /// What is kept of its sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
    /// How far that got, where it is the carrier that records it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_carrier: Option<AtCarrier>,
}

/// How a call stands. A call only ever moves to a later line (a deferred placement, which
/// reached nobody, is the one way back).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Waits to be admitted. Nothing was sent.
    Queued(Queued),
    /// A request may have left, and its answer isn't known.
    Placing(Placing),
    /// The carrier has it, and no phone rings yet.
    Initiated(Unanswered),
    /// The phone rings.
    Ringing(Unanswered),
    /// An inbound call rings here.
    Offered(Unanswered),
    /// An inbound call was told to be answered.
    Answering(Unanswered),
    /// It was answered.
    InProgress(Talk),
    /// It is to end, and the carrier has not confirmed that yet.
    HangingUp(HangingUp),
    /// It is over.
    Ended(Over),
}

/// A call that waits to be admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// When it gives up.
    pub until: Timestamp,
    /// Before this time it doesn't try again.
    pub not_before: Timestamp,
    /// How many requests were deferred by the carrier.
    pub deferred: u8,
}

/// A call whose request may have left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placing {
    /// When it was admitted: no leg of this call is older.
    pub since: Timestamp,
    /// After this time its first byte doesn't leave any more.
    pub send_by: Timestamp,
    /// When the search gives up, should nothing be found by then.
    pub give_up_at: Timestamp,
    /// When it would give up waiting in the queue, should the carrier defer it.
    pub queued_until: Timestamp,
    /// How many requests were deferred by the carrier before this one.
    pub deferred: u8,
    /// Why its fate is unknown, once it is.
    pub doubt: Option<String>,
    /// How many whole listings, read when a verdict was possible, did not hold it.
    pub rounds: u8,
    /// Who wants it ended as soon as it is found, and why.
    pub wish: Option<(EndedBy, String)>,
    /// When it must be looked for.
    pub watch: Watch,
}

/// A call that the carrier has and nobody answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// When dialling began, as early as it can have been.
    pub since: Timestamp,
    /// When a phone that still rings is given up.
    pub ring_until: Timestamp,
    /// When it is hung up though the carrier can't be asked.
    pub hard_until: Timestamp,
    /// When it must be looked at.
    pub watch: Watch,
}

/// A call that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// When it was answered.
    pub answered_at: Timestamp,
    /// When it must end.
    pub talk_until: Timestamp,
    /// When it is hung up though the carrier can't be asked.
    pub hard_until: Timestamp,
    /// When it must be looked at.
    pub watch: Watch,
}

/// A call that is to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HangingUp {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// Who wants it ended.
    pub by: EndedBy,
    /// Why, in a short word.
    pub cause: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was answered, if it was.
    pub answered_at: Option<Timestamp>,
    /// How many hang-ups were followed by a look that did not confirm the end.
    pub failed: u32,
    /// How many looks, one after another, said that there is no such call.
    pub missing: u32,
    /// Before this time its end is not given up as unprovable.
    pub hard_until: Timestamp,
    /// How a caller is turned away, if this is one.
    #[serde(default, skip_serializing_if = "Decline::is_plain")]
    pub decline: Decline,
    /// When it must be looked at.
    pub watch: Watch,
}

/// How a caller is turned away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// At once.
    #[default]
    Reject,
    /// With these words, where the reply to a webhook can say them.
    Say(String),
    /// By letting it ring: nobody learns that there is a gateway.
    RingOut,
}

impl Decline {
    fn is_plain(&self) -> bool {
        *self == Decline::Reject
    }
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// The carrier's name for it, if it ever had one.
    pub leg: Option<CarrierCallId>,
    /// How it ended.
    pub ending: Ending,
    /// When it was answered, if it was.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// A leg that rings because of a call but isn't its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// Since when it is known.
    pub since: Timestamp,
    /// How many hang-ups were followed by a look that did not confirm the end.
    pub failed: u32,
    /// How many looks, one after another, said that there is no such call.
    pub missing: u32,
    /// When it must be looked at.
    pub watch: Watch,
}

/// When a call must be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// When.
    pub due_at: Timestamp,
    /// Not before this, whatever else: the carrier asked for a pause (`Retry-After`).
    pub not_before: Option<Timestamp>,
    /// How many looks in a row told nothing.
    pub blind: u32,
}

/// How many stray legs a call remembers. One would already be a wonder.
pub const STRAYS_MAX: usize = 8;

/// How many other names of a leg are remembered.
pub const NAMES_MAX: usize = 4;

/// After so many failed hang-ups somebody is told.
pub const FAILED_HANG_UPS_ALARM: u32 = 5;

impl Call {
    /// A call of which nothing is known but this.
    pub fn new(facts: Facts, state: CallState) -> Call {
        Call {
            facts,
            state,
            strays: Vec::new(),
            also: Vec::new(),
            commands: Vec::new(),
            last_command: CommandId::default(),
            pressed: Vec::new(),
            opted_out: None,
            agent_left: None,
            answered_by: None,
            message: None,
            recording: None,
            at_carrier: None,
        }
    }

    /// Whether this is one of the carrier's names for the call's own leg.
    pub fn is_named(&self, leg: &CarrierCallId) -> bool {
        self.leg() == Some(leg) || self.also.contains(leg)
    }

    /// What was asked of it under this name, as far as it is remembered.
    pub fn command(&self, id: CommandId) -> Option<&Command> {
        self.commands.iter().find(|command| command.id == id)
    }

    /// How many commands wait or are under way.
    pub fn commands_open(&self) -> usize {
        self.commands.iter().filter(|command| command.state.is_open()).count()
    }

    /// The carrier's name for it, once known.
    pub fn leg(&self) -> Option<&CarrierCallId> {
        match &self.state {
            CallState::Queued(_) | CallState::Placing(_) => None,
            CallState::Initiated(call)
            | CallState::Ringing(call)
            | CallState::Offered(call)
            | CallState::Answering(call) => Some(&call.leg),
            CallState::InProgress(talk) => Some(&talk.leg),
            CallState::HangingUp(call) => Some(&call.leg),
            CallState::Ended(over) => over.leg.as_ref(),
        }
    }

    /// When somebody must look at it; `None` when nothing is owed any more.
    pub fn due_at(&self) -> Option<Timestamp> {
        let strays = self.strays.iter().map(|stray| stray.watch.due_at).min();
        // Nothing is told to end on a line that ends: the end of the call is its end too.
        let talks = matches!(self.state, CallState::InProgress(_));
        let waits = |command: &&Command| talks || !matches!(command.state, CommandState::Stopping { .. });
        let commands = self.commands.iter().filter(waits).filter_map(|command| command.state.due_at()).min();
        let own = self.state.due_at().into_iter().chain(self.recording_due_at());
        own.chain(strays).chain(commands).min()
    }

    /// Before this time nobody looks, not even at a start: the carrier asked for a pause.
    pub fn not_before(&self) -> Option<Timestamp> {
        match &self.state {
            CallState::Queued(queued) => Some(queued.not_before),
            CallState::Ended(_) => None,
            state => state.watch().and_then(|watch| watch.not_before),
        }
    }

    /// When it was answered, if it was.
    pub fn answered_at(&self) -> Option<Timestamp> {
        match &self.state {
            CallState::InProgress(talk) => Some(talk.answered_at),
            CallState::HangingUp(call) => call.answered_at,
            CallState::Ended(over) => over.answered_at,
            CallState::Queued(_)
            | CallState::Placing(_)
            | CallState::Initiated(_)
            | CallState::Ringing(_)
            | CallState::Offered(_)
            | CallState::Answering(_) => None,
        }
    }

    /// It is over by our word alone: no carrier said what became of it.
    pub fn is_given_up(&self) -> bool {
        matches!(&self.state, CallState::Ended(over) if over.ending.kind == EndingKind::Indeterminate)
    }

    /// What somebody should be told about it, if anything.
    pub fn alarm(&self) -> Option<String> {
        let failed = match &self.state {
            CallState::HangingUp(call) => call.failed,
            _ => 0,
        };
        let strays = self.strays.iter().map(|stray| stray.failed).max().unwrap_or(0);
        let most = failed.max(strays);
        (most >= FAILED_HANG_UPS_ALARM)
            .then(|| format!("hung up {most} times, and the carrier does not confirm the end; it may be live and cost money"))
    }
}

impl CallState {
    /// The words for all there are, in the order of a call's life.
    pub const WORDS: [&str; 9] = [
        "queued",
        "placing",
        "initiated",
        "ringing",
        "offered",
        "answering",
        "in_progress",
        "hanging_up",
        "ended",
    ];

    /// The word for it, as the HTTP interface and the store write it.
    pub fn word(&self) -> &'static str {
        match self {
            CallState::Queued(_) => "queued",
            CallState::Placing(_) => "placing",
            CallState::Initiated(_) => "initiated",
            CallState::Ringing(_) => "ringing",
            CallState::Offered(_) => "offered",
            CallState::Answering(_) => "answering",
            CallState::InProgress(_) => "in_progress",
            CallState::HangingUp(_) => "hanging_up",
            CallState::Ended(_) => "ended",
        }
    }

    /// Whether it takes up one of the `live_max` places.
    pub fn is_live(&self) -> bool {
        !matches!(self, CallState::Queued(_) | CallState::Ended(_))
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self, CallState::Ended(_))
    }

    /// When something must happen at the latest; `None` only when it is over.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            CallState::Queued(queued) => Some(queued.until),
            CallState::Placing(placing) => Some(placing.give_up_at),
            CallState::Initiated(call)
            | CallState::Ringing(call)
            | CallState::Offered(call)
            | CallState::Answering(call) => Some(call.ring_until),
            CallState::InProgress(talk) => Some(talk.talk_until),
            CallState::HangingUp(call) => Some(call.hard_until),
            CallState::Ended(_) => None,
        }
    }

    /// When somebody must look at it; `None` only when it is over.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            CallState::Queued(queued) => Some(queued.until),
            CallState::Ended(_) => None,
            state => state.watch().map(|watch| watch.due_at),
        }
    }

    /// How far it got, for comparing with what a carrier says.
    pub fn progress(&self) -> Option<Progress> {
        match self {
            CallState::Queued(_) | CallState::Placing(_) => None,
            CallState::Initiated(_) => Some(Progress::Initiated),
            CallState::Ringing(_) | CallState::Offered(_) | CallState::Answering(_) => {
                Some(Progress::Ringing)
            }
            CallState::InProgress(_) | CallState::HangingUp(_) | CallState::Ended(_) => {
                Some(Progress::InProgress)
            }
        }
    }

    fn watch(&self) -> Option<&Watch> {
        match self {
            CallState::Queued(_) | CallState::Ended(_) => None,
            CallState::Placing(placing) => Some(&placing.watch),
            CallState::Initiated(call)
            | CallState::Ringing(call)
            | CallState::Offered(call)
            | CallState::Answering(call) => Some(&call.watch),
            CallState::InProgress(talk) => Some(&talk.watch),
            CallState::HangingUp(call) => Some(&call.watch),
        }
    }

    pub(super) fn watch_mut(&mut self) -> Option<&mut Watch> {
        match self {
            CallState::Queued(_) | CallState::Ended(_) => None,
            CallState::Placing(placing) => Some(&mut placing.watch),
            CallState::Initiated(call)
            | CallState::Ringing(call)
            | CallState::Offered(call)
            | CallState::Answering(call) => Some(&mut call.watch),
            CallState::InProgress(talk) => Some(&mut talk.watch),
            CallState::HangingUp(call) => Some(&mut call.watch),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_first(id: &CommandId) -> bool {
    *id == CommandId::default()
}
