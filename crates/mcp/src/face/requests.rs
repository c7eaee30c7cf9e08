//! What the tools take. What the API checks by itself is handed on as it is.

use super::answers::Told;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceCall {
    pub(super) to: String,
    pub(super) from: Option<String>,
    pub(super) say: Option<String>,
    pub(super) agent: Option<String>,
    /// Default: whether nobody else talks.
    pub(super) hold: Option<bool>,
    pub(super) idempotency_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Say {
    pub(super) call: String,
    pub(super) text: String,
    pub(super) wait_s: Option<u64>,
    pub(super) idempotency_key: Option<String>,
}

/// What `ask` takes, and `listen` without a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    pub(super) call: String,
    pub(super) text: Option<String>,
    pub(super) input: Option<String>,
    pub(super) digits: Option<u64>,
    pub(super) timeout_s: Option<u64>,
    pub(super) wait_s: Option<u64>,
    pub(super) idempotency_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendDigits {
    pub(super) call: String,
    pub(super) digits: String,
    pub(super) wait_s: Option<u64>,
    pub(super) idempotency_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transfer {
    pub(super) call: String,
    pub(super) to: String,
    pub(super) wait_s: Option<u64>,
    pub(super) idempotency_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HangUp {
    pub(super) call: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GetCall {
    pub(super) call: String,
    #[serde(default)]
    pub(super) transcript: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListCalls {
    pub(super) live: Option<bool>,
    pub(super) state: Option<String>,
    pub(super) limit: Option<u64>,
    pub(super) cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitForCall {
    pub(super) call: String,
    #[serde(default)]
    pub(super) until: Until,
    pub(super) command: Option<u64>,
    pub(super) since: Option<u64>,
    pub(super) timeout_s: Option<u64>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Until {
    /// It was picked up, or is over.
    Answered,
    /// It is over.
    #[default]
    Ended,
    /// Anything happened.
    News,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Reads the arguments of a tool.
///
/// # Errors
/// They can't be read, as a model is told.
pub(super) fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, Told> {
    serde_json::from_value(arguments).map_err(|error| Told::bad_arguments(&error.to_string()))
}

/// Takes a number of seconds that must lie within bounds.
///
/// # Errors
/// It doesn't.
pub(super) fn seconds(
    name: &str,
    given: Option<u64>,
    default: u64,
    most: u64,
) -> Result<std::time::Duration, Told> {
    match given.unwrap_or(default) {
        seconds if seconds <= most => Ok(std::time::Duration::from_secs(seconds)),
        seconds => Err(Told::bad_arguments(&format!("{name} is {seconds}, and may be 0 to {most}"))),
    }
}
