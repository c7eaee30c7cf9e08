//! `offhook drain`.

use std::time::Duration;

use clap::Args;

use super::{JsonArgs, duration};

/// `offhook drain`.
#[derive(Debug, Args)]
pub(crate) struct DrainArgs {
    /// Ends after so long, whatever lives: as after SIGTERM those calls go on at their carriers
    #[arg(long, value_name = "DURATION", value_parser = within)]
    pub(crate) within: Option<Duration>,
    /// Has the gateway take calls again
    #[arg(long, conflicts_with_all = ["within", "no_wait"])]
    pub(crate) cancel: bool,
    /// Doesn't wait until it has ended
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) how: JsonArgs,
}

fn within(text: &str) -> Result<Duration, String> {
    let within = duration(text)?;
    let fits = within.subsec_nanos() == 0 && (1..=WITHIN_MAX_S).contains(&within.as_secs());
    if fits { Ok(within) } else { Err("give whole seconds from 1s to 24h".to_owned()) }
}

/// A day: no call lasts longer.
const WITHIN_MAX_S: u64 = 24 * 3600;
