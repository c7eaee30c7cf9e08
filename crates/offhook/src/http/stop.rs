//! `/v1/calls/{id}/stop`: what was asked of a call ends before its time.

use super::api::{call_id, read};
use super::view::{self, CommandView};
use super::{Pages, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use call::call::{Command, CommandId, CommandState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// What is asked of `POST /v1/calls/{id}/stop`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stop {
    /// Which command. Default: all that are open.
    command: Option<u32>,
}

/// The commands that end.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stopped {
    call: String,
    commands: Vec<CommandView>,
}

/// `POST /v1/calls/{id}/stop`: 202 with the commands that it ends. Of one whose request is on its way
/// to the carrier nobody knows yet what there is to end, so its reply is waited for.
pub(crate) async fn stop(
    pages: Pages,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Stopped>), Problem> {
    let asked: Stop = if body.is_empty() { Stop::default() } else { read(&body)? };
    let (id, which) = (call_id(&id)?, asked.command.map(CommandId));
    let until = Instant::now() + ON_ITS_WAY_MAX;
    let meant = |command: &&Command| which.is_none_or(|which| command.id == which) && ends(command);
    let mut ids: Vec<CommandId> = Vec::new();
    let call = loop {
        let before = pages.calls.get(id).await?;
        let commands = before.iter().flat_map(|kept| &kept.call.commands);
        ids.extend(commands.filter(meant).map(|command| command.id));
        let call = pages.calls.stop_command(id, which).await?;
        let on_its_way = |command: &Command| matches!(command.state, CommandState::Sent { .. });
        if !call.commands.iter().filter(meant).any(on_its_way) || Instant::now() >= until {
            break call;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    ids.sort_unstable();
    ids.dedup();
    let commands = ids.iter().filter_map(|id| call.command(*id)).map(view::command).collect();
    Ok((StatusCode::ACCEPTED, Json(Stopped { call: id.to_string(), commands })))
}

/// Whether to stop it does anything.
fn ends(command: &Command) -> bool {
    command.state == CommandState::Asked || (command.state.is_under_way() && command.verb.can_be_stopped())
}

/// A carrier answers sooner, or its answer is given up.
const ON_ITS_WAY_MAX: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
