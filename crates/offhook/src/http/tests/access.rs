//! The check of tokens, page by page.

use super::{BEARER, Site, site};
use crate::http::rows::ROWS;
use axum::http::{Method, StatusCode};
use call::access::Scope;
use serde_json::json;

/// A token with these scopes.
async fn token(site: &Site, name: &str, scopes: &[Scope]) -> String {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let asked = json!({ "name": name, "scopes": scopes }).to_string();
    let (status, made) = site.post("/v1/tokens", &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_asks_for_a_token_and_for_its_scope() {
    let site = site().await;
    let mut without = Vec::new();
    for lacks in Scope::ALL {
        let has: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != lacks).collect();
        without.push((lacks, token(&site, &format!("no-{}", lacks.word()), &has).await));
    }
    for row in ROWS {
        let path = row.path.replace("{id}", "c_01m81qdxrjejr9qs9jcr4789w6").replace("{command}", "1");
        let path = path.replace("{number}", "%2B12025550143").replace("{name}", "nobody");
        // Whoever may follow listens without an end, unless they ask for nonsense.
        let path = if path == "/events" { "/events?after=soon".to_owned() } else { path };
        let path = if path == "/metrics" { path } else { format!("/v1{path}") };
        let method: Method = row.method.parse().unwrap();

        let (status, problem) = site.ask(method.clone(), &path, &[], "{}").await;
        // Strangers are slowed down after a while.
        assert!(matches!(status.as_u16(), 401 | 429), "{method} {path}: {status}, {problem}");

        for (lacks, text) in &without {
            let bearer = format!("Bearer {text}");
            let (status, problem) =
                site.ask(method.clone(), &path, &[("authorization", &bearer)], "{}").await;
            let refused = problem["code"] == "OH-0040";
            assert_eq!(
                refused,
                *lacks == row.scope,
                "{method} {path} without {lacks:?}: {status}, {problem}"
            );
            if refused {
                assert_eq!(
                    (status.as_u16(), problem["scope"].as_str()),
                    (403, Some(lacks.word())),
                    "{problem}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_token_gives_no_more_than_it_has() {
    let site = site().await;
    let admin = format!("Bearer {}", token(&site, "sub", &[Scope::Admin, Scope::Read]).await);
    let admin = [("authorization", admin.as_str())];
    token(&site, "placer", &[Scope::Place]).await;
    for (path, body, expected) in [
        ("/v1/tokens", json!({"name": "a", "scopes": ["read"]}), 201),
        ("/v1/tokens", json!({"name": "b", "scopes": ["read", "place"]}), 403),
        ("/v1/tokens/a/rotate", json!({}), 200),
        ("/v1/tokens/placer/rotate", json!({}), 403),
        ("/v1/tokens", json!({"name": "a", "scopes": ["read"]}), 409),
        ("/v1/tokens", json!({"name": "owner", "scopes": ["read"]}), 400),
        ("/v1/tokens", json!({"name": "n12025550143", "scopes": ["read"]}), 400),
        ("/v1/tokens", json!({"name": "Clerk", "scopes": ["read"]}), 400),
        ("/v1/tokens", json!({"name": "c", "scopes": []}), 400),
        ("/v1/tokens", json!({"name": "c", "scopes": ["write"]}), 400),
        ("/v1/tokens", json!({"name": "c", "scopes": ["read"], "to": ["everybody"]}), 422),
        ("/v1/tokens", json!({"name": "c", "scopes": ["read"], "expires_in_s": 0}), 400),
        ("/v1/tokens/owner/rotate", json!({}), 404),
        ("/v1/tokens/a/rotate", json!({"overlap_s": 9_999_999_999_u64}), 400),
    ] {
        let (status, answer) = site.ask(Method::POST, path, &admin, &body.to_string()).await;
        assert_eq!(status.as_u16(), expected, "{path} {body}: {answer}");
    }
    let (_, listed) = site.ask(Method::GET, "/v1/tokens", &[BEARER], "").await;
    assert!(!listed.to_string().contains("oh_"), "{listed}");
}
