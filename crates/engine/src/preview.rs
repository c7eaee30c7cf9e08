//! What a start would decide of the calls that a store calls unfinished: the carriers are asked as a
//! start asks them, each call hears the answers on a copy, and nothing is written or told to anyone.

use crate::calls::EngineError;
use crate::clock::Clock;
use crate::driver::{Owed, sorting};
use crate::errand::Errand;
use crate::health::Health;
use crate::heard::Heard;
use crate::recovery::{RecoveryLine, line};
use crate::shell::lane::{Line, Live};
use crate::shell::lanes::Lanes;
use crate::shell::wire::{LIST_FROM, Wire};
use call::call::{Effect, Event, News, Roll, Source, Unknown, step};
use call::{Call, CallState, CarrierName};
use carrier::send::Sender;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::{CallQuery, History, Kept, KeptEvent, Recovered, StoreError};
use tokio::task::JoinSet;

/// A start that is only thought through.
#[derive(Clone)]
pub struct Preview {
    inner: Arc<Inner>,
}

struct Inner {
    history: Mutex<Box<dyn History>>,
    wire: Wire,
}

/// A call that is only thought about.
struct Trial {
    call: Call,
    version: u64,
    heard: Vec<KeptEvent>,
}

type Listings = BTreeMap<CarrierName, Result<Live, Unknown>>;

impl Preview {
    /// A preview of a start on the store that `history` reads, with these carriers.
    pub fn new(
        history: Box<dyn History>,
        lines: Vec<Line>,
        sender: Sender,
        clock: Arc<dyn Clock>,
    ) -> Preview {
        let wire = Wire {
            lanes: Lanes::new(lines),
            sender,
            send_within: Duration::ZERO,
            clock,
            health: Arc::new(Health::default()),
            door: None,
            only_looks: true,
        };
        Preview { inner: Arc::new(Inner { history: Mutex::new(history), wire }) }
    }

    /// The calls that a start would find unfinished, the oldest first.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn unfinished(&self) -> Result<Vec<Kept>, StoreError> {
        let mut found: Vec<Kept> = Vec::new();
        loop {
            let before = found.last().map(|kept| kept.call.facts.id);
            let query = CallQuery { unfinished: true, before, limit: PAGE, ..CallQuery::default() };
            let page = self.inner.read(|history| history.calls(&query))?;
            let is_last = page.len() < PAGE;
            found.extend(page);
            if is_last {
                found.reverse();
                return Ok(found);
            }
        }
    }

    /// What a start would decide of these calls, in their order. `told` hears of each that is decided.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn decide(&self, calls: Vec<Kept>, told: impl Fn()) -> Result<Vec<RecoveryLine>, EngineError> {
        let listings = Arc::new(self.inner.listings(&calls).await);
        let mut under_way = JoinSet::new();
        for kept in calls {
            let (inner, listings) = (Arc::clone(&self.inner), Arc::clone(&listings));
            under_way.spawn(async move { inner.decide(kept, &listings).await });
        }
        let mut lines = Vec::new();
        while let Some(line) = under_way.join_next().await {
            let line = line.map_err(|error| EngineError::Store(format!("a preview stopped: {error}")))?;
            lines.push(line?);
            told();
        }
        lines.sort_by_key(|line| line.call.facts.id);
        Ok(lines)
    }
}

impl Inner {
    /// One listing of each carrier that has many calls to be asked about.
    async fn listings(&self, calls: &[Kept]) -> Listings {
        let mut looked_at: BTreeMap<&CarrierName, Vec<&Call>> = BTreeMap::new();
        for kept in calls {
            if kept.call.leg().is_some() && !matches!(kept.call.state, CallState::HangingUp(_)) {
                looked_at.entry(&kept.call.facts.carrier).or_default().push(&kept.call);
            }
        }
        let mut listings = Listings::new();
        for (carrier, group) in looked_at {
            if group.len() >= LIST_FROM
                && let Some(first) = group.first()
            {
                listings.insert(carrier.clone(), self.wire.listing(first, drop).await);
            }
        }
        listings
    }

    async fn decide(&self, kept: Kept, listings: &Listings) -> Result<RecoveryLine, StoreError> {
        let (believed, version) = (kept.call.state.word().to_owned(), kept.version);
        let pause = kept.call.not_before().filter(|until| *until > self.wire.clock.now());
        let mut trial = Trial { call: kept.call, version, heard: Vec::new() };
        let effects = trial.hear(Source::Gateway, News::CheckDue, self.wire.clock.as_ref());
        let own = |effect: &Effect| match effect {
            Effect::Find => true,
            Effect::LookUp(leg) => trial.call.leg() == Some(leg),
            _ => false,
        };
        // Where a carrier asked for a pause, a start doesn't ask before it is over.
        let asked = effects.into_iter().find(own).filter(|_| pause.is_none());
        if let Some(effect) = asked {
            let owed = Owed { call: trial.call.clone(), effect };
            let heard = self.ask(&owed, listings).await;
            self.tell(&mut trial, heard)?;
        }
        let after = Kept { call: trial.call, version: trial.version };
        let mut line = line(Recovered { kept: after, believed, version }, &trial.heard);
        if pause.is_some() && line.decision.is_open() {
            line.why = "the carrier asked for a pause; it is kept, and asked about after it".to_owned();
        }
        Ok(line)
    }

    async fn ask(&self, owed: &Owed, listings: &Listings) -> Option<Heard> {
        let listing = listings
            .get(&owed.call.facts.carrier)
            .filter(|_| !matches!(owed.call.state, CallState::HangingUp(_)));
        if let Some(heard) = listing.and_then(|listing| self.wire.listed(owed, listing)) {
            return Some(heard);
        }
        let errand = Errand::new(owed)?;
        Some(self.wire.exchange(errand, &owed.call, Instant::now()).await)
    }

    fn tell(&self, trial: &mut Trial, heard: Option<Heard>) -> Result<(), StoreError> {
        let (id, carrier) = (trial.call.facts.id, trial.call.facts.carrier.clone());
        let mut owner = |leg: &_| self.read(|history| history.owner_of_leg(&carrier, leg));
        let (source, all) = match heard {
            Some(Heard::Seen { leg, seen, .. }) => {
                (Source::LookUp, sorting::seen(&trial.call, &leg, &seen, &mut owner)?)
            }
            Some(Heard::Candidates { candidates, .. }) => {
                (Source::Listing, vec![News::Found(sorting::found(id, &candidates, true, &mut owner)?)])
            }
            Some(Heard::News { source, news, .. }) => (source, vec![news]),
            _ => return Ok(()),
        };
        for news in all {
            trial.hear(source, news, self.wire.clock.as_ref());
        }
        Ok(())
    }

    fn read<T>(&self, read: impl FnOnce(&mut dyn History) -> Result<T, StoreError>) -> Result<T, StoreError> {
        // What a panic elsewhere left behind is still whole: nothing is changed under this lock.
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        read(history.as_mut())
    }
}

impl Trial {
    /// Moves the copy, and returns what would be owed.
    fn hear(&mut self, source: Source, news: News, clock: &dyn Clock) -> Vec<Effect> {
        let event = Event { at: clock.now(), roll: MIDDLE, source, news };
        let step = step(&self.call, &event);
        self.call = step.call;
        self.version += 1;
        self.heard.push(KeptEvent { version: self.version, event });
        step.effects
    }
}

/// So many calls are read at once.
const PAGE: usize = 500;
/// Chance decides nothing but how long until the next look.
const MIDDLE: Roll = Roll(500);
