//! Recordings that a call's carrier makes, where its sound doesn't come to the gateway: asked for once, looked for
//! when they are over, fetched until they are here, and then deleted there.

use super::command::{CommandReply, GREETING};
use super::effect::Effect;
use super::event::{Event, News};
use super::moves::Step;
use super::recording::{Recorded, Recording, RecordingState};
use super::state::{Call, CallState};
use super::timers::{ANSWER_WITHIN, SOON};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A recording that the call's carrier makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtCarrier {
    /// How far it got.
    pub stage: Stage,
    /// The carrier's name for it, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How far a recording got that a carrier makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The request to record may have left, and its answer isn't known. It is sent once.
    Asked {
        /// When the answer is given up.
        until: Timestamp,
    },
    /// The carrier records, as far as is known.
    Going {
        /// It was told to stop, and did not.
        #[serde(default, skip_serializing_if = "is_false")]
        unstoppable: bool,
    },
    /// It is to stop before the call does.
    Stopping {
        /// When the carrier is told so again.
        until: Timestamp,
        /// How often it was told.
        told: u32,
    },
    /// It is over, and the carrier has the file, or will have.
    Awaited {
        /// When it is looked for.
        due_at: Timestamp,
        /// How often that was in vain.
        tried: u32,
    },
    /// The file is here, or nobody wants it: the carrier's copy is to go.
    Copied {
        /// When the carrier is told so.
        due_at: Timestamp,
        /// How often that was in vain.
        tried: u32,
    },
    /// Nothing is owed any more.
    Settled,
}

impl Stage {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Stage::Asked { .. } => "asked",
            Stage::Going { .. } => "going",
            Stage::Stopping { .. } => "stopping",
            Stage::Awaited { .. } => "awaited",
            Stage::Copied { .. } => "copied",
            Stage::Settled => "settled",
        }
    }
}

/// What is to be done about a recording before a call is put through to somebody, whom nobody told of it.
pub(super) enum BeforeTransfer {
    /// Nothing goes on.
    Nothing,
    /// It is waited until the carrier has stopped.
    Wait(Option<Effect>),
    /// The carrier doesn't stop.
    Refuse,
}

impl Call {
    /// Whether it is its carrier that records it: its sound doesn't come to the gateway.
    pub fn is_recorded_by_carrier(&self) -> bool {
        let through_us = self.facts.agent.as_ref().is_some_and(|agent| agent.does.sounds_through_us());
        self.facts.record && !through_us
    }

    /// Whether its carrier is to be asked yet to record it.
    pub(super) fn owes_recording(&self) -> bool {
        let talks = matches!(self.state, CallState::InProgress(_));
        talks && self.at_carrier.is_none() && self.is_recorded_by_carrier()
    }

    /// Whether what is to be done on the line waits for the recording to begin.
    pub(super) fn awaits_recording(&self) -> bool {
        matches!(self.at_carrier, Some(AtCarrier { stage: Stage::Asked { .. }, .. }))
    }

    pub(super) fn recording_due_at(&self) -> Option<Timestamp> {
        let talks = matches!(self.state, CallState::InProgress(_));
        match self.at_carrier.as_ref()?.stage {
            Stage::Asked { until } => Some(until),
            Stage::Stopping { until, .. } => talks.then_some(until),
            Stage::Awaited { due_at, .. } | Stage::Copied { due_at, .. } => Some(due_at),
            Stage::Going { .. } | Stage::Settled => None,
        }
    }

    fn is_recording_deleted(&self) -> bool {
        self.recording.as_ref().is_some_and(|one| one.state == RecordingState::Deleted)
    }

    /// The carrier records, or may.
    fn note_begun(&mut self, at: Timestamp) {
        self.recording.get_or_insert(Recording::begun(at));
    }

    /// Nothing came of it.
    fn note_failed(&mut self, why: &str, at: Timestamp) {
        let known = self.recording.take().unwrap_or(Recording::begun(at));
        self.recording = Some(match known.state {
            RecordingState::Deleted => known,
            _ => Recording { state: RecordingState::Kept, failed: Some(why.to_owned()), ..known },
        });
    }

