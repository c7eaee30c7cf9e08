//! Time as the network counts it: Unix milliseconds handed in from outside, and the two ways in
//! which carriers write it down. Nothing here reads a clock.

use std::fmt;
use std::ops::Add;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(i64);

impl Millis {
    /// Takes Unix milliseconds.
    pub const fn new(unix_ms: i64) -> Millis {
        Millis(unix_ms)
    }

    /// Gives Unix milliseconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// How many milliseconds lie between `earlier` and this moment; 0 when `earlier` is later.
    pub fn since(self, earlier: Millis) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// This moment moved back by so many milliseconds.
    pub fn before(self, ms: u64) -> Millis {
        Millis(self.0.saturating_sub_unsigned(ms))
    }

    /// As in an HTTP `Date` header (RFC 9110, 5.6.7): `Tue, 31 Aug 2010 20:36:28 GMT`.
    pub fn http_date(self) -> String {
        self.written("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// As in RFC 2822, always in UTC: `Tue, 31 Aug 2010 20:36:28 +0000`.
    pub fn rfc2822(self) -> String {
        self.written("%a, %d %b %Y %H:%M:%S +0000")
    }

    /// As in RFC 3339, to the millisecond: `2010-08-31T20:36:28.123Z`.
    pub fn rfc3339(self) -> String {
        self.written("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    /// As in RFC 3339, written to the microsecond: `2010-08-31T20:36:28.123000Z`.
    pub fn rfc3339_micros(self) -> String {
        self.written("%Y-%m-%dT%H:%M:%S%.6fZ")
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The day in UTC: `2010-08-31`.
    pub fn day(self) -> String {
        self.written("%Y-%m-%d")
    }

    fn written(self, format: &str) -> String {
        let timestamp = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        timestamp.strftime(format).to_string()
    }
}

impl Add<u64> for Millis {
    type Output = Millis;

    fn add(self, ms: u64) -> Millis {
        Millis(self.0.saturating_add_unsigned(ms))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_carriers_write_it() {
        let moment = Millis::new(1_283_286_988_123);
        assert_eq!(moment.rfc2822(), "Tue, 31 Aug 2010 20:36:28 +0000");
        assert_eq!(moment.http_date(), "Tue, 31 Aug 2010 20:36:28 GMT");
        assert_eq!(moment.day(), "2010-08-31");
        assert_eq!(moment.rfc3339(), "2010-08-31T20:36:28.123Z");
        assert_eq!(moment.rfc3339_micros(), "2010-08-31T20:36:28.123000Z");
        assert_eq!(moment.unix_seconds(), 1_283_286_988);
    }

    #[test]
    fn a_span_is_never_negative() {
        assert_eq!(Millis::new(5).since(Millis::new(9)), 0);
        assert_eq!(Millis::new(9).since(Millis::new(5)), 4);
    }
}
