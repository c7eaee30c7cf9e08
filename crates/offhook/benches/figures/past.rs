//! A past written straight into a store that nobody has open: calls that came in, talked and ended.

#[path = "../../tests/it/world/lives.rs"]
mod lives;

use super::calls::now_ms;
use super::world::{OURS, stranger};
use call::{CallId, Party, Timestamp};
use lives::{Life, live_through};
use std::path::Path;
use store::Store as _;
use store::sqlite::SqliteStore;

/// Has the store at `path` hold so many calls that are over; returns one of each tenth of them.
pub(crate) fn write(path: &Path, n_calls: usize) -> anyhow::Result<Vec<CallId>> {
    let first = now_ms() - i64::try_from(n_calls)? * APART_MS - DAY_MS;
    let mut store = SqliteStore::open(path, Timestamp(first))?.store;
    let mut next = 0;
    while next < n_calls {
        let end = n_calls.min(next + AT_ONCE);
        store.turn(&mut |page| (next..end).try_for_each(|n| live_through(page, life(n, first))))?;
        next = end;
    }
    Ok((0..10).map(|tenth| id(tenth * n_calls / 10, first)).collect())
}

fn life(n: usize, first: i64) -> Life {
    Life {
        id: id(n, first),
        leg: format!("CA{n:032x}"),
        from: Party::told(&stranger(n)),
        to: Party::told(OURS),
        at: Timestamp(time(n, first)),
        say: "Good morning.",
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
