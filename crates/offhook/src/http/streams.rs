//! `/streams/{ticket}`: where a carrier brings the sound of a call. What makes a WebSocket of the
//! connection is done here, and who may come is asked first.

use super::{Pages, Problem};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::StreamRefused;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Lets a stream in, or says why not.
pub(crate) async fn attach(
    State(pages): State<Pages>,
    Path(ticket): Path<String>,
    mut request: Request,
) -> Response {
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let headers = request.headers();
    let (Some(key), Some(upgrade)) = (websocket_key(headers), upgrade) else {
        return (StatusCode::UPGRADE_REQUIRED, [(UPGRADE, "websocket")], "this is for carriers' streams\n")
            .into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let (headers, calls) = (headers.clone(), pages.calls);
    let (tell, told) = oneshot::channel();
    // A carrier that doesn't wait for the answer drops what answers it, and not what it began.
    tokio::spawn(async move {
        let admitted = match calls.admit_stream(&ticket, &|name| text(&headers, name)).await {
            Ok(admitted) => admitted,
            Err(refused) => {
                // Its call is the first part of its address.
                let call = ticket.split('.').next().filter(|_| !matches!(refused, StreamRefused::NotOurs));
                tracing::warn!(call, %refused, "a stream is turned away");
                return drop(tell.send(Err(refused)));
            }
        };
        let _ = tell.send(Ok(()));
        match upgrade.await {
            Ok(connection) => admitted.carry(TokioIo::new(connection)).await,
            Err(_) => admitted.is_gone().await,
        }
    });
    match told.await {
        Ok(Ok(())) => {}
        Ok(Err(refused)) => return Problem::from(refused).into_response(),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
    let headers = [
        (CONNECTION, "Upgrade".to_owned()),
        (UPGRADE, "websocket".to_owned()),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

/// The key of a WebSocket's opening handshake (RFC 6455, section 4.2.1); `None` for anything else.
fn websocket_key(headers: &HeaderMap) -> Option<String> {
    let says = |name: HeaderName, word: &str| {
        text(headers, name.as_str())
            .is_some_and(|said| said.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    let asked =
        says(CONNECTION, "upgrade") && says(UPGRADE, "websocket") && says(SEC_WEBSOCKET_VERSION, "13");
    text(headers, SEC_WEBSOCKET_KEY.as_str()).filter(|_| asked)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
