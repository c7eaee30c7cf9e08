//! The connector against recorded replies and webhooks: data in, data out.
#![allow(clippy::unwrap_used)]

mod command;
mod control;
mod document;
mod listing;
mod media;
mod recording;
mod settings;
mod signature;
mod verdicts;
mod webhook;

use super::{ApiKey, Twilio, TwilioConfig};
use crate::roles::{Carrier, Leg, Next, Placement, Sought};
use crate::secret::Secret;
use crate::wire::{Reply, Request};
use call::call::{Script, Unknown, UnknownWhy};
use call::{CallId, CarrierCallId, CarrierName, Party, Timestamp};
use std::time::Duration;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const LEG: &str = "CA00000000000000000000000000000001";
const CALL: &str = "c_01jd3v6p9nf4q8s0t2x5z7a9bc";
/// What the fixtures' calls were created at: 2026-11-22 10:00:00 UTC.
const CREATED: Timestamp = Timestamp(1_795_341_600_000);

fn config() -> TwilioConfig {
    TwilioConfig {
        callback_base: Some("https://gw.example/hooks/twilio".to_owned()),
        ..TwilioConfig::new(CarrierName("twilio".to_owned()), ACCOUNT.to_owned(), Secret::new("12345"))
    }
}

fn twilio() -> Twilio {
    Twilio::new(config())
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

fn known(id: &str) -> Leg {
    Leg { id: CarrierCallId::new(id).unwrap(), also: Vec::new(), sought: sought() }
}

fn leg() -> CarrierCallId {
    CarrierCallId::new(LEG).unwrap()
}

/// A reply as Twilio sends it, 60 s after the fixtures' calls were created.
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

fn form(request: &Request) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn unknown(why: UnknownWhy, detail: &str) -> Unknown {
    Unknown { why, detail: detail.to_owned(), retry_after: None }
}
