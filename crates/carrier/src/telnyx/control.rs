//! Requests about one call, and what their replies say.
//!
//! Source: the paths under `/calls` of Telnyx's OpenAPI document (2026-07-16).
//!
//! A `command_id` keeps Telnyx from dialling twice for 60 s and no longer
//! (<https://developers.telnyx.com/docs/voice/programmable-voice/receiving-webhooks/index>,
//! 2026-11-22). It is sent, as a second lock; nothing is ever sent again because of it.

use super::Telnyx;
use super::mark::ClientState;
use super::record::{Fault, Record, alive, short, text, time, unknown, unreadable, wait};
use super::retries::policies;
use crate::mark::SignedCall;
use crate::roles::{Leg, Listens, Next, PlaceError, Placement, Seen};
use crate::wire::{Operation, Reply, Request};
use call::call::{CarrierEnding, EndingKind, HangUpReply, Progress, Sighting, UnknownWhy};
use call::{CallId, CarrierCallId, Timestamp};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// The body of the request that makes a call (schema `CallRequest`).
#[derive(Serialize)]
struct Dial<'a> {
    connection_id: &'a str,
    to: &'a str,
    from: &'a str,
    client_state: String,
    command_id: String,
    timeout_secs: u64,
    time_limit_secs: u64,
    /// Unless it is told not to, Telnyx rings on by another route when `timeout_secs` are over.
    retry_on_timeout: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_retries_policies: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answering_machine_detection: Option<&'static str>,
}

/// One entry of the list of a leg's events (schema `CallEvent`).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "text")]
    call_leg_id: Option<String>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    event_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct Entries {
    data: Vec<Entry>,
}

/// The request that makes a call.
pub(super) fn place(telnyx: &Telnyx, placement: &Placement) -> Request {
    let ring_s = whole_seconds(placement.ring_max).clamp(RING_S_MIN, RING_S_MAX);
    let duration_s = whole_seconds(placement.duration_max).clamp(DURATION_S_MIN, DURATION_S_MAX);
    let dial = Dial {
        connection_id: &telnyx.config.connection_id,
        to: placement.to.as_str(),
        from: placement.from.as_str(),
        client_state: telnyx.mark(placement.id),
        command_id: placement.id.to_string(),
        timeout_secs: ring_s,
        time_limit_secs: duration_s,
        retry_on_timeout: false,
        webhook_url: telnyx.webhook_url(),
        webhook_retries_policies: telnyx.webhook_url().map(|_| policies()),
        answering_machine_detection: placement.listens.map(|listens| match listens {
            Listens::Briefly => "detect",
            Listens::UntilItRecords => "greeting_end",
        }),
    };
    telnyx.post(Operation::Place, format!("{}/calls", telnyx.base), &dial)
}

/// Reads the reply to [`place`]. That the call isn't alive yet says nothing: dialling is
/// asynchronous, and of a call just made `is_alive` is always false (schema `Call`).
///
/// A 4xx means that Telnyx judged the request and made no call, but for four: 408, 409 and 425 are
/// said of requests that may go on somewhere, and after 429 the call may be tried again.
pub(super) fn read_placed(reply: &Reply) -> Result<CarrierCallId, PlaceError> {
    match reply.status {
        200..=299 => Record::read(reply)
            .and_then(|record| record.leg())
            .ok_or_else(|| PlaceError::InDoubt(format!("HTTP {} that names no call", reply.status))),
        429 => Err(PlaceError::Deferred { why: "rate_limited".to_owned(), retry_after: wait(reply) }),
        408 | 409 | 425 => Err(PlaceError::InDoubt(unknown(reply).detail)),
        400..=499 => {
            let (code, reason) = refusal(reply);
            Err(PlaceError::Refused { code, reason })
        }
        _ => Err(PlaceError::InDoubt(unknown(reply).detail)),
    }
}

/// Asks how one call stands, and then whether it was answered: the call itself doesn't tell, but the
/// list of its events does. The end is proved by the first reply; the second only says more of it.
///
/// Ten minutes after its end a call is forgotten, but its events are listed for longer, by a name of
/// their own: that it was hung up proves the end.
pub(super) fn look_up(telnyx: &Telnyx, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
    let Some(first) = replies.first() else {
        return Next::Ask(telnyx.get(Operation::LookUp, telnyx.call_url(&leg.id)));
    };
    let record = match record_of(&leg.id, first) {
        Ok(record) => record,
        Err(sighting) => return forgotten(telnyx, leg, sighting, replies.get(1)),
    };
    let sighting = record.sighting();
    let (Some(leg_id), false) = (record.leg_id(), matches!(sighting, Sighting::Unknown(_))) else {
        return Next::Done(sighting.into());
    };
    let Some(reply) = replies.get(1) else { return Next::Ask(events(telnyx, leg_id.as_str())) };
    let sighting = match sighting {
        Sighting::Live { .. } => answered(leg_id.as_str(), reply),
        Sighting::Over(ending) => Sighting::Over(told_more(&ending, leg_id.as_str(), reply)),
        Sighting::Unknown(unknown) => Sighting::Unknown(unknown),
    };
    let also = (!leg.also.contains(&leg_id)).then_some(leg_id);
    Next::Done(Seen { sighting, named: None, also })
}

