//! What may follow `offhook notices`.

use clap::{Args, Subcommand};

/// `offhook notices`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct NoticesArgs {
    /// What is to be done; without it they are listed.
    #[command(subcommand)]
    pub(crate) verb: Option<NoticesVerb>,
    /// Prints them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What may be done with them.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticesVerb {
    /// Tries at once what waits, and sends once more what was given up
    Replay {
        /// Whom to tell, by the name in the configuration
        name: String,
        /// Only the notice of this place in the log, as the list shows it
        place: Option<u64>,
    },
}
