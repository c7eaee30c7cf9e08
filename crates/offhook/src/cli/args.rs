//! What may be typed on the command line.

mod begin;
mod commands;
mod drain;
mod figures;
mod notices;
mod past;
mod tokens;

pub(crate) use begin::{InitArgs, TunnelArgs};
pub(crate) use commands::{
    AskArgs, CommandArgs, DigitsArgs, Language, ListenArgs, PlayArgs, RecordingArgs, SayArgs, StopArgs,
    StreamArgs, TranscriptArgs, TransferArgs,
};
pub(crate) use drain::DrainArgs;
pub(crate) use figures::{FiguresArgs, LatencyArgs};
pub(crate) use tokens::{AddTokenArgs, TokenArgs};

pub(crate) use notices::{NoticesArgs, NoticesVerb};
pub(crate) use past::{HistoryArgs, TailArgs};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::archive::Archive;
use crate::config::parse_duration;

/// A telephone gateway for software agents.
///
/// Places and answers calls through a carrier or a simulated telephone network, and never loses
/// track of a call, whatever fails.
#[derive(Debug, Parser)]
#[command(name = "offhook", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct CommandLine {
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command; may stand before or after it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Global {
    /// Reads the configuration from FILE [env: OFFHOOK_CONFIG]
    ///
    /// Without it: ./offhook.toml, then ~/.config/offhook/offhook.toml, then the built-in default.
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING)]
    pub(crate) config: Option<PathBuf>,
    /// Reaches the gateway at URL [env: OFFHOOK_URL] [default: from the configuration's `listen`]
    #[arg(long, global = true, value_name = "URL", help_heading = HEADING)]
    pub(crate) url: Option<String>,
    /// Prints without colour, as with NO_COLOR
    #[arg(long, global = true, help_heading = HEADING)]
    pub(crate) no_color: bool,
}

