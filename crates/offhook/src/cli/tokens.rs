//! `offhook token` and `offhook audit --access`: who may use the API, and what each did.

use serde::Deserialize;
use serde_json::{Value, json};

use super::args::{AddTokenArgs, AuditArgs, TokenArgs};
use super::client::Reply;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::wire::make_plain;
use super::{CommandError, Exit, Terminal};

/// A token as the gateway tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Token {
    name: String,
    scopes: Vec<String>,
    to: Option<Vec<String>>,
    from: Option<Vec<String>>,
    agents: Option<Vec<String>>,
    calls_per_hour: Option<u64>,
    calls_per_day: Option<u64>,
    #[serde(default)]
    own_calls: bool,
    old_until: Option<String>,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    /// Its text, when it was made.
    token: Option<String>,
}

/// The list of them.
#[derive(Debug, Deserialize)]
struct Tokens {
    tokens: Vec<Token>,
}

/// Something that was asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    at: String,
    token: Option<String>,
    verb: String,
    call: Option<String>,
    number: Option<String>,
    outcome: String,
    address: Option<String>,
    request_id: String,
}

/// Does what is asked of the tokens.
pub(super) async fn run(
    gateway: &Gateway,
    args: &TokenArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    match args {
        TokenArgs::Add(args) => made(&gateway.add_token(&wanted(args)).await?, args.json, terminal),
        TokenArgs::Rotate { name, overlap, expires_in, json } => {
            let body = json!({
                "overlap_s": overlap.map(|span| span.as_secs()), "expires_in_s": expires_in.map(|span| span.as_secs()),
            });
            made(&gateway.rotate_token(name, &body).await?, *json, terminal)
        }
        TokenArgs::Remove { name, json } => {
            let reply = gateway.remove_token(name).await?;
            if *json {
                terminal.print_json(&reply.json()?)?;
            } else {
                let token: Token = reply.read()?;
                let used = token
                    .last_used_at
                    .map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
                terminal.print(&format!("token {} is good no longer; it was {used}\n", token.name))?;
            }
            Ok(Exit::Done)
        }
        TokenArgs::List { json } => {
            let reply = gateway.tokens().await?;
            if *json {
                terminal.print_json(&reply.json()?)?;
                return Ok(Exit::Done);
            }
            let Tokens { tokens } = reply.read()?;
            if tokens.is_empty() {
                terminal.remark("there is no token but the owner's");
            } else {
                terminal.print(&tokens_table(&tokens, terminal.paint))?;
            }
            Ok(Exit::Done)
        }
    }
}

fn wanted(args: &AddTokenArgs) -> Value {
    json!({
        "name": args.name,
        "scopes": args.scopes,
        "to": args.to,
        "from": args.from,
        "agents": args.agents,
        "calls_per_hour": args.calls_per_hour,
        "calls_per_day": args.calls_per_day,
        "own_calls": args.own_calls,
        "expires_in_s": args.expires_in.map(|span| span.as_secs()),
    })
}

/// Prints the text alone, so that a script can take it.
fn made(reply: &Reply, json: bool, terminal: Terminal) -> Result<Exit, CommandError> {
    if json {
        terminal.print_json(&reply.json()?)?;
        return Ok(Exit::Done);
    }
    let token: Token = reply.read()?;
    let text = token.token.ok_or_else(|| reply.unreadable("it has no token".to_owned()))?;
    terminal.print(&format!("{text}\n"))?;
    let before = token.old_until.map(|until| format!("; the text before is good until {until}"));
    terminal.remark(&format!(
        "this is token {}: keep it now, it is not told again{}",
        token.name,
        before.unwrap_or_default()
    ));
    Ok(Exit::Done)
}

/// Shows what was asked for through the API, the newest first.
pub(super) async fn audit(
    gateway: &Gateway,
    args: &AuditArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let refused = args.refused.then_some("true");
    let query = [
        ("refused", refused),
        ("token", args.token.as_deref()),
        ("verb", args.verb.as_deref()),
        ("call", args.call.as_deref()),
    ];
    let query: Vec<(&str, &str)> =
        query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let pages = gateway.access_lines(&query).await?;
    if args.json {
        let mut document = json!({ "lines": pages.into_items(), "next": null });
        make_plain(&mut document);
        terminal.print_json(&document)?;
        return Ok(Exit::Done);
    }
    let lines: Vec<Line> = pages.read()?;
    if lines.is_empty() {
        terminal.remark("nothing of that kind was asked of the API yet");
    } else {
        terminal.print(&lines_table(&lines, terminal.paint))?;
    }
    Ok(Exit::Done)
}

/// The tokens as a table.
fn tokens_table(tokens: &[Token], paint: Paint) -> String {
    let mut rows = vec![Cell::heads(&["NAME", "SCOPES", "LIMITS", "EXPIRES", "LAST USED"])];
    rows.extend(tokens.iter().map(|token| {
        let or_dash = |text: &Option<String>| Cell::normal(text.as_deref().unwrap_or("-"));
        vec![
            Cell::new(&token.name, Tone::Strong),
            Cell::normal(token.scopes.join(",")),
            Cell::normal(limits(token)),
            or_dash(&token.expires_at),
            or_dash(&token.last_used_at),
        ]
    }));
    paint.columns(&rows)
}

fn limits(token: &Token) -> String {
    let list = |name: &str, list: &Option<Vec<String>>| {
        list.as_ref().map(|list| format!("{name} {}", list.join(",")))
    };
    let count = |n: Option<u64>, span: &str| n.map(|n| format!("{n} calls/{span}"));
    let all = [
        list("to", &token.to),
        list("from", &token.from),
        list("agents", &token.agents),
        count(token.calls_per_hour, "h"),
        count(token.calls_per_day, "day"),
        token.own_calls.then(|| "own calls".to_owned()),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    if all.is_empty() { "-".to_owned() } else { all.join("; ") }
}

/// What was asked for, as a table.
fn lines_table(lines: &[Line], paint: Paint) -> String {
    let mut rows =
        vec![Cell::heads(&["AT", "TOKEN", "VERB", "OUTCOME", "CALL", "NUMBER", "FROM", "REQUEST"])];
    rows.extend(lines.iter().map(|line| {
        let tone = if line.outcome == "done" { Tone::Good } else { Tone::Bad };
        let or_dash = |text: &Option<String>| Cell::normal(text.as_deref().unwrap_or("-"));
        vec![
            Cell::new(&line.at, Tone::Faint),
            or_dash(&line.token),
            Cell::new(&line.verb, Tone::Strong),
            Cell::new(&line.outcome, tone),
            or_dash(&line.call),
            or_dash(&line.number),
            or_dash(&line.address),
            Cell::new(&line.request_id, Tone::Faint),
        ]
    }));
    paint.columns(&rows)
}
