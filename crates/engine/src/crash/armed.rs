//! The point that this process is to die at, and how it dies: not in any release.

use super::{Point, VARIABLE};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A point, and how often it is still passed before the process dies there.
struct Armed {
    point: Point,
    passes: AtomicU32,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

fn armed() -> Option<&'static Armed> {
    ARMED.get_or_init(|| read(&std::env::var(VARIABLE).ok()?)).as_ref()
}

fn read(text: &str) -> Option<Armed> {
    let (word, nth) = text.split_once(':').unwrap_or((text, "1"));
    let point = Point::ALL.into_iter().find(|point| point.word() == word);
    let nth: Option<u32> = nth.parse().ok().filter(|nth| *nth > 0);
    let (Some(point), Some(nth)) = (point, nth) else {
        let known = Point::ALL.map(Point::word).join(", ");
        panic!("{VARIABLE} is {text:?}, and must be POINT or POINT:N with one of the points {known}");
    };
    Some(Armed { point, passes: AtomicU32::new(nth - 1) })
}

pub(super) fn tell() {
    if let Some(armed) = armed() {
        tracing::warn!(point = armed.point.word(), "this process is going to kill itself");
    }
}

pub(super) fn pass(point: Point) {
    let Some(armed) = armed().filter(|armed| armed.point == point) else { return };
    let passed = armed.passes.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
    if passed.is_err() {
        die();
    }
}

/// SIGKILL, which nobody can catch: the kernel stops every thread.
fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::{Ordering, Point, read};

    #[test]
    fn a_point_is_armed_by_its_name_for_the_nth_time() {
        for point in Point::ALL {
            let armed = read(&format!("{}:3", point.word())).unwrap();
            assert_eq!((armed.point, armed.passes.load(Ordering::Acquire)), (point, 2));
        }
        assert_eq!(read("due-taken").unwrap().passes.load(Ordering::Acquire), 0);
    }

    #[test]
    #[should_panic(expected = "with one of the points order-uncommitted")]
    fn a_name_that_is_none_is_refused_with_those_that_are() {
        read("somewhere");
    }
}