/// Everything that offhook does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows a gateway that dies in the middle of calls and comes back knowing the truth
    Demo(DemoArgs),
    /// Asks a few questions, and writes a configuration that works
    ///
    /// What an option answers isn't asked; where nobody can be asked, all must be answered by options. It
    /// writes offhook.toml, or the file that --config names, and then looks for what is wrong as `doctor`
    /// does. Ends with 1 if something is: the file is written all the same.
    Init(InitArgs),
    /// Says how carriers get to reach this gateway, and writes the address into the configuration
    ///
    /// Looks for cloudflared, ngrok and tailscale, prints the command that leads to the configured
    /// `listen`, and which address the carrier's console wants. It starts nothing.
    Tunnel(TunnelArgs),
    /// Runs the gateway
    Serve(ServeArgs),
    /// Runs the simulated telephone network
    Sim(SimArgs),
    /// Lets a model make phone calls: a server of tools of the Model Context Protocol, by standard input and output
    ///
    /// A client such as Claude Desktop, Claude Code or an editor starts it, and ends it. It asks the gateway
    /// that runs, by the same address and token as all other commands; it places no call by itself, and needs
    /// no gateway to be started. Clients that speak HTTP need no program: the gateway has the same at /mcp.
    /// See docs/mcp.md.
    Mcp,
    /// What is asked of a running gateway.
    #[command(flatten)]
    Verb(Verb),
    /// What is done with the store as a whole.
    #[command(flatten)]
    Archive(Archive),
    /// Shows a running gateway on the terminal: who is called, for how long, and what is said
    ///
    /// Keys: q quits, arrows or jk select, enter tells a call's story, h hangs it up (and asks first),
    /// / filters.
    #[cfg(feature = "tui")]
    Top,
    /// Looks for what is wrong: the configuration, the gateway, the carriers' accounts and settings
    ///
    /// Reads the configuration, asks the gateway that runs, if any, and sends each carrier a few
    /// harmless requests. It changes nothing. Each finding is ok, a note, a warning or FAILED, with
    /// the way out on the next line.
    Doctor(DoctorArgs),
    /// Shows what a restart would decide of every unfinished call, asking the carriers
    ///
    /// Reads the store of this machine, whether a gateway runs on it or not, and asks the carriers as
    /// a start would. It changes nothing, neither in the store nor at the carriers.
    Recover(RecoverArgs),
    /// Prints the configuration in force, with secrets masked
    Config(ConfigArgs),
    /// Writes the manual pages, one for each command
    ///
    /// Into DIR, such as /usr/local/share/man/man1; without it prints the page of offhook itself.
    Man {
        /// The folder, which is made if it isn't there
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What is asked of a running gateway by its HTTP API.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Places a call
    ///
    /// On a terminal it prints the call's id and state; to a file or a program the id alone, and
    /// the state as a remark.
    Call(CallArgs),
    /// Lists calls, the live ones unless told otherwise
    Ls(LsArgs),
    /// Searches the calls that are over, the newest first
    ///
    /// What is given must all fit. Times are points in time, or how long ago: 2h, 30d.
    History(HistoryArgs),
    /// Tells the story of one call
    Show(ShowArgs),
    /// Tells what happens on all calls, or on one, as it happens: a line for each event
    ///
    /// Without an id it tells of all.
    ///
    /// It waits for a gateway that goes away, and goes on where it was: nothing is missed. One call is
    /// followed to its end.
    Tail(TailArgs),
    /// Prints who said what on a call, and when, as it was heard
    Transcript(TranscriptArgs),
    /// Listens in on a call whose sound goes through the gateway, as WAV: `offhook listen ID | aplay`
    ///
    /// To the left is the other side. It ends with the talk.
    Listen(ListenArgs),
    /// Writes a call's recording to a WAV file, the other side to the left
    Recording(RecordingArgs),
    /// Hangs up a call
    Hangup {
        #[arg(help = CALL_ID)]
        id: String,
        #[command(flatten)]
        how: JsonArgs,
    },
    /// Says something on a call, and waits until it was said
    Say(SayArgs),
    /// Asks something on a call, and prints what the other side pressed or said
    Ask(AskArgs),
    /// Presses keys on a call
    Digits(DigitsArgs),
    /// Plays a sound file on a call, and waits until it was played
    Play(PlayArgs),
    /// Puts a call through to somebody else
    Transfer(TransferArgs),
    /// Hands a call's sound to a program behind a WebSocket, and waits until that is over
    Stream(StreamArgs),
    /// Ends what is said, asked, played or streamed on a call, and drops what waits
    Stop(StopArgs),
    /// Stops placing new outbound calls, also after a restart, until `resume`
    Pause {
        /// Why, for those who ask later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        how: JsonArgs,
    },
    /// Places outbound calls again
    Resume(JsonArgs),
    /// Takes no new call, in or out, and ends the gateway when those that live are over
    ///
    /// Ctrl-C leaves it draining. It isn't kept: a gateway that is started again takes calls.
    Drain(DrainArgs),
    /// Has the gateway read its configuration and its secrets anew, without touching a call
    ///
    /// Names what was taken over and what needs a restart. A configuration with a fault is refused, and the
    /// one before stays in force. SIGHUP does the same.
    Reload(JsonArgs),
    /// Tells whether the gateway is ready, and what is amiss
    ///
    /// Ends with 0 if what it hears can be put on disk, with 1 if not, and with 3 if it can't be reached.
    Health(JsonArgs),
    /// Keeps the do-not-call list: numbers that are never called
    #[command(subcommand)]
    Dnc(DncArgs),
    /// Shows who is told of calls by webhooks of ours, and how that goes
    Notices(NoticesArgs),
    /// Lists what the dial gate decided, or what was asked for through the API, the newest first
    Audit(AuditArgs),
    /// Keeps the tokens of the API: who may use it, for what, and how far
    #[command(subcommand)]
    Token(TokenArgs),
    /// Tells how long whoever is on the line waited for replies, by agent and carrier, and for what
    Latency(LatencyArgs),
    /// Shows calls, endings, talk, cost and replies over time
    Figures(FiguresArgs),
    /// Takes over the calls of an OpenClaw `calls.jsonl`
    Import(ImportArgs),
}

