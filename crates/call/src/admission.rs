//! Whether a queued call may go now: a decision over plain values, taken in the transaction that
//! admits it.

use crate::number::{NumberKind, Party, PhoneNumber};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// What the admitting transaction read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Calls that take up a place, from `Placing`/`Offered` to `HangingUp`.
    pub live: u64,
    /// Placements in doubt with the same two numbers.
    pub in_doubt: u64,
    /// No outbound call starts: somebody said so.
    pub paused: bool,
    /// When the carrier may next be asked to dial.
    pub next_dial_at: Timestamp,
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
    /// A call between the same two numbers is in doubt: only one of them can be told from the other.
    InDoubt,
    /// The carrier's calls per second.
    Pace(Timestamp),
    /// The carrier put the call off until then.
    Deferred(Timestamp),
}

/// Decides. `apart` is the time between two dials at the carrier, zero for no limit.
pub fn admit(
    counts: Counts,
    live_max: u64,
    apart: Duration,
    not_before: Timestamp,
    now: Timestamp,
) -> Admission {
    if counts.paused {
        return Admission::Wait(Wait::Paused);
    }
    if counts.live >= live_max {
        return Admission::Wait(Wait::Full);
    }
    if counts.in_doubt > 0 {
        return Admission::Wait(Wait::InDoubt);
    }
    if now < not_before {
        return Admission::Wait(Wait::Deferred(not_before));
    }
    // A pace more than one gap ahead was written by a clock that has been turned back since.
    let paced = counts.next_dial_at <= now + apart;
    if paced && now < counts.next_dial_at {
        return Admission::Wait(Wait::Pace(counts.next_dial_at));
    }
    Admission::Go { next_dial_at: now + apart }
}

/// Which countries may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destinations {
    /// All of them.
    Everywhere,
    /// These, by ISO 3166-1 code.
    Countries(BTreeSet<String>),
}

/// Why a number is not dialled, whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Its caller pays extra.
    #[error("{0} is a premium or shared-cost number, which offhook never dials")]
    Premium(String),
    /// Its country is not among those that may be called.
    #[error(
        "{number} is in {country}, which is not among the countries that may be called ({allowed}); add it to [calls] destinations"
    )]
    Country {
        /// The number.
        number: String,
        /// Its country.
        country: String,
        /// Those that may be called.
        allowed: String,
    },
}

/// Decides whether a number may be dialled at all. Emergency and short numbers never get here:
/// they are no [`PhoneNumber`].
///
/// # Errors
/// [`Forbidden`], with the rule and the way out.
pub fn may_dial(number: &PhoneNumber, destinations: &Destinations) -> Result<(), Forbidden> {
    if number.kind() == NumberKind::Premium {
        return Err(Forbidden::Premium(number.to_string()));
    }
    let Destinations::Countries(allowed) = destinations else { return Ok(()) };
    let country = number.country().unwrap_or_else(|| "no country".to_owned());
    if allowed.contains(&country) {
        return Ok(());
    }
    let allowed = allowed.iter().cloned().collect::<Vec<_>>().join(", ");
    Err(Forbidden::Country { number: number.to_string(), country, allowed })
}

/// Callers who may call in: numbers, and beginnings of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    entries: Vec<String>,
}

/// A text that names no callers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no callers; write a number like \"+12025550143\", or the beginning of one with a star, like \"+1202*\""
)]
pub struct NoCallers(String);

impl Callers {
    /// Reads a list of numbers, and of beginnings that end in `*`.
    ///
    /// # Errors
    /// [`NoCallers`] with the first entry that is neither.
    pub fn read(entries: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Callers, NoCallers> {
        let mut callers = Callers::default();
        for entry in entries {
            let entry = entry.as_ref();
            let refuse = || NoCallers(entry.to_owned());
            let read = match entry.strip_suffix('*') {
                Some(beginning) => {
                    let digits = beginning.strip_prefix('+').ok_or_else(refuse)?;
                    let plausible = (1..15).contains(&digits.len());
                    if !plausible || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                        return Err(refuse());
                    }
                    entry.to_owned()
                }
                None => entry.parse::<PhoneNumber>().map_err(|_| refuse())?.as_str().to_owned(),
            };
            callers.entries.push(read);
        }
        Ok(callers)
    }

    /// Whether this caller is among them. Whoever hides their number never is.
    pub fn include(&self, caller: &Party) -> bool {
        let Some(number) = caller.number() else { return false };
        self.entries.iter().any(|entry| match entry.strip_suffix('*') {
            Some(beginning) => number.as_str().starts_with(beginning),
            None => number.as_str() == entry,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FREE: Counts = Counts { live: 0, in_doubt: 0, paused: false, next_dial_at: Timestamp(0) };
    const NOW: Timestamp = Timestamp(10_000);

    fn check(counts: Counts, not_before: i64, expected: Admission) {
        let second = Duration::from_secs(1);
        assert_eq!(admit(counts, 2, second, Timestamp(not_before), NOW), expected, "{counts:?}");
    }

    #[test]
    fn a_call_goes_only_when_nothing_stands_against_it() {
        let go = Admission::Go { next_dial_at: Timestamp(11_000) };
        check(FREE, 0, go);
        check(Counts { live: 1, ..FREE }, 0, go);
        check(Counts { live: 2, ..FREE }, 0, Admission::Wait(Wait::Full));
        check(Counts { live: 3, ..FREE }, 0, Admission::Wait(Wait::Full));
        check(Counts { paused: true, ..FREE }, 0, Admission::Wait(Wait::Paused));
        check(Counts { in_doubt: 1, ..FREE }, 0, Admission::Wait(Wait::InDoubt));
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

    #[test]
    fn callers_are_known_by_their_number_or_its_beginning_and_nobody_by_hiding_it() {
        let callers = Callers::read(["+12025550143", "+4420*"]).unwrap();
        for (caller, expected) in [
            ("+12025550143", true),
            ("+12025550144", false),
            ("+442079460123", true),
            ("+441632960123", false),
            ("anonymous", false),
            ("", false),
            ("+266696687", false),
        ] {
            assert_eq!(callers.include(&Party::read(caller)), expected, "{caller:?}");
        }
        for wrong in ["", "*", "+*", "2025550143*", "+12*34", "12025550143x"] {
            assert!(Callers::read([wrong]).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_number_is_dialled_only_where_it_is_allowed() {
        let home = Destinations::Countries(BTreeSet::from(["US".to_owned()]));
        for (number, destinations, expected) in [
            ("+12025550143", &home, true),
            ("+442079460123", &home, false),
            ("+442079460123", &Destinations::Everywhere, true),
            ("+18765550123", &home, false),
            ("+19005550123", &home, false),
            ("+19005550123", &Destinations::Everywhere, false),
        ] {
            let verdict = may_dial(&number.parse().unwrap(), destinations);
            assert_eq!(verdict.is_ok(), expected, "{number}: {verdict:?}");
        }
    }
}
