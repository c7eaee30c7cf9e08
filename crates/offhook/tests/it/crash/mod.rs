//! The crash matrix: the gateway is killed at every step of a call's life, and of its recovery, with
//! everything that can happen to the call meanwhile, at every carrier and both ways. Each cell is a
//! network and a gateway as processes of their own, held against the network's truth.
//!
//! `OFFHOOK_CRASH_CELLS=plivo/out/place-sent` runs the cells whose names contain that.

mod cell;
mod check;
mod matrix;

use cell::Story;
use engine::crash::{CAN_CRASH, STOP_VARIABLE, VARIABLE};
use matrix::{Cell, FACES, Limit};
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What became of a cell.
struct Outcome {
    /// What the recovery decided, or what was broken and the story of the call.
    verdict: Result<String, (String, String)>,
    took: Duration,
}

#[test]
fn whatever_dies_no_call_is_lost_and_nobody_rings_twice() {
    if !CAN_CRASH {
        say("crash matrix: SKIPPED: this build has no crash points\n");
        return;
    }
    let wanted = std::env::var("OFFHOOK_CRASH_CELLS").unwrap_or_default();
    let cells: Vec<Cell> =
        matrix::cells().into_iter().filter(|cell| cell.to_string().contains(&wanted)).collect();
    assert!(!cells.is_empty(), "no cell has {wanted:?} in its name");
    let began = Instant::now();

    let outcomes = run_all(&cells);

    say(&table(&cells, &outcomes, began.elapsed()));
    let broken = cells.iter().zip(&outcomes).filter_map(|(cell, outcome)| {
        let (what, story) = outcome.verdict.as_ref().err()?;
        Some(format!("{cell}: {what}\n{story}"))
    });
    let broken: Vec<String> = broken.collect();
    assert!(broken.is_empty(), "{} cells are broken\n\n{}", broken.len(), broken.join("\n"));
}

/// Runs the cells, many at a time: they wait far more than they compute.
fn run_all(cells: &[Cell]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let Some(cell) = cells.get(nth) else { return };
                    let outcome = run(*cell);
                    done.lock().unwrap().insert(nth, outcome);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

/// Runs one cell. What it waits for in vain breaks it like any other fault.
fn run(cell: Cell) -> Outcome {
    let began = Instant::now();
    let mut story = Story::begin(cell);
    let judged = catch_unwind(AssertUnwindSafe(|| {
        story.die_and_recover();
        story.judge()
    }));
    let verdict = judged.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned())
    });
    let told = || catch_unwind(AssertUnwindSafe(|| story.told())).unwrap_or_default();
    Outcome { verdict: verdict.map_err(|what| (what, told())), took: began.elapsed() }
}

/// A row for each death and what happened meanwhile, a column for each carrier.
fn table(cells: &[Cell], outcomes: &[Outcome], took: Duration) -> String {
    let mut rows: Vec<(String, [String; FACES.len()])> = Vec::new();
    for (cell, outcome) in cells.iter().zip(outcomes) {
        let column = FACES.iter().position(|face| *face == cell.face).unwrap();
        let text = match &outcome.verdict {
            Ok(decision) => {
                let mark = if cell.limit().is_some() { "*" } else { "" };
                format!("{decision}{mark} {:.0}s", outcome.took.as_secs_f64())
            }
            Err(_) => "BROKEN".to_owned(),
        };
        let row = cell.row();
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, FACES.map(|_| String::new())));
        }
        rows.last_mut().unwrap().1[column] = text;
    }
    let width = rows.iter().map(|(row, _)| row.len()).max().unwrap_or_default().max(HEADING.len()) + 2;
    let mut text = format!("\n{:<width$}", HEADING);
    text += &FACES.map(|face| format!("{:<17}", face.name())).concat();
    for (row, columns) in rows {
        text += &format!("\n{row:<width$}{}", columns.map(|column| format!("{column:<17}")).concat());
    }
    let n_broken = outcomes.iter().filter(|outcome| outcome.verdict.is_err()).count();
    let seconds = took.as_secs();
    for limit in [Limit::EndedUnnamed, Limit::RingsUnheard] {
        text += &format!("\n* {}", limit.why());
    }
    text += &format!("\n{} cells in {seconds} s, {n_broken} broken; left out:\n", cells.len());
    for (reason, n_cells) in matrix::left_out() {
        text += &format!("{n_cells:>5}  {reason}\n");
    }
    text
}

/// To where a person sees it, also when all is well.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_release_has_no_crash_points() {
    let speaks_of_it = |binary: &[u8]| {
        let text = String::from_utf8_lossy(binary);
        text.contains(VARIABLE) || text.contains(STOP_VARIABLE)
    };
    let ours = Path::new(env!("CARGO_BIN_EXE_offhook"));
    assert_eq!(speaks_of_it(&std::fs::read(ours).unwrap()), CAN_CRASH, "{}", ours.display());
    let release = ours.parent().unwrap().with_file_name("release").join("offhook");
    match std::fs::read(&release) {
        Ok(binary) => assert!(!speaks_of_it(&binary), "{} speaks of {VARIABLE}", release.display()),
        Err(_) => {
            say(&format!("a release without crash points: SKIPPED: there is no {}\n", release.display()));
        }
    }
}

/// So many cells run at a time.
const AT_ONCE: usize = 24;
/// Above the rows.
const HEADING: &str = "crash matrix: what recovery decided";
