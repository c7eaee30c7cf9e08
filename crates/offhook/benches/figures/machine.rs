//! The machine that the figures are taken on, and what else it does meanwhile.

use super::process::MS_PER_TICK;
use anyhow::Context as _;
use std::fs;
use std::time::{Duration, Instant};

/// The processor time that everybody used, since some moment.
pub(crate) struct Busy {
    used: Duration,
    since: Instant,
}

impl Busy {
    /// From here on.
    pub(crate) fn begin() -> anyhow::Result<Busy> {
        Ok(Busy { used: used()?, since: Instant::now() })
    }

    /// Which share of all processors others had meanwhile, if we had `ours`.
    pub(crate) fn others(&self, ours: Duration) -> anyhow::Result<f64> {
        let all = self.since.elapsed().as_secs_f64() * n_processors()? as f64;
        let others = used()?.saturating_sub(self.used).saturating_sub(ours).as_secs_f64();
        Ok(others / all)
    }
}

/// Waits until others leave the machine alone for a moment, but not for long: what is measured then
/// says beside it how busy others were.
pub(crate) fn wait_for_others() -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < WAIT_MAX {
        let busy = Busy::begin()?;
        std::thread::sleep(LOOK);
        if busy.others(Duration::ZERO)? < QUIET {
            break;
        }
    }
    Ok(())
}

fn used() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat is empty")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).map_while(|word| word.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)); the rest is in user.
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|place| ticks.get(*place)).sum::<u64>();
    Ok(Duration::from_millis(busy * MS_PER_TICK))
}

/// All that the machine has: this process may have been given one of them.
fn n_processors() -> anyhow::Result<usize> {
    let stat = fs::read_to_string("/proc/stat")?;
    let is_one = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
    Ok(stat.lines().filter(is_one).count().max(1))
}

/// A share of all processors that doesn't disturb.
const QUIET: f64 = 0.1;
const LOOK: Duration = Duration::from_millis(300);
const WAIT_MAX: Duration = Duration::from_secs(4);