/// A call that Telnyx doesn't know, maybe any more.
fn forgotten(telnyx: &Telnyx, leg: &Leg, sighting: Sighting, events_of: Option<&Reply>) -> Next<Seen> {
    let not_found = matches!(&sighting, Sighting::Unknown(unknown) if unknown.why == UnknownWhy::NotFound);
    match (leg.also.first().filter(|_| not_found), events_of) {
        (Some(leg_id), None) => Next::Ask(events(telnyx, leg_id.as_str())),
        (Some(leg_id), Some(reply)) => match hung_up_at(leg_id.as_str(), reply) {
            Some(ending) => Next::Done(Sighting::Over(ending).into()),
            None => Next::Done(sighting.into()),
        },
        (None, _) => Next::Done(sighting.into()),
    }
}

/// Ends one call. It carries no `command_id`: a hang-up is repeated because the call lives on, and
/// Telnyx would ignore just that.
pub(super) fn hang_up(telnyx: &Telnyx, leg: &CarrierCallId, replies: &[Reply]) -> Next<HangUpReply> {
    match replies.last() {
        None => {
            let url = format!("{}/actions/hangup", telnyx.call_url(leg));
            Next::Ask(telnyx.post(Operation::HangUp, url, &serde_json::json!({})))
        }
        Some(reply) => Next::Done(hung_up(reply)),
    }
}

impl Telnyx {
    /// Our name for a call, signed.
    pub(super) fn signed(&self, call: CallId) -> SignedCall {
        SignedCall::new(call, self.config.installation.as_ref())
    }

    /// Our name for a call, as `client_state` holds it.
    pub(super) fn mark(&self, call: CallId) -> String {
        ClientState::Ours { call: self.signed(call), doing: None }.write()
    }

    /// Where the webhooks of a call go; `None` where the application says.
    pub(super) fn webhook_url(&self) -> Option<String> {
        let base = self.config.callback_base.as_deref()?;
        Some(format!("{}/events", base.trim_end_matches('/')))
    }

    pub(super) fn call_url(&self, leg: &CarrierCallId) -> String {
        format!("{}/calls/{}", self.base, segment(leg.as_str()))
    }

    /// The address of the calls that live on our application.
    pub(super) fn active_calls_url(&self) -> String {
        format!("{}/connections/{}/active_calls", self.base, segment(&self.config.connection_id))
    }

    pub(super) fn get(&self, operation: Operation, url: String) -> Request {
        Request { operation, method: Method::GET, url, headers: self.headers(), body: Vec::new() }
    }