/// `offhook dnc`.
#[derive(Debug, Subcommand)]
pub(crate) enum DncArgs {
    /// Puts a number on the list
    Add {
        /// The number, such as +12025550143
        number: String,
        /// Why, for those who ask later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        how: JsonArgs,
    },
    /// Takes a number off the list
    Remove {
        /// The number
        number: String,
        #[command(flatten)]
        how: JsonArgs,
    },
    /// Lists the numbers that are on it
    List {
        /// Prints one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Puts the numbers of a file on the list, and says which lines it could not read
    Import {
        /// The file, one number per line, or CSV with a number and perhaps a reason
        file: PathBuf,
        #[command(flatten)]
        how: JsonArgs,
    },
}

/// `offhook audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Lists refusals alone
    #[arg(long)]
    pub(crate) refused: bool,
    /// Lists what was asked for through the API, by which token, and what came of it
    #[arg(long)]
    pub(crate) access: bool,
    /// Only by this token
    #[arg(long, value_name = "NAME", requires = "access")]
    pub(crate) token: Option<String>,
    /// Only this verb, such as place or transfer
    #[arg(long, value_name = "WORD", requires = "access")]
    pub(crate) verb: Option<String>,
    /// Only of this call, by its whole id
    #[arg(long, value_name = "ID", requires = "access")]
    pub(crate) call: Option<String>,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Prints one JSON document at the end and nothing else
    #[arg(long)]
    pub(crate) json: bool,
    /// Keeps the store and the logs, and says where they are
    #[arg(long)]
    pub(crate) keep: bool,
    /// Writes a WAV file of the conversation at the end into this folder, one side on each channel
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,
    /// Which carrier's interface the calls go through
    #[arg(long, value_enum, default_value_t = DemoCarrier::Twilio)]
    pub(crate) carrier: DemoCarrier,
}

/// Which carrier's interface the demo's calls go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoCarrier {
    /// Twilio's
    Twilio,
    /// Telnyx's
    Telnyx,
    /// Plivo's
    Plivo,
    /// All three, one after the other
    All,
}

/// `offhook serve`.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// Ends when its standard input ends, as it does when whoever started it dies
    #[arg(long, hide = true)]
    pub(crate) until_stdin_ends: bool,
}

/// `offhook sim`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct SimArgs {
    /// What is asked of a network that runs; without it one is run.
    #[command(subcommand)]
    pub(crate) ask: Option<SimAsk>,
    /// Listens on this address; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4061")]
    pub(crate) listen: SocketAddr,
    /// Draws what happens by chance from this number, so that it happens again
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Answers every request to a carrier so much later, such as 50ms
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) latency: Option<Duration>,
    /// Ends when its standard input ends, as it does when whoever started it dies
    #[arg(long, hide = true)]
    pub(crate) until_stdin_ends: bool,
    /// Ends when nothing was asked of it and no call was live for so long, such as 30s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) exit_when_idle: Option<Duration>,
}

/// What is asked of a simulated network that runs.
#[derive(Debug, Subcommand)]
pub(crate) enum SimAsk {
    /// Lets a subscriber call one of your own numbers
    ///
    /// The network is asked at --url, or else where the configuration has it: at the `base_url` of
    /// the carrier that the called number is with. It knows the numbers of every gateway that was
    /// started on it.
    Call(SimCallArgs),
}

