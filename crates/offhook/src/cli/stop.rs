//! `offhook stop`: what was asked of a call ends before its time.

use serde_json::{Value, json};

use super::args::StopArgs;
use super::gateway::Gateway;
use super::wire::{Command, CommandReply, StopReply};
use super::{CommandError, Exit, Terminal, command};

/// Has it ended, and waits until it is.
pub(super) async fn run(
    gateway: &Gateway,
    args: &StopArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let call = gateway.whole_id(&args.id).await?;
    let reply = gateway.stop(&call, args.command).await?;
    let asked = reply.read::<StopReply>()?.commands;
    let mut over = Vec::new();
    for command in asked {
        let stands = gateway.command_outcome(&call, command.id).await?;
        let stands = if args.how.no_wait { stands } else { command::wait(gateway, stands, terminal).await? };
        over.push(stands);
    }
    let commands = over.iter().map(|reply| reply.read::<CommandReply>()).collect::<Result<Vec<_>, _>>()?;
    if args.how.json {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null)["command"].take();
        let commands: Vec<Value> = over.iter().map(|reply| read(&reply.text)).collect();
        terminal.print_document(&json!({ "call": call, "commands": commands }).to_string())?;
    } else if commands.is_empty() {
        terminal.remark("offhook: nothing is under way on this call, and nothing waits");
    }
    let mut exit = Exit::Done;
    for CommandReply { command, .. } in commands {
        if !args.how.json {
            terminal.print(&line(&command))?;
        }
        if command.state == "in_doubt" {
            exit = Exit::InDoubt;
        }
    }
    Ok(exit)
}

fn line(command: &Command) -> String {
    let Command { id, verb, .. } = command;
    match command.state.as_str() {
        "failed" if command.code.as_deref() == Some("stopped") => format!("{id} {verb}: dropped\n"),
        "done" if command.stopped => format!("{id} {verb}: stopped\n"),
        "done" => format!("{id} {verb}: done before it could be stopped\n"),
        "in_doubt" => {
            let why = command.why.as_deref().unwrap_or("no reason was told");
            format!("{id} {verb}: nobody knows whether it was stopped: {why}\n")
        }
        state => format!("{id} {verb}: {state}\n"),
    }
}
