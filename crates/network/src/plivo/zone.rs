//! Times as Plivo writes them: in the zone of the account.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::time::Millis;

/// A moment in a zone that is so many minutes east of Greenwich.
pub(crate) fn written(at: Millis, east_minutes: i16, format: &str) -> String {
    let moment = Timestamp::from_millisecond(at.get()).unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = Offset::from_seconds(i32::from(east_minutes) * 60).unwrap_or(Offset::UTC);
    moment.to_zoned(TimeZone::fixed(offset)).strftime(format).to_string()
}

/// A record's time: `2022-10-12 21:57:47+05:30`.
pub(crate) fn local(at: Millis, east_minutes: i16) -> String {
    written(at, east_minutes, "%Y-%m-%d %H:%M:%S%:z")
}

/// The start of a live call: `2017-05-22 13:17:49.050872`, in UTC, as the one in Plivo's own
/// example must be.
pub(crate) fn session_start(at: Millis) -> String {
    written(at, 0, "%Y-%m-%d %H:%M:%S%.6f")
}

/// Reads a filter's time, `YYYY-MM-DD HH:MM[:ss[.uuuuuu]]` in UTC.
pub(crate) fn read(text: &str) -> Option<Millis> {
    let civil: DateTime = text.trim().parse().ok()?;
    let moment = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(Millis::new(moment.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_the_accounts_zone() {
        let moment = Millis::new(1_665_591_467_123);
        assert_eq!(local(moment, 330), "2022-10-12 21:47:47+05:30");
        assert_eq!(local(moment, -420), "2022-10-12 09:17:47-07:00");
        assert_eq!(session_start(moment), "2022-10-12 16:17:47.123000");
    }

    #[test]
    fn a_filter_is_read_with_and_without_seconds() {
        let at = |unix_ms| Some(Millis::new(unix_ms));
        assert_eq!(read("2022-10-12 16:17"), at(1_665_591_420_000));
        assert_eq!(read("2022-10-12 16:17:47"), at(1_665_591_467_000));
        assert_eq!(read("2022-10-12 16:17:47.123000"), at(1_665_591_467_123));
        assert_eq!(read("yesterday"), None);
    }
}
