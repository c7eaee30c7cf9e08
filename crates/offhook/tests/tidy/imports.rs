//! Who may know whom. A crate is earned by what it must never see.

use crate::none;
use crate::paths::{names, paths};
use crate::tree::{files, read, sources};
use std::collections::BTreeSet;

#[test]
fn a_crate_depends_on_what_it_may_know() {
    let ours: BTreeSet<String> = manifests().map(|(name, _)| name).collect();
    let mut faults = Vec::new();
    for (name, path) in manifests() {
        let Some(row) = CRATES.iter().find(|row| row.name == name) else {
            faults.push(format!("{path}:1: {name} has no row in the table of imports; say what it may know"));
            continue;
        };
        for dependency in dependencies(&read(&path)) {
            let of_the_house = ours.contains(&dependency.name);
            let fault = if of_the_house && !row.house.contains(&dependency.name.as_str()) {
                format!("{name} must not know {}", dependency.name)
            } else if dependency.ships && row.never.contains(&dependency.name.as_str()) {
                format!("{name} must never see {}", dependency.name)
            } else {
                match row.only {
                    Some(only) if dependency.ships && !of_the_house && !only.contains(&&*dependency.name) => {
                        format!("{name} is pure and knows only {only:?}, not {}", dependency.name)
                    }
                    _ => continue,
                }
            };
            faults.push(format!(
                "{path}:{}: {fault}; move what needs it to where that is known",
                dependency.line
            ));
        }
    }
    none(faults);
}

#[test]
fn pure_code_names_nothing_impure() {
    let mut faults = Vec::new();
    for source in sources() {
        for fence in FENCES.iter().filter(|fence| fence.around.iter().any(|at| source.path.starts_with(at))) {
            for (line, path) in paths(&source.shipped()) {
                if let Some(banned) = fence.never.iter().find(|banned| names(&path, banned)) {
                    let (file, why) = (&source.path, fence.why);
                    faults.push(format!("{file}:{line}: {banned} in {path}: {why}"));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn one_carrier_does_not_know_another() {
    let mut faults = Vec::new();
    for source in sources() {
        for (ours, theirs) in CARRIERS.iter().flat_map(|one| CARRIERS.map(|other| (*one, other))) {
            let within = FACES.iter().any(|face| source.path.starts_with(&format!("{face}/{ours}")));
            if ours == theirs || !within {
                continue;
            }
            for (line, path) in paths(&source.code) {
                if names(&path, theirs) {
                    let file = &source.path;
                    faults.push(format!(
                        "{file}:{line}: {ours} knows {theirs} ({path}); what both need belongs beside them"
                    ));
                }
            }
        }
    }
    none(faults);
}

/// What a manifest asks for.
struct Dependency {
    name: String,
    line: usize,
    /// Not only for tests.
    ships: bool,
}

fn manifests() -> impl Iterator<Item = (String, String)> {
    files(&["toml"]).into_iter().filter_map(|path| {
        let folder = path.strip_suffix("/Cargo.toml")?;
        let name = folder.strip_prefix("crates/").unwrap_or(folder).to_owned();
        Some((name, path))
    })
}

fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = "";
    for (index, line) in manifest.lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if section.ends_with("dependencies")
            && let Some((key, _)) = line.split_once(['.', '=', ' '])
            && key.starts_with(char::is_alphabetic)
        {
            let ships = !section.ends_with("dev-dependencies");
            found.push(Dependency { name: key.to_owned(), line: index + 1, ships });
        }
    }
    found
}

/// What one crate may know.
struct Row {
    name: &'static str,
    /// The crates of the house, for its tests too.
    house: &'static [&'static str],
    /// The only others, for a pure crate.
    only: Option<&'static [&'static str]>,
    /// Others that it must never see.
    never: &'static [&'static str],
}

/// Code that must not name something.
struct Fence {
    around: &'static [&'static str],
    never: &'static [&'static str],
    why: &'static str,
}

