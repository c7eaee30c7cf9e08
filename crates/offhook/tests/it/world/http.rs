//! A plain HTTP client: one request, one connection, no retries, so that what a test sent is what
//! was sent.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::time::Duration;

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// `GET` or another.
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Sends one request and reads the whole answer.
///
/// # Errors
/// Nobody listens there, or the connection broke.
pub(crate) fn exchange(to: SocketAddr, sent: &Sent) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut head = format!("{} {} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n", sent.method, sent.path);
    for (name, value) in &sent.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", sent.body.len()));
    let mut request = head.into_bytes();
    request.extend_from_slice(&sent.body);
    stream.write_all(&request)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    read(&bytes).ok_or_else(|| io::Error::other(format!("no HTTP: {:?}", String::from_utf8_lossy(&bytes))))
}

/// Sends all of them at the same moment, each over a connection of its own.
pub(crate) fn at_once(to: SocketAddr, all: &[Sent]) -> Vec<io::Result<Answer>> {
    let gate = Barrier::new(all.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = all
            .iter()
            .map(|sent| {
                scope.spawn(|| {
                    gate.wait();
                    exchange(to, sent)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = bytes.get(end + 4..)?;
    let promised = headers.iter().find(|(name, _)| name == "content-length");
    let n_promised = promised.and_then(|(_, length)| length.parse().ok()).unwrap_or(body.len());
    let whole = body.len() == n_promised;
    whole.then(|| Answer { status, headers, body: String::from_utf8_lossy(body).into_owned() })
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
