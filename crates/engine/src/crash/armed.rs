//! The points that this process is to die or to stop at, and how it does: not in any release.

use super::{Point, SLOW_VARIABLE, STOP_VARIABLE, VARIABLE};
use rustix::process::{Signal, getpid, kill_process};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A point, and how often it is still passed before it is its turn.
struct Armed {
    point: Point,
    passes: AtomicI64,
}

static TO_DIE: OnceLock<Option<Armed>> = OnceLock::new();
static TO_STOP: OnceLock<Option<Armed>> = OnceLock::new();
static SLOW: OnceLock<Option<Duration>> = OnceLock::new();

fn to_die() -> Option<&'static Armed> {
    TO_DIE.get_or_init(|| read(VARIABLE, &std::env::var(VARIABLE).ok()?)).as_ref()
}

fn to_stop() -> Option<&'static Armed> {
    TO_STOP.get_or_init(|| read(STOP_VARIABLE, &std::env::var(STOP_VARIABLE).ok()?)).as_ref()
}

fn read(variable: &str, text: &str) -> Option<Armed> {
    let (word, nth) = text.split_once(':').unwrap_or((text, "1"));
    let point = Point::ALL.into_iter().find(|point| point.word() == word);
    let nth: Option<u32> = nth.parse().ok().filter(|nth| *nth > 0);
    let (Some(point), Some(nth)) = (point, nth) else {
        let known = Point::ALL.map(Point::word).join(", ");
        panic!("{variable} is {text:?}, and must be POINT or POINT:N with one of the points {known}");
    };
    Some(Armed { point, passes: AtomicI64::new(i64::from(nth) - 1) })
}

/// How much longer than it would each commit is to take.
fn slow() -> Option<Duration> {
    *SLOW.get_or_init(|| {
        let text = std::env::var(SLOW_VARIABLE).ok()?;
        let Ok(ms) = text.parse() else { panic!("{SLOW_VARIABLE} is {text:?}, and must be milliseconds") };
        Some(Duration::from_millis(ms))
    })
}

/// A turn that only reads is not written, and waits for no disk.
pub(super) fn wait_for_the_disk(wrote: bool) {
    if let Some(pause) = slow().filter(|_| wrote) {
        std::thread::sleep(pause);
    }
}

pub(super) fn tell() {
    if let Some(pause) = slow() {
        tracing::warn!(?pause, "every commit is going to be slow");
    }
    if let Some(armed) = to_die() {
        tracing::warn!(point = armed.point.word(), "this process is going to kill itself");
    }
    if let Some(armed) = to_stop() {
        tracing::warn!(point = armed.point.word(), "this process is going to stop itself");
    }
}

pub(super) fn pass(point: Point) {
    if to_stop().is_some_and(|armed| armed.is_its_turn(point)) {
        // Should it fail, the test that waits for it does.
        let _ = kill_process(getpid(), Signal::STOP);
        // It is sent to the process: some thread has it first, and this one must do nothing more by then.
        std::thread::sleep(REACHED_WITHIN);
    }
    if to_die().is_some_and(|armed| armed.is_its_turn(point)) {
        die();
    }
}

impl Armed {
    /// Whether this is the pass that counts; those after it don't.
    fn is_its_turn(&self, point: Point) -> bool {
        self.point == point && self.passes.fetch_sub(1, Ordering::AcqRel) == 0
    }
}

/// SIGKILL, which nobody can catch: the kernel stops every thread.
fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    loop {
        std::thread::park();
    }
}

/// Within this a signal to the process has stopped every thread.
const REACHED_WITHIN: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::{Ordering, Point, read};

    #[test]
    fn a_point_is_armed_by_its_name_for_the_nth_time() {
        for point in Point::ALL {
            let armed = read("V", &format!("{}:3", point.word())).unwrap();
            assert_eq!((armed.point, armed.passes.load(Ordering::Acquire)), (point, 2));
        }
        assert_eq!(read("V", "due-taken").unwrap().passes.load(Ordering::Acquire), 0);
    }

    #[test]
    #[should_panic(expected = "with one of the points order-uncommitted")]
    fn a_name_that_is_none_is_refused_with_those_that_are() {
        read("V", "somewhere");
    }
}
