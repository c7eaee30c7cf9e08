//! What is kept of what is said: it is hidden before it is written, and nowhere after that.
//!
//! A turn moves the call as it was heard, and the one on disk by what is kept of the news. Both get to the same
//! state, but for what is hidden: by nothing that is hidden does a call decide anything.

use super::Turn;
use crate::heard::Answer;
use crate::unredacted::Whole;
use call::call::step;
use call::redaction::redact_news;
use call::{Call, CallId, Event};
use store::{Kept, StoreError};

impl Turn<'_> {
    /// The call of this name, whole as far as it was heard by this process.
    pub(super) fn call(&mut self, id: CallId) -> Result<Option<Kept>, StoreError> {
        Ok(self.page.call(id)?.map(|kept| self.whole(kept)))
    }

    /// A call that was read, whole.
    pub(super) fn whole(&self, kept: Kept) -> Kept {
        match self.brought.unredacted.get(&kept.call.facts.id) {
            Some(whole) => whole.of(kept),
            None => self.unredacted.whole(kept),
        }
    }

    /// Writes that a call, which was `kept`, became another one.
    pub(super) fn write(&mut self, call: &Call, event: &Event, kept: &Kept) -> Result<(), StoreError> {
        let (id, what) = (call.facts.id, self.settings.redaction);
        let known = self.brought.unredacted.get(&id).cloned().or_else(|| self.unredacted.get(id));
        let known = known.filter(|whole| whole.version == kept.version);
        if what.is_nothing() && known.is_none() {
            return self.page.write(call, event, Some(kept));
        }
        let on_disk = match known {
            Some(_) => self.page.call(id)?.unwrap_or_else(|| kept.clone()),
            None => kept.clone(),
        };
        let mut whole = known.unwrap_or_else(|| Whole::new(kept));
        let news = redact_news(&kept.call, (event.source, &event.news, event.at), &mut whole.before, what);
        let written = Event { news, ..event.clone() };
        self.page.write(&step(&on_disk.call, &written).call, &written, Some(&on_disk))?;
        whole.move_on(call, event, &written);
        self.brought.unredacted.insert(id, whole);
        Ok(())
    }

    /// An answer as whoever asked may be told it: with no more of a call than is kept.
    pub(super) fn as_kept(&mut self, answer: &mut Answer) -> Result<(), StoreError> {
        if let Answer::Call(call) | Answer::Asked(call, _) = answer {
            let id = call.facts.id;
            let is_whole = self.brought.unredacted.contains_key(&id) || self.unredacted.get(id).is_some();
            if is_whole && let Some(kept) = self.page.call(id)? {
                **call = kept.call;
            }
        }
        Ok(())
    }
}
