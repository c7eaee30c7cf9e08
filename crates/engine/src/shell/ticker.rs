//! The ticker: takes up what is due, all day long, and notices when the wall clock is set.

use super::errands::Runner;
use crate::heard::{Answer, Heard};
use call::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Ticks for ever.
pub(crate) async fn run(runner: Arc<Runner>) {
    let mut clock_set = false;
    let mut probed = Instant::now();
    let mut clocks = Clocks { wall: runner.wire.clock.now(), steady: Instant::now() };
    loop {
        if clocks.jumped(runner.wire.clock.now(), Instant::now()) {
            tracing::warn!("the wall clock was set, or the machine slept; every call is looked at");
            clock_set = true;
        }
        // A store that fails just then must not lose it.
        if clock_set {
            clock_set = runner.ear.hear(Heard::ClockSet).await.is_err();
        }
        if runner.wire.health.store_failed() && probed.elapsed() >= PROBE_EVERY {
            probed = Instant::now();
            let _ = runner.ear.hear(Heard::Probe).await;
        }
        let room = runner.room();
        let taken = if room == 0 {
            None
        } else {
            runner.ear.hear(Heard::TakeDue(room.min(TAKEN_AT_ONCE))).await.ok()
        };
        match taken {
            Some(Answer::Taken(n_calls)) if n_calls >= TAKEN_AT_ONCE.min(room) && n_calls > 0 => {}
            _ => {
                tokio::select! {
                    () = tokio::time::sleep(TICK) => {}
                    () = runner.room.notified(), if room == 0 => {}
                }
            }
        }
    }
}

/// The wall clock beside the one that nobody can set.
struct Clocks {
    wall: Timestamp,
    steady: Instant,
}

impl Clocks {
    /// Whether the two went apart since the last time, or nobody was awake for long: meanwhile carriers
    /// gave up telling what happened.
    fn jumped(&mut self, wall: Timestamp, steady: Instant) -> bool {
        let passed = steady.duration_since(self.steady);
        let expected = self.wall + passed;
        *self = Clocks { wall, steady };
        passed > ASLEEP || expected.since(wall).max(wall.since(expected)) > DRIFT
    }
}

/// How often somebody looks whether anything is due, and queued calls whether they may go.
const TICK: Duration = Duration::from_millis(100);
/// How often a store that failed is tried.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// So many calls are taken up in one turn.
const TAKEN_AT_ONCE: usize = 1_024;
/// Clocks are steered by less than this; a larger jump is somebody's hand, or sleep.
const DRIFT: Duration = Duration::from_secs(2);
/// Who ticks ten times a second and didn't for so long was stopped, or waited for the disk: the most
/// impatient carrier waits no longer for the answer to a webhook.
const ASLEEP: Duration = Duration::from_secs(5);
