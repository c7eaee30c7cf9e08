//! What the crank can hear, and what it answers.

use crate::orphan::Orphan;
use crate::settings::Settings;
use call::call::{CommandId, EndedBy, Facts, News, Script, Source, Verb};
use call::gate::{ListedBy, Refused};
use call::{Call, CallId, CallState, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use carrier::{Candidate, HeardWebhook, Listed, Seen};
use std::sync::Arc;
use store::{AccessLine, DoNotCall, KeptToken};

/// One thing that the crank hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A user asks for a call.
    Order(Box<Order>),
    /// A verified webhook.
    Webhook {
        /// Whose.
        carrier: CarrierName,
        /// What it says.
        heard: Arc<HeardWebhook>,
        /// What is to become of the call that it may offer.
        offer: Option<Box<Offer>>,
    },
    /// What an errand came back with.
    News {
        /// For which call.
        call: CallId,
        /// From whom.
        source: Source,
        /// What.
        news: News,
    },
    /// A look came back.
    Seen {
        /// For which call.
        call: CallId,
        /// The leg that was asked about.
        leg: CarrierCallId,
        /// What the carrier said.
        seen: Seen,
    },
    /// A search for a placement in doubt came back with these; those that belong to other calls
    /// are sorted out in the turn.
    Candidates {
        /// For which call.
        call: CallId,
        /// Calls that fit its numbers and its window.
        candidates: Vec<Candidate>,
    },
    /// Somebody wants a call ended.
    HangUp {
        /// Which.
        call: CallId,
        /// Who.
        by: EndedBy,
        /// Why, in a short word.
        cause: String,
    },
    /// Somebody asks something of a call.
    Command {
        /// Which.
        call: CallId,
        /// What.
        verb: Verb,
        /// The `Idempotency-Key` and a digest of the request, if there is one.
        key: Option<(String, String)>,
        /// It is the call's own agent that asks.
        by_agent: bool,
    },
    /// Somebody wants a command to end before its time.
    Stop {
        /// Of which call.
        call: CallId,
        /// Which; without it, what is under way.
        command: Option<CommandId>,
        /// It is the call's own agent that wants it.
        by_agent: bool,
    },
    /// The carrier's stream of a command is here.
    Attach {
        /// Of which call.
        call: CallId,
        /// Of which command.
        command: CommandId,
        /// How many of its streams came before.
        number: u32,
    },
    /// Take up to so many calls that are due.
    TakeDue(usize),
    /// The gateway starts: everything unfinished is due now.
    Start {
        /// Why outbound calls start paused, if they do.
        paused: Option<String>,
    },
    /// Ended calls made before this one go, in one small step.
    Prune {
        /// The oldest call that stays.
        before: CallId,
    },
    /// The store failed: write something small, to learn whether it works again.
    Probe,
    /// The clock was set: what is due by the old one is due now.
    ClockSet,
    /// Whether no new call is taken, until the process ends.
    Drain(bool),
    /// The configuration was read anew: these settings hold from the next turn on.
    Reload {
        /// What it says about calls.
        settings: Arc<Settings>,
        /// The carriers that it leaves out, or has with another account. No call may live there.
        gone: Vec<CarrierName>,
        /// Whether every call is looked at, since carriers may answer now that didn't.
        look: bool,
    },
    /// Outbound calls stop (with a reason) or go on.
    Pause(Option<String>),
    /// Calls of another gateway.
    Import(Vec<ImportedCall>),
    /// These numbers are not to be called any more.
    List {
        /// Each, and why; the reason may be empty.
        numbers: Vec<(PhoneNumber, String)>,
        /// Who says so.
        by: ListedBy,
    },
    /// This number may be called again.
    Unlist(PhoneNumber),
    /// The tokens of the API change.
    Token(TokenChange),
    /// What was asked for through the API and isn't on disk yet, and when tokens were last shown.
    Accessed {
        /// What.
        lines: Vec<AccessLine>,
        /// Which, by their names.
        used: Vec<(String, Timestamp)>,
    },
    /// A carrier lists these as live: which of them aren't known here?
    Surveyed {
        /// Which carrier.
        carrier: CarrierName,
        /// What it lists.
        listed: Vec<Listed>,
    },
    /// A live call whose mark names a call.
    Orphan(Box<Orphan>),
}

