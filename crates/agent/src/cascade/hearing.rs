//! What is heard of the other side: when they speak, and what they say.

use super::machine::Machine;
use super::words::{only_listens, without_notes};
use super::{Act, Acts, Cascade, FAILED_MAX, Failing, Turn};
use call::call::{Timing, Vendors, Work};
use call::dialogue::Speaker;
use std::time::Duration;

impl Cascade {
    /// Somebody speaks, since then.
    pub fn speech_began(&mut self, since: Duration, now: Duration, acts: Acts<'_>) {
        (self.is_spoken_to, self.n_parts) = (true, 0);
        self.machine.iter_mut().for_each(Machine::speaks);
        if self.mouth.is_heard(since) {
            self.overlap.begin(since);
        }
        if !self.is_protected()
            && self.machine.is_none()
            && let Some(silent_by) = self.mouth.hold(acts)
        {
            self.overlap.stop(silent_by, now);
        }
        self.settle(now, acts);
    }

    /// They go on for so long that the first part is understood by itself. If it has no words, it is no
    /// speech; and whoever doesn't stop is replied to all the same, some time.
    pub fn speech_goes_on(&mut self, now: Duration, acts: Acts<'_>) {
        self.n_unknown += 1;
        self.n_parts += 1;
        self.judged = None;
        self.settle(now, acts);
    }

    /// They have been silent since then, for long enough: their words come by [`understood`](Self::understood).
    pub fn speech_over(&mut self, spoken_at: Duration, now: Duration, acts: Acts<'_>) {
        (self.is_spoken_to, self.n_parts) = (false, 0);
        self.n_unknown += 1;
        self.judged = Some((spoken_at, now));
        self.overlap.end(spoken_at);
        self.machine.iter_mut().for_each(|machine| machine.is_silent_since(spoken_at));
        self.settle(now, acts);
    }

    /// What somebody said, or why nobody knows.
    pub fn understood(&mut self, words: Result<String, String>, now: Duration, acts: Acts<'_>) {
        self.n_unknown = self.n_unknown.saturating_sub(1);
        let talk_over = self.overlap.take();
        let work = self.recognizer.as_ref().map(|(by, since)| {
            let from = self.judged.map_or(*since, |(_, judged_at)| judged_at.max(*since));
            Work::since(by, from, now)
        });
        match words.map(|words| without_notes(&words)) {
            Ok(words) if words.is_empty() => {
                self.n_failed.recognizer = 0;
                // What goes on without a word is noise.
                self.is_spoken_to &= self.n_parts == 0;
            }
            Ok(words) => {
                self.n_failed.recognizer = 0;
                self.is_spoken_to &= self.n_parts < PARTS_MAX;
                let talks_over = self.mouth.is_held() && self.mouth.has_begun();
                let listens = talks_over && only_listens(&words);
                if !listens && self.machine.is_none() {
                    self.take_turn(acts);
                    self.turn = self.judged.take().map(|(spoken_at, judged_at)| Turn {
                        spoken_at,
                        judged_at,
                        understood_at: now,
                    });
                }
                let vendors = Vendors { recognizer: work, ..Vendors::default() };
                self.note(Speaker::Remote, words, Timing { talk_over, vendors, ..Timing::default() }, acts);
            }
            Err(why) => {
                acts(Act::Warn("somebody was not understood", why));
                self.n_failed.recognizer += 1;
                if self.n_failed.recognizer >= FAILED_MAX {
                    return acts(Act::GiveUp(Failing::Recognizer));
                }
                // What was understood before is replied to, and what is being said may be the reply.
                if !self.is_owed && !self.is_replying && self.mouth.is_silent() {
                    self.say_fallback(acts);
                }
            }
        }
        self.go_on(now, acts);
        self.settle(now, acts);
    }

    /// What they said last before the line was gone: nobody replies any more.
    pub fn last_words(&mut self, words: &str, acts: Acts<'_>) {
        self.n_unknown = self.n_unknown.saturating_sub(1);
        let recognizer = self.recognizer.as_ref().map(|(by, _)| Work::of(by));
        let vendors = Vendors { recognizer, ..Vendors::default() };
        self.note(Speaker::Remote, without_notes(words), Timing { vendors, ..Timing::default() }, acts);
    }

    /// What comes next of what somebody said is understood by this one, from now on.
    pub fn understood_by(&mut self, recognizer: String, now: Duration) {
        self.recognizer = Some((recognizer, now));
    }

    /// Whether somebody's words are not known yet.
    pub fn awaits_words(&self) -> bool {
        self.n_unknown > 0
    }
}

/// So many parts somebody may speak in without a pause, of half a minute each, until they are replied to.
const PARTS_MAX: u32 = 2;
