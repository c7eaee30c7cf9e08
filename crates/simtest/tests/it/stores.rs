//! The store in memory and the store in a file are one to everybody who asks.

use call::call::{
    CarrierEnding, Direction, EndedBy, EndingKind, Facts, Limits, Progress, Roll, Source, Unknown,
};
use call::call::{UnknownWhy, born, step};
use call::{CallId, CarrierCallId, CarrierName, Event, News, Party, Sighting, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use simtest::{Disk, Telling, Twin, run_on_disk};
use std::path::PathBuf;
use std::time::Duration;
use store::sqlite::{SqliteHistory, SqliteStore};
use store::{CallQuery, Due, History, Kept, KeyUse, Page, Store, StoreError};

#[test]
fn the_world_is_the_same_on_a_disk() {
    let folder = tempfile::tempdir_in(memory()).unwrap();
    for seed in 0..60 {
        let outcome = run_on_disk(seed, folder.path(), Telling::Silent);
        assert_eq!(outcome.breach, None, "seed {seed}; run it with --disk FOLDER");
        let path = folder.path().join(format!("{seed}.db"));
        assert_eq!(SqliteHistory::open(&path).unwrap().verify_log().unwrap(), [], "seed {seed}");
    }
}

#[test]
fn both_stores_give_the_same_answers_to_anything() {
    let folder = tempfile::tempdir_in(memory()).unwrap();
    for seed in 0..60 {
        let path = folder.path().join(format!("{seed}.db"));
        let disk = Disk::new();
        let mut rng = StdRng::seed_from_u64(seed);
        // A process that dies in between finds both as they were.
        for _ in 0..3 {
            let second = SqliteStore::open(&path, Timestamp(0)).unwrap().store;
            let mut twin = Twin { first: Box::new(disk.store()), second: Box::new(second) };
            for _ in 0..20 {
                let _ = turn(&mut twin, &mut rng);
            }
        }
        compare(&mut disk.clone(), &mut SqliteHistory::open(&path).unwrap());
    }
}

/// One turn of random questions and writes; the twin panics where the two disagree.
fn turn(twin: &mut Twin, rng: &mut StdRng) -> Result<(), StoreError> {
    let fails = rng.random_bool(0.2);
    let mut draws = StdRng::seed_from_u64(rng.random());
    twin.turn(&mut |page| {
        for _ in 0..draws.random_range(1..8) {
            let fails_alone = draws.random_bool(0.2);
            let done = page.within(&mut |page| {
                ask(page, &mut draws)?;
                if fails_alone { Err(on_purpose()) } else { Ok(()) }
            });
            match done {
                Ok(()) | Err(StoreError::Conflict(_)) => {}
                Err(StoreError::Failed(_)) if fails_alone => {}
                Err(error) => return Err(error),
            }
        }
        if fails { Err(on_purpose()) } else { Ok(()) }
    })
}

fn ask(page: &mut dyn Page, rng: &mut StdRng) -> Result<(), StoreError> {
    let now = Timestamp(rng.random_range(0..100_000));
    let later = now + Duration::from_secs(rng.random_range(0..60));
    let (id, other) = (id(rng), id(rng));
    match rng.random_range(0..20u32) {
        0 => drop(page.take_due(now, later, rng.random_range(0..9))?),
        1 => {
            for due in page.schedule()? {
                let read = if rng.random_bool(0.8) { due.due_at } else { later };
                page.bring_forward(&Due { due_at: read, ..due }, now)?;
            }
        }
        2 => drop(page.note_start(now)?),
        3 => drop(page.queued(rng.random_range(0..5))?),
        4 => drop(page.live()?),
        5 => drop(page.placing_between(&number(0), &number(rng.random_range(1..4)))?),
        15 => drop(page.named_once_between(&number(0), &number(rng.random_range(1..4)), now)?),
        16 => drop(page.given_up_between(&number(0), &number(rng.random_range(1..4)), now)?),
        6 => drop(page.attempts(&number(rng.random_range(1..4)), now)?),
        7 => page.set_next_dial_at(&carrier(), later)?,
        8 => drop(page.next_dial_at(&carrier())?),
        9 => page.set_setting("paused", rng.random_bool(0.5).then_some("why"))?,
        10 => drop(page.setting("paused")?),
        11 => drop(page.key_use("key")?),
        12 => page.keep_key("key", &KeyUse { call: other, digest: "digest".to_owned() }, now)?,
        13 => drop(page.call_by_leg(&carrier(), &leg(rng))?),
        14 => drop(page.call_by_imported_id("7")?),
        _ => write(page, id, now, rng)?,
    }
    Ok(())
}

/// Something happens to a call, or it begins; now and then with a version that is not the last.
fn write(page: &mut dyn Page, id: CallId, at: Timestamp, rng: &mut StdRng) -> Result<(), StoreError> {
    let known = page.call(id)?;
    let roll = Roll(rng.random_range(0..1000));
    let stale = u64::from(rng.random_bool(0.05));
    let news = match &known {
        Some(_) => news(rng, at),
        None if rng.random_bool(0.5) => News::Asked(Box::new(facts(rng, id, at, Direction::Outbound))),
        None => News::Offered(Box::new(facts(rng, id, at, Direction::Inbound)), leg(rng)),
    };
    let event = Event { at, roll, source: Source::Webhook, news };
    match known {
        Some(kept) => {
            let was = Kept { version: kept.version + stale, ..kept };
            page.write(&step(&was.call, &event).call, &event, Some(&was))
        }
        None => page.write(&born(&event).unwrap(), &event, None),
    }
}

fn news(rng: &mut StdRng, at: Timestamp) -> News {
    let leg = leg(rng);
    let ending = CarrierEnding {
        kind: EndingKind::Busy,
        code: "busy".to_owned(),
        by: None,
        ended_at: Some(at),
        duration: None,
    };
    let pause = rng.random_bool(0.5).then(|| Duration::from_secs(rng.random_range(0..60)));
    let unknown = Unknown { why: UnknownWhy::RateLimited, detail: String::new(), retry_after: pause };
    match rng.random_range(0..8u32) {
        0 | 1 => News::Admitted { send_by: at + Duration::from_secs(5), gate: None },
        2 => News::Placed { leg, also: None },
        3 => News::Progressed { leg, progress: Progress::Ringing },
        4 => News::Progressed { leg, progress: Progress::InProgress },
        5 => News::Sighted { leg, sighting: Sighting::Unknown(unknown) },
        6 => News::HangUpRequested { by: EndedBy::Agent, cause: "asked".to_owned() },
        _ => News::Over { leg, ending },
    }
}

fn facts(rng: &mut StdRng, id: CallId, at: Timestamp, direction: Direction) -> Facts {
    let span = Duration::from_secs(30);
    Facts {
        id,
        direction,
        from: number(0),
        to: number(rng.random_range(1..4)),
        carrier: carrier(),
        account: None,
        say: None,
        created_at: at,
        hold: false,
        agent: None,
        record: false,
        by_command: false,
        fallback: Vec::new(),
        imported_id: rng.random_bool(0.1).then(|| "7".to_owned()),
        placed_by: rng.random_bool(0.3).then(|| "clerk".to_owned()),
        limits: Limits {
            queue_max: span,
            ring_max: span,
            duration_max: span,
            find_max: span,
            settle: span,
            look_unanswered: span,
            look_talking: span,
        },
    }
}

fn compare(disk: &mut Disk, file: &mut SqliteHistory) {
    let query = CallQuery { limit: 99, ..CallQuery::default() };
    let calls = disk.calls(&query).unwrap();
    assert_eq!(calls, file.calls(&query).unwrap());
    for kept in calls {
        let id = kept.call.facts.id;
        assert_eq!(disk.events(id, 0, 999).unwrap(), file.events(id, 0, 999).unwrap());
    }
    let unfinished = CallQuery { unfinished: true, limit: 3, ..CallQuery::default() };
    assert_eq!(disk.calls(&unfinished).unwrap(), file.calls(&unfinished).unwrap());
    assert_eq!(disk.recovered(9).unwrap(), file.recovered(9).unwrap());
    assert_eq!(disk.census().unwrap(), file.census().unwrap());
    assert_eq!(disk.setting("paused").unwrap(), file.setting("paused").unwrap());
}

fn id(rng: &mut StdRng) -> CallId {
    CallId::from_bits(rng.random_range(1..7))
}

/// A few, so that calls fight over them.
fn leg(rng: &mut StdRng) -> CarrierCallId {
    CarrierCallId::new(format!("CA{}", rng.random_range(0..6u32))).unwrap()
}

fn number(n: u32) -> Party {
    Party::read(&format!("+1202555{:04}", 100 + n))
}

fn carrier() -> CarrierName {
    CarrierName("main".to_owned())
}

fn on_purpose() -> StoreError {
    StoreError::Failed("on purpose".to_owned())
}

/// A folder in memory where there is one: what is measured here is no disk.
fn memory() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    if shared.is_dir() { shared } else { std::env::temp_dir() }
}
