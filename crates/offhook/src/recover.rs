//! `offhook recover --dry-run`: what a start would decide of the calls in the store. It asks the
//! carriers, and changes nothing, neither there nor in the store, whether a gateway runs or not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use carrier::send::{SendSettings, Sender};
use engine::{Decision, Preview, RecoveryLine, SystemClock};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use store::sqlite::SqliteHistory;

use crate::cli::Exit;
use crate::cli::args::{Global, RecoverArgs};
use crate::cli::list::decisions_table;
use crate::cli::paint::Paint;
use crate::cli::terminal::Terminal;
use crate::cli::wire::{Recovered, make_plain};
use crate::config::Environment;
use crate::config::settings::{Config, StoreUrl};
use crate::http::recovered;
use crate::serve::{installation, lines, public_url};

/// Thinks a start through, and shows what it would decide.
pub(crate) fn run(args: &RecoverArgs, global: &Global, environment: &Environment) -> anyhow::Result<Exit> {
    let terminal = Terminal::of_process(global.no_color, environment);
    let loaded = global.load_config(environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let decided = runtime.block_on(decide(&loaded.config, terminal));
    // A look-up of a name may hang on for longer than it was waited for.
    runtime.shutdown_background();
    let decided = decided?;
    if args.json {
        terminal.print_json(&document(&decided))?;
    } else if decided.is_empty() {
        terminal.remark("a start would find no unfinished call");
    } else {
        terminal.print(&page(&decided, terminal.paint)?)?;
    }
    Ok(Exit::Done)
}

async fn decide(config: &Config, terminal: Terminal) -> anyhow::Result<Vec<RecoveryLine>> {
    let StoreUrl::Sqlite(path) = &config.store.url;
    let mut history = open(path)?;
    let sender = Sender::new(SendSettings::default());
    let installation = installation::known(config, &mut history)?;
    let lines = lines(config, &public_url(config, config.listen), installation.as_ref())?;
    let preview = Preview::new(Box::new(history), lines, sender, Arc::new(SystemClock));
    let calls = preview.unfinished()?;
    let progress = progress(calls.len(), terminal);
    let decided = preview.decide(calls, || progress.inc(1)).await;
    progress.finish_and_clear();
    Ok(decided?)
}

fn open(path: &Path) -> anyhow::Result<SqliteHistory> {
    if !path.exists() {
        anyhow::bail!(
            "there is no store at {}; a start would make an empty one. Set store.url, or run this where the gateway runs",
            path.display()
        );
    }
    SqliteHistory::open(path).with_context(|| format!("cannot read the store at {}", path.display()))
}

/// Shows on a terminal how many calls are decided.
fn progress(n_calls: usize, terminal: Terminal) -> ProgressBar {
    if !terminal.is_live {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("asking the carriers {wide_bar} {pos} of {len} calls {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(n_calls as u64).with_style(style);
    bar.enable_steady_tick(BAR_MOVES_EVERY);
    bar
}

/// As `GET /v1/recovery` has it, of a start that did not happen.
fn document(decided: &[RecoveryLine]) -> Value {
    let calls: Vec<_> = decided.iter().map(recovered).collect();
    let pending = decided.iter().filter(|line| line.decision == Decision::Pending).count();
    json!({ "dry_run": true, "calls": calls, "unfinished": decided.len(), "pending": pending })
}

/// As a person reads it.
fn page(decided: &[RecoveryLine], paint: Paint) -> anyhow::Result<String> {
    let mut counts: BTreeMap<Decision, usize> = BTreeMap::new();
    for line in decided {
        *counts.entry(line.decision).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.iter().map(|(decision, n_calls)| format!("{n_calls} {}", decision.word())).collect();
    let rows: Vec<Recovered> = decided
        .iter()
        .map(|line| {
            let mut json = json!(recovered(line));
            make_plain(&mut json);
            serde_json::from_value(json)
        })
        .collect::<Result<_, _>>()?;
    let calls = if decided.len() == 1 { "call" } else { "calls" };
    let head = format!("a start would find {} unfinished {calls}: {}", decided.len(), counts.join(", "));
    Ok(format!("{head}\nnothing was changed\n\n{}", decisions_table(&rows, paint)))
}

const BAR_MOVES_EVERY: Duration = Duration::from_millis(120);
