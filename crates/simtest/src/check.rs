//! The promises, held against the network's own truth.
//!
//! What can be seen at once is checked at once: after every turn, at every request that reaches
//! the network, at every answer to a webhook. What takes time to heal is checked in the calm.

mod calm;
mod commands;
mod dials;
mod kept;
mod moves;
mod orphans;
mod traffic;

use crate::memory::Tables;
use crate::plan::Plan;
use call::call::Over;
use call::{Call, CallId, CarrierCallId};
use carrier::HeardWebhook;
use dials::Dials;
use orphans::Lost;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

/// What is promised, and which checker says that it was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// A call that is over in the network is over here, after the next look.
    NoPhantom,
    /// A leg that lives because of us is known here, or being hung up.
    NoOrphan,
    /// At most one leg for a call, and for a key.
    NoSecondRing,
    /// A webhook that was answered 2xx is in the state of its call, for ever.
    NoLostNews,
    /// Only proof ends a call, and with the right word.
    NoGuess,
    /// No leg outlives its limits; everything unfinished is due some time.
    BoundedLife,
    /// No deadline comes too early, whatever the clock does.
    NoEarlyEnd,
    /// No more legs than `live_max`.
    LiveMax,
    /// Where nothing lives, new calls are placed.
    FreeSlots,
    /// The state is what the log makes it.
    Rebuilt,
    /// An ended call never changes.
    EndedStays,
    /// Calls are dialled no faster than the carrier allows.
    Pace,
    /// The carrier isn't asked without measure.
    Budget,
    /// One key, one call.
    Idempotency,
    /// A start asks about everything unfinished within two seconds.
    Recovery,
    /// Nothing is dialled while outbound calls are paused.
    Paused,
    /// No sentence is heard twice, and no keys are.
    NoSecondSaying,
    /// What was done was heard, where the carrier tells; what was refused was not.
    SaidIsHeard,
    /// An answer to one question is never kept as another's.
    RightAnswer,
    /// Keys of a webhook that was answered 2xx are kept.
    KeptDigits,
    /// In the end nothing that was asked of a call is open.
    CommandsSettled,
    /// A transfer's other leg rings once, and never ends the call.
    TransferApart,
    /// A call takes no leg of its own for a stray, and none of others for its own.
    OwnLeg,
    /// Nobody is dialled in their quiet hours, by the clock that the gateway has.
    QuietHours,
    /// Nobody is dialled who is on the do-not-call list, by the gateway's own word.
    DoNotCall,
    /// Whoever rejected a call, as the gateway knows, is left alone for a while.
    RejectedPause,
    /// Nobody is dialled more often in an hour or a day than is allowed.
    Attempts,
    /// No call is placed when the day's minutes or money are used up.
    DayBudget,
    /// Nobody is dialled where nobody may be.
    Destinations,
    /// What the gate decided is told, with the rule.
    Audit,
    /// Nobody is refused for no reason, nor for ever.
    FairGate,
    /// What is taken out of the store is over, and old.
    KeptHistory,
    /// No call of others is ever taken, told anything or hung up.
    LeaveOthers,
    /// What is proved ours and not in the store is found, and treated as the policy says.
    FindOrphans,
    /// The program does not panic.
    NoPanic,
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub promise: Promise,
    /// When, in milliseconds from the beginning.
    pub at_ms: i64,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, seconds, ms) = (self.at_ms / 60_000, self.at_ms / 1000 % 60, self.at_ms % 1000);
        write!(f, "{:?} broken at {minutes}:{seconds:02}.{ms:03}: {}", self.promise, self.what)
    }
}

/// Whether outbound calls are paused, as far as is known outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paused {
    No,
    Yes,
    Unsure,
}

