//! A user asks for a call.

use super::Turn;
use crate::heard::{Answer, Order, Refusal};
use call::call::{News, Source};
use std::time::Duration;
use store::{KeyUse, StoreError};

impl Turn<'_> {
    /// Queues the call, unless the same key asked for it before or a rule stands against it.
    /// Admission follows at the end of the turn.
    pub(super) fn order(&mut self, order: &Order) -> Result<Answer, StoreError> {
        if let Some((key, digest)) = &order.key
            && let Some(used) = self.page.key_use(key)?
        {
            return self.repeated(&used, digest);
        }
        if let Err(refusal) = self.paused()? {
            return Ok(Answer::Refused(refusal));
        }
        let allowed = self.settings.attempts_per_hour;
        let made = self.page.attempts(&order.facts.to, self.now - HOUR)?;
        if made >= allowed {
            let to = order.facts.to.as_str().to_owned();
            return Ok(Answer::Refused(Refusal::TooManyAttempts { to, made, allowed }));
        }
        let event = self.event(Source::Api, News::Asked(Box::new(order.facts.clone())));
        let call =
            self.begin(&event)?.ok_or_else(|| StoreError::Failed("an order made no call".to_owned()))?;
        if let Some((key, digest)) = &order.key {
            let used = KeyUse { call: call.facts.id, digest: digest.clone() };
            self.page.keep_key(key, &used, self.now)?;
        }
        Ok(Answer::Call(Box::new(call)))
    }

    /// The same key again: the same call, or a mistake.
    fn repeated(&mut self, used: &KeyUse, digest: &str) -> Result<Answer, StoreError> {
        if used.digest != digest {
            return Ok(Answer::Refused(Refusal::KeyReused(used.call)));
        }
        Ok(match self.page.call(used.call)? {
            Some(kept) => Answer::Call(Box::new(kept.call)),
            None => Answer::Refused(Refusal::NoSuchCall(used.call)),
        })
    }
}

const HOUR: Duration = Duration::from_secs(3600);