/// The table of `ARCHITECTURE.md`.
const CRATES: [Row; 13] = [
    Row { name: "call", house: &[], only: Some(&["jiff", "phonenumber", "serde", "thiserror"]), never: &[] },
    Row { name: "audio", house: &[], only: Some(&["earshot", "rubato", "thiserror"]), never: &[] },
    Row { name: "agent", house: &["call"], only: Some(&["serde", "serde_json", "thiserror"]), never: &[] },
    Row {
        name: "speech",
        house: &["audio"],
        only: Some(&["base64", "serde", "serde_json", "thiserror"]),
        never: &[],
    },
    // It computes, and knows no calls: whoever waits, and how long, is the engine's.
    Row {
        name: "local-speech",
        house: &["audio", "speech"],
        only: Some(&["rten", "unicode-normalization", "whisper-rs"]),
        never: &[],
    },
    Row { name: "carrier", house: &["audio", "call"], only: None, never: &["axum", "clap", "rusqlite"] },
    Row { name: "store", house: &["call"], only: None, never: &["axum", "clap", "http", "hyper", "tokio"] },
    // The protocol's library draws civil time, and a runtime, behind it: nobody else is to lean on these.
    Row { name: "mcp", house: &["carrier"], only: None, never: &["axum", "clap", "hyper", "rusqlite"] },
    // It shares no word with the connectors, so that a mistake in one isn't mirrored in its double.
    Row { name: "network", house: &["audio"], only: None, never: &["axum", "clap", "rusqlite"] },
    Row {
        name: "engine",
        house: &["agent", "audio", "call", "carrier", "mcp", "speech", "store"],
        only: None,
        never: &["axum", "clap", "hyper", "rmcp", "rusqlite", "serde", "serde_json"],
    },
    Row {
        name: "offhook",
        house: &[
            "agent",
            "audio",
            "call",
            "carrier",
            "engine",
            "local-speech",
            "mcp",
            "network",
            "speech",
            "store",
        ],
        only: None,
        never: &["rmcp"],
    },
    // What it fuzzes must build fast.
    Row {
        name: "fuzz",
        house: &["agent", "audio", "call", "carrier", "network", "speech"],
        only: None,
        never: &["axum", "clap", "rusqlite", "tokio"],
    },
    Row {
        name: "simtest",
        house: &["call", "carrier", "engine", "network", "store"],
        only: None,
        never: &["axum", "clap", "hyper", "tokio"],
    },
];

/// Pure code inside crates that are not, or that the standard library could tempt.
const FENCES: [Fence; 4] = [
    Fence {
        around: &["crates/call/src/"],
        never: &[
            "Instant",
            "SystemTime",
            "HashMap",
            "HashSet",
            "TimeZone::system",
            "Timestamp::now",
            "Zoned::now",
            "async",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::sync",
            "std::thread",
        ],
        why: "calls are pure, and alike on every run; let an event carry what is drawn outside",
    },
    Fence {
        around: &["crates/audio/src/"],
        never: &[
            "Instant",
            "SystemTime",
            "HashMap",
            "HashSet",
            "async",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::sync",
            "std::thread",
        ],
        why: "sound is pure, and alike on every run; take a Duration, and let the shell wait",
    },
    Fence {
        around: &["crates/engine/src/driver.rs", "crates/engine/src/driver/"],
        never: &["Instant", "SystemTime", "async", "rand::random", "rand::rng", "std::thread", "tokio"],
        why: "the simulation turns the same crank; hand it the time and the seed, and let the shell wait",
    },
    Fence {
        around: &["crates/carrier/src/twilio.rs", "crates/carrier/src/twilio/"],
        never: &["Instant", "SystemTime", "async", "hyper", "hyper_util", "std::fs", "std::net", "tokio"],
        why: "a carrier writes requests and reads replies; only crates/carrier/src/send sends",
    },
];

/// The carriers, each with a folder of its own wherever it is known.
const CARRIERS: [&str; 4] = ["plivo", "sip", "telnyx", "twilio"];
/// Where their folders are.
const FACES: [&str; 2] = ["crates/carrier/src", "crates/network/src"];
