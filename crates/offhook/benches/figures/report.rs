//! Figures as they are printed: rounded, one JSON line each, and a sentence for people.

use serde_json::{Value, json};
use std::time::Duration;

/// Prints one figure: JSON on standard output, the sentence on standard error.
pub(crate) fn print(figure: &Value, sentence: &str) {
    println!("{figure}");
    eprintln!("{sentence}");
}

/// The middle of several rounds; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    at_share(values, 0.5)
}

/// The value that this share of all values doesn't exceed; 0 of none.
pub(crate) fn at_share(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// The lowest and the highest of several rounds, as JSON.
pub(crate) fn spread(values: &[f64]) -> Value {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    json!([rounded(low), rounded(high)])
}

/// Three digits after the point for small numbers, none for large ones.
pub(crate) fn rounded(value: f64) -> f64 {
    if value.abs() >= 1_000.0 { value.round() } else { (value * 1_000.0).round() / 1_000.0 }
}

/// A duration in milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
