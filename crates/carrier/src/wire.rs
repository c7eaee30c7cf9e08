//! Requests and replies as data, and what can be read off any carrier's reply.

use call::Timestamp;
use call::call::{Unknown, UnknownWhy};
use std::fmt;
use std::time::Duration;

/// One HTTP request that a carrier's connector wants sent. It prints without its headers, which
/// hold credentials, and without its query and body, which hold numbers and what is said.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What it is for.
    pub operation: Operation,
    /// `GET`, `POST` or `DELETE`.
    pub method: http::Method,
    /// The absolute address.
    pub url: String,
    /// Header names in lower case, and their values; `authorization` among them.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
}

/// What a request is for: it decides how carefully it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Makes a phone ring. Sent once, on a connection of its own, and only before its send-by time.
    Place,
    /// Asks about one call.
    LookUp,
    /// Lists calls.
    List,
    /// Ends a call.
    HangUp,
    /// Has something done on the line. Sent once.
    Command,
    /// Fetches what a carrier recorded, or has it deleted.
    Recording,
    /// Asks a model what to say; no carrier's.
    Reply,
    /// Something is done for a language model.
    Tool,
    /// Somebody's words are understood; no carrier's.
    Recognize,
    /// Words become sound; no carrier's.
    Synthesize,
}

/// The reply to a request, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Not a byte of the request left: no address, no connection, no TLS.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Not a byte of the request left, since the time in which it might had passed.
    #[error("not sent: its time had passed")]
    TooLate,
    /// The connection broke after bytes had left.
    #[error("connection broke: {0}")]
    Broken(String),
    /// No whole reply in time.
    #[error("no reply within {0:?}")]
    TimedOut(Duration),
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.url.split('?').next().unwrap_or_default();
        write!(f, "{:?}: {} {address}", self.operation, self.method)
    }
}

impl Reply {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The carrier's own clock: the `Date` header (RFC 9110, section 6.6.1).
    pub fn date(&self) -> Option<Timestamp> {
        let date = jiff::fmt::rfc2822::parse(self.header("date")?).ok()?;
        Some(Timestamp(date.timestamp().as_millisecond()))
    }

    /// How long the carrier asks us to wait: `Retry-After` in seconds or as a date
    /// (RFC 9110, section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if let Some(pause) = seconds(text) {
            return Some(pause);
        }
        let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
        self.date().map(|now| Timestamp(until).since(now))
    }

    /// What a reply that isn't the expected one says, by its status: never that a call is over.
    pub fn unknown(&self) -> Unknown {
        let why = match self.status {
            401 => UnknownWhy::Unauthorized,
            403 => UnknownWhy::Forbidden,
            404 => UnknownWhy::NotFound,
            408 => UnknownWhy::TimedOut,
            429 => UnknownWhy::RateLimited,
            500..=599 => UnknownWhy::CarrierError,
            _ => UnknownWhy::Unreadable,
        };
        Unknown { why, detail: format!("HTTP {}", self.status), retry_after: self.retry_after() }
    }
}

impl SendError {
    /// What the absence of a reply says of a call: nothing.
    pub fn unknown(&self) -> Unknown {
        let why = match self {
            SendError::NotSent(_) | SendError::TooLate | SendError::Broken(_) => UnknownWhy::Unreachable,
            SendError::TimedOut(_) => UnknownWhy::TimedOut,
        };
        Unknown { why, detail: self.to_string(), retry_after: None }
    }
}

/// A span in whole seconds, as a text. One of more than a year is a mistake: no call lasts so long, and
/// nobody asks for such a pause.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().filter(|seconds| *seconds <= YEAR_S).map(Duration::from_secs)
}

const YEAR_S: u64 = 366 * 86_400;
