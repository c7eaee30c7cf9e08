//! `offhook notices`: who is told of calls by webhooks of ours, and how that goes.

use serde::Deserialize;

use super::args::NoticesArgs;
use super::client::Reply;
use super::gateway::Gateway;
use super::paint::{Cell, Paint, Tone};
use super::{CommandError, Exit, Terminal};

#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    tells: Vec<String>,
    lines_behind: u64,
    trying: Option<Trying>,
    stopped_at: Option<String>,
    given_up: Vec<GivenUp>,
    #[serde(default)]
    forgotten: u64,
}

#[derive(Debug, Deserialize)]
struct Trying {
    r#type: String,
    call: String,
    tries: u64,
    next_at: String,
    why: String,
}

#[derive(Debug, Deserialize)]
struct GivenUp {
    place: u64,
    r#type: String,
    call: String,
    given_up_at: String,
    why: String,
}

#[derive(Debug, Deserialize)]
struct All {
    notices: Vec<Told>,
}

/// Lists them, or has them told again.
pub(super) async fn run(
    gateway: &Gateway,
    args: &NoticesArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    if let Some(super::args::NoticesVerb::Replay { name, place }) = &args.verb {
        gateway.replay_notices(name, *place).await?;
        terminal.print(&format!("{name} is told again; see 'offhook notices'\n"))?;
        return Ok(Exit::Done);
    }
    let reply: Reply = gateway.notices().await?;
    if args.json {
        terminal.print(&format!("{}\n", reply.text.trim_end()))?;
        return Ok(Exit::Done);
    }
    terminal.print(&shown(&reply.read::<All>()?, terminal.paint))?;
    Ok(Exit::Done)
}

fn shown(all: &All, paint: Paint) -> String {
    if all.notices.is_empty() {
        return "nobody is told of calls; add [notices.NAME] to the configuration (docs/notices.md)\n"
            .to_owned();
    }
    let head = ["TOLD", "BEHIND", "HOW IT GOES", "OF WHAT"].map(|name| Cell::new(name, Tone::Faint)).to_vec();
    let row = |told: &Told| {
        let (how, tone) = going(told);
        vec![
            Cell::new(&told.name, Tone::Strong),
            Cell::normal(told.lines_behind.to_string()),
            Cell::new(&how, tone),
            Cell::normal(told.tells.join(", ")),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(all.notices.iter().map(row)).collect();
    let mut text = paint.columns(&rows);
    for told in all.notices.iter().filter(|told| !told.given_up.is_empty()) {
        let name = &told.name;
        text += &format!("\ngiven up for {name} (to send it again: offhook notices replay {name}):\n");
        let rows: Vec<_> = told.given_up.iter().map(given_up).collect();
        text += &paint.columns(&rows);
        if told.forgotten > 0 {
            text += &format!("and {} before them, which are forgotten\n", told.forgotten);
        }
    }
    text
}

fn going(told: &Told) -> (String, Tone) {
    match (&told.stopped_at, &told.trying) {
        (Some(at), _) => (format!("stopped {at}: it wants no more (410)"), Tone::Bad),
        (None, Some(Trying { r#type, call, tries, next_at, why })) => {
            (format!("{type} of {call} not taken, {tries} tries: {why}; again {next_at}"), Tone::Bad)
        }
        (None, None) => ("well".to_owned(), Tone::Good),
    }
}

fn given_up(one: &GivenUp) -> Vec<Cell> {
    let GivenUp { place, r#type, call, given_up_at, why } = one;
    [place.to_string(), r#type.clone(), call.clone(), given_up_at.clone(), why.clone()]
        .into_iter()
        .map(Cell::normal)
        .collect()
}