/// A call that a user asks for.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is settled about it; its id was drawn outside.
    pub facts: Facts,
    /// The `Idempotency-Key` and a digest of the request, if there is one.
    pub key: Option<(String, String)>,
    /// How many calls the token that asks may ask for.
    pub quota: Quota,
}

/// How many calls a token may ask for; `None` without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// In any hour.
    pub per_hour: Option<u64>,
    /// In any 24 hours.
    pub per_day: Option<u64>,
}

/// How the tokens of the API change.
#[derive(Clone, Debug)]
pub enum TokenChange {
    /// There is another one.
    Add(Box<KeptToken>),
    /// One gets another text.
    Rotate {
        /// Which.
        name: String,
        /// The digest of it.
        hash: String,
        /// Until when the text before it is good.
        old_until: Timestamp,
        /// When it expires, if that changes.
        expires_at: Option<Timestamp>,
    },
    /// One goes.
    Remove(String),
}

/// What is to become of a call that comes in.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What is settled about it; its id was drawn outside.
    pub facts: Facts,
    /// Why it is declined, if it is.
    pub declined: Option<String>,
    /// Whether it is left to ring when it is declined.
    pub ring_out: bool,
    /// What the caller hears when there is no place for the call; without it the line is busy.
    pub full: Option<String>,
}

/// A call of another gateway.
#[derive(Clone, Debug)]
pub struct ImportedCall {
    /// The line that it came from, counted from 1.
    pub line: usize,
    /// What is settled about it.
    pub facts: Facts,
    /// How it stands, as far as the other gateway knew.
    pub state: CallState,
    /// What a person should know of it.
    pub remark: Option<String>,
}

/// What the crank answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call as it is on disk.
    Call(Box<Call>),
    /// The call as it is on disk, and the name of what was asked of it.
    Asked(Box<Call>, CommandId),
    /// What a webhook's reply is to say.
    Script(ScriptReply),
    /// How many calls were taken up.
    Taken(usize),
    /// Where each imported call stands.
    Imported(Vec<ImportOutcome>),
    /// Entries of the do-not-call list, and whether each is new; of a number that was taken off, what
    /// its entry was.
    Listed(Vec<(DoNotCall, bool)>),
    /// The token as it is on disk, or as it was when it went.
    Token(Box<KeptToken>),
    /// Those of the listed calls that aren't known here.
    Unknown(Vec<Listed>),
    /// It isn't a call of ours, or none that is to be taken in.
    NotOurs,
    /// It is done.
    Done,
    /// It isn't, and why.
    Refused(Refusal),
}

/// What a webhook's reply is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptReply {
    /// The call, unless the webhook is not ours.
    pub call: Option<CallId>,
    /// What happens on the line, where the carrier asks.
    pub script: Option<Script>,
}

/// What became of an imported call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOutcome {
    /// The line that it came from.
    pub line: usize,
    /// Our name for it.
    pub call: CallId,
    /// Whether it was known already.
    pub known: bool,
    /// Whether it is not over.
    pub live: bool,
    /// What a person should know of it.
    pub remark: Option<String>,
}

