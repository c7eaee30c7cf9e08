//! A tool that an owner gives a model: a server that takes JSON, and answers one thing.

use super::SOON;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// Such a server.
pub(crate) struct Tool {
    /// Where it is.
    pub(crate) url: String,
    asked: Receiver<(String, Value)>,
}

impl Tool {
    /// Starts it; without an answer it takes what comes and says nothing.
    pub(crate) fn start(answer: Option<&'static str>) -> Tool {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("http://{}/find", listener.local_addr().expect("it has an address"));
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for socket in listener.incoming() {
                let mut socket = socket.expect("the gateway connects");
                let Some(question) = read(&socket) else { continue };
                // The test may be over.
                let _ = tell.send(question);
                let Some(answer) = answer else {
                    silent.push(socket);
                    continue;
                };
                let length = answer.len();
                let _ = write!(
                    socket,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
                );
            }
        });
        Tool { url, asked }
    }

    /// What it is asked next: the head of the request, and its body.
    pub(crate) fn is_asked(&self) -> (String, Value) {
        self.asked.recv_timeout(SOON).expect("the tool is asked")
    }

    /// How often it was asked since.
    pub(crate) fn n_asked(&self) -> usize {
        self.asked.try_iter().count()
    }
}

/// Reads a request of JSON.
pub(super) fn read(socket: &TcpStream) -> Option<(String, Value)> {
    let (head, body) = read_bytes(socket)?;
    Some((head, serde_json::from_slice(&body).ok()?))
}

/// Reads a request.
pub(super) fn read_bytes(socket: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
