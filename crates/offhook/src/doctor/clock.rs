//! How far this machine's clock is from a carrier's.

use std::time::Duration;

use call::Timestamp;

use super::accounts::Brand;
use super::finding::Finding;

/// Compares a carrier's `Date` with the moment at which it was written, which lies between our
/// sending and our receiving. The header has whole seconds.
pub(super) fn examine(
    name: &str,
    brand: Brand,
    date: Timestamp,
    received: Timestamp,
    took: Duration,
) -> Finding {
    let half = |span: Duration| i64::try_from(span.as_millis() / 2).unwrap_or(i64::MAX);
    let ahead_ms = received.as_millis().saturating_sub(half(took)).saturating_sub(date.as_millis() + 500);
    judge(name, brand, ahead_ms)
}

/// What it means that our clock is so much ahead.
pub(super) fn judge(name: &str, brand: Brand, ahead_ms: i64) -> Finding {
    let (off_ms, side) = (ahead_ms.unsigned_abs(), if ahead_ms > 0 { "ahead of" } else { "behind" });
    let what = format!("this machine is {} s {side} {name}", off_ms.saturating_add(500) / 1_000);
    match off_ms {
        // Of less the header's whole seconds tell nothing.
        0..=2_000 => Finding::ok("clock", format!("this machine and {name} agree within 2 s")),
        2_001..=60_000 => Finding::note("clock", what, NTP),
        300_001.. if brand == Brand::Telnyx => {
            Finding::failed("clock", format!("{what}: past 300 s every webhook of Telnyx's is refused"), NTP)
        }
        60_001.. => Finding::warning("clock", format!("{what}: the times of calls are wrong by that"), NTP),
    }
}

const NTP: &str = "have the clock set by NTP: 'timedatectl set-ntp true', or chrony";
