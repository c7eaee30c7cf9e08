//! Replies of a language model while they come: what is read of them, wherever they are cut.
//!
//! An input is the lengths of the pieces in which it comes, over and over, an empty line, and what the
//! server sends.

use crate::carriers::texts;
use crate::input::{Message, in_pieces};
use agent::chat::{Piece, Reader};

/// Reads one reply.
pub(crate) fn take(input: &[u8]) {
    let Message { head, body, .. } = Message::read(input);
    let (pieces, is_done) = heard([&*body]);
    let again = heard(in_pieces(&body, head.split(' ')));
    assert_eq!(again, (pieces.clone(), is_done), "another reply, where it is cut so");
    assert_eq!(heard(body.chunks(1)), again, "another reply, byte by byte");

    let written: Vec<String> = body.split(|byte| *byte == b'\n').flat_map(texts).collect();
    let end = pieces.iter().position(|piece| *piece == Piece::Done);
    assert_eq!(end.is_some(), is_done, "a reply is whole when it is told so");
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Words(words) => {
                assert!(!words.is_empty(), "words that are none");
                assert!(written.contains(words), "nobody wrote {words:?}");
            }
            Piece::Tool { .. } => {
                let is_told_last = end.is_some_and(|end| {
                    at < end && pieces[at..end].iter().all(|piece| matches!(piece, Piece::Tool { .. }))
                });
                assert!(is_told_last, "a tool is called before all of it is there");
            }
            Piece::Done => assert_eq!(Some(at), end, "a reply ends twice"),
            Piece::Use => panic!("whose a tool is, no reply tells"),
            Piece::By(_) => panic!("who writes it, no reply tells"),
            Piece::Failed(_) => {}
        }
    }
}

/// What is read of a reply that comes so, and whether it is whole.
fn heard<'a>(came: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Piece>, bool) {
    let mut reader = Reader::default();
    let pieces = came.into_iter().flat_map(|bytes| reader.hear(bytes)).collect();
    (pieces, reader.is_done())
}
