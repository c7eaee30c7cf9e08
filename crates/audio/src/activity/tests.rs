use super::*;
use crate::resample::Resampler;
use crate::sounds::{babble, chord, decibels, mixed, noise, silence, sine, voice};

const RATE: SampleRate = SampleRate::Hz8000;

/// When speech started and ended, in milliseconds.
fn spans(frames: &[Frame], settings: Settings) -> Vec<(u64, Option<u64>)> {
    let mut activity = Activity::new(frames[0].rate(), settings);
    let mut spans: Vec<(u64, Option<u64>)> = Vec::new();
    for (end_ms, frame) in (20..).step_by(20).zip(frames) {
        let speaking = spans.last().is_some_and(|(_, end)| end.is_none());
        match activity.hear(frame).speech {
            Speech::Quiet => assert!(!speaking),
            Speech::Going => assert!(speaking),
            Speech::Started => {
                assert!(!speaking);
                spans.push((end_ms, None));
            }
            Speech::Ended => spans.last_mut().unwrap().1 = Some(end_ms),
        }
    }
    spans
}

/// A second of silence, speech, and a second of silence.
fn between(speech: &[Frame]) -> Vec<Frame> {
    let rate = speech[0].rate();
    [&silence(rate, 50)[..], speech, &silence(rate, 50)].concat()
}

/// One span, no earlier than speech began and was long enough, and as late as it says.
#[track_caller]
fn check(frames: &[Frame], begins_ms: u64, ends_ms: u64) {
    let settings = Settings { pause_min: Duration::from_millis(500), ..Settings::default() };
    let spans = spans(frames, settings);
    let [(started, Some(ended))] = spans[..] else { panic!("{spans:?}") };
    let late = (started - begins_ms, ended - ends_ms);
    assert!((140..=180).contains(&late.0), "started {} ms late", late.0);
    assert!((560..=640).contains(&late.1), "ended {} ms late", late.1);
}

#[test]
fn a_voice_is_heard_from_its_beginning_to_its_end() {
    let voice = voice();
    let ends_ms = 1_000 + 20 * voice.len() as u64;
    check(&between(&voice), 1_000, ends_ms);
}

#[test]
fn tones_that_carry_text_are_taken_for_a_voice() {
    for text in ["Good morning.", "Good morning, I would like to book a table for two at eight o'clock."] {
        let frames = between(&crate::tones::say(text).collect::<Vec<_>>());
        let spans = spans(&frames, Settings::default());
        let [(started, Some(ended))] = spans[..] else { panic!("{text:?}: {spans:?}") };
        let ends_ms = 20 * frames.len() as u64 - 1_000;
        assert!((1_120..=1_260).contains(&started), "{text:?} started at {started}");
        assert!((ends_ms + 240..=ends_ms + 500).contains(&ended), "{text:?} ended at {ended}, not {ends_ms}");
    }
}

#[test]
fn a_voice_is_heard_faint_and_at_other_rates() {
    let voice = voice();
    let ends_ms = 1_000 + 20 * voice.len() as u64;
    let faint: Vec<Frame> = voice.iter().map(|frame| frame.scaled(decibels(-20.0))).collect();
    check(&between(&faint), 1_000, ends_ms);
    for rate in [SampleRate::Hz16000, SampleRate::Hz24000, SampleRate::Hz48000] {
        let mut resampler = Resampler::new(RATE, rate);
        let turned: Vec<Frame> = between(&voice).iter().map(|frame| resampler.turned(frame)).collect();
        check(&turned, 1_000, ends_ms);
    }
}

#[test]
fn a_voice_is_heard_in_noise() {
    let voice = voice();
    let frames = between(&voice);
    let noisy = mixed(&frames, &noise(1, RATE, -46.0, frames.len()));
    let spans = spans(&noisy, Settings { pause_min: Duration::from_millis(500), ..Settings::default() });
    let [(started, Some(ended))] = spans[..] else { panic!("{spans:?}") };
    let ends_ms = 1_000 + 20 * voice.len() as u64;
    assert!((1_100..1_300).contains(&started) && (ends_ms..ends_ms + 800).contains(&ended), "{spans:?}");
}

#[test]
fn a_pause_ends_speech_if_it_is_long_enough() {
    let voice = between(&voice());
    let pauses = |ms| {
        let settings = Settings { pause_min: Duration::from_millis(ms), ..Settings::default() };
        spans(&voice, settings).len() - 1
    };
    assert_eq!((pauses(100), pauses(200), pauses(500)), (2, 1, 0));
}

#[test]
fn something_like_a_voice_is_one() {
    for seed in 0..5 {
        let spans = spans(&between(&babble(seed, RATE, -20.0, 100)), Settings::default());
        assert!(
            spans.first().is_some_and(|(started, _)| (1_100..1_500).contains(started)),
            "{seed} {spans:?}"
        );
        assert!(spans.last().is_some_and(|(_, ended)| ended.is_some()), "{seed} {spans:?}");
    }
}

#[test]
fn silence_and_noise_are_none() {
    assert_eq!(spans(&silence(RATE, 500), Settings::default()), []);
    for (seed, dbfs) in [(1, -12.0), (2, -20.0), (3, -30.0), (4, -40.0), (5, -60.0)] {
        let noise = noise(seed, RATE, dbfs, 500);
        assert_eq!(spans(&between(&noise), Settings::default()), [], "{dbfs} dBFS");
    }
}

#[test]
fn tones_are_none() {
    for hz in [200.0, 425.0, 440.0, 1_000.0, 1_400.0, 2_100.0, 3_000.0] {
        for dbfs in [-6.0, -20.0] {
            let tone = between(&sine(RATE, hz, dbfs, 200));
            assert_eq!(spans(&tone, Settings::default()), [], "{hz} Hz, {dbfs} dBFS");
        }
    }
    for tones in [[350.0, 440.0], [697.0, 1_209.0], [480.0, 620.0]] {
        let tones = tones.map(|hz| (hz, -12.0));
        assert_eq!(spans(&between(&chord(RATE, &tones, 200)), Settings::default()), [], "{tones:?}");
    }
}

#[test]
fn what_is_too_short_is_none() {
    for click in [1, 2] {
        assert_eq!(spans(&between(&voice()[5..5 + click]), Settings::default()), [], "{click} frames");
    }
}
