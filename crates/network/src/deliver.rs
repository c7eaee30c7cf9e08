//! Sending one webhook over plain HTTP and saying what became of it.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::wire::{Webhook, WebhookFailure, WireResponse};

/// The longest answer that is read, in bytes: Twilio takes documents of up to 64 kB.
const ANSWER_MAX: usize = 64 * 1024;

/// Twilio's own time-out for a connection. It is the connector's and so the same for all webhooks:
/// a URL's fragment that asks for another shortens or lengthens only the whole exchange.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an unused connection to a customer is kept.
const KEPT: Duration = Duration::from_secs(10);

/// Connections to customers' servers.
pub(crate) struct Client(legacy::Client<HttpConnector, Full<Bytes>>);

impl Client {
    pub(crate) fn new() -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT)
            .build(connector);
        Client(client)
    }
}

/// Sends a webhook and waits for its answer as long as the carrier does.
pub(crate) async fn deliver(client: &Client, webhook: Webhook) -> Result<WireResponse, WebhookFailure> {
    let timeout = Duration::from_millis(webhook.timeout_ms);
    let request = request(webhook).ok_or(WebhookFailure::Refused)?;
    let exchange = async {
        let response = client.0.request(request).await.map_err(|error| {
            if error.is_connect() { WebhookFailure::Refused } else { WebhookFailure::Broken }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_MAX).collect().await;
        let headers = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(WireResponse {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: body.map_err(|_| WebhookFailure::Broken)?.to_bytes().to_vec(),
        })
    };
    let outcome = tokio::time::timeout(timeout, exchange).await;
    outcome.unwrap_or(Err(WebhookFailure::TimedOut))
}

fn request(webhook: Webhook) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::builder().method(webhook.method).uri(webhook.url);
    for (name, value) in webhook.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(webhook.body))).ok()
}
