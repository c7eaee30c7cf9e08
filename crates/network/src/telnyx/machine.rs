//! Finding out whether a machine picked up.
//!
//! Source: `CallRequest` in Telnyx's OpenAPI, and
//! <https://developers.telnyx.com/docs/voice/programmable-voice/answering-machine-detection> (2026-11-29).

use serde_json::json;

use super::body::Body;
use super::error::ApiError;
use super::{Alarm, Face};
use crate::world::{LegId, World};

/// What is told of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detection {
    /// That it is one.
    Machine,
    /// That, and when its greeting is over.
    GreetingEnd,
}

impl Detection {
    /// What a request asks for. The paid sort has events of its own, which nobody here speaks.
    pub(super) fn wanted(body: &Body) -> Result<Option<Detection>, ApiError> {
        let words = ["detect", "detect_beep", "detect_words", "greeting_end", "disabled"];
        Ok(match body.word("answering_machine_detection", &words)? {
            Some("detect") => Some(Detection::Machine),
            Some("detect_beep" | "detect_words" | "greeting_end") => Some(Detection::GreetingEnd),
            _ => None,
        })
    }
}

impl Face {
    /// The call was answered: listens, if it was asked to.
    pub(super) fn listen_for_machine(&mut self, world: &mut World, id: LegId) {
        let detection = self.calls.get(&id).and_then(|call| call.detection);
        let (Some(detection), Some(leg)) = (detection, world.leg(id)) else { return };
        let greets_ms = leg.behaviour.greets_ms();
        let (after_ms, result) =
            greets_ms.map_or((HUMAN_MS, "human"), |greets_ms| (greets_ms.min(MACHINE_MS), "machine"));
        Face::remind(world, after_ms, Alarm::Detected { leg: id, event: DETECTED, result });
        if let (Some(greets_ms), Detection::GreetingEnd) = (greets_ms, detection) {
            Face::remind(
                world,
                greets_ms,
                Alarm::Detected { leg: id, event: GREETED, result: "beep_detected" },
            );
        }
    }

    /// Something is known of who picked up.
    pub(super) fn tell_who_picked_up(
        &mut self,
        world: &mut World,
        id: LegId,
        event: &'static str,
        result: &'static str,
    ) {
        let lives = world.leg(id).is_some_and(|leg| leg.end().is_none());
        let Some(call) = self.calls.get(&id).filter(|_| lives) else { return };
        let mut payload = call.payload_with_numbers();
        payload.insert("result".to_owned(), json!(result));
        self.tell(world, id, event, payload);
    }
}

const DETECTED: &str = "call.machine.detection.ended";
const GREETED: &str = "call.machine.greeting.ended";
/// How soon a person is known, who says a word and waits.
const HUMAN_MS: u64 = 1_500;
/// How soon a machine is known, which goes on speaking.
const MACHINE_MS: u64 = 2_500;
