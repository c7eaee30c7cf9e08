//! The command line: each command says one verb to a running gateway by its HTTP API and shows
//! the answer. What it prints is made by pure functions and held against golden files.

pub(crate) mod args;
pub(crate) mod client;
mod command;
mod dnc;
mod drain;
mod figures;
mod follow;
pub(crate) mod gateway;
mod health;
mod history;
mod import;
mod keepsake;
mod latency;
pub(crate) mod list;
mod listen;
mod notices;
pub(crate) mod paint;
pub(crate) mod patience;
mod place;
mod reload;
mod show;
mod stop;
mod tail;
pub(crate) mod terminal;
mod tokens;
#[cfg(feature = "tui")]
pub(crate) mod top;
pub(crate) mod wire;
mod words;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use self::args::{CommandLine, ConfigArgs, Global, JsonArgs, Verb};
use self::client::{Client, ClientError, Reply};
use self::command::Wish;
use self::gateway::Gateway;
use self::terminal::Terminal;
use self::wire::{Call, Paused};
use crate::config::settings::Secret;
use crate::config::{Access, Config, ConfigFaults, DEFAULT_FILE, Environment, Loaded, print_in_force};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// It was asked for wrongly, or the configuration has faults.
    Usage = 2,
    /// The gateway can't be reached.
    Unreachable = 3,
    /// The call that was followed ended otherwise than completed, or a command was not done.
    EndedOtherwise = 4,
    /// Nobody knows whether a command was done.
    InDoubt = 5,
    /// A question was asked and not answered.
    NothingAnswered = 6,
    /// Ctrl-C: 128 and the signal's number, as shells have it.
    Interrupted = 130,
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration has faults.
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    /// The command makes no sense as it was given.
    #[error("{0}")]
    Usage(String),
    /// The gateway didn't do it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file can't be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The output can't be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// Asks a running gateway, shows the answer, and says how the command ended.
pub(crate) fn run(verb: &Verb, global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(answer(verb, global, environment, terminal)),
        Err(error) => Err(CommandError::Output(error)),
    };
    end(result, terminal)
}

/// Prints the configuration in force, or the default file.
pub(crate) fn print_config(args: &ConfigArgs, global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    let page = match args.default {
        true => Ok(DEFAULT_FILE.to_owned()),
        false => global.load_config(environment).map(|loaded| print_in_force(&loaded)),
    };
    let page = page.map(|page| if args.json { as_json(&page) } else { page });
    let printed = page.map_err(CommandError::from).and_then(|page| Ok(terminal.print(&page)?));
    end(printed.map(|()| Exit::Done), terminal)
}

/// A TOML document of our own as JSON.
fn as_json(page: &str) -> String {
    let table: toml::Table = page.parse().expect("what is printed is TOML, which a test holds");
    format!("{}\n", serde_json::json!(table))
}

/// Writes the manual pages into a folder, or prints the first.
pub(crate) fn print_manual(folder: Option<&Path>, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(true, environment);
    let command = CommandLine::command();
    let written = match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder))
        }
        None => {
            let mut page = Vec::new();
            let made = clap_mangen::Man::new(command).render(&mut page);
            made.and_then(|()| terminal.print(&String::from_utf8_lossy(&page)))
        }
    };
    end(written.map(|()| Exit::Done).map_err(CommandError::from), terminal)
}

/// Prints the completions for a shell.
pub(crate) fn print_completions(shell: Shell, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(true, environment);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "offhook", &mut script);
    let printed = terminal.print(&String::from_utf8_lossy(&script));
    end(printed.map(|()| Exit::Done).map_err(CommandError::from), terminal)
}

impl Exit {
    /// The code that the process leaves with.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

impl CommandError {
    /// The exit that says so to a script.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Usage(_) | Self::Client(ClientError::BadUrl(_)) => Exit::Usage,
            Self::Client(ClientError::Unreachable { .. }) => Exit::Unreachable,
            Self::Client(
                ClientError::Lost { .. } | ClientError::Problem { .. } | ClientError::Unreadable { .. },
            )
            | Self::File { .. }
            | Self::Output(_) => Exit::Failed,
        }
    }
}

impl Global {
    /// Reads the configuration in force.
    ///
    /// # Errors
    /// All its faults.
    pub(crate) fn load_config(&self, environment: &Environment) -> Result<Loaded, ConfigFaults> {
        Config::load(self.config_file(environment), environment)
    }

    /// The file that was named: the option goes before the variable.
    pub(crate) fn config_file<'a>(&'a self, environment: &'a Environment) -> Option<&'a Path> {
        self.config.as_deref().or_else(|| environment.get("OFFHOOK_CONFIG").map(Path::new))
    }
}

/// Shows what went wrong, if anything did.
fn end(result: Result<Exit, CommandError>, terminal: Terminal) -> Exit {
    result.unwrap_or_else(|error| {
        terminal.remark(&format!("offhook: {error}"));
        error.exit()
    })
}

