//! Asks a simulated network that runs, by its own interface under `/network/`.

use anyhow::Context as _;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// A simulated network that runs.
pub(crate) struct Control {
    base: Url,
    http: Client<HttpConnector, Full<Bytes>>,
}

impl Control {
    /// Makes ready to ask the network at `url`.
    ///
    /// # Errors
    /// The address isn't `http://…`.
    pub(crate) fn new(url: &str) -> anyhow::Result<Control> {
        let base = Url::parse(url).ok().filter(|url| url.scheme() == "http");
        let base = base.with_context(|| {
            format!("{url} is no address of a simulated network; write one like http://127.0.0.1:4061")
        })?;
        Ok(Control { base, http: Client::builder(TokioExecutor::new()).build(HttpConnector::new()) })
    }

    /// Asks for what is there.
    ///
    /// # Errors
    /// Nobody listens there, or it was refused, in the network's own words.
    pub(crate) async fn get(&self, path: &[&str]) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// Tells the network to do something.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Sets something.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn put(&self, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::PUT, path, Some(body)).await
    }

    /// Takes something away.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn delete(&self, path: &[&str]) -> anyhow::Result<()> {
        self.ask(Method::DELETE, path, None).await.map(|_| ())
    }

    async fn ask(&self, method: Method, path: &[&str], body: Option<&Value>) -> anyhow::Result<Value> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = Request::builder().method(method).uri(url.as_str()).body(Full::new(bytes))?;
        let reply = tokio::time::timeout(REPLY_WITHIN, self.send(request)).await;
        let at = self.base.as_str().trim_end_matches('/');
        let (status, text) =
            reply.with_context(|| format!("the simulated network at {at} gave no answer"))?.with_context(
                || format!("cannot reach the simulated network at {at}; start it with 'offhook sim'"),
            )?;
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(said);
        }
        match said["error"].as_str() {
            Some(why) => anyhow::bail!("the simulated network refused: {why}"),
            None => anyhow::bail!("what answers at {at} is no simulated network: {status}"),
        }
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, String)> {
        let reply = self.http.request(request).await?;
        let status = reply.status();
        let body = Limited::new(reply.into_body(), REPLY_LENGTH_MAX).collect().await;
        let bytes = body.map_err(|error| anyhow::anyhow!("its answer broke off: {error}"))?.to_bytes();
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// The network keeps all that it knows in memory.
const REPLY_WITHIN: Duration = Duration::from_secs(10);

/// A truth of some ten thousand calls.
const REPLY_LENGTH_MAX: usize = 64 << 20;
