//! `<Gather>` being carried out: its prompts one after another, the keys and the speech that come
//! meanwhile or after, and what the customer is told of them.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml/gather>.

use std::collections::VecDeque;

use super::Face;
use super::script::{Doing, hear};
use super::twiml::{Gather, Prompt};
use crate::form::Form;
use crate::world::{LegId, World, speech_ms};

/// How sure the carrier is of what it made out.
const CONFIDENCE: &str = "0.9421358";

/// What has come so far.
#[derive(Debug)]
pub(crate) struct Gathering {
    gather: Gather,
    /// Prompts that are still to be played.
    prompts: VecDeque<Prompt>,
    is_prompted: bool,
    pressed: String,
    /// What was said, one utterance after another.
    spoken: Vec<String>,
}

impl Gathering {
    /// Takes a key, and says whether it ends the gathering. A finishing key does so only after
    /// others.
    fn take(&mut self, key: char) -> Option<FinishedBy> {
        if self.gather.finish_on == Some(key) {
            return (!self.pressed.is_empty()).then_some(FinishedBy::Key(key));
        }
        self.pressed.push(key);
        let is_full = self.gather.n_digits.is_some_and(|wanted| self.pressed.len() >= wanted);
        is_full.then_some(FinishedBy::Itself)
    }
}

/// What ended a gathering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FinishedBy {
    Key(char),
    /// All digits, or silence.
    Itself,
}

impl Face {
    pub(super) fn gather(&mut self, world: &mut World, id: LegId, gather: Gather) {
        if gather.takes_keys {
            world.ask_for_digits(id);
        }
        let prompts = gather.prompts.clone().into();
        let (pressed, spoken) = (String::new(), Vec::new());
        let gathering = Gathering { gather, prompts, is_prompted: false, pressed, spoken };
        self.gather_more(world, id, gathering);
    }

    /// A prompt is over, or a silence: plays the next one, waits for the subscriber, or ends.
    pub(super) fn gather_more(&mut self, world: &mut World, id: LegId, mut gathering: Gathering) {
        if let Some(prompt) = gathering.prompts.pop_front() {
            let ms = prompt.ms();
            if let Some(rest) = prompt.rest() {
                gathering.prompts.push_front(rest);
            }
            hear(world, id, prompt);
            return self.wait(world, id, Doing::Gathering(gathering), ms);
        }
        if !gathering.is_prompted {
            gathering.is_prompted = true;
            if gathering.gather.takes_speech {
                world.ask_for_speech(id);
            }
            let ms = gathering.gather.timeout_ms;
            return self.wait(world, id, Doing::Gathering(gathering), ms);
        }
        self.gathered(world, id, gathering, FinishedBy::Itself);
    }

    /// The subscriber pressed keys, which end the prompts.
    pub(super) fn pressed(&mut self, world: &mut World, id: LegId, keys: &str) {
        let takes = |gathering: &Gathering| gathering.gather.takes_keys;
        let Some(mut gathering) = self.interrupted(world, id, takes) else { return };
        for key in keys.chars() {
            if let Some(by) = gathering.take(key) {
                return self.gathered(world, id, gathering, by);
            }
        }
        let ms = gathering.gather.timeout_ms;
        self.wait(world, id, Doing::Gathering(gathering), ms);
    }

    /// The subscriber begins to say something, which ends the prompts.
    pub(super) fn spoke(&mut self, world: &mut World, id: LegId, words: &str) {
        let takes = |gathering: &Gathering| gathering.gather.takes_speech;
        let Some(mut gathering) = self.interrupted(world, id, takes) else { return };
        gathering.spoken.push(words.to_owned());
        let ms = speech_ms(words).saturating_add(gathering.gather.speech_timeout_ms);
        self.wait(world, id, Doing::Gathering(gathering), ms);
    }

    /// Takes the gathering that is going on, if it is of a kind that takes what has come.
    fn interrupted(
        &mut self,
        world: &mut World,
        id: LegId,
        takes: impl FnOnce(&Gathering) -> bool,
    ) -> Option<Gathering> {
        let call = self.calls.get_mut(&id)?;
        if !matches!(&call.script.doing, Doing::Gathering(gathering) if takes(gathering)) {
            return None;
        }
        match call.script.turn_to(world, Doing::Nothing) {
            Doing::Gathering(mut gathering) => {
                gathering.prompts.clear();
                gathering.is_prompted = true;
                Some(gathering)
            }
            _ => None,
        }
    }

    /// Tells what came, or goes on where nothing did. Keys count for more than speech.
    fn gathered(&mut self, world: &mut World, id: LegId, gathering: Gathering, by: FinishedBy) {
        let Gathering { gather, pressed, spoken, .. } = gathering;
        world.keep_listening(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, Doing::Nothing);
        if pressed.is_empty() && spoken.is_empty() && !gather.on_empty {
            return self.go_on(world, id);
        }
        let hook = call.script.action(gather.action.as_deref(), gather.method.as_deref());
        let mut form = Form::default();
        if pressed.is_empty() && !spoken.is_empty() {
            form.put("SpeechResult", spoken.join(" "));
            form.put("Confidence", CONFIDENCE);
            form.put("Language", gather.language);
        } else {
            form.put("Digits", pressed);
            let key = match by {
                FinishedBy::Key(key) => key.to_string(),
                FinishedBy::Itself => String::new(),
            };
            form.put("FinishedOnKey", key);
            form.put("msg", "Gather End");
        }
        self.act(world, id, hook, form);
    }
}
