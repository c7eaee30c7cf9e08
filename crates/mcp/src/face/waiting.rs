//! Waits for a call or for what was asked of it, with word to the client meanwhile.

use super::answers::{Told, sentence, short, way_on};
use super::asker::{Asker, Gateway, page};
use super::log::Log;
use super::requests::{Until, WaitForCall};
use super::verbs;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// What of a command is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// That it was begun, or won't be.
    Begun,
    /// That it is over.
    Over,
}

/// Waits for what came of a command.
///
/// # Errors
/// What a model is told instead.
pub(super) async fn wait_for_command<G: Gateway>(
    asker: &Asker<'_, G>,
    mut asked: Value,
    awaited: Awaited,
    at_most: Duration,
) -> Result<Told, Told> {
    let began = Instant::now();
    loop {
        let state = asked["command"]["state"].as_str().unwrap_or_default().to_owned();
        let is_open = match state.as_str() {
            "asked" | "sent" | "stopping" => true,
            "taken" => awaited == Awaited::Over,
            _ => false,
        };
        let left = at_most.saturating_sub(began.elapsed());
        if !is_open || left.is_zero() {
            return Ok(verbs::outcome(&asked));
        }
        asker.tell(began.elapsed(), at_most, &format!("command {}: {state}", asked["command"]["id"])).await;
        let (call, id) = (asked["call"].as_str().unwrap_or_default(), asked["command"]["id"].to_string());
        // A transfer that began is noticed by looking again, not by waiting for its end.
        let wait = if awaited == Awaited::Begun { Duration::ZERO } else { left.min(WAIT) };
        let path = page(&["v1", "calls", call, "commands", &id]);
        let answer = asker.get(&format!("{path}?wait_s={}", wait.as_secs())).await;
        asked = answer.map_err(|told| away(told, call, &id))?;
        if wait.as_secs() == 0 {
            tokio::time::sleep(LOOK_AGAIN.min(left)).await;
        }
    }
}

/// What was asked is on the gateway's disk, though it be away.
fn away(mut told: Told, call: &str, id: &str) -> Told {
    let next = format!(
        "Command {id} was asked, and is on the gateway's disk: don't ask it again. When the gateway is back, \
         wait_for_call with call {call:?} and command {id} tells what came of it."
    );
    told.next = next;
    told.structure.insert("call".to_owned(), json!(call));
    told.structure.insert("command".to_owned(), json!(id.parse::<u64>().ok()));
    told
}

/// Waits for a call.
///
/// # Errors
/// What a model is told instead.
pub(super) async fn wait_for_call<G: Gateway>(
    asker: &Asker<'_, G>,
    asked: &WaitForCall,
    at_most: Duration,
) -> Result<Told, Told> {
    let began = Instant::now();
    let path = page(&["v1", "calls", &asked.call]);
    let first = asker.get(&path).await?;
    let mut log = Log::of(&asked.call);
    log.read_on(asker).await?;
    let since = asked.since.unwrap_or(log.version);
    let mut told_at = None;
    let mut n_told = 0;
    loop {
        let call = asker.get(&path).await.map_err(|told| missed(told, &asked.call))?;
        log.read_on(asker).await.map_err(|told| missed(told, &asked.call))?;
        let news = log.news(since);
        let is_there = match (asked.until, call["state"].as_str().unwrap_or_default()) {
            (_, "ended") => true,
            (Until::Answered, "in_progress" | "hanging_up") => true,
            (Until::News, _) => !news.is_empty() || stand(&call) != stand(&first),
            (Until::Answered | Until::Ended, _) => false,
        };
        if is_there || began.elapsed() >= at_most {
            return Ok(waited(&call, &log, news, is_there));
        }
        let is_stale = told_at.is_none_or(|at: Instant| at.elapsed() >= TELL_AGAIN);
        if is_stale || news.len() > n_told {
            let message = news.last().cloned().unwrap_or_else(|| sentence(&call));
            asker.tell(began.elapsed(), at_most, &message).await;
            (told_at, n_told) = (Some(Instant::now()), news.len());
        }
        tokio::time::sleep(LOOK_AGAIN.min(at_most.saturating_sub(began.elapsed()))).await;
    }
}

fn waited(call: &Value, log: &Log, news: Vec<String>, is_there: bool) -> Told {
    let mut told = short(call);
    told.insert("version".to_owned(), json!(log.version));
    told.insert("timed_out".to_owned(), json!(!is_there));
    let newest = &news[news.len().saturating_sub(NEWS_MAX)..];
    told.insert("happened".to_owned(), json!(newest));
    let mut words = sentence(call);
    if !newest.is_empty() {
        words = format!("{words} Meanwhile: {}.", newest.join("; "));
    }
    match is_there {
        true => Told::done(words, way_on(call), told),
        false => {
            let version = log.version;
            let next = format!(
                "The time to wait is over, and the call goes on. {} Or wait again, with since {version} so that \
                 nothing is missed.",
                way_on(call)
            );
            Told::done(format!("{words} Not yet what was waited for."), next, told)
        }
    }
}

/// The gateway went away while a call was waited for.
fn missed(mut told: Told, call: &str) -> Told {
    if told.structure["error"].get("status").is_none() {
        told.words = format!("the gateway went away while the call was waited for: {}", told.words);
        told.next = format!(
            "How the call stands is not known now. It goes on at its carrier, and the gateway takes it up when \
             it is started again: try wait_for_call or get_call with call {call:?} again in some seconds. \
             Don't place it anew."
        );
        told.structure["error"]["detail"] = json!(told.words);
    }
    told.structure.insert("call".to_owned(), json!(call));
    told
}

/// What of a call is news when it changes, beside its log.
fn stand(call: &Value) -> (&Value, Vec<(&Value, &Value)>) {
    let commands = call["commands"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_over = |command: &&Value| {
        !matches!(command["state"].as_str(), Some("asked" | "sent" | "taken" | "stopping"))
    };
    let over = commands.iter().filter(is_over).map(|command| (&command["id"], &command["state"]));
    (&call["state"], over.collect())
}

/// How long one request to the gateway waits.
const WAIT: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A client that hears nothing for longer may give up.
const TELL_AGAIN: Duration = Duration::from_secs(5);
/// So much of what happened is told, the newest.
const NEWS_MAX: usize = 20;
