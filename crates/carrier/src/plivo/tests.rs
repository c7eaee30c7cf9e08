//! The connector against recorded replies and webhooks: data in, data out.
#![allow(clippy::unwrap_used)]

mod command;
mod document;
mod facts;
mod hang_up;
mod listing;
mod look_up;
mod media;
mod path;
mod placing;
mod recording;
mod settings;
mod signature;
mod verdicts;
mod webhook;

use super::{Plivo, PlivoConfig};
use crate::roles::{Carrier, Leg, Next, Placement, Sought};
use crate::secret::Secret;
use crate::wire::{Reply, Request};
use call::call::{Script, Unknown, UnknownWhy};
use call::{CarrierCallId, CarrierName, Party, Timestamp};
use std::time::Duration;

const ACCOUNT: &str = "MA2025RK4E639VJFZAGV";
/// The name of the request that made the fixtures' call, and the call's own.
const REQUEST: &str = "9834029e-58b6-41e1-b8b7-a5bd0e4e126f";
const LEG: &str = "5607532d-5037-4066-befc-a8b40218dd4f";
const CALL: &str = "c_01jd3v6p9nf4q8s0t2x5z7a9bc";
/// When the fixtures' calls were asked for: 2026-11-22 10:00:00 UTC.
const CREATED: Timestamp = Timestamp(1_795_341_600_000);
const NOT_FOUND: &str = include_str!("fixtures/error_404.json");
const BAD_GATEWAY: &str = include_str!("fixtures/bad_gateway.html");
const LIVE: &str = include_str!("fixtures/live_in_progress.json");
const RINGING: &str = include_str!("fixtures/live_ringing.json");
const QUEUED: &str = include_str!("fixtures/queued.json");
const RECORD: &str = include_str!("fixtures/record_completed.json");

fn config() -> PlivoConfig {
    PlivoConfig::new(
        CarrierName("plivo".to_owned()),
        ACCOUNT.to_owned(),
        Secret::new("12345"),
        "https://gw.example/hooks/plivo".to_owned(),
    )
}

fn plivo() -> Plivo {
    Plivo::new(config())
}

fn placement() -> Placement {
    Placement {
        id: CALL.parse().unwrap(),
        from: Party::read("+15550100000"),
        to: Party::read("+12025550143"),
        script: Script::SayAndHangUp("Fish & chips".to_owned()),
        ring_max: Duration::from_millis(44_100),
        duration_max: Duration::from_secs(600),
        listens: None,
    }
}

/// The fixtures' call was asked for within this second.
fn sought() -> Sought {
    Sought {
        mark: CALL.parse().unwrap(),
        from: Party::read("+15550100000"),
        to: Party::read("+12025550143"),
        since: CREATED,
        until: CREATED + Duration::from_secs(1),
        skew_ms: 0,
    }
}

fn id(text: &str) -> CarrierCallId {
    CarrierCallId::new(text).unwrap()
}

/// A leg with these names, the first of which it goes by.
fn known(names: &[&str]) -> Leg {
    let mut names = names.iter().map(|name| id(name));
    Leg { id: names.next().unwrap(), also: names.collect(), sought: sought() }
}

/// A reply as Plivo sends it, 60 s after the fixtures' calls were asked for.
fn reply(status: u16, body: &str) -> Reply {
    let headers = [("content-type", "application/json"), ("date", "Sun, 22 Nov 2026 10:01:00 GMT")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Reply { status, headers, body: body.as_bytes().to_vec() }
}

fn with_header(mut reply: Reply, name: &str, value: &str) -> Reply {
    reply.headers.retain(|(key, _)| key != name);
    reply.headers.push((name.to_owned(), value.to_owned()));
    reply
}

fn asked<T: std::fmt::Debug>(next: Next<T>) -> Request {
    match next {
        Next::Ask(request) => request,
        Next::Done(answer) => panic!("nothing was asked: {answer:?}"),
    }
}

fn done<T: std::fmt::Debug>(next: Next<T>) -> T {
    match next {
        Next::Done(answer) => answer,
        Next::Ask(request) => panic!("there is no answer yet: {request:?}"),
    }
}

/// Holds a talk of questions and replies, in this order and no other, and tells its outcome. A
/// question is its method and what follows the account in its address.
fn talk<T: std::fmt::Debug>(exchange: impl Fn(&[Reply]) -> Next<T>, lines: &[(&str, Reply)]) -> T {
    let mut replies = Vec::new();
    for (expected, reply) in lines {
        assert_eq!(line(&asked(exchange(&replies))), *expected);
        replies.push(reply.clone());
    }
    done(exchange(&replies))
}

fn line(request: &Request) -> String {
    let home = format!("https://api.plivo.com/v1/Account/{ACCOUNT}");
    format!("{} {}", request.method, request.url.strip_prefix(&home).unwrap())
}

fn not_found() -> Reply {
    reply(404, NOT_FOUND)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn body(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn unknown(why: UnknownWhy, detail: &str) -> Unknown {
    Unknown { why, detail: detail.to_owned(), retry_after: None }
}
