//! `/webhooks/{carrier}/…`: what carriers say. The answer is 2xx only after what was said is on
//! disk, was known already, or is not ours.

use super::{Pages, Problem, path_of};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use carrier::RawWebhook;

/// Hears one webhook.
pub(crate) async fn hear(
    State(pages): State<Pages>,
    Path((carrier, _rest)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let raw = RawWebhook {
        method,
        url: address(&pages.public_url, &uri),
        headers: headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_vec(),
    };
    let heard = pages.calls.hear_webhook(&carrier, &raw).await.inspect_err(|error| {
        tracing::warn!(carrier, %error, "a webhook was not heard");
    })?;
    Ok(match heard {
        Some(document) => ([(header::CONTENT_TYPE, document.content_type)], document.body).into_response(),
        // Not 204: Telnyx and Plivo tell again whatever isn't answered with 200.
        None => StatusCode::OK.into_response(),
    })
}

/// The address that the carrier called: the host from the configuration, the rest as it arrived,
/// with the public path before it whether a proxy cut it off or not.
fn address(public_url: &str, uri: &Uri) -> String {
    let arrived = uri.path_and_query().map_or("/", |path| path.as_str());
    let prefix = path_of(public_url);
    let rest = match arrived.strip_prefix(prefix) {
        Some(rest) if !prefix.is_empty() && rest.starts_with("/webhooks/") => rest,
        _ => arrived,
    };
    format!("{}{rest}", public_url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::address;

    #[test]
    fn the_address_is_the_configured_one_whatever_a_proxy_does() {
        for (public_url, arrived, expected) in [
            (
                "https://gw.example",
                "/webhooks/main/status?call=c_1",
                "https://gw.example/webhooks/main/status?call=c_1",
            ),
            ("https://gw.example/", "/webhooks/main/status", "https://gw.example/webhooks/main/status"),
            (
                "https://gw.example:8443/a/b",
                "/webhooks/m/voice",
                "https://gw.example:8443/a/b/webhooks/m/voice",
            ),
            ("https://gw.example/a", "/a/webhooks/m/voice?x=1", "https://gw.example/a/webhooks/m/voice?x=1"),
        ] {
            assert_eq!(address(public_url, &arrived.parse().unwrap()), expected);
        }
    }
}
