//! The world: users, a gateway that may die, a telephone network, and the wires between them, in
//! virtual time. One thing happens after the other, so that one seed has one history.

mod carriers;
mod gateway;
mod losses;
mod rules;
pub(crate) use rules::{KEPT_ANYWAY_MS, made_at};
mod telling;
pub(crate) use telling::{end, tail};
mod users;
pub(crate) use users::GREETING;
mod wires;
mod wishes;

use crate::agenda::Agenda;
use crate::check::{Breach, Checks, Promise};
use crate::flaky::Fates;
use crate::memory::{Disk, Tables};
use crate::plan::Plan;
use crate::sabotage::Sabotage;
use crate::scene::Scene;
use crate::story::{Story, Telling};
use crate::tally::Tally;
use call::{CallId, Timestamp};
use carrier::Carrier;
use engine::Settings;
use gateway::{Gateway, Job};
use http::Method;
use network::{Fault, Millis, Network, Reply, Webhook, WebhookFailure, WebhookId, WireRequest, WireResponse};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;
use store::Store;
use users::Users;
use wires::Trip;

/// Opens the store that a gateway starts on.
pub(crate) type Opener = Box<dyn FnMut(&Disk, Timestamp) -> Box<dyn Store>>;

/// Everything there is.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) rng: StdRng,
    pub(crate) began_at: i64,
    /// The true time, in milliseconds: what the network's clock shows.
    pub(crate) now: i64,
    /// By how much the gateway's wall clock is ahead of it.
    pub(crate) skew: i64,
    /// Since when nothing goes wrong any more.
    pub(crate) calm_since: Option<i64>,
    pub(crate) agenda: Agenda<Happening>,
    pub(crate) network: Network,
    pub(crate) carrier: Box<dyn Carrier>,
    pub(crate) settings: Settings,
    pub(crate) disk: Disk,
    /// What the last backup kept, and whether it was put back since the last start.
    backup: Option<Tables>,
    went_back: bool,
    opener: Opener,
    fates: Fates,
    pub(crate) gateway: Option<Gateway>,
    /// How many gateways there were.
    pub(crate) lives: u32,
    /// So many more chances to die pass until one is taken.
    fuse: Option<u32>,
    n_deaths_left: u32,
    pub(crate) users: Users,
    pub(crate) checks: Checks,
    pub(crate) story: Story,
    pub(crate) tally: Tally,
}

/// One thing that happens.
pub(crate) enum Happening {
    /// A user does what the plan says.
    Act(usize),
    /// A user asks again for the same.
    AskAgain(usize),
    /// A user asks again something of a call.
    AskOfCall(usize),
    /// The crank turns.
    Turn { life: u32 },
    /// The gateway's ticker.
    Tick { life: u32 },
    /// An errand goes on.
    Leave { life: u32, trip: Box<Trip> },
    /// A request reaches the network.
    Arrive(Box<Trip>),
    /// A request's fate is known to the gateway.
    Return { life: u32, trip: Box<Trip>, reply: Result<carrier::Reply, carrier::SendError> },
    /// What could not be written is told again.
    Tell { life: u32, job: Box<Job> },
    /// A webhook reaches the gateway's door.
    Knock(Box<Webhook>),
    /// The answer to a webhook reaches the network.
    Answer { id: WebhookId, answer: Result<WireResponse, WebhookFailure> },
    /// A fault begins to strike.
    FaultOn(Box<Fault>, i64),
    /// A fault is taken back.
    FaultOff(u64),
    /// The process dies.
    Die,
    /// A process starts.
    Start,
    /// The wall clock is set.
    Jump(i64),
    /// The keeper looks what is too old.
    Keep { life: u32 },
    /// The keeper's next step.
    Prune { life: u32, before: CallId },
    /// A backup of the store is made.
    BackUp,
    /// The store is lost, or the backup is put back.
    Lose { goes_back: bool },
    /// Others place a call on our account.
    OthersCall(usize),
    /// Whoever is on a line that nobody here knows hangs up.
    LetGo,
    /// The gateway sweeps.
    Sweep { life: u32 },
    /// A request of a sweep reaches the network.
    SweepAsks { life: u32, asked: Box<losses::Asked> },
    /// Its fate is known to the gateway.
    SweepHears { life: u32, reply: Result<carrier::Reply, carrier::SendError> },
    /// By now a start must have asked about everything.
    Recovered { life: u32 },
    /// Everything is held against the truth.
    Inspect,
}

