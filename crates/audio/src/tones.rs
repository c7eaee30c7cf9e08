//! Tones that carry text: a sentence as sound that a listener reads again, to the letter.
//!
//! A test that must know what was heard can't ask a recognizer. So a subscriber or a synthesizer of
//! the simulated network speaks like this: sound within the telephone's band, as loud as speech, that
//! survives G.711, resampling, noise, a louder or fainter line and frames cut anywhere. What is cut off
//! is read as far as it came, so that it is known which words an interruption let through.
//!
//! A symbol is a byte and lasts 7.5 ms: four tones at once, one of four in each quarter of the band,
//! two bits each, and their loudness rises and falls as a voice's does from syllable to syllable, so that
//! what listens for somebody who speaks hears somebody. An utterance is a preamble, its length, and blocks of up to 12 bytes that end with a
//! word where they can, each with its place and a checksum: some 100 bytes a second.

mod block;
mod listener;

pub use listener::{Heard, Listener};

use crate::frame::{Frame, SampleRate, clipped};
use block::{Block, blocks, split_within};
use std::f64::consts::TAU;

/// Says a text, at 8 kHz, with a moment of silence behind it. What is longer than [`TEXT_BYTES_MAX`] is
/// said as several.
pub fn say(text: &str) -> impl Iterator<Item = Frame> {
    let mut symbols: Vec<Option<u8>> = Vec::new();
    let mut rest = text;
    loop {
        let (piece, after) = split_within(rest, TEXT_BYTES_MAX);
        symbols.extend(PREAMBLE.map(Some));
        symbols.extend(blocks(piece).flat_map(Block::symbols).map(Some));
        symbols.extend([None; TAIL_SYMBOLS]);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let n_frames = (symbols.len() * SYMBOL_SAMPLES).div_ceil(RATE.frame_samples());
    (0..n_frames).map(move |index| {
        let mut frame = Frame::silence(RATE);
        for (n, sample) in (index * RATE.frame_samples()..).zip(frame.samples_mut()) {
            let symbol = symbols.get(n / SYMBOL_SAMPLES).copied().flatten();
            *sample = symbol.map_or(0, |symbol| clipped(wave(symbol, n) * loudness(n)));
        }
        frame
    })
}

/// A symbol's sound at a sample.
fn wave(symbol: u8, n: usize) -> f32 {
    let swing = |quarter: usize| {
        let turned = TONES_HZ[tone_of(symbol, quarter)] * n as f64 / f64::from(RATE.hz());
        (TAU * (turned + PHASES[quarter])).sin()
    };
    (0..QUARTERS).map(swing).sum::<f64>() as f32 * TONE_PEAK
}

/// How loud a sample is, against the mean: up and down once in each syllable.
fn loudness(n: usize) -> f32 {
    let turned = n as f64 / SYLLABLE_SAMPLES as f64;
    10f64.powf((TAU * turned).sin() * SYLLABLE_DECIBELS / 2.0 / 20.0) as f32
}

/// Which tone a symbol has in a quarter of the band.
fn tone_of(symbol: u8, quarter: usize) -> usize {
    quarter * TONES_EACH + usize::from((symbol >> (2 * quarter)) & 3)
}

/// How many bytes are said as one: 20 seconds, after which clocks that differ by 50 millionths would be
/// 8 samples apart, which is nearly more than a symbol has to spare.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// At what rate tones are said and heard.
const RATE: SampleRate = SampleRate::Hz8000;
/// How long a symbol lasts: 50 samples to hear it, and 10 for not knowing when it begins.
const SYMBOL_SAMPLES: usize = 60;
/// Silence behind an utterance, for what the last symbol has to go through: 45 ms.
const TAIL_SYMBOLS: usize = 6;
/// How long a syllable lasts, and how much louder it is than what is between two: enough for a voice, and
/// too little for a listener to take it for the end.
const SYLLABLE_SAMPLES: usize = 960;
const SYLLABLE_DECIBELS: f64 = 4.5;
/// The band has four quarters with four tones each.
const QUARTERS: usize = 4;
const TONES_EACH: usize = 4;
const TONES: usize = QUARTERS * TONES_EACH;
/// From 480 Hz on, 160 Hz apart: in 50 samples each swings whole times, and none is heard in another.
const TONES_HZ: [f64; TONES] = {
    let mut tones = [0.0; TONES];
    let mut index = 0;
    while index < TONES {
        tones[index] = 480.0 + 160.0 * index as f64;
        index += 1;
    }
    tones
};
/// Where in its swing a quarter's tone begins: elsewhere in each, so that they don't all rise together.
const PHASES: [f64; QUARTERS] = [0.0, 0.25, 0.6, 0.1];
/// How loud each tone is at most: four of them together have -12 dBFS.
const TONE_PEAK: f32 = 5_820.0;
/// What comes first. Each quarter changes its tone from each symbol to the next, and shifted against
/// itself it fits in one place of six at most. It is in no text, as 0xFF isn't, but something near it is.
const PREAMBLE: [u8; 6] = [0xFF, 0x00, 0xAA, 0x55, 0xFF, 0xAA];

#[cfg(test)]
mod tests;
