//! What others would write to hear and speak on a stream, beside the load that the gateway has: scripts in
//! `benches/peers`, which `benches/peers/install` installs.

use super::beside;
use super::peer::Peer;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// One of them: its figure, its command, and how many streams it is given.
type Other = (&'static str, fn() -> (PathBuf, PathBuf), &'static [usize]);

/// Measures each that is installed, and says which isn't.
pub(super) fn all() -> anyhow::Result<()> {
    for (figure, command, counts) in OTHERS {
        let (runtime, script) = command();
        let runs = |path: &Path| path.components().count() == 1 || path.exists();
        if !runs(&runtime) || !script.exists() {
            eprintln!(
                "{figure}: SKIPPED: it is not installed; to have it: crates/offhook/benches/peers/install"
            );
            continue;
        }
        for n_streams in *counts {
            let peer = Peer::start(Command::new(&runtime).arg(&script))?;
            beside(figure, &peer, *n_streams, SETTLE)?;
        }
    }
    Ok(())
}

/// Node with the package `ws`.
fn node() -> (PathBuf, PathBuf) {
    (PathBuf::from("node"), installed().join("node/echo.mjs"))
}

/// A bot of one processor, in Pipecat.
fn pipecat() -> (PathBuf, PathBuf) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/pipecat/echo.py");
    (installed().join("pipecat/bin/python"), script)
}

fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers")
}

const OTHERS: &[Other] = &[("peer_node", node, &[10, 50, 100]), ("peer_pipecat", pipecat, &[5, 15])];
/// A pipeline takes its time to start, of which its delay later is no part.
const SETTLE: Duration = Duration::from_secs(3);