    /// Who hears the line is told by now: the carrier is asked to record it.
    pub(super) fn ask_for_recording(&mut self, at: Timestamp) -> Option<Effect> {
        let greets = self.commands.iter().any(|one| one.id == GREETING && one.state.is_open());
        if greets || !self.owes_recording() {
            return None;
        }
        let stage = Stage::Asked { until: at + ANSWER_WITHIN };
        self.at_carrier = Some(AtCarrier { stage, name: None });
        Some(Effect::Record)
    }

    /// Has the recording stop, should it go on.
    pub(super) fn stop_recording_for_transfer(&mut self, at: Timestamp) -> BeforeTransfer {
        let Some(AtCarrier { stage, .. }) = &mut self.at_carrier else { return BeforeTransfer::Nothing };
        match stage {
            Stage::Going { unstoppable: true } => BeforeTransfer::Refuse,
            Stage::Going { unstoppable: false } => {
                *stage = Stage::Stopping { until: at + ANSWER_WITHIN, told: 1 };
                BeforeTransfer::Wait(Some(Effect::StopRecording))
            }
            Stage::Asked { .. } | Stage::Stopping { .. } => BeforeTransfer::Wait(None),
            Stage::Awaited { .. } | Stage::Copied { .. } | Stage::Settled => BeforeTransfer::Nothing,
        }
    }
}

/// News of the carrier's recording; of one that was never asked for there is none.
pub(super) fn heard(call: &Call, news: &Recorded, at: Timestamp) -> Step {
    let mut step = Step { call: call.clone(), effects: Vec::new() };
    let call = &mut step.call;
    let Some(mut kept) = call.at_carrier.take() else { return step };
    let lease = at + FETCH_WITHIN;
    if let Recorded::Replied { name, .. } | Recorded::Told { name } = news {
        kept.name = kept.name.or_else(|| name.clone());
    }
    let (stage, effect) = match (news, kept.stage) {
        (Recorded::Replied { reply, .. }, stage) => (replied(call, reply, stage, at), None),
        (Recorded::StopReplied { reply }, Stage::Stopping { until, told }) => {
            let next = match reply {
                CommandReply::Taken { .. } => Stage::Awaited { due_at: at + SOON, tried: 0 },
                CommandReply::Refused { .. } => Stage::Going { unstoppable: true },
                CommandReply::InDoubt { .. } => {
                    Stage::Stopping { until: until.min(at + SOON * (1 << told.min(TOLD_MAX))), told }
                }
            };
            (next, None)
        }
        (Recorded::Told { .. }, Stage::Asked { .. } | Stage::Going { .. } | Stage::Stopping { .. }) => {
            (Stage::Awaited { due_at: at, tried: 0 }, None)
        }
        (Recorded::NotFetched { why, is_missing }, Stage::Awaited { tried, .. }) => {
            let tried = tried.saturating_add(1);
            if tried >= if *is_missing { MISSING_MAX } else { TRIED_MAX } {
                call.note_failed(why, at);
                (Stage::Settled, None)
            } else {
                (Stage::Awaited { due_at: at + pause(tried), tried }, None)
            }
        }
        (Recorded::Ended { .. }, Stage::Awaited { .. }) => {
            (Stage::Copied { due_at: lease, tried: 0 }, Some(Effect::DropRecording))
        }
        (Recorded::Dropped { .. }, Stage::Copied { .. }) => (Stage::Settled, None),
        (Recorded::NotDropped { .. }, Stage::Copied { tried, .. }) => {
            let tried = tried.saturating_add(1);
            let next = Stage::Copied { due_at: at + pause(tried), tried };
            (if tried >= TRIED_MAX { Stage::Settled } else { next }, None)
        }
        (_, stage) => (stage, None),
    };
    kept.stage = stage;
    call.at_carrier = Some(kept);
    step.effects.extend(effect);
    step
}

/// The carrier's answer to the request to record. One that comes late only names what is looked for.
fn replied(call: &mut Call, reply: &CommandReply, stage: Stage, at: Timestamp) -> Stage {
    match (stage, reply) {
        (Stage::Asked { .. }, CommandReply::Refused { code, reason }) => {
            call.note_failed(&format!("{reason} ({code})"), at);
            Stage::Settled
        }
        (Stage::Asked { .. }, CommandReply::Taken { .. } | CommandReply::InDoubt { .. }) => {
            call.note_begun(at);
            Stage::Going { unstoppable: false }
        }
        (stage, _) => stage,
    }
}

