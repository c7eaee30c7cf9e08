//! Who hears a talk beside the two who talk: its recording, where it has one, and those who listen in.
//!
//! A talk only hands its frames on, and waits for nobody: where nobody listens that costs a look at a number,
//! and whoever listens and doesn't read loses what they didn't read.

use crate::calls::Calls;
use crate::recording::Recorder;
use audio::Frame;
use audio::tape::{Codes, Tape, codes};
use call::{Call, CallId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};

/// What a talk hands its frames to, at the telephone's rate. When it is dropped, those who listen are told that
/// the talk is over.
#[derive(Default)]
pub(crate) struct Tap {
    recorder: Option<Recorder>,
    feed: Arc<Feed>,
    /// Where it is found while it lives.
    found_at: Option<(Calls, CallId)>,
}

/// Somebody who listens in: both sides of a talk, as they are heard on the line.
pub struct Listener {
    notes: mpsc::Receiver<Note>,
    tape: Tape,
    /// When the tape begins.
    since: Instant,
    /// Up to where it was taken.
    taken: Duration,
}

/// Why nobody can listen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeard {
    /// No sound of the call goes through this gateway now.
    NoSound,
    /// As many listen as may.
    TooMany,
}

/// The taps of all talks, by their calls.
#[derive(Default)]
pub(crate) struct Taps(Mutex<BTreeMap<CallId, Arc<Feed>>>);

/// Where one talk's sound goes.
#[derive(Default)]
struct Feed {
    /// How many listen, for whoever only wants to know whether anybody does.
    n_listeners: AtomicUsize,
    listeners: Mutex<Vec<mpsc::Sender<Note>>>,
}

/// What listeners are told, and when it was so.
#[derive(Clone)]
struct Note {
    what: What,
    at: Instant,
}

#[derive(Clone)]
enum What {
    /// The other side said this.
    Heard(Codes),
    /// This is said to it.
    Said(Codes),
    /// What isn't played yet is not to be.
    Cut,
}

impl Tap {
    /// The tap of a talk that begins, which is recorded if it is to be.
    pub(crate) fn of(calls: &Calls, call: &Call) -> Tap {
        let (feed, id) = (Arc::new(Feed::default()), call.facts.id);
        held(&calls.taps().0).insert(id, Arc::clone(&feed));
        Tap { recorder: Recorder::of(calls, call), feed, found_at: Some((calls.clone(), id)) }
    }

    /// The other side says this.
    pub(crate) fn heard(&mut self, frame: &Frame) {
        if let Some(recorder) = &mut self.recorder {
            recorder.heard(frame);
        }
        self.feed.tell(|| codes(frame).map(What::Heard));
    }

    /// This is said to the other side.
    pub(crate) fn said(&mut self, frame: &Frame) {
        if let Some(recorder) = &mut self.recorder {
            recorder.said(frame);
        }
        self.feed.tell(|| codes(frame).map(What::Said));
    }

    /// What isn't played yet is not to be.
    pub(crate) fn cut(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.cut();
        }
        self.feed.tell(|| Some(What::Cut));
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if let Some((calls, id)) = &self.found_at {
            let mut taps = held(&calls.taps().0);
            // The next talk of the call may be there already.
            if taps.get(id).is_some_and(|feed| Arc::ptr_eq(feed, &self.feed)) {
                taps.remove(id);
            }
        }
    }
}

impl Feed {
    fn tell(&self, what: impl FnOnce() -> Option<What>) {
        // Whoever begins to listen just now hears the next frame.
        if self.n_listeners.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(what) = what() else { return };
        let note = Note { what, at: Instant::now() };
        let mut listeners = held(&self.listeners);
        listeners.retain(|listener| !matches!(listener.try_send(note.clone()), Err(TrySendError::Closed(_))));
        self.n_listeners.store(listeners.len(), Ordering::Relaxed);
    }

    fn listen(&self) -> Result<Listener, NotHeard> {
        let mut listeners = held(&self.listeners);
        listeners.retain(|listener| !listener.is_closed());
        if listeners.len() >= LISTENERS_MAX {
            return Err(NotHeard::TooMany);
        }
        let (tell, notes) = mpsc::channel(NOTES_MAX);
        listeners.push(tell);
        self.n_listeners.store(listeners.len(), Ordering::Relaxed);
        Ok(Listener { notes, tape: Tape::default(), since: Instant::now(), taken: Duration::ZERO })
    }
}

