//! Webhooks: which call they speak of, and calls that come in.

use super::Turn;
use crate::heard::{Answer, Offer, ScriptReply};
use call::CarrierName;
use call::call::{Decline, News, Script, Source};
use carrier::{HeardWebhook, Mark};
use store::{Kept, StoreError};

impl Turn<'_> {
    /// Hears a webhook. The reply is read off the state as it will be on disk, so that a repeat
    /// is answered alike.
    pub(super) fn webhook(
        &mut self,
        carrier: &CarrierName,
        heard: &HeardWebhook,
        offer: Option<&Offer>,
    ) -> Result<Answer, StoreError> {
        if heard.mark == Mark::Others {
            tracing::warn!(%carrier, leg = %heard.leg, "a webhook speaks of another installation's call");
            // It asked the wrong gateway: whatever ends the call is not ours to say.
            let script = heard.page.map(|_| Script::Hold(self.settings.limits.duration_max));
            return Ok(Answer::Script(ScriptReply { call: None, script }));
        }
        let kept = match (self.whose(carrier, heard)?, offer) {
            (Some(kept), _) => Some(kept),
            // Its leg is known though its call isn't: it was pruned, and somebody says it again.
            (None, Some(_)) if self.page.call_by_leg(carrier, &heard.leg)?.is_some() => None,
            (None, Some(offer)) => self.offered(heard, offer)?,
            (None, None) => None,
        };
        let Some(kept) = kept else {
            tracing::warn!(%carrier, leg = %heard.leg, "a webhook speaks of a call that isn't known here");
            // One that is proved ours may yet be taken in; if it is only to be reported, it goes on.
            let script = heard.page.map(|_| match heard.mark {
                Mark::Ours(_) => Script::Hold(self.settings.limits.duration_max),
                Mark::None | Mark::Unsigned(_) | Mark::Foreign | Mark::Others | Mark::Beside => {
                    Script::HangUp
                }
            });
            return Ok(Answer::Script(ScriptReply { call: None, script }));
        };
        let kept = self.named(kept, heard)?;
        let call = match &heard.news {
            Some(news) => {
                let call = self.apply(&kept, Source::Webhook, news.clone())?;
                self.hear_opt_out(&kept.call, news, heard.ends.as_ref())?;
                call
            }
            None => kept.call,
        };
        let script = heard.page.map(|page| call.script(page));
        Ok(Answer::Script(ScriptReply { call: Some(call.facts.id), script }))
    }

    /// By our mark in its address, or by the carrier's name for the leg.
    fn whose(&mut self, carrier: &CarrierName, heard: &HeardWebhook) -> Result<Option<Kept>, StoreError> {
        if let Some(mark) = heard.mark.call()
            && let Some(kept) = self.call(mark)?
            && &kept.call.facts.carrier == carrier
        {
            return Ok(Some(kept));
        }
        for leg in [Some(&heard.leg), heard.was.as_ref()].into_iter().flatten() {
            if let Some(id) = self.page.call_by_leg(carrier, leg)? {
                return self.call(id);
            }
        }
        Ok(None)
    }

    /// Keeps the other name of the leg, where the webhook tells one that is new.
    fn named(&mut self, kept: Kept, heard: &HeardWebhook) -> Result<Kept, StoreError> {
        let Some(was) = &heard.was else { return Ok(kept) };
        if kept.call.also.contains(was) {
            return Ok(kept);
        }
        let news = News::Named { leg: heard.leg.clone(), was: was.clone() };
        let id = kept.call.facts.id;
        self.apply(&kept, Source::Webhook, news)?;
        Ok(self.call(id)?.unwrap_or(kept))
    }

    /// A call comes in: it is offered, and answered or declined in the same turn.
    fn offered(&mut self, heard: &HeardWebhook, offer: &Offer) -> Result<Option<Kept>, StoreError> {
        let full = match self.brought.draining {
            true => Some("draining"),
            false => (self.page.live()? >= self.settings.live_max).then_some("live_max"),
        };
        let news = News::Offered(Box::new(offer.facts.clone()), heard.leg.clone());
        let event = self.event(Source::Webhook, news);
        let call =
            self.begin(&event)?.ok_or_else(|| StoreError::Failed("an offer made no call".to_owned()))?;
        let decision = match &offer.declined {
            Some(cause) => {
                let how = if offer.ring_out { Decline::RingOut } else { Decline::Reject };
                News::Declined { cause: cause.clone(), how }
            }
            None => match full {
                Some(cause) => {
                    let how = offer.full.clone().map_or(Decline::Reject, Decline::Say);
                    News::Declined { cause: cause.to_owned(), how }
                }
                None => News::AnswerRequested,
            },
        };
        if let Some(kept) = self.call(call.facts.id)? {
            self.apply(&kept, Source::Gateway, decision)?;
        }
        self.call(call.facts.id)
    }
}
