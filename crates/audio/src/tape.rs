//! Both sides of a talk in time, as a stereo file: to the left what the other side said, to the right what it
//! heard, each when it did.
//!
//! What is said to a line is handed to the carrier faster than it is played, and may be taken back: what isn't
//! played yet waits here. Both sides are µ-law, as most carriers have it, so that nothing is lost on the way.
//!
//! Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (1991-08), chapter
//! 3; "New Multimedia Data Types and Data Techniques 3.0" (1994-04) for the `fact` chunk.

use crate::frame::{Frame, SampleRate, level_dbfs};
use crate::g711::Law;
use std::collections::VecDeque;
use std::time::Duration;

/// The codes of a frame at the telephone's rate.
pub type Codes = [u8; FRAME_CODES];

/// Both sides of a talk, from some start on. Times are told since then, and don't go back.
#[derive(Debug, Default)]
pub struct Tape {
    /// What isn't taken out yet.
    left: VecDeque<u8>,
    right: VecDeque<u8>,
    /// How many samples of each side were taken out.
    n_taken: usize,
}

/// The codes of a frame, if it has the telephone's rate.
pub fn codes(frame: &Frame) -> Option<Codes> {
    let mut codes = [SILENCE; FRAME_CODES];
    if frame.rate() != SampleRate::Hz8000 {
        return None;
    }
    for (code, sample) in codes.iter_mut().zip(frame.samples()) {
        *code = Law::Mu.encode(*sample);
    }
    Some(codes)
}

impl Tape {
    /// The other side says this. A line that stood still for a while brings what was said meanwhile all at
    /// once, so that it is not taken to be silent before two seconds.
    pub fn heard(&mut self, codes: &Codes, at: Duration) {
        let (now, end) = (samples(at), self.n_taken + self.left.len());
        let begins = now.saturating_sub(FRAME_CODES);
        if begins > end + samples(STALL_MAX) {
            self.left.resize(begins - self.n_taken, SILENCE);
        } else if end > begins + samples(AHEAD_MAX) && is_silent(codes) {
            // It came twice as fast as it was said: what was late is made up for where nobody speaks.
            return;
        }
        self.left.extend(codes);
    }

    /// This is said to the other side, as soon as what was said before was played.
    pub fn said(&mut self, codes: &Codes, at: Duration) {
        let (now, end) = (samples(at), self.n_taken + self.right.len());
        // Whoever speaks in time is a little early here, and a little late there.
        if now > end + samples(LATE_MAX) {
            self.right.resize(now - self.n_taken, SILENCE);
        }
        self.right.extend(codes);
    }

    /// What was said and isn't played by now never will be.
    pub fn cut(&mut self, at: Duration) {
        self.right.truncate(samples(at).saturating_sub(self.n_taken));
    }

    /// Takes out what can't change any more: a sample of each side in turn.
    pub fn settled(&mut self, at: Duration, into: &mut Vec<u8>) {
        self.until(at.saturating_sub(SETTLED_AFTER), into);
    }

    /// Takes out what there is up to then, for whoever can't wait until it is settled: what is known later
    /// comes later.
    pub fn until(&mut self, at: Duration, into: &mut Vec<u8>) {
        self.take(samples(at), into);
    }

    /// The talk is over: takes out the rest.
    pub fn rest(&mut self, at: Duration, into: &mut Vec<u8>) {
        self.cut(at);
        self.take(self.n_taken + self.left.len().max(self.right.len()), into);
    }

    fn take(&mut self, until: usize, into: &mut Vec<u8>) {
        for _ in self.n_taken..until {
            into.push(self.left.pop_front().unwrap_or(SILENCE));
            into.push(self.right.pop_front().unwrap_or(SILENCE));
        }
        self.n_taken = self.n_taken.max(until);
    }
}

