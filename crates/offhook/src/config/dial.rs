//! Reads who may be called, when and how often.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use call::gate::opt_out::plain;
use call::gate::{Money, QuietHours, Several};
use jiff::tz::TimeZone;

use super::durations::duration;
use super::section::{Rejected, Section};
use super::settings::{DayZone, Dial};
use super::tree::{Node, Value};
use super::values;

/// Reads `[dial]`.
pub(super) fn dial(section: &mut Section<'_, '_>) -> Dial {
    let default = Dial::default();
    let quiet_hours = section.optional("quiet_hours", quiet_hours);
    let several = section.optional("quiet_zones", |node| values::word(node, &SEVERAL));
    let attempts_per_day =
        section.optional("attempts_per_day", |node| values::integer(node, 1..=ATTEMPTS_MOST));
    let rejected_pause = section.optional("rejected_pause", |node| duration(node, PAUSE));
    let minutes_per_day = section.optional("minutes_per_day", |node| values::integer(node, 1..=MINUTES_MOST));
    let spend_per_day = section.optional("spend_per_day", money);
    let day_zone = section.optional("day_zone", day_zone);
    let opt_out_digits = section.optional("opt_out_digits", digits);
    let opt_out_words = section.optional("opt_out_words", words);
    section.finish();
    Dial {
        quiet_hours,
        several: several.unwrap_or_default(),
        attempts_per_day: attempts_per_day.unwrap_or(default.attempts_per_day),
        rejected_pause: rejected_pause.unwrap_or(default.rejected_pause),
        minutes_per_day,
        spend_per_day,
        day_zone: day_zone.unwrap_or(default.day_zone),
        opt_out_digits,
        opt_out_words: opt_out_words.unwrap_or_default(),
    }
}

/// An amount of money, to the millionth.
pub(super) fn money(node: &Node) -> Result<Money, Rejected> {
    let amount = match &node.value {
        #[expect(clippy::cast_precision_loss, reason = "what is that large is refused below")]
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) if values::is_variable(node) => text.trim().parse().ok(),
        _ => None,
    };
    let Some(amount) = amount else {
        return Err(format!("must be a number, not {}", values::found(node)).into());
    };
    let fits = (MONEY_LEAST..=MONEY_MOST).contains(&amount);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "its range is checked")]
    let millionths = (amount * 1_000_000.0).round() as u64;
    if fits { Ok(Money(millionths)) } else { Err(format!("is {amount}; give 0.000001 to 1000000").into()) }
}

fn quiet_hours(node: &Node) -> Result<QuietHours, Rejected> {
    let text = values::text(node)?;
    let way_out = "write from when to when, such as \"21:00-08:00\"";
    text.parse().map_err(|_| format!("is {text:?}, which are no quiet hours; {way_out}").into())
}

fn day_zone(node: &Node) -> Result<DayZone, Rejected> {
    let written = values::text(node)?;
    let zone = TimeZone::get(&written)
        .map_err(|_| format!("is {written:?}, which is no time zone; write one like \"Europe/London\""))?;
    Ok(DayZone { written, zone })
}

/// Keys of a telephone.
fn digits(node: &Node) -> Result<String, Rejected> {
    let keys = values::text(node)?;
    let is_key = |key: char| key.is_ascii_digit() || matches!(key, '*' | '#');
    if keys.len() <= KEYS_MOST && keys.chars().all(is_key) {
        return Ok(keys);
    }
    Err(format!("is {keys:?}, which are no keys; write up to {KEYS_MOST} of 0-9, * and #").into())
}

/// Words that are compared whole, so that each must have one.
fn words(node: &Node) -> Result<Vec<String>, Rejected> {
    let mut known = BTreeSet::new();
    let mut words = Vec::new();
    for (said, at) in values::texts(node, "[\"stop calling\", \"unsubscribe\"]")? {
        if plain(said).is_empty() {
            return Err(Rejected::at(at, format!("has {said:?}, in which there is no word")));
        }
        if known.insert(plain(said)) {
            words.push(said.to_owned());
        }
    }
    Ok(words)
}

const SEVERAL: [(&str, Several); 2] = [("any", Several::Any), ("all", Several::All)];
/// One a minute to one number, all day.
const ATTEMPTS_MOST: u32 = 1440;
const MINUTES_MOST: u32 = 10_000_000;
const MONEY_LEAST: f64 = 0.000_001;
const MONEY_MOST: f64 = 1_000_000.0;
const KEYS_MOST: usize = 8;
const PAUSE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(366 * 86_400);
