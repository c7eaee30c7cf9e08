//! `offhook health`: whether the gateway is ready, and what is amiss, for those who supervise it.

use http::StatusCode;

use super::args::JsonArgs;
use super::client::ClientError;
use super::gateway::Gateway;
use super::wire::Health;
use super::{CommandError, Exit, Terminal};

/// Says how it is. One that can't put on disk what it hears is not ready, nor is one that drains.
pub(super) async fn run(
    gateway: &Gateway,
    args: &JsonArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let health = gateway.health().await?;
    let ready = match gateway.ready().await {
        Ok(_) => true,
        Err(ClientError::Problem { status: StatusCode::SERVICE_UNAVAILABLE, .. }) => false,
        Err(error) => return Err(error.into()),
    };
    if args.json {
        terminal.print_document(&health.text)?;
    } else {
        let Health { reasons, draining } = health.read()?;
        let word = match (ready, draining) {
            (true, _) => "ready",
            (false, true) => {
                "not ready: it drains, and takes no new call; 'offhook drain --cancel' takes that back"
            }
            (false, false) => "not ready: what is heard can't be put on disk",
        };
        let amiss: String = reasons.iter().map(|reason| format!("! {reason}\n")).collect();
        terminal.print(&format!("{word}\n{amiss}"))?;
    }
    Ok(if ready { Exit::Done } else { Exit::Failed })
}
