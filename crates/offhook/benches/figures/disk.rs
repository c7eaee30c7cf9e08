//! What the disk itself does: the bound of everything that is durable.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a second 4 KiB can be appended and synced, one after another.
pub(crate) fn syncs_per_second(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let mut n_syncs = 0;
    let begun = Instant::now();
    while begun.elapsed() < SPAN {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        n_syncs += 1;
    }
    let took = begun.elapsed();
    std::fs::remove_file(path)?;
    Ok(f64::from(n_syncs) / took.as_secs_f64())
}

const SPAN: Duration = Duration::from_millis(700);
