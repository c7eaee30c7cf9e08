//! A gateway that runs elsewhere, asked as all commands ask it.

use crate::cli::args::Global;
use crate::cli::client::ClientError;
use crate::config::Environment;
use mcp::face::{Gateway, NoReply, Reply, Request};
use serde_json::{Value, json};
use std::sync::Arc;

/// Where it is, and by what token it lets us in: read anew for each request, since whoever started this program
/// may have done so before the gateway's first start, which makes the token.
#[derive(Clone)]
pub(super) struct Remote(Arc<(Global, Environment)>);

impl Remote {
    pub(super) fn new(global: Global, environment: Environment) -> Remote {
        Remote(Arc::new((global, environment)))
    }
}

impl Gateway for Remote {
    async fn ask(&self, asked: Request) -> Result<Reply, NoReply> {
        let (global, environment) = &*self.0;
        let client = crate::cli::client(global, environment);
        let client =
            client.map_err(|error| NoReply::Unreachable(format!("the gateway is not known: {error}")))?;
        let body = asked.body.as_ref().map(Value::to_string);
        let answered = client.exchange(&asked.method, &asked.path, body, asked.key.as_deref()).await;
        match answered {
            Ok((status, text)) => {
                let mut body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
                if status == http::StatusCode::UNAUTHORIZED {
                    body["detail"] =
                        json!(format!("{}{}", body["detail"].as_str().unwrap_or_default(), client.way_in()));
                }
                Ok(Reply { status: status.as_u16(), body })
            }
            Err(error @ ClientError::Lost { .. }) => Err(NoReply::Lost(error.to_string())),
            Err(error) => Err(NoReply::Unreachable(error.to_string())),
        }
    }
}
