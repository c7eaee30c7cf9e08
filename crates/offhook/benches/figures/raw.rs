//! The raw store: the same calls moved by the same events, in batches of a fixed size, by one
//! thread that does nothing else. What the gateway reaches is measured against it.

use super::calls::{now_ms, person};
use super::world::{ACCOUNT, OURS};
use anyhow::{Context as _, ensure};
use call::call::{
    CarrierEnding, Direction, EndingKind, Facts, Limits, Progress, Roll, Source, Unanswered, Watch, born,
    step,
};
use call::{CallId, CallState, CarrierCallId, CarrierName, Event, News, Party, Timestamp};
use std::path::Path;
use std::time::{Duration, Instant};
use store::sqlite::SqliteStore;
use store::{Page, Store, StoreError};

/// A store that nobody else uses.
pub(crate) struct RawStore {
    store: SqliteStore,
    n_calls: usize,
}

impl RawStore {
    /// Makes it in this folder.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<RawStore> {
        let store = SqliteStore::open(&folder.join("raw.db"), Timestamp(now_ms()))?.store;
        Ok(RawStore { store, n_calls: 0 })
    }

    /// Writes new calls, untimed.
    pub(crate) fn prepare(&mut self, sids: &[String]) -> anyhow::Result<()> {
        let first = self.n_calls;
        self.n_calls += sids.len();
        self.store.turn(&mut |page| {
            for (n, sid) in sids.iter().enumerate() {
                let event = imported(first + n, leg(sid)?);
                let call = born(&event).ok_or_else(|| StoreError::Failed("no call was born".to_owned()))?;
                page.write(&call, &event, None)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Moves the calls by what webhooks would say of them, `batch` calls at once, and returns how
    /// many events were committed in a second.
    pub(crate) fn per_second(&mut self, sids: &[String], batch: usize) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut n_events = 0;
        for group in sids.chunks(batch) {
            for told in 0..super::webhook::STATUSES.len() {
                self.store.turn(&mut |page| {
                    group.iter().try_for_each(|sid| page.within(&mut |page| hear(page, sid, told)))
                })?;
                n_events += group.len();
            }
        }
        let took = begun.elapsed();
        self.check(sids)?;
        Ok(n_events as f64 / took.as_secs_f64())
    }

    fn check(&mut self, sids: &[String]) -> anyhow::Result<()> {
        let last = sids.last().context("no calls")?;
        let mut ended = false;
        self.store.turn(&mut |page| {
            let id = page.call_by_leg(&carrier(), &leg(last)?)?;
            let kept = id.map(|id| page.call(id)).transpose()?.flatten();
            ended = kept.is_some_and(|kept| kept.call.state.is_ended());
            Ok(())
        })?;
        ensure!(ended, "the raw store's calls did not move");
        Ok(())
    }
}

/// What the gateway does with a status callback, without the gateway.
fn hear(page: &mut dyn Page, sid: &str, told: usize) -> Result<(), StoreError> {
    let leg = leg(sid)?;
    let id = page.call_by_leg(&carrier(), &leg)?;
    let kept = id.map(|id| page.call(id)).transpose()?.flatten();
    let kept = kept.ok_or_else(|| StoreError::Failed(format!("there is no call of leg {sid}")))?;
    let event = event(Source::Webhook, news(leg, told));
    page.write(&step(&kept.call, &event).call, &event, Some(&kept))
}

fn news(leg: CarrierCallId, told: usize) -> News {
    match told {
        0 => News::Progressed { leg, progress: Progress::Ringing },
        1 => News::Progressed { leg, progress: Progress::InProgress },
        _ => News::Over {
            leg,
            ending: CarrierEnding {
                kind: EndingKind::Completed,
                code: "completed".to_owned(),
                by: None,
                ended_at: Some(Timestamp(now_ms())),
                duration: Some(Duration::from_secs(42)),
            },
        },
    }
}

fn imported(n: usize, leg: CarrierCallId) -> Event {
    let now = Timestamp(now_ms());
    let limits = Limits {
        queue_max: Duration::from_secs(60),
        ring_max: Duration::from_secs(60),
        duration_max: Duration::from_secs(3600),
        find_max: Duration::from_secs(120),
        settle: Duration::from_secs(30),
        look_unanswered: Duration::from_secs(15),
        look_talking: Duration::from_secs(60),
    };
    let state = CallState::Initiated(Unanswered {
        since: now,
        ring_until: now + limits.ring_max,
        hard_until: now + limits.ring_max + limits.duration_max,
        watch: Watch { due_at: now, not_before: None, blind: 0 },
        leg: leg.clone(),
    });
    let facts = Facts {
        id: CallId::from_bits(uuid::Uuid::now_v7().as_u128()),
        direction: Direction::Outbound,
        from: Party::read(OURS),
        to: Party::read(&person(n)),
        carrier: carrier(),
        account: Some(ACCOUNT.to_owned()),
        say: None,
        created_at: now,
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: Some(format!("call-{}", leg.as_str())),
        placed_by: None,
        limits,
    };
    event(Source::Import, News::Imported(Box::new(facts), Box::new(state)))
}

fn event(source: Source, news: News) -> Event {
    Event { at: Timestamp(now_ms()), roll: Roll(500), source, news }
}

fn leg(sid: &str) -> Result<CarrierCallId, StoreError> {
    CarrierCallId::new(sid).map_err(|error| StoreError::Failed(error.to_string()))
}

fn carrier() -> CarrierName {
    CarrierName("line".to_owned())
}
