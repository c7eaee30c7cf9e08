//! Quiet hours, on the clock of the one who would be called.

use super::zones::zones_of;
use crate::number::PhoneNumber;
use crate::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt;
use std::str::FromStr;

/// Hours of the day in which nobody is called, from a minute to another, perhaps across midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute, counted from midnight.
    from: u16,
    /// The first minute that is not quiet any more.
    to: u16,
}

/// What counts where a number may be in several zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Several {
    /// It is quiet as soon as one of its zones is: nobody is woken.
    #[default]
    Any,
    /// It is quiet only while all of its zones are.
    All,
}

/// Whose clock said that it is quiet, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The zone; empty for a number of which no zone is known.
    pub zone: String,
    /// What its clock shows, like `21:14`.
    pub clock: String,
    /// When the number may be called; `None` if no hour is ever open.
    pub opens_at: Option<Timestamp>,
}

/// A text that names no quiet hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} are no quiet hours; write from when to when, like \"21:00-08:00\"")]
pub struct NoQuietHours(String);

impl QuietHours {
    /// Whether a clock that shows this minute of the day is in them.
    pub fn hold_at(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    /// Whether it is quiet for this number now, and until when. A number of which no zone is known
    /// is always quiet: nobody can say that it isn't night there.
    pub fn ask(self, number: &PhoneNumber, several: Several, now: Timestamp) -> Option<Quiet> {
        let zones: Vec<TimeZone> =
            zones_of(number).into_iter().filter_map(|zone| TimeZone::get(zone).ok()).collect();
        self.ask_in(&zones, several, now)
    }

    fn ask_in(self, zones: &[TimeZone], several: Several, now: Timestamp) -> Option<Quiet> {
        let nowhere = Quiet { zone: String::new(), clock: String::new(), opens_at: None };
        let Ok(at) = jiff::Timestamp::from_millisecond(now.as_millis()) else { return Some(nowhere) };
        let Some(first) = self.quiet_zones(zones, several, at).into_iter().next() else {
            return zones.is_empty().then_some(nowhere);
        };
        let opens_at = self.opens_at(zones, several, at);
        let clock = first.to_datetime(at).strftime("%H:%M").to_string();
        Some(Quiet { zone: first.iana_name().unwrap_or_default().to_owned(), clock, opens_at })
    }

    /// The zones whose clocks make it quiet; none if it isn't.
    fn quiet_zones(self, zones: &[TimeZone], several: Several, at: jiff::Timestamp) -> Vec<&TimeZone> {
        let quiet: Vec<_> = zones.iter().filter(|zone| self.hold_at(minute(zone.to_datetime(at)))).collect();
        let enough = match several {
            Several::Any => 1,
            Several::All => zones.len(),
        };
        if quiet.len() >= enough { quiet } else { Vec::new() }
    }

    /// The first moment that isn't quiet. Zones that never leave an hour open end the search.
    fn opens_at(self, zones: &[TimeZone], several: Several, from: jiff::Timestamp) -> Option<Timestamp> {
        let mut at = from;
        for _ in 0..SEARCHED_MAX {
            let quiet = self.quiet_zones(zones, several, at);
            let ends = quiet.into_iter().filter_map(|zone| self.end(zone, at));
            at = match several {
                Several::Any => ends.max(),
                Several::All => ends.min(),
            }?;
            if self.quiet_zones(zones, several, at).is_empty() {
                return Some(Timestamp(at.as_millisecond()));
            }
        }
        None
    }

    /// When the quiet stretch that this zone's clock is in comes to its end. Where clocks are set
    /// within it, that may end it too.
    fn end(self, zone: &TimeZone, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let local = zone.to_datetime(at);
        let day = if minute(local) < self.to { local.date() } else { local.date().tomorrow().ok()? };
        let (hour, minutes) = (i8::try_from(self.to / 60).ok()?, i8::try_from(self.to % 60).ok()?);
        let written = zone.to_ambiguous_timestamp(day.at(hour, minutes, 0, 0));
        let first = written.compatible().ok()?;
        // An hour that is there twice: the clock may be in its second pass already.
        let end = if first > at { first } else { written.later().ok()? };
        let set = zone.following(at).map(|transition| transition.timestamp());
        let opened =
            set.take_while(|set| *set < end).find(|set| !self.hold_at(minute(zone.to_datetime(*set))));
        Some(opened.unwrap_or(end))
    }
}

/// When the day of this zone began that `now` is in.
pub fn day_start(zone: &TimeZone, now: Timestamp) -> Timestamp {
    let at = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    let start = zone.to_datetime(at).date().to_zoned(zone.clone());
    start.map_or(now, |start| Timestamp(start.timestamp().as_millisecond()))
}

/// When the day of this zone ends that `now` is in.
pub fn day_end(zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let at = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    let end = zone.to_datetime(at).date().tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(Timestamp(end.timestamp().as_millisecond()))
}

impl FromStr for QuietHours {
    type Err = NoQuietHours;

    fn from_str(text: &str) -> Result<QuietHours, NoQuietHours> {
        let refuse = || NoQuietHours(text.chars().take(32).collect());
        let (from, to) = text.split_once('-').ok_or_else(refuse)?;
        let (from, to) = (clock(from).ok_or_else(refuse)?, clock(to).ok_or_else(refuse)?);
        if from == to { Err(refuse()) } else { Ok(QuietHours { from, to }) }
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QuietHours { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// Reads `21:00`.
fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |digits: &str| {
        (digits.len() == 2 && !digits.starts_with('+')).then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn minute(local: DateTime) -> u16 {
    u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
}

/// Each step of the search ends one zone's quiet stretch; no country has so many zones that are
/// open one after the other.
const SEARCHED_MAX: usize = 64;

#[cfg(test)]
mod tests;
