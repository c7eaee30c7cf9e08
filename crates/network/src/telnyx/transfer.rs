//! Transfers: a second leg to whoever takes the call over, and the bridge between the two.

use super::body::Body;
use super::call::{Call, Way};
use super::command::keys;
use super::error::ApiError;
use super::{Face, dial};
use crate::world::{EndedBy, LegId, Limits, World};

/// Who is to take a call over.
#[derive(Debug)]
pub(crate) struct Takeover {
    to: String,
    /// `None` shows the number that the call itself was placed to.
    from: Option<String>,
    limits: Limits,
    client_state: Option<String>,
    digits: Option<String>,
}

impl Takeover {
    /// What `transfer` asks for.
    pub(crate) fn read(body: &Body) -> Result<Takeover, ApiError> {
        let from = match body.value("from") {
            Some(_) => Some(body.phone_number("from")?),
            None => None,
        };
        Ok(Takeover {
            to: body.phone_number("to")?,
            from,
            limits: dial::limits(body)?,
            client_state: body.client_state("target_leg_client_state")?,
            digits: keys(body, "send_digits_on_answer")?,
        })
    }
}

impl Face {
    /// Calls somebody to take a call over. The call goes on whether or not that comes about.
    pub(super) fn transfer(&mut self, world: &mut World, id: LegId, wanted: Takeover) {
        let Some(call) = self.calls.get(&id) else { return };
        let from = wanted.from.unwrap_or_else(|| call.to.clone());
        let mut other = Call::new(&call.connection_id, Way::Transfer(id), &from, &wanted.to);
        other.session_id = call.session_id.clone();
        other.webhook_url = call.webhook_url.clone();
        other.retries_ms = call.retries_ms.clone();
        other.client_state = wanted.client_state;
        other.digits_at_answer = wanted.digits;
        let other = self.open(world, other, wanted.limits, None);
        world.dial_after(other, self.dial_after_ms);
        if let Some(call) = self.calls.get_mut(&id) {
            call.transfers_to.push(other);
        }
    }

    /// A leg was answered; one that was called to take a call over has it from here on.
    pub(super) fn bridge(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Way::Transfer(first) = call.way else { return };
        call.bridged_with = Some(first);
        let payload = call.payload_with_numbers();
        self.tell(world, id, "call.bridged", payload);
        let Some(call) = self.calls.get_mut(&first) else { return };
        let before = call.bridged_with.replace(id);
        call.transfers_to.retain(|called| *called != id);
        let payload = call.payload_with_numbers();
        self.tell(world, first, "call.bridged", payload);
        // Whoever talked until then has nobody left.
        if let Some(before) = before {
            if let Some(call) = self.calls.get_mut(&before) {
                call.bridged_with = None;
            }
            world.hang_up(before, EndedBy::Carrier);
        }
    }

    /// A leg ended: whoever it talked to, and everybody who was to take it over, has nobody left. One that
    /// is to be parked then goes on alone.
    pub(super) fn part(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (bridged, called) = (call.bridged_with.take(), std::mem::take(&mut call.transfers_to));
        if let Some(other) = bridged {
            match self.calls.get_mut(&other) {
                Some(other) if other.parks_after_unbridge => other.bridged_with = None,
                _ => world.hang_up(other, EndedBy::Carrier),
            }
        }
        for called in called {
            world.hang_up(called, EndedBy::Carrier);
        }
    }
}