/// `offhook sim call`.
#[derive(Debug, Args)]
pub(crate) struct SimCallArgs {
    /// The subscriber's number, such as +15550110001
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: String,
    /// Which one of your own numbers is called
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: String,
    /// Prints the call as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook call`.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The number to call, such as +15550100001
    #[arg(value_name = "NUMBER")]
    pub(crate) to: String,
    /// Says TEXT when the call is answered
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) say: Option<String>,
    /// Has this one of your agents talk then; they stand under `[agents]` in the configuration
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// Holds the line when that was said, for `say`, `ask`, `play`, `digits`, `transfer` and `stream`
    #[arg(long)]
    pub(crate) hold: bool,
    /// Records it, after the announcement that it is
    #[arg(long)]
    pub(crate) record: bool,
    /// Calls from this one of your own numbers
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<String>,
    /// Follows the call to its end
    ///
    /// Ends with 0 if the call was completed and with 4 if it ended otherwise. Ctrl-C stops
    /// following and leaves the call alone.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Prints the call as JSON, with --wait as it ended
    #[arg(long)]
    pub(crate) json: bool,
}

/// How an answer is shown.
#[derive(Debug, Default, Args)]
pub(crate) struct JsonArgs {
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Lists ended calls too
    #[arg(long, conflicts_with = "recovered")]
    pub(crate) all: bool,
    /// Lists what the gateway's last start found and decided
    #[arg(long)]
    pub(crate) recovered: bool,
    /// Prints one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[arg(help = CALL_ID)]
    pub(crate) id: String,
    /// Prints one JSON document with `call` and `events`
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXIT_CODES)]
pub(crate) struct DoctorArgs {
    /// Prints the findings as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    /// Changes nothing; needed, since a start recovers by itself
    #[arg(long, required = true)]
    pub(crate) dry_run: bool,
    /// Prints one JSON document, as `GET /v1/recovery` has it
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Prints every setting with its default and what it means
    #[arg(long)]
    pub(crate) default: bool,
    /// Prints them as one JSON document, with secrets masked
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file, one JSON snapshot of a call per line
    pub(crate) file: PathBuf,
    /// Prints the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write a duration such as 500ms, 90s or 10m".to_owned())
}

const CALL_ID: &str = "The call's id, or as much of its beginning as no other has";

const HEADING: &str = "Global options";

const DOCTOR_EXIT_CODES: &str = "\
Exit codes: 0 nothing failed, 1 something failed, 2 the configuration has faults.";

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 gateway unreachable,
4 (call --wait) the call ended otherwise than completed, (say, ask, play, digits, transfer, stream,
stop) it was not done,
5 nobody knows whether it was done, 6 (ask) nothing was answered.";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Command, CommandLine, Verb};

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in ["offhook --config a.toml ls --all", "offhook ls --all --config a.toml"] {
            let line = CommandLine::try_parse_from(line.split(' ')).expect("is right");
            assert_eq!(line.global.config.as_deref(), Some("a.toml".as_ref()));
            assert!(matches!(line.command, Command::Verb(Verb::Ls(ls)) if ls.all));
        }
    }

    #[test]
    fn wherever_a_call_is_named_its_beginning_is_enough() {
        let line = CommandLine::command();
        let ids: Vec<_> = line
            .get_subcommands()
            .flat_map(|command| command.get_arguments().filter(|argument| argument.get_id() == "id"))
            .collect();
        assert!(ids.len() >= 6, "{ids:?}");
        for id in ids {
            assert_eq!(id.get_help().map(ToString::to_string).as_deref(), Some(super::CALL_ID));
        }
    }

    #[test]
    fn wrong_usage_is_refused() {
        let lines = [
            "offhook",
            "offhook call",
            "offhook ls --all --recovered",
            "offhook sim --exit-when-idle 30",
            "offhook ask c_1 What? --timeout 500ms",
            "offhook ask c_1 What? --timeout 8500ms",
            "offhook ask c_1 What? --timeout 61s",
            "offhook sim call --from +15550110001",
            "offhook sim --seed 1 call --from +15550110001 --to +15550100000",
            "offhook recover",
            "offhook dial 1",
        ];
        for line in lines {
            let error = CommandLine::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
