//! `Calls`: the running gateway, as every surface sees it.

mod access;
mod agents;
mod draining;
mod error;
mod following;
mod listing;
mod making;
mod plans;
mod reloading;
mod streaming;
mod watching;

pub use self::draining::Drain;
pub use self::error::EngineError;
use self::making::{check_address, check_digits, check_say};
pub use self::reloading::Reload;
use self::reloading::Rules;
pub use self::streaming::StreamRefused;
use crate::access::{self as record, Asker, Ledger};
use crate::clock::Clock;
use crate::crash;
use crate::driver::{Driver, NOTICE, PAUSED};
use crate::health::Health;
use crate::heard::{Answer, Heard, ImportOutcome, ImportedCall, Order, Quota};
use crate::media::Door;
use crate::metrics::Metrics;
use crate::recording::fetch;
use crate::settings::Settings;
use crate::shell::errands::{self, Runner};
use crate::shell::keeper::{self, Keep};
use crate::shell::lane::Line;
use crate::shell::lanes::Lanes;
use crate::shell::wire::Wire;
use crate::shell::{Ear, Errands, JOBS_MAX, Message, sweep, ticker, writer};
use crate::talk::{self, AtWork, PickedUp, Servers, Talks};
use crate::tap::Taps;
use crate::traced::concerns;
use crate::unredacted::Unredacted;
use call::call::{CommandId, Direction, EndedBy, Verb};
use call::{Call, CallId, Party, PhoneNumber, Timestamp};
use carrier::send::Sender;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, RwLock};
use store::{CallQuery, CallSearch, CallsFound, History, Kept, KeptEvent, Store, StoreError};
use tokio::sync::{Notify, mpsc, watch};

/// What a gateway is made of.
pub struct Parts {
    /// Where calls are kept.
    pub store: Box<dyn Store>,
    /// Readers of the same store; at least one.
    pub history: Vec<Box<dyn History>>,
    /// The carriers.
    pub lines: Vec<Line>,
    /// Sends their requests.
    pub sender: Sender,
    /// What the configuration says.
    pub settings: Settings,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Why outbound calls start paused, if they do.
    pub paused: Option<String>,
    /// How much of the past is kept.
    pub keep: Keep,
    /// Where carriers' streams come in.
    pub door: Door,
}

/// The running gateway. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Calls {
    inner: Arc<Inner>,
    /// Who asks, where what is done is put on record.
    asker: Option<Arc<Asker>>,
}

struct Inner {
    ear: Ear,
    /// Readers; taken away when the gateway stops.
    history: Vec<Mutex<Option<Box<dyn History>>>>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    next_reader: AtomicUsize,
    /// What the configuration in force says; replaced whole by a reload.
    rules: RwLock<Arc<Rules>>,
    clock: Arc<dyn Clock>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    runner: Arc<Runner>,
    /// The tools of models that are at work.
    at_work: AtWork,
    /// The servers that have tools for models.
    servers: Servers,
    /// Whether talks by sound are to be handed over; each of them listens.
    finishing: watch::Sender<bool>,
    /// Whether no new call is taken.
    drain: watch::Sender<Option<Drain>>,
    /// Tells talks by sound who picked up.
    picked_up: PickedUp,
    /// What was heard and isn't kept.
    unredacted: Unredacted,
    /// Where those who listen in find talks by sound.
    taps: Taps,
    /// Changes whenever something was committed.
    commits: watch::Receiver<()>,
    /// What waits to be put on record of the API.
    ledger: Ledger,
}

/// What is to be done on a call.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// What is said when it is answered.
    pub say: Option<String>,
    /// Who talks then, by name.
    pub agent: Option<String>,
    /// The line is held then, instead of being closed.
    pub hold: bool,
    /// The name of the token that asks for it, and how many calls that one may ask for.
    pub placed_by: Option<(String, Quota)>,
    /// Its sound is recorded.
    pub record: bool,
}