async fn answer(
    verb: &Verb,
    global: &Global,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let gateway = gateway(global, environment)?;
    match verb {
        Verb::Call(args) => place::run(&gateway, args, terminal).await,
        Verb::Ls(args) => list::run(&gateway, args, terminal).await,
        Verb::History(args) => history::run(&gateway, args, terminal).await,
        Verb::Tail(args) => tail::run(&gateway, args, terminal).await,
        Verb::Show(args) => show::run(&gateway, args, terminal).await,
        Verb::Import(args) => import::run(&gateway, args, terminal).await,
        Verb::Hangup { id, how } => {
            let reply = gateway.hang_up(&gateway.whole_id(id).await?).await?;
            let line = |call: Call| follow::line(&call, terminal.paint);
            show(&reply, how, terminal, |reply| Ok(line(reply.read()?)))
        }
        Verb::Say(args) => {
            command::run(&gateway, &args.id, &Wish::say(&args.text), &args.how, terminal).await
        }
        Verb::Ask(args) => command::run(&gateway, &args.id, &Wish::ask(args), &args.how, terminal).await,
        Verb::Digits(args) => {
            command::run(&gateway, &args.id, &Wish::digits(&args.digits), &args.how, terminal).await
        }
        Verb::Play(args) => command::run(&gateway, &args.id, &Wish::play(args), &args.how, terminal).await,
        Verb::Stream(args) => {
            command::run(&gateway, &args.id, &Wish::stream(args), &args.how, terminal).await
        }
        Verb::Stop(args) => stop::run(&gateway, args, terminal).await,
        Verb::Transfer(args) => {
            command::run(&gateway, &args.id, &Wish::transfer(&args.to), &args.how, terminal).await
        }
        Verb::Pause { reason, how } => {
            show(&gateway.pause(reason.as_deref()).await?, how, terminal, whether_paused)
        }
        Verb::Dnc(args) => dnc::run(&gateway, args, terminal).await,
        Verb::Audit(args) if args.access => tokens::audit(&gateway, args, terminal).await,
        Verb::Token(args) => tokens::run(&gateway, args, terminal).await,
        Verb::Audit(args) => dnc::audit(&gateway, args, terminal).await,
        Verb::Notices(args) => notices::run(&gateway, args, terminal).await,
        Verb::Transcript(args) => keepsake::transcript(&gateway, args, terminal).await,
        Verb::Listen(args) => listen::run(&gateway, args, terminal).await,
        Verb::Recording(args) => keepsake::recording(&gateway, args, terminal).await,
        Verb::Figures(args) => figures::run(&gateway, args, terminal).await,
        Verb::Latency(args) => latency::run(&gateway, args, terminal).await,
        Verb::Drain(args) => drain::run(&gateway, args, terminal).await,
        Verb::Reload(how) => reload::run(&gateway, how, terminal).await,
        Verb::Health(how) => health::run(&gateway, how, terminal).await,
        Verb::Resume(how) => show(&gateway.resume().await?, how, terminal, whether_paused),
    }
}

/// Shows an answer: as it came to programs, and in words to people.
fn show(
    reply: &Reply,
    how: &JsonArgs,
    terminal: Terminal,
    words: impl FnOnce(&Reply) -> Result<String, ClientError>,
) -> Result<Exit, CommandError> {
    match how.json {
        true => terminal.print_document(&reply.text)?,
        false => terminal.print(&words(reply)?)?,
    }
    Ok(Exit::Done)
}

fn whether_paused(reply: &Reply) -> Result<String, ClientError> {
    Ok(paused_line(&reply.read()?))
}

fn paused_line(paused: &Paused) -> String {
    let reason = paused.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let before = match &paused.was {
        None => String::new(),
        was if *was == paused.reason => "; it was paused already".to_owned(),
        Some(was) => format!("; it was paused already ({was}), and that reason is replaced"),
    };
    match paused.paused {
        true => format!("paused{reason}: no new outbound call is placed until 'offhook resume'{before}\n"),
        false => "not paused: outbound calls are placed\n".to_owned(),
    }
}

fn gateway(global: &Global, environment: &Environment) -> Result<Gateway, CommandError> {
    client(global, environment).map(Gateway::new)
}

/// Finds out where the gateway is and by what token it lets us in.
pub(crate) fn client(global: &Global, environment: &Environment) -> Result<Client, CommandError> {
    let access = Access::load(global.config_file(environment), environment)?;
    let url = global.url.as_deref().or_else(|| environment.get("OFFHOOK_URL"));
    let url = match url {
        Some(url) => url.to_owned(),
        None => url_of(access.listen)?,
    };
    let token = match (access.token, access.token_file) {
        (Some(token), _) => Some(token),
        (None, Some(path)) => token_in(path)?,
        (None, None) => None,
    };
    Ok(Client::new(&url, token)?)
}

/// The address at which one who listens is reached from the same machine.
fn url_of(listen: SocketAddr) -> Result<String, CommandError> {
    if listen.port() == 0 {
        let why = "cannot tell where the gateway is: `listen` lets the system choose its port; \
            name its address with --url";
        return Err(CommandError::Usage(why.to_owned()));
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    Ok(format!("http://{}", SocketAddr::new(ip, listen.port())))
}

/// The token that the gateway made; none before its first start.
fn token_in(path: PathBuf) -> Result<Option<Secret>, CommandError> {
    match std::fs::read_to_string(&path) {
        Ok(token) => Ok(Some(Secret::new(token.trim()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CommandError::File { path, error }),
    }
}

#[cfg(test)]
mod tests;
