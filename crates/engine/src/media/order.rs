//! The other side's frames, in the order in which they were spoken: not every carrier promises that, and what
//! is missing is filled, so that nobody's sound is shorter than it was.

use audio::Frame;
use audio::gaps::{Gaps, Played};
use tokio::time::Instant;

/// The frames of one stream, put in order.
pub(super) struct Order {
    /// Once the place of a frame was told.
    gaps: Option<Gaps>,
    since: Instant,
}

impl Order {
    pub(super) fn new() -> Order {
        Order { gaps: None, since: Instant::now() }
    }

    /// Takes a frame, and plays what can be played. One whose place isn't told is played at once.
    pub(super) fn hear(&mut self, place: Option<u64>, frame: Frame, mut play: impl FnMut(Frame)) {
        let Some(place) = place else { return play(frame) };
        let gaps = self.gaps.get_or_insert_with(|| Gaps::new(place));
        gaps.hear(place, &frame, self.since.elapsed(), |played| play(Played::into_frame(played)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use audio::SampleRate;

    /// A frame that is known by its samples.
    fn frame(n: i16) -> Frame {
        Frame::from_samples(SampleRate::Hz8000, &[n; 160]).unwrap()
    }

    #[test]
    fn frames_are_heard_in_the_order_in_which_they_were_spoken() {
        let mut order = Order::new();
        let mut heard = Vec::new();
        for (place, n) in [(Some(4), 1), (Some(6), 3), (Some(5), 2), (Some(5), 9), (Some(7), 4), (None, 5)] {
            order.hear(place, frame(n), |frame| heard.push(frame.samples()[0]));
        }
        assert_eq!(heard, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_is_missing_is_filled_when_it_was_waited_for() {
        let mut order = Order::new();
        let mut n_heard = Vec::new();
        for place in [1, 2, 4, 5, 6, 7, 8, 9, 10] {
            let mut n = 0;
            order.hear(Some(place), frame(1_000), |_| n += 1);
            n_heard.push(n);
        }
        // Five that wait are enough; which of them it is depends on how long this test is kept waiting.
        assert_eq!(n_heard.iter().sum::<i32>(), 10, "{n_heard:?}");
        assert_eq!(n_heard[..2], [1, 1]);
    }
}