impl Calls {
    /// Starts the gateway: everything unfinished is due now, and taken up from here on.
    ///
    /// # Errors
    /// The store failed.
    pub async fn start(parts: Parts) -> Result<Calls, EngineError> {
        let Parts { store, history, lines, sender, settings, clock, paused, keep, door } = parts;
        crash::tell();
        let carriers = lines.iter().map(|line| line.carrier.name().clone()).collect();
        let health = Arc::new(Health::default());
        let metrics = Arc::new(Metrics::new(carriers, clock.now()));
        let (jobs, job_queue) = mpsc::channel(JOBS_MAX);
        let (errand_queue, owed) = mpsc::channel(TURNS_OWING_MAX);
        let ear = Ear { jobs };
        let driver = Driver::new(store, settings.clone(), rand::random());
        let unredacted = driver.unredacted();
        let (talks, conversations) = Talks::new();
        let picked_up = talks.picked_up();
        let (committed, commits) = watch::channel(());
        let told =
            Told { health: Arc::clone(&health), metrics: Arc::clone(&metrics), talks, commits: committed };
        let writer = start_writer((driver, Arc::clone(&clock)), job_queue, errand_queue, told)?;
        let (recordings, to_fetch) = mpsc::channel(RECORDINGS_MAX);
        let runner = Arc::new(Runner {
            wire: Wire {
                lanes: Lanes::new(lines),
                sender,
                send_within: settings.send_within,
                clock: Arc::clone(&clock),
                health: Arc::clone(&health),
                door: Some(door),
                only_looks: false,
            },
            ear: ear.clone(),
            metrics: Arc::clone(&metrics),
            under_way: AtomicUsize::new(0),
            room: Notify::new(),
            recordings,
        });
        ear.hear(Heard::Start { paused }).await?;
        health.set_ready();
        tokio::spawn(errands::run(Arc::clone(&runner), owed));
        tokio::spawn(ticker::run(Arc::clone(&runner)));
        let history = history.into_iter().map(|reader| Mutex::new(Some(reader))).collect();
        let writer = Mutex::new(Some(writer));
        let inner = Inner {
            ear,
            history,
            writer,
            next_reader: AtomicUsize::new(0),
            rules: RwLock::new(Arc::new(Rules { settings, keep })),
            clock,
            health,
            metrics,
            runner: Arc::clone(&runner),
            at_work: AtWork::default(),
            servers: Servers::default(),
            finishing: watch::Sender::new(false),
            drain: watch::Sender::new(None),
            picked_up,
            unredacted,
            taps: Taps::default(),
            commits,
            ledger: Ledger::default(),
        };
        let calls = Calls { inner: Arc::new(inner), asker: None };
        calls.inner.servers.are_those_of(&calls.settings(), &calls.sender());
        calls.take_up_recordings();
        let notice = calls.read(|history| history.setting(NOTICE)).await?;
        calls.inner.health.set_notice(notice);
        tokio::spawn(fetch::run(calls.clone(), to_fetch));
        tokio::spawn(talk::run(calls.clone(), conversations));
        calls.keep_house(runner);
        Ok(calls)
    }

    /// Begins what is done again and again for as long as the gateway lives.
    fn keep_house(&self, runner: Arc<Runner>) {
        tokio::spawn(sweep::run(self.clone(), runner));
        tokio::spawn(keeper::run(self.clone()));
        tokio::spawn(record::run(self.clone()));
    }

