//! Streamable HTTP, sent as all requests of the gateway are: over its own connections, with its own bounds.

use crate::MESSAGE_MAX;
use bytes::Bytes;
use carrier::send::{Opened, Sender};
use carrier::{Operation, Request, SendError};
use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use http::{HeaderName, HeaderValue, Method};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What sends for one server.
#[derive(Clone)]
pub(crate) struct Http {
    sender: Sender,
}

type Failed = StreamableHttpError<SendError>;
type Headers = HashMap<HeaderName, HeaderValue>;

impl Http {
    pub(crate) fn new(sender: &Sender) -> Http {
        Http { sender: sender.clone() }
    }

    async fn open(
        &self,
        (method, url): (Method, &str),
        body: Vec<u8>,
        (session, token): (Option<Arc<str>>, Option<String>),
        (accept, more): (&str, Headers),
    ) -> Result<Opened, Failed> {
        let mut headers = vec![("accept".to_owned(), accept.to_owned())];
        if method == Method::POST {
            headers.push(("content-type".to_owned(), JSON.to_owned()));
        }
        headers.extend(session.map(|session| (SESSION.to_owned(), session.to_string())));
        headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        for (name, value) in more {
            let value = value.to_str().unwrap_or_default().to_owned();
            headers.push((name.as_str().to_owned(), value));
        }
        let request = Request { operation: Operation::Tool, method, url: url.to_owned(), headers, body };
        // Whoever waits for the answer says how long.
        self.sender.open(&request, HEAD_WITHIN).await.map_err(Failed::Client)
    }
}

impl StreamableHttpClient for Http {
    type Error = SendError;

    async fn post_message(
        &self,
        url: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let (had_session, is_asked) = (session.is_some(), matches!(message, JsonRpcMessage::Request(_)));
        let body = serde_json::to_vec(&message)?;
        let mut opened = self.open((Method::POST, &url), body, (session, token), (&both(), headers)).await?;
        let status = opened.status;
        if status == 404 && had_session {
            return Err(Failed::SessionExpired);
        }
        let kind = kind_of(&opened);
        let session = opened.header(SESSION).map(str::to_owned);
        if status / 100 == 2 && kind == Some(Kind::Events) {
            return Ok(StreamableHttpPostResponse::Sse(events(opened), session));
        }
        if status / 100 == 2 && !is_asked {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        let said = read(&mut opened).await?;
        match serde_json::from_slice::<ServerJsonRpcMessage>(&said) {
            Ok(message) if status / 100 == 2 => Ok(StreamableHttpPostResponse::Json(message, session)),
            // The protocol's own refusal says more than the status.
            Ok(message @ JsonRpcMessage::Error(_)) if is_asked => {
                Ok(StreamableHttpPostResponse::Json(message, session))
            }
            _ => Err(refusal(status, &said)),
        }
    }

    async fn delete_session(
        &self,
        url: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<(), Failed> {
        // Some servers keep their sessions to themselves.
        self.open((Method::DELETE, &url), Vec::new(), (Some(session), token), (JSON, headers)).await.map(drop)
    }

    async fn get_stream(
        &self,
        url: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        token: Option<String>,
        mut headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        let last_event = last_event.and_then(|id| HeaderValue::try_from(id).ok());
        headers.extend(last_event.map(|id| (HeaderName::from_static(LAST_EVENT), id)));
        let opened = self.open((Method::GET, &url), Vec::new(), (session, token), (EVENTS, headers)).await?;
        match (opened.status, kind_of(&opened)) {
            (200, Some(Kind::Events)) => Ok(events(opened)),
            // One that tells nothing by itself, or whose session is over, which the next request notices.
            _ => Err(Failed::ServerDoesNotSupportSse),
        }
    }
}

/// What an answer is made of.
#[derive(PartialEq, Eq)]
enum Kind {
    Events,
    Other,
}

fn kind_of(opened: &Opened) -> Option<Kind> {
    let kind = opened.header("content-type")?.split(';').next()?.trim();
    Some(if kind.eq_ignore_ascii_case(EVENTS) { Kind::Events } else { Kind::Other })
}

/// What it says may quote what was said on a call: that is for the log at debug.
fn refusal(status: u16, said: &[u8]) -> Failed {
    let said = String::from_utf8_lossy(&said[..said.len().min(SHOWN_MAX)]);
    tracing::debug!(status, %said, "a server of tools refused");
    let why = match status {
        401 | 403 => format!("HTTP {status}; see that its token is right"),
        300..=399 => format!("HTTP {status}; its address is another one"),
        200..=299 => "what it answered is no message of MCP; see that its address is right".to_owned(),
        _ => format!("HTTP {status}"),
    };
    Failed::UnexpectedServerResponse(why.into())
}

async fn read(opened: &mut Opened) -> Result<Vec<u8>, Failed> {
    let mut said = Vec::new();
    while let Some(bytes) = opened.next().await.map_err(Failed::Client)? {
        if said.len() + bytes.len() > MESSAGE_MAX {
            return Err(Failed::ResponseBodyTooLarge { max_size: MESSAGE_MAX });
        }
        said.extend_from_slice(&bytes);
    }
    Ok(said)
}

fn events(opened: Opened) -> BoxStream<'static, Result<Sse, SseError>> {
    SseStream::from_bytes_stream(bounded(pieces(opened))).boxed()
}

fn pieces(opened: Opened) -> impl Stream<Item = Result<Bytes, SendError>> + Send {
    stream::unfold(opened, |mut opened| async move {
        let piece = opened.next().await.transpose()?;
        Some((piece, opened))
    })
}

/// The same bytes, until an event among them has too many.
fn bounded(
    pieces: impl Stream<Item = Result<Bytes, SendError>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, SendError>> + Send {
    let (mut n_bytes, mut last) = (0, b'\n');
    let checked = move |piece: Bytes| {
        for byte in piece.iter().copied().filter(|byte| *byte != b'\r') {
            // An empty line ends an event.
            n_bytes = if byte == b'\n' && last == b'\n' { 0 } else { n_bytes + 1 };
            last = byte;
            if n_bytes > MESSAGE_MAX {
                return Err(SendError::Broken(format!("an event has more than {MESSAGE_MAX} bytes")));
            }
        }
        Ok(piece)
    };
    let mut checked = checked;
    pieces.map(move |piece| piece.and_then(&mut checked))
}

fn both() -> String {
    format!("{JSON}, {EVENTS}")
}

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const SESSION: &str = "mcp-session-id";
const LAST_EVENT: &str = "last-event-id";
/// No tool may take longer, so no answer begins later.
const HEAD_WITHIN: Duration = Duration::from_secs(65);
/// So much of a refusal is shown in the log.
const SHOWN_MAX: usize = 300;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn an_event_without_an_end_ends_the_stream() {
        let passed = |piece: &str, n: usize| {
            let pieces = stream::iter(vec![Ok(Bytes::from(piece.to_owned())); n]);
            let all: Vec<_> = bounded(pieces).collect().now_or_never().unwrap();
            all.iter().filter(|one| one.is_ok()).count()
        };
        assert_eq!(passed(&format!("data: {}\r\n\r\n", "x".repeat(1_000)), 2_000), 2_000);
        assert_eq!(passed(&"x".repeat(1 << 19), 5), 2);
    }
}
