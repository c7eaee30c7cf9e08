//! `offhook drain`: the gateway takes no new call, and ends when those that live are over.

use std::time::Duration;

use super::args::DrainArgs;
use super::client::{ClientError, Reply};
use super::gateway::Gateway;
use super::patience::Waiting;
use super::wire::Drain;
use super::{CommandError, Exit, Terminal, show};
use http::StatusCode;

/// Has it drain, and waits until it ended; or has it take calls again.
pub(super) async fn run(
    gateway: &Gateway,
    args: &DrainArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let in_words = |reply: &Reply| Ok(format!("{}\n", line(&reply.read()?)));
    if args.cancel {
        return show(&gateway.stop_draining().await?, &args.how, terminal, in_words);
    }
    let reply = gateway.drain(args.within).await?;
    if args.no_wait {
        return show(&reply, &args.how, terminal, in_words);
    }
    tokio::select! {
        exit = wait(gateway, &reply, args, terminal) => exit,
        _ = tokio::signal::ctrl_c() => {
            terminal.remark("\nthe gateway drains on; 'offhook drain --cancel' has it take calls again");
            Ok(Exit::Interrupted)
        }
    }
}

/// Shows how many calls live, until the gateway is gone.
async fn wait(
    gateway: &Gateway,
    reply: &Reply,
    args: &DrainArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let first: Drain = reply.read()?;
    let waiting = Waiting::begin(terminal, &line(&first));
    let mut last = first.clone();
    remark(terminal, &last);
    let exit = loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let now: Drain = match gateway.draining().await {
            Ok(reply) => reply.read()?,
            Err(ClientError::Unreachable { .. } | ClientError::Lost { .. }) => break Exit::Done,
            // It drains all the same, at the word of a token that may say so and not look.
            Err(error @ ClientError::Problem { status: StatusCode::FORBIDDEN, .. }) => {
                drop(waiting);
                terminal
                    .remark(&format!("offhook: the gateway drains; how that goes can't be told: {error}"));
                return Ok(Exit::Done);
            }
            Err(error) => return Err(error.into()),
        };
        // Whoever starts it may hold its socket, and another answers by now.
        if now.instance != first.instance {
            break Exit::Done;
        }
        if now.live != last.live {
            remark(terminal, &now);
        }
        waiting.tell(line(&now));
        last = now;
        if !last.draining {
            break Exit::Failed;
        }
    };
    drop(waiting);
    let ended = exit == Exit::Done;
    if args.how.json {
        terminal.print_document(&serde_json::json!({ "ended": ended, "live": last.live }).to_string())?;
    } else {
        let told = match (ended, last.live) {
            (true, 0) => "the gateway has ended".to_owned(),
            (true, 1) => "the gateway has ended; 1 call lives on at its carrier".to_owned(),
            (true, n_live) => format!("the gateway has ended; {n_live} calls live on at their carriers"),
            (false, _) => "the gateway takes calls again: somebody took the drain back".to_owned(),
        };
        terminal.print(&format!("{told}\n"))?;
    }
    Ok(exit)
}

/// Where nothing moves on the screen, each change is a line.
fn remark(terminal: Terminal, drain: &Drain) {
    if !terminal.is_live {
        terminal.remark(&format!("offhook: {}", line(drain)));
    }
}

pub(super) fn line(drain: &Drain) -> String {
    let calls = match drain.live {
        0 => "no call lives".to_owned(),
        1 => "1 call lives".to_owned(),
        n_calls => format!("{n_calls} calls live"),
    };
    match (drain.draining, &drain.until) {
        (false, _) => format!("not draining: calls are placed and answered; {calls}"),
        (true, None) => format!("draining: no new call is taken; {calls}"),
        (true, Some(until)) => {
            format!("draining, until {until} at the latest: no new call is taken; {calls}")
        }
    }
}

const LOOK_AGAIN: Duration = Duration::from_secs(1);
