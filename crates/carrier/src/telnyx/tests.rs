//! The connector against recorded replies and webhooks: data in, data out.
#![allow(clippy::unwrap_used)]

mod command;
mod control;
mod heard;
mod listing;
mod mark;
mod media;
mod order;
mod placing;
mod recording;
mod settings;
mod signature;
mod speech;
mod verdicts;
mod webhook;

use super::{PublicKey, StreamCodec, Telnyx, TelnyxConfig};
use crate::mark::{Installation, Mark, SignedCall};
use crate::roles::{Carrier, Leg, Next, Placement, Seen, Sought};
use crate::secret::Secret;
use crate::wire::{Reply, Request};
use call::call::{Progress, Script, Sighting, Unknown, UnknownWhy};
use call::{CallId, CarrierCallId, CarrierName, Party, Timestamp};
use std::time::Duration;

const CONNECTION: &str = "1684641123236054244";
const LEG_ID: &str = "2dc6fc34-f9e0-11ea-b68e-02420a0f7768";
const LEG: &str = "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg";
const OTHER_LEG: &str = "v3:9X2vxPDFY2RHSJ1EdMS0RHRksMTg7ldNxdjWbVr9zBjbGjGsSe-aiQ";
const CALL: &str = "c_01jd3v6p9nf4q8s0t2x5z7a9bc";
/// When the fixtures' calls were dialled: 2026-11-22 10:00:00 UTC.
const DIALLED: Timestamp = Timestamp(1_795_341_600_000);

const ERROR_10009: &str = include_str!("fixtures/error_10009.json");
const ERROR_10011: &str = include_str!("fixtures/error_10011.json");
const ERROR_10005: &str = include_str!("fixtures/error_10005.json");
const ERROR_10007: &str = include_str!("fixtures/error_10007.json");
const ERROR_10016: &str = include_str!("fixtures/error_10016.json");
const ERROR_90015: &str = include_str!("fixtures/error_90015.json");
const ERROR_90034: &str = include_str!("fixtures/error_90034.json");
const ERROR_90018: &str = include_str!("fixtures/error_90018.json");
const BAD_GATEWAY: &str = include_str!("fixtures/bad_gateway.html");
const TRUNCATED: &str = include_str!("fixtures/truncated.json");
const DIALLED_REPLY: &str = include_str!("fixtures/dialled.json");
const TALKED: &str = include_str!("fixtures/talked.json");
const HUNG_UP: &str = include_str!("fixtures/hung_up.json");

fn config() -> TelnyxConfig {
    let key: PublicKey = signature::PUBLIC_KEY.parse().unwrap();
    TelnyxConfig {
        callback_base: Some("https://gw.example/hooks/telnyx".to_owned()),
        ..TelnyxConfig::new(
            CarrierName("telnyx".to_owned()),
            Secret::new("KEY0123_nobody_may_see"),
            key,
            CONNECTION.to_owned(),
        )
    }
}

fn telnyx() -> Telnyx {
    Telnyx::new(config())
}

fn placement() -> Placement {
    Placement {
        id: mark(),
        from: Party::read("+15550100000"),
        to: Party::read("+12025550143"),
        script: Script::SayAndHangUp("Fish & chips".to_owned()),
        ring_max: Duration::from_millis(44_100),
        duration_max: Duration::from_secs(600),
        listens: None,
    }
}

fn sought() -> Sought {
    Sought {
        mark: mark(),
        from: Party::read("+15550100000"),
        to: Party::read("+12025550143"),
        since: DIALLED,
        until: DIALLED + Duration::from_secs(1),
        skew_ms: 0,
    }
}

fn mark() -> CallId {
    CALL.parse().unwrap()
}

/// The fixtures' mark, as it was before installations signed.
fn signed() -> SignedCall {
    SignedCall::new(mark(), None)
}

fn leg() -> CarrierCallId {
    CarrierCallId::new(LEG).unwrap()
}

/// A leg of the call by this name, with all that is known to find it.
fn known(id: &str) -> Leg {
    Leg { id: CarrierCallId::new(id).unwrap(), also: Vec::new(), sought: sought() }
}

/// What a look came to.
fn sighting(next: Next<Seen>) -> Sighting {
    let Seen { sighting, named, also: _ } = done(next);
    assert_eq!(named, None);
    sighting
}

/// The one thing that can be said of a call of which only its life is told.
fn alive() -> Sighting {
    Sighting::Live { progress: Progress::Initiated, lasted: Some(Duration::ZERO) }
}

/// A reply as Telnyx sends it, 60 s after the fixtures' calls were dialled.
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

fn json(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn unknown(why: UnknownWhy, detail: &str) -> Unknown {
    Unknown { why, detail: detail.to_owned(), retry_after: None }
}
