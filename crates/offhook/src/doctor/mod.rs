//! `offhook doctor`: looks at the configuration and at everything that it leads to, and says of
//! each what it found and, where something is wrong, the way out. It changes nothing anywhere.

mod accounts;
mod clock;
mod finding;
mod gateway;
mod models;
mod numbers;
mod public;
mod setup;
mod speech;
mod tools;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use carrier::SendError;
use carrier::send::{SendSettings, Sender};
use serde_json::Value;

use self::accounts::Account;
use self::finding::{Finding, Level};
use crate::cli::Exit;
use crate::cli::args::{DoctorArgs, Global};
use crate::cli::paint::Paint;
use crate::cli::patience::patient;
use crate::cli::terminal::Terminal;
use crate::config::{ConfigFaults, Environment, Loaded};
use crate::serve::speech_vendors;

/// What an examination found.
pub(crate) struct Report {
    findings: Vec<Finding>,
    /// How a command ends that examined.
    pub(crate) exit: Exit,
}

/// Examines, shows the findings, and says by the exit whether anything failed.
pub(crate) fn run(args: &DoctorArgs, global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    let report = match examined(global, environment) {
        Ok(report) => report,
        Err(error) => {
            terminal.remark(&format!("offhook: cannot examine anything: {error}"));
            return Exit::Failed;
        }
    };
    let printed = match args.json {
        true => terminal.print_json(&report.document()),
        false => terminal.print(&report.table(terminal.paint)),
    };
    match printed {
        Ok(()) => report.exit,
        Err(error) => {
            terminal.remark(&format!("offhook: cannot write the output: {error}"));
            Exit::Failed
        }
    }
}

/// Examines the configuration that the commands would read, and all that it leads to.
///
/// # Errors
/// Nothing can be asked on this machine.
pub(crate) fn examined(global: &Global, environment: &Environment) -> std::io::Result<Report> {
    let loaded = match global.load_config(environment) {
        Err(faults) => return Ok(Report { findings: of_faults(&faults), exit: Exit::Usage }),
        Ok(loaded) => loaded,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let terminal = Terminal::of_process(global.no_color, environment);
    let work = patient(terminal, "examining", examine(&loaded, global, environment));
    let findings = runtime.block_on(work);
    // A look-up of a name may hang on for longer than it was waited for.
    runtime.shutdown_background();
    let is_failed = findings.iter().any(|finding| finding.level == Level::Failed);
    Ok(Report { findings, exit: if is_failed { Exit::Failed } else { Exit::Done } })
}

impl Report {
    /// The findings for people.
    pub(crate) fn table(&self, paint: Paint) -> String {
        finding::table(&self.findings, paint)
    }

    /// The findings for programs.
    pub(crate) fn document(&self) -> Value {
        finding::document(&self.findings)
    }
}

async fn examine(loaded: &Loaded, global: &Global, environment: &Environment) -> Vec<Finding> {
    let config = &loaded.config;
    let sender = Sender::new(SendSettings::default());
    let mut findings = setup::examine(loaded);
    findings.extend(numbers::examine(config));

    let local = gateway::examine(global, environment).await;
    let is_running = local.instance.is_some();
    findings.extend(local.findings);
    if let Some(url) = &config.public_url {
        findings.push(public::examine(&sender, url, local.instance.as_deref()).await);
    }

    match accounts::of(config, is_running) {
        Ok(accounts) => findings.extend(of_accounts(accounts, &sender).await),
        Err(error) => {
            let way_out = "mend its section in the configuration";
            findings.push(Finding::failed(
                "credentials",
                format!("no carrier can be opened: {error:#}"),
                way_out,
            ));
        }
    }
    let (recognizers, synthesizers) = speech_vendors(config);
    findings.extend(speech::examine(&sender, &recognizers, &synthesizers).await);
    findings.extend(models::examine(&sender, config).await);
    findings.extend(tools::examine(&sender, config).await);
    findings
}

/// Asks all carriers at once, and tells of them in the order of the configuration.
async fn of_accounts(accounts: Vec<Account>, sender: &Sender) -> Vec<Finding> {
    let tasks: Vec<_> = accounts
        .into_iter()
        .map(|account| {
            let (account, sender) = (Arc::new(account), sender.clone());
            tokio::spawn(async move { of_account(&account, &sender).await })
        })
        .collect();
    let mut findings = Vec::new();
    for task in tasks {
        findings.extend(task.await.unwrap_or_default());
    }
    findings
}

async fn of_account(account: &Account, sender: &Sender) -> Vec<Finding> {
    let (answered, mut findings) = accounts::examine(account, sender).await;
    if answered {
        findings.extend(webhooks::examine(account, sender).await);
    }
    findings
}

/// Why nothing came back, without the words of the sender's inner parts.
fn shown(error: &SendError) -> String {
    plain(&error.to_string())
}

fn plain(error: &str) -> String {
    error.replace("not sent: ", "").replace("client error (Connect): ", "")
}

/// Each fault as `offhook serve` tells it: its text has the way out.
fn of_faults(faults: &ConfigFaults) -> Vec<Finding> {
    let text = faults.to_string();
    let told = text.lines().skip(1).map(|fault| Finding::plain("configuration", Level::Failed, fault.trim()));
    told.collect()
}

/// What isn't answered by then isn't answered. A gateway on this machine answers at once.
const WITHIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
