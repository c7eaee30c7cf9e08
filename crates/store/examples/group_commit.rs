//! What one thread commits per second, in batches of several sizes, and what the disk itself does.
//!
//! One write is what the engine does for one event: read the call, step it, append the event,
//! write what the call became, in a savepoint. Prints one JSON line per figure. The disk's own
//! rate (append 4 KiB, `fdatasync`) stands beside it, since it bounds the small batches.
//!
//! Run: `cargo run --release -p store --example group_commit [FOLDER]`

use call::call::{CarrierEnding, Direction, EndedBy, EndingKind, Facts, Limits, Roll, Source, born, step};
use call::{CallId, CarrierCallId, CarrierName, Event, News, Party, Sighting, Timestamp};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use store::sqlite::SqliteStore;
use store::{Page, Store, StoreError};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target").to_owned());
    let folder = tempfile::tempdir_in(folder)?;
    sync_the_disk(folder.path())?;
    for batch in [1, 8, 32, 128] {
        commit_batches(folder.path(), batch)?;
    }
    sync_the_disk(folder.path())
}

fn sync_the_disk(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = File::create(folder.join("raw"))?;
    let mut each = Vec::new();
    let began = Instant::now();
    while began.elapsed() < SPAN {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        each.push(start.elapsed());
    }
    print("fdatasync_per_second", 1, each.len(), began.elapsed(), each);
    Ok(())
}

fn commit_batches(folder: &Path, batch: usize) -> Result<(), Box<dyn Error>> {
    let path = folder.join(format!("batch-{batch}.db"));
    let mut store = SqliteStore::open(&path, Timestamp(0))?.store;
    // As many calls as live at once, each with a life of some twenty events.
    let mut lives: Vec<Life> = (0..CALLS).map(|n| Life { n, line: 0 }).collect();
    let mut each = Vec::new();
    let mut next = 0;
    let began = Instant::now();
    while began.elapsed() < SPAN {
        let start = Instant::now();
        store.turn(&mut |page| {
            (0..batch).try_for_each(|place| {
                let mut life = lives[(next + place) % CALLS];
                page.within(&mut |page| life.write(page))
            })
        })?;
        each.push(start.elapsed());
        for place in 0..batch {
            let life = &mut lives[(next + place) % CALLS];
            *life = life.later();
        }
        next += batch;
    }
    print("store_writes_per_second", batch, each.len() * batch, began.elapsed(), each);
    Ok(())
}

fn print(figure: &str, batch: usize, writes: usize, took: Duration, mut each: Vec<Duration>) {
    each.sort();
    let ms = |share: usize| each[(each.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    let line = serde_json::json!({
        "figure": figure,
        "batch": batch,
        "value": (writes as f64 / took.as_secs_f64()).round(),
        "p50_ms": (ms(50) * 1000.0).round() / 1000.0,
        "p99_ms": (ms(99) * 1000.0).round() / 1000.0,
        "max_ms": (ms(100) * 1000.0).round() / 1000.0,
    });
    println!("{line}");
}

/// A call, and how far its life got.
#[derive(Clone, Copy)]
struct Life {
    n: usize,
    line: usize,
}

impl Life {
    fn write(&mut self, page: &mut dyn Page) -> Result<(), StoreError> {
        let id = CallId::from_bits(self.n as u128);
        let event = self.event();
        match page.call(id)? {
            None => match born(&event) {
                Some(call) => page.write(&call, &event, None),
                None => Ok(()),
            },
            Some(kept) => page.write(&step(&kept.call, &event).call, &event, Some(&kept)),
        }
    }

    fn later(self) -> Life {
        if self.line + 1 < LINES {
            Life { line: self.line + 1, ..self }
        } else {
            Life { n: self.n + CALLS, line: 0 }
        }
    }

    fn event(&self) -> Event {
        let at = Timestamp(1_790_000_000_000) + Duration::from_secs(self.line as u64);
        let ringing = call::call::Progress::Ringing;
        let answered = call::call::Progress::InProgress;
        let leg = || CarrierCallId::new(format!("CA{:032x}", self.n)).expect("it is visible ASCII");
        let (source, news) = match self.line {
            0 => (Source::Api, News::Asked(Box::new(self.facts(at)))),
            1 => (Source::Gateway, News::Admitted { send_by: at + Duration::from_secs(5), gate: None }),
            2 => (Source::Reply, News::Placed { leg: leg(), also: None }),
            3 => (Source::Webhook, News::Progressed { leg: leg(), progress: ringing }),
            4 => (Source::Webhook, News::Progressed { leg: leg(), progress: answered }),
            LAST => (Source::Webhook, News::Over { leg: leg(), ending: over(at) }),
            _ => {
                let sighting = Sighting::Live { progress: answered, lasted: Some(Duration::from_secs(9)) };
                (Source::LookUp, News::Sighted { leg: leg(), sighting })
            }
        };
        Event { at, roll: Roll(500), source, news }
    }

    fn facts(&self, at: Timestamp) -> Facts {
        Facts {
            id: CallId::from_bits(self.n as u128),
            direction: Direction::Outbound,
            from: Party::read("+12025550100"),
            to: Party::read(&format!("+1202555{:04}", self.n % 10_000)),
            carrier: CarrierName("twilio".to_owned()),
            account: Some("AC0123456789abcdef0123456789abcdef".to_owned()),
            say: Some("Your table for two is booked for eight o'clock tonight.".to_owned()),
            created_at: at,
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
                look_unanswered: Duration::from_secs(10),
                look_talking: Duration::from_secs(60),
            },
        }
    }
}

fn over(at: Timestamp) -> CarrierEnding {
    CarrierEnding {
        kind: EndingKind::Completed,
        code: "completed".to_owned(),
        by: Some(EndedBy::Remote),
        ended_at: Some(at),
        duration: Some(Duration::from_secs(15)),
    }
}

/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(4);
/// How many calls live at once.
const CALLS: usize = 1000;
/// How many events each has.
const LINES: usize = 20;
const LAST: usize = LINES - 1;
