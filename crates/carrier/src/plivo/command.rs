//! What is done on the line of a live call: it is sent to another document, which Plivo asks us for.
//!
//! Source: <https://docs.plivo.com/docs/voice/api/call/transfer-a-call> (2026-11-22).
//!
//! Plivo may ask for the document before or after it answers the request. So the question is no
//! news of the command: it is the reply that says how long the command takes, and the document is
//! the same either way.

use super::Plivo;
use super::control::names;
use super::exchange::{Exchange, Stop, outcome};
use super::record::{Fault, unknown};
use crate::roles::{Leg, Next, lasts_untold};
use crate::wire::Reply;
use call::call::{CommandReply, Performance, Verb};
use serde::Serialize;

/// The body of the request that sends a call to another document.
#[derive(Serialize)]
struct Redirect<'a> {
    legs: &'static str,
    aleg_url: &'a str,
    aleg_method: &'static str,
}

/// Does what was asked.
pub(super) fn perform(
    plivo: &Plivo,
    leg: &Leg,
    performance: &Performance,
    replies: &[Reply],
) -> Next<CommandReply> {
    let page = format!("command={}", performance.id);
    redirected(redirect(plivo, leg, &page, &performance.verb, &mut Exchange::new(replies)))
}

/// Ends what was asked before its time: the line is kept open, without a word.
pub(super) fn conclude(
    plivo: &Plivo,
    leg: &Leg,
    performance: &Performance,
    replies: &[Reply],
) -> Next<CommandReply> {
    let page = format!("stop={}", performance.id);
    redirected(redirect(plivo, leg, &page, &performance.verb, &mut Exchange::new(replies)))
}

fn redirected(asked: Result<CommandReply, Stop>) -> Next<CommandReply> {
    outcome(asked).map(|told| told.unwrap_or_else(|unknown| CommandReply::InDoubt { why: unknown.detail }))
}

/// Under one name after the other: of a name that it doesn't know Plivo did nothing.
fn redirect(
    plivo: &Plivo,
    leg: &Leg,
    page: &str,
    verb: &Verb,
    exchange: &mut Exchange<'_>,
) -> Result<CommandReply, Stop> {
    let names = match names(leg) {
        Ok(names) => names,
        Err(unnamed) => {
            return Ok(CommandReply::Refused { code: "no_name".to_owned(), reason: unnamed.detail });
        }
    };
    let addresses = plivo.config.addresses(leg.sought.mark);
    let aleg_url = format!("{}&{page}", addresses.voice);
    let body = Redirect { legs: "aleg", aleg_url: &aleg_url, aleg_method: "POST" };
    let mut told = CommandReply::Refused { code: "404".to_owned(), reason: "no such call".to_owned() };
    for name in names {
        let reply = exchange.ask(plivo.redirect(&name, &body))?;
        told = read(reply, verb);
        if reply.status != 404 {
            break;
        }
    }
    Ok(told)
}

/// As with a placement: a 4xx means that Plivo judged the request and did nothing, but for three
/// that are said of requests which may go on somewhere.
fn read(reply: &Reply, verb: &Verb) -> CommandReply {
    match reply.status {
        200..=299 if is_plivo_s(reply) => CommandReply::Taken { lasts: lasts_untold(verb) },
        200..=299 => CommandReply::InDoubt { why: format!("HTTP {} that isn't Plivo's", reply.status) },
        408 | 409 | 425 => CommandReply::InDoubt { why: unknown(reply).detail },
        400..=499 => CommandReply::Refused { code: reply.status.to_string(), reason: Fault::reason(reply) },
        _ => CommandReply::InDoubt { why: unknown(reply).detail },
    }
}

/// Whether a reply is one of Plivo's: each holds an `api_id`.
fn is_plivo_s(reply: &Reply) -> bool {
    let read = serde_json::from_slice::<serde_json::Value>(&reply.body);
    read.is_ok_and(|json| json.get("api_id").is_some())
}
