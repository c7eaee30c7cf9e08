//! The page for people, at `/`: what a browser needs of it, and nothing else. It speaks `/v1` like any
//! other program; what is here is its files, compiled in, and the headers that they go out with.

mod files;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Path};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use files::{Asset, asset, style_source, version};
use std::sync::LazyLock;

use crate::http::no_such_page;

/// The page's own addresses.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(front)).route("/page/{version}/{file}", get(file))
}

/// The page below a path of the public address, which a nested router finds without the slash at its end
/// alone.
pub(crate) fn below<S: Clone + Send + Sync + 'static>(path: &str) -> Router<S> {
    Router::new().route(&format!("{path}/"), get(front))
}

/// The page itself. Its links are relative, so that it works under any path of the public address.
async fn front(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    if !uri.path().ends_with('/') {
        let last = uri.path().rsplit('/').next().unwrap_or_default();
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{last}/"))]).into_response();
    }
    match asset("index.html") {
        Some(page) => answer(page, &headers, "no-cache"),
        None => no_such_page(OriginalUri(uri)).await.into_response(),
    }
}

/// One of its files. The address has the version of all of them: what is there never changes, save for a
/// page that a gateway before this one gave, which gets what there is today.
async fn file(
    Path((of, name)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    match asset(&name) {
        Some(found) if of == version() => answer(found, &headers, "public, max-age=31536000, immutable"),
        Some(found) => answer(found, &headers, "no-cache"),
        None => no_such_page(OriginalUri(uri)).await.into_response(),
    }
}

fn answer(asset: &Asset, asked: &HeaderMap, cache: &'static str) -> Response {
    let packed = takes_gzip(asked);
    let (body, tag) = if packed { (&asset.packed, &asset.packed_tag) } else { (&asset.plain, &asset.tag) };
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = known.flat_map(|value| value.split(',')).map(|one| one.trim().trim_start_matches("W/"));
    let mut response = if tags.any(|one| one == "*" || one == tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(body.clone()).into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    if packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether whoever asks takes gzip, by its name and with a weight that isn't 0 (RFC 9110, 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.any(|part| {
            part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

/// What may be in the page: no script but in files, no style but ours, which is known by its digest. It makes
/// no element out of text, and sends nothing anywhere but here.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'self'; style-src {}; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        style_source()
    );
    // Were it no header, nothing at all would be allowed.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// What else each answer tells a browser to refuse.
const SECURITY: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

#[cfg(test)]
mod tests;
