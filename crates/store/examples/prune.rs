//! How long one step of pruning takes, its commit included, on a store of 20,000 ended calls with
//! ten lines each, and how many bytes the file has before and after.
//!
//! Run: `cargo run --release -p store --example prune [FOLDER]`

use call::call::{CarrierEnding, Direction, EndingKind, Facts, Limits, Roll, Source, born, step};
use call::{CallId, CarrierCallId, CarrierName, Event, News, Party, Timestamp};
use std::error::Error;
use std::time::{Duration, Instant};
use store::sqlite::SqliteStore;
use store::{Kept, Page, Store, StoreError};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target").to_owned());
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, Timestamp(0))?.store;
    for group in 0..CALLS / 100 {
        store.turn(&mut |page| (0..100).try_for_each(|n| live_through(page, group * 100 + n)))?;
    }
    drop(store);
    let bytes_before = std::fs::metadata(&path)?.len();
    let mut store = SqliteStore::open(&path, Timestamp(0))?.store;
    let mut each = Vec::new();
    let mut n_done = 1;
    while n_done > 0 {
        let began = Instant::now();
        store.turn(&mut |page| {
            n_done = page.prune(CallId::from_bits(u128::MAX), LINES_EACH_STEP)?;
            Ok(())
        })?;
        each.push(began.elapsed());
    }
    drop(store);
    each.sort_unstable();
    let micros = |share: usize| each[(each.len() - 1) * share / 100].as_micros();
    println!(
        r#"{{"figure":"prune_step","calls":{CALLS},"steps":{},"p50_us":{},"p99_us":{},"most_us":{},"bytes_before":{bytes_before},"bytes_after":{}}}"#,
        each.len(),
        micros(50),
        micros(99),
        micros(100),
        std::fs::metadata(&path)?.len(),
    );
    Ok(())
}

fn live_through(page: &mut dyn Page, n: usize) -> Result<(), StoreError> {
    let leg =
        CarrierCallId::new(format!("CA{n:032}")).map_err(|error| StoreError::Failed(error.to_string()))?;
    let event = |news| Event { at: Timestamp(0), roll: Roll(0), source: Source::Webhook, news };
    let first = event(News::Offered(Box::new(facts(n)), leg.clone()));
    let mut call = born(&first).ok_or_else(|| StoreError::Failed("no call was born".to_owned()))?;
    page.write(&call, &first, None)?;
    for version in 1..LINES_EACH_CALL {
        let news = match version == LINES_EACH_CALL - 1 {
            true => News::Over { leg: leg.clone(), ending: ending() },
            false => News::Unread { leg: leg.clone(), what: "a-word-of-the-carrier".to_owned() },
        };
        let next = event(news);
        let was = Kept { call, version };
        call = step(&was.call, &next).call;
        page.write(&call, &next, Some(&was))?;
    }
    Ok(())
}

fn ending() -> CarrierEnding {
    let (kind, code) = (EndingKind::Completed, "completed".to_owned());
    CarrierEnding { kind, code, by: None, ended_at: None, duration: Some(Duration::from_secs(15)) }
}

fn facts(n: usize) -> Facts {
    let minute = Duration::from_secs(60);
    Facts {
        id: CallId::from_bits(n as u128),
        direction: Direction::Inbound,
        from: Party::read(&format!("+1202555{:04}", n % 10_000)),
        to: Party::read("+12025550100"),
        carrier: CarrierName("twilio".to_owned()),
        account: None,
        say: Some("Your table is booked.".to_owned()),
        created_at: Timestamp(0),
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: None,
        placed_by: None,
        limits: Limits {
            queue_max: minute,
            ring_max: minute,
            duration_max: minute,
            find_max: minute,
            settle: minute,
            look_unanswered: minute,
            look_talking: minute,
        },
    }
}

const CALLS: usize = 20_000;
const LINES_EACH_CALL: u64 = 10;
/// What the engine takes at once.
const LINES_EACH_STEP: usize = 64;