impl Listener {
    /// What was heard since it was asked last: a sample of each side in turn, as µ-law at 8 kHz, silence where
    /// nobody spoke. `None` once the talk is over. Whoever asks too late hears on from now.
    pub fn sound(&mut self) -> Option<Vec<u8>> {
        let mut at = self.since.elapsed();
        if at > self.taken + LAG_MAX {
            let skipped = at.saturating_sub(BEHIND);
            (self.tape, self.since, self.taken) = (Tape::default(), self.since + skipped, Duration::ZERO);
            at -= skipped;
        }
        let mut sound = Vec::new();
        loop {
            match self.notes.try_recv() {
                Ok(note) => self.note(note),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.tape.rest(at, &mut sound);
                    return Some(sound).filter(|sound| !sound.is_empty());
                }
            }
        }
        self.taken = at.saturating_sub(BEHIND).max(self.taken);
        self.tape.until(self.taken, &mut sound);
        Some(sound)
    }

    fn note(&mut self, Note { what, at }: Note) {
        // What was said before it was skipped is not heard any more.
        let Some(at) = at.checked_duration_since(self.since) else { return };
        match what {
            What::Heard(codes) => self.tape.heard(&codes, at),
            What::Said(codes) => self.tape.said(&codes, at),
            What::Cut => self.tape.cut(at),
        }
    }
}

impl Calls {
    /// Listens in on a call whose sound goes through this gateway, from now on: of a sentence that is being said,
    /// what the carrier has of it already isn't heard.
    ///
    /// # Errors
    /// [`NotHeard`].
    pub fn listen(&self, call: CallId) -> Result<Listener, NotHeard> {
        let feed = held(&self.taps().0).get(&call).map(Arc::clone);
        feed.ok_or(NotHeard::NoSound)?.listen()
    }
}

/// What a panic left is whole: each change is one step.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So far behind the line one listens: frames come late where the way is long, and wait 100 ms for one that is
/// missing.
const BEHIND: Duration = Duration::from_millis(250);
/// Whoever asks later than that is not told what was said meanwhile.
const LAG_MAX: Duration = Duration::from_secs(5);
/// So many frames and cuts may wait for a listener: some ten seconds of both sides.
const NOTES_MAX: usize = 1_024;
/// So many may listen to one call, those who only look at its levels among them.
const LISTENERS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use audio::SampleRate;
    use audio::tape::{SILENCE, lasts};

    fn frame(n: i16) -> Frame {
        Frame::from_samples(SampleRate::Hz8000, &[n; 160]).unwrap()
    }

    /// How much of a sound is not silence, on each side.
    fn audible(sound: &[u8]) -> [usize; 2] {
        [0, 1].map(|side| sound.iter().skip(side).step_by(2).filter(|code| **code != SILENCE).count())
    }

    #[test]
    fn both_sides_are_heard_until_the_talk_is_over() {
        let mut tap = Tap::default();
        let mut listener = tap.feed.listen().unwrap();
        let begun = Instant::now();
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(20));
            tap.heard(&frame(1_000));
            tap.said(&frame(2_000));
        }
        tap.said(&frame(3_000));
        tap.cut();
        std::thread::sleep(BEHIND);
        let mut sound = listener.sound().unwrap();
        assert!(lasts(sound.len() as u64) <= begun.elapsed());
        drop(tap);
        sound.extend(listener.sound().unwrap_or_default());
        assert_eq!(listener.sound(), None);
        let [heard, said] = audible(&sound);
        assert_eq!(heard, 1_600);
        assert!((1_280..=1_760).contains(&said), "what was cut off is not heard: {said}");
    }

    #[test]
    fn whoever_does_not_read_holds_nobody_up_and_hears_on_from_now() {
        let mut tap = Tap::default();
        let mut listener = tap.feed.listen().unwrap();
        (0..100_000).for_each(|_| tap.heard(&frame(1_000)));
        assert!(listener.notes.len() <= NOTES_MAX);
        listener.since -= LAG_MAX * 20;
        let sound = listener.sound().unwrap();
        assert!(lasts(sound.len() as u64) <= LAG_MAX, "{}", sound.len());
        assert_eq!(tap.feed.n_listeners.load(Ordering::Relaxed), 1);
        drop(listener);
        tap.heard(&frame(1_000));
        assert_eq!(tap.feed.n_listeners.load(Ordering::Relaxed), 0, "nothing more is done for them");
    }

    #[test]
    fn so_many_may_listen_and_no_more() {
        let tap = Tap::default();
        let all: Vec<Listener> = (0..LISTENERS_MAX).map(|_| tap.feed.listen().unwrap()).collect();
        assert_eq!(tap.feed.listen().err(), Some(NotHeard::TooMany));
        drop(all);
        assert!(tap.feed.listen().is_ok());
    }
}