    pub(super) fn post(&self, operation: Operation, url: String, body: &impl Serialize) -> Request {
        let mut headers = self.headers();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let body = serde_json::to_vec(body).expect("texts and numbers can be written as JSON");
        Request { operation, method: Method::POST, url, headers, body }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let headers = [
            ("accept", "application/json"),
            ("authorization", &self.authorization),
            ("user-agent", USER_AGENT),
        ];
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}

/// The call that a reply describes, if it is the one that was asked about. A proxy's cache, or an
/// error told with 200, must not speak for it.
fn record_of(leg: &CarrierCallId, reply: &Reply) -> Result<Record, Sighting> {
    let refuse = |detail: &str| Err(Sighting::Unknown(unreadable(detail)));
    if !(200..=299).contains(&reply.status) {
        return Err(Sighting::Unknown(unknown(reply)));
    }
    match Record::read(reply) {
        None => refuse(&format!("HTTP {} without a call", reply.status)),
        Some(record) if record.leg().as_ref() != Some(leg) => {
            refuse("the answer is about no call, or another one")
        }
        Some(record) => Ok(record),
    }
}

/// The webhooks that were made for a leg. One page: whatever isn't on it isn't claimed.
fn events(telnyx: &Telnyx, leg_id: &str) -> Request {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("filter[leg_id]", leg_id)
        .append_pair("filter[type]", "webhook")
        .append_pair("page[size]", EVENTS_PAGE)
        .finish();
    telnyx.get(Operation::LookUp, format!("{}/call_events?{query}", telnyx.base))
}

/// A call that lives, and was answered if its events say so. That they don't proves nothing: how
/// soon they are listed isn't promised.
fn answered(leg_id: &str, reply: &Reply) -> Sighting {
    let Some(since) = Told::read(leg_id, reply).answered_at else { return alive() };
    // Both times are Telnyx's, so that a wrong clock of ours ends no call.
    let lasted = reply.date().zip(since).map(|(now, since)| now.since(since));
    Sighting::Live { progress: Progress::InProgress, lasted }
}

/// An end, with what the leg's events tell of it. `call_duration` alone can't say whether somebody
/// answered: from what it counts isn't stated.
fn told_more(ending: &CarrierEnding, leg_id: &str, reply: &Reply) -> CarrierEnding {
    match Told::read(leg_id, reply) {
        Told { answered_at: Some(answered_at), .. } => {
            let duration = answered_at.zip(ending.ended_at).map(|(from, to)| to.since(from));
            let duration = duration.or(ending.duration);
            CarrierEnding { kind: EndingKind::Completed, duration, ..ending.clone() }
        }
        // All of it is listed, and no answer is.
        Told { answered_at: None, hung_up_at: Some(_) } => {
            CarrierEnding { kind: EndingKind::NoAnswer, duration: None, ..ending.clone() }
        }
        Told { answered_at: None, hung_up_at: None } => ending.clone(),
    }
}

/// The end of a leg, where its events tell it.
fn hung_up_at(leg_id: &str, reply: &Reply) -> Option<CarrierEnding> {
    let ended_at = Told::read(leg_id, reply).hung_up_at?;
    let end = CarrierEnding {
        kind: EndingKind::NoAnswer,
        code: "ended".to_owned(),
        by: None,
        ended_at,
        duration: None,
    };
    Some(told_more(&end, leg_id, reply))
}

/// What the events of a leg tell: that it was answered and hung up, and when, if that can be read.
#[derive(Default)]
struct Told {
    answered_at: Option<Option<Timestamp>>,
    hung_up_at: Option<Option<Timestamp>>,
}

impl Told {
    fn read(leg_id: &str, reply: &Reply) -> Told {
        if !(200..=299).contains(&reply.status) {
            return Told::default();
        }
        let Ok(entries) = serde_json::from_slice::<Entries>(&reply.body) else { return Told::default() };
        let at = |name: &str| {
            let is_it = |entry: &&Entry| {
                entry.call_leg_id.as_deref() == Some(leg_id) && entry.name.as_deref() == Some(name)
            };
            entries.data.iter().find(is_it).map(|entry| entry.event_timestamp.as_deref().and_then(time))
        };
        Told { answered_at: at("call.answered"), hung_up_at: at("call.hangup") }
    }
}

/// What the reply to a hang-up says.
pub(super) fn hung_up(reply: &Reply) -> HangUpReply {
    if (200..=299).contains(&reply.status) {
        return HangUpReply::Accepted;
    }
    match (reply.status, Fault::read(reply).code.as_deref()) {
        (422, Some(code @ ALREADY_ENDED)) => HangUpReply::NothingToEnd { code: code.to_owned() },
        _ => HangUpReply::Failed(unknown(reply)),
    }
}

/// The code and the reason of a request that Telnyx refused.
pub(super) fn refusal(reply: &Reply) -> (String, String) {
    let fault = Fault::read(reply);
    let code = fault.code.map_or_else(|| reply.status.to_string(), |code| short(&code));
    let said = fault.detail.or(fault.title).map(|said| short(&said)).filter(|said| !said.is_empty());
    let reason = match (reply.status, said) {
        (401 | 403, Some(said)) => format!("the carrier did not accept our credentials: {said}"),
        (401 | 403, None) => "the carrier did not accept our credentials".to_owned(),
        (_, Some(said)) => said,
        (status, None) => format!("HTTP {status}"),
    };
    (code, reason)
}

/// A text as one segment of a path, whatever is in it.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, OUTSIDE_SEGMENT).to_string()
}

/// A span in whole seconds, rounded up, so that the carrier's limit never comes before ours.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

/// Names of calls look like `v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg`, and Telnyx's
/// own libraries write them into a path as they are.
const OUTSIDE_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b':');
const USER_AGENT: &str = concat!("offhook/", env!("CARGO_PKG_VERSION"));
/// What `timeout_secs` may be (schema `CallRequest`).
const RING_S_MIN: u64 = 5;
const RING_S_MAX: u64 = 600;
/// What `time_limit_secs` may be (schema `CallRequest`): at most four hours.
const DURATION_S_MIN: u64 = 30;
const DURATION_S_MAX: u64 = 14_400;
/// The largest page of events that Telnyx gives.
const EVENTS_PAGE: &str = "250";
/// "Call has already ended".
const ALREADY_ENDED: &str = "90018";
