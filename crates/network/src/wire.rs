//! What goes over the wire, as data: requests that reach the network, its replies, and the
//! webhooks it wants sent. Whoever owns the sockets (or the simulation) carries them.

use http::Method;
use serde::Serialize;

use crate::time::Millis;

/// A request that reached the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path with its query, as sent: `/network/calls?live=true`.
    pub path_and_query: String,
    /// Header names in lower case, with their values, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// A request without headers or body.
    pub fn new(method: Method, path_and_query: impl Into<String>) -> WireRequest {
        WireRequest { method, path_and_query: path_and_query.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// The same request with one more header; `name` in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> WireRequest {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> WireRequest {
        self.body = body.into();
        self
    }

    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// The query without its question mark; empty where there is none.
    pub fn query(&self) -> &str {
        self.path_and_query.split_once('?').map_or("", |(_, query)| query)
    }
}

/// An HTTP response, in either direction: the network's to a request, or a receiver's to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireResponse {
    /// The HTTP status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

impl WireResponse {
    /// A response with neither headers nor body.
    pub fn empty(status: u16) -> WireResponse {
        WireResponse { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A response with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> WireResponse {
        WireResponse {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: serde_json::to_vec(body).unwrap_or_default(),
        }
    }

    /// The same response with one more header; `name` in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> WireResponse {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What whoever carries the bytes must do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answer with this, so many milliseconds later.
    Respond {
        /// The answer.
        response: WireResponse,
        /// How long to wait before it is sent.
        after_ms: u64,
    },
    /// Close the connection without an answer.
    Cut {
        /// How long to wait before closing.
        after_ms: u64,
    },
    /// Send the head and the first half of the body, then close the connection.
    Truncated {
        /// The whole answer, of which half is sent.
        response: WireResponse,
        /// How long to wait before it is sent.
        after_ms: u64,
    },
    /// Never answer; the connection stays open as long as the caller and the carrier of the bytes
    /// bear it.
    Stall,
}

impl Reply {
    pub(crate) fn now(response: WireResponse) -> Reply {
        Reply::Respond { response, after_ms: 0 }
    }
}

/// The name of one attempt to deliver a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookId(pub(crate) u64);

/// A request that the network wants sent to the customer's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// To be named when telling what became of it.
    pub id: WebhookId,
    /// The carrier's id of the call that it is about.
    pub call: String,
    /// `GET` or `POST`.
    pub method: Method,
    /// The absolute URL, without fragment.
    pub url: String,
    /// Header names in their usual spelling, with their values.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
    /// When it was due.
    pub at: Millis,
    /// How long the carrier waits for a connection, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long the carrier waits for the whole answer, in milliseconds.
    pub timeout_ms: u64,
}

/// Why a webhook got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookFailure {
    /// No connection came about, so the receiver saw nothing.
    Refused,
    /// No complete answer within the webhook's time-out.
    TimedOut,
    /// The connection broke before the answer was complete.
    Broken,
}

/// A path's part with `%2B` and the like resolved; a `+` in a path is a plus.
pub(crate) fn unescaped(part: &str) -> String {
    let kept = part.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    let mut pairs = form_urlencoded::parse(kept.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
