//! HTTP/1.1 as far as the figures need it: one connection kept alive, whole answers, no more work
//! than it takes, since the client shares the machine with what it measures.

use super::world::API_TOKEN;
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
}

/// What came back.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// The beginning of an answer.
pub(crate) struct Head {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Its length and that of the body, in bytes.
    pub(crate) n_bytes: usize,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(to: SocketAddr) -> std::io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection { stream })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request)?;
        let mut bytes = Vec::new();
        let mut piece = [0; 16 * 1024];
        loop {
            let n_read = self.stream.read(&mut piece)?;
            if n_read == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
            bytes.extend_from_slice(&piece[..n_read]);
            let Some(Head { status, n_bytes }) = head(&bytes) else { continue };
            if bytes.len() >= n_bytes {
                let begin = bytes.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or_default() + 4;
                return Ok(Answer { status, body: bytes.split_off(begin) });
            }
        }
    }
}

/// Asks once, and reads the JSON of a 2xx.
pub(crate) fn ask(to: SocketAddr, method: &str, path: &str, body: &[u8]) -> anyhow::Result<Value> {
    let answer = Connection::open(to)?.exchange(&request(to, method, path, body))?;
    if !(200..300).contains(&answer.status) {
        bail!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    serde_json::from_slice(&answer.body).with_context(|| format!("{method} {path} answers no JSON"))
}

/// A request of the API, with its token.
pub(crate) fn request(to: SocketAddr, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nauthorization: Bearer {API_TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads the beginning of an answer, once it is there.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text.split("\r\n").filter_map(|line| line.split_once(':'));
    let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let n_body = length.filter_map(|(_, value)| value.trim().parse().ok()).next().unwrap_or(0);
    Some(Head { status, n_bytes: end + 4 + n_body })
}

/// The longest that an answer may take: an import of 100,000 calls.
const PATIENCE: Duration = Duration::from_secs(120);
