//! Once warm, no step of a frame's way allocates.

use audio::activity::{Activity, Settings};
use audio::dtmf::{Detector, Key, pressed};
use audio::g711::Law;
use audio::g722::{Decoder, Encoder};
use audio::gaps::Gaps;
use audio::l16::ByteOrder;
use audio::{FRAME, Frame, Resampler, SampleRate, tones};

const RATE: SampleRate = SampleRate::Hz8000;

/// Runs a step once for each frame to warm up, and counts on the second round.
#[track_caller]
fn check(mut step: impl FnMut(usize, &Frame)) {
    // Keys and speech-like sound, so that no step turns back early.
    let mut frames: Vec<Frame> = pressed(&Key::ALL, RATE).collect();
    frames.extend(tones::say("a text that is said and heard"));
    frames.iter().enumerate().for_each(|(index, frame)| step(index, frame));
    let n_frames = frames.len();
    let counted = allocation_counter::measure(|| {
        frames.iter().enumerate().for_each(|(index, frame)| step(n_frames + index, frame));
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn coding_allocates_nothing() {
    let mut bytes = Vec::new();
    for law in [Law::Mu, Law::A] {
        check(|_, frame| {
            bytes.clear();
            law.write(frame, &mut bytes);
            assert!(law.read(&bytes).is_ok());
        });
    }
    for order in [ByteOrder::Big, ByteOrder::Little] {
        check(|_, frame| {
            bytes.clear();
            order.write(frame, &mut bytes);
            assert!(order.read(RATE, &bytes).is_ok());
        });
    }
}

#[test]
fn coding_wide_sound_allocates_nothing() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let mut up = Resampler::new(RATE, SampleRate::Hz16000);
    let mut bytes = Vec::new();
    check(|_, frame| {
        bytes.clear();
        encoder.write(&up.turned(frame), &mut bytes);
        assert!(decoder.read(&bytes).is_ok());
    });
}

#[test]
fn resampling_allocates_nothing() {
    for rate in SampleRate::ALL {
        let (mut up, mut down) = (Resampler::new(RATE, rate), Resampler::new(rate, RATE));
        check(|_, frame| assert_eq!(down.turned(&up.turned(frame)).rate(), RATE));
    }
}

#[test]
fn putting_in_order_allocates_nothing() {
    let mut gaps = Gaps::new(0);
    let mut n_played = 0;
    // Pairs turned round, and one of nine lost.
    check(|index, frame| {
        let place = (index ^ 1) as u64;
        if !place.is_multiple_of(9) {
            gaps.hear(place, frame, FRAME * index as u32, |_| n_played += 1);
        }
    });
    assert!(gaps.counts().filled > 0 && n_played > 0);
}

#[test]
fn hearing_keys_allocates_nothing() {
    let mut detector = Detector::new(RATE);
    let mut n_told = 0;
    check(|_, frame| n_told += usize::from(detector.hear(frame).is_some()));
    assert_eq!(n_told, 32);
}

#[test]
fn hearing_speech_allocates_nothing() {
    let mut activity = Activity::new(RATE, Settings::default());
    let mut probable = 0.0f32;
    check(|_, frame| probable = probable.max(activity.hear(frame).probability));
    assert!(probable > 0.0);
}
