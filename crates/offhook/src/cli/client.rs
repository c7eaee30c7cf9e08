//! Sends requests to the gateway and reads its replies. Plain HTTP only: the gateway serves no
//! TLS itself, and these commands are meant for the machine that it runs on.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::request::Builder;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::wire::{Problem, make_plain};
use crate::config::settings::Secret;

/// Why a request got no good answer, by what the one who asked may do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The address is none that can be asked. Nothing was sent.
    #[error("{0}")]
    BadUrl(String),
    /// Nobody listens there. Nothing was sent.
    #[error("cannot reach the gateway at {url}; start it with 'offhook serve'")]
    Unreachable {
        /// The gateway's address.
        url: String,
    },
    /// The request went out and no reply came: what it asked for may have happened.
    #[error("the gateway at {url} gave no answer: {why}")]
    Lost {
        /// The gateway's address.
        url: String,
        /// What happened on the way.
        why: String,
    },
    /// The gateway said no.
    #[error("{message}")]
    Problem {
        /// The HTTP status.
        status: StatusCode,
        /// What the gateway said, with its code.
        message: String,
    },
    /// Somebody answered who speaks another language.
    #[error("what answers at {url} is no offhook gateway that this version understands: {why}")]
    Unreadable {
        /// The gateway's address.
        url: String,
        /// What could not be read.
        why: String,
    },
}

/// A connection to one gateway.
pub(crate) struct Client {
    base: Url,
    token: Option<Secret>,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// What the gateway answered.
#[derive(Debug)]
pub(crate) struct Reply {
    url: String,
    /// As it came.
    pub(crate) text: String,
    /// Read, and safe for a terminal.
    json: Value,
}

/// One request to the API.
pub(crate) struct ApiRequest<'a> {
    /// The parts of the path, unescaped.
    pub(crate) path: &'a [&'a str],
    /// The parts of the query, unescaped.
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// What is posted; `None` asks with GET.
    pub(crate) body: Option<Body>,
}

/// What is posted.
pub(crate) struct Body {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Bytes,
    /// Under which a repeat of the request is known to be one.
    pub(crate) idempotency_key: Option<String>,
    /// How long the reply may take.
    pub(crate) reply_within: Duration,
}

