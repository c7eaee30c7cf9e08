//! What each step costs for a frame of 20 ms: the median of many, in nanoseconds.
//!
//! Run: `cargo run --release -p audio --example cost`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "it measures time, and prints it"
)]

use audio::activity::{Activity, Settings};
use audio::dtmf::{Detector, Key, pressed};
use audio::g711::Law;
use audio::g722::{Decoder, Encoder};
use audio::gaps::Gaps;
use audio::l16::ByteOrder;
use audio::tones::{Listener, say};
use audio::{FRAME, Frame, Resampler, SampleRate};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let rate = SampleRate::Hz8000;
    let sound: Vec<Frame> = say("as much of a text as takes a while to say, and some more of it").collect();
    let keys: Vec<Frame> = pressed(&Key::ALL, rate).collect();
    let mut bytes = Vec::new();
    for (name, law) in [("µ-law", Law::Mu), ("A-law", Law::A)] {
        cost(&format!("g711 {name}, there and back"), &sound, |_, frame| {
            bytes.clear();
            law.write(frame, &mut bytes);
            black_box(law.read(&bytes).ok());
        });
    }
    let mut up = Resampler::new(rate, SampleRate::Hz16000);
    let wide: Vec<Frame> = sound.iter().map(|frame| up.turned(frame)).collect();
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    cost("g722, there and back", &wide, |_, frame| {
        bytes.clear();
        encoder.write(frame, &mut bytes);
        black_box(decoder.read(&bytes).ok());
    });
    cost("l16, there and back", &sound, |_, frame| {
        bytes.clear();
        ByteOrder::Little.write(frame, &mut bytes);
        black_box(ByteOrder::Little.read(rate, &bytes).ok());
    });
    let mut gaps = Gaps::new(0);
    cost("gaps, in order", &sound, |place, frame| {
        gaps.hear(place, frame, FRAME * place as u32, |played| {
            black_box(played);
        });
    });
    for (from, to) in [(8_000, 16_000), (24_000, 8_000), (8_000, 24_000), (48_000, 8_000)] {
        let [from, to] = [from, to].map(|hz| SampleRate::from_hz(hz).expect("a known rate"));
        let mut before = Resampler::new(rate, from);
        let sound: Vec<Frame> = sound.iter().map(|frame| before.turned(frame)).collect();
        let mut resampler = Resampler::new(from, to);
        cost(&format!("resample {} to {} Hz", from.hz(), to.hz()), &sound, |_, frame| {
            black_box(resampler.turned(frame));
        });
    }
    let mut detector = Detector::new(rate);
    cost("dtmf, no key", &sound, |_, frame| {
        black_box(detector.hear(frame));
    });
    cost("dtmf, a key half of the time", &keys, |_, frame| {
        black_box(detector.hear(frame));
    });
    let mut activity = Activity::new(rate, Settings::default());
    cost("activity, at 8 kHz", &sound, |_, frame| {
        black_box(activity.hear(frame));
    });
    let mut listener = Listener::new();
    cost("tones, heard", &sound, |_, frame| drop(black_box(listener.hear(frame))));
}

/// Prints what a step costs, by the median of rounds of all frames.
fn cost(name: &str, frames: &[Frame], mut step: impl FnMut(u64, &Frame)) {
    let mut place = 0;
    let mut round = || {
        let began = Instant::now();
        for frame in frames {
            step(place, frame);
            place += 1;
        }
        began.elapsed().as_nanos() / frames.len() as u128
    };
    let mut each: Vec<u128> = (0..ROUNDS).map(|_| round()).collect();
    each.sort_unstable();
    println!("{name:<32} {:>8} ns", each[ROUNDS / 2]);
}

/// How often all frames are run through.
const ROUNDS: usize = 101;
