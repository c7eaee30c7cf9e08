//! Listening for keys and words: `<GetInput>` and `<GetDigits>`, their prompts one after another,
//! what comes meanwhile or after, and what the customer is told of it.

use std::collections::VecDeque;

use super::Face;
use super::document::{Hears, Input, Prompt};
use super::script::{Doing, hear};
use crate::form::Form;
use crate::world::{LegId, World, speech_ms};

/// How sure the carrier is of what it made out.
const CONFIDENCE: &str = "0.94";

/// What has come so far.
#[derive(Debug)]
pub(crate) struct Hearing {
    input: Input,
    /// Prompts that are still to be played.
    prompts: VecDeque<Prompt>,
    /// Whether it is the subscriber's turn.
    is_prompted: bool,
    /// How often all of it is done yet, this time included.
    tries_left: u64,
    came: Came,
}

/// Of keys and words, what came first counts.
#[derive(Debug)]
enum Came {
    Nothing,
    Keys(String),
    Words(Vec<String>),
}

impl Face {
    /// Plays the prompts and listens.
    pub(super) fn listen(&mut self, world: &mut World, id: LegId, input: Input, tries_left: u64) {
        if input.hears.keys() {
            world.ask_for_digits(id);
        }
        let prompts = input.prompts.clone().into();
        let hearing = Hearing { input, prompts, is_prompted: false, tries_left, came: Came::Nothing };
        self.hear_more(world, id, hearing);
    }

    /// A prompt is over, or a silence: plays the next one, waits for the subscriber, or ends.
    pub(super) fn hear_more(&mut self, world: &mut World, id: LegId, mut hearing: Hearing) {
        if let Some(prompt) = hearing.prompts.pop_front() {
            hear(world, id, &prompt);
            return self.wait(world, id, Doing::Hearing(Box::new(hearing)), prompt.ms());
        }
        if !hearing.is_prompted {
            hearing.is_prompted = true;
            if hearing.input.hears.words() {
                world.ask_for_speech(id);
            }
            let ms = hearing.input.first_ms;
            return self.wait(world, id, Doing::Hearing(Box::new(hearing)), ms);
        }
        self.heard(world, id, hearing);
    }

    /// The subscriber pressed keys, which end the prompts.
    pub(super) fn pressed(&mut self, world: &mut World, id: LegId, keys: &str) {
        self.key_ends_recording(world, id, keys);
        let takes = |hearing: &Hearing| hearing.input.hears.keys() && !matches!(hearing.came, Came::Words(_));
        let Some(mut hearing) = self.interrupted(world, id, takes) else { return };
        let mut pressed = match std::mem::replace(&mut hearing.came, Came::Nothing) {
            Came::Keys(pressed) => pressed,
            Came::Nothing | Came::Words(_) => String::new(),
        };
        let is_all = take(&hearing.input, &mut pressed, keys);
        let ms = if pressed.is_empty() { hearing.input.first_ms } else { hearing.input.next_ms };
        if !pressed.is_empty() {
            hearing.came = Came::Keys(pressed);
        }
        if is_all {
            return self.heard(world, id, hearing);
        }
        self.wait(world, id, Doing::Hearing(Box::new(hearing)), ms);
    }

    /// The subscriber begins to say something, which ends the prompts.
    pub(super) fn spoke(&mut self, world: &mut World, id: LegId, words: &str) {
        let takes = |hearing: &Hearing| hearing.input.hears.words() && !matches!(hearing.came, Came::Keys(_));
        let Some(mut hearing) = self.interrupted(world, id, takes) else { return };
        match &mut hearing.came {
            Came::Words(all) => all.push(words.to_owned()),
            Came::Nothing | Came::Keys(_) => hearing.came = Came::Words(vec![words.to_owned()]),
        }
        let ms = speech_ms(words).saturating_add(hearing.input.silence_ms);
        self.wait(world, id, Doing::Hearing(Box::new(hearing)), ms);
    }

    /// Takes the listening that is going on, if it takes what has come.
    fn interrupted(
        &mut self,
        world: &mut World,
        id: LegId,
        takes: impl FnOnce(&Hearing) -> bool,
    ) -> Option<Hearing> {
        let call = self.calls.get_mut(&id)?;
        if !matches!(&call.script.doing, Doing::Hearing(hearing) if takes(hearing)) {
            return None;
        }
        match call.script.turn_to(world, Doing::Nothing) {
            Doing::Hearing(mut hearing) => {
                hearing.prompts.clear();
                hearing.is_prompted = true;
                Some(*hearing)
            }
            _ => None,
        }
    }

    /// Tells what came; where nothing did, does it all again or goes on.
    fn heard(&mut self, world: &mut World, id: LegId, hearing: Hearing) {
        world.keep_listening(id);
        let Hearing { input, tries_left, came, .. } = hearing;
        let form = match (came, input.hears) {
            (Came::Nothing, _) if tries_left > 1 => return self.listen(world, id, input, tries_left - 1),
            (Came::Nothing, _) => return self.go_on(world, id),
            (Came::Keys(keys), Hears::Digits) => Form::default().with("Digits", keys),
            (Came::Keys(keys), Hears::Input { .. }) => {
                Form::default().with("InputType", "dtmf").with("Digits", keys).with("Speech", "")
            }
            (Came::Words(words), _) => Form::default()
                .with("InputType", "speech")
                .with("Digits", "")
                .with("Speech", words.join(" "))
                .with("SpeechConfidenceScore", CONFIDENCE),
        };
        self.act(world, id, &input.action, form);
    }

    fn key_ends_recording(&mut self, world: &mut World, id: LegId, keys: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let record = match &call.script.doing {
            Doing::Recording(record) if keys.chars().any(|key| record.finish_on.contains(key)) => {
                record.clone()
            }
            _ => return,
        };
        call.script.turn_to(world, Doing::Nothing);
        self.recorded(world, id, &record, 0, keys);
    }
}

/// Takes keys, and says whether that is all.
fn take(input: &Input, pressed: &mut String, keys: &str) -> bool {
    for key in keys.chars() {
        if input.finish_on == Some(key) {
            return true;
        }
        if input.valid.contains(key) {
            pressed.push(key);
        }
        if pressed.len() >= input.n_digits {
            return true;
        }
    }
    false
}
