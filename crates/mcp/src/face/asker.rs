//! What a tool has at hand: requests to the gateway as whoever called the tool, and word to them meanwhile.

use super::answers::Told;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, Method};
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// What the face needs of the gateway: its HTTP API, wherever it is.
pub trait Gateway: Clone + Send + Sync + 'static {
    /// Asks the API once.
    fn ask(&self, request: Request) -> impl Future<Output = Result<Reply, NoReply>> + Send;
}

/// A request to the API.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: Method,
    /// Its path and query, escaped.
    pub path: String,
    /// What is posted.
    pub body: Option<Value>,
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    /// The `Authorization` that whoever asks showed, where they speak HTTP.
    pub authorization: Option<HeaderValue>,
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON; null where it was none.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum NoReply {
    /// Nothing was sent, for this reason.
    Unreachable(String),
    /// The request left, and what it asks for may have been done.
    Lost(String),
}

/// A use of a tool, while it lasts.
pub(super) struct Asker<'a, G> {
    gateway: &'a G,
    context: &'a RequestContext<RoleServer>,
    progress: Option<ProgressToken>,
}

impl<'a, G: Gateway> Asker<'a, G> {
    pub(super) fn new(gateway: &'a G, context: &'a RequestContext<RoleServer>) -> Asker<'a, G> {
        Asker { gateway, context, progress: context.meta.get_progress_token() }
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// What a model is told instead.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Told> {
        let request = self.request(Method::GET, path);
        read(self.gateway.ask(request).await.map_err(|why| Told::no_reply(&why, None))?)
    }

    /// Posts under a key, the caller's or one of its own, and again while the reply gets lost.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(super) async fn post_once(
        &self,
        path: &str,
        body: Value,
        key: Option<String>,
    ) -> Result<Value, Told> {
        let key = key.unwrap_or_else(|| format!("mcp-{}", Uuid::now_v7().simple()));
        let request =
            Request { body: Some(body), key: Some(key.clone()), ..self.request(Method::POST, path) };
        for _ in 1..TRIES_MAX {
            match self.gateway.ask(request.clone()).await {
                Err(NoReply::Lost(_)) => tokio::time::sleep(AGAIN_AFTER).await,
                answer => return read(answer.map_err(|why| Told::no_reply(&why, Some(&key)))?),
            }
        }
        read(self.gateway.ask(request).await.map_err(|why| Told::lost(&why, &key))?)
    }

    /// Posts what may be posted again without harm.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(super) async fn post(&self, path: &str) -> Result<Value, Told> {
        let request = self.request(Method::POST, path);
        read(self.gateway.ask(request).await.map_err(|why| Told::no_reply(&why, None))?)
    }

    /// Tells a client that wants to know how far a wait is.
    pub(super) async fn tell(&self, waited: Duration, at_most: Duration, message: &str) {
        let Some(token) = self.progress.clone() else { return };
        let progress = ProgressNotificationParam::new(token, waited.as_secs_f64())
            .with_total(at_most.as_secs_f64())
            .with_message(message);
        // Who doesn't hear it any more doesn't hear the result either.
        let _ = self.context.peer.notify_progress(progress).await;
    }

    fn request(&self, method: Method, path: &str) -> Request {
        let parts = self.context.extensions.get::<Parts>();
        let authorization = parts.and_then(|parts| parts.headers.get(AUTHORIZATION)).cloned();
        Request { method, path: path.to_owned(), body: None, key: None, authorization }
    }
}

fn read(reply: Reply) -> Result<Value, Told> {
    if (200..300).contains(&reply.status) { Ok(reply.body) } else { Err(Told::problem(&reply)) }
}

/// A page of the API, of parts that may have any letters.
pub(super) fn page(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        path.push('/');
        path.push_str(&escaped(part));
    }
    path
}

/// As RFC 3986 has a part of a path or a query.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => escaped.push(char::from(byte)),
            // A dot too: a part of dots alone would lead elsewhere.
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// So often is a request sent whose reply gets lost.
const TRIES_MAX: usize = 3;
/// Between two of them: a gateway that is started again needs a moment.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
