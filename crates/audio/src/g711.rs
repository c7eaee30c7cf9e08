//! ITU-T G.711 (11/88): the telephone's 8 bits a sample, in both laws.

use crate::frame::{Frame, SampleRate, WrongLength};

/// By which law loudness becomes a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// µ-law: North America and Japan, and what carriers stream unless told otherwise.
    Mu,
    /// A-law: the rest of the world.
    A,
}

impl Law {
    /// The frame that these codes are, at 8 kHz.
    ///
    /// # Errors
    /// They are more or fewer than 160.
    pub fn read(self, codes: &[u8]) -> Result<Frame, WrongLength> {
        let mut frame = Frame::silence(SampleRate::Hz8000);
        let wanted = frame.samples().len();
        if codes.len() != wanted {
            return Err(WrongLength { got: codes.len(), wanted, unit: "bytes" });
        }
        for (sample, code) in frame.samples_mut().iter_mut().zip(codes) {
            *sample = self.decode(*code);
        }
        Ok(frame)
    }

    /// Writes a frame's codes after what is there, one for each sample.
    pub fn write(self, frame: &Frame, into: &mut Vec<u8>) {
        into.extend(frame.samples().iter().map(|sample| self.encode(*sample)));
    }

    /// The sample that a code stands for.
    pub fn decode(self, code: u8) -> i16 {
        match self {
            Law::Mu => MU_DECODED[usize::from(code)],
            Law::A => A_DECODED[usize::from(code)],
        }
    }

    /// The code that comes nearest to a sample.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Law::Mu => mu_encoded(sample),
            Law::A => a_encoded(sample),
        }
    }

    /// The code of silence.
    pub fn silence(self) -> u8 {
        self.encode(0)
    }
}

fn mu_encoded(sample: i16) -> u8 {
    let loudness = sample.unsigned_abs().min(MU_CLIP) + MU_BIAS;
    // The bias sets bit 7 at least, and the clip leaves bit 15 alone.
    let segment = loudness.ilog2() - 7;
    let step = (loudness >> (segment + 3)) & 0x0F;
    !(sign(sample < 0) | (segment as u8) << 4 | step as u8)
}

fn a_encoded(sample: i16) -> u8 {
    let loudness = sample.unsigned_abs().min(A_CLIP);
    let segment = loudness.max(0x80).ilog2() - 7;
    let step = (loudness >> (segment.max(1) + 3)) & 0x0F;
    (sign(sample >= 0) | (segment as u8) << 4 | step as u8) ^ A_TURNED
}

fn sign(set: bool) -> u8 {
    if set { 0x80 } else { 0 }
}

const fn mu_decoded(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let loudness = ((((code & 0x0F) as i32) << 3) + MU_BIAS as i32) << segment;
    let loudness = (loudness - MU_BIAS as i32) as i16;
    if code & 0x80 == 0 { loudness } else { -loudness }
}

const fn a_decoded(code: u8) -> i16 {
    let code = code ^ A_TURNED;
    let segment = (code >> 4) & 7;
    // Half a step more is the middle of the interval.
    let within = (((code & 0x0F) as i32) << 4) + 8;
    let loudness = if segment == 0 { within } else { (within + 0x100) << (segment - 1) };
    if code & 0x80 == 0 { -loudness as i16 } else { loudness as i16 }
}

const fn table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = match law {
            Law::Mu => mu_decoded(code as u8),
            Law::A => a_decoded(code as u8),
        };
        code += 1;
    }
    table
}

static MU_DECODED: [i16; 256] = table(Law::Mu);
static A_DECODED: [i16; 256] = table(Law::A);
/// What is added to a loudness so that each segment begins at a power of two.
const MU_BIAS: u16 = 0x84;
/// The loudest that with its bias stays within the last segment.
const MU_CLIP: u16 = 0x7FFF - MU_BIAS;
/// The loudest sample has no negative but one.
const A_CLIP: u16 = 0x7FFF;
/// Every other bit of A-law is turned, so that silence on a line still has edges.
const A_TURNED: u8 = 0x55;

#[cfg(test)]
mod tests;
