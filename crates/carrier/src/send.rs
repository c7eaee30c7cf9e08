//! Sends requests for all carriers: no redirect is followed, nothing is sent twice, and the whole
//! reply counts against the time-out.
//!
//! Placements go their own way ([`Sender::place`]): each has a connection to itself, permission is
//! asked at the very gate through which its first byte would leave (`gate.rs`), and the connection
//! is driven by the caller's own future, so that nothing leaves after that future is dropped.

mod dial;
mod gate;

use crate::wire::{Operation, Reply, Request, SendError};
use bytes::Bytes;
use dial::Dial;
use gate::{Gate, Seal};
use http::header::{AUTHORIZATION, CONNECTION, HOST, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Sends requests. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Sender {
    pool: legacy::Client<Dial, Full<Bytes>>,
    dial: Dial,
    reply_max: usize,
}

/// A reply that is read while it comes.
#[derive(Debug)]
pub struct Opened {
    /// The HTTP status.
    pub status: u16,
    headers: http::HeaderMap,
    body: Incoming,
}

impl Opened {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SendError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| SendError::Broken(chain(&error)))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

/// What a sender allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendSettings {
    /// How long a connection may take to stand: name, TCP and TLS. Default: [`CONNECT_WITHIN`].
    pub connect_within: Duration,
    /// How many bytes the body of a reply may have. Default: [`REPLY_MAX`].
    pub reply_max: usize,
}

impl Default for SendSettings {
    fn default() -> SendSettings {
        SendSettings { connect_within: CONNECT_WITHIN, reply_max: REPLY_MAX }
    }
}

impl Sender {
    /// Makes a sender with a pool of connections of its own.
    pub fn new(settings: SendSettings) -> Sender {
        let dial = Dial::new(settings.connect_within);
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            // The pool would by itself repeat a request whose connection was closed under it.
            .retry_canceled_requests(false)
            .build(dial.clone());
        Sender { pool, dial, reply_max: settings.reply_max }
    }

    /// Sends anything but a placement, over a connection that may be shared with others, and reads
    /// the whole reply within `timeout`.
    ///
    /// # Errors
    /// [`SendError::NotSent`] if no connection came to stand; otherwise the request may have been
    /// heard.
    pub async fn send(&self, request: &Request, timeout: Duration) -> Result<Reply, SendError> {
        debug_assert_ne!(request.operation, Operation::Place, "a placement goes its own way");
        let outgoing = outgoing(request)?;
        let exchange = async {
            let answer = self.pool.request(outgoing).await.map_err(|error| {
                let text = chain(&error);
                if error.is_connect() { SendError::NotSent(text) } else { SendError::Broken(text) }
            })?;
            read_whole(answer, self.reply_max).await.map_err(SendError::Broken)
        };
        match tokio::time::timeout(timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::TimedOut(timeout)),
        }
    }

    /// Sends anything but a placement, and gives the reply as it comes: its head within `timeout`.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn open(&self, request: &Request, timeout: Duration) -> Result<Opened, SendError> {
        let exchange = self.pool.request(outgoing(request)?);
        let answer = match tokio::time::timeout(timeout, exchange).await {
            Ok(answer) => answer.map_err(|error| {
                let text = chain(&error);
                if error.is_connect() { SendError::NotSent(text) } else { SendError::Broken(text) }
            })?,
            Err(_) => return Err(SendError::TimedOut(timeout)),
        };
        let (head, body) = answer.into_parts();
        Ok(Opened { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Sends a placement over a connection of its own.
    ///
    /// `may_send` is asked when the connection stands, immediately before the first byte of the
    /// request is handed to it, and, should the connection not take that byte yet, again before
    /// the next attempt. Dropping the future stops the sending there and then; whether anything
    /// had left is then known only from whether `may_send` was asked and agreed.
    ///
    /// # Errors
    /// [`SendError::NotSent`] and [`SendError::TooLate`] promise that not a byte of the request was
    /// handed to a connection: no phone can ring. After any other error one may.
    pub async fn place(
        &self,
        request: &Request,
        timeout: Duration,
        may_send: impl Fn() -> bool,
    ) -> Result<Reply, SendError> {
        let deadline = Instant::now() + timeout;
        let mut outgoing = outgoing(request)?;
        let to = outgoing.uri().clone();
        make_alone(&mut outgoing)?;

        let stream = match timeout_at(deadline, self.dial.connect(to)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(SendError::NotSent(chain(&*error))),
            Err(_) => return Err(SendError::NotSent(format!("no connection within {timeout:?}"))),
        };
        let seal = Arc::new(Seal::default());
        let gate = Gate::new(stream, Arc::clone(&seal), may_send);
        match timeout_at(deadline, exchange(gate, outgoing, self.reply_max)).await {
            Ok(Ok(reply)) => Ok(reply),
            _ if seal.was_refused() => Err(SendError::TooLate),
            Ok(Err(text)) if seal.is_whole() => Err(SendError::NotSent(text)),
            Ok(Err(text)) => Err(SendError::Broken(text)),
            Err(_) if seal.is_whole() => Err(SendError::NotSent(format!("no byte left within {timeout:?}"))),
            Err(_) => Err(SendError::TimedOut(timeout)),
        }
    }
}

/// One request and its reply over one connection, driven by this future alone.
async fn exchange<IO>(io: IO, request: http::Request<Full<Bytes>>, reply_max: usize) -> Result<Reply, String>
where
    IO: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let (mut sender, connection) = http1::handshake(io).await.map_err(|error| chain(&error))?;
    let talk = async {
        let answer = sender.send_request(request).await.map_err(|error| chain(&error))?;
        read_whole(answer, reply_max).await
    };
    tokio::pin!(talk, connection);
    tokio::select! {
        biased;
        reply = &mut talk => return reply,
        // How it ended reaches the talk, which may still have a whole reply to read.
        _ = &mut connection => {}
    }
    talk.await
}

