//! What the API has done to calls: hang-ups, transfers, sound and keys.

use serde_json::{Map, Value, json};

use super::Face;
use super::body::Body;
use super::call::Way;
use super::document::{self, Prompt};
use super::error::ApiError;
use super::hangup::Hangup;
use super::listing::{is_live, is_queued};
use super::resource::object;
use super::script::{Doing, hear};
use crate::world::{EndedBy, LegId, Stage, World};

impl Face {
    /// Hangs up a live call, or takes a queued one out of the queue.
    pub(super) fn hang_up_one(&mut self, world: &mut World, id: &str) -> Result<(), ApiError> {
        let queued = self.requests.get(id).copied().filter(|leg_id| {
            let found = self.calls.get(leg_id).zip(world.leg(*leg_id));
            found.is_some_and(|(call, leg)| is_queued(call, leg))
        });
        let leg_id = self.live_leg(world, id).ok().or(queued).ok_or_else(ApiError::not_found)?;
        hang_up(world, leg_id);
        Ok(())
    }

    /// Cancels the call of a request that nobody has answered.
    pub(super) fn cancel(&mut self, world: &mut World, request_uuid: &str) -> Result<(), ApiError> {
        let found = self.requests.get(request_uuid).copied();
        let found = found.filter(|id| {
            world.leg(*id).is_some_and(|leg| match leg.stage {
                Stage::Queued | Stage::Dialling | Stage::Ringing => true,
                Stage::Talking | Stage::Ended(_) => false,
            })
        });
        hang_up(world, found.ok_or_else(ApiError::not_found)?);
        Ok(())
    }

    /// Hangs up everything that the account has, as the real one does when no call is named.
    pub(super) fn hang_up_all(&mut self, world: &mut World) {
        let legs: Vec<LegId> = self.calls.keys().copied().collect();
        for id in legs {
            if world.leg(id).is_some_and(|leg| leg.end().is_none()) {
                if let Some(leg) = world.leg_mut(id) {
                    leg.counts.hangups += 1;
                }
                self.hang_up(world, id, Hangup::UNKNOWN, EndedBy::Api);
            }
        }
    }

    /// The leg of a live call, which is known by its call's id alone.
    pub(super) fn live_leg(&self, world: &World, call_uuid: &str) -> Result<LegId, ApiError> {
        let id = self.legs.get(call_uuid).copied();
        let id = id.filter(|id| world.leg(*id).is_some_and(is_live));
        id.ok_or_else(ApiError::not_found)
    }

    /// The leg of a call that is answered.
    pub(super) fn talking_leg(&self, world: &World, call_uuid: &str) -> Result<LegId, ApiError> {
        let id = self.live_leg(world, call_uuid)?;
        let talks = world.leg(id).is_some_and(|leg| leg.stage == Stage::Talking);
        if talks { Ok(id) } else { Err(ApiError::not_found()) }
    }

    /// Gives a call, whom it talks to, or both of them other documents.
    pub(super) fn redirect(&mut self, world: &mut World, id: LegId, body: &Body) -> Result<(), ApiError> {
        let legs = body.word("legs", &["aleg", "bleg", "both"])?.unwrap_or("aleg");
        let (wants_a, wants_b) = (legs != "bleg", legs != "aleg");
        let a_hook = body.hook("aleg_url", "aleg_method")?;
        let b_hook = body.hook("bleg_url", "bleg_method")?;
        if wants_a && a_hook.is_none() {
            return Err(ApiError::missing("aleg_url"));
        }
        if wants_b && b_hook.is_none() {
            return Err(ApiError::missing("bleg_url"));
        }
        let other = self.talks_to(id);
        if wants_b && other.is_none() {
            return Err(ApiError::not_found());
        }
        if let (Some(other), Some(hook)) = (other.filter(|_| wants_b), b_hook) {
            self.part(id, other);
            self.transfer(world, other, hook);
            if !wants_a {
                self.dialled_out(world, id, Some(other));
            }
        }
        if let Some(hook) = a_hook.filter(|_| wants_a) {
            self.leave_dial(world, id);
            self.transfer(world, id, hook);
        }
        Ok(())
    }

    fn talks_to(&self, id: LegId) -> Option<LegId> {
        match &self.calls.get(&id)?.script.doing {
            Doing::Dialling(dialling) => dialling.talks_to,
            _ => None,
        }
    }

    /// A B leg that gets a document of its own has left its A leg.
    fn leave_dial(&mut self, world: &mut World, id: LegId) {
        if let Some(Way::OutboundDial(parent)) = self.calls.get(&id).map(|call| call.way)
            && self.part(parent, id)
        {
            self.dialled_out(world, parent, Some(id));
        }
    }

    pub(super) fn speak(world: &mut World, id: LegId, body: &Body) -> Result<Map<String, Value>, ApiError> {
        hear(world, id, &document::speak(&body.needed("text")?, 1));
        Ok(said("speak started"))
    }

    pub(super) fn play(world: &mut World, id: LegId, body: &Body) -> Result<Map<String, Value>, ApiError> {
        for url in body.needed("urls")?.split(',') {
            hear(world, id, &Prompt::Play { url: url.to_owned(), ms: 0 });
        }
        Ok(said("play started"))
    }

    pub(super) fn send_keys(
        world: &mut World,
        id: LegId,
        body: &Body,
    ) -> Result<Map<String, Value>, ApiError> {
        let digits = body.needed("digits")?;
        body.word("leg", &["aleg", "bleg"])?;
        if !digits.chars().all(|key| key.is_ascii_digit() || "ABCDabcdwW*#@".contains(key)) {
            return Err(ApiError::invalid("digits"));
        }
        hear(world, id, &document::digits(&digits));
        Ok(said("digits sent"))
    }
}

/// An answer that is no more than a message.
pub(super) fn said(message: &str) -> Map<String, Value> {
    object(json!({ "message": message }))
}

fn hang_up(world: &mut World, id: LegId) {
    if let Some(leg) = world.leg_mut(id) {
        leg.counts.hangups += 1;
    }
    world.hang_up(id, EndedBy::Api);
}
