//! `offhook call`: places a call and, with `--wait`, follows it to its end.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::args::CallArgs;
use super::client::{ClientError, Reply};
use super::follow::{Follow, Heard};
use super::gateway::Gateway;
use super::patience::spinner;
use super::wire::{Call, PlaceCall};
use super::{CommandError, Exit, Terminal, follow};

/// Places a call.
pub(super) async fn run(
    gateway: &Gateway,
    args: &CallArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let wish = PlaceCall {
        to: &args.to,
        from: args.from.as_deref(),
        say: args.say.as_deref(),
        agent: args.agent.as_deref(),
        hold: args.hold,
        record: args.record,
    };
    let reply = gateway.place(&wish).await?;
    let call: Call = reply.read()?;
    if !args.wait {
        placed(args, &call, &reply, terminal)?;
        return Ok(Exit::Done);
    }
    tokio::select! {
        exit = wait(gateway, args, &call, reply, terminal) => exit,
        _ = tokio::signal::ctrl_c() => {
            let id = &call.id;
            let verbs = format!("'offhook show {id}' tells how, 'offhook hangup {id}' ends it");
            terminal.remark(&format!("\nthe call goes on; {verbs}"));
            Ok(Exit::Interrupted)
        }
    }
}

/// Shows a call that nobody waits for: to a program by its id alone, so that `$(offhook call …)` is
/// the id that the other commands take.
fn placed(args: &CallArgs, call: &Call, reply: &Reply, terminal: Terminal) -> Result<(), CommandError> {
    let line = follow::line(call, terminal.paint);
    if args.json {
        terminal.print_document(&reply.text)?;
    } else if terminal.is_read_by_person {
        terminal.print(&line)?;
    } else {
        terminal.remark(line.trim_end());
        terminal.print(&format!("{}\n", call.id))?;
    }
    Ok(())
}

/// Asks again and again until the call is over.
async fn wait(
    gateway: &Gateway,
    args: &CallArgs,
    call: &Call,
    placed: Reply,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let spinner = spinner(terminal);
    let mut follow = Follow::new(terminal.paint);
    let mut last = placed;
    let mut answer = Ok(call.clone());
    let mut pause = POLL_FIRST;
    loop {
        match follow.hear(answer, Instant::now().into_std()) {
            Heard::News(lines) if args.json => drop(lines),
            Heard::News(lines) => spinner.suspend(|| terminal.print(&lines))?,
            Heard::Nothing => {}
            Heard::Remark(remark) => spinner.suspend(|| terminal.remark(&remark)),
            Heard::Over { lines, exit } => {
                spinner.finish_and_clear();
                match args.json {
                    true => terminal.print_document(&last.text)?,
                    false => terminal.print(&lines)?,
                }
                return Ok(exit);
            }
            // The phone rings all the same, at the word of a token that may place calls and not look.
            Heard::GivenUp(error @ ClientError::Problem { status: StatusCode::FORBIDDEN, .. }) => {
                spinner.finish_and_clear();
                terminal.remark(&format!("{} goes on; what becomes of it can't be told: {error}", call.id));
                return Ok(Exit::InDoubt);
            }
            Heard::GivenUp(error) => return Err(error.into()),
        }
        spinner.set_message(follow.state().to_owned());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(POLL_LAST);
        answer = match gateway.call(&call.id).await {
            Ok(reply) => {
                let call = reply.read();
                last = reply;
                call
            }
            Err(error) => Err::<Call, ClientError>(error),
        };
    }
}

/// Early changes come fast; a talk may go on for minutes.
const POLL_FIRST: Duration = Duration::from_millis(250);
const POLL_LAST: Duration = Duration::from_secs(1);
