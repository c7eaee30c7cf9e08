use super::*;
use crate::g711::Law;
use crate::sounds::{babble, chord, decibels, framed, mixed, noise, sampled, sine, unframed, voice};

/// How a key sounds.
#[derive(Clone, Copy, Debug)]
struct Sound {
    on_ms: f64,
    pause_ms: f64,
    /// Silence before it, for the frames to lie otherwise.
    before_ms: f64,
    /// The peak of the low tone, and of the high one.
    low_dbfs: f32,
    high_dbfs: f32,
    /// How far off both frequencies are.
    off: f64,
    rate: SampleRate,
}

const PLAIN: Sound = Sound {
    on_ms: 40.0,
    pause_ms: 60.0,
    before_ms: 20.0,
    low_dbfs: -12.0,
    high_dbfs: -12.0,
    off: 0.0,
    rate: SampleRate::Hz8000,
};

fn spoken(keys: &[Key], sound: Sound) -> Vec<Frame> {
    let (on, every) = (sound.on_ms / 1e3, (sound.on_ms + sound.pause_ms) / 1e3);
    let seconds = every * keys.len() as f64 + sound.before_ms / 1e3;
    let n_frames = (seconds * 50.0).ceil() as usize + 5;
    let wave = |at: f64| {
        let since = at - sound.before_ms / 1e3;
        let within = since.rem_euclid(every);
        let index = (since / every).floor();
        if index < 0.0 || index as usize >= keys.len() || within >= on {
            return 0.0;
        }
        let swing = |hz: f64| (TAU * hz * (1.0 + sound.off) * within).sin() as f32 * 32_767.0;
        let [low, high] = keys[index as usize].tones_hz().map(swing);
        low * decibels(sound.low_dbfs) + high * decibels(sound.high_dbfs)
    };
    framed(sound.rate, &sampled(sound.rate, n_frames, wave))
}

fn told(frames: &[Frame]) -> Vec<Key> {
    let mut detector = Detector::new(frames[0].rate());
    frames.iter().filter_map(|frame| detector.hear(frame)).collect()
}

#[track_caller]
fn check(keys: &[Key], sound: Sound) {
    assert_eq!(told(&spoken(keys, sound)), keys, "{sound:?}");
}

fn alignments() -> impl Iterator<Item = f64> {
    (0..16).map(|step| f64::from(step) * 1.27)
}

#[test]
fn every_key_has_its_letter() {
    let letters: String = Key::ALL.iter().map(|key| key.letter()).collect();
    assert_eq!(letters, "123A456B789C*0#D");
    assert!(letters.chars().all(|letter| Key::new(letter).unwrap().letter() == letter));
    assert_eq!(Key::new('E'), Err(NoKey('E')));
}

#[test]
fn what_is_pressed_is_heard_at_every_rate() {
    for rate in SampleRate::ALL {
        let frames: Vec<Frame> = pressed(&Key::ALL, rate).collect();
        assert_eq!((told(&frames), frames.len()), (Key::ALL.to_vec(), 160), "{rate:?}");
    }
}

#[test]
fn what_is_pressed_is_heard_over_a_line() {
    for law in [Law::Mu, Law::A] {
        let over = |frame: Frame| {
            let mut codes = Vec::new();
            law.write(&frame, &mut codes);
            law.read(&codes).unwrap()
        };
        let frames: Vec<Frame> = pressed(&Key::ALL, SampleRate::Hz8000).map(over).collect();
        assert_eq!(told(&frames), Key::ALL, "{law:?}");
    }
}

#[test]
fn the_shortest_key_is_heard_however_it_lies() {
    for before_ms in alignments() {
        for pause_ms in [40.0, 60.0] {
            check(&Key::ALL, Sound { before_ms, pause_ms, ..PLAIN });
        }
    }
}

#[test]
fn a_key_is_heard_loud_and_faint() {
    for dbfs in [-6.5, -12.0, -20.0, -30.0, -36.0] {
        check(&Key::ALL, Sound { low_dbfs: dbfs, high_dbfs: dbfs, ..PLAIN });
    }
    let faint = Sound { low_dbfs: -50.0, high_dbfs: -50.0, ..PLAIN };
    assert_eq!(told(&spoken(&Key::ALL, faint)), []);
}

#[test]
fn one_tone_may_be_louder_but_not_much() {
    for before_ms in alignments() {
        for (low_dbfs, high_dbfs) in [(-16.0, -12.0), (-12.0, -20.0), (-12.0, -16.0)] {
            check(&Key::ALL, Sound { low_dbfs, high_dbfs, before_ms, ..PLAIN });
        }
        for (low_dbfs, high_dbfs) in [(-22.0, -12.0), (-10.0, -24.0)] {
            let twisted = Sound { low_dbfs, high_dbfs, on_ms: 200.0, before_ms, ..PLAIN };
            assert_eq!(told(&spoken(&Key::ALL, twisted)), [], "{twisted:?}");
        }
    }
}

