//! What the house asks of its own text: sizes, names, who may import whom, and pages that say what
//! is. Each fault names a file, a line and the way out. The limits are ratchets: they may be
//! tightened, and code is moved or renamed until it keeps them.

#![allow(clippy::unwrap_used)]

mod blank;
mod docs;
mod imports;
mod paths;
mod sizes;
mod tree;
mod words;

/// Fails with all faults at once.
#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults\n  {}\n", faults.len(), faults.join("\n  "));
}