/// After each step: what the end of the call, the deletion of the recording or the time asks for.
pub(super) fn follow(mut step: Step, event: &Event) -> Step {
    let (at, is_due) = (event.at, event.news == News::CheckDue);
    let is_told = matches!(event.news, News::Recording(Recorded::Told { .. }));
    let call = &mut step.call;
    let Some(kept) = call.at_carrier.take() else { return step };
    let (ended, talks) = (call.state.is_ended(), matches!(call.state, CallState::InProgress(_)));
    let is_deleted = call.is_recording_deleted();
    // A start, or a lease that ended, comes before the time of its own.
    let comes = |due_at: Timestamp| is_due && (ended || at >= due_at);
    let stopping =
        |told: u32| (Stage::Stopping { until: at + ANSWER_WITHIN, told }, Some(Effect::StopRecording));
    let lease = at + FETCH_WITHIN;
    let (stage, effect) = match kept.stage {
        Stage::Asked { .. } | Stage::Going { .. } | Stage::Stopping { .. } if ended && is_deleted => {
            (Stage::Copied { due_at: at + SOON, tried: 0 }, None)
        }
        Stage::Asked { .. } | Stage::Going { .. } | Stage::Stopping { .. } if ended => {
            (Stage::Awaited { due_at: at + SOON, tried: 0 }, None)
        }
        Stage::Asked { until } if is_due && at >= until => (Stage::Going { unstoppable: false }, None),
        Stage::Going { unstoppable: false } if is_deleted && talks => stopping(1),
        Stage::Stopping { until, told } if is_due && at >= until && talks => {
            if told >= TOLD_MAX {
                (Stage::Going { unstoppable: true }, None)
            } else {
                stopping(told + 1)
            }
        }
        Stage::Awaited { .. } if is_deleted => {
            (Stage::Copied { due_at: lease, tried: 0 }, Some(Effect::DropRecording))
        }
        Stage::Awaited { due_at, tried } if is_told || comes(due_at) => {
            (Stage::Awaited { due_at: lease, tried }, Some(Effect::FetchRecording))
        }
        Stage::Copied { due_at, tried } if comes(due_at) => {
            (Stage::Copied { due_at: lease, tried }, Some(Effect::DropRecording))
        }
        stage => (stage, None),
    };
    match stage {
        Stage::Going { .. } => call.note_begun(at),
        Stage::Awaited { .. } => {
            call.note_begun(at);
            let recording = call.recording.iter_mut().find(|one| one.state == RecordingState::Recording);
            recording.into_iter().for_each(|one| one.state = RecordingState::Awaited);
        }
        Stage::Asked { .. } | Stage::Stopping { .. } | Stage::Copied { .. } | Stage::Settled => {}
    }
    call.at_carrier = Some(AtCarrier { stage: within_reach(stage, at), ..kept });
    step.effects.extend(effect);
    step
}

/// A time that is farther off than any pause lasts was set by a clock that was ahead.
fn within_reach(stage: Stage, at: Timestamp) -> Stage {
    let soon = |due_at: Timestamp| if due_at > at + PAUSE_MAX { at + SOON } else { due_at };
    match stage {
        Stage::Asked { until } => Stage::Asked { until: soon(until) },
        Stage::Stopping { until, told } => Stage::Stopping { until: soon(until), told },
        Stage::Awaited { due_at, tried } => Stage::Awaited { due_at: soon(due_at), tried },
        Stage::Copied { due_at, tried } => Stage::Copied { due_at: soon(due_at), tried },
        Stage::Going { .. } | Stage::Settled => stage,
    }
}

/// 2, 4, 8 … seconds, an hour at most.
fn pause(tried: u32) -> Duration {
    Duration::from_secs(1 << tried.min(12)).min(PAUSE_MAX)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// So often is a carrier told to stop.
const TOLD_MAX: u32 = 6;
/// How long whoever fetches a file is left alone: then somebody asks again.
const FETCH_WITHIN: Duration = Duration::from_secs(600);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);
/// So many attempts in vain and a recording is given up: after three days.
const TRIED_MAX: u32 = 82;
/// So many times must a carrier say that it has no such recording: for a quarter of an hour.
const MISSING_MAX: u32 = 10;
