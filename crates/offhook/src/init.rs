//! `offhook init`: asks a few questions and writes a configuration that works, then looks whether it
//! does and says what comes next.

pub(crate) mod answers;
mod ask;
mod file;
mod questions;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use self::answers::{Account, Answers, SecretPlace, Welcome};
use self::ask::{Asking, Who};
use crate::cli::Exit;
use crate::cli::args::{Global, InitArgs};
use crate::cli::terminal::Terminal;
use crate::config::{Config, Environment};
use crate::consoles;
use crate::doctor;

/// Why no file was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    /// The command makes no sense as it was given.
    #[error("{0}")]
    Usage(String),
    /// Whoever was asked went away.
    #[error("nothing was written: the questions were not all answered")]
    GaveUp,
    /// Whoever was asked wants to keep what is there.
    #[error("nothing was written: {} stays as it is", .0.display())]
    Kept(PathBuf),
    /// The file can't be written.
    #[error("cannot write {}: {error}; name another place with --config", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The terminal is gone.
    #[error("cannot ask: {0}")]
    Terminal(#[from] io::Error),
}

/// Asks, writes, looks, and says what comes next.
pub(crate) fn run(args: &InitArgs, global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    let named = global.config_file(environment).unwrap_or(Path::new(FILE_NAME));
    let path = environment.folder().join(named);
    let written = write(args, &path).map(|answers| {
        let told = Told { answers: &answers, path: &path, shown: named, environment };
        told.tell(args, global, terminal)
    });
    match written {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            terminal.remark(&format!("offhook: cannot write the output: {error}"));
            Exit::Failed
        }
        Err(error) => {
            terminal.remark(&format!("offhook: {error}"));
            if matches!(error, InitError::Usage(_)) { Exit::Usage } else { Exit::Failed }
        }
    }
}

fn write(args: &InitArgs, path: &Path) -> Result<Answers, InitError> {
    let is_person = io::stdin().is_terminal() && io::stderr().is_terminal();
    let overwrite = may_overwrite(args, path, is_person)?;
    let (mut stdin, mut stderr) = (io::stdin().lock(), io::stderr().lock());
    let who = match is_person {
        true => Who::Person { answers: &mut stdin, screen: &mut stderr },
        false => Who::Nobody,
    };
    let mut asking = Asking::new(who);
    asking.tell(&format!(
        "This writes {}. In brackets is what an empty answer means; Ctrl-C leaves, and nothing is written.\n",
        path.display()
    ))?;
    let answers = questions::all(&mut asking, args)?;
    asking.done()?;
    let answers = answers.ok_or(InitError::GaveUp)?;
    let text = file::text(&answers);
    let done = match overwrite {
        true => crate::serve::keep_file(path, &text),
        false => file::create(path, &text),
    };
    done.map_err(|error| InitError::File { path: path.to_owned(), error })?;
    Ok(answers)
}

/// Whether what is there goes. Asked before all else, so that nobody answers in vain.
fn may_overwrite(args: &InitArgs, path: &Path, is_person: bool) -> Result<bool, InitError> {
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    let shown = path.display();
    if args.force {
        return Ok(true);
    }
    if !is_person {
        let ways = "--force overwrites it, and --config FILE names another";
        return Err(InitError::Usage(format!("{shown} is there already; {ways}")));
    }
    let mut screen = io::stderr();
    write!(screen, "{shown} is there already. Overwrite it? [no]: ")?;
    screen.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        _ => Err(InitError::Kept(path.to_owned())),
    }
}

/// What is told once the file is there.
struct Told<'a> {
    answers: &'a Answers,
    path: &'a Path,
    /// The path as it was named.
    shown: &'a Path,
    environment: &'a Environment,
}

impl Told<'_> {
    fn tell(&self, args: &InitArgs, global: &Global, terminal: Terminal) -> io::Result<Exit> {
        let shown = self.shown.display();
        let named =
            Global { config: Some(self.path.to_owned()), url: global.url.clone(), no_color: global.no_color };
        let report = (!args.no_check).then(|| doctor::examined(&named, self.environment)).transpose()?;
        let is_failed = report.as_ref().is_some_and(|report| report.exit != Exit::Done);
        if args.json {
            let findings = report.map(|report| report.document()["findings"].take());
            terminal.print_json(&json!({ "file": self.path, "findings": findings, "next": self.next() }))?;
        } else {
            let table =
                report.map(|report| format!("\n{}", report.table(terminal.paint))).unwrap_or_default();
            let next: String = self.next().iter().map(|step| format!("  {step}\n")).collect();
            terminal.print(&format!("wrote {shown}, which only you can read\n{table}\nnext:\n{next}"))?;
        }
        Ok(if is_failed { Exit::Failed } else { Exit::Done })
    }

    /// What comes next, in order.
    fn next(&self) -> Vec<String> {
        let answers = self.answers;
        let config = match self.shown == Path::new(FILE_NAME) {
            true => String::new(),
            false => format!(" --config {}", self.shown.display()),
        };
        let mut steps = self.secrets();
        steps.push(format!("offhook serve{config}"));
        let is_simulated = answers.account == Account::Simulated;
        let to = if is_simulated { "+15550100042" } else { "NUMBER" };
        steps.push(format!("offhook call{config} {to} --say \"Hello from a program\" --wait"));
        if is_simulated && answers.welcome != Welcome::Nobody {
            let to = &answers.number;
            steps.push(format!(
                "offhook sim call{config} --from +15550110006 --to {to}    # somebody calls you"
            ));
        }
        if !is_simulated && answers.public_url.is_none() {
            let why = "    # so that the carrier can tell the gateway how calls stand, and bring calls in";
            steps.push(format!("offhook tunnel{config}{why}"));
        }
        steps.extend(self.console());
        steps
    }

    /// The secrets that aren't where the file says.
    fn secrets(&self) -> Vec<String> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let is_there = |place: &SecretPlace| match place {
            SecretPlace::Variable(name) => self.environment.get(name).is_some(),
            // One that begins with ~ is found by the configuration's own reader, which the table tells of.
            SecretPlace::File(path) => path.starts_with('~') || folder.join(path).exists(),
        };
        let missing = self.answers.secrets().filter(|place| !is_there(place));
        let step = |place: &SecretPlace| match place {
            SecretPlace::Variable(name) => format!("export {name}=…"),
            SecretPlace::File(_) => format!("write the secret into {}", place.shown()),
        };
        missing.map(step).collect()
    }

    /// What the carrier's console wants, where the address is known.
    fn console(&self) -> Vec<String> {
        let Some(url) = &self.answers.public_url else { return Vec::new() };
        let Ok(loaded) = Config::load(Some(self.path), self.environment) else { return Vec::new() };
        let entries = consoles::entries(&loaded.config, url);
        entries
            .iter()
            .map(|entry| format!("in {}'s console, {}: {}", entry.carrier, entry.place, entry.url))
            .collect()
    }
}

/// Where a configuration is looked for first.
const FILE_NAME: &str = "offhook.toml";