/// What a file with so many bytes of sound begins with; more than fit are told as none, as of a file that is
/// still being written.
pub fn header(n_bytes: u64) -> [u8; HEADER_BYTES] {
    let n_bytes = u32::try_from(n_bytes).unwrap_or(0);
    let rate = SampleRate::Hz8000.hz();
    let mut header = [0; HEADER_BYTES];
    let parts: [&[u8]; 15] = [
        b"RIFF",
        &n_bytes.saturating_add(HEADER_BYTES as u32 - 8).to_le_bytes(),
        b"WAVEfmt ",
        &18u32.to_le_bytes(),
        &MU_LAW.to_le_bytes(),
        &2u16.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate * 2).to_le_bytes(),
        &2u16.to_le_bytes(),
        &8u16.to_le_bytes(),
        &[0, 0],
        b"fact",
        &[4, 0, 0, 0],
        &(n_bytes / 2).to_le_bytes(),
        b"data",
    ];
    let (before, length) = header.split_at_mut(HEADER_BYTES - 4);
    for (byte, written) in before.iter_mut().zip(parts.concat()) {
        *byte = written;
    }
    length.copy_from_slice(&n_bytes.to_le_bytes());
    header
}

/// How loud each side is in what was taken out, in decibels of full scale.
pub fn levels_dbfs(moments: &[u8]) -> [f32; 2] {
    [0, 1].map(|side| level_dbfs(moments.iter().skip(side).step_by(2).map(|code| Law::Mu.decode(*code))))
}

/// How long so many bytes of sound last.
pub fn lasts(n_bytes: u64) -> Duration {
    Duration::from_millis(n_bytes / BYTES_EACH_MS)
}

/// How many bytes of sound last so long.
pub fn n_bytes(lasts: Duration) -> u64 {
    u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX).saturating_mul(BYTES_EACH_MS)
}

fn is_silent(codes: &Codes) -> bool {
    codes.iter().all(|code| Law::Mu.decode(*code).unsigned_abs() < AUDIBLE)
}

fn samples(span: Duration) -> usize {
    usize::try_from(span.as_millis()).unwrap_or(usize::MAX).saturating_mul(SAMPLES_EACH_MS)
}

/// So many bytes of sound has a file whose end nobody knows yet: as many as can be told.
pub const ENDLESS: u64 = u32::MAX as u64;
/// What a file begins with.
pub const HEADER_BYTES: usize = 58;
/// A sample of each side.
pub const MOMENT_BYTES: u64 = 2;
/// Nothing is heard, in µ-law.
pub const SILENCE: u8 = 0xFF;
/// So much later than it was said something may be known: nothing is taken out before.
pub const SETTLED_AFTER: Duration = Duration::from_millis(2_200);

