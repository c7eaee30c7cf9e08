//! The beep of an answering machine: one steady tone, and then nothing.
//!
//! A tone alone follows from its last two samples: each is the last one times a constant, less the one before.
//! What of a frame doesn't follow from the best constant tells a tone from everything else: a voice, music,
//! the two tones of a key or of ringback, and noise.

use crate::frame::{FRAME, Frame};
use std::time::Duration;

/// Listens for a beep in a stream of frames of one rate.
#[derive(Clone, Debug, Default)]
pub struct Beep {
    /// The tone that is heard, in Hz, and for how long.
    tone: Option<(f32, Duration)>,
    /// What a tone that has just ended may be, and for how long nothing was heard since.
    ended: Option<Duration>,
}

impl Beep {
    /// Hears the next frame; `true` when a beep is over: what is said from now on is recorded.
    pub fn hear(&mut self, frame: &Frame) -> bool {
        let tone = if frame.level_dbfs() < AUDIBLE_DBFS { None } else { tone_of(frame) };
        match (tone, self.tone) {
            (Some(hz), Some((was, lasts))) if (hz - was).abs() < was * SAME => {
                self.tone = Some((was, lasts + FRAME));
            }
            (Some(hz), _) => (self.tone, self.ended) = (Some((hz, FRAME)), None),
            // It ends somewhere in a frame.
            (None, Some((_, lasts))) => {
                self.tone = None;
                self.ended = (BEEP_MIN..=BEEP_MAX).contains(&lasts).then_some(Duration::ZERO);
            }
            (None, None) => {}
        }
        let Some(silent) = self.ended.filter(|_| self.tone.is_none()) else { return false };
        if frame.level_dbfs() >= AUDIBLE_DBFS && !silent.is_zero() {
            // A tone among others is none.
            self.ended = None;
            return false;
        }
        let silent = silent + FRAME;
        self.ended = (silent < SILENT_MIN).then_some(silent);
        silent >= SILENT_MIN
    }
}

/// The frequency of the tone that a frame is, if it is one within the telephone's band.
fn tone_of(frame: &Frame) -> Option<f32> {
    let samples = frame.samples();
    let triples = || samples.windows(3).map(|three| [0, 1, 2].map(|index| f32::from(three[index])));
    let (mut both, mut square, mut energy) = (0.0, 0.0, 0.0);
    for [before, middle, after] in triples() {
        both += (before + after) * middle;
        square += middle * middle;
        energy += (before + after) * (before + after);
    }
    let constant = both / square;
    let rest: f32 =
        triples().map(|[before, middle, after]| before + after - constant * middle).map(|x| x * x).sum();
    let hz = (constant / 2.0).clamp(-1.0, 1.0).acos() / std::f32::consts::TAU * frame.rate().hz() as f32;
    // A constant near nothing makes the sum of neighbours small, and the rest with it.
    let is_tone = rest < energy.max(square) * REST_MAX;
    (is_tone && (BEEP_HZ_MIN..BEEP_HZ_MAX).contains(&hz)).then_some(hz)
}

/// How loud a beep is at least.
const AUDIBLE_DBFS: f32 = -40.0;
/// How long a beep lasts, and how long it is silent then.
const BEEP_MIN: Duration = Duration::from_millis(140);
const BEEP_MAX: Duration = Duration::from_secs(3);
const SILENT_MIN: Duration = Duration::from_millis(200);
/// Where beeps are: below are the tones of a busy or a dead line, above is nothing that a machine chose.
const BEEP_HZ_MIN: f32 = 500.0;
const BEEP_HZ_MAX: f32 = 2_400.0;
/// By how much a tone may move and be the same.
const SAME: f32 = 0.03;
/// How much of a tone doesn't follow from it: of one that G.711 carries some 2 in 1,000.
const REST_MAX: f32 = 0.02;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::frame::SampleRate;
    use crate::g711::Law;
    use crate::sounds::{babble, chord, mixed, noise, silence, sine, voice};
    use crate::{dtmf, tones};

    const RATE: SampleRate = SampleRate::Hz8000;

    /// Over a telephone line, which has G.711.
    fn beeps(frames: &[Frame]) -> usize {
        let mut beep = Beep::default();
        let over = |frame: &Frame| {
            let mut codes = Vec::new();
            Law::Mu.write(frame, &mut codes);
            Law::Mu.read(&codes).unwrap()
        };
        frames.iter().filter(|frame| beep.hear(&over(frame))).count()
    }

    /// A greeting, and then this.
    fn after_a_greeting(then: &[Frame]) -> Vec<Frame> {
        [&voice()[..], &silence(RATE, 20), then, &silence(RATE, 50)].concat()
    }

    #[test]
    fn a_beep_is_heard_once_when_it_is_over() {
        for hz in [520.0, 800.0, 1_000.0, 1_400.0, 2_000.0, 2_300.0] {
            for (peak_dbfs, n_frames) in [(-6.0, 8), (-12.0, 25), (-30.0, 100)] {
                let beep = sine(RATE, hz, peak_dbfs, n_frames);
                assert_eq!(
                    beeps(&after_a_greeting(&beep)),
                    1,
                    "{hz} Hz, {peak_dbfs} dBFS, {n_frames} frames"
                );
                let noisy = mixed(&after_a_greeting(&beep), &noise(1, RATE, -60.0, 50));
                assert_eq!(beeps(&noisy), 1, "{hz} Hz, {peak_dbfs} dBFS, {n_frames} frames, in noise");
            }
        }
    }

    #[test]
    fn nothing_else_is_a_beep() {
        let keys: Vec<dtmf::Key> = "0123456789*#".chars().map(|key| dtmf::Key::new(key).unwrap()).collect();
        let others = [
            ("a voice", voice()),
            ("keys", dtmf::pressed(&keys, RATE).collect()),
            ("tones that carry text", tones::say("Good morning, this is the hotel.").collect()),
            ("ringback", chord(RATE, &[(440.0, -12.0), (480.0, -12.0)], 100)),
            ("a busy line", sine(RATE, 425.0, -12.0, 25)),
            ("a click", sine(RATE, 1_000.0, -12.0, 4)),
            ("a tone that goes on", sine(RATE, 1_000.0, -12.0, 200)),
            ("noise", noise(7, RATE, -20.0, 100)),
        ];
        for (what, sound) in others {
            assert_eq!(beeps(&after_a_greeting(&sound)), 0, "{what}");
        }
        for seed in 0..20 {
            assert_eq!(beeps(&after_a_greeting(&babble(seed, RATE, -20.0, 500))), 0, "babble {seed}");
        }
    }
}