impl Client {
    /// Makes ready to ask the gateway at `url`, which may have a path in front of the API's own.
    ///
    /// # Errors
    /// [`ClientError::BadUrl`]: the address isn't `http://…`.
    pub(crate) fn new(url: &str, token: Option<Secret>) -> Result<Self, ClientError> {
        let wrong = |why: &str| {
            ClientError::BadUrl(format!(
                "cannot ask the gateway at {url}: {why}; write one like http://127.0.0.1:4060"
            ))
        };
        let base = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        match base.scheme() {
            "http" => {}
            "https" => {
                return Err(wrong("https is not spoken here; ask on the gateway's own machine, by http"));
            }
            _ => return Err(wrong("it does not begin with http://")),
        }
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_WITHIN));
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, token, http })
    }

    /// The gateway's address as people write it.
    pub(crate) fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Asks once.
    ///
    /// # Errors
    /// By what may be done about it, see [`ClientError`].
    pub(crate) async fn ask(&self, request: ApiRequest<'_>) -> Result<Reply, ClientError> {
        let within = request.body.as_ref().map_or(REPLY_WITHIN, |body| body.reply_within);
        let request = self.in_http(request)?;
        self.send_within(request, within).await
    }

    /// Asks once, and gives back whatever was answered; the path and its query are escaped already.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), but for [`ClientError::Problem`].
    pub(crate) async fn exchange(
        &self,
        method: &Method,
        path: &str,
        body: Option<String>,
        idempotency_key: Option<&str>,
    ) -> Result<(StatusCode, String), ClientError> {
        let url = format!("{}{path}", self.url());
        let mut request = self.begun(Request::builder().method(method).uri(url));
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let request = Self::whole(request, Bytes::from(body.unwrap_or_default()))?;
        match tokio::time::timeout(REPLY_WITHIN, self.send(request)).await {
            Ok(answer) => {
                answer.map(|(status, bytes)| (status, String::from_utf8_lossy(&bytes).into_owned()))
            }
            Err(_) => Err(self.lost(format!("nothing came within {} s", REPLY_WITHIN.as_secs()))),
        }
    }

    /// What to do when the gateway doesn't let us in.
    pub(crate) fn way_in(&self) -> &'static str {
        way_in(self.token.is_some())
    }

    async fn send_within(
        &self,
        request: Request<Full<Bytes>>,
        within: Duration,
    ) -> Result<Reply, ClientError> {
        match tokio::time::timeout(within, self.send(request)).await {
            Ok(reply) => {
                let (status, bytes) = reply?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                read_reply(self.url(), status, text, self.token.is_some())
            }
            Err(_) => Err(self.lost(format!("nothing came within {} s", within.as_secs()))),
        }
    }

    /// Asks for a page that goes on, and gives it while it comes.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), of its beginning.
    pub(crate) async fn open(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Incoming, ClientError> {
        let request = self.in_http(ApiRequest { path, query, body: None })?;
        let reply = match tokio::time::timeout(REPLY_WITHIN, self.http.request(request)).await {
            Ok(reply) => reply.map_err(|error| self.failed(&error))?,
            Err(_) => return Err(self.lost(format!("nothing came within {} s", REPLY_WITHIN.as_secs()))),
        };
        let status = reply.status();
        if status.is_success() {
            return Ok(reply.into_body());
        }
        let body = Limited::new(reply.into_body(), REPLY_LENGTH_MAX).collect().await;
        let bytes = body.map_err(|error| self.lost(error.to_string()))?.to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Err(self.refused(status, text))
    }

    /// Asks for what is at this path to be taken away.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) async fn delete(&self, path: &[&str]) -> Result<Reply, ClientError> {
        let mut request = self.in_http(ApiRequest { path, query: &[], body: None })?;
        *request.method_mut() = Method::DELETE;
        self.send_within(request, REPLY_WITHIN).await
    }

    /// Asks for something that is no JSON.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) async fn fetch(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        accept: &'static str,
    ) -> Result<Vec<u8>, ClientError> {
        let mut request = self.in_http(ApiRequest { path, query, body: None })?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        let (status, bytes) = match tokio::time::timeout(FETCHED_WITHIN, self.send(request)).await {
            Ok(sent) => sent?,
            Err(_) => return Err(self.lost(format!("nothing came within {} s", FETCHED_WITHIN.as_secs()))),
        };
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Err(self.refused(status, text))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), ClientError> {
        let reply = self.http.request(request).await.map_err(|error| self.failed(&error))?;
        let status = reply.status();
        let body = Limited::new(reply.into_body(), REPLY_LENGTH_MAX).collect().await;
        let bytes = body.map_err(|error| self.lost(error.to_string()))?.to_bytes();
        Ok((status, bytes))
    }

    fn in_http(&self, asked: ApiRequest<'_>) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(asked.path);
        }
        if !asked.query.is_empty() {
            url.query_pairs_mut().extend_pairs(asked.query);
        }
        let mut request = self.begun(Request::builder().uri(url.as_str()));
        let mut bytes = Bytes::new();
        if let Some(body) = asked.body {
            request = request.method(Method::POST).header(CONTENT_TYPE, body.content_type);
            if let Some(key) = body.idempotency_key {
                request = request.header("idempotency-key", key);
            }
            bytes = body.bytes;
        }
        Self::whole(request, bytes)
    }

    /// Shows our token, if there is one.
    fn begun(&self, request: Builder) -> Builder {
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {}", token.expose())),
            None => request,
        }
    }

    fn whole(request: Builder, bytes: Bytes) -> Result<Request<Full<Bytes>>, ClientError> {
        let why = "the API token has letters that no HTTP header may hold; set another api.token";
        request.body(Full::new(bytes)).map_err(|_| ClientError::BadUrl(why.to_owned()))
    }

    fn refused(&self, status: StatusCode, text: String) -> ClientError {
        match read_reply(self.url(), status, text, self.token.is_some()) {
            Err(problem) => problem,
            Ok(_) => self.lost(format!("it answered {status}")),
        }
    }

    fn failed(&self, error: &hyper_util::client::legacy::Error) -> ClientError {
        match error.is_connect() {
            true => ClientError::Unreachable { url: self.url().to_owned() },
            false => self.lost(error.to_string()),
        }
    }

    fn lost(&self, why: String) -> ClientError {
        ClientError::Lost { url: self.url().to_owned(), why }
    }
}

