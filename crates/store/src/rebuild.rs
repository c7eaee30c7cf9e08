//! A call from its log alone.

use crate::history::KeptEvent;
use call::Call;
use call::call::{born, step};

/// Folds the whole log of a call, in order, to what the call is; `None` if the log doesn't begin
/// with a first event, or lacks one.
///
/// What the store says of a call is only ever a shortcut to this.
pub fn rebuild(events: &[KeptEvent]) -> Option<Call> {
    let whole = (1..).zip(events).all(|(version, line)| line.version == version);
    let (first, rest) = events.split_first().filter(|_| whole)?;
    Some(rest.iter().fold(born(&first.event)?, |call, line| step(&call, &line.event).call))
}