/// The request as hyper takes it.
fn outgoing(request: &Request) -> Result<http::Request<Full<Bytes>>, SendError> {
    let refuse = |what: &str| SendError::NotSent(format!("the request has {what}"));
    let uri: http::Uri = request.url.parse().map_err(|_| refuse("an address that cannot be read"))?;
    if !is_private(&uri) {
        return Err(SendError::NotSent("plain http is only for this machine; use https".to_owned()));
    }
    let mut outgoing = http::Request::new(Full::new(Bytes::from(request.body.clone())));
    *outgoing.method_mut() = request.method.clone();
    *outgoing.uri_mut() = uri;
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().map_err(|_| refuse("a header name that cannot be sent"))?;
        let mut value: HeaderValue = value.parse().map_err(|_| refuse("a header that cannot be sent"))?;
        value.set_sensitive(name == AUTHORIZATION);
        outgoing.headers_mut().append(name, value);
    }
    Ok(outgoing)
}

/// Whether nobody on the way can read what is sent there: credentials are in it.
fn is_private(uri: &http::Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let loopback = || host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => loopback(),
        _ => false,
    }
}

/// Makes of an absolute request one that stands alone on its connection: the path as its target,
/// the host as a header (RFC 9112, section 3.2), and no keeping alive.
fn make_alone(request: &mut http::Request<Full<Bytes>>) -> Result<(), SendError> {
    let uri = request.uri();
    let host = match (uri.host(), uri.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let unfit = || SendError::NotSent("the request has an address that cannot be sent".to_owned());
    let host = HeaderValue::try_from(host).map_err(|_| unfit())?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let target = target.parse().map_err(|_| unfit())?;
    *request.uri_mut() = target;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(())
}

/// Reads a reply to its last byte.
async fn read_whole(answer: http::Response<Incoming>, reply_max: usize) -> Result<Reply, String> {
    let (head, mut incoming) = answer.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| chain(&error))?;
        let Some(bytes) = frame.data_ref() else { continue };
        if body.len() + bytes.len() > reply_max {
            return Err(format!("the reply is larger than {reply_max} bytes"));
        }
        body.extend_from_slice(bytes);
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Ok(Reply { status: head.status.as_u16(), headers, body })
}

/// An error with what caused it, in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// A connection that doesn't stand by then is taken for none. A carrier's edge answers in well
/// under a second.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A reply that isn't whole by then is taken for none, where the configuration says no other.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// A page of 1,000 calls has about 2 MB; a reply that is larger than this is none of a carrier's.
pub const REPLY_MAX: usize = 8 << 20;
/// A connection that was idle for so long is closed by us, before the other side does it just as
/// we send.
const IDLE_MAX: Duration = Duration::from_secs(15);
/// So many idle connections are kept for each carrier: as many as recovery has in flight.
const IDLE_CONNECTIONS_MAX: usize = 64;

#[cfg(test)]
mod tests;
