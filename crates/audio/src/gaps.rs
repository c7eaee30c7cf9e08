//! Order, and what is missing: a stream of frames whose carrier doesn't promise order.
//!
//! Telnyx says so of its media streams, and RTP never did. A frame that comes in order is played at
//! once. Where one is missing, those behind it wait for it, for 100 ms at most and no more than five
//! of them; then what is missing is filled. There is no clock of playing: a stream that stalls, as TCP
//! does, is heard whole when it goes on.

use crate::frame::{FRAME, Frame, SampleRate};
use std::collections::VecDeque;
use std::time::Duration;

/// The frames of one stream, put in order.
#[derive(Debug)]
pub struct Gaps {
    /// The place of the frame that is to be played next.
    next: u64,
    /// Frames behind a gap, by their places.
    held: VecDeque<Held>,
    /// A frame far from where the stream is: the first of a stream that was started again, or astray.
    far: Option<Held>,
    /// What came last of all that was played.
    last: Option<Frame>,
    /// How many were filled since.
    n_filled: u32,
    counts: Counts,
}

/// A frame that waits.
#[derive(Debug)]
struct Held {
    place: u64,
    frame: Frame,
    since: Duration,
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Played {
    /// A frame that came.
    Heard(Frame),
    /// What stands for one that didn't: the last one fading, then silence.
    Filled(Frame),
}

impl Played {
    /// The frame, whatever it is.
    pub fn into_frame(self) -> Frame {
        match self {
            Played::Heard(frame) | Played::Filled(frame) => frame,
        }
    }
}

/// What became of the frames of a stream so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Played as they came.
    pub heard: u64,
    /// Filled, since they didn't come in time.
    pub filled: u64,
    /// Dropped, since they came twice, or after they had been filled.
    pub late: u64,
    /// Dropped, since they were far from where the stream is and none followed them.
    pub astray: u64,
    /// How often the stream went on elsewhere.
    pub jumps: u64,
}

impl Gaps {
    /// A stream whose first frame has this place: 1 where a carrier counts its chunks from one.
    pub fn new(first: u64) -> Gaps {
        // One more than is held while a frame is taken in.
        let held = VecDeque::with_capacity(HELD_MAX + 1);
        Gaps { next: first, held, far: None, last: None, n_filled: 0, counts: Counts::default() }
    }

    /// Takes a frame and plays what can be played, in order.
    ///
    /// `place` counts frames: a carrier's chunk, or its timestamp divided by 20 ms. `now` is the time
    /// since any start, and never goes back.
    pub fn hear(&mut self, place: u64, frame: &Frame, now: Duration, mut play: impl FnMut(Played)) {
        let held = Held { place, frame: frame.clone(), since: now };
        if self.is_near(place) {
            self.counts.astray += u64::from(self.far.take().is_some());
            self.hold(held);
        } else {
            self.hear_far(held, &mut play);
        }
        self.tick(now, play);
    }

    /// Plays what has waited long enough. Whoever hears nothing for a while calls it.
    pub fn tick(&mut self, now: Duration, mut play: impl FnMut(Played)) {
        while let Some(front) = self.held.front() {
            if front.place == self.next {
                if let Some(held) = self.held.pop_front() {
                    play(self.heard(held));
                }
            } else if self.has_waited(now) {
                play(self.filled());
            } else {
                return;
            }
        }
    }

    /// What became of the frames so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether a place is where the stream is, or where what is held says that it will be.
    fn is_near(&self, place: u64) -> bool {
        let newest = self.held.back().map_or(self.next, |held| held.place);
        [self.next, newest].into_iter().any(|from| place.abs_diff(from) <= GAP_MAX)
    }

    /// Whether those behind the gap wait no longer.
    fn has_waited(&self, now: Duration) -> bool {
        let first = self.held.iter().map(|held| held.since).min();
        self.held.len() >= HELD_MAX || first.is_some_and(|since| now.saturating_sub(since) >= WAIT_MAX)
    }

    fn hold(&mut self, held: Held) {
        let at = self.held.binary_search_by_key(&held.place, |held| held.place);
        match at {
            Err(at) if held.place >= self.next => self.held.insert(at, held),
            Ok(_) | Err(_) => self.counts.late += 1,
        }
    }

    /// Takes a frame that is far from where the stream is. The stream goes there if the next one comes
    /// from near it, as RFC 3550 appendix A.1 (2003-07) has it; one alone is dropped.
    fn hear_far(&mut self, held: Held, play: &mut impl FnMut(Played)) {
        let Some(far) = self.far.take() else {
            self.far = Some(held);
            return;
        };
        if !(1..=HELD_MAX as u64).contains(&far.place.abs_diff(held.place)) {
            self.counts.astray += 1;
            self.far = Some(held);
            return;
        }
        // What waits is from before the jump, and what it waits for won't come.
        while let Some(waiting) = self.held.pop_front() {
            play(self.heard(waiting));
        }
        self.counts.jumps += 1;
        self.next = far.place.min(held.place);
        self.hold(far);
        self.hold(held);
    }

    fn heard(&mut self, held: Held) -> Played {
        self.next = held.place.saturating_add(1);
        self.counts.heard += 1;
        self.n_filled = 0;
        self.last = Some(held.frame.clone());
        Played::Heard(held.frame)
    }

    fn filled(&mut self) -> Played {
        self.next += 1;
        self.counts.filled += 1;
        self.n_filled += 1;
        Played::Filled(match &self.last {
            Some(last) if self.n_filled <= FADE_FRAMES => last.scaled(0.5f32.powi(self.n_filled as i32)),
            Some(last) => Frame::silence(last.rate()),
            None => Frame::silence(self.held.front().map_or(SampleRate::Hz8000, |held| held.frame.rate())),
        })
    }
}

/// How many frames may wait for one that is missing: 100 ms, so that one that is lost holds no word
/// back for longer.
const HELD_MAX: usize = 5;
/// How long they may wait where no more come.
const WAIT_MAX: Duration = FRAME.saturating_mul(HELD_MAX as u32);
/// How many missing frames are filled, a second: what is heard keeps its time. Past that the stream
/// was silent or began anew, and nothing is filled. As far behind, a frame is late and no new stream.
const GAP_MAX: u64 = 50;
/// How many frames of a gap repeat the last one, each half as loud as the one before: then silence.
/// G.711 appendix I (1999-09) fades within 60 ms too, since a sound that goes on longer is heard.
const FADE_FRAMES: u32 = 3;

#[cfg(test)]
mod tests;
