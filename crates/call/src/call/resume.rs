//! What a restart owes.

use super::at_carrier::Stage;
use super::effect::Effect;
use super::state::{Call, CallState};

/// What a freshly started process owes a call that it finds in this state on disk.
///
/// There is no outbox beside the state: the state says what is owed. `Placing` owes a search,
/// never a second [`Effect::Place`], since two rings are worse than none; a command that was sent owes
/// nothing, since to hear a sentence twice is worse than to be told of a doubt, nor does a request to record:
/// what came of it is looked for. `Queued` owes nothing here: admission comes for it.
pub fn resume(call: &Call) -> Vec<Effect> {
    let own = match &call.state {
        CallState::Queued(_) | CallState::Ended(_) => None,
        CallState::Placing(_) => Some(Effect::Find),
        CallState::Initiated(unanswered)
        | CallState::Ringing(unanswered)
        | CallState::Offered(unanswered) => Some(Effect::LookUp(unanswered.leg.clone())),
        CallState::Answering(unanswered) if call.facts.by_command => {
            Some(Effect::Answer(unanswered.leg.clone()))
        }
        CallState::Answering(unanswered) => Some(Effect::LookUp(unanswered.leg.clone())),
        CallState::InProgress(talk) => Some(Effect::LookUp(talk.leg.clone())),
        CallState::HangingUp(hanging) => Some(Effect::HangUp(hanging.leg.clone())),
    };
    let strays = call.strays.iter().map(|stray| Effect::HangUp(stray.leg.clone()));
    let talks = matches!(call.state, CallState::InProgress(_));
    let recording = match call.at_carrier.as_ref().map(|recording| &recording.stage) {
        Some(Stage::Stopping { .. }) if talks => Some(Effect::StopRecording),
        Some(Stage::Awaited { .. }) => Some(Effect::FetchRecording),
        Some(Stage::Copied { .. }) => Some(Effect::DropRecording),
        Some(Stage::Asked { .. } | Stage::Going { .. } | Stage::Stopping { .. } | Stage::Settled) | None => {
            None
        }
    };
    own.into_iter().chain(strays).chain(recording).collect()
}
