//! Live calls at a carrier that the store doesn't know.

use super::Turn;
use crate::heard::Answer;
use crate::orphan::{Orphan, OrphanPolicy};
use call::call::{EndedBy, News, Sighting};
use call::{CallId, CarrierName};
use carrier::{Listed, Mark};
use store::StoreError;

impl Turn<'_> {
    /// Leaves out the listed calls that belong to calls here, under any of their names.
    pub(super) fn unknown(&mut self, carrier: &CarrierName, listed: &[Listed]) -> Result<Answer, StoreError> {
        let mut unknown = Vec::new();
        for one in listed {
            if self.owner(carrier, one.leg.clone(), one.also.clone())?.is_none() {
                unknown.push(one.clone());
            }
        }
        Ok(Answer::Unknown(unknown))
    }

    /// Hears of a live call that its mark names. If that call is in the store, the leg is told to it:
    /// it is the one of a placement in doubt, or a stray. If not, and it is proved ours, the policy
    /// says what becomes of it. To hear of it again changes nothing. The answer is the call if it was
    /// taken in.
    pub(super) fn orphan(&mut self, orphan: &Orphan) -> Result<Answer, StoreError> {
        let Orphan { facts, leg, .. } = orphan;
        if self.owner(&facts.carrier, leg.clone(), orphan.also.clone())?.is_some() {
            return Ok(Answer::Done);
        }
        if let Some(kept) = self.page.call(facts.id)? {
            if kept.call.facts.carrier != facts.carrier {
                return Ok(Answer::NotOurs);
            }
            let sighting = Sighting::Live { progress: orphan.progress, lasted: orphan.lasted };
            let news = News::Sighted { leg: leg.clone(), sighting };
            self.apply(&kept, orphan.source, news)?;
            return Ok(Answer::Done);
        }
        if !matches!(orphan.mark, Mark::Ours(_)) || self.settings.orphans == OrphanPolicy::Report {
            return Ok(Answer::NotOurs);
        }
        let state = orphan.state(self.now);
        let news = News::Imported(Box::new(facts.clone()), Box::new(state));
        let event = self.event(orphan.source, news);
        self.begin(&event)?;
        if let Some(also) = &orphan.also {
            self.on_call(facts.id, orphan.source, News::Named { leg: leg.clone(), was: also.clone() })?;
        }
        tracing::warn!(call = %facts.id, carrier = %facts.carrier, %leg, policy = ?self.settings.orphans, "a live call of this installation was not in the store");
        if self.settings.orphans == OrphanPolicy::HangUp {
            let news = News::HangUpRequested { by: EndedBy::Gateway, cause: ORPHANED.to_owned() };
            return self.on_call(facts.id, call::call::Source::Gateway, news);
        }
        Ok(self.page.call(facts.id)?.map_or(Answer::NotOurs, |kept| Answer::Call(Box::new(kept.call))))
    }

    fn owner(
        &mut self,
        carrier: &CarrierName,
        leg: call::CarrierCallId,
        also: Option<call::CarrierCallId>,
    ) -> Result<Option<CallId>, StoreError> {
        for name in std::iter::once(leg).chain(also) {
            if let Some(owner) = self.page.call_by_leg(carrier, &name)? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }
}

/// Why a call ends that nobody here remembers.
const ORPHANED: &str = "orphaned";
