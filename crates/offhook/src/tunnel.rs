//! `offhook tunnel`: how carriers get to reach this gateway. It starts nothing: it looks for the
//! programs that make a machine reachable, says what to tell them, and writes the address that they
//! give into the configuration.

mod ngrok;
mod programs;
mod setting;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use self::ngrok::Ngrok;
use self::programs::PROGRAMS;
use crate::cli::args::{Global, TunnelArgs};
use crate::cli::terminal::Terminal;
use crate::cli::{CommandError, Exit};
use crate::config::{Access, Config, Environment, Source, single};
use crate::consoles::{self, ConsoleEntry};

/// Why it came to nothing.
#[derive(Debug, thiserror::Error)]
enum TunnelError {
    /// As with any command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The address was not written.
    #[error(transparent)]
    Setting(#[from] setting::SettingError),
}

/// What was found, and what comes next.
struct Found {
    /// The commands that would make it reachable, each with a remark.
    commands: Vec<(String, &'static str)>,
    ngrok: Ngrok,
    /// The address that was written, and whether that changed the file.
    set: Option<(String, bool)>,
    /// What is in force now, if the configuration has no fault.
    public_url: Option<String>,
    consoles: Vec<ConsoleEntry>,
    file: Option<PathBuf>,
}

/// Looks, writes what is to be written, and says what comes next.
pub(crate) fn run(args: &TunnelArgs, global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    let told = look(args, global, environment).and_then(|found| {
        let printed = match args.json {
            true => terminal.print_json(&document(&found)),
            false => terminal.print(&told(&found)),
        };
        printed.map_err(CommandError::from).map_err(TunnelError::from)
    });
    match told {
        Ok(()) => Exit::Done,
        Err(error) => {
            terminal.remark(&format!("offhook: {error}"));
            match error {
                TunnelError::Command(error) => error.exit(),
                TunnelError::Setting(_) => Exit::Failed,
            }
        }
    }
}

fn look(args: &TunnelArgs, global: &Global, environment: &Environment) -> Result<Found, TunnelError> {
    let usage = |why: String| TunnelError::from(CommandError::Usage(why));
    let given =
        args.set.as_deref().map(|url| single::public_url(url).map_err(|why| usage(format!("--set {why}"))));
    let given = given.transpose()?;
    let file = global.config_file(environment);
    let listen = Access::load(file, environment).map_err(CommandError::from)?.listen;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::Output)?;
    let ngrok = runtime.block_on(ngrok::ask(&args.ngrok_api, listen));
    let running = match &ngrok {
        Ngrok::Leads(url) if args.write => Some(url.clone()),
        Ngrok::Leads(_) | Ngrok::Away | Ngrok::Elsewhere(_) => None,
    };
    if args.write && running.is_none() {
        let why =
            "--write found no ngrok that leads to this gateway; start it, or give the address with --set URL";
        return Err(usage(why.to_owned()));
    }
    let path = written_file(file, environment);
    let set = match given.or(running) {
        None => None,
        Some(url) => {
            let path = path.as_deref().ok_or_else(|| {
                usage(
                    "there is no configuration to write public_url into; 'offhook init' makes one".to_owned(),
                )
            })?;
            let changed = setting::set(path, &url)?;
            Some((url, changed))
        }
    };
    let loaded = Config::load(file, environment).ok();
    let public_url = loaded.as_ref().and_then(|loaded| loaded.config.public_url.as_ref());
    let public_url = public_url.map(|url| url.as_str().to_owned());
    let consoles = loaded.as_ref().zip(public_url.as_deref());
    let consoles = consoles.map(|(loaded, url)| consoles::entries(&loaded.config, url)).unwrap_or_default();
    let commands =
        programs::found(environment).into_iter().map(|program| (program.command(listen), program.remark));
    Ok(Found { commands: commands.collect(), ngrok, set, public_url, consoles, file: path })
}

/// The file that is read, found without its secrets having to be there.
fn written_file(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    match Config::source(named, environment) {
        Ok(Source::File(path)) => Some(path),
        Ok(Source::BuiltIn) | Err(_) => None,
    }
}

/// For people.
fn told(found: &Found) -> String {
    let mut lines = Vec::new();
    match &found.set {
        Some((url, true)) => {
            lines.push(format!("public_url = \"{url}\" is written into {}", shown(found.file.as_deref())));
            lines.push("restart the gateway: carriers are told this address when it starts".to_owned());
        }
        Some((url, false)) => lines.push(format!("public_url is \"{url}\" already")),
        None => lines.extend(ways(found)),
    }
    if let (Some((set, _)), Some(in_force)) = (&found.set, &found.public_url)
        && set != in_force
    {
        lines.push(format!("a variable of the environment overrides it: {in_force} is in force"));
    }
    if !found.consoles.is_empty() {
        lines.push(String::new());
        lines.push("in the carriers' consoles:".to_owned());
        let entry = |entry: &ConsoleEntry| format!("  {}: {}\n    {}", entry.carrier, entry.place, entry.url);
        lines.extend(found.consoles.iter().map(entry));
        lines.push(String::new());
        lines.push("then 'offhook doctor' tells whether the address leads here".to_owned());
    }
    lines.join("\n") + "\n"
}

/// How to get an address.
fn ways(found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    match &found.ngrok {
        Ngrok::Leads(url) if found.public_url.as_deref() == Some(url.trim_end_matches('/')) => {
            return vec![format!("ngrok leads here from {url}, and public_url says so")];
        }
        Ngrok::Leads(url) => {
            lines.push(format!("ngrok leads here from {url}"));
            lines.push("  offhook tunnel --write     # writes that into the configuration".to_owned());
            return lines;
        }
        Ngrok::Elsewhere(where_to) => {
            lines.push(format!("ngrok runs, and leads to {}, not here", where_to.join(" and ")));
        }
        Ngrok::Away => {}
    }
    if let Some(url) = &found.public_url {
        lines.push(format!("public_url is {url}; to have another:"));
    }
    if found.commands.is_empty() {
        let names: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
        lines.push(format!(
            "none of {} is on the path; install one, or use a proxy of yours,",
            names.join(", ")
        ));
        lines.push("then write its address into the configuration:".to_owned());
    } else {
        lines.push("run one of these, beside the gateway:".to_owned());
        lines.extend(found.commands.iter().map(|(command, remark)| format!("  {command}\n    {remark}")));
        lines.push("then write the address that it gives into the configuration:".to_owned());
    }
    lines.push("  offhook tunnel --set https://…".to_owned());
    lines
}

/// For programs.
fn document(found: &Found) -> Value {
    let ngrok = match &found.ngrok {
        Ngrok::Leads(url) => Some(url),
        Ngrok::Away | Ngrok::Elsewhere(_) => None,
    };
    let console =
        |entry: &ConsoleEntry| json!({ "carrier": entry.carrier, "place": entry.place, "url": entry.url });
    json!({
        "commands": found.commands.iter().map(|(command, _)| command).collect::<Vec<_>>(),
        "ngrok": ngrok,
        "public_url": found.public_url,
        "written": found.set.as_ref().is_some_and(|(_, changed)| *changed),
        "file": found.file,
        "consoles": found.consoles.iter().map(console).collect::<Vec<_>>(),
    })
}

fn shown(file: Option<&Path>) -> String {
    file.map(|file| file.display().to_string()).unwrap_or_default()
}
