//! A past for a gateway: calls that were over long before it was started, as an earlier run of it
//! would have left them.

use super::lives::{Life, live_through};
use super::{OURS, SOON, World, wait_for};
use call::{CallId, Party, Timestamp};
use store::sqlite::SqliteStore;
use store::{Store, StoreError};

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
                .turn(&mut |page| group.iter().try_for_each(|n| live_through(page, life(*n, from, first))))
                .expect("the store takes it");
        }
        all.iter().map(|n| id(*n, first).to_string()).collect()
    }
}

fn life(n: usize, from: &str, at: Timestamp) -> Life {
    Life {
        id: id(n, at),
        leg: format!("CA{:016x}{n:016x}", at.0),
        from: Party::read(from),
        to: Party::read(OURS),
        at,
        say: "Welcome back, dear old friend.",
    }
}

fn id(n: usize, first: Timestamp) -> CallId {
    CallId::from_bits((u128::try_from(first.0).expect("after 1970") << 80) + n as u128)
}