impl Reply {
    /// Reads the reply as `T`.
    ///
    /// # Errors
    /// [`ClientError::Unreadable`]: it has another shape.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        T::deserialize(&self.json).map_err(|error| self.unreadable(error.to_string()))
    }

    /// The reply as JSON, for documents that are put together of several.
    pub(crate) fn json(&self) -> Result<Value, ClientError> {
        serde_json::from_str(&self.text).map_err(|error| self.unreadable(error.to_string()))
    }

    /// Says that the reply isn't what the API promises.
    pub(crate) fn unreadable(&self, why: String) -> ClientError {
        ClientError::Unreadable { url: self.url.clone(), why }
    }
}

/// Decides what a reply is worth.
fn read_reply(url: &str, status: StatusCode, text: String, with_token: bool) -> Result<Reply, ClientError> {
    let json = serde_json::from_str::<Value>(&text).map(|mut json| {
        make_plain(&mut json);
        json
    });
    if status.is_success() {
        return match json {
            Ok(json) => Ok(Reply { url: url.to_owned(), text, json }),
            Err(error) => Err(ClientError::Unreadable {
                url: url.to_owned(),
                why: format!("its answer is no JSON: {error}"),
            }),
        };
    }
    let problem = json.ok().and_then(|json| serde_json::from_value::<Problem>(json).ok());
    let mut message = match problem {
        Some(
            Problem { detail: Some(said), code, faults, .. }
            | Problem { title: Some(said), code, faults, .. },
        ) => {
            let said = code.map_or(said.clone(), |code| format!("{said} ({code})"));
            faults.iter().fold(said, |said, fault| format!("{said}\n  {fault}"))
        }
        _ => format!("the gateway at {url} answered {status}"),
    };
    if status == StatusCode::UNAUTHORIZED {
        message += way_in(with_token);
    }
    Err(ClientError::Problem { status, message })
}

/// What to do when the gateway doesn't let us in, with our token or without one.
fn way_in(with_token: bool) -> &'static str {
    match with_token {
        true => {
            "; it has another token than this configuration: name its own with --config, \
             or set OFFHOOK_API__TOKEN"
        }
        false => {
            "; no token was found beside the configured store: name the gateway's configuration \
             with --config, or set OFFHOOK_API__TOKEN"
        }
    }
}

/// A gateway on the same machine takes a connection at once.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Longer than the gateway ever takes for a request, its wait for the disk included.
pub(crate) const REPLY_WITHIN: Duration = Duration::from_secs(30);

/// An hour's recording comes from this machine in a few seconds.
const FETCHED_WITHIN: Duration = Duration::from_secs(600);

/// A page of calls is some tens of kilobytes, and a day's recording a gigabyte and a half; more than this is no
/// reply of ours.
const REPLY_LENGTH_MAX: usize = 2 << 30;

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::{Client, read_reply};

    #[test]
    fn a_reply_is_worth_what_it_says() {
        let problem = r#"{"title":"Not allowed","status":422,"code":"OH-0007",
            "detail":"+1911 is an\u001b[31m emergency number"}"#;
        let cases = [
            (200, "{}", true, "fine"),
            (202, r#"{"id":"c_1"}"#, true, "fine"),
            (
                200,
                "<html>",
                true,
                "what answers at http://gw is no offhook gateway that this version understands: \
                 its answer is no JSON: expected value at line 1 column 1",
            ),
            (422, problem, true, "+1911 is an\u{fffd}[31m emergency number (OH-0007)"),
            (404, r#"{"title":"Not found"}"#, true, "Not found"),
            (502, "Bad Gateway", true, "the gateway at http://gw answered 502 Bad Gateway"),
            (301, "", true, "the gateway at http://gw answered 301 Moved Permanently"),
            (
                401,
                r#"{"detail":"wrong token"}"#,
                true,
                "wrong token; it has another token than this configuration: name its own with \
                 --config, or set OFFHOOK_API__TOKEN",
            ),
            (
                401,
                r#"{"detail":"no token"}"#,
                false,
                "no token; no token was found beside the configured store: name the gateway's \
                 configuration with --config, or set OFFHOOK_API__TOKEN",
            ),
        ];
        for (status, text, with_token, expected) in cases {
            let status = StatusCode::from_u16(status).expect("is a status");
            let said = match read_reply("http://gw", status, text.to_owned(), with_token) {
                Ok(_) => "fine".to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn only_plain_http_is_spoken() {
        for url in ["https://gw", "127.0.0.1:4060", "ftp://gw", ""] {
            assert!(Client::new(url, None).is_err(), "{url}");
        }
        assert_eq!(
            Client::new("http://127.0.0.1:4060/", None).ok().as_ref().map(Client::url),
            Some("http://127.0.0.1:4060")
        );
    }
}
