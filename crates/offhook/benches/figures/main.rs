//! What a whole gateway does, measured from outside: `offhook serve` and `offhook sim` as processes
//! on loopback, a store on the disk that holds the build, one JSON line per figure on standard
//! output and a line for people on standard error. `docs/benchmarks.md` says what each means.
//!
//! Run: `cargo bench -p offhook --bench figures [-- FIGURE…]`

mod calls;
mod disk;
mod growth;
mod history;
mod http;
mod load;
mod machine;
mod memory;
mod past;
mod placing;
mod process;
mod raw;
mod recovery;
mod report;
mod streams;
mod webhook;
mod webhooks;
mod world;

use anyhow::bail;

fn main() -> anyhow::Result<()> {
    if streams::is_asked_for() {
        return streams::echo_peer();
    }
    // Cargo itself says --bench.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let Some(unknown) = asked.iter().find(|word| FIGURES.iter().all(|(name, _)| name != word)) {
        let known: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
        bail!("there is no figure {unknown:?}; the figures are {}", known.join(", "));
    }
    for (name, measure) in FIGURES {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            measure()?;
        }
    }
    Ok(())
}

type Measure = fn() -> anyhow::Result<()>;

/// Every figure by its name, in the order in which they are measured.
const FIGURES: &[(&str, Measure)] = &[
    ("size", memory::size),
    ("burst", webhooks::burst),
    ("webhooks", webhooks::per_second),
    ("placing", placing::to_the_carrier),
    ("recovery", recovery::of_live_calls),
    ("one-by-one", recovery::one_by_one),
    ("expired", recovery::of_expired_calls),
    ("history", history::start_with_many),
    ("memory", memory::resident),
    ("growth", growth::with_the_past),
    ("streams", streams::delay),
    ("first-audio", streams::first_audio),
    ("overload", streams::overload),
    ("gap", streams::gap),
    ("turns", streams::turns),
    ("barge-in", streams::barge_in),
];
