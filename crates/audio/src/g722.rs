//! ITU-T G.722 (09/2012) at 64 kbit/s: wideband sound in the room of a telephone's, a byte for two
//! samples of 16 kHz.
//!
//! A pair of mirror filters splits the sound at 4 kHz. Of the lower band 6 bits say how far it is from
//! what was predicted, of the upper one 2; both ends learn the prediction and the size of a step from
//! the codes alone. So each direction has a state of its own, and one who hears from the middle of it
//! on, or misses some, is right again after a while. The words in capitals are the recommendation's.

use crate::frame::{Frame, SampleRate, WrongLength};

/// Makes codes of one direction's sound.
#[derive(Clone, Debug)]
pub struct Encoder {
    filter: [i32; TAPS],
    low: Band,
    high: Band,
}

/// Makes sound of one direction's codes.
#[derive(Clone, Debug)]
pub struct Decoder {
    filter: [i32; TAPS],
    low: Band,
    high: Band,
}

impl Encoder {
    /// One who has heard nothing.
    pub fn new() -> Encoder {
        Encoder { filter: [0; TAPS], low: Band::LOW, high: Band::HIGH }
    }

    /// Writes a frame's codes after what is there: one for two samples, which are of 16 kHz.
    pub fn write(&mut self, frame: &Frame, into: &mut Vec<u8>) {
        into.extend(frame.samples().as_chunks().0.iter().map(|pair| self.encode(*pair)));
    }

    /// The code of the next two samples.
    pub fn encode(&mut self, pair: [i16; 2]) -> u8 {
        let (even, odd) = filtered(&mut self.filter, pair.map(i32::from));
        let low = self.low.quantized((even + odd) >> 14);
        let high = self.high.quantized_high((even - odd) >> 14);
        self.low.learn(LOW_COARSE[usize::from(low >> 2)], LOW_LOUDER[usize::from(low >> 2)]);
        self.high.learn(HIGH[usize::from(high)], HIGH_LOUDER[usize::from(high)]);
        high << 6 | low
    }
}

impl Decoder {
    /// One who has heard nothing.
    pub fn new() -> Decoder {
        Decoder { filter: [0; TAPS], low: Band::LOW, high: Band::HIGH }
    }

    /// The frame that these codes are, at 16 kHz.
    ///
    /// # Errors
    /// They are more or fewer than 160. Nothing of them was heard.
    pub fn read(&mut self, codes: &[u8]) -> Result<Frame, WrongLength> {
        let mut frame = Frame::silence(SampleRate::Hz16000);
        let pairs = frame.samples_mut().as_chunks_mut().0;
        if codes.len() != pairs.len() {
            return Err(WrongLength { got: codes.len(), wanted: pairs.len(), unit: "bytes" });
        }
        for (pair, code) in pairs.iter_mut().zip(codes) {
            *pair = self.decode(*code);
        }
        Ok(frame)
    }

    /// The two samples that the next code stands for.
    pub fn decode(&mut self, code: u8) -> [i16; 2] {
        let (low, high) = (usize::from(code & 0x3F), usize::from(code >> 6));
        let lower = (self.low.predicted + self.low.scaled(LOW[low])).clamp(BAND_MIN, BAND_MAX);
        let upper = (self.high.predicted + self.high.scaled(HIGH[high])).clamp(BAND_MIN, BAND_MAX);
        self.low.learn(LOW_COARSE[low >> 2], LOW_LOUDER[low >> 2]);
        self.high.learn(HIGH[high], HIGH_LOUDER[high]);
        let (even, odd) = filtered(&mut self.filter, [lower + upper, lower - upper]);
        [even, odd].map(|sum| saturated(sum >> 11) as i16)
    }
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder::new()
    }
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new()
    }
}