/// What the checkers remember.
pub(crate) struct Checks {
    /// The legs that were made for each call, as the network made them.
    created: BTreeMap<CallId, Vec<String>>,
    owner: BTreeMap<String, CallId>,
    /// The network's own name of a leg, by every name that a call has for it.
    names: BTreeMap<String, String>,
    /// What was pressed or said, and the questions that it may answer.
    given: BTreeMap<String, Vec<usize>>,
    /// The calls as the checkers rebuilt them, and up to which version.
    rebuilt: BTreeMap<CallId, (u64, Call)>,
    ended: BTreeMap<CallId, Over>,
    /// Since when each call knows its leg, and by which of the network's names.
    known_since: BTreeMap<CallId, (i64, Option<CarrierCallId>)>,
    /// What was acknowledged to the network.
    news: Vec<HeardWebhook>,
    paused: Paused,
    admitted_at: Option<i64>,
    apart_ms: i64,
    /// When placements reached the network, and when any request did.
    dialled: VecDeque<i64>,
    requests: VecDeque<i64>,
    /// When calls ended.
    endings: VecDeque<i64>,
    started_at: i64,
    clock_set_at: Option<i64>,
    stumbled_at: Option<i64>,
    not_looked_at: BTreeSet<CallId>,
    /// What is known of dials, and of who wants none.
    pub(crate) dials: Dials,
    /// Calls that are gone from the store since they were old.
    pruned: BTreeSet<CallId>,
    /// And their legs.
    pruned_legs: BTreeSet<String>,
    /// What a store that was lost did not know, and whose calls are others'.
    lost: Lost,
}

impl Checks {
    pub(crate) fn new(plan: &Plan) -> Checks {
        Checks {
            created: BTreeMap::new(),
            owner: BTreeMap::new(),
            names: BTreeMap::new(),
            given: BTreeMap::new(),
            rebuilt: BTreeMap::new(),
            ended: BTreeMap::new(),
            known_since: BTreeMap::new(),
            news: Vec::new(),
            paused: Paused::No,
            admitted_at: None,
            apart_ms: plan.apart_ms,
            dialled: VecDeque::new(),
            requests: VecDeque::new(),
            endings: VecDeque::new(),
            started_at: 0,
            clock_set_at: None,
            stumbled_at: None,
            not_looked_at: BTreeSet::new(),
            dials: Dials::default(),
            pruned: BTreeSet::new(),
            pruned_legs: BTreeSet::new(),
            lost: Lost::default(),
        }
    }

    /// How many legs the network made for a call.
    pub(crate) fn n_created(&self, call: CallId) -> usize {
        self.created.get(&call).map_or(0, Vec::len)
    }

    /// Whether the call was taken out of the store since it was old.
    pub(crate) fn is_pruned(&self, call: CallId) -> bool {
        self.pruned.contains(&call)
    }

    /// The network's own name of a leg.
    pub(crate) fn real<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.get(name).map_or(name, String::as_str)
    }

    /// Something was pressed or said that may answer these questions.
    pub(crate) fn given(&mut self, token: &str, asked: Vec<usize>) {
        self.given.insert(token.to_owned(), asked);
    }

    pub(crate) fn clock_was_set(&mut self, now: i64) {
        self.clock_set_at = Some(now);
        self.admitted_at = None;
    }

    pub(crate) fn started(&mut self, now: i64) {
        self.started_at = now;
    }

    pub(crate) fn stumbled(&mut self, now: i64) {
        self.stumbled_at = Some(now);
    }

    pub(crate) fn paused(&mut self, paused: bool) {
        self.paused = if paused { Paused::Yes } else { Paused::No };
    }

    pub(crate) fn pause_is_unsure(&mut self) {
        self.paused = Paused::Unsure;
    }

    pub(crate) fn expects_looks(&mut self, calls: Vec<CallId>) {
        self.not_looked_at = calls.into_iter().collect();
    }

    pub(crate) fn looked_at(&mut self, call: CallId) {
        self.not_looked_at.remove(&call);
    }

    /// The disk went back in time: what was rebuilt is what it says. What the network and the
    /// users were told stays.
    pub(crate) fn forget(&mut self, tables: &Tables) {
        self.rebuilt = tables.calls.iter().map(|(id, row)| (*id, (row.version, row.call.clone()))).collect();
        self.ended.retain(|id, _| tables.calls.get(id).is_some_and(|row| row.call.state.is_ended()));
    }
}
