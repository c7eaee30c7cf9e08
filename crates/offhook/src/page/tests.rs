#![allow(clippy::unwrap_used)]

use super::files::{FILES, STYLES};
use super::{below, router};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use tower::ServiceExt as _;

async fn ask(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let pages = router::<()>();
    // As under a public address with a path.
    let all = pages.clone().nest("/below", pages).merge(below("/below"));
    let response = all.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.into_body().collect().await.unwrap().to_bytes())
}

/// The page, and the addresses of all its other files: each is named by the page or by one of them.
async fn named() -> (String, Vec<String>) {
    let (_, _, page) = ask("/", &[]).await;
    let page = String::from_utf8(page.to_vec()).unwrap();
    let link = page.split('"').find(|part| part.starts_with("page/")).unwrap();
    let folder = link.rsplit_once('/').unwrap().0;
    let others = FILES.iter().map(|(name, _)| *name).filter(|name| *name != "index.html");
    let links = others.map(|name| {
        let imported = FILES.iter().any(|(_, content)| content.contains(&format!("\"./{name}\"")));
        assert!(imported || page.contains(&format!("\"{folder}/{name}\"")), "nobody names {name}");
        format!("/{folder}/{name}")
    });
    (page.clone(), links.collect())
}

#[tokio::test]
async fn the_page_is_all_there_and_names_its_files_by_their_version() {
    let (page, links) = named().await;
    assert!(page.starts_with("<!doctype html>") && !page.contains("{version}"));
    for link in links {
        let (status, headers, _) = ask(&link, &[]).await;
        assert_eq!(status, StatusCode::OK, "{link}");
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    }
    let (status, headers, _) = ask("/page/of-yesterday/main.js", &[]).await;
    assert_eq!((status, headers["cache-control"].to_str().unwrap()), (StatusCode::OK, "no-cache"));
}

#[test]
fn what_is_in_the_folder_is_compiled_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> = FILES.iter().chain(STYLES).map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, known);
}

#[test]
fn a_file_has_one_reason_to_change() {
    for (name, content) in FILES.iter().chain(STYLES) {
        let n_lines = content.lines().count();
        assert!(n_lines <= 400, "crates/offhook/page/{name} has {n_lines} lines; divide it");
    }
}

#[tokio::test]
async fn every_answer_says_what_a_browser_must_refuse() {
    let (_, links) = named().await;
    for path in ["/".to_owned()].into_iter().chain(links) {
        let (_, headers, _) = ask(&path, &[]).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'; ") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-frame-options"], "DENY");
    }
}

#[tokio::test]
async fn the_styles_in_the_page_are_those_that_its_policy_names() {
    let (_, headers, page) = ask("/", &[]).await;
    let page = String::from_utf8(page.to_vec()).unwrap();
    let (_, style) = page.split_once("<style>").unwrap();
    let style = style.split_once("</style>").unwrap().0;
    assert!(STYLES.iter().all(|(_, content)| style.contains(content)) && page.matches("<style").count() == 1);
    let named = format!("style-src 'sha256-{}'; ", STANDARD.encode(Sha256::digest(style.as_bytes())));
    assert!(headers["content-security-policy"].to_str().unwrap().contains(&named), "{headers:?}");
}

#[test]
fn no_other_script_and_no_other_style_is_in_the_page_itself() {
    for (name, content) in FILES.iter().chain(STYLES).filter(|(name, _)| !name.ends_with(".svg")) {
        // Ours, which the policy names.
        let content = content.replace("<style>{style}</style>", "");
        let inline = ["<style", " style=\"", "<script>", "javascript:", "innerHTML", "eval("];
        let found: Vec<_> = inline.iter().filter(|inline| content.contains(**inline)).collect();
        assert!(found.is_empty(), "{name} has {found:?}, which its policy refuses");
        let content = content.replace("http://www.w3.org/2000/svg", "");
        assert!(!content.contains("://"), "{name} names an address elsewhere");
    }
}

#[tokio::test]
async fn who_has_a_file_already_is_not_sent_it_again() {
    for headers in [vec![], vec![("accept-encoding", "br, gzip")]] {
        let (_, first, body) = ask("/", &headers).await;
        assert!(!body.is_empty());
        let tag = first["etag"].to_str().unwrap();
        let weak = format!("\"other\", W/{tag}");
        for known in [tag, &weak, "*"] {
            let (status, again, body) = ask("/", &[&headers[..], &[("if-none-match", known)]].concat()).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!(again["etag"], first["etag"]);
        }
        let (status, _, _) = ask("/", &[&headers[..], &[("if-none-match", "\"other\"")]].concat()).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn it_is_packed_for_those_who_can_unpack_it() {
    let (_, plain, content) = ask("/", &[("accept-encoding", "gzip;q=0, br")]).await;
    assert!(!plain.contains_key("content-encoding"));
    let (_, packed, body) = ask("/", &[("accept-encoding", "deflate, gzip;q=0.8")]).await;
    assert_eq!(packed["content-encoding"], "gzip");
    assert_ne!(plain["etag"], packed["etag"], "they are different bytes");
    let mut unpacked = Vec::new();
    GzDecoder::new(&body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, content);
}

#[tokio::test]
async fn all_of_it_is_small() {
    let (_, links) = named().await;
    let mut n_bytes = 0;
    for path in ["/".to_owned()].into_iter().chain(links) {
        n_bytes += ask(&path, &[("accept-encoding", "gzip")]).await.2.len();
    }
    assert!(n_bytes < 100_000, "the page takes {n_bytes} bytes, packed");
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() {
    for path in [
        "/page/x/../../Cargo.toml",
        "/page/x/..%2f..%2fCargo.toml",
        "/page/x/%2e%2e%2fCargo.toml",
        "/page/x/..",
        "/page/..%2f..%2f..%2fetc/passwd",
        "/page/x/%2fetc%2fpasswd",
        "/page/x/main.js%00",
        "/page/x/main.js/",
        "/page/x/",
        "/page/main.js",
        "/page/x/files.rs",
    ] {
        let (status, _, body) = ask(path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn below_a_path_it_is_found_with_a_slash_at_the_end() {
    let (status, headers, _) = ask("/below", &[]).await;
    assert_eq!((status, headers["location"].to_str().unwrap()), (StatusCode::PERMANENT_REDIRECT, "below/"));
    let (status, _, page) = ask("/below/", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page, ask("/", &[]).await.2);
}
