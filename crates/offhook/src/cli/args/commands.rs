//! What may be asked of a call on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{CALL_ID, duration};

/// `offhook say`.
#[derive(Debug, Args)]
pub(crate) struct SayArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// What is said
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// `offhook ask`.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// What is asked; without it words or one key are listened for
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// Waits for so many keys; without it for as many as are pressed, until # or a pause
    #[arg(long, value_name = "COUNT", conflicts_with = "speech")]
    pub(crate) digits: Option<u8>,
    /// Waits for words instead of keys
    #[arg(long)]
    pub(crate) speech: bool,
    /// Waits so long for the other side to begin, 1s to 60s in whole seconds [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = whole_seconds)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// `offhook digits`.
#[derive(Debug, Args)]
pub(crate) struct DigitsArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// The keys: 0-9, * and #, and w for a pause of half a second, such as 1w2
    pub(crate) digits: String,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// `offhook play`.
#[derive(Debug, Args)]
pub(crate) struct PlayArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    #[arg(help = "Where the carrier fetches the file, such as https://example.com/hello.mp3")]
    #[arg(value_name = "URL")]
    pub(crate) file: String,
    /// How long it takes, for a carrier that doesn't tell when it is over [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = a_second_or_more)]
    pub(crate) lasts: Option<Duration>,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// Whose messages a program speaks that is handed the sound of a call.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Language {
    Carrier,
    Twilio,
}

/// `offhook stream`.
#[derive(Debug, Args)]
pub(crate) struct StreamArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// Where the program listens, such as wss://example.com/sound
    #[arg(value_name = "URL")]
    pub(crate) program: String,
    /// Whose messages the program speaks: the carrier's own, and the carrier connects to it; or Twilio's
    /// media streams on every carrier, and the gateway connects to it
    #[arg(long, value_name = "WHOSE", default_value = "carrier")]
    pub(crate) speaks: Language,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// `offhook stop`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// The command's number, as show tells it; without it everything that was asked and isn't over
    pub(crate) command: Option<u32>,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// `offhook transfer`.
#[derive(Debug, Args)]
pub(crate) struct TransferArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// The number that the call is put through to
    #[arg(value_name = "NUMBER")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) how: CommandArgs,
}

/// How the outcome of something that is asked of a call is shown.
#[derive(Debug, Default, Args)]
pub(crate) struct CommandArgs {
    /// Doesn't wait until it was done
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Prints the command as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The API counts in seconds: what is given in less is refused rather than rounded.
fn whole_seconds(text: &str) -> Result<Duration, String> {
    let wait = duration(text)?;
    let fits = wait.subsec_nanos() == 0 && (1..=ANSWER_WITHIN_MAX_S).contains(&wait.as_secs());
    if fits { Ok(wait) } else { Err(format!("give whole seconds from 1s to {ANSWER_WITHIN_MAX_S}s")) }
}

/// What the API counts in seconds.
pub(super) fn a_second_or_more(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|span| if span.as_secs() > 0 { Ok(span) } else { Err("give 1s or more".to_owned()) })
}

/// So long may a question wait for the other side to begin, in seconds.
const ANSWER_WITHIN_MAX_S: u64 = 60;

/// `offhook transcript`.
#[derive(Debug, Args)]
pub(crate) struct TranscriptArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// Tells which tools were used, too
    #[arg(long)]
    pub(crate) tools: bool,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook recording`.
#[derive(Debug, Args)]
pub(crate) struct RecordingArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// Writes it to FILE, which must not be there yet
    #[arg(long, short, value_name = "FILE", required_unless_present = "delete")]
    pub(crate) output: Option<PathBuf>,
    /// Deletes it
    #[arg(long, conflicts_with = "output")]
    pub(crate) delete: bool,
}

/// `offhook listen`.
#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// Writes it to FILE, which must not be there yet, and not to the standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
