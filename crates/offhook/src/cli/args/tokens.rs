//! `offhook token` on the command line.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::commands::a_second_or_more;
use super::duration;

/// `offhook token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenArgs {
    /// Makes a token, and prints its text, which is told this once
    Add(AddTokenArgs),
    /// Lists the tokens, what each may do, and when it was last used
    List {
        /// Prints one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Gives a token another text, and prints it; the one before stays good for a while
    Rotate {
        /// Its name
        name: String,
        /// How long the text before stays good; 0s for not at all [default: 1h]
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        overlap: Option<Duration>,
        /// After how long it expires, from now; without it that stays as it is
        #[arg(long, value_name = "DURATION", value_parser = a_second_or_more)]
        expires_in: Option<Duration>,
        /// Prints one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Takes a token away: it is good no longer when this returns
    Remove {
        /// Its name
        name: String,
        /// Prints one JSON document
        #[arg(long)]
        json: bool,
    },
}

/// `offhook token add`.
#[derive(Debug, Args)]
pub(crate) struct AddTokenArgs {
    /// What it is called, by which calls and the audit tell who asked
    pub(crate) name: String,
    /// What it is for: read, place, listen, control, gate, admin
    #[arg(long = "scope", value_name = "SCOPES", value_delimiter = ',', required = true)]
    pub(crate) scopes: Vec<String>,
    /// Whom it may call and put calls through to: numbers, or beginnings such as +1555*
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) to: Option<Vec<String>>,
    /// From which of your numbers it may call
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) from: Option<Vec<String>>,
    /// Which agents may talk on its calls
    #[arg(long = "agent", value_name = "NAMES", value_delimiter = ',')]
    pub(crate) agents: Option<Vec<String>>,
    /// How many calls it may ask for in an hour
    #[arg(long, value_name = "COUNT")]
    pub(crate) calls_per_hour: Option<u64>,
    /// How many calls it may ask for in 24 hours
    #[arg(long, value_name = "COUNT")]
    pub(crate) calls_per_day: Option<u64>,
    /// Lets it see and touch only the calls that it asked for
    #[arg(long)]
    pub(crate) own_calls: bool,
    /// After how long it expires, such as 720h
    #[arg(long, value_name = "DURATION", value_parser = a_second_or_more)]
    pub(crate) expires_in: Option<Duration>,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
