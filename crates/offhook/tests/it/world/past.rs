//! A past for a gateway: calls that were over long before it was started, as an earlier run of it
//! would have left them.

use super::{OURS, SOON, World, wait_for};
use call::call::{CarrierEnding, Direction, EndedBy, EndingKind, Facts, Limits, Roll, Source, born, step};
use call::{CallId, CarrierCallId, CarrierName, Event, News, Party, Timestamp};
use std::time::Duration;
use store::sqlite::SqliteStore;
use store::{Kept, Page, Store, StoreError};

impl World {
    /// Writes ended calls from `from` into the store of a gateway that doesn't run, made so many
    /// days ago, and returns their ids. Each was said something.
    pub(crate) fn lived_through(&self, from: &str, n_calls: usize, days_ago: i64) -> Vec<String> {
        let now = jiff::Timestamp::now().as_millisecond();
        let first = Timestamp(now - days_ago * 24 * 3600 * 1000);
        // A process that another test is about to start still holds what this one has let go.
        let mut store =
            wait_for("the store opens", SOON, || match SqliteStore::open(&self.store_file(), first) {
                Err(StoreError::InUse { .. }) => None,
                opened => Some(opened.expect("the store opens").store),
            });
        let all: Vec<usize> = (0..n_calls).collect();
        for group in all.chunks(500) {
            store
                .turn(&mut |page| group.iter().try_for_each(|n| live_through(page, *n, from, first)))
                .expect("the store takes it");
        }
        all.iter().map(|n| id(*n, first).to_string()).collect()
    }
}

fn live_through(page: &mut dyn Page, n: usize, from: &str, first: Timestamp) -> Result<(), StoreError> {
    let leg = leg(n, first);
    let event = |news| Event { at: first, roll: Roll(0), source: Source::Webhook, news };
    let offered = event(News::Offered(Box::new(facts(n, from, first)), leg.clone()));
    let call = born(&offered).expect("an offer makes a call");
    page.write(&call, &offered, None)?;
    let ending = CarrierEnding {
        kind: EndingKind::Completed,
        code: "completed".to_owned(),
        by: Some(EndedBy::Remote),
        ended_at: None,
        duration: Some(Duration::from_secs(15)),
    };
    let over = event(News::Over { leg, ending });
    let was = Kept { call, version: 1 };
    page.write(&step(&was.call, &over).call, &over, Some(&was))
}

fn id(n: usize, first: Timestamp) -> CallId {
    CallId::from_bits((u128::try_from(first.0).expect("after 1970") << 80) + n as u128)
}

fn leg(n: usize, first: Timestamp) -> CarrierCallId {
    CarrierCallId::new(format!("CA{:016x}{n:016x}", first.0)).expect("a leg")
}

fn facts(n: usize, from: &str, first: Timestamp) -> Facts {
    let seconds = Duration::from_secs;
    Facts {
        id: id(n, first),
        direction: Direction::Inbound,
        from: Party::read(from),
        to: Party::read(OURS),
        carrier: CarrierName("line".to_owned()),
        account: None,
        say: Some("Welcome back, dear old friend.".to_owned()),
        created_at: first,
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: None,
        placed_by: None,
        limits: Limits {
            queue_max: seconds(60),
            ring_max: seconds(60),
            duration_max: seconds(3600),
            find_max: seconds(120),
            settle: seconds(30),
            look_unanswered: seconds(10),
            look_talking: seconds(60),
        },
    }
}
