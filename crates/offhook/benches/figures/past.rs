//! A past written straight into a store that nobody has open: calls that came in, talked and ended.

use super::calls::now_ms;
use super::world::{OURS, stranger};
use call::call::{CarrierEnding, Direction, EndedBy, EndingKind, Facts, Limits, Roll, Source, born, step};
use call::{CallId, CarrierCallId, CarrierName, Event, News, Party, Timestamp};
use std::path::Path;
use std::time::Duration;
use store::sqlite::SqliteStore;
use store::{Kept, Page, Store as _, StoreError};

/// Has the store at `path` hold so many calls that are over; returns one of each tenth of them.
pub(crate) fn write(path: &Path, n_calls: usize) -> anyhow::Result<Vec<CallId>> {
    let first = now_ms() - i64::try_from(n_calls)? * APART_MS - DAY_MS;
    let mut store = SqliteStore::open(path, Timestamp(first))?.store;
    let mut next = 0;
    while next < n_calls {
        let end = n_calls.min(next + AT_ONCE);
        store.turn(&mut |page| (next..end).try_for_each(|n| live_through(page, n, first)))?;
        next = end;
    }
    Ok((0..10).map(|tenth| id(tenth * n_calls / 10, first)).collect())
}

fn live_through(page: &mut dyn Page, n: usize, first: i64) -> Result<(), StoreError> {
    let leg = CarrierCallId::new(format!("CA{n:032x}")).map_err(|e| StoreError::Failed(e.to_string()))?;
    let at = Timestamp(time(n, first));
    let event = |news| Event { at, roll: Roll(500), source: Source::Webhook, news };
    let offered = event(News::Offered(Box::new(facts(n, first)), leg.clone()));
    let call = born(&offered).ok_or_else(|| StoreError::Failed("an offer made no call".to_owned()))?;
    page.write(&call, &offered, None)?;
    let ending = CarrierEnding {
        kind: EndingKind::Completed,
        code: "completed".to_owned(),
        by: Some(EndedBy::Remote),
        ended_at: None,
        duration: Some(Duration::from_secs(42)),
    };
    let over = event(News::Over { leg, ending });
    let was = Kept { call, version: 1 };
    page.write(&step(&was.call, &over).call, &over, Some(&was))
}

fn facts(n: usize, first: i64) -> Facts {
    Facts {
        id: id(n, first),
        direction: Direction::Inbound,
        from: Party::told(&stranger(n)),
        to: Party::told(OURS),
        carrier: CarrierName("line".to_owned()),
        account: None,
        say: Some("Good morning.".to_owned()),
        created_at: Timestamp(time(n, first)),
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: None,
        placed_by: None,
        limits: Limits {
            queue_max: Duration::from_secs(60),
            ring_max: Duration::from_secs(60),
            duration_max: Duration::from_secs(3600),
            find_max: Duration::from_secs(120),
            settle: Duration::from_secs(30),
            look_unanswered: Duration::from_secs(15),
            look_talking: Duration::from_secs(60),
        },
    }
}

/// As UUIDs of version 7 are: by time, then by chance.
fn id(n: usize, first: i64) -> CallId {
    let by_chance = (n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> 54;
    CallId::from_bits((u128::try_from(time(n, first)).unwrap_or_default() << 80) | by_chance)
}

fn time(n: usize, first: i64) -> i64 {
    first + i64::try_from(n).unwrap_or_default() * APART_MS
}

/// So many calls are written in one turn.
const AT_ONCE: usize = 500;
/// How far apart they came: a million of them in 46 days, which retention leaves alone.
const APART_MS: i64 = 4_000;
const DAY_MS: i64 = 24 * 3_600 * 1_000;
