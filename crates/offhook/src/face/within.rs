//! The gateway's own pages, asked without a socket, with whatever token the client showed.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use mcp::face::{Gateway, NoReply, Reply};
use serde_json::Value;
use tower::ServiceExt as _;

/// The pages that a model's tools ask for.
#[derive(Clone)]
pub(crate) struct Within(pub(crate) Router);

impl Gateway for Within {
    async fn ask(&self, asked: mcp::face::Request) -> Result<Reply, NoReply> {
        let mut request = Request::builder().method(asked.method).uri(asked.path);
        if let Some(shown) = asked.authorization {
            request = request.header(header::AUTHORIZATION, shown);
        }
        if let Some(key) = asked.key {
            request = request.header("idempotency-key", key);
        }
        let body = asked.body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.body(Body::from(body));
        let request =
            request.map_err(|error| NoReply::Unreachable(format!("it cannot be asked: {error}")))?;
        let answer = self.0.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await;
        let body = body.map_err(|error| NoReply::Lost(format!("the answer broke off: {error}")))?.to_bytes();
        Ok(Reply { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }
}
