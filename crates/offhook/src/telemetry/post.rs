//! Sends what is told as everything else is sent.

use async_trait::async_trait;
use bytes::Bytes;
use carrier::send::{SendSettings, Sender};
use carrier::{Operation, Reply, Request};
use opentelemetry_http::{HttpClient, HttpError};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// The way to the receiver.
pub(super) struct Post {
    sender: Sender,
    runtime: Handle,
    is_failing: AtomicBool,
}

impl Post {
    pub(super) fn new(runtime: Handle) -> Post {
        Post { sender: Sender::new(SendSettings::default()), runtime, is_failing: AtomicBool::new(false) }
    }

    /// Says once that the receiver can't be told, and once that it can again.
    fn note(&self, why: Option<String>) {
        let was_failing = self.is_failing.swap(why.is_some(), Ordering::Relaxed);
        match why {
            Some(why) if !was_failing => {
                tracing::warn!(why, "traces and logs can't be told to their receiver; calls go on");
            }
            None if was_failing => tracing::info!("traces and logs are told to their receiver again"),
            _ => {}
        }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

#[async_trait]
impl HttpClient for Post {
    /// Whoever waits for this does so on a thread without a runtime.
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let request = Request {
            operation: Operation::Command,
            method: head.method,
            url: head.uri.to_string(),
            headers: head.headers.iter().filter_map(header).collect(),
            body: body.to_vec(),
        };
        let sender = self.sender.clone();
        let sent = self.runtime.spawn(async move { sender.send(&request, REPLY_WITHIN).await }).await?;
        self.note(match &sent {
            Ok(Reply { status, .. }) if status / 100 != 2 => Some(format!("HTTP {status}")),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        });
        let reply = sent?;
        let mut response = http::Response::new(Bytes::from(reply.body));
        *response.status_mut() = http::StatusCode::from_u16(reply.status)?;
        Ok(response)
    }
}

/// The standard's default.
const REPLY_WITHIN: Duration = Duration::from_secs(10);
