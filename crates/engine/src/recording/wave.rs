//! Whether a file that a carrier gave is a whole WAV file, and how long it lasts: whatever its samples are like, it
//! is kept as it came.
//!
//! Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (1991-08),
//! chapter 3.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// The sound of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) n_bytes: u64,
    pub(super) ms: u64,
}

/// What a file has, or what is wrong with it.
pub(super) fn sound(file: &File) -> io::Result<Result<Sound, &'static str>> {
    let length = file.metadata()?.len();
    let mut head = [0; 12];
    if length < head.len() as u64 {
        return Ok(Err("it is no WAV file"));
    }
    file.read_exact_at(&mut head, 0)?;
    if &head[..4] != b"RIFF" || &head[8..] != b"WAVE" {
        return Ok(Err("it is no WAV file"));
    }
    let (mut at, mut bytes_a_second) = (head.len() as u64, 0);
    for _ in 0..CHUNKS_MAX {
        let mut head = [0; 8];
        if at + head.len() as u64 > length {
            return Ok(Err("it has no samples"));
        }
        file.read_exact_at(&mut head, at)?;
        let n_bytes = number(&head[4..]);
        at += head.len() as u64;
        match &head[..4] {
            b"fmt " if n_bytes >= 16 && at + n_bytes <= length => {
                let mut format = [0; 16];
                file.read_exact_at(&mut format, at)?;
                bytes_a_second = number(&format[8..12]);
            }
            b"data" if bytes_a_second == 0 => return Ok(Err("it doesn't say how its samples are")),
            b"data" => return Ok(samples(length - at, n_bytes, bytes_a_second)),
            _ => {}
        }
        // An odd chunk has a byte more.
        at += n_bytes + n_bytes % 2;
    }
    Ok(Err("it has too much before its samples"))
}

fn samples(n_there: u64, n_told: u64, bytes_a_second: u64) -> Result<Sound, &'static str> {
    // Who writes it while it comes can't tell before.
    let is_told = n_told != 0 && n_told != u64::from(u32::MAX);
    match if is_told { n_told } else { n_there } {
        0 => Err("it has no samples"),
        n_bytes if n_bytes > n_there => Err("its end is missing"),
        n_bytes => Ok(Sound { n_bytes, ms: n_bytes.saturating_mul(1_000) / bytes_a_second }),
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Before the samples come some chunks of what somebody may want to know.
const CHUNKS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A second of linear stereo has 32,000 bytes.
    fn file(data: &[u8], n_told: u32, before: &[u8]) -> Vec<u8> {
        let format = [1, 0, 2, 0, 0x40, 0x1F, 0, 0, 0, 0x7D, 0, 0, 4, 0, 16, 0];
        let size = |n: u32| n.to_le_bytes();
        [b"RIFF", &size(0)[..], b"WAVE", before, b"fmt ", &size(16), &format, b"data", &size(n_told), data]
            .concat()
    }

    fn check(bytes: &[u8], expected: Result<Sound, &str>) {
        let kept = tempfile::tempfile().unwrap();
        kept.write_all_at(bytes, 0).unwrap();
        assert_eq!(sound(&kept).unwrap(), expected);
    }

    #[test]
    fn a_file_tells_how_long_it_lasts_whatever_comes_before_its_samples() {
        let second = [0; 32_000];
        let expected = Ok(Sound { n_bytes: 32_000, ms: 1_000 });
        for (n_told, before) in
            [(32_000, &b""[..]), (0, b""), (u32::MAX, b""), (32_000, b"LIST\x03\0\0\0abc\0")]
        {
            check(&file(&second, n_told, before), expected);
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_not_taken_for_one() {
        let second = [0; 32_000];
        check(&file(&second, 32_001, b""), Err("its end is missing"));
        check(&file(&[], 0, b""), Err("it has no samples"));
        check(b"<html>Not found</html>", Err("it is no WAV file"));
        check(b"", Err("it is no WAV file"));
        check(&file(&second, 32_000, b"")[..30], Err("it has no samples"));
        check(b"RIFF\0\0\0\0WAVEdata\x01\0\0\0x", Err("it doesn't say how its samples are"));
    }
}