/// The number of µ-law.
const MU_LAW: u16 = 7;
const SAMPLES_EACH_MS: usize = 8;
const BYTES_EACH_MS: u64 = 16;
/// The samples of a frame.
const FRAME_CODES: usize = SampleRate::Hz8000.frame_samples();
/// How long a line may stand still before it is taken to be silent.
const STALL_MAX: Duration = Duration::from_secs(2);
/// How much more may come than time has passed.
const AHEAD_MAX: Duration = Duration::from_millis(100);
/// How late whoever speaks in time may be.
const LATE_MAX: Duration = Duration::from_millis(200);
/// A sample that is louder is heard.
const AUDIBLE: u16 = 200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What each side has in each frame of 20 ms: its first code.
    fn frames(file: &[u8]) -> Vec<(u8, u8)> {
        file.chunks_exact(2 * FRAME_CODES).map(|frame| (frame[0], frame[1])).collect()
    }

    fn whole(mut tape: Tape, at: Duration) -> Vec<u8> {
        let mut file = Vec::new();
        tape.rest(at, &mut file);
        file
    }

    const S: u8 = SILENCE;

    #[test]
    fn each_side_is_where_it_was_in_time() {
        let mut tape = Tape::default();
        for n in 1..=5 {
            tape.heard(&[n; FRAME_CODES], ms(20 * u64::from(n)));
        }
        // Two frames at once, of which the second is played after the first.
        tape.said(&[71; FRAME_CODES], ms(0));
        tape.said(&[72; FRAME_CODES], ms(0));
        let file = whole(tape, ms(100));
        assert_eq!(frames(&file), [(1, 71), (2, 72), (3, S), (4, S), (5, S)]);
    }

    #[test]
    fn what_is_cut_off_was_not_heard() {
        let mut tape = Tape::default();
        (0..50).for_each(|n| tape.said(&[n; FRAME_CODES], ms(0)));
        tape.cut(ms(40));
        tape.said(&[99; FRAME_CODES], ms(40));
        assert_eq!(frames(&whole(tape, ms(1_000))), [(S, 0), (S, 1), (S, 99)]);
        let mut tape = Tape::default();
        (0..50).for_each(|n| tape.said(&[n; FRAME_CODES], ms(0)));
        assert_eq!(frames(&whole(tape, ms(60))).len(), 3, "the line is gone: nobody heard the rest");
    }

    #[test]
    fn a_line_that_stood_still_brings_what_was_said_and_one_that_was_silent_is() {
        let mut tape = Tape::default();
        tape.heard(&[1; FRAME_CODES], ms(20));
        (2..=60).for_each(|n| tape.heard(&[n; FRAME_CODES], ms(1_200)));
        assert!(frames(&whole(tape, ms(1_200))).iter().map(|(left, _)| *left).eq(1..=60));
        let mut tape = Tape::default();
        tape.heard(&[1; FRAME_CODES], ms(20));
        tape.heard(&[2; FRAME_CODES], ms(3_020));
        let file = frames(&whole(tape, ms(3_020)));
        assert_eq!((file.len(), file[0].0, file[1].0, file[150].0), (151, 1, S, 2));
    }

    #[test]
    fn what_is_ahead_of_time_is_made_up_for_where_nobody_speaks() {
        let mut tape = Tape::default();
        (0..20).for_each(|_| tape.heard(&[1; FRAME_CODES], ms(20)));
        (1..=40).for_each(|n| tape.heard(&[S; FRAME_CODES], ms(20 + 20 * n)));
        let n_frames = frames(&whole(tape, ms(820))).len();
        assert!((41..=46).contains(&n_frames), "{n_frames}");
    }

    #[test]
    fn nothing_is_taken_out_that_may_change_and_all_of_it_once() {
        let mut tape = Tape::default();
        let mut file = Vec::new();
        for n in 1..=250u64 {
            let codes = [u8::try_from(n % 100).unwrap(); FRAME_CODES];
            tape.heard(&codes, ms(20 * n));
            tape.said(&codes, ms(20 * (n - 1)));
            tape.settled(ms(20 * n), &mut file);
            assert_eq!(lasts(file.len() as u64), ms(20 * n).saturating_sub(SETTLED_AFTER));
        }
        tape.rest(ms(5_000), &mut file);
        let file = frames(&file);
        assert_eq!(file.len(), 250);
        assert!(file.iter().zip(1..).all(|((left, right), n)| left == right && *left == n % 100 || n >= 200));
    }

    #[test]
    fn whoever_cannot_wait_has_what_is_there_and_the_rest_later() {
        let mut tape = Tape::default();
        let mut taken = Vec::new();
        tape.heard(&[1; FRAME_CODES], ms(20));
        tape.until(ms(60), &mut taken);
        (2..=4).for_each(|n| tape.heard(&[n; FRAME_CODES], ms(80)));
        tape.said(&[71; FRAME_CODES], ms(80));
        tape.until(ms(120), &mut taken);
        assert_eq!(frames(&taken), [(1, S), (S, S), (S, S), (2, 71), (3, S), (4, S)]);
    }

    #[test]
    fn each_side_has_its_level() {
        let loud = Law::Mu.encode(16_384);
        let moments: Vec<u8> = [loud, SILENCE].repeat(160);
        let [left, right] = levels_dbfs(&moments);
        assert!((left + 6.0).abs() < 0.2, "{left}");
        assert_eq!([right, levels_dbfs(&[])[0]], [crate::frame::SILENCE_DBFS; 2]);
    }

    /// A reader that isn't ours.
    #[test]
    fn the_header_says_what_follows() {
        let header = header(32_000);
        assert_eq!(&header[..4], b"RIFF");
        assert_eq!(u32::from_le_bytes(header[4..8].try_into().unwrap()) as usize, 32_000 + HEADER_BYTES - 8);
        assert_eq!(
            (&header[12..16], &header[38..42], &header[50..54]),
            (&b"fmt "[..], &b"fact"[..], &b"data"[..])
        );
        assert_eq!(header[54..], 32_000u32.to_le_bytes());
        assert_eq!(lasts(32_000), ms(2_000));
        assert_eq!(n_bytes(ms(2_000)), 32_000);
    }
}
