//! `offhook reload`: the gateway reads its configuration anew.

use http::StatusCode;

use super::args::JsonArgs;
use super::client::ClientError;
use super::gateway::Gateway;
use super::wire::Reloaded;
use super::{CommandError, Exit, Terminal};

/// Has it read, and says what was taken over.
pub(super) async fn run(gateway: &Gateway, how: &JsonArgs, terminal: Terminal) -> Result<Exit, CommandError> {
    match gateway.reload().await {
        Ok(reply) => super::show(&reply, how, terminal, |reply| Ok(lines(&reply.read()?))),
        Err(ClientError::Problem { status: StatusCode::UNPROCESSABLE_ENTITY, message }) => {
            Err(CommandError::Usage(message))
        }
        Err(ClientError::Problem { status: StatusCode::UNAUTHORIZED, message }) => {
            let way_out =
                "where api.token is what was changed, send the gateway SIGHUP instead: kill -HUP PID";
            Err(CommandError::Client(ClientError::Problem {
                status: StatusCode::UNAUTHORIZED,
                message: format!("{message}; {way_out}"),
            }))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn lines(reloaded: &Reloaded) -> String {
    let Reloaded { changed, needs_restart } = reloaded;
    let mut lines = match changed.as_slice() {
        [] if needs_restart.is_empty() => "nothing to take over: what is written is in force\n".to_owned(),
        [] => String::new(),
        changed => format!("in force: {}\n", changed.join(", ")),
    };
    if !needs_restart.is_empty() {
        lines += &format!("needs a restart: {}\n", needs_restart.join(", "));
    }
    lines
}
