//! What may be typed to see what happened, and what happens.

use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::CALL_ID;
use crate::config::parse_duration;

/// `offhook history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Made since: 2h, 30d, or a time such as 2026-11-22T13:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) since: Option<Timestamp>,
    /// Made before then
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) until: Option<Timestamp>,
    /// To this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: Option<String>,
    /// From this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<String>,
    /// To this number or from it
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// Which way they went
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) direction: Option<Way>,
    /// How they ended: completed, busy, no_answer, canceled, rejected, failed or indeterminate
    #[arg(long, visible_alias = "state", value_name = "HOW")]
    pub(crate) ending: Option<String>,
    /// At the carrier of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) carrier: Option<String>,
    /// With the agent of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// On which this was said, by either side, whatever its case
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) search: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
    pub(crate) limit: usize,
    /// Goes on where another search ended
    #[arg(long, value_name = "ID")]
    pub(crate) cursor: Option<String>,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which way a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// To us
    Inbound,
    /// From us
    Outbound,
}

impl Way {
    /// The API's word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// `offhook tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: Option<String>,
    /// Begins with what happened since: 10m, 2h, or a time such as 2026-11-22T13:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) since: Option<Timestamp>,
    /// Prints each event as one line of JSON, with its call
    #[arg(long)]
    pub(crate) json: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "write a number, 1 or more".to_owned())
}

/// A point in time, or how long ago.
fn since(text: &str) -> Result<Timestamp, String> {
    let wrong = || "write how long ago, such as 10m, or a time such as 2026-11-22T13:00:00Z".to_owned();
    let ago = text.strip_suffix('d').and_then(|days| days.parse().ok()).map(|days: u64| days * 24 * 3600);
    match ago.map(Duration::from_secs).or_else(|| parse_duration(text)) {
        Some(ago) => Timestamp::now().checked_sub(ago).map_err(|_| wrong()),
        None => text.parse().map_err(|_| wrong()),
    }
}
