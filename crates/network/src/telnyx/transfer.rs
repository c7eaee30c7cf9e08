//! Transfers: a second leg to whoever takes the call over, and the bridge between the two.

use super::body::Body;
use super::call::{Call, Way};
use super::error::ApiError;
use super::{Face, dial};
use crate::world::{EndedBy, LegId, World};

impl Face {
    /// Calls somebody to take a call over. The call goes on whether or not that comes about.
    pub(super) fn transfer(&mut self, world: &mut World, id: LegId, body: &Body) -> Result<(), ApiError> {
        let to = body.phone_number("to")?;
        let limits = dial::limits(body)?;
        let client_state = body.client_state("target_leg_client_state")?;
        let from = match body.value("from") {
            Some(_) => Some(body.phone_number("from")?),
            None => None,
        };
        let Some(call) = self.calls.get(&id) else { return Ok(()) };
        // Telnyx shows the number that the call itself was placed to.
        let from = from.unwrap_or_else(|| call.to.clone());
        let mut other = Call::new(&call.connection_id, Way::Transfer(id), &from, &to);
        other.session_id = call.session_id.clone();
        other.webhook_url = call.webhook_url.clone();
        other.client_state = client_state;
        let other = self.open(world, other, limits, None);
        world.dial_after(other, self.dial_after_ms);
        if let Some(call) = self.calls.get_mut(&id) {
            call.transfers_to = Some(other);
        }
        Ok(())
    }

    /// A leg was answered; one that was called to take a call over has it from here on.
    pub(super) fn bridge(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Way::Transfer(first) = call.way else { return };
        call.bridged_with = Some(first);
        let payload = call.payload_with_numbers();
        self.tell(world, id, "call.bridged", payload);
        if let Some(call) = self.calls.get_mut(&first) {
            call.bridged_with = Some(id);
            call.transfers_to = None;
            let payload = call.payload_with_numbers();
            self.tell(world, first, "call.bridged", payload);
        }
    }

    /// A leg ended: whoever it talked to, and whoever was to take it over, has nobody left.
    pub(super) fn part(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let others = [call.bridged_with.take(), call.transfers_to.take()];
        for other in others.into_iter().flatten() {
            world.hang_up(other, EndedBy::Carrier);
        }
    }
}
