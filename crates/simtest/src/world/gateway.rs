//! One life of the gateway: what it hears, its turns, its ticker, its death.
//!
//! The crank, the errands and the connector are the product's own; what is here stands for the
//! threads, tasks and channels around them, and does what they do.

use super::losses::{SWEEP_AFTER_START_MS, SWEEP_SPREAD_MS};
use super::rules::{KEEPER_AFTER_START_MS, KEEPER_MS};
use super::telling::told;
use super::wires::answered_with;
use super::{Happening, World};
use crate::check::Breach;
use crate::flaky::{Fate, Flaky};
use crate::sabotage::Sabotage;
use call::call::{EndedBy, Script};
use call::{Call, CallId, CallState, Effect};
use carrier::HeardWebhook;
use engine::{Answer, Driver, Heard, Orphan, Owed, ScriptReply, Sweep, Turned};
use network::{WebhookFailure, WebhookId, WireResponse};
use rand::Rng;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// A process.
pub(crate) struct Gateway {
    driver: Driver,
    ear: Vec<Job>,
    turn_is_booked: bool,
    tick_at: Option<i64>,
    pub(super) clock_set: bool,
    /// How far the carrier's clock is ahead of the wall clock, by its last reply.
    skew_ms: i64,
    pub(super) sweep: Sweep,
}

/// One thing to be heard, and what follows from its answer.
pub(crate) struct Job {
    pub(super) heard: Heard,
    pub(super) then: Then,
    /// How often it was told before.
    pub(super) n_tries: usize,
}

/// Who waits for an answer.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// The process itself, which starts.
    Start,
    /// The ticker.
    Tick,
    /// Nobody.
    Nothing,
    /// An errand, which tells again what could not be written.
    Errand,
    /// The network, for its webhook.
    Webhook(WebhookId, Arc<HeardWebhook>),
    /// The network, for a webhook with our mark of a call that isn't known: whether it is now.
    Orphan(Box<Unknown>),
    /// A sweep.
    Sweep,
    /// Whoever asked for a call.
    Order(usize),
    /// Whoever asked something of a call.
    Command(usize),
    /// Whoever hung up.
    HangUp(CallId),
    /// Whoever paused, or let it go on.
    Paused(bool),
    /// Whoever put this number on the do-not-call list.
    Listed(String),
    /// The keeper, which takes out what is older than this.
    Pruned(CallId),
}

/// A webhook with our mark of a call that isn't known.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    id: WebhookId,
    heard: Arc<HeardWebhook>,
    /// What is heard again once the call is taken in.
    again: Heard,
    /// What is answered if it isn't.
    otherwise: ScriptReply,
}

impl World {
    pub(super) fn start(&mut self) -> Result<(), Breach> {
        if self.gateway.is_some() {
            return Ok(());
        }
        self.lives += 1;
        let wall = self.wall();
        let store = (self.opener)(&self.disk, wall);
        let store = Flaky { inner: store, fates: self.fates.clone(), sabotage: self.sabotage };
        let driver = Driver::new(Box::new(store), self.settings.clone(), self.rng.random());
        self.gateway = Some(Gateway {
            driver,
            ear: Vec::new(),
            turn_is_booked: false,
            tick_at: None,
            clock_set: false,
            skew_ms: 0,
            sweep: Sweep::default(),
        });
        self.light_fuse();
        let life = self.lives;
        self.story.tell(self.now, || format!("the gateway starts (life {life})"));
        self.checks.started(self.now);
        self.inspect_news()?;
        if self.sabotage == Some(Sabotage::PlaceAgainOnResume) {
            self.place_again();
        }
        match self.sabotage {
            Some(Sabotage::SleepAtStart) => {}
            _ => {
                let paused = self.went_back.then(|| "the store went back in time".to_owned());
                self.hear(Job { heard: Heard::Start { paused }, then: Then::Start, n_tries: 0 });
            }
        }
        let looked_at: Vec<CallId> = self.due_at_start();
        self.checks.expects_looks(looked_at);
        self.agenda.put(self.now + RECOVERED_MS, Happening::Recovered { life });
        self.book_tick(self.now + 1);
        self.book_keeper(KEEPER_AFTER_START_MS);
        if self.plan.losses.is_some() {
            let spread = self.rng.random_range(0..SWEEP_SPREAD_MS);
            self.book_sweep(SWEEP_AFTER_START_MS + spread);
        }
        Ok(())
    }

    /// The calls that a start must ask about at once.
    fn due_at_start(&self) -> Vec<CallId> {
        let wall = self.wall();
        let tables = self.disk.tables();
        let due = tables.calls.iter().filter(|(_, row)| {
            let waits = row.call.not_before().is_some_and(|at| at > wall);
            let state = &row.call.state;
            !waits && !matches!(state, CallState::Queued(_) | CallState::Ended(_))
        });
        due.map(|(id, _)| *id).collect()
    }

