//! Changing or ending a call by the API.

use super::Face;
use super::create::hook;
use super::error::ApiError;
use super::script::Instructions;
use crate::form::Form;
use crate::world::{EndedBy, LegId, Stage, World};

impl Face {
    /// Carries out what an update asks, or says why not.
    pub(super) fn update(&mut self, world: &mut World, id: LegId, form: &Form) -> Result<(), ApiError> {
        let voice = hook(form, "Url", "Method", 21_205)?;
        let fallback = hook(form, "FallbackUrl", "FallbackMethod", 21_205)?;
        let callback = hook(form, "StatusCallback", "StatusCallbackMethod", 21_609)?;
        let time_limit_s = form.get("TimeLimit").and_then(|value| value.parse::<u64>().ok());
        let instructions = match (form.get("Twiml"), voice) {
            (Some(document), _) => Some(Instructions::Document(document.to_owned())),
            (None, Some(hook)) => Some(Instructions::At(hook)),
            (None, None) => None,
        };
        let Some(stage) = world.leg(id).map(|leg| leg.stage) else { return Ok(()) };
        let ends = match (form.get("Status"), stage) {
            (None, Stage::Ended(_)) => return Err(ApiError::not_in_progress()),
            (None, _) => false,
            (Some("completed"), Stage::Ended(_)) => return Err(ApiError::not_in_progress()),
            (Some("canceled"), Stage::Ended(_) | Stage::Talking) => {
                return Err(ApiError::not_in_progress());
            }
            (Some("completed" | "canceled"), _) => true,
            (Some(word), _) => {
                let message = format!("Status must be completed or canceled, not {word}");
                return Err(ApiError::new(400, 20_001, message));
            }
        };
        if instructions.is_some() && !ends && stage != Stage::Talking {
            return Err(ApiError::not_in_progress());
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.updated_at = world.now;
            call.fallback = fallback.or(call.fallback.take());
            call.callback = callback.or(call.callback.take());
        }
        if let Some(seconds) = time_limit_s {
            world.limit(id, seconds.saturating_mul(1_000));
        }
        if ends {
            if let Some(leg) = world.leg_mut(id) {
                leg.counts.hangups += 1;
            }
            world.hang_up(id, EndedBy::Api);
        } else if let Some(instructions) = instructions {
            self.redirect(world, id, instructions);
        }
        Ok(())
    }
}