    /// Places a call: it is on disk, and admitted or queued, when this returns. What is no number
    /// is refused by the dial gate, which keeps that it was asked for.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was sent.
    pub async fn place(
        &self,
        to: Party,
        from: Option<PhoneNumber>,
        wish: Wish,
        key: Option<(String, String)>,
    ) -> Result<Call, EngineError> {
        // Its times begin after that.
        plans::are_read().await;
        // What can't be read may be what stands against it.
        if let Some(damage) = self.inner.health.damage() {
            return Err(EngineError::Store(damage));
        }
        let (from, number) = self.own_number(from)?;
        let (agent, is_recorded) = match wish.agent {
            Some(name) => self.agent(name).map(|(agent, is_recorded)| (Some(agent), is_recorded))?,
            None => (None, false),
        };
        let record = wish.record || is_recorded;
        // A line that nobody closes stays so, though something is said on it first.
        let hold = wish.hold || agent.is_some() || (record && wish.say.is_none());
        let say = if record { self.announced(wish.say, hold)? } else { wish.say };
        if let Some(text) = &say {
            check_say(text)?;
        }
        let mut facts = self.facts(Direction::Outbound, Party::Number(from), to, &number.carrier);
        facts.fallback = number.fallback.iter().map(|carrier| self.route(carrier)).collect();
        (facts.say, facts.hold) = (say, hold);
        (facts.agent, facts.record) = (agent, record);
        let (placed_by, quota) = wish.placed_by.unzip();
        facts.placed_by = placed_by;
        let quota = quota.unwrap_or_default();
        concerns(facts.id);
        let answer = self.hear(Heard::Order(Box::new(Order { facts, key, quota }))).await?;
        self.called(answer)
    }

    /// Ends a call. It is over when the carrier says so.
    ///
    /// # Errors
    /// [`Refusal::NoSuchCall`](crate::Refusal::NoSuchCall), or the store failed.
    pub async fn hang_up(&self, call: CallId) -> Result<Call, EngineError> {
        let heard = Heard::HangUp { call, by: EndedBy::Agent, cause: "hangup_requested".to_owned() };
        let answer = self.hear(heard).await?;
        self.called(answer)
    }

    /// Asks something of a call: it is on disk when this returns, and done when it is its turn.
    /// Under the same key it is asked once, however often it comes.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was asked.
    pub async fn command(
        &self,
        call: CallId,
        verb: Verb,
        key: Option<(String, String)>,
    ) -> Result<(Call, CommandId), EngineError> {
        match &verb {
            Verb::Say { text } | Verb::Ask { text, .. } => check_say(text)?,
            Verb::SendDigits { digits } => check_digits(digits)?,
            Verb::Play { url, .. } => check_address(url, &["https", "http"])?,
            Verb::Stream { url, .. } => check_address(url, &["wss", "ws"])?,
            // The turn asks the dial gate.
            Verb::Transfer { .. } => plans::are_read().await,
        }
        self.ask(Heard::Command { call, verb, key, by_agent: false }).await
    }

    async fn ask(&self, command: Heard) -> Result<(Call, CommandId), EngineError> {
        match self.hear(command).await? {
            Answer::Asked(call, command) => Ok((*call, command)),
            Answer::Refused(refusal) => Err(refusal.into()),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends one command before its time, or all of them: those that wait are dropped. A command
    /// whose request is on its way can be ended when its reply has come.
    ///
    /// # Errors
    /// No such call or command, or one that can't be ended by itself.
    pub async fn stop_command(&self, call: CallId, command: Option<CommandId>) -> Result<Call, EngineError> {
        let answer = self.hear(Heard::Stop { call, command, by_agent: false }).await?;
        self.called(answer)
    }

    /// The call of this name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn get(&self, call: CallId) -> Result<Option<Kept>, EngineError> {
        self.read(move |history| history.call(call)).await
    }

    /// Calls, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, query: CallQuery) -> Result<Vec<Kept>, EngineError> {
        self.read(move |history| history.calls(&query)).await
    }

    /// Calls that are like what is looked for.
    ///
    /// # Errors
    /// The store failed.
    pub async fn search(&self, wanted: CallSearch) -> Result<CallsFound, EngineError> {
        self.read(move |history| history.search(&wanted)).await
    }

    /// The log of a call, in order.
    ///
    /// # Errors
    /// The store failed.
    pub async fn events(
        &self,
        call: CallId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<KeptEvent>, EngineError> {
        self.read(move |history| history.events(call, after, limit)).await
    }

    /// Takes over calls of another gateway.
    ///
    /// # Errors
    /// The store failed.
    pub async fn import(&self, calls: Vec<ImportedCall>) -> Result<Vec<ImportOutcome>, EngineError> {
        match self.hear(Heard::Import(calls)).await? {
            Answer::Imported(outcomes) => Ok(outcomes),
            other => Err(unexpected(&other)),
        }
    }

    /// Stops outbound calls, for this reason, until [`resume`](Calls::resume), across restarts.
    ///
    /// # Errors
    /// The store failed.
    pub async fn pause(&self, reason: String) -> Result<(), EngineError> {
        self.hear(Heard::Pause(Some(reason))).await?;
        Ok(())
    }

    /// Lets outbound calls start again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn resume(&self) -> Result<(), EngineError> {
        self.hear(Heard::Pause(None)).await?;
        self.inner.health.set_notice(None);
        Ok(())
    }

