//! Bringing forward: after a start, a jump of the clock or a reload every unfinished call is looked at
//! soon, whatever its time was. This is done in steps, each with what is taken up, so that no turn is
//! held up by ten thousand calls. What isn't done when the process dies, the next start plans anew.

use super::Turn;
use call::call::RETRY_AFTER_MAX;
use call::{CallId, Timestamp};
use std::sync::Arc;
use store::{Due, StoreError};

/// Whose time is brought forward, and how far that is.
#[derive(Clone, Debug)]
pub(super) struct Forward {
    /// When the first of them is looked at.
    since: Timestamp,
    /// In the order of their [`urgency`]; `None` until the first step.
    owed: Option<Arc<[Due]>>,
    /// How many of them are done.
    n_done: usize,
}

impl Forward {
    /// Everything unfinished, from now on.
    pub(super) fn from(since: Timestamp) -> Forward {
        Forward { since, owed: None, n_done: 0 }
    }
}

impl Turn<'_> {
    /// Brings forward the calls whose turn has come: spread evenly, save where a carrier's
    /// `Retry-After` still runs, or it is earlier already. Queued calls keep their time.
    pub(super) fn step_forward(&mut self) -> Result<(), StoreError> {
        let Some(Forward { since, owed, n_done }) = self.brought.forward.take() else { return Ok(()) };
        let owed = match owed {
            Some(owed) => owed,
            None => {
                let mut owed = self.page.schedule()?;
                owed.sort_unstable_by_key(urgency);
                owed.into()
            }
        };
        // A pause beyond the longest was asked for by a clock that has been set back since.
        let latest = since + RETRY_AFTER_MAX;
        let until = owed.len().min(n_done + AT_ONCE);
        let mut place = n_done;
        while place < until {
            let turn = turn_of(place, owed.len(), since);
            if since <= self.now && self.now < turn {
                break;
            }
            let soon = turn.max(owed[place].not_before.unwrap_or(turn)).min(latest);
            if soon < owed[place].due_at {
                self.brought.wrote |= self.page.bring_forward(&owed[place], soon)?;
            }
            place += 1;
        }
        if place < owed.len() {
            self.brought.forward = Some(Forward { since, owed: Some(owed), n_done: place });
        }
        Ok(())
    }
}

/// The most urgent first, to the minute. Within one, as they were made: neighbours share pages of the
/// store, so that ten thousand answers are written in half the time.
fn urgency(due: &Due) -> (i64, CallId) {
    (due.due_at.0.div_euclid(60_000), due.call)
}

/// When the call at this place of so many has its turn.
fn turn_of(place: usize, n_calls: usize, since: Timestamp) -> Timestamp {
    if n_calls <= UNSPREAD {
        return since;
    }
    let spread = SPREAD_MS_MAX.min(n_calls as u64 / 4);
    Timestamp(since.0 + (spread * place as u64 / n_calls as u64) as i64)
}

/// Over how long the looks are spread at most; a quarter of a millisecond each, where they are fewer.
const SPREAD_MS_MAX: u64 = 1_000;
/// So few calls are asked about at once: there is nothing to spread.
const UNSPREAD: usize = 64;
/// So many times are written in one turn: some ten milliseconds.
const AT_ONCE: usize = 1_024;
