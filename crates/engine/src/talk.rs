//! Conversations by words: a call whose agent is a program that is told words has a task here for as
//! long as it talks. The task remembers nothing that must outlive it: it acts on the call as it is on
//! disk, and whoever is started after a crash begins where that stands.

mod conversation;
mod servers;
mod thinking;
mod tools;

use crate::calls::Calls;
use call::call::{AnsweredBy, Does};
use call::{Call, CallId, CallState};
use conversation::Conversation;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc, watch};

pub(crate) use servers::Servers;
pub use thinking::Asked;
pub(crate) use thinking::{Reply, Thought, next_piece};
pub(crate) use tools::{AtWork, new_id};

/// The calls that talk by words, as they stand.
#[derive(Debug)]
pub(crate) struct Talks {
    lines: Mutex<HashMap<CallId, watch::Sender<Call>>>,
    begun: mpsc::UnboundedSender<watch::Receiver<Call>>,
    picked_up: PickedUp,
}

/// Tells who picked up which call.
pub(crate) type PickedUp = broadcast::Sender<(CallId, AnsweredBy)>;

impl Talks {
    /// None yet, and who is told of those that begin.
    pub(crate) fn new() -> (Talks, mpsc::UnboundedReceiver<watch::Receiver<Call>>) {
        let (begun, beginning) = mpsc::unbounded_channel();
        let (picked_up, _) = broadcast::channel(MACHINES_MAX);
        (Talks { lines: Mutex::default(), begun, picked_up }, beginning)
    }

    /// Who tells of calls that talk by sound who picked up, as the carrier finds it out.
    pub(crate) fn picked_up(&self) -> PickedUp {
        self.picked_up.clone()
    }

    /// How a call stands now, which is on disk. Told before anybody is answered, so that whoever asked
    /// for something finds it there.
    pub(crate) fn tell(&self, call: &Call) {
        if !is_by_words(call) {
            // Nobody may talk on it yet, and reads then how it stands.
            call.answered_by.and_then(|by| self.picked_up.send((call.facts.id, by)).ok());
            return;
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let talks = matches!(call.state, CallState::InProgress(_));
        let is_new = talks && call.agent_left.is_none();
        match lines.entry(call.facts.id) {
            Entry::Occupied(line) => {
                // Nobody may listen any more.
                let _ = line.get().send(call.clone());
                if !talks {
                    line.remove();
                }
            }
            Entry::Vacant(line) if is_new => {
                let (teller, listener) = watch::channel(call.clone());
                line.insert(teller);
                let _ = self.begun.send(listener);
            }
            Entry::Vacant(_) => {}
        }
    }
}

/// Whether somebody here is told how a call stands.
pub(crate) fn is_told(call: &Call) -> bool {
    is_by_words(call) || call.answered_by.is_some()
}

/// Whether a call talks by words.
fn is_by_words(call: &Call) -> bool {
    call.facts
        .agent
        .as_ref()
        .is_some_and(|agent| matches!(agent.does, Does::Relay { .. } | Does::Llm { sound: None, .. }))
}

/// Has every conversation that begins go on in a task of its own.
pub(crate) async fn run(calls: Calls, mut begun: mpsc::UnboundedReceiver<watch::Receiver<Call>>) {
    while let Some(line) = begun.recv().await {
        let does = line.borrow().facts.agent.as_ref().map(|agent| agent.does.clone());
        match (does, Conversation::of(&calls, line)) {
            (Some(Does::Relay { url }), Some(conversation)) => drop(tokio::spawn(conversation.hold(url))),
            (Some(Does::Llm { .. }), Some(conversation)) => drop(tokio::spawn(conversation.think())),
            _ => {}
        }
    }
}

/// So many calls may be told of until a talk that is slow to hear misses one, and asks how its call stands.
const MACHINES_MAX: usize = 64;
