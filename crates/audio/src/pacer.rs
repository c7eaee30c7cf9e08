//! What is to be spoken, at the pace at which it is heard: a frame every 20 ms.
//!
//! A synthesizer is faster than a voice. What it says waits here rather than at the carrier, so that
//! an interruption takes it back, and so that it is known what was said.

use crate::frame::{FRAME, Frame, SampleRate};
use std::collections::VecDeque;
use std::time::Duration;

/// The frames and marks of one line, in the order in which they are to go.
///
/// Times are since any start, and never go back.
#[derive(Debug, Default)]
pub struct Pacer {
    /// Samples of all that waits. Frames themselves would take six times the room on a telephone line.
    samples: VecDeque<i16>,
    rates: VecDeque<SampleRate>,
    /// Marks, each with how many frames must have gone before it.
    marks: VecDeque<(u64, Mark)>,
    n_pushed: u64,
    n_gone: u64,
    /// When the next frame is due, or would be.
    next_at: Duration,
}

/// A named place in what is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u64);

/// What goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for each frame")]
pub enum Due {
    /// A frame to send.
    Frame(Frame),
    /// The frame before this mark has gone.
    Mark(Mark),
}

/// What was taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How much sound.
    pub sound: Duration,
    /// The marks within it, in order.
    pub marks: Vec<Mark>,
}

/// As much waits as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot take more to speak: {waiting:?} wait already; try again in {retry_after:?}")]
pub struct Full {
    /// How much sound waits.
    pub waiting: Duration,
    /// After how long there is room for one frame more.
    pub retry_after: Duration,
}

impl Pacer {
    /// A line on which nothing waits.
    pub fn new() -> Pacer {
        Pacer::default()
    }

    /// Puts a frame behind all that waits. On a line that was quiet it is due at once.
    ///
    /// # Errors
    /// [`QUEUED_MAX`] waits already: wait as long as it says.
    pub fn push(&mut self, frame: &Frame, now: Duration) -> Result<(), Full> {
        if self.queued() >= QUEUED_MAX {
            return Err(self.full(now));
        }
        if self.rates.is_empty() {
            self.next_at = self.next_at.max(now);
        }
        self.samples.extend(frame.samples());
        self.rates.push_back(frame.rate());
        self.n_pushed += 1;
        Ok(())
    }

    /// Puts a mark behind all that waits. Where nothing does, it comes out at once.
    ///
    /// # Errors
    /// [`MARKS_MAX`] wait already.
    pub fn mark(&mut self, mark: Mark, now: Duration) -> Result<(), Full> {
        if self.marks.len() >= MARKS_MAX {
            return Err(self.full(now));
        }
        self.marks.push_back((self.n_pushed, mark));
        Ok(())
    }

    /// What is to go now: one thing at a time, until there is none.
    ///
    /// The n-th frame of a stretch goes n times 20 ms after the first, whenever this is called. One who
    /// comes late gets what was missed, up to [`BURST_MAX`] frames at once. Whoever is later than that
    /// has left a hole that was heard, and the stretch begins anew.
    pub fn due(&mut self, now: Duration) -> Option<Due> {
        if self.has_reached_mark() {
            return self.marks.pop_front().map(|(_, mark)| Due::Mark(mark));
        }
        if now < self.next_at {
            return None;
        }
        let rate = self.rates.pop_front()?;
        if now - self.next_at >= BURST_MAX {
            self.next_at = now;
        }
        self.next_at += FRAME;
        self.n_gone += 1;
        let mut frame = Frame::silence(rate);
        let n_samples = rate.frame_samples();
        for (into, sample) in frame.samples_mut().iter_mut().zip(self.samples.drain(..n_samples)) {
            *into = sample;
        }
        Some(Due::Frame(frame))
    }

    /// When something is due next, if anything waits: zero for at once.
    pub fn next_due(&self) -> Option<Duration> {
        if self.has_reached_mark() {
            return Some(Duration::ZERO);
        }
        (!self.rates.is_empty()).then_some(self.next_at)
    }

    /// How much sound waits.
    pub fn queued(&self) -> Duration {
        FRAME * self.rates.len() as u32
    }

    /// Takes back all that waits.
    pub fn clear(&mut self) -> Dropped {
        let sound = self.queued();
        self.samples.clear();
        self.rates.clear();
        self.n_gone = self.n_pushed;
        Dropped { sound, marks: self.marks.drain(..).map(|(_, mark)| mark).collect() }
    }

    fn has_reached_mark(&self) -> bool {
        self.marks.front().is_some_and(|(place, _)| *place <= self.n_gone)
    }

    fn full(&self, now: Duration) -> Full {
        let until_due = self.next_at.saturating_sub(now);
        // Where a frame is due already, nobody has come for it; the next one is a frame away.
        let retry_after = if until_due.is_zero() { FRAME } else { until_due };
        Full { waiting: self.queued(), retry_after }
    }
}

/// How much sound may wait: enough that a responder who thinks for seconds is not heard to, and 160 KB
/// on a telephone line.
pub const QUEUED_MAX: Duration = Duration::from_secs(10);
/// How many marks may wait: one for each word that fits, and many more.
pub const MARKS_MAX: usize = 256;
/// How late a frame may be for those after it to go with it: what the other end may have bridged by
/// what it held. What is later was a hole that was heard, and would stay behind for good.
pub const BURST_MAX: Duration = FRAME.saturating_mul(5);

#[cfg(test)]
mod tests;
