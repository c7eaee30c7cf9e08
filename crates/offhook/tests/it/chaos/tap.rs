//! What stands between the network and the gateway and hears every webhook: it can pass them on,
//! keep them for later, multiply them or lose them. What it says again is what the carrier signed.

use crate::world::{Answer, Sent, at_once, exchange};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server at the public address of a gateway.
pub(super) struct Tap {
    /// Where the carrier sends its webhooks.
    pub(super) address: SocketAddr,
    wire: Arc<Wire>,
}

/// What is done with a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It goes on to the gateway.
    Passes,
    /// It goes on so many times at the same moment; the carrier has one of the answers.
    Times(usize),
    /// The carrier is told that all is well, and the gateway nothing; what asks for a document
    /// passes.
    IsKept,
    /// The connection breaks, and nobody is told anything.
    IsLost,
}

struct Wire {
    gateway: SocketAddr,
    manner: Mutex<Manner>,
    heard: Mutex<Vec<Sent>>,
}

impl Tap {
    /// Begins to listen on a free port; everything passes.
    pub(super) fn start(ip: IpAddr, gateway: SocketAddr) -> Tap {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Wire { gateway, manner: Mutex::new(Manner::Passes), heard: Mutex::new(Vec::new()) };
        let wire = Arc::new(wire);
        let own = Arc::clone(&wire);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let wire = Arc::clone(&own);
                // Whatever breaks here is a connection that broke.
                std::thread::spawn(move || drop(wire.serve(stream)));
            }
        });
        Tap { address, wire }
    }

    /// From here on every webhook is treated so.
    pub(super) fn each(&self, manner: Manner) {
        *self.wire.manner.lock().unwrap() = manner;
    }

    /// Every webhook so far, whatever was done with it, in the order in which they came.
    pub(super) fn heard(&self) -> Vec<Sent> {
        self.wire.heard.lock().unwrap().clone()
    }
}

impl Wire {
    /// Keeps what came; says what is done with it.
    fn note(&self, sent: &Sent) -> Manner {
        self.heard.lock().unwrap().push(sent.clone());
        *self.manner.lock().unwrap()
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let sent = read(&mut stream)?;
        let manner = self.note(&sent);
        let is_asked_for = sent.path.contains("/voice");
        let answer = match manner {
            Manner::IsLost => return Ok(()),
            Manner::IsKept if !is_asked_for => {
                Answer { status: 200, headers: Vec::new(), body: String::new() }
            }
            Manner::Passes | Manner::IsKept => exchange(self.gateway, &sent)?,
            Manner::Times(n_times) => {
                at_once(self.gateway, &vec![sent; n_times]).pop().expect("one at the least")?
            }
        };
        let kind = answer.header("content-type").unwrap_or("text/plain");
        let (status, length) = (answer.status, answer.body.len());
        let head = format!(
            "HTTP/1.1 {status} As The Gateway Says\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n"
        );
        stream.write_all((head + &answer.body).as_bytes())
    }
}

/// Reads one request as it came, but for what belongs to its connection.
fn read(stream: &mut TcpStream) -> io::Result<Sent> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let n_read = stream.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..n_read]);
        if let Some(sent) = whole(&bytes) {
            return Ok(sent);
        }
        if n_read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Sent> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let n_bytes: usize = length.and_then(|(_, length)| length.parse().ok()).unwrap_or_default();
    let body = bytes[end + 4..].to_vec();
    let own = |name: &str| !["host", "connection", "content-length"].contains(&name);
    let headers = headers.into_iter().filter(|(name, _)| own(name)).collect();
    (body.len() >= n_bytes).then_some(Sent { method, path, headers, body })
}