/// Why the crank did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such call.
    #[error("there is no call {0}")]
    NoSuchCall(CallId),
    /// The call is over, or about to be.
    #[error("call {0} is over or about to be; nothing more can be asked of it")]
    CallOver(CallId),
    /// The line is closed when its text was said.
    #[error("call {0} says its text and hangs up; to ask more of a call, place it with hold")]
    NotHeld(CallId),
    /// Too much waits already.
    #[error("call {call} has {waiting} commands waiting already; wait until some are done")]
    TooManyCommands {
        /// Which.
        call: CallId,
        /// How many wait.
        waiting: usize,
    },
    /// It has no such command, or has forgotten it.
    #[error(
        "call {call} has no command {command}, or has forgotten it; show {call} lists those it remembers"
    )]
    NoSuchCommand {
        /// Which call.
        call: CallId,
        /// Which command.
        command: CommandId,
    },
    /// No stream of this command is awaited, or not this one.
    #[error("no such stream of command {command} of call {call} is awaited")]
    NoStreamAwaited {
        /// Which call.
        call: CallId,
        /// Which command.
        command: CommandId,
    },
    /// What is under way can't be ended by itself.
    #[error("{verb} can't be stopped once it has begun; to end all of it, hang up")]
    CannotStop {
        /// What it is.
        verb: &'static str,
    },
    /// A rule of the dial gate stands against it.
    #[error(transparent)]
    Gate(Box<Refused>),
    /// The number is not on the do-not-call list.
    #[error("{0} is not on the do-not-call list; offhook dnc list shows those that are")]
    NotListed(String),
    /// The token asked for as many calls as it may.
    #[error(
        "token {token} may ask for {allowed} calls in {hours} and has asked for {n_calls}; wait, or have the \
         owner make a token with another limit"
    )]
    TokenUsedUp {
        /// Its name.
        token: String,
        /// How many it may ask for.
        allowed: u64,
        /// In how long.
        hours: &'static str,
        /// How many it asked for.
        n_calls: u64,
    },
    /// A token of this name is there.
    #[error("there is a token {0} already; choose another name, or rotate or remove that one")]
    TokenTaken(String),
    /// No token of this name is there.
    #[error("there is no token {0}; offhook token list shows those there are")]
    NoSuchToken(String),
    /// Calls live at carriers that a new configuration doesn't have any more.
    #[error("{}", in_use(.0))]
    CarriersInUse(Vec<(CarrierName, u64)>),
    /// It takes no new call.
    #[error(
        "the gateway drains: it takes no new call, and ends when those that live are over; ask again when it was \
         started again, or have it go on with 'offhook drain --cancel'"
    )]
    Draining,
    /// The key was used for another request.
    #[error("this Idempotency-Key was used for call {0} with another request; use a new key for a new call")]
    KeyReused(CallId),
}

/// How far a user's order got.
pub type Verdict<T> = Result<T, Refusal>;

fn in_use(carriers: &[(CarrierName, u64)]) -> String {
    let each = carriers.iter().map(|(carrier, n_calls)| {
        let calls = if *n_calls == 1 { "1 call is".to_owned() } else { format!("{n_calls} calls are") };
        format!("{calls} not over at {carrier}")
    });
    let names = carriers.iter().map(|(carrier, _)| format!("[carriers.{carrier}]")).collect::<Vec<_>>();
    format!(
        "{}, which the new configuration leaves out or has with another account: nobody could be asked about \
         them; put {} back as before, or wait until they are over, or end each with 'offhook hangup ID', and \
         reload then",
        each.collect::<Vec<_>>().join(" and "),
        names.join(" and ")
    )
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        Refusal::Gate(Box::new(refused))
    }
}

impl Answer {
    /// The call, where the answer is one.
    ///
    /// # Errors
    /// The refusal.
    pub fn into_call(self) -> Verdict<Option<Call>> {
        match self {
            Answer::Call(call) | Answer::Asked(call, _) => Ok(Some(*call)),
            Answer::Refused(refusal) => Err(refusal),
            Answer::Script(_)
            | Answer::Taken(_)
            | Answer::Imported(_)
            | Answer::Listed(_)
            | Answer::Token(_)
            | Answer::Unknown(_)
            | Answer::NotOurs
            | Answer::Done => Ok(None),
        }
    }
}