    /// Why outbound calls are paused, if they are.
    ///
    /// # Errors
    /// The store failed.
    pub async fn paused(&self) -> Result<Option<String>, EngineError> {
        self.read(|history| history.setting(PAUSED)).await
    }

    /// How many calls take up one of the `live_max` places.
    ///
    /// # Errors
    /// The store failed.
    pub async fn live(&self) -> Result<u64, EngineError> {
        let census = self.read(|history| history.census()).await?;
        Ok(census
            .iter()
            .filter(|(state, _)| state != "queued" && state != "ended")
            .map(|(_, n_calls)| n_calls)
            .sum())
    }

    /// Closes the store in order, so that it is one whole file. Nothing is heard after this; what
    /// is under way at carriers is asked about at the next start.
    pub async fn stop(&self) {
        self.inner.servers.close();
        self.inner.ledger.write(self).await;
        for reader in &self.inner.history {
            drop(lock(reader).take());
        }
        let _ = self.inner.ear.jobs.send(Message::Stop).await;
        let writer = lock(&self.inner.writer).take();
        if let Some(writer) = writer {
            let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn called(&self, answer: Answer) -> Result<Call, EngineError> {
        match answer.into_call()? {
            Some(call) => Ok(call),
            None => Err(EngineError::Store("the crank gave no call".to_owned())),
        }
    }

    /// Has the crank hear something of our own.
    pub(crate) async fn hear(&self, heard: Heard) -> Result<Answer, EngineError> {
        Ok(self.inner.ear.hear_for(heard, self.asker.clone()).await?)
    }

    /// Reads beside the crank.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn History) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let inner = Arc::clone(&self.inner);
        let reading = tokio::task::spawn_blocking(move || {
            let turn = inner.next_reader.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let reader = &inner.history[turn % inner.history.len()];
            let mut history = lock(reader);
            match history.as_mut() {
                Some(history) => read(history.as_mut()),
                None => Err(StoreError::Failed("the gateway is stopping".to_owned())),
            }
        });
        Ok(reading.await.map_err(|error| EngineError::Store(format!("a reader stopped: {error}")))??)
    }
}

/// Whom the writer tells of each turn.
struct Told {
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    talks: Talks,
    commits: watch::Sender<()>,
}

/// Starts the one thread that turns the crank.
fn start_writer(
    (driver, clock): (Driver, Arc<dyn Clock>),
    jobs: mpsc::Receiver<Message>,
    errands: mpsc::Sender<Errands>,
    told: Told,
) -> Result<std::thread::JoinHandle<()>, EngineError> {
    let run = move || {
        let Told { health, metrics, talks, commits } = &told;
        let told = writer::Told { health, metrics, talks, commits };
        writer::run(driver, jobs, &errands, clock.as_ref(), &told);
    };
    let started = std::thread::Builder::new().name("writer".to_owned()).spawn(run);
    started.map_err(|error| EngineError::Store(format!("cannot start the writer: {error}")))
}

/// What a panic elsewhere left behind is still whole: nothing is changed under these locks.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A new name for a call: a UUID of version 7, so that names sort by age.
pub fn new_id() -> CallId {
    CallId::from_bits(uuid::Uuid::now_v7().as_u128())
}

fn unexpected(answer: &Answer) -> EngineError {
    EngineError::Store(format!("the crank answered something else: {answer:?}"))
}

/// So many recordings may wait to be fetched or deleted; of the others it is known that they are to be.
const RECORDINGS_MAX: usize = 1_024;
/// So many turns' effects may wait to be begun; beginning one takes no time.
const TURNS_OWING_MAX: usize = 64;
