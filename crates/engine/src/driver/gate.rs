//! The dial gate, asked in the transaction that acts on its answer, and what is kept of the answer.

use super::Turn;
use crate::heard::{Answer, Refusal};
use call::call::{Direction, News, Performed, Source, Verb};
use call::dialogue::Speaker;
use call::gate::quiet::day_start;
use call::gate::{
    Decided, Heard, Known, Listed, ListedBy, Passed, Question, Record, Refused, Stage, Verdict, decide,
};
use call::{Call, CallId, Party, PhoneNumber};
use carrier::Ends;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{DoNotCall, StoreError};

impl Turn<'_> {
    /// Asks whether the number may be called now, and keeps the answer: of an order only a refusal,
    /// since its call is asked about again when it is admitted.
    pub(super) fn ask_gate(
        &mut self,
        to: &Party,
        call: Option<CallId>,
        stage: Stage,
    ) -> Result<Result<Passed, Refused>, StoreError> {
        let known = self.known(to, stage)?;
        let question = Question { to, now: self.now, rules: &self.settings.gate, known: &known };
        let verdict = decide(&question);
        let decided = match verdict.clone() {
            Verdict::Allowed(_) if stage == Stage::Order => None,
            Verdict::Allowed(passed) => Some(Decided::Allowed { stage, passed }),
            Verdict::Refused(refused) => {
                tracing::info!(rule = refused.rule().word(), stage = stage.word(), ?to, "the gate refused");
                Some(Decided::Refused { stage, refused })
            }
        };
        if let Some(decided) = decided {
            self.record(to, call, decided)?;
        }
        Ok(match verdict {
            Verdict::Allowed(passed) => Ok(passed),
            Verdict::Refused(refused) => Err(refused),
        })
    }

    fn known(&mut self, to: &Party, stage: Stage) -> Result<Known, StoreError> {
        let (now, rules) = (self.now, &self.settings.gate);
        // A call that waited is in the log itself.
        let own = u64::from(stage == Stage::Admission);
        let listed = match to.number() {
            Some(number) => self.page.listed(number)?,
            None => None,
        };
        let rejected_at = match rules.rejected_pause {
            Duration::ZERO => None,
            pause => self.page.rejected_at(to, now - pause)?,
        };
        let minutes = match rules.counts_minutes() {
            true => self.page.minutes(day_start(&rules.day_zone, now), now)?,
            false => BTreeMap::new(),
        };
        Ok(Known {
            // Calls that live go on, also to somebody else.
            paused: if stage == Stage::Transfer { None } else { self.paused()? },
            listed,
            attempts_hour: self.page.attempts(to, now - HOUR)?.saturating_sub(own),
            attempts_day: self.page.attempts(to, now - DAY)?.saturating_sub(own),
            rejected_at,
            minutes,
        })
    }

    fn record(&mut self, to: &Party, call: Option<CallId>, decided: Decided) -> Result<(), StoreError> {
        self.brought.wrote = true;
        let record = Record { at: self.now, to: to.as_str().to_owned(), call, decided };
        self.page.record(&record)
    }

    /// Puts numbers on the do-not-call list, and answers with their entries as they are then.
    pub(super) fn list(
        &mut self,
        numbers: &[(PhoneNumber, String)],
        by: ListedBy,
    ) -> Result<Answer, StoreError> {
        let mut entries = Vec::with_capacity(numbers.len());
        for (number, reason) in numbers {
            let entry = Listed { at: self.now, by, reason: reason.clone(), call: None };
            let is_new = self.list_one(number, &entry)?;
            let entry = if is_new { entry } else { self.page.listed(number)?.unwrap_or(entry) };
            entries.push((DoNotCall { number: number.clone(), entry }, is_new));
        }
        Ok(Answer::Listed(entries))
    }

    fn list_one(&mut self, number: &PhoneNumber, entry: &Listed) -> Result<bool, StoreError> {
        let is_new = self.page.list(number, entry)?;
        if is_new {
            self.record(&Party::Number(number.clone()), entry.call, Decided::Listed(entry.clone()))?;
        }
        Ok(is_new)
    }

    /// Takes a number off the do-not-call list.
    pub(super) fn unlist(&mut self, number: &PhoneNumber) -> Result<Answer, StoreError> {
        let Some(entry) = self.page.listed(number)? else {
            return Ok(Answer::Refused(Refusal::NotListed(number.to_string())));
        };
        self.page.unlist(number)?;
        self.record(&Party::Number(number.clone()), None, Decided::Unlisted(entry.clone()))?;
        Ok(Answer::Listed(vec![(DoNotCall { number: number.clone(), entry }, false)]))
    }

    /// Whoever was called may say that they want no more calls: the number goes on the list in the
    /// same turn. `before` is the call as it was when they said so. Of one that was taken in from the
    /// carrier's listing it may be the webhook alone that tells `ends`.
    pub(super) fn hear_opt_out(
        &mut self,
        before: &Call,
        news: &News,
        ends: Option<&Ends>,
    ) -> Result<(), StoreError> {
        let facts = &before.facts;
        let told = ends.and_then(|ends| ends.to.as_ref()?.number());
        let number = facts.to.number().or(told).filter(|_| facts.direction == Direction::Outbound);
        let Some(number) = number else { return Ok(()) };
        let Some(heard) = self.opt_out(before, news) else { return Ok(()) };
        let Some(kept) = self.call(facts.id)? else { return Ok(()) };
        // What was spoken was so on the stream that we hold.
        let is_its_own = news.leg().is_none_or(|leg| kept.call.is_named(leg));
        if !is_its_own || kept.call.opted_out.is_some() {
            return Ok(());
        }
        let (by, reason) = match &heard {
            Heard::Key(key) => (ListedBy::CalleeKey, format!("pressed {key}")),
            Heard::Words(words) => (ListedBy::CalleeWords, format!("said: {words}")),
        };
        let entry = Listed { at: self.now, by, reason, call: Some(facts.id) };
        if self.list_one(number, &entry)? {
            tracing::info!(call = %facts.id, "whoever was called wants no more calls");
        }
        self.apply(&kept, Source::Webhook, News::OptedOut(heard))?;
        Ok(())
    }

    fn opt_out(&self, before: &Call, news: &News) -> Option<Heard> {
        let opt_out = &self.settings.opt_out;
        match news {
            News::DigitsHeard { digits, .. } => {
                let pressed: String = before.pressed.iter().map(|one| one.digits.as_str()).collect();
                opt_out.by_keys(&pressed, digits)
            }
            News::CommandHeard { id, performed: Performed::Finished(outcome), .. } => {
                let asked = before.command(*id).is_some_and(|asked| matches!(asked.verb, Verb::Ask { .. }));
                outcome.speech.as_deref().filter(|_| asked).and_then(|said| opt_out.by_words(said))
            }
            News::Spoken { by: Speaker::Remote, text, .. } => opt_out.by_words(text),
            _ => None,
        }
    }
}

pub(super) const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
