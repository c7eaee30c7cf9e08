//! What is given to `offhook latency` and `offhook figures`.

use clap::Args;

/// `offhook latency`.
#[derive(Debug, Args)]
pub(crate) struct LatencyArgs {
    /// Of the last so many calls, 10000 at most
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) calls: usize,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook figures`.
#[derive(Debug, Args)]
pub(crate) struct FiguresArgs {
    /// By the day instead of by the hour
    #[arg(long)]
    pub(crate) days: bool,
    /// The last so many hours or days, 366 at most [default: 24 hours, 30 days]
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<u32>,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