    fn place_again(&mut self) {
        let calls: Vec<Call> = self.disk.tables().calls.values().map(|row| row.call.clone()).collect();
        for call in calls.into_iter().filter(|call| matches!(call.state, CallState::Placing(_))) {
            self.begin(&Owed { call, effect: Effect::Place });
        }
    }

    /// After so many more chances to die one is taken; soon after a start, it is often the first.
    fn light_fuse(&mut self) {
        if self.n_deaths_left == 0 || self.calm_since.is_some() {
            return;
        }
        self.n_deaths_left -= 1;
        let soon = self.lives > 1 && self.rng.random_bool(0.4);
        self.fuse = Some(if soon { self.rng.random_range(1..8) } else { self.rng.random_range(1..150) });
    }

    /// A point at which the process may die. Says whether it did.
    pub(super) fn may_die(&mut self, point: &'static str) -> bool {
        let left = match &mut self.fuse {
            Some(left) => left,
            None => return false,
        };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return false;
        }
        self.die(point);
        true
    }

    pub(super) fn die(&mut self, point: &'static str) {
        let Some(gateway) = self.gateway.take() else { return };
        self.fuse = None;
        self.story.tell(self.now, || format!("the gateway dies {point}"));
        *self.tally.kills.entry(point).or_default() += 1;
        if self.sabotage == Some(Sabotage::LoseLastTurn) {
            self.disk.lose_last_turn();
            self.checks.forget(&self.disk.tables());
        }
        for job in gateway.ear {
            self.never_answered(&job.then);
        }
        let longest = [20, 1_000, 10_000, 60_000, 600_000, 3 * 3_600_000][self.rng.random_range(0..6)];
        let dead_ms = if self.calm_since.is_some() { 1_000 } else { self.rng.random_range(1..longest) };
        self.agenda.put(self.now + dead_ms, Happening::Start);
    }

    /// Whoever waits for this answer will wait in vain.
    fn never_answered(&mut self, then: &Then) {
        match then {
            Then::Webhook(id, _) => self.hang_webhook(*id),
            Then::Orphan(unknown) => self.hang_webhook(unknown.id),
            Then::Order(place) => self.unanswered(*place, false),
            Then::Command(place) => self.wish_unanswered(*place, false),
            // Whoever paused does not know whether it is so.
            Then::Paused(_) => self.checks.pause_is_unsure(),
            Then::Start
            | Then::Tick
            | Then::Nothing
            | Then::Errand
            | Then::HangUp(_)
            | Then::Listed(_)
            | Then::Sweep
            | Then::Pruned(_) => {}
        }
    }

    fn hang_webhook(&mut self, id: WebhookId) {
        self.agenda.put(self.now, Happening::Answer { id, answer: Err(WebhookFailure::Broken) });
    }

    /// The crank is to hear this: soon, with whatever else comes until then.
    pub(super) fn hear(&mut self, job: Job) {
        let pause = self.rng.random_range(0..6);
        let life = self.lives;
        let Some(gateway) = &mut self.gateway else { return };
        gateway.ear.push(job);
        if !gateway.turn_is_booked {
            gateway.turn_is_booked = true;
            self.agenda.put(self.now + pause, Happening::Turn { life });
        }
    }

    pub(super) fn tick(&mut self) {
        let now = self.now;
        let Some(gateway) = &mut self.gateway else { return };
        if gateway.tick_at != Some(now) {
            return;
        }
        gateway.tick_at = None;
        if std::mem::take(&mut gateway.clock_set) {
            self.hear(Job { heard: Heard::ClockSet, then: Then::Nothing, n_tries: 0 });
        }
        if self.sabotage != Some(Sabotage::NeverLook) {
            self.hear(Job { heard: Heard::TakeDue(TAKEN_AT_ONCE), then: Then::Tick, n_tries: 0 });
        }
    }

    /// The ticker ticks each tenth of a second; ticks that find nothing to do are left out.
    pub(super) fn book_tick(&mut self, at: i64) {
        let life = self.lives;
        let Some(gateway) = &mut self.gateway else { return };
        if gateway.tick_at.is_none_or(|booked| at < booked) {
            gateway.tick_at = Some(at);
            self.agenda.put(at, Happening::Tick { life });
        }
    }

    fn book_next_tick(&mut self) {
        let tables = self.disk.tables();
        let queued = tables.calls.values().any(|row| matches!(row.call.state, CallState::Queued(_)));
        let due = tables.calls.values().filter_map(|row| row.due_at).min();
        drop(tables);
        let soonest = self.now + TICK_MS;
        if queued {
            self.book_tick(soonest);
        } else if let Some(due) = due {
            self.book_tick(soonest.max(due.0 - self.skew));
        }
    }

    pub(super) fn turn(&mut self) -> Result<(), Breach> {
        let wall = self.wall();
        let dies_before = self.fuse == Some(1) && self.rng.random_bool(0.5);
        let fate = self.fate(dies_before);
        let Some(gateway) = &mut self.gateway else { return Ok(()) };
        gateway.turn_is_booked = false;
        let jobs = std::mem::take(&mut gateway.ear);
        let heard: Vec<Heard> = jobs.iter().map(|job| job.heard.clone()).collect();
        self.fates.decide(fate);
        if self.sabotage == Some(Sabotage::LoseLastTurn) {
            self.disk.remember();
        }
        let turned = gateway.driver.turn(&heard, wall);
        self.tally.turns += 1;
        self.story.tell(self.now, || told(&heard, &turned));
        if turned.is_ok() {
            self.inspect_written()?;
        }
        if dies_before {
            self.die_with(jobs, "before a commit");
            return Ok(());
        }
        match turned {
            Ok(turned) => self.turned(jobs, turned),
            Err(error) => {
                self.tally.fault("turn failed");
                self.failed(jobs, &error)
            }
        }
    }

    fn fate(&mut self, dies_before: bool) -> Fate {
        if dies_before {
            return Fate::FailsAtCommit;
        }
        let likely = self.plan.store_fails;
        if self.calm_since.is_some() || likely == 0.0 || !self.rng.random_bool(likely) {
            return Fate::Well;
        }
        match self.rng.random_range(0..3u32) {
            0 => Fate::FailsAtCommit,
            n_writes => Fate::FailsAtWrite(n_writes - 1),
        }
    }

    fn die_with(&mut self, jobs: Vec<Job>, point: &'static str) {
        if let Some(gateway) = &mut self.gateway {
            gateway.ear = jobs;
        }
        self.die(point);
    }

    fn turned(&mut self, jobs: Vec<Job>, turned: Turned) -> Result<(), Breach> {
        let answers: Vec<_> = jobs.into_iter().zip(turned.answers).collect();
        for (job, answer) in &answers {
            match (&job.then, answer) {
                (Then::Paused(paused), Ok(_)) => self.checks.paused(*paused),
                (Then::Start, Ok(_)) if std::mem::take(&mut self.went_back) => self.checks.paused(true),
                _ => {}
            }
        }
        for owed in turned.owed.iter().filter(|owed| owed.effect == Effect::Place) {
            self.inspect_admission(&owed.call)?;
        }
        if self.may_die("after a commit, before its effects") {
            answers.iter().for_each(|(job, _)| self.never_answered(&job.then));
            return Ok(());
        }
        for (job, answer) in answers {
            match answer {
                Ok(answer) => self.follow(job, &answer)?,
                Err(_) => self.refused(job)?,
            }
        }
        for owed in &turned.owed {
            self.begin(owed);
        }
        self.book_next_tick();
        Ok(())
    }

    /// An answer goes where it is waited for.
    fn follow(&mut self, job: Job, answer: &Answer) -> Result<(), Breach> {
        match job.then {
            Then::Start | Then::Tick | Then::Nothing | Then::Errand | Then::Paused(_) => Ok(()),
            Then::Order(place) => self.answered(place, answer),
            Then::Command(place) => self.wish_answered(place, answer),
            Then::HangUp(call) => self.hang_up_answered(call),
            Then::Listed(to) => self.is_listed(&to, answer),
            Then::Pruned(before) => {
                self.pruned(before, answer);
                Ok(())
            }
            Then::Sweep => self.sweep_answered(Some(answer.clone())),
            Then::Webhook(id, heard) => {
                let Answer::Script(told) = answer else { return Ok(()) };
                let wall = self.wall();
                let orphan = match told.call {
                    None => Orphan::told(&heard, self.carrier.as_ref(), &self.settings, wall),
                    Some(_) => None,
                };
                let Some(orphan) = orphan.filter(|_| job.n_tries == 0) else {
                    return self.answer_webhook(id, &heard, told);
                };
                let unknown = Unknown { id, heard, again: job.heard, otherwise: told.clone() };
                let then = Then::Orphan(Box::new(unknown));
                self.hear(Job { heard: Heard::Orphan(Box::new(orphan)), then, n_tries: 0 });
                Ok(())
            }
            Then::Orphan(unknown) => {
                let Unknown { id, heard, again, otherwise } = *unknown;
                if *answer == Answer::NotOurs {
                    return self.answer_webhook(id, &heard, &otherwise);
                }
                self.hear(Job { heard: again, then: Then::Webhook(id, heard), n_tries: 1 });
                Ok(())
            }
        }
    }

    fn answer_webhook(
        &mut self,
        id: WebhookId,
        heard: &HeardWebhook,
        told: &ScriptReply,
    ) -> Result<(), Breach> {
        let ScriptReply { call, script } = told;
        let forgotten = self.sabotage == Some(Sabotage::ForgetStrays) && *script == Some(Script::HangUp);
        let held = Some(Script::Hold(Duration::from_secs(3_600)));
        let script = if forgotten { &held } else { script };
        let document = script.as_ref().map(|script| self.carrier.document(*call, script));
        self.reply(id, heard, answered_with(document))
    }

    /// Sends the answer to a webhook.
    fn reply(&mut self, id: WebhookId, heard: &HeardWebhook, answer: WireResponse) -> Result<(), Breach> {
        if self.may_die("after a commit, before the 200 is sent") {
            self.agenda.put(self.now, Happening::Answer { id, answer: Err(WebhookFailure::Broken) });
            return Ok(());
        }
        let way = self.way();
        self.agenda.put(self.now + way, Happening::Answer { id, answer: Ok(answer) });
        self.acknowledge(heard);
        self.inspect_heard(heard)
    }

    /// One thing in a turn failed alone: it left no trace, and whoever told it is told so.
    fn refused(&mut self, job: Job) -> Result<(), Breach> {
        self.tally.fault("refused alone");
        self.tell_again(job)
    }

    /// The whole turn failed.
    fn failed(&mut self, jobs: Vec<Job>, error: &StoreError) -> Result<(), Breach> {
        self.story.tell(self.now, || format!("the turn failed: {error}"));
        self.checks.stumbled(self.now);
        jobs.into_iter().try_for_each(|job| self.tell_again(job))
    }

    fn tell_again(&mut self, job: Job) -> Result<(), Breach> {
        let life = self.lives;
        match &job.then {
            // A process that cannot note its start ends.
            Then::Start => self.die("as it could not start"),
            Then::Tick => self.book_tick(self.now + TICK_MS),
            Then::Nothing | Then::HangUp(_) | Then::Listed(_) => {}
            Then::Pruned(_) => self.book_keeper(KEEPER_MS),
            Then::Sweep => return self.sweep_answered(None),
            Then::Orphan(unknown) => {
                let answer = Ok(WireResponse::empty(503));
                self.agenda.put(self.now, Happening::Answer { id: unknown.id, answer });
            }
            Then::Paused(_) => self.checks.pause_is_unsure(),
            Then::Order(place) => self.unanswered(*place, true),
            Then::Command(place) => self.wish_unanswered(*place, true),
            Then::Webhook(id, heard) => {
                let broken = self.sabotage == Some(Sabotage::AnswerBeforeCommit);
                let status = if broken { 200 } else { 503 };
                if broken {
                    self.acknowledge(heard);
                }
                let answer = Ok(WireResponse::empty(status));
                self.agenda.put(self.now, Happening::Answer { id: *id, answer });
            }
            Then::Errand => {
                if let Some(pause) = TELL_AGAIN_MS.get(job.n_tries) {
                    let job = Box::new(Job { n_tries: job.n_tries + 1, ..job });
                    self.agenda.put(self.now + pause, Happening::Tell { life, job });
                }
            }
        }
        Ok(())
    }

    /// How far the carrier's clock is ahead of ours, as far as this life knows.
    pub(super) fn carrier_skew_ms(&self) -> i64 {
        self.gateway.as_ref().map_or(0, |gateway| gateway.skew_ms)
    }

    /// Notes how far the carrier's clock is from ours; what whole seconds may explain is nothing.
    pub(super) fn note_skew(&mut self, reply: &carrier::Reply) {
        let wall = self.wall();
        let (Some(date), Some(gateway)) = (reply.date(), &mut self.gateway) else { return };
        let skew = date.0 - wall.0;
        gateway.skew_ms = if skew.abs() > SKEW_HEEDED_MS { skew } else { 0 };
    }

    /// Whether a broken gateway would forget this hang-up.
    pub(super) fn is_forgotten(&self, owed: &Owed) -> bool {
        let Effect::HangUp(leg) = &owed.effect else { return false };
        match self.sabotage {
            Some(Sabotage::ForgetStrays) => owed.call.strays.iter().any(|stray| &stray.leg == leg),
            Some(Sabotage::ForgetDeadlines) => match &owed.call.state {
                CallState::HangingUp(hanging) => {
                    hanging.by == EndedBy::Gateway && hanging.cause == "duration_max"
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// A smaller difference between the clocks says nothing.
const SKEW_HEEDED_MS: i64 = 2_000;
/// How often the ticker ticks.
const TICK_MS: i64 = 100;
/// So many calls are taken up in one turn.
const TAKEN_AT_ONCE: usize = 1_024;
/// The pauses after which a result that could not be written is told again.
const TELL_AGAIN_MS: [i64; 6] = [100, 400, 1_000, 3_000, 9_000, 9_000];
/// Within this time a start has asked about everything unfinished.
const RECOVERED_MS: i64 = 2_000;
