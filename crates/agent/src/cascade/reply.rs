//! What the model writes, on its way to be said.

use super::{Act, Acts, Cascade, FAILED_MAX, Failing, Leave, Turn};
use crate::cascade::mouth::Beginning;
use crate::chat::Piece;
use crate::model::Wish;
use call::call::Work;
use call::dialogue::{end_of_sentence, pieces};
use std::time::Duration;

impl Cascade {
    /// A piece of the reply that was asked for.
    pub fn piece(&mut self, piece: Piece, now: Duration, acts: Acts<'_>) {
        match piece {
            Piece::Words(words) => {
                self.unsaid += &words;
                self.say_sentences(now, acts);
            }
            Piece::Tool { name, arguments } => {
                // What it said with it comes before it.
                self.say_rest(now, acts);
                self.has_acted = true;
                match self.settings.model.wish(&name, &arguments) {
                    Ok(Wish::Use) => {}
                    Ok(Wish::End) => self.leaving = Some(Leave::End),
                    Ok(Wish::Transfer(to)) => self.leaving = Some(Leave::Transfer(to)),
                    Ok(Wish::Keys(keys)) => {
                        let utterance = self.mouth.press();
                        acts(Act::Press { utterance, keys });
                    }
                    Err(refused) => {
                        let why = refused.to_string();
                        acts(Act::Refused { tool: name, arguments, why });
                        self.wished_in_vain(acts);
                    }
                }
            }
            Piece::By(model) => self.model = Some((model, now)),
            Piece::Use => {
                // What it said with it comes before it.
                self.say_rest(now, acts);
                self.has_acted = true;
            }
            Piece::Done => {
                self.say_rest(now, acts);
                if self.has_spoken || self.has_acted {
                    self.is_replying = false;
                    self.n_failed.model = 0;
                } else {
                    self.fail("it replied nothing".to_owned(), acts);
                }
            }
            Piece::Failed(why) => self.fail(why, acts),
        }
        self.settle(now, acts);
    }

    /// There is no reply.
    fn fail(&mut self, why: String, acts: Acts<'_>) {
        acts(Act::Warn("a model did not reply", why));
        (self.is_replying, self.leaving) = (false, None);
        self.unsaid.clear();
        self.n_failed.model += 1;
        if self.n_failed.model >= FAILED_MAX {
            return acts(Act::GiveUp(Failing::Model));
        }
        self.say_fallback(acts);
    }

    /// The model is asked again, and knows why it can't have what it wished for.
    pub(super) fn wished_in_vain(&mut self, acts: Acts<'_>) {
        self.n_failed.wish += 1;
        if self.n_failed.wish >= FAILED_MAX {
            return acts(Act::GiveUp(Failing::Model));
        }
        self.is_owed = true;
    }

    /// Says what are whole sentences by now.
    fn say_sentences(&mut self, now: Duration, acts: Acts<'_>) {
        let n_min = if self.has_spoken { SENTENCE_MIN } else { FIRST_MIN };
        if self.unsaid.len() > UNSAID_MAX {
            // Whoever writes so much without an end of a sentence is heard by and by.
            self.say_rest(now, acts);
        } else if let Some(end) = end_of_sentence(&self.unsaid, n_min) {
            let rest = self.unsaid.split_off(end);
            let text = std::mem::replace(&mut self.unsaid, rest);
            self.say_of_reply(text.trim(), now, acts);
        }
    }

    fn say_rest(&mut self, now: Duration, acts: Acts<'_>) {
        let rest = std::mem::take(&mut self.unsaid);
        self.say_of_reply(rest.trim(), now, acts);
    }

    /// Says a part of the reply, of which the first is waited for.
    fn say_of_reply(&mut self, text: &str, now: Duration, acts: Acts<'_>) {
        for text in pieces(text).iter().filter(|text| !text.is_empty()) {
            let turn = self.turn.take().filter(|_| !self.has_spoken);
            let waits = turn.map(|Turn { spoken_at, judged_at, understood_at }| Beginning {
                spoken_at,
                judged_at,
                understood_at,
                written_at: now,
                sounded_at: None,
            });
            let model = self.model.as_ref().map(|(by, since)| match self.has_spoken {
                false => Work::since(by, *since, now),
                true => Work::of(by),
            });
            self.has_spoken = true;
            let utterance = self.mouth.say(text, waits, model);
            acts(Act::Say { utterance, text: text.clone() });
        }
    }

    pub(super) fn say_fallback(&mut self, acts: Acts<'_>) {
        let fallback = self.settings.fallback.clone();
        self.say(&fallback, acts);
    }

    pub(super) fn say(&mut self, text: &str, acts: Acts<'_>) {
        let utterance = self.mouth.say(text, None, None);
        acts(Act::Say { utterance, text: text.to_owned() });
    }
}

/// So many bytes of a reply may wait for the end of a sentence.
const UNSAID_MAX: usize = 2_000;
/// So many letters of a reply are said before the rest is there: few at first, since somebody waits.
const FIRST_MIN: usize = 8;
const SENTENCE_MIN: usize = 40;
