//! The gateway that runs: whether it is there, lets us in, and is content.

use serde::Deserialize;

use super::WITHIN;
use super::finding::{Finding, Level};
use crate::cli::args::Global;
use crate::cli::client::{ApiRequest, Client, ClientError, Reply};
use crate::cli::wire::Paused;
use crate::config::Environment;

/// What was found of the gateway here.
pub(super) struct Local {
    /// In words.
    pub(super) findings: Vec<Finding>,
    /// What tells it from any other; `None` if none was met.
    pub(super) instance: Option<String>,
}

/// What `/healthz` says.
#[derive(Debug, Deserialize)]
struct Health {
    reasons: Vec<String>,
    instance: String,
    #[serde(default)]
    draining: bool,
}

/// Examines the gateway that the commands would ask.
pub(super) async fn examine(global: &Global, environment: &Environment) -> Local {
    let was_named = global.url.is_some() || environment.get("OFFHOOK_URL").is_some();
    let nobody = |finding| Local { findings: vec![finding], instance: None };
    let client = match crate::cli::client(global, environment) {
        Ok(client) => client,
        Err(error) => return nobody(Finding::plain("gateway", Level::Warning, error.to_string())),
    };
    let health: Result<Health, _> = ask(&client, &["healthz"]).await.and_then(|reply| reply.read());
    let health = match health {
        Ok(health) => health,
        Err(error) => return nobody(unmet(&client, &error, was_named)),
    };
    let paused: Result<Paused, _> = ask(&client, &["v1", "pause"]).await.and_then(|reply| reply.read());
    let mut findings = vec![admission(client.url(), paused)];
    if health.draining {
        let what = "takes no new call: it drains, and ends with the last one";
        findings.push(Finding::warning("gateway", what, "'offhook drain --cancel' has it take calls again"));
    }
    findings.extend(health.reasons.into_iter().map(|why| Finding::plain("gateway", Level::Warning, why)));
    Local { findings, instance: Some(health.instance) }
}

/// Whether it lets us in, and whether it places calls.
fn admission(url: &str, paused: Result<Paused, ClientError>) -> Finding {
    match paused {
        Ok(Paused { paused: false, .. }) => {
            Finding::ok("gateway", format!("answers at {url}, and lets us in"))
        }
        Ok(Paused { reason, .. }) => {
            let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            let what = format!("answers at {url}, and places no outbound calls: it is paused{reason}");
            Finding::warning("gateway", what, "'offhook resume' has it place them again")
        }
        Err(ClientError::Problem { status, .. }) if status == http::StatusCode::UNAUTHORIZED => {
            Finding::failed(
                "gateway",
                format!("answers at {url}, and does not let us in: it has another token"),
                "name its own configuration with --config, or set OFFHOOK_API__TOKEN",
            )
        }
        Err(error) => Finding::plain("gateway", Level::Failed, error.to_string()),
    }
}

/// Nobody was met, or somebody else. Where no address was named there may be no gateway yet.
fn unmet(client: &Client, error: &ClientError, was_named: bool) -> Finding {
    let url = client.url();
    match error {
        ClientError::Unreachable { .. } => {
            let way_out =
                "start it with 'offhook serve'; if it listens elsewhere, name its address with --url";
            let level = if was_named { Finding::failed } else { Finding::warning };
            level("gateway", format!("nobody answers at {url}"), way_out)
        }
        ClientError::Unreadable { .. } | ClientError::Problem { .. } => Finding::failed(
            "gateway",
            format!("what answers at {url} is no offhook gateway, or one of another version"),
            "free the port or set listen to another; after an update, start the gateway again",
        ),
        ClientError::Lost { .. } | ClientError::BadUrl(_) => {
            Finding::plain("gateway", Level::Failed, error.to_string())
        }
    }
}

async fn ask(client: &Client, path: &[&str]) -> Result<Reply, ClientError> {
    let request = ApiRequest { path, query: &[], body: None };
    match tokio::time::timeout(WITHIN, client.ask(request)).await {
        Ok(reply) => reply,
        Err(_) => {
            let why = format!("nothing came within {} s", WITHIN.as_secs());
            Err(ClientError::Lost { url: client.url().to_owned(), why })
        }
    }
}
