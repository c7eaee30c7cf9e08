//! What the tests of all connectors do.

use call::Party;
use call::call::{CommandId, Performance, Verb};
use std::time::Duration;

/// The seventh command of a call, on a line that is held for a minute.
pub(crate) fn performance(verb: Verb) -> Performance {
    Performance {
        id: CommandId(7),
        verb,
        from: Party::read("+15550100000"),
        hold: Duration::from_secs(60),
        stops: false,
        attached: 0,
        gap: None,
        after_silence: false,
    }
}
