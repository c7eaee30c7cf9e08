//! `<Dial>` being carried out: a second call to whoever is dialled, and what its parent is told.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml/dial>.

use super::Face;
use super::call::{Call, Way};
use super::script::Doing;
use super::twiml::Dial;
use crate::form::Form;
use crate::world::{LegId, Limits, World};

impl Face {
    pub(super) fn dial(&mut self, world: &mut World, id: LegId, dial: &Dial) {
        let Some(parent) = self.calls.get(&id) else { return };
        let own = if parent.way == Way::Inbound { &parent.from } else { &parent.to };
        let caller = dial.caller_id.as_ref().unwrap_or(own);
        let mut child = Call::new(&parent.account_sid, Way::OutboundDial, caller, &dial.to);
        child.parent = Some(id);
        child.parent_sid = Some(parent.sid.clone());
        child.send_digits.clone_from(&dial.send_digits);
        let callback = dial.callback.as_deref();
        child.callback = callback.and_then(|url| parent.script.hook(url, dial.callback_method.as_deref()));
        if !dial.callback_events.is_empty() {
            child.callback_events.clone_from(&dial.callback_events);
        }
        let action = dial.action.as_deref();
        let hook = action.and_then(|url| parent.script.hook(url, dial.method.as_deref()));
        let limits = Limits { ring_ms: dial.timeout_ms, talk_ms: dial.time_limit_ms };
        let child = self.open(world, child, limits, None);
        world.dial_after(child, 0);
        if let Some(call) = self.calls.get_mut(&id) {
            call.script.turn_to(world, Doing::Dialling { child, hook });
        }
    }

    /// Whoever was dialled is gone.
    pub(super) fn child_ended(&mut self, world: &mut World, id: LegId, child: LegId) {
        let status = self.status_of(world, child).unwrap_or("failed");
        let was_answered = world.leg(child).is_some_and(|leg| leg.answered_at.is_some());
        let talked_s = world.leg(child).and_then(|leg| leg.talked_s());
        let child_sid = self.calls.get(&child).map(|call| call.sid.clone()).unwrap_or_default();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let hook = match &call.script.doing {
            Doing::Dialling { child: dialled, hook } if *dialled == child => hook.clone(),
            _ => return,
        };
        let mut form = Form::default();
        form.put("DialCallSid", child_sid);
        form.put("DialCallStatus", status);
        form.put("DialBridged", was_answered.to_string());
        if let Some(talked_s) = talked_s {
            form.put("DialCallDuration", talked_s.to_string());
        }
        self.act(world, id, hook, form);
    }
}
