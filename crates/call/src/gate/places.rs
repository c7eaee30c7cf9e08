//! Whether there is room for a queued call now: what is decided here makes it wait, and refuses
//! nothing.

use crate::time::Timestamp;
use std::time::Duration;

/// What the admitting transaction read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Calls that take up a place, from `Placing`/`Offered` to `HangingUp`.
    pub live: u64,
    /// Those of them that the call's own carrier has.
    pub live_at_carrier: u64,
    /// Placements in doubt with the same two numbers.
    pub in_doubt: u64,
    /// No outbound call starts: somebody said so.
    pub paused: bool,
    /// When the carrier may next be asked to dial.
    pub next_dial_at: Timestamp,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// How many calls may be live at once.
    pub live_max: u64,
    /// How many of them at the call's own carrier; `None` for without limit.
    pub carrier_live_max: Option<u64>,
    /// The time between two dials at the carrier, zero for no limit.
    pub apart: Duration,
}

/// Whether a queued call may go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may; the carrier may next be asked at `next_dial_at`.
    Go {
        /// When the next call may be dialled at this carrier.
        next_dial_at: Timestamp,
    },
    /// It must wait, for this reason.
    Wait(Wait),
}

/// What a queued call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Outbound calls are paused.
    Paused,
    /// All `live_max` places are taken.
    Full,
    /// All of the carrier's places are taken.
    CarrierFull,
    /// A call between the same two numbers is in doubt: only one of them can be told from the other.
    InDoubt,
    /// The carrier's calls per second.
    Pace(Timestamp),
    /// The carrier put the call off until then.
    Deferred(Timestamp),
}

/// Decides.
pub fn admit(counts: Counts, places: Places, not_before: Timestamp, now: Timestamp) -> Admission {
    if counts.paused {
        return Admission::Wait(Wait::Paused);
    }
    if counts.live >= places.live_max {
        return Admission::Wait(Wait::Full);
    }
    if places.carrier_live_max.is_some_and(|most| counts.live_at_carrier >= most) {
        return Admission::Wait(Wait::CarrierFull);
    }
    if counts.in_doubt > 0 {
        return Admission::Wait(Wait::InDoubt);
    }
    if now < not_before {
        return Admission::Wait(Wait::Deferred(not_before));
    }
    // A pace more than one gap ahead was written by a clock that has been turned back since.
    let paced = counts.next_dial_at <= now + places.apart;
    if paced && now < counts.next_dial_at {
        return Admission::Wait(Wait::Pace(counts.next_dial_at));
    }
    Admission::Go { next_dial_at: now + places.apart }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Counts =
        Counts { live: 0, live_at_carrier: 0, in_doubt: 0, paused: false, next_dial_at: Timestamp(0) };
    const NOW: Timestamp = Timestamp(10_000);

    fn check(counts: Counts, not_before: i64, expected: Admission) {
        let places = Places { live_max: 2, carrier_live_max: Some(1), apart: Duration::from_secs(1) };
        assert_eq!(admit(counts, places, Timestamp(not_before), NOW), expected, "{counts:?}");
    }

    #[test]
    fn a_call_goes_only_when_nothing_stands_against_it() {
        let go = Admission::Go { next_dial_at: Timestamp(11_000) };
        check(FREE, 0, go);
        check(Counts { live: 1, ..FREE }, 0, go);
        check(Counts { live: 2, ..FREE }, 0, Admission::Wait(Wait::Full));
        check(Counts { live: 3, ..FREE }, 0, Admission::Wait(Wait::Full));
        check(Counts { live: 1, live_at_carrier: 1, ..FREE }, 0, Admission::Wait(Wait::CarrierFull));
        check(Counts { paused: true, ..FREE }, 0, Admission::Wait(Wait::Paused));
        check(Counts { in_doubt: 1, ..FREE }, 0, Admission::Wait(Wait::InDoubt));
        check(FREE, 10_000, go);
        check(FREE, 10_001, Admission::Wait(Wait::Deferred(Timestamp(10_001))));
        check(
            Counts { next_dial_at: Timestamp(10_500), ..FREE },
            0,
            Admission::Wait(Wait::Pace(Timestamp(10_500))),
        );
        check(Counts { next_dial_at: NOW, ..FREE }, 0, go);
    }

    #[test]
    fn a_clock_that_was_turned_back_stops_nobody() {
        let counts = Counts { next_dial_at: Timestamp(3_600_000), ..FREE };
        check(counts, 0, Admission::Go { next_dial_at: Timestamp(11_000) });
    }
}
