//! Figures over time, and the simulated network of a configuration that has none.

use super::{BEARER, site};
use axum::http::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn figures_are_those_of_the_calls_that_began() {
    let site = site().await;
    for to in ["+12025550143", "+12025550144"] {
        let (status, told) = site.post("/v1/calls", &json!({ "to": to }).to_string()).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    }
    for (query, n) in [("", 24), ("?by=hour&n=3", 3), ("?by=day", 30), ("?by=day&n=366", 366)] {
        let (status, told) = site.get(&format!("/v1/figures{query}")).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let stretches = told["stretches"].as_array().unwrap();
        assert_eq!(stretches.len(), n, "{query}");
        let placed: u64 = stretches.iter().map(|one| one["outbound"].as_u64().unwrap()).sum();
        assert_eq!(placed, 2, "{query}");
        assert!(stretches.iter().all(|one| one["cost"].is_null() && one["replies"].is_null()), "{query}");
    }
}

#[tokio::test]
async fn figures_of_no_span_that_there_is_are_refused() {
    let site = site().await;
    for (query, says) in
        [("by=week", "by"), ("n=0", "from 1 to 366"), ("n=367", "from 1 to 366"), ("m=1", "m")]
    {
        let (status, told) = site.get(&format!("/v1/figures?{query}")).await;
        assert_eq!(
            (status, told["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("OH-0002")),
            "{query}: {told}"
        );
        assert!(told["detail"].as_str().unwrap().contains(says), "{query}: {told}");
    }
}

#[tokio::test]
async fn a_network_that_is_not_there_has_nobody_and_tells_no_truth() {
    let site = site().await;
    assert_eq!(site.get("/v1/network").await, (StatusCode::OK, json!({ "networks": [] })));
    let (_, call) = site.post("/v1/calls", r#"{"to": "+12025550143"}"#).await;
    let id = call["id"].as_str().unwrap();
    let (status, told) = site.get(&format!("/v1/network/calls/{id}")).await;
    assert_eq!((status, told), (StatusCode::OK, json!({ "call": id, "truth": null })));
    let nobody = "c_01890000000000000000000000";
    assert_eq!(site.get(&format!("/v1/network/calls/{nobody}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_is_shown_to_whoever_asks_and_the_figures_are_not() {
    let site = site().await;
    assert_eq!(site.ask(Method::GET, "/", &[], "").await.0, StatusCode::OK);
    for path in ["/v1/figures", "/v1/network"] {
        assert_eq!(site.ask(Method::GET, path, &[], "").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(site.ask(Method::GET, path, &[BEARER], "").await.0, StatusCode::OK);
    }
}
