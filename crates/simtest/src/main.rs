//! Runs seeds: `simtest --seeds N [--from N] [--jobs N]`, or one of them with its whole story:
//! `simtest --seed N [--trace]`. `--carrier NAME` takes that one for every seed, `--no-commands` asks
//! nothing of calls, `--no-rules` draws no dial rules and loses no store, `--sabotage NAME` breaks
//! something on purpose, `--disk FOLDER` runs on a store in a file as well. Exits with 1 if a promise
//! was broken.

use simtest::{Kind, Outcome, Sabotage, Scene, Tally, Telling};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What was asked for.
#[derive(Default)]
struct Wanted {
    seed: Option<u64>,
    n_seeds: u64,
    from: u64,
    n_jobs: u64,
    trace: bool,
    scene: Scene,
    sabotage: Option<Sabotage>,
    disk: Option<PathBuf>,
}

fn main() -> ExitCode {
    let wanted = match read(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    // A panic is a breach like any other, and is told with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let n_failed = match wanted.seed {
        Some(seed) => one(seed, &wanted),
        None => many(&wanted),
    };
    if n_failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { n_seeds: 2_000, n_jobs: 1, ..Wanted::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        let mut number = || value()?.parse().map_err(|_| format!("{word} needs a number"));
        match word.as_str() {
            "--seed" => wanted.seed = Some(number()?),
            "--seeds" => wanted.n_seeds = number()?,
            "--from" => wanted.from = number()?,
            "--jobs" => wanted.n_jobs = number()?,
            "--trace" => wanted.trace = true,
            "--disk" => wanted.disk = Some(PathBuf::from(value()?)),
            "--no-rules" => (wanted.scene.rules, wanted.scene.losses) = (false, false),
            "--no-agents" => wanted.scene.agents = false,
            "--no-commands" => wanted.scene.commands = false,
            "--carrier" => {
                let name = value()?;
                let found = Kind::ALL.into_iter().find(|kind| kind.word() == name);
                wanted.scene.carrier = Some(found.ok_or_else(|| format!("no such carrier: {name}"))?);
            }
            "--sabotage" => {
                let name = value()?;
                let found = Sabotage::ALL.into_iter().find(|one| format!("{one:?}") == name);
                wanted.sabotage = Some(found.ok_or_else(|| format!("no such sabotage: {name}"))?);
            }
            _ => return Err(format!("unknown: {word}")),
        }
    }
    Ok(wanted)
}

fn run(seed: u64, wanted: &Wanted, telling: Telling) -> Outcome {
    match &wanted.disk {
        Some(folder) => simtest::run_on_disk(seed, folder, telling),
        None => simtest::run_as(seed, wanted.scene, wanted.sabotage, telling),
    }
}

/// One seed, with its story if it is wanted.
fn one(seed: u64, wanted: &Wanted) -> u64 {
    let telling = if wanted.trace { Telling::Whole } else { Telling::Silent };
    let outcome = run(seed, wanted, telling);
    outcome.story.iter().for_each(|line| println!("{line}"));
    println!("{}", outcome.tally);
    match &outcome.breach {
        None => println!("seed {seed}: every promise held"),
        Some(breach) => println!("seed {seed}: {breach}"),
    }
    u64::from(outcome.breach.is_some())
}

/// Many seeds, on some threads, and how many of them failed.
fn many(wanted: &Wanted) -> u64 {
    let began = Instant::now();
    let next = AtomicU64::new(wanted.from);
    let end = wanted.from + wanted.n_seeds;
    let total = Mutex::new((Tally::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..wanted.n_jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    note(&total, run(seed, wanted, Telling::Silent), wanted, began);
                }
            });
        }
    });
    let (tally, failed) = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let seconds = began.elapsed().as_secs_f64();
    println!("{tally}");
    println!("{} failures, {seconds:.1} s, {:.0} seeds/s", failed.len(), tally.seeds as f64 / seconds);
    if let Some(seed) = failed.iter().min() {
        println!("the whole story: cargo run -p simtest -- --seed {seed} --trace");
    }
    failed.len() as u64
}

fn note(total: &Mutex<(Tally, Vec<u64>)>, outcome: Outcome, wanted: &Wanted, began: Instant) {
    let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    total.0.add(&outcome.tally);
    if let Some(breach) = outcome.breach {
        println!("seed {} ({}): {breach}", outcome.seed, outcome.carrier);
        total.1.push(outcome.seed);
    }
    let every = (wanted.n_seeds / 20).max(1_000);
    if total.0.seeds.is_multiple_of(every) {
        let per_second = total.0.seeds as f64 / began.elapsed().as_secs_f64();
        eprintln!(
            "{} of {} seeds, {} failures, {per_second:.0}/s",
            total.0.seeds,
            wanted.n_seeds,
            total.1.len()
        );
    }
}

const USAGE: &str = "usage: simtest --seeds N [--from N] [--jobs N] [--disk FOLDER]
       simtest --seed N [--trace] [--sabotage NAME] [--disk FOLDER]
either with [--carrier twilio|telnyx|plivo] [--no-commands] [--no-rules] [--no-agents], but for those on a disk";
