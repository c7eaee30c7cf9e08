//! `offhook say`, `ask`, `play`, `digits`, `transfer` and `stream`: something is asked of a call, and
//! its outcome waited for.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};

use super::args::{AskArgs, CommandArgs, Language, PlayArgs, StreamArgs};
use super::client::{ClientError, Reply};
use super::gateway::Gateway;
use super::wire::{Command, CommandReply};
use super::{CommandError, Exit, Terminal};

/// What is asked: the page, and what is sent to it.
pub(super) struct Wish {
    page: &'static str,
    body: Value,
}

impl Wish {
    /// That something be said.
    pub(super) fn say(text: &str) -> Wish {
        Wish { page: "say", body: json!({ "text": text }) }
    }

    /// That something be asked.
    pub(super) fn ask(args: &AskArgs) -> Wish {
        let mut body = json!({});
        if let Some(text) = &args.text {
            body["text"] = json!(text);
        }
        if args.speech {
            body["input"] = json!("speech");
        }
        if let Some(n_keys) = args.digits {
            body["digits"] = json!(n_keys);
        }
        if let Some(timeout) = args.timeout {
            body["timeout_s"] = json!(timeout.as_secs());
        }
        Wish { page: "ask", body }
    }

    /// That keys be pressed.
    pub(super) fn digits(digits: &str) -> Wish {
        Wish { page: "digits", body: json!({ "digits": digits }) }
    }

    /// That a file be played.
    pub(super) fn play(args: &PlayArgs) -> Wish {
        let mut body = json!({ "url": args.file });
        if let Some(lasts) = args.lasts {
            body["lasts_s"] = json!(lasts.as_secs());
        }
        Wish { page: "play", body }
    }

    /// That the sound go to a program.
    pub(super) fn stream(args: &StreamArgs) -> Wish {
        let speaks = match args.speaks {
            Language::Carrier => "carrier",
            Language::Twilio => "twilio",
        };
        Wish { page: "stream", body: json!({ "url": args.program, "speaks": speaks }) }
    }

    /// That the call be put through.
    pub(super) fn transfer(to: &str) -> Wish {
        Wish { page: "transfer", body: json!({ "to": to }) }
    }
}

/// Asks it of a call and waits until it was done.
pub(super) async fn run(
    gateway: &Gateway,
    id: &str,
    wish: &Wish,
    how: &CommandArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let call = gateway.whole_id(id).await?;
    let asked = gateway.command(&call, wish.page, &wish.body).await?;
    let reply = if how.no_wait { asked } else { wait(gateway, asked, terminal).await? };
    let command = reply.read::<CommandReply>()?.command;
    if how.json {
        terminal.print_document(&reply.text)?;
    } else {
        let (line, remark) = shown(&command);
        if remark { terminal.remark(&line) } else { terminal.print(&format!("{line}\n"))? }
    }
    Ok(if how.no_wait { Exit::Done } else { exit(&command) })
}

/// Waits for as long as it is under way: the gateway gives up on it in time. It is on disk, so that a
/// gateway that dies meanwhile is waited for.
pub(super) async fn wait(
    gateway: &Gateway,
    mut reply: Reply,
    terminal: Terminal,
) -> Result<Reply, CommandError> {
    let mut away_since: Option<Instant> = None;
    loop {
        let CommandReply { call, command } = reply.read()?;
        if !command.is_open() {
            return Ok(reply);
        }
        match gateway.command_outcome(&call, command.id).await {
            Ok(news) => (reply, away_since) = (news, None),
            Err(error @ (ClientError::Lost { .. } | ClientError::Unreachable { .. })) => {
                if away_since.is_none() {
                    terminal.remark(
                        "offhook: the gateway is away; what was asked is on its disk, and waited for",
                    );
                }
                if away_since.get_or_insert_with(Instant::now).elapsed() > AWAY_MAX {
                    let ways = format!("GET /v1/calls/{call}/commands/{} tells what came of it", command.id);
                    terminal.remark(&format!("offhook: {ways}; don't ask again before"));
                    return Err(error.into());
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
            // It was asked for, by a token that may do that and not look.
            Err(error @ ClientError::Problem { status: StatusCode::FORBIDDEN, .. }) => {
                terminal
                    .remark(&format!("offhook: it is asked for; what becomes of it can't be told: {error}"));
                return Ok(reply);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// So long may the gateway be away while somebody waits, as with `call --wait`.
const AWAY_MAX: Duration = Duration::from_secs(60);
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The outcome in a line, and whether it is a remark rather than an answer.
pub(super) fn shown(command: &Command) -> (String, bool) {
    let why = command.why.as_deref().unwrap_or("no reason was told");
    match command.state.as_str() {
        "done" => match (&command.digits, &command.speech, &command.transfer) {
            (Some(answer), _, _) | (None, Some(answer), _) => (answer.clone(), false),
            (None, None, Some(how)) => (format!("put through; the other leg is over: {how}"), false),
            (None, None, None) if command.verb == "ask" && !command.stopped => {
                ("nothing was answered".to_owned(), true)
            }
            (None, None, None) if command.stopped => ("stopped before its time".to_owned(), false),
            (None, None, None) => ("done".to_owned(), false),
        },
        "failed" => {
            let code = command.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
            (format!("offhook: it was not done: {why}{code}"), true)
        }
        "in_doubt" => {
            (format!("offhook: nobody knows whether it was done, and it is not repeated: {why}"), true)
        }
        state => (format!("command {}: {state}", command.id), false),
    }
}

fn exit(command: &Command) -> Exit {
    match command.state.as_str() {
        "done" if command.verb == "ask" && command.digits.is_none() && command.speech.is_none() => {
            Exit::NothingAnswered
        }
        "failed" => Exit::EndedOtherwise,
        "in_doubt" => Exit::InDoubt,
        _ => Exit::Done,
    }
}