#[test]
fn frequencies_may_be_off_but_not_much() {
    for before_ms in alignments() {
        for off in [-0.015, -0.01, 0.01, 0.015, 0.018] {
            check(&Key::ALL, Sound { off, before_ms, ..PLAIN });
            check(&Key::ALL, Sound { off, before_ms, low_dbfs: -20.0, ..PLAIN }.twisted());
        }
        for off in [-0.035, 0.035, -0.05, 0.05] {
            let wrong = Sound { off, before_ms, on_ms: 200.0, ..PLAIN };
            assert_eq!(told(&spoken(&Key::ALL, wrong)), [], "{wrong:?}");
        }
    }
}

impl Sound {
    /// With the high tone as much fainter as a line may make it.
    fn twisted(self) -> Sound {
        Sound { low_dbfs: -12.0, high_dbfs: -20.0, ..self }
    }
}

#[test]
fn keys_are_heard_in_noise() {
    for (seed, before_ms) in (0..).zip(alignments()) {
        for sound in [PLAIN, PLAIN.twisted()] {
            let frames = spoken(&Key::ALL, Sound { before_ms, ..sound });
            let loudness = if sound.high_dbfs == PLAIN.high_dbfs { -12.0 } else { -14.4 };
            let noise = noise(seed, sound.rate, loudness - 15.0, frames.len());
            assert_eq!(told(&mixed(&frames, &noise)), Key::ALL, "{seed} {sound:?}");
        }
    }
}

#[test]
fn what_is_too_short_is_no_key() {
    for before_ms in alignments() {
        for on_ms in [5.0, 10.0, 15.0, 20.0, 23.0] {
            let short = Sound { on_ms, before_ms, low_dbfs: -9.0, high_dbfs: -9.0, ..PLAIN };
            assert_eq!(told(&spoken(&Key::ALL, short)), [], "{short:?}");
        }
    }
}

#[test]
fn one_long_key_is_one_and_two_with_a_pause_are_two() {
    let five = Key::new('5').unwrap();
    for before_ms in alignments() {
        check(&[five], Sound { on_ms: 5_000.0, before_ms, ..PLAIN });
        check(&[five, five, five], Sound { pause_ms: 40.0, before_ms, ..PLAIN });
        let holed = Sound { on_ms: 60.0, pause_ms: 10.0, before_ms, ..PLAIN };
        assert_eq!(told(&spoken(&[five, five, five], holed)), [five], "{before_ms}");
    }
}

#[test]
fn noise_has_no_keys() {
    for (seed, dbfs) in [(1, -6.0), (2, -20.0), (3, -35.0)] {
        assert_eq!(told(&noise(seed, SampleRate::Hz8000, dbfs, 3_000)), []);
    }
}

#[test]
fn voices_have_no_keys() {
    for seed in 0..4 {
        assert_eq!(told(&babble(seed, SampleRate::Hz8000, -20.0, 3_000)), [], "{seed}");
    }
    assert_eq!(told(&voice()), []);
}

#[test]
fn a_key_is_heard_right_after_a_voice() {
    let mut sound = unframed(&babble(1, SampleRate::Hz8000, -20.0, 25));
    sound.extend(unframed(&spoken(&Key::ALL, PLAIN)));
    assert_eq!(told(&framed(SampleRate::Hz8000, &sound)), Key::ALL);
}

/// Single tones all over the band, and the tones of exchanges, fax machines and pianos.
#[test]
fn other_tones_are_no_keys() {
    let rate = SampleRate::Hz8000;
    for hz in (200..3_500).step_by(7) {
        assert_eq!(told(&sine(rate, f64::from(hz), -9.0, 15)), [], "{hz} Hz");
    }
    let chords: [&[f64]; 14] = [
        &[350.0, 440.0],
        &[440.0, 480.0],
        &[480.0, 620.0],
        &[425.0],
        &[400.0, 450.0],
        &[950.0, 1_400.0, 1_800.0],
        &[1_100.0],
        &[2_100.0],
        &[700.0, 900.0],
        &[1_300.0, 1_700.0],
        &[697.0, 770.0],
        &[697.0, 1_209.0, 1_477.0],
        &[261.6, 329.6, 392.0, 523.3],
        &[698.5, 880.0, 1_046.5, 1_318.5],
    ];
    for tones in chords {
        for dbfs in [-10.0f32, -14.0] {
            let tones: Vec<(f64, f32)> = tones.iter().map(|hz| (*hz, dbfs)).collect();
            assert_eq!(told(&chord(rate, &tones, 50)), [], "{tones:?}");
        }
    }
}

/// A chord as an instrument plays it, each note with its harmonics.
#[test]
fn music_has_no_keys() {
    let rate = SampleRate::Hz8000;
    for root in (0..36).map(|half_tones| 110.0 * 2.0f64.powf(f64::from(half_tones) / 12.0)) {
        for intervals in [[1.0, 1.26, 1.498], [1.0, 1.189, 1.498], [1.0, 1.335, 1.782]] {
            let notes = intervals.iter().flat_map(|interval| {
                (1..6).map(move |harmonic| {
                    let hz = root * interval * f64::from(harmonic);
                    (hz, -14.0 - 4.0 * (harmonic - 1) as f32)
                })
            });
            let notes: Vec<(f64, f32)> = notes.filter(|(hz, _)| *hz < 3_600.0).collect();
            assert_eq!(told(&chord(rate, &notes, 25)), [], "{notes:?}");
        }
    }
}
