//! The crank: hear a batch, move the calls it concerns, commit, and say what is owed. In that order.

mod access;
mod admission;
mod forward;
mod gate;
mod inbound;
mod orders;
mod orphans;
mod redacting;
mod reload;
pub(crate) mod sorting;

use self::forward::Forward;
use crate::access::Asker;
use crate::crash;
use crate::heard::{Answer, Heard, ImportOutcome, ImportedCall, Refusal};
use crate::settings::Settings;
use crate::talk::is_told;
use crate::unredacted::{self, Unredacted};
use call::call::{Effect, Event, News, Roll, Sighting, Source, born, step};
use call::{Call, CallId, CarrierCallId, CarrierName, Timestamp};
use carrier::{Candidate, Seen};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use std::time::Duration;
use store::{Kept, Page, Store, StoreError};

/// The crank. It has no clock and remembers no call: the store does.
pub struct Driver {
    store: Box<dyn Store>,
    settings: Arc<Settings>,
    chance: StdRng,
    forward: Option<Forward>,
    /// Another one for each start: whose streams are whose.
    run: u64,
    /// What this process heard and the store doesn't keep.
    unredacted: Unredacted,
    /// Whether no new call is taken.
    draining: bool,
}

/// What a turn brought.
#[derive(Debug, Default)]
pub struct Turned {
    /// An answer for each thing heard, in order. One that failed left no trace on disk.
    pub answers: Vec<Result<Answer, StoreError>>,
    /// What is owed now that all of it is on disk.
    pub owed: Vec<Owed>,
    /// Which calls changed their state.
    pub moved: Vec<Moved>,
    /// Calls that talk by words, as they stand now.
    pub talks: Vec<Call>,
    /// For each leg that was not its call's own and is over now, whose it was.
    pub orphans_ended: Vec<CarrierName>,
    /// Whether anything was written: a turn that only reads says nothing of a full disk.
    pub wrote: bool,
}

/// A call that changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The word for the state it had; `None` if the call is new.
    pub was: Option<&'static str>,
    /// The call as it is now.
    pub call: Call,
}

/// Something owed for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The call, as it is on disk.
    pub call: Call,
    /// What is owed.
    pub effect: Effect,
}

/// A turn in the making.
struct Turn<'a> {
    page: &'a mut dyn Page,
    settings: &'a Settings,
    chance: &'a mut StdRng,
    now: Timestamp,
    run: u64,
    unredacted: &'a Unredacted,
    brought: Brought,
}

/// What the turn brought so far.
#[derive(Default)]
struct Brought {
    owed: Vec<Owed>,
    moved: Vec<Moved>,
    talks: Vec<Call>,
    orphans_ended: Vec<CarrierName>,
    wrote: bool,
    forward: Option<Forward>,
    unredacted: unredacted::Heard,
    draining: bool,
}

impl Driver {
    /// Makes a crank for this store. `seed` decides every draw.
    pub fn new(store: Box<dyn Store>, settings: Settings, seed: u64) -> Driver {
        let chance = StdRng::seed_from_u64(seed);
        let unredacted = Unredacted::default();
        let settings = Arc::new(settings);
        Driver { store, settings, chance, forward: None, run: seed, unredacted, draining: false }
    }

    /// What is heard and not kept.
    pub(crate) fn unredacted(&self) -> Unredacted {
        self.unredacted.clone()
    }

    /// Hears a batch in order, commits what it makes of it, and returns the answers and what is
    /// owed. Whoever heard an answer may rely on it: it is on disk.
    ///
    /// # Errors
    /// The store failed: nothing of the batch happened.
    pub fn turn(&mut self, heard: &[Heard], now: Timestamp) -> Result<Turned, StoreError> {
        self.turn_for(heard, &[], now)
    }

