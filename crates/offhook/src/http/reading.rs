//! Reads what a request brings: its body, its query, and the numbers in them. What can't be read is
//! told in our own words: the field, and what it may be.

use super::Problem;
use super::problem::Kind;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Reads a body as what a page takes.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // The library would also read the fields off a list, in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(
            Kind::Unreadable,
            "the body is no JSON object, like {\"to\": \"+12025550143\"}",
        ));
    }
    serde_json::from_slice(body).or_else(|error| with_whole_numbers(body).ok_or(error)).map_err(|error| {
        let detail = match error.classify() {
            serde_json::error::Category::Data => {
                let said = error.to_string();
                let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
                match said.strip_prefix("missing field ").map(|name| name.trim_matches('`')) {
                    Some(name) => missing::<T>(name),
                    None => in_words("the body", wrong_field::<T>(body).as_deref(), said),
                }
            }
            _ => format!("the body is no JSON: {error}"),
        };
        Problem::new(Kind::Unreadable, detail)
    })
}

/// Reads a body once more with its whole numbers as such: to JSON 30.0 is one (JSON Schema, draft 2020-12, core,
/// section 4.2.3), and some write it so.
fn with_whole_numbers<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let mut any = false;
    for value in fields.values_mut() {
        let whole = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0);
        if let Some(number) = whole.filter(|number| (0.0..U64_END).contains(number)) {
            (*value, any) = (json!(number as u64), true);
        }
    }
    // Without one it would be read as it was; and here a field that is there twice is there once.
    serde_json::from_value(Value::Object(fields)).ok().filter(|_| any)
}

/// Takes what was read of a query.
pub(super) fn query<T>(read: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    let rejected = match read {
        Ok(Query(asked)) => return Ok(asked),
        Err(rejected) => rejected.body_text(),
    };
    let said = rejected.strip_prefix("Failed to deserialize query string: ").unwrap_or(&rejected);
    let (field, said) = match said.split_once(": ") {
        Some((field, said)) if !field.contains(' ') => (Some(field), said),
        _ => (None, said),
    };
    Err(Problem::new(Kind::Unreadable, in_words("the query", field, said)))
}

/// Takes a number that must lie in a range.
pub(super) fn within<N: PartialOrd + Display>(
    field: &str,
    number: N,
    allowed: &RangeInclusive<N>,
) -> Result<N, Problem> {
    if allowed.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (allowed.start(), allowed.end());
    let detail = format!("`{field}` must be a whole number from {least} to {most}, not {number}");
    Err(Problem::new(Kind::Unreadable, detail))
}

/// The first field that, were it the only one, would be refused for what is in it: the library
/// says what is wrong with a value, and not whose value it is.
fn wrong_field<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    fields.into_iter().find_map(|(name, value)| {
        let alone = Map::from_iter([(name.clone(), value)]);
        let said = serde_json::from_value::<T>(Value::Object(alone)).err()?.to_string();
        said.starts_with("invalid ").then_some(name)
    })
}

/// That a field must be there, and what it may be, which the library tells of one that is null.
fn missing<T: DeserializeOwned>(name: &str) -> String {
    let null = Map::from_iter([(name.to_owned(), Value::Null)]);
    let said = serde_json::from_value::<T>(Value::Object(null)).err().map(|error| error.to_string());
    match said.as_deref().and_then(|said| said.strip_prefix("invalid type: null, expected ")) {
        Some(wanted) => format!("the body lacks `{name}`, which must be there as {}", kind(wanted)),
        None => format!("the body lacks `{name}`, which must be there"),
    }
}

/// What the library says of a field, in a sentence of ours.
fn in_words(what: &str, field: Option<&str>, said: &str) -> String {
    let field = field.map_or_else(|| format!("a value in {what}"), |field| format!("`{field}`"));
    let names = |said: &str| -> Vec<String> {
        said.split('`').skip(1).step_by(2).map(|name| format!("`{}`", shortened(name))).collect()
    };
    if said.starts_with("unknown field ")
        && let [unknown, known @ ..] = names(said).as_slice()
    {
        return format!("{what} has {unknown}, which this page does not take; it takes {}", list(known));
    }
    if let Some(rest) = said.strip_prefix("duplicate field ") {
        return format!("{what} has {} twice; give it once", shortened(rest));
    }
    if let Some((got, wanted)) = said
        .strip_prefix("invalid type: ")
        .or_else(|| said.strip_prefix("invalid value: "))
        .and_then(|said| said.rsplit_once(", expected "))
    {
        return format!("{field} must be {}, not {}", kind(wanted), value(got));
    }
    match said {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            format!("{field} must be a whole number")
        }
        "number too large to fit in target type" => format!("{field} is larger than any number taken here"),
        "provided string was not `true` or `false`" => format!("{field} must be `true` or `false`"),
        other => format!("{field} cannot be read: {other}"),
    }
}

/// What a value may be, by the library's name for it.
fn kind(wanted: &str) -> &str {
    match wanted {
        "a string" => "a text in quotes",
        "a boolean" => "`true` or `false`",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        other => other,
    }
}

/// A value, by the library's name for it: `integer `5``, `string "five"`, `map`.
fn value(got: &str) -> String {
    match got {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => {
            let bare = ["string ", "integer ", "floating point ", "boolean "];
            let bare = bare.iter().find_map(|sort| got.strip_prefix(sort)).unwrap_or(got);
            shortened(bare.trim_matches('`'))
        }
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// So that nobody gets back a book of what they sent.
fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_MAX {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(SHOWN_MAX).collect::<String>())
}

/// The first whole number that is too large.
const U64_END: f64 = 18_446_744_073_709_551_616.0;
/// So much of what was sent is shown at most, in letters.
const SHOWN_MAX: usize = 40;
