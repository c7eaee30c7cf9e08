//! Connections to the programs of others, which talk on our calls.

use carrier::Secret;
use carrier::twilio::upgrade_signature;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

pub(crate) type Program = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// By what a program knows that it is us.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// The connection is signed as Twilio signs it with this token.
    Signature(Secret),
    /// This token is shown.
    Bearer(Secret),
    /// These headers are.
    Headers(Vec<(String, Secret)>),
}

/// Connects to a program; if it doesn't answer, why.
pub(crate) async fn connect(url: &str, credential: Option<&Credential>) -> Result<Box<Program>, String> {
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    let headers = match credential {
        None => Vec::new(),
        Some(Credential::Signature(token)) => {
            vec![("x-twilio-signature".to_owned(), upgrade_signature(url, token))]
        }
        Some(Credential::Bearer(token)) => {
            vec![("authorization".to_owned(), format!("Bearer {}", token.expose()))]
        }
        Some(Credential::Headers(headers)) => {
            headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect()
        }
    };
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    let connecting = connect_async_with_config(request, Some(sockets(MESSAGE_MAX)), true);
    match timeout(CONNECT_MAX, connecting).await {
        Ok(Ok((program, _))) => Ok(Box::new(program)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no connection within {CONNECT_MAX:?}")),
    }
}

/// Buffers as small as their messages: with the library's own, a thousand streams take 270 MB.
pub(crate) fn sockets(message_max: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * message_max)
        .max_message_size(Some(message_max))
        .max_frame_size(Some(message_max))
}

/// Whether a program that closes its connection means it: one that crashes, or is shut down by its
/// server, doesn't.
pub(crate) fn is_meant(frame: Option<&CloseFrame>) -> bool {
    frame.is_none_or(|frame| frame.code == CloseCode::Normal)
}

/// How long a program may take to answer, and a carrier to begin.
pub(crate) const CONNECT_MAX: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 4 * 1024;
/// A program may say a minute at once.
const MESSAGE_MAX: usize = 1024 * 1024;
