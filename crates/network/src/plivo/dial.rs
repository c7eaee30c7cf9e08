//! `<Dial>`: B legs to others, of whom the first to answer is connected.

use super::call::{Call, Hook, Way, bare, status};
use super::document::{Action, Dial};
use super::hangup::Hangup;
use super::script::Doing;
use super::{Face, body};
use crate::form::Form;
use crate::world::{EndedBy, LegId, Limits, World};

/// A `<Dial>` under way.
#[derive(Debug)]
pub(crate) struct Dialling {
    /// Who rings or talks.
    legs: Vec<LegId>,
    pub(super) talks_to: Option<LegId>,
    rang: bool,
    action: Action,
}

impl Dialling {
    pub(super) fn hang_up(self, world: &mut World) {
        for leg in self.legs {
            world.hang_up(leg, EndedBy::Carrier);
        }
    }
}

impl Face {
    pub(super) fn dial(&mut self, world: &mut World, id: LegId, dial: &Dial) {
        let Some(parent) = self.calls.get(&id) else { return };
        let own = if parent.way == Way::Inbound { &parent.from } else { &parent.to };
        let caller = dial.caller_id.as_deref().and_then(body::number).unwrap_or_else(|| own.clone());
        let (parent_uuid, events) = (parent.call_uuid.clone(), Hook::of(&dial.callback));
        let limits = Limits { ring_ms: dial.ring_ms, talk_ms: dial.talk_ms };
        let mut legs = Vec::new();
        for to in dial.to.iter().filter_map(|to| body::number(to)) {
            let mut other = Call::new(Way::OutboundDial(id), &caller, &to);
            other.parent_uuid = Some(parent_uuid.clone());
            other.dial_events = events.clone();
            let other = self.open(world, other, limits, None);
            world.dial_after(other, 0);
            legs.push(other);
        }
        let action = dial.action.clone();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_empty = legs.is_empty();
        let dialling = Dialling { legs, talks_to: None, rang: false, action };
        call.script.turn_to(world, Doing::Dialling(dialling));
        if is_empty {
            self.dialled_out(world, id, None);
        }
    }

    fn dialling(&mut self, id: LegId, other: LegId) -> Option<&mut Dialling> {
        match &mut self.calls.get_mut(&id)?.script.doing {
            Doing::Dialling(dialling) if dialling.legs.contains(&other) => Some(dialling),
            _ => None,
        }
    }

    /// A B leg rings.
    pub(super) fn other_rings(&mut self, id: LegId, other: LegId) {
        if let Some(dialling) = self.dialling(id, other) {
            dialling.rang = true;
        }
    }

    /// A B leg was answered: the other ones have lost.
    pub(super) fn other_answers(&mut self, world: &mut World, id: LegId, other: LegId) {
        let Some(dialling) = self.dialling(id, other) else { return };
        let is_first = dialling.talks_to.is_none();
        let winner = *dialling.talks_to.get_or_insert(other);
        let losers: Vec<LegId> = dialling.legs.iter().copied().filter(|leg| *leg != winner).collect();
        for loser in losers {
            self.hang_up(world, loser, Hangup::LOST_RACE, EndedBy::Carrier);
        }
        if is_first {
            let form = Form::default().with("Event", "DialAnswer").with("DialAction", "answer");
            self.tell_of_other(world, id, other, form.with("DialBLegStatus", "answer"));
        }
    }

    /// A B leg is over: its A leg goes on once nobody else rings or talks.
    pub(super) fn other_ended(&mut self, world: &mut World, id: LegId, other: LegId) {
        self.tell_of_end(world, id, other);
        if self.part(id, other) {
            self.dialled_out(world, id, Some(other));
        }
    }

    /// Takes a B leg out of its `<Dial>`, and says whether that leaves nobody.
    pub(super) fn part(&mut self, id: LegId, other: LegId) -> bool {
        let Some(dialling) = self.dialling(id, other) else { return false };
        dialling.legs.retain(|leg| *leg != other);
        dialling.talks_to == Some(other) || dialling.legs.is_empty()
    }

    /// The `<Dial>` is over; the document goes on.
    pub(super) fn dialled_out(&mut self, world: &mut World, id: LegId, last: Option<LegId>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Doing::Dialling(dialling) = call.script.turn_to(world, Doing::Nothing) else { return };
        let a_leg = call.call_uuid.clone();
        let uuid_of = |leg: LegId| self.calls.get(&leg).map(|call| call.call_uuid.clone());
        let b_leg = dialling.talks_to.and_then(uuid_of).unwrap_or_default();
        let ended = last.and_then(|last| Some((self.calls.get(&last)?, world.leg(last)?)));
        let word = match ended {
            Some((_, leg)) if leg.end().is_none() || dialling.talks_to.is_some() => "completed",
            Some((_, leg)) => status(leg),
            None => "failed",
        };
        let cause = ended.and_then(|(call, leg)| call.hung_up(leg)).map_or("", |hangup| hangup.cause);
        let form = Form::default()
            .with("DialStatus", word)
            .with("DialRingStatus", dialling.rang.to_string())
            .with("DialHangupCause", cause)
            .with("DialALegUUID", a_leg)
            .with("DialBLegUUID", b_leg);
        let action = dialling.action.clone();
        dialling.hang_up(world);
        self.act(world, id, &action, form);
    }

    fn tell_of_end(&mut self, world: &mut World, id: LegId, other: LegId) {
        let (Some(call), Some(leg)) = (self.calls.get(&other), world.leg(other)) else { return };
        let Some(hangup) = call.hung_up(leg) else { return };
        let talked_s = leg.talked_s().unwrap_or(0);
        let form = Form::default()
            .with("Event", "DialHangup")
            .with("DialAction", "hangup")
            .with("DialBLegStatus", "hangup")
            .with("DialBLegDuration", talked_s.to_string())
            .with("DialBLegBillDuration", super::call::billed_s(talked_s).to_string())
            .with("DialBLegHangupCause", hangup.cause)
            .with("DialBLegHangupCauseName", hangup.name)
            .with("DialBLegHangupCauseCode", hangup.code.to_string())
            .with("DialBLegHangupSource", hangup.source);
        self.tell_of_other(world, id, other, form);
    }

    fn tell_of_other(&mut self, world: &mut World, id: LegId, other: LegId, form: Form) {
        let (Some(a_leg), Some(b_leg)) = (self.calls.get(&id), self.calls.get(&other)) else { return };
        let form = form
            .with("DialALegUUID", &a_leg.call_uuid)
            .with("DialBLegUUID", &b_leg.call_uuid)
            .with("DialBLegFrom", bare(&b_leg.from))
            .with("DialBLegTo", bare(&b_leg.to));
        let hook = b_leg.dial_events.clone();
        self.tell(world, id, hook, form);
    }
}
