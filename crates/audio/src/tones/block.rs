//! The blocks of an utterance: first one with its length, then its text, each with a checksum.

use std::collections::VecDeque;

/// A piece of an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// How many come before it, modulo 16.
    place: u8,
    bytes: Vec<u8>,
}

/// What a block's first byte says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    place: u8,
    n_bytes: usize,
}

/// The blocks of a text, as symbols need them.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Block> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    let mut rest = text;
    let pieces = std::iter::from_fn(move || {
        let (most, _) = split_within(rest, BYTES_MAX);
        // Whole words, if one ends soon enough.
        let word = most.rfind(' ').filter(|_| most.len() < rest.len());
        let (piece, after) = rest.split_at(word.map_or(most.len(), |space| space + 1));
        rest = after;
        (!piece.is_empty()).then(|| piece.as_bytes().to_vec())
    });
    let all = std::iter::once(length).chain(pieces);
    all.zip((0..16).cycle()).map(|(bytes, place)| Block { place, bytes })
}

/// As much of a text as fits into so many bytes, and the rest.
pub(super) fn split_within(text: &str, n_bytes: usize) -> (&str, &str) {
    let fits = (0..=n_bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.split_at(fits.unwrap_or(0))
}

impl Block {
    /// Its header, its bytes and its checksum.
    pub(super) fn symbols(self) -> impl Iterator<Item = u8> {
        let mut symbols = VecDeque::from(self.bytes);
        symbols.push_front(self.place << 4 | symbols.len() as u8);
        let sum = checksum(symbols.iter().copied());
        symbols.extend(sum.to_be_bytes());
        symbols.into_iter()
    }
}

impl Header {
    /// What a first byte says, if it can be that of the block that is expected.
    pub(super) fn read(symbol: u8, place: usize) -> Option<Header> {
        let header = Header { place: symbol >> 4, n_bytes: usize::from(symbol & 0x0F) };
        let is_next = usize::from(header.place) == place % 16;
        let fits = if place == 0 { header.n_bytes == 2 } else { (1..=BYTES_MAX).contains(&header.n_bytes) };
        (is_next && fits).then_some(header)
    }

    /// How many symbols the block has, this one and the checksum included.
    pub(super) fn n_symbols(self) -> usize {
        1 + self.n_bytes + 2
    }
}

/// The bytes of a whole block, if its checksum is right.
pub(super) fn checked(symbols: &[u8]) -> Option<&[u8]> {
    let (said, sum) = symbols.split_last_chunk()?;
    let is_right = checksum(said.iter().copied()) == u16::from_be_bytes(*sum);
    is_right.then(|| said.get(1..)).flatten()
}

/// CRC-16/CCITT, as in ITU-T X.25 and elsewhere, begun with all ones and not turned.
fn checksum(bytes: impl Iterator<Item = u8>) -> u16 {
    bytes.fold(0xFFFF, |sum, byte| {
        (0..8).fold(
            sum ^ u16::from(byte) << 8,
            |sum: u16, _| {
                if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 }
            },
        )
    })
}

/// Bytes of a block: a word or two.
const BYTES_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        blocks(text).skip(1).map(|block| String::from_utf8(block.bytes).unwrap()).collect()
    }

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(checksum(b"123456789".iter().copied()), 0x29B1);
    }

    #[test]
    fn blocks_end_with_words() {
        assert_eq!(pieces("hello how are you today"), ["hello how ", "are you ", "today"]);
        assert_eq!(pieces("incomprehensibilities"), ["incomprehens", "ibilities"]);
        assert_eq!(pieces("äöüßäöüß"), ["äöüßäö", "üß"]);
        assert_eq!(pieces(""), [""; 0]);
    }

    #[test]
    fn a_block_is_read_only_where_it_belongs_and_whole() {
        let all: Vec<Vec<u8>> = blocks("hello how are you").map(|block| block.symbols().collect()).collect();
        for (place, symbols) in all.iter().enumerate() {
            let header = Header::read(symbols[0], place).unwrap();
            assert_eq!(header.n_symbols(), symbols.len());
            assert_eq!(Header::read(symbols[0], place + 1), None);
            assert!(checked(symbols).is_some());
            for bit in 0..symbols.len() * 8 {
                let mut broken = symbols.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(checked(&broken), None);
            }
        }
        assert_eq!(checked(&all[1]), Some(&b"hello how "[..]));
        assert_eq!(checked(&[0xFF, 0xFF]), None);
        assert_eq!(checked(&[]), None);
    }
}
