//! What of a call's sound is kept, as the gateway tells that keeps it or fetches it from the carrier.

use super::at_carrier;
use super::command::CommandReply;
use super::moves::{Step, stay};
use super::state::Call;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened to the recording of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// Its sound came, and is being recorded from here on.
    Begun,
    /// Its sound is over, or what the carrier recorded is fetched. So much is kept of the call by now, the parts
    /// before and what was silent between them included.
    Ended {
        /// How long it lasts, in milliseconds.
        ms: u64,
        /// How large it is.
        bytes: u64,
        /// Why the end is missing, in a short word, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// What was kept was deleted; nothing more of the call is recorded.
    Deleted {
        /// Why, in a short word.
        why: String,
    },
    /// The carrier's answer to the request to record.
    Replied {
        /// What it said.
        reply: CommandReply,
        /// Its name for the recording, where it tells one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The carrier's answer to the request to stop before the call ends.
    StopReplied {
        /// What it said.
        reply: CommandReply,
    },
    /// The carrier sent word that its recording is over, whatever became of it: a look tells.
    Told {
        /// Its name for the recording, where it tells one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// What the carrier recorded could not be fetched yet.
    NotFetched {
        /// Why, in short.
        why: String,
        /// The carrier says that it has none.
        is_missing: bool,
    },
    /// The carrier's copy is settled.
    Dropped {
        /// It is left there, since the configuration says so.
        is_left: bool,
    },
    /// The carrier's copy could not be deleted yet.
    NotDropped {
        /// Why, in short.
        why: String,
    },
}

/// What is kept of a call's sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// When its first part began.
    pub begun_at: Timestamp,
    /// How many parts it has: one for each time that the sound came.
    pub parts: u32,
    /// How it stands.
    pub state: RecordingState,
    /// How long it lasts, as far as it is known, in milliseconds.
    pub ms: u64,
    /// How large it is, as far as it is known.
    pub bytes: u64,
    /// Why something of it is missing, if it is: the last reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// How a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// The sound is being recorded.
    Recording,
    /// The carrier recorded it, and it isn't fetched yet.
    Awaited,
    /// It is kept.
    Kept,
    /// It was deleted.
    Deleted,
}

impl RecordingState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            RecordingState::Recording => "recording",
            RecordingState::Awaited => "awaited",
            RecordingState::Kept => "kept",
            RecordingState::Deleted => "deleted",
        }
    }
}

impl Recording {
    /// One that begins.
    pub(super) fn begun(at: Timestamp) -> Recording {
        Recording { begun_at: at, parts: 1, state: RecordingState::Recording, ms: 0, bytes: 0, failed: None }
    }
}

impl Call {
    /// Whether the gateway is to record it, should its sound come here.
    pub fn is_to_be_recorded(&self) -> bool {
        let is_deleted =
            self.recording.as_ref().is_some_and(|recording| recording.state == RecordingState::Deleted);
        self.facts.record && !self.is_recorded_by_carrier() && !is_deleted
    }
}

/// News of a recording. They change nothing else of a call, whatever it is doing, and may come when it is over.
pub(super) fn heard(call: &Call, news: &Recorded, at: Timestamp) -> Step {
    let known = call.recording.clone();
    let recording = match (news, known) {
        (Recorded::Begun, _) if !call.is_to_be_recorded() => return stay(call),
        (Recorded::Begun, Some(known)) => {
            Recording { parts: known.parts.saturating_add(1), state: RecordingState::Recording, ..known }
        }
        (Recorded::Begun, None) => Recording::begun(at),
        // What is deleted isn't there again because somebody tells late that it was whole.
        (Recorded::Ended { ms, bytes, failed }, Some(known)) if known.state != RecordingState::Deleted => {
            let failed = failed.clone().or(known.failed.clone());
            Recording { state: RecordingState::Kept, ms: *ms, bytes: *bytes, failed, ..known }
        }
        (Recorded::Deleted { .. }, Some(known)) => {
            Recording { state: RecordingState::Deleted, ms: 0, bytes: 0, ..known }
        }
        (
            Recorded::Replied { .. }
            | Recorded::StopReplied { .. }
            | Recorded::Told { .. }
            | Recorded::NotFetched { .. }
            | Recorded::Dropped { .. }
            | Recorded::NotDropped { .. },
            _,
        ) => return at_carrier::heard(call, news, at),
        (Recorded::Ended { .. } | Recorded::Deleted { .. }, _) => return stay(call),
    };
    at_carrier::heard(&Call { recording: Some(recording), ..call.clone() }, news, at)
}
