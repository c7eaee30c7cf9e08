//! Commands that are to end before their time: the carrier is told until it has said something.

use super::command::{Command, CommandId, CommandReply, CommandState, Outcome};
use super::commands::change;
use super::effect::Effect;
use super::moves::Step;
use super::state::{Call, CallState};
use super::timers::{ANSWER_WITHIN, SOON};
use crate::time::Timestamp;

/// Somebody wants a command to end. What wasn't sent never is. Of one whose request is on its way
/// nobody knows yet what there is to end: whoever asks waits until that is known.
pub(super) fn ask(call: &Call, id: CommandId, at: Timestamp) -> Step {
    let mut step = change(call, id, |command| {
        command.state = match &command.state {
            CommandState::Asked => CommandState::Failed {
                code: "stopped".to_owned(),
                reason: "it was stopped before it was begun".to_owned(),
            },
            CommandState::Taken { .. } if command.verb.can_be_stopped() => {
                CommandState::Stopping { until: at + ANSWER_WITHIN, told: 1 }
            }
            _ => return,
        };
    });
    let was_taken = |command: &&Command| matches!(command.state, CommandState::Taken { .. });
    let stops = |command: &Command| matches!(command.state, CommandState::Stopping { .. });
    if call.command(id).filter(was_taken).is_some() && step.call.command(id).is_some_and(stops) {
        step.effects.push(Effect::Conclude(id));
    }
    step
}

/// The carrier's answer. What is in doubt is told again soon, which does no harm: whoever is on the line
/// hears on what somebody wants to end.
pub(super) fn replied(call: &Call, id: CommandId, reply: &CommandReply, at: Timestamp) -> Step {
    change(call, id, |command| {
        let CommandState::Stopping { told, until } = command.state else { return };
        command.state = match reply {
            CommandReply::Refused { code, .. } if code == "rate_limited" => {
                CommandState::Stopping { until: at + ANSWER_WITHIN, told }
            }
            CommandReply::Taken { .. } => stopped(),
            CommandReply::Refused { code, reason } => {
                let why = format!("the carrier would not end it: {reason} ({code})");
                CommandState::InDoubt { why, taken: true }
            }
            CommandReply::InDoubt { .. } => {
                let pause = ANSWER_WITHIN.min(SOON * (1 << told.min(TOLD_MAX)));
                CommandState::Stopping { until: until.min(at + pause), told }
            }
        };
    })
}

/// Tells the carrier again where it hasn't answered, and gives up where it never does.
pub(super) fn repeat(call: &mut Call, at: Timestamp) -> Vec<Effect> {
    let talks = matches!(call.state, CallState::InProgress(_));
    let mut effects = Vec::new();
    for command in &mut call.commands {
        let CommandState::Stopping { until, told } = command.state else { continue };
        if at < until || !talks {
            continue;
        }
        command.state = if told >= TOLD_MAX {
            let why = "the carrier was told to end it, and did not answer".to_owned();
            CommandState::InDoubt { why, taken: true }
        } else {
            effects.push(Effect::Conclude(command.id));
            CommandState::Stopping { until: at + ANSWER_WITHIN, told: told + 1 }
        };
    }
    effects
}

/// How a command stands that was ended before its time.
pub(super) fn stopped() -> CommandState {
    CommandState::Done(Outcome { stopped: true, ..Outcome::default() })
}

/// So often is the carrier told to end a command.
const TOLD_MAX: u32 = 6;