impl World {
    /// A world in which nothing has happened.
    pub(crate) fn new(
        seed: u64,
        scene: Scene,
        sabotage: Option<Sabotage>,
        telling: Telling,
        opener: Opener,
    ) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        let plan = Plan::draw(&mut rng, seed, scene, BEGINNING);
        let began_at = BEGINNING + rng.random_range(0..1_000);
        let network = Network::new(carriers::network_settings(&plan), rng.random());
        let settings = carriers::settings(&plan, sabotage);
        let mut world = World {
            sabotage,
            began_at,
            now: began_at,
            skew: 0,
            calm_since: None,
            agenda: Agenda::new(),
            network,
            carrier: carriers::connector(&plan, sabotage),
            settings,
            disk: Disk::new(),
            backup: None,
            went_back: false,
            opener,
            fates: Fates::default(),
            gateway: None,
            lives: 0,
            fuse: None,
            n_deaths_left: plan.n_deaths_at_work,
            users: Users::default(),
            checks: Checks::new(&plan),
            story: Story::new(telling, began_at),
            tally: Tally::of(plan.carrier),
            plan,
            rng,
        };
        world.write_agenda();
        world
    }

    fn write_agenda(&mut self) {
        let (began_at, plan) = (self.began_at, self.plan.clone());
        self.agenda.put(began_at, Happening::Start);
        for fault in plan.faults {
            self.agenda.put(began_at, Happening::FaultOn(Box::new(fault), plan.chaos_ms));
        }
        for (index, (at, _)) in plan.acts.iter().enumerate() {
            self.agenda.put(began_at + at, Happening::Act(index));
        }
        for (from, to, fault) in plan.phases {
            let fault = Box::new(fault);
            self.agenda.put(began_at + from, Happening::FaultOn(fault, to.min(plan.chaos_ms) - from));
        }
        self.write_losses();
        for at in plan.deaths {
            self.agenda.put(began_at + at, Happening::Die);
        }
        for (at, by) in plan.jumps {
            self.agenda.put(began_at + at, Happening::Jump(by));
        }
    }

    /// Lets everything happen, chaos and calm, and holds it against the truth.
    ///
    /// # Errors
    /// The first promise that was broken.
    pub(crate) fn run(&mut self) -> Result<(), Breach> {
        self.run_until(self.began_at + self.plan.chaos_ms, |_| false)?;
        self.calm_down();
        let patience = self.patience();
        self.agenda.put(self.now, Happening::Inspect);
        self.run_until(self.now + patience, World::is_quiet)?;
        self.inspect_end()?;
        self.run_until(self.now + 1_000, |_| false)?;
        self.probe()?;
        // What was held back for hours arrives.
        self.run_until(self.now + LATE_MS, |world| world.network.next_due().is_none() && world.is_quiet())?;
        self.inspect_end()?;
        self.tally_up();
        Ok(())
    }

    fn run_until(&mut self, end: i64, enough: impl Fn(&World) -> bool) -> Result<(), Breach> {
        loop {
            let network_due = self.network.next_due().map(Millis::get);
            let ours = self.agenda.next_at();
            let Some(at) = network_due.into_iter().chain(ours).min() else { break };
            if at > end || enough(self) {
                break;
            }
            self.now = at.max(self.now);
            self.tally.steps += 1;
            if self.tally.steps > STEPS_MAX {
                return Err(self.breach(Promise::BoundedLife, "it never comes to rest".to_owned()));
            }
            if network_due.is_some_and(|due| due <= self.now) {
                self.poll();
            } else if let Some(happening) = self.agenda.take() {
                self.happen(happening)?;
            }
        }
        self.now = end.min(self.now.max(self.began_at)).max(self.now);
        Ok(())
    }

    /// Lets so much time pass, whether or not anything happens.
    fn sleep(&mut self, ms: i64) -> Result<(), Breach> {
        let end = self.now + ms;
        self.run_until(end, |_| false)?;
        self.now = end;
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Breach> {
        match happening {
            Happening::Act(index) => self.act(index),
            Happening::AskAgain(index) => self.ask(index),
            Happening::AskOfCall(index) => self.ask_of_call(index),
            Happening::Turn { life } if self.lives_in(life) => self.turn()?,
            Happening::Tick { life } if self.lives_in(life) => self.tick(),
            Happening::Leave { life, trip } if self.lives_in(life) => self.leave(trip),
            Happening::Arrive(trip) => self.arrive(trip)?,
            Happening::Return { life, trip, reply } if self.lives_in(life) => self.come_back(trip, reply),
            Happening::Tell { life, job } if self.lives_in(life) => self.hear(*job),
            Happening::Knock(webhook) => self.knock(*webhook),
            Happening::Answer { id, answer } => self.network.webhook_answered(id, answer, self.millis()),
            Happening::FaultOn(fault, for_ms) => self.fault_on(&fault, for_ms),
            Happening::FaultOff(id) => self.fault_off(id),
            Happening::Die => self.die("at some time"),
            Happening::Start => self.start()?,
            Happening::Jump(by) => self.jump(by),
            Happening::Recovered { life } if self.lives_in(life) => self.inspect_recovery()?,
            Happening::Keep { life } if self.lives_in(life) => self.keep(),
            Happening::Prune { life, before } if self.lives_in(life) => self.prune(before),
            Happening::BackUp => self.backup = Some(self.disk.tables().clone()),
            Happening::Lose { goes_back } => self.lose(goes_back),
            Happening::OthersCall(n) => self.others_call(n),
            Happening::LetGo => self.let_go(),
            Happening::Sweep { life } if self.lives_in(life) => self.sweep()?,
            Happening::SweepAsks { life, asked } if self.lives_in(life) => self.sweep_asks(&asked),
            Happening::SweepHears { life, reply } if self.lives_in(life) => self.swept(reply)?,
            Happening::Inspect => {
                self.inspect()?;
                let pause = if self.is_quiet() { INSPECT_QUIET_MS } else { INSPECT_MS };
                self.agenda.put(self.now + pause, Happening::Inspect);
            }
            // What another life began came to nothing when it ended.
            Happening::Turn { .. }
            | Happening::Tick { .. }
            | Happening::Leave { .. }
            | Happening::Return { .. }
            | Happening::Tell { .. }
            | Happening::Sweep { .. }
            | Happening::SweepAsks { .. }
            | Happening::SweepHears { .. }
            | Happening::Keep { .. }
            | Happening::Prune { .. }
            | Happening::Recovered { .. } => {}
        }
        Ok(())
    }

    fn lives_in(&self, life: u32) -> bool {
        self.gateway.is_some() && self.lives == life
    }

    /// What the gateway's wall clock shows.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp(self.now + self.skew)
    }

    pub(crate) fn millis(&self) -> Millis {
        Millis::new(self.now)
    }

    pub(crate) fn breach(&self, promise: Promise, what: String) -> Breach {
        Breach { promise, at_ms: self.now - self.began_at, what }
    }

    fn jump(&mut self, by: i64) {
        self.skew += by;
        self.checks.clock_was_set(self.now);
        self.tally.fault("clock set");
        self.story.tell(self.now, || format!("the wall clock is set by {} s", by / 1000));
        if let Some(gateway) = &mut self.gateway {
            gateway.clock_set = true;
        }
        self.book_tick(self.now + 100);
    }

    /// From here on nothing goes wrong: what was broken must heal.
    fn calm_down(&mut self) {
        self.story.tell(self.now, || "calm: from here on nothing goes wrong".to_owned());
        self.tally_faults();
        self.control(Method::DELETE, "/faults", String::new());
        self.calm_since = Some(self.now);
        self.fuse = None;
        self.n_deaths_left = 0;
        if self.skew != 0 {
            self.jump(-self.skew);
        }
        if self.gateway.is_none() {
            self.agenda.put(self.now, Happening::Start);
        }
        self.agenda.put(self.now, Happening::Act(RESUME));
        if self.plan.losses.is_some() {
            self.agenda.put(self.now + LET_GO_MS, Happening::LetGo);
        }
    }

    /// How long the calm may take to heal everything.
    fn patience(&self) -> i64 {
        let limits = &self.plan.limits;
        let bounds = limits.queue_max + limits.ring_max + limits.duration_max + limits.find_max;
        let jumps = if self.plan.jumps.is_empty() { 0 } else { 2 * 3_600_000 };
        let lost = if self.plan.losses.is_some() { millis(bounds) + LET_GO_MS } else { 0 };
        millis(bounds) + 600_000 + jumps + lost
    }

    /// Whether nothing lives any more, here or there.
    pub(crate) fn is_quiet(&self) -> bool {
        let tables = self.disk.tables();
        let over = tables.calls.values().all(|row| row.call.due_at().is_none());
        over && self.network.n_live() == 0 && self.users.nobody_waits() && self.gateway.is_some()
    }

    fn fault_on(&mut self, fault: &Fault, for_ms: i64) {
        if self.calm_since.is_some() {
            return;
        }
        self.story
            .tell(self.now, || format!("fault: {:?} {:?} p={}", fault.on, fault.act, fault.probability));
        let body = serde_json::to_string(fault).unwrap_or_default();
        let answer = self.control(Method::POST, "/faults", body);
        let id = answer.get("id").and_then(serde_json::Value::as_u64);
        if let Some(id) = id {
            self.agenda.put(self.now + for_ms.max(0), Happening::FaultOff(id));
        }
    }

    fn fault_off(&mut self, id: u64) {
        self.tally_faults();
        self.control(Method::DELETE, &format!("/faults/{id}"), String::new());
        self.story.tell(self.now, || format!("fault {id} is over"));
    }

    /// A request to the network's own interface.
    pub(crate) fn control(&mut self, method: Method, path: &str, body: String) -> serde_json::Value {
        let request = WireRequest::new(method, format!("/network{path}")).with_body(body);
        match self.network.request(&request, self.millis()) {
            Reply::Respond { response, .. } => serde_json::from_slice(&response.body).unwrap_or_default(),
            Reply::Cut { .. } | Reply::Truncated { .. } | Reply::Stall => serde_json::Value::Null,
        }
    }

    /// Counts how often faults struck since the last count.
    fn tally_faults(&mut self) {
        let listed = self.control(Method::GET, "/faults", String::new());
        let faults = listed.get("faults").and_then(|all| all.as_array()).cloned().unwrap_or_default();
        for fault in faults {
            let (id, struck) = (fault["id"].as_u64().unwrap_or(0), fault["struck"].as_u64().unwrap_or(0));
            let before = self.users.struck.insert(id, struck).unwrap_or(0);
            let act = match &fault["do"] {
                serde_json::Value::String(name) => name.clone(),
                act if act.get("status").is_some() => act["status"].to_string(),
                act => act.as_object().and_then(|act| act.keys().next().cloned()).unwrap_or_default(),
            };
            let name = format!("{} {act}", fault["on"].as_str().unwrap_or_default());
            self.tally.faults_of(&name, struck.saturating_sub(before));
        }
    }

    fn tally_up(&mut self) {
        let tables = self.disk.tables();
        self.tally.calls += tables.calls.len() as u64;
        self.tally.legs += self.network.calls().len() as u64;
        self.tally.virtual_s += u64::try_from(self.now - self.began_at).unwrap_or(0) / 1000;
        for row in tables.calls.values() {
            if let call::CallState::Ended(over) = &row.call.state {
                *self.tally.endings.entry(over.ending.kind.word()).or_default() += 1;
            }
            for command in &row.call.commands {
                self.tally.command(&format!("{} {}", command.verb.word(), command.state.word()));
            }
        }
    }
}

pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// The act that is no one's in the plan: whoever paused, it goes on.
pub(crate) const RESUME: usize = usize::MAX;
/// Where the gateway finds the network.
pub(crate) const BASE: &str = "http://127.0.0.1:4061";
/// Where the network finds the gateway.
pub(crate) const CALLBACKS: &str = "http://gateway.test/webhooks/main";
/// 2026-01-02T03:04:05Z.
const BEGINNING: i64 = 1_767_323_045_000;
/// More happens in no world that is well.
const STEPS_MAX: u64 = 300_000;
/// So long into the calm those on lines that nobody knows are patient.
const LET_GO_MS: i64 = 500_000;
/// How often everything is held against the truth in the calm.
const INSPECT_MS: i64 = 5_000;
/// And how often while nothing lives.
const INSPECT_QUIET_MS: i64 = 600_000;
/// So late may news be.
const LATE_MS: i64 = 3 * 3_600_000;