/// What both ends know of one band (block 4 of the recommendation, with SCALEL or SCALEH).
#[derive(Clone, Debug)]
struct Band {
    /// What the next sample should be.
    predicted: i32,
    /// The part of it that the zeros say.
    by_zeros: i32,
    /// The last two samples as they were made again, the newest first.
    rebuilt: [i32; 2],
    /// The same without what the poles said.
    rebuilt_by_zeros: [i32; 2],
    poles: [i32; 2],
    /// The last six differences, the newest first.
    differences: [i32; 6],
    zeros: [i32; 6],
    /// The size of a step, and its logarithm by 2 in parts of 2048.
    step: i32,
    step_log: i32,
    step_log_max: i32,
    /// How much smaller a step is than its logarithm says.
    step_shift: i32,
}

impl Band {
    const LOW: Band = Band { step: 32, step_log_max: 18_432, step_shift: 8, ..Band::HIGH };
    const HIGH: Band = Band {
        predicted: 0,
        by_zeros: 0,
        rebuilt: [0; 2],
        rebuilt_by_zeros: [0; 2],
        poles: [0; 2],
        differences: [0; 6],
        zeros: [0; 6],
        step: 8,
        step_log: 0,
        step_log_max: 22_528,
        step_shift: 10,
    };

    /// The lower band's code of a sample: 6 bits (QUANTL).
    fn quantized(&self, sample: i32) -> u8 {
        let (is_below, distance) = self.distance(sample);
        let is_beyond = |level: &&i32| distance >= (**level * self.step) >> 12;
        let n_beyond = LOW_LEVELS.iter().take_while(is_beyond).count() as u8;
        match (is_below, n_beyond) {
            (false, n) => 61 - n,
            (true, n @ 0..=1) => 63 - n,
            (true, n) => 33 - n,
        }
    }

    /// The upper band's: 2 bits (QUANTH).
    fn quantized_high(&self, sample: i32) -> u8 {
        let (is_below, distance) = self.distance(sample);
        let is_beyond = distance >= (HIGH_LEVEL * self.step) >> 12;
        u8::from(!is_below) << 1 | u8::from(!is_beyond)
    }

    /// Whether a sample is below what was predicted, and how far from it.
    fn distance(&self, sample: i32) -> (bool, i32) {
        let difference = saturated(sample - self.predicted);
        (difference < 0, if difference < 0 { !difference } else { difference })
    }

    /// A difference in steps as one in samples.
    fn scaled(&self, difference: i32) -> i32 {
        (self.step * difference) >> 15
    }

    /// Goes on by a sample that was so far from what was predicted, and whose code makes the steps so
    /// much larger.
    fn learn(&mut self, difference: i32, louder: i32) {
        let difference = self.scaled(difference);
        self.step_log = (((self.step_log * 127) >> 7) + louder).clamp(0, self.step_log_max);
        let (whole, part) = (self.step_log >> 11, (self.step_log >> 6) & 31);
        // One bit more than any step needs, so that the shift never goes the other way.
        self.step = ((POWERS[part as usize] << 1) >> (self.step_shift + 1 - whole)) << 2;

        let rebuilt = saturated(self.predicted + difference);
        let by_zeros = saturated(self.by_zeros + difference);
        self.turn_poles(by_zeros);
        self.turn_zeros(difference);

        self.rebuilt = [rebuilt, self.rebuilt[0]];
        self.rebuilt_by_zeros = [by_zeros, self.rebuilt_by_zeros[0]];
        self.differences.copy_within(0..5, 1);
        self.differences[0] = difference;
        self.by_zeros = saturated(sum(&self.zeros, &self.differences));
        self.predicted = saturated(saturated(sum(&self.poles, &self.rebuilt)) + self.by_zeros);
    }

