//! Lengths of time as people write them: `500ms`, `90s`, `10m`, `1h30m`.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::section::Rejected;
use super::tree::{Node, Value};
use super::values::found;

/// A length of time within `range`, such as `"90s"`.
pub(super) fn duration(node: &Node, range: RangeInclusive<Duration>) -> Result<Duration, Rejected> {
    let Value::Text(text) = &node.value else {
        return Err(match node.value {
            Value::Integer(n) => format!("must be a string with a unit, such as \"{n}s\""),
            _ => format!("must be a string such as \"90s\", not {}", found(node)),
        }
        .into());
    };
    let Some(duration) = parse_duration(text.trim()) else {
        return Err(format!(
            "is {text:?}, which is no duration; write \"500ms\", \"90s\", \"10m\" or \"1h30m\""
        )
        .into());
    };
    if range.contains(&duration) {
        return Ok(duration);
    }
    let (least, most) = (show_duration(*range.start()), show_duration(*range.end()));
    Err(format!("is {text:?}; give {least} to {most}").into())
}

/// Reads `1h30m`, `90s`, `500ms`: whole numbers with units, each unit once, the largest first.
/// The command line reads its durations by the same rule.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, tail) = rest.split_at(n_digits);
        let n_letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(n_letters);
        let (_, milliseconds) = units.find(|(name, _)| *name == unit)?;
        let part = digits.parse::<u64>().ok()?.checked_mul(*milliseconds)?;
        total = total.checked_add(Duration::from_millis(part))?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// A duration as one writes it in the file.
pub(super) fn show_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut shown = String::new();
    for (unit, milliseconds) in UNITS {
        let n_units = rest / milliseconds;
        rest %= milliseconds;
        if n_units > 0 {
            shown += &format!("{n_units}{unit}");
        }
    }
    if shown.is_empty() { "0s".to_owned() } else { shown }
}

const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
