//! Finding out, while a call goes on, whether a machine picked up.
//!
//! Source: <https://www.twilio.com/docs/voice/answering-machine-detection> (2026-11-29).

use super::call::{Detection, Hook};
use super::{Alarm, Face};
use crate::form::Form;
use crate::world::{LegId, World};

impl Face {
    /// The call was answered: listens, if it was asked to.
    pub(super) fn listen_for_machine(&mut self, world: &mut World, id: LegId) {
        let detection = self.calls.get(&id).and_then(|call| call.detection.clone());
        let (Some(Detection { hook, until_it_records }), Some(leg)) = (detection, world.leg(id)) else {
            return;
        };
        let (after_ms, answered_by) = match leg.behaviour.greets_ms() {
            None => (HUMAN_MS, "human"),
            Some(greets_ms) if until_it_records => (greets_ms, "machine_end_beep"),
            Some(greets_ms) => (greets_ms.min(MACHINE_MS), "machine_start"),
        };
        Face::remind(world, after_ms, Alarm::Detected { leg: id, hook: Box::new(hook), answered_by });
    }

    /// Who picked up is known.
    pub(super) fn tell_who_picked_up(
        &mut self,
        world: &mut World,
        id: LegId,
        hook: Hook,
        answered_by: &'static str,
    ) {
        let Some(answered_at) =
            world.leg(id).filter(|leg| leg.end().is_none()).and_then(|leg| leg.answered_at)
        else {
            return;
        };
        let Some(call) = self.calls.get(&id) else { return };
        let mut form = Form::default();
        form.put("CallSid", &call.sid);
        form.put("AccountSid", &call.account_sid);
        form.put("AnsweredBy", answered_by);
        form.put("MachineDetectionDuration", world.now.since(answered_at).to_string());
        self.post(world, id, hook, form);
    }
}

/// How soon a person is known, who says a word and waits.
const HUMAN_MS: u64 = 1_500;
/// How soon a machine is known, which goes on speaking.
const MACHINE_MS: u64 = 2_500;
