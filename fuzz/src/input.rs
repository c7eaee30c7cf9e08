//! How bytes are read as HTTP: a first line, headers, an empty line, and the body. So what is kept
//! can be read and written by people.

/// A request or a reply, as text.
pub(crate) struct Message {
    /// The first line.
    pub(crate) head: String,
    /// Header names in lower case, and their values.
    pub(crate) headers: Vec<(String, String)>,
    /// What follows the first empty line.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Reads any bytes.
    pub(crate) fn read(bytes: &[u8]) -> Message {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let (head, body) = match end {
            Some(end) => (&bytes[..end], bytes[end + 2..].to_vec()),
            None => (bytes, Vec::new()),
        };
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Message { head: first, headers, body }
    }

    /// The words of the first line.
    pub(crate) fn words(&self) -> [&str; 3] {
        let mut words = self.head.split(' ');
        std::array::from_fn(|_| words.next().unwrap_or_default())
    }
}

/// Cuts bytes where a line holds nothing but `====`.
pub(crate) fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(CUT.len()).position(|window| window == CUT) {
        parts.push(&rest[..at]);
        rest = &rest[at + CUT.len()..];
    }
    parts.push(rest);
    parts
}

/// Cuts bytes into pieces of these lengths, over and over; where there are none, not at all.
pub(crate) fn in_pieces<'a>(bytes: &'a [u8], lengths: impl Iterator<Item = &'a str>) -> Vec<&'a [u8]> {
    let lengths: Vec<usize> = lengths.filter_map(|word| word.parse().ok()).filter(|n| *n > 0).collect();
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for length in lengths.iter().cycle() {
        if rest.len() <= *length {
            break;
        }
        let (piece, after) = rest.split_at(*length);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

const CUT: &[u8] = b"\n====\n";
