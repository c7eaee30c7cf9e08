//! `/metrics`, held against its page in the documentation.

use super::{BEARER, Site, site};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use std::collections::BTreeSet;
use tower::ServiceExt as _;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md"));

async fn scrape(site: &Site, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::builder().uri("/metrics");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// Each metric as its samples are called, and its type.
fn exported(text: &str) -> BTreeSet<(String, String)> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let of_samples = |(name, kind): (&str, &str)| {
        let ending = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        (format!("{name}{ending}"), kind.to_owned())
    };
    types.map(of_samples).collect()
}

/// Each metric of the page's tables, and its type.
fn documented() -> BTreeSet<(String, String)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `offhook_")?.split('|').map(str::trim);
        Some((format!("offhook_{}", cells.next()?.trim_end_matches('`')), cells.next()?.to_owned()))
    };
    PAGE.lines().filter_map(row).collect()
}

#[tokio::test]
async fn the_metrics_are_those_of_their_page_and_each_says_what_it_is() {
    let site = site().await;
    let (status, text) = scrape(&site, &[BEARER]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(exported(&text), documented());
    for (name, kind) in exported(&text) {
        let of_family = name.trim_end_matches("_total").trim_end_matches("_info");
        assert!(text.contains(&format!("# HELP {of_family} ")), "{name} ({kind}) has no HELP");
    }
    assert!(text.contains("offhook_calls_ended_total{carrier=\"main\",ending=\"busy\"} 0"), "{text}");
}

#[tokio::test]
async fn the_rules_of_the_page_speak_of_metrics_that_there_are() {
    let names: BTreeSet<String> = documented().into_iter().map(|(name, _)| name).collect();
    let rules = PAGE.split("## Rules").nth(1).unwrap();
    let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let used: Vec<&str> = rules.split(word).filter(|word| word.starts_with("offhook_")).collect();
    assert!(used.len() > 5, "{used:?}");
    for name in used {
        assert!(names.contains(name.trim_end_matches("_bucket")), "{name} is in no table");
    }
}

#[tokio::test]
async fn the_metrics_ask_for_the_token() {
    let site = site().await;
    assert_eq!(scrape(&site, &[]).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(scrape(&site, &[("authorization", "Bearer wrong")]).await.0, StatusCode::UNAUTHORIZED);
}
