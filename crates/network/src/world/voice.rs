//! What passes over an answered line: what is played to the subscriber, what the subscriber presses
//! and says, and when one who was asked does so.

use super::behaviour::Behaviour;
use super::leg::{HEARD_MAX, Heard, LegHappening, LegId, News, Sound, Spoken};
use super::{Happening, World};

/// How long a subscriber takes to say one character.
const CHARACTER_MS: u64 = 60;

/// The least that saying something takes.
const SPEECH_MS_MIN: u64 = 500;

/// How long a subscriber takes to say these words.
pub(crate) fn speech_ms(words: &str) -> u64 {
    let n_characters = u64::try_from(words.chars().count()).unwrap_or(u64::MAX);
    n_characters.saturating_mul(CHARACTER_MS).max(SPEECH_MS_MIN)
}

impl World {
    /// The carrier waits for digits: a subscriber who presses some will.
    pub(crate) fn ask_for_digits(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        if let Behaviour::Press { digits, press_after_ms, .. } = leg.behaviour.clone() {
            self.expect_of(id, press_after_ms, LegHappening::Press(digits));
        }
    }

    /// The carrier waits for speech: a subscriber who speaks will, once. Being asked again before
    /// that is being asked from then on.
    pub(crate) fn ask_for_speech(&mut self, id: LegId) {
        self.keep_listening(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Behaviour::Speak { words, speak_after_ms, .. } = &leg.behaviour {
            let happening = Happening::Leg(id, LegHappening::Speak(words.clone()));
            let entry = self.agenda.put(self.now + *speak_after_ms, happening);
            leg.ahead.push(entry);
            leg.about_to_speak = Some(entry);
        }
    }

    /// The subscriber who was about to speak doesn't: nobody asks any more, or somebody talks.
    pub(crate) fn keep_listening(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some(entry) = leg.about_to_speak.take() {
            self.agenda.strike(entry);
            leg.ahead.retain(|ahead| *ahead != entry);
        }
    }

    /// The subscriber presses digits.
    pub(crate) fn press(&mut self, id: LegId, digits: String) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.pressed.push_str(&digits);
        self.press_on_streams(id, &digits);
        self.news.push_back((id, News::Pressed(digits)));
    }

    /// The subscriber begins to say something, and will have said it after [`speech_ms`].
    pub(crate) fn speak(&mut self, id: LegId, words: String) {
        let at = self.now;
        self.keep_listening(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.spoken.len() < HEARD_MAX {
            leg.spoken.push(Spoken { at, words: words.clone() });
        }
        self.news.push_back((id, News::Spoke(words)));
    }

    /// Something is played to the subscriber.
    pub(crate) fn play(&mut self, id: LegId, what: Sound) {
        let at = self.now;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.heard.len() < HEARD_MAX {
            leg.heard.push(Heard { at, what });
        }
    }
}
