//! The tokens of the API, and who asked for what.

use super::Turn;
use crate::access::{Asker, call_of, number_of};
use crate::heard::{Answer, Heard, Order, Refusal, TokenChange};
use crate::shell::keeper::first_at;
use call::Timestamp;
use std::time::Duration;
use store::{AccessLine, DONE, KeptToken, StoreError};

impl Turn<'_> {
    pub(super) fn change_token(&mut self, change: &TokenChange) -> Result<Answer, StoreError> {
        let token = match change {
            TokenChange::Add(token) => {
                if self.page.token(&token.name)?.is_some() {
                    return Ok(Answer::Refused(Refusal::TokenTaken(token.name.clone())));
                }
                (**token).clone()
            }
            TokenChange::Rotate { name, hash, old_until, expires_at } => {
                let Some(token) = self.page.token(name)? else {
                    return Ok(Answer::Refused(Refusal::NoSuchToken(name.clone())));
                };
                KeptToken {
                    old: (*old_until > self.now).then_some((token.hash, *old_until)),
                    hash: hash.clone(),
                    rotated_at: Some(self.now),
                    expires_at: expires_at.or(token.expires_at),
                    ..token
                }
            }
            TokenChange::Remove(name) => {
                let Some(token) = self.page.token(name)? else {
                    return Ok(Answer::Refused(Refusal::NoSuchToken(name.clone())));
                };
                self.page.drop_token(name)?;
                self.brought.wrote = true;
                return Ok(Answer::Token(Box::new(token)));
            }
        };
        self.page.keep_token(&token)?;
        self.brought.wrote = true;
        Ok(Answer::Token(Box::new(token)))
    }

    pub(super) fn accessed(
        &mut self,
        lines: &[AccessLine],
        used: &[(String, Timestamp)],
    ) -> Result<Answer, StoreError> {
        for line in lines {
            self.page.note_access(line)?;
        }
        for (name, at) in used {
            // It may be gone since.
            if let Some(token) = self.page.token(name)? {
                let last_used_at = token.last_used_at.max(Some(*at));
                self.page.keep_token(&KeptToken { last_used_at, ..token })?;
            }
        }
        self.brought.wrote = true;
        Ok(Answer::Done)
    }

    /// Puts on record what was done for whom. What was refused is told by whoever answers, who knows
    /// what the refusal is called; of a request that asks in several parts the first is told.
    pub(super) fn note_asker(
        &mut self,
        asker: &Asker,
        heard: &Heard,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        if asker.is_noted() || matches!(answer, Answer::Refused(_)) {
            return Ok(());
        }
        self.page.note_access(&AccessLine {
            at: self.now,
            token: Some(asker.token.clone()),
            verb: asker.verb.to_owned(),
            call: call_of(answer),
            number: number_of(heard),
            outcome: DONE.to_owned(),
            address: None,
            request_id: asker.request_id.clone(),
        })?;
        self.brought.wrote = true;
        Ok(())
    }

    /// Why the token that asks may not ask for another call.
    pub(super) fn used_up(&mut self, order: &Order) -> Result<Option<Refusal>, StoreError> {
        let Some(token) = &order.facts.placed_by else { return Ok(None) };
        let quota = order.quota;
        for (allowed, hours, span) in [(quota.per_hour, "an hour", HOUR), (quota.per_day, "24 hours", DAY)] {
            let Some(allowed) = allowed else { continue };
            let n_calls = self.page.placed_by(token, first_at(self.now - span))?;
            if n_calls >= allowed {
                return Ok(Some(Refusal::TokenUsedUp { token: token.clone(), allowed, hours, n_calls }));
            }
        }
        Ok(None)
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