    /// The same, where somebody asked for some of it through the API: that stands on record in the
    /// same commit. The askers are in the order of what they asked.
    ///
    /// # Errors
    /// As [`turn`](Driver::turn).
    pub fn turn_for(
        &mut self,
        heard: &[Heard],
        askers: &[Option<Arc<Asker>>],
        now: Timestamp,
    ) -> Result<Turned, StoreError> {
        let mut turned = Turned::default();
        let Driver { store, settings, chance, forward, run, unredacted, draining } = self;
        let run = *run;
        let (mut planned, mut whole, mut drains) = (None, unredacted::Heard::default(), *draining);
        store.turn(&mut |page| {
            // The store may run this again whole.
            turned.answers.clear();
            let brought = Brought { forward: forward.clone(), draining: *draining, ..Brought::default() };
            let mut turn = Turn { page, settings, chance, now, run, unredacted, brought };
            let askers = askers.iter().map(Option::as_deref).chain(std::iter::repeat(None));
            for (one, asker) in heard.iter().zip(askers) {
                let answer = turn.hear_alone(one);
                if let Err(
                    error @ (StoreError::Unwritable { .. } | StoreError::Gone { .. } | StoreError::Failed(_)),
                ) = answer
                {
                    return Err(error);
                }
                if let (Some(asker), Ok(answer)) = (asker, &answer) {
                    turn.note_asker(asker, one, answer)?;
                }
                turned.answers.push(answer);
            }
            turn.admit_queued()?;
            turn.bring_up_to_date(heard, &mut turned.answers)?;
            turned.owed = turn.brought.owed;
            turned.moved = turn.brought.moved;
            turned.talks = turn.brought.talks;
            turned.orphans_ended = turn.brought.orphans_ended;
            turned.wrote = turn.brought.wrote;
            planned = turn.brought.forward;
            whole = turn.brought.unredacted;
            drains = turn.brought.draining;
            crash::before_commit(heard, &turned.answers, turned.wrote);
            Ok(())
        })?;
        (self.forward, self.draining) = (planned, drains);
        self.unredacted.note(whole, now);
        self.take_settings(heard, &turned.answers);
        crash::after_commit(heard, &turned.answers);
        Ok(turned)
    }
}