    /// UPPOL2, then UPPOL1.
    fn turn_poles(&mut self, by_zeros: i32) {
        let [is_like_last, is_like_last_but_one] =
            self.rebuilt_by_zeros.map(|before| is_negative(before) == is_negative(by_zeros));
        let [first, second] = self.poles;
        let slope = saturated(first << 2);
        let slope = if is_like_last { -slope } else { slope }.min(i32::from(i16::MAX));
        let turn = if is_like_last_but_one { 128 } else { -128 };
        let second = ((slope >> 7) + turn + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let turn = if is_like_last { 192 } else { -192 };
        let bound = 15_360 - second;
        let first = (turn + ((first * 32_640) >> 15)).clamp(-bound, bound);
        self.poles = [first, second];
    }

    /// UPZERO.
    fn turn_zeros(&mut self, difference: i32) {
        let turn = if difference == 0 { 0 } else { 128 };
        for (zero, before) in self.zeros.iter_mut().zip(self.differences) {
            let is_like = is_negative(before) == is_negative(difference);
            *zero = ((*zero * 32_640) >> 15) + if is_like { turn } else { -turn };
        }
    }
}

/// What a filter makes of what was (FILTEP, FILTEZ).
fn sum(factors: &[i32], values: &[i32]) -> i32 {
    factors.iter().zip(values).map(|(factor, value)| (factor * saturated(value << 1)) >> 15).sum()
}

/// Puts two values behind those that a mirror filter holds, and gives what each half makes of them.
fn filtered(held: &mut [i32; TAPS], pair: [i32; 2]) -> (i32, i32) {
    held.copy_within(2.., 0);
    held[TAPS - 2..].copy_from_slice(&pair);
    let halves = held.as_chunks::<2>().0.iter().zip(MIRROR.iter().zip(MIRROR.iter().rev()));
    halves.fold((0, 0), |(even, odd), ([first, second], (there, back))| {
        (even + second * back, odd + first * there)
    })
}

fn is_negative(value: i32) -> bool {
    value < 0
}

fn saturated(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// The code of no difference from what was predicted, which itself fades: said on and on it is silence.
pub const SILENCE: u8 = 0xFD;
/// How many values a mirror filter holds.
const TAPS: usize = 24;
/// Every other one of its factors; the others are the same backwards.
const MIRROR: [i32; TAPS / 2] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];
/// What a band may be (LIMIT).
const BAND_MIN: i32 = -16_384;
const BAND_MAX: i32 = 16_383;
/// From where on a difference gets the next code, in parts of a step.
const LOW_LEVELS: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121,
    1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];
const HIGH_LEVEL: i32 = 564;
/// The difference that each code of the lower band stands for (INVQBL). The first four are never sent.
#[rustfmt::skip]
const LOW: [i32; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704,
    -14_984, -13_512, -12_280, -11_192, -10_232, -9_360, -8_576, -7_856,
    -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576,
    -3_168, -2_776, -2_400, -2_032, -1_688, -1_360, -1_040, -728,
    24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192,
    10_232, 9_360, 8_576, 7_856, 7_192, 6_576, 6_000, 5_456,
    4_944, 4_464, 4_008, 3_576, 3_168, 2_776, 2_400, 2_032,
    1_688, 1_360, 1_040, 728, 432, 136, -432, -136,
];
/// The same by its upper four bits, from which both ends learn (INVQAL).
#[rustfmt::skip]
const LOW_COARSE: [i32; 16] = [
    0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200,
    20_456, 12_896, 8_968, 6_288, 4_240, 2_584, 1_200, 0,
];
/// How much larger they make a step (LOGSCL).
const LOW_LOUDER: [i32; 16] =
    [-60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60];
/// Of the upper band (INVQAH, LOGSCH).
const HIGH: [i32; 4] = [-7_408, -1_616, 7_408, 1_616];
const HIGH_LOUDER: [i32; 4] = [798, -214, 798, -214];
/// Powers of 2 by parts of 32, times 2048.
#[rustfmt::skip]
const POWERS: [i32; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774, 2_834,
    2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838, 3_922, 4_008,
];

#[cfg(test)]
mod tests;
