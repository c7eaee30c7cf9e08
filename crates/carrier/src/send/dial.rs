//! Connections: name, TCP and TLS, all within one bound.

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower::{Service, ServiceExt};

/// A standing connection.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type DialError = Box<dyn Error + Send + Sync>;

/// Makes connections.
#[derive(Clone)]
pub(super) struct Dial {
    https: HttpsConnector<HttpConnector>,
    within: Duration,
}

impl Dial {
    /// Dials with Mozilla's roots, compiled in, so that no file of the system is needed.
    pub(super) fn new(within: Duration) -> Dial {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .expect("ring knows the ciphers of TLS 1.2 and 1.3")
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Dial { https, within }
    }

    /// Connects to the host of an address.
    pub(super) async fn connect(&self, to: Uri) -> Result<Stream, DialError> {
        match tokio::time::timeout(self.within, self.https.clone().oneshot(to)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no connection within {:?}", self.within).into()),
        }
    }
}

/// How the pool dials.
impl Service<Uri> for Dial {
    type Response = Stream;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let dial = self.clone();
        Box::pin(async move { dial.connect(to).await })
    }
}