impl Turn<'_> {
    /// Hears one thing so that, should it fail, only it is undone.
    fn hear_alone(&mut self, heard: &Heard) -> Result<Answer, StoreError> {
        let Turn { page, settings, chance, now, run, unredacted, brought } = self;
        let Brought { owed, moved, talks, orphans_ended, .. } = &*brought;
        let before = (owed.len(), moved.len(), orphans_ended.len(), talks.len());
        let (planned, whole) = (brought.forward.clone(), brought.unredacted.clone());
        let mut answer = Answer::Done;
        let done = page.within(&mut |page| {
            let brought_before = std::mem::take(brought);
            let (now, run) = (*now, *run);
            let mut turn = Turn { page, settings, chance, now, run, unredacted, brought: brought_before };
            let mut heard = turn.hear(heard);
            if let Ok(answer) = &mut heard {
                turn.as_kept(answer)?;
            }
            *brought = turn.brought;
            answer = heard?;
            Ok(())
        });
        if let Err(error) = done {
            brought.owed.truncate(before.0);
            brought.moved.truncate(before.1);
            brought.orphans_ended.truncate(before.2);
            brought.talks.truncate(before.3);
            (brought.forward, brought.unredacted) = (planned, whole);
            return Err(error);
        }
        Ok(answer)
    }

    fn hear(&mut self, heard: &Heard) -> Result<Answer, StoreError> {
        match heard {
            Heard::Order(order) => self.order(order),
            Heard::Webhook { carrier, heard, offer } => self.webhook(carrier, heard, offer.as_deref()),
            Heard::News { call, source, news } => self.on_call(*call, *source, news.clone()),
            Heard::Seen { call, leg, seen } => self.seen(*call, leg, seen),
            Heard::Command { call, verb, key, by_agent } => {
                self.command(*call, verb, key.as_ref(), asked_by(*by_agent))
            }
            Heard::Stop { call, command, by_agent } => self.stop(*call, *command, asked_by(*by_agent)),
            Heard::Attach { call, command, number } => self.attach(*call, *command, *number),
            Heard::Candidates { call, candidates } => self.candidates(*call, candidates),
            Heard::HangUp { call, by, cause } => {
                let news = News::HangUpRequested { by: *by, cause: cause.clone() };
                self.on_call(*call, Source::Api, news)
            }
            Heard::TakeDue(limit) => self.take_due(*limit),
            Heard::Start { paused } => self.start(paused.as_deref()),
            Heard::Probe => {
                self.page.set_setting("probed_at", Some(&self.now.as_millis().to_string()))?;
                self.brought.wrote = true;
                Ok(Answer::Done)
            }
            Heard::Prune { before } => {
                let n_lines = self.page.prune(*before, PRUNED_AT_ONCE)?;
                let n_lines = n_lines + self.page.prune_access(made_at(*before), PRUNED_AT_ONCE)?;
                self.brought.wrote |= n_lines > 0;
                Ok(Answer::Taken(n_lines))
            }
            Heard::ClockSet => {
                self.brought.forward = Some(Forward::from(self.now));
                Ok(Answer::Done)
            }
            Heard::Drain(drains) => {
                self.brought.draining = *drains;
                Ok(Answer::Done)
            }
            Heard::Reload { gone, look, .. } => self.reload(gone, *look),
            Heard::Pause(reason) => {
                self.page.set_setting(PAUSED, reason.as_deref())?;
                if reason.is_none() {
                    self.page.set_setting(NOTICE, None)?;
                }
                Ok(Answer::Done)
            }
            Heard::Import(calls) => self.import(calls),
            Heard::List { numbers, by } => self.list(numbers, *by),
            Heard::Unlist(number) => self.unlist(number),
            Heard::Token(change) => self.change_token(change),
            Heard::Accessed { lines, used } => self.accessed(lines, used),
            Heard::Surveyed { carrier, listed } => self.unknown(carrier, listed),
            Heard::Orphan(orphan) => self.orphan(orphan),
        }
    }

    /// An order is answered with the call as it stands when the turn is over: admitted, or queued.
    fn bring_up_to_date(
        &mut self,
        heard: &[Heard],
        answers: &mut [Result<Answer, StoreError>],
    ) -> Result<(), StoreError> {
        for (heard, answer) in heard.iter().zip(answers) {
            if let (Heard::Order(_), Ok(Answer::Call(call))) = (heard, answer)
                && let Some(kept) = self.page.call(call.facts.id)?
            {
                **call = kept.call;
            }
        }
        Ok(())
    }

    fn start(&mut self, paused: Option<&str>) -> Result<Answer, StoreError> {
        if let Some(reason) = paused {
            self.page.set_setting(PAUSED, Some(reason))?;
            self.page.set_setting(NOTICE, Some(reason))?;
            self.doubt_queued(reason)?;
        }
        let n_calls = self.page.note_start(self.now)?;
        self.brought.forward = Some(Forward::from(self.now));
        Ok(Answer::Taken(usize::try_from(n_calls).unwrap_or(usize::MAX)))
    }

    /// A store that went back may say of a call that it waits though its phone rang since: it is looked
    /// for like any placement in doubt, and never placed.
    fn doubt_queued(&mut self, reason: &str) -> Result<(), StoreError> {
        loop {
            let queued = self.page.queued(QUEUED_AT_ONCE)?;
            if queued.is_empty() {
                return Ok(());
            }
            for kept in queued {
                self.apply(&kept, Source::Gateway, News::PlaceInDoubt { why: reason.to_owned() })?;
            }
        }
    }

    /// Takes calls that are due: each hears that its time has come.
    fn take_due(&mut self, limit: usize) -> Result<Answer, StoreError> {
        self.step_forward()?;
        let due = self.page.take_due(self.now, self.now + LEASE, limit)?;
        let n_calls = due.len();
        for kept in due {
            let mut kept = self.whole(kept);
            if self.find_lost_streams(&kept)?
                && let Some(now) = self.call(kept.call.facts.id)?
            {
                kept = now;
            }
            self.apply(&kept, Source::Gateway, News::CheckDue)?;
        }
        Ok(Answer::Taken(n_calls))
    }

    /// Sorts out candidates that belong to other calls, and tells the call what was found.
    fn candidates(&mut self, id: CallId, candidates: &[Candidate]) -> Result<Answer, StoreError> {
        let Some(kept) = self.call(id)? else {
            return Ok(Answer::Refused(Refusal::NoSuchCall(id)));
        };
        let facts = &kept.call.facts;
        let (carrier, page) = (&facts.carrier, &mut *self.page);
        let since = facts.created_at - GIVEN_UP_WITHIN;
        let alone = page.placing_between(&facts.from, &facts.to)? <= 1
            && page.given_up_between(&facts.from, &facts.to, since)? == 0;
        let found = sorting::found(id, candidates, alone, &mut |leg| page.call_by_leg(carrier, leg))?;
        let call = self.apply(&kept, Source::Listing, News::Found(found))?;
        Ok(Answer::Call(Box::new(call)))
    }

    fn import(&mut self, calls: &[ImportedCall]) -> Result<Answer, StoreError> {
        let mut outcomes = Vec::new();
        for imported in calls {
            outcomes.push(self.import_one(imported)?);
        }
        Ok(Answer::Imported(outcomes))
    }

    fn import_one(&mut self, imported: &ImportedCall) -> Result<ImportOutcome, StoreError> {
        let news = News::Imported(Box::new(imported.facts.clone()), Box::new(imported.state.clone()));
        let event = self.event(Source::Import, news);
        let outcome = |call: CallId, known: bool, live: bool| ImportOutcome {
            line: imported.line,
            call,
            known,
            live,
            remark: imported.remark.clone(),
        };
        let by_id = match &imported.facts.imported_id {
            Some(id) => self.page.call_by_imported_id(id)?,
            None => None,
        };
        let leg = Call::new(imported.facts.clone(), imported.state.clone());
        let by_leg = match leg.leg() {
            Some(leg) => self.page.call_by_leg(&imported.facts.carrier, leg)?,
            None => None,
        };
        if let Some(known) = by_id.or(by_leg) {
            let live = self.page.call(known)?.is_some_and(|kept| !kept.call.state.is_ended());
            return Ok(outcome(known, true, live));
        }
        let Some(call) = self.begin(&event)? else {
            return Ok(outcome(imported.facts.id, false, false));
        };
        Ok(outcome(call.facts.id, false, !call.state.is_ended()))
    }

    /// A look may have learnt another name for the leg.
    fn seen(&mut self, id: CallId, leg: &CarrierCallId, seen: &Seen) -> Result<Answer, StoreError> {
        let Some(kept) = self.call(id)? else {
            return Ok(Answer::Refused(Refusal::NoSuchCall(id)));
        };
        let (carrier, page) = (&kept.call.facts.carrier, &mut *self.page);
        let news = sorting::seen(&kept.call, leg, seen, &mut |leg| page.call_by_leg(carrier, leg))?;
        let mut answer = Answer::Done;
        for news in news {
            answer = self.on_call(id, Source::LookUp, news)?;
        }
        Ok(answer)
    }

    fn on_call(&mut self, id: CallId, source: Source, news: News) -> Result<Answer, StoreError> {
        let Some(kept) = self.call(id)? else {
            return Ok(Answer::Refused(Refusal::NoSuchCall(id)));
        };
        let call = self.apply(&kept, source, news.clone())?;
        self.hear_opt_out(&kept.call, &news, None)?;
        Ok(Answer::Call(Box::new(call)))
    }

    /// Moves one call by one event. A repeated webhook, which moves nothing, is not written and
    /// costs no disk. What we asked for is: it ends the lease under which it was asked, and the
    /// story of a call tells every look. So is what only the log tells.
    fn apply(&mut self, kept: &Kept, source: Source, news: News) -> Result<Call, StoreError> {
        let event = self.event(source, news);
        let step = step(&kept.call, &event);
        let asked_for = matches!(source, Source::LookUp | Source::Listing | Source::Reply);
        if step.call != kept.call || asked_for || event.news.is_for_the_log() {
            self.write(&step.call, &event, kept)?;
            self.brought.wrote = true;
        }
        let was = kept.call.state.word();
        if step.call.state.word() != was {
            self.brought.moved.push(Moved { was: Some(was), call: step.call.clone() });
        }
        let over =
            matches!(event.news, News::Over { .. } | News::Sighted { sighting: Sighting::Over(_), .. });
        if over && step.call.strays.len() < kept.call.strays.len() {
            self.brought.orphans_ended.push(step.call.facts.carrier.clone());
        }
        if is_told(&step.call) {
            self.brought.talks.push(step.call.clone());
        }
        self.owe(&step.call, step.effects);
        Ok(step.call)
    }

    /// Makes the call of a first event.
    fn begin(&mut self, event: &Event) -> Result<Option<Call>, StoreError> {
        let Some(call) = born(event) else { return Ok(None) };
        self.page.write(&call, event, None)?;
        self.brought.wrote = true;
        self.brought.moved.push(Moved { was: None, call: call.clone() });
        Ok(Some(call))
    }

    fn owe(&mut self, call: &Call, effects: Vec<Effect>) {
        self.brought.owed.extend(effects.into_iter().map(|effect| Owed { call: call.clone(), effect }));
    }

    fn event(&mut self, source: Source, news: News) -> Event {
        Event { at: self.now, roll: Roll(self.chance.random_range(0..1000)), source, news }
    }

    fn paused(&mut self) -> Result<Option<String>, StoreError> {
        self.page.setting(PAUSED)
    }
}

/// The setting that says what a start found wrong, until somebody resumes.
pub(crate) const NOTICE: &str = "notice";
/// The setting that stops outbound calls; its value is the reason.
pub(crate) const PAUSED: &str = "paused";
fn asked_by(agent: bool) -> Source {
    if agent { Source::Agent } else { Source::Api }
}

/// How long a call that was taken is left to whoever took it.
const LEASE: Duration = Duration::from_secs(30);
/// A call that nobody found may turn up in the search for one that was asked for so long after it.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(3600);
/// When a call of this name was made.
fn made_at(name: CallId) -> Timestamp {
    Timestamp(i64::try_from(name.bits() >> 80).unwrap_or(i64::MAX))
}

/// So many queued calls are read at once.
const QUEUED_AT_ONCE: usize = 256;
/// So many lines of old logs go in one turn: some calls, in a millisecond or two.
const PRUNED_AT_ONCE: usize = 64;

#[cfg(test)]
mod tests;
