//! WAV files, as recognizers take them and programs that speak write them: their length is often not
//! known when they begin.
//!
//! Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (1991-08),
//! chapter 3.

use crate::Unreadable;
use audio::g711::Law;
use audio::l16::ByteOrder;
use audio::{Frame, SampleRate};

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rate: SampleRate,
    pub(crate) coding: Coding,
    pub(crate) channels: usize,
}

/// How one of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    MuLaw,
    /// 8 bits, of which 128 is silence.
    Unsigned,
    /// 16 bits, the low byte first.
    Signed,
}

/// A file's samples: where they begin, and how many bytes they are, if that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    pub(crate) layout: Layout,
    pub(crate) begin: usize,
    pub(crate) n_bytes: Option<usize>,
}

/// A whole file of frames of 8 kHz: linear, 16 bits, one channel.
pub fn wav(frames: &[Frame]) -> Vec<u8> {
    const HZ: u32 = SampleRate::Hz8000.hz();
    let n_samples: usize = frames.iter().map(|frame| frame.samples().len()).sum();
    let n_bytes = u32::try_from(n_samples * 2).unwrap_or(UNKNOWN);
    let mut file = Vec::with_capacity(HEADER_BYTES + n_samples * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&n_bytes.saturating_add(HEADER_BYTES as u32 - 8).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&PCM.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&HZ.to_le_bytes());
    file.extend_from_slice(&(HZ * 2).to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&n_bytes.to_le_bytes());
    for frame in frames {
        ByteOrder::Little.write(frame, &mut file);
    }
    file
}

/// The samples of the file that begins with these bytes, if they reach so far.
///
/// # Errors
/// It is no such file, or its sound is of a kind that isn't taken.
pub(crate) fn samples(beginning: &[u8]) -> Result<Option<Samples>, Unreadable> {
    let unreadable = |why: String| Unreadable::new(why, beginning);
    let is_named = |at: usize, name: &[u8]| {
        let is = beginning.get(at..).unwrap_or_default();
        is.iter().zip(name).all(|(is, wanted)| is == wanted)
    };
    if !is_named(0, b"RIFF") || !is_named(8, b"WAVE") {
        return Err(unreadable("it is no WAV file".to_owned()));
    }
    let (mut at, mut layout) = (12, None);
    while let Some((head, rest)) = beginning.get(at..).and_then(<[u8]>::split_first_chunk::<8>) {
        let n_bytes = number(&head[4..]);
        at += head.len();
        match (&head[..4], layout) {
            (b"data", Some(layout)) => {
                let is_told = n_bytes != 0 && n_bytes != UNKNOWN as usize;
                return Ok(Some(Samples { layout, begin: at, n_bytes: is_told.then_some(n_bytes) }));
            }
            (b"data", None) => return Err(unreadable("it doesn't say how its samples are".to_owned())),
            (b"fmt ", _) => match rest.get(..n_bytes) {
                Some(chunk) => layout = Some(Layout::read(chunk).map_err(unreadable)?),
                None => break,
            },
            _ => {}
        }
        // An odd chunk has a byte more.
        at = at.saturating_add(n_bytes).saturating_add(n_bytes % 2);
    }
    if beginning.len() > BEFORE_SAMPLES_MAX {
        return Err(unreadable(format!("no sample is within its first {BEFORE_SAMPLES_MAX} bytes")));
    }
    Ok(None)
}

impl Layout {
    /// How a file's `fmt ` chunk says that its samples are, or what isn't taken.
    fn read(chunk: &[u8]) -> Result<Layout, String> {
        if chunk.len() < 16 {
            return Err("it doesn't say how its samples are".to_owned());
        }
        let (channels, hz, bits) = (number(&chunk[2..4]), number(&chunk[4..8]), number(&chunk[14..16]));
        // The extended form says the same in its last field, a GUID that begins with the old number.
        let format = match number(&chunk[..2]) {
            EXTENDED => chunk.get(24..26).map_or(EXTENDED, number),
            format => format,
        };
        if format != usize::from(PCM) {
            return Err(format!("cannot take sound of WAV format {format}; take 1 (PCM)"));
        }
        if !(1..=2).contains(&channels) {
            return Err(format!("cannot take sound of {channels} channels; take 1 or 2"));
        }
        let coding = match bits {
            8 => Coding::Unsigned,
            16 => Coding::Signed,
            _ => return Err(format!("cannot take sound of {bits} bits a sample; take 8 or 16")),
        };
        let hz = u32::try_from(hz).unwrap_or(u32::MAX);
        let rate = SampleRate::from_hz(hz).map_err(|error| error.to_string())?;
        Ok(Layout { rate, coding, channels })
    }

    /// Bytes of a moment: one sample of each channel.
    pub(crate) fn moment_bytes(self) -> usize {
        self.coding.bytes() * self.channels
    }

    /// What all channels of a moment sound like together.
    pub(crate) fn mixed(self, moment: &[u8]) -> i16 {
        let samples = moment.chunks_exact(self.coding.bytes());
        let sum: i32 = samples.map(|sample| i32::from(self.coding.decoded(sample))).sum();
        (sum / self.channels as i32) as i16
    }
}

impl Coding {
    fn bytes(self) -> usize {
        match self {
            Coding::MuLaw | Coding::Unsigned => 1,
            Coding::Signed => 2,
        }
    }

    /// The sample that these bytes are.
    fn decoded(self, sample: &[u8]) -> i16 {
        match (self, sample) {
            (Coding::MuLaw, [code]) => Law::Mu.decode(*code),
            (Coding::Unsigned, [level]) => (i16::from(*level) - 128) << 8,
            (Coding::Signed, [low, high]) => i16::from_le_bytes([*low, *high]),
            _ => 0,
        }
    }
}

/// A number whose low byte comes first.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// The number of PCM.
const PCM: u16 = 1;
/// The number that says that another field has it.
const EXTENDED: usize = 0xFFFE;
/// A length that isn't known, beside none; larger ones than what comes do no harm.
const UNKNOWN: u32 = u32::MAX;
/// Bytes before the samples of our own files.
const HEADER_BYTES: usize = 44;
/// Bytes before the samples of another's: room for the tags that some write first.
const BEFORE_SAMPLES_MAX: usize = 65_536;
