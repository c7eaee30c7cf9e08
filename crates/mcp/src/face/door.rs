//! How the face is reached: over streamable HTTP, or by the standard input and output of a program.

use super::sessions::Remembered;
use super::{Face, Gateway};
use crate::MESSAGE_MAX;
use bytes::Bytes;
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use rmcp::service::ServiceExt as _;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::RwLock;

/// Answers the requests of clients that speak HTTP. Cheap to clone.
#[derive(Clone)]
pub struct Door<G: Gateway> {
    service: StreamableHttpService<Face<G>, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    /// Held while a session is begun anew that an earlier run of the gateway had.
    beginning: Arc<RwLock<()>>,
}

impl<G: Gateway> Door<G> {
    /// A door that is open until `closed`: what clients listen to ends then. A page of a browser is let in from
    /// this machine, or from `origins`, such as `https://calls.example.com:443`.
    pub fn new(gateway: G, origins: &[String], closed: impl Future<Output = ()> + Send + 'static) -> Door<G> {
        let here = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
        let origins = here.into_iter().map(str::to_owned).chain(origins.iter().cloned());
        let mut settings = StreamableHttpServerConfig::default()
            // A container's or a proxy's name leads here too, and nobody is let in without a token. What would
            // be led here by a name of its own is a page of a browser, which tells whose it is.
            .disable_allowed_hosts()
            .with_allowed_origins(origins)
            .enforce_origin_validation()
            .with_max_request_body_bytes(MESSAGE_MAX);
        settings.session_store = Some(Arc::new(Remembered));
        let cancel = settings.cancellation_token.clone();
        tokio::spawn(async move {
            closed.await;
            cancel.cancel();
        });
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(SILENT_MAX);
        let face = move || Ok(Face { gateway: gateway.clone() });
        let sessions = Arc::new(sessions);
        let service = StreamableHttpService::new(face, Arc::clone(&sessions), settings);
        Door { service, sessions, beginning: Arc::default() }
    }

    /// Answers one request, whose token was checked.
    pub async fn answer(&self, request: http::Request<Bytes>) -> http::Response<BoxBody<Bytes, Infallible>> {
        // The library knows a session before it can be spoken in: of two requests that come with one at the same
        // moment after a restart, one begins it and the other waits.
        let session = request.headers().get("mcp-session-id").and_then(|name| name.to_str().ok());
        let is_known = match session {
            Some(name) => self.sessions.sessions.read().await.contains_key(name),
            None => true,
        };
        let _begins = if is_known {
            drop(self.beginning.read().await);
            None
        } else {
            Some(self.beginning.write().await)
        };
        self.service.handle(request.map(Full::new)).await
    }
}

/// Speaks with one client over these, until it leaves.
///
/// # Errors
/// What it said is not how one begins, and why.
pub async fn speak<G: Gateway>(
    gateway: G,
    read: impl AsyncRead + Send + Unpin + 'static,
    write: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), String> {
    let transport = AsyncRwTransport::new(read, write).with_max_line_length(MESSAGE_MAX);
    let served = Face { gateway }.serve(transport).await;
    match served {
        Ok(served) => {
            let _ = served.waiting().await;
            Ok(())
        }
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(carrier::send::chain(&error)),
    }
}

/// A session in which nothing is said for so long is put away: longer than any tool waits.
const SILENT_MAX: Duration = Duration::from_secs(15 * 60);
