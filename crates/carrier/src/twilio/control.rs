//! Requests about one call, and what their replies say.
//!
//! Source: `https://www.twilio.com/docs/voice/api/call-resource` (2026-11-22). Twilio has no
//! idempotency key for the creation of a call, so whatever isn't a plain yes or no is in doubt. Of answering
//! machines: <https://www.twilio.com/docs/voice/answering-machine-detection> (2026-11-29).

use super::Twilio;
use super::record::{Fault, Record, short, unknown, unreadable};
use super::twiml::{self, Addresses, whole_seconds};
use super::webhook::MACHINE;
use crate::mark::SignedCall;
use crate::roles::{Listens, Next, PlaceError, Placement};
use crate::wire::{Operation, Reply, Request};
use call::call::{HangUpReply, Sighting};
use call::{CallId, CarrierCallId};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The request that makes a call.
pub(super) fn place(twilio: &Twilio, placement: &Placement) -> Request {
    let ring_s = whole_seconds(placement.ring_max).clamp(1, RING_S_MAX).to_string();
    let duration_s = whole_seconds(placement.duration_max).clamp(1, DURATION_S_MAX).to_string();
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", placement.to.as_str());
    form.append_pair("From", placement.from.as_str());
    form.append_pair("Timeout", &ring_s);
    form.append_pair("TimeLimit", &duration_s);
    let addresses = twilio.addresses(Some(placement.id));
    // What is to be done goes along, rather than an address where Twilio asks for it: should we be away
    // when the call is answered, Twilio would say that something went wrong, and hang up.
    form.append_pair("Twiml", &twiml::write(&placement.script, addresses.as_ref()));
    if let Some(addresses) = addresses {
        form.append_pair("StatusCallback", &addresses.status);
        form.append_pair("StatusCallbackMethod", "POST");
        // Without this list only the end is told.
        for event in ["initiated", "ringing", "answered", "completed"] {
            form.append_pair("StatusCallbackEvent", event);
        }
        if let Some(listens) = placement.listens {
            // Meanwhile the talk begins: whoever picks up isn't kept waiting for the verdict.
            let until = match listens {
                Listens::Briefly => "Enable",
                Listens::UntilItRecords => "DetectMessageEnd",
            };
            form.append_pair("MachineDetection", until);
            form.append_pair("AsyncAmd", "true");
            form.append_pair("AsyncAmdStatusCallback", &format!("{}&{MACHINE}", addresses.status));
            form.append_pair("AsyncAmdStatusCallbackMethod", "POST");
        }
    }
    twilio.post(Operation::Place, twilio.calls_url(), form.finish())
}

/// Reads the reply to [`place`].
///
/// A 4xx means that Twilio judged the request and made no call, but for four: 408, 409 and 425
/// are said of requests that may go on somewhere, and 429 is promised to have done nothing, so
/// that the call may be tried again (<https://www.twilio.com/docs/api/errors/20429>, 2026-11-22).
pub(super) fn read_placed(reply: &Reply) -> Result<CarrierCallId, PlaceError> {
    match reply.status {
        200..=299 => Record::read(reply)
            .and_then(|record| record.leg())
            .ok_or_else(|| PlaceError::InDoubt(format!("HTTP {} that names no call", reply.status))),
        429 => Err(PlaceError::Deferred { why: "rate_limited".to_owned(), retry_after: reply.retry_after() }),
        408 | 409 | 425 => Err(PlaceError::InDoubt(unknown(reply).detail)),
        400..=499 => Err(refused(reply)),
        _ => Err(PlaceError::InDoubt(unknown(reply).detail)),
    }
}

/// Asks how one call stands.
pub(super) fn look_up(twilio: &Twilio, leg: &CarrierCallId, replies: &[Reply]) -> Next<Sighting> {
    match replies.last() {
        None => Next::Ask(twilio.get(Operation::LookUp, twilio.call_url(leg))),
        Some(reply) => Next::Done(sighting(twilio, leg, reply)),
    }
}

/// Ends one call: `completed` ends it at any stage, where `canceled` leaves one that was answered.
pub(super) fn hang_up(twilio: &Twilio, leg: &CarrierCallId, replies: &[Reply]) -> Next<HangUpReply> {
    match replies.last() {
        None => {
            let body = "Status=completed".to_owned();
            Next::Ask(twilio.post(Operation::HangUp, twilio.call_url(leg), body))
        }
        Some(reply) => Next::Done(hung_up(reply)),
    }
}

impl Twilio {
    /// Where Twilio tells what becomes of a call, if it can reach us.
    pub(super) fn addresses(&self, call: Option<CallId>) -> Option<Addresses> {
        let base = self.config.callback_base.as_ref()?.trim_end_matches('/');
        let mark = SignedCall::new(call?, self.config.installation.as_ref()).query();
        let (voice, status) = (format!("{base}/voice?{mark}"), format!("{base}/status?{mark}"));
        Some(Addresses { voice, status })
    }

    /// The address of the account's calls.
    pub(super) fn calls_url(&self) -> String {
        format!("{}{}", self.base, self.calls_path())
    }

    /// The path of the account's calls, as Twilio writes it in `next_page_uri`.
    pub(super) fn calls_path(&self) -> String {
        format!("/2010-04-01/Accounts/{}/Calls.json", segment(&self.config.account_sid))
    }

    pub(super) fn call_url(&self, leg: &CarrierCallId) -> String {
        let account = segment(&self.config.account_sid);
        format!("{}/2010-04-01/Accounts/{account}/Calls/{}.json", self.base, segment(leg.as_str()))
    }

    pub(super) fn get(&self, operation: Operation, url: String) -> Request {
        Request { operation, method: Method::GET, url, headers: self.headers(), body: Vec::new() }
    }

    pub(super) fn post(&self, operation: Operation, url: String, form: String) -> Request {
        let mut headers = self.headers();
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        Request { operation, method: Method::POST, url, headers, body: form.into_bytes() }
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

fn sighting(twilio: &Twilio, leg: &CarrierCallId, reply: &Reply) -> Sighting {
    if !(200..=299).contains(&reply.status) {
        return Sighting::Unknown(unknown(reply));
    }
    let Some(record) = Record::read(reply) else {
        return Sighting::Unknown(unreadable(&format!("HTTP {} without JSON", reply.status)));
    };
    // A proxy's cache, or an error told with 200, must not speak for this call.
    let same_account = record.account_sid.as_ref().is_none_or(|sid| *sid == twilio.config.account_sid);
    if record.leg().as_ref() != Some(leg) || !same_account {
        return Sighting::Unknown(unreadable("the answer is about no call, or another one"));
    }
    record.sighting(reply.date())
}

fn hung_up(reply: &Reply) -> HangUpReply {
    if (200..=299).contains(&reply.status) {
        return HangUpReply::Accepted;
    }
    match (reply.status, Fault::read(reply).code.as_deref()) {
        (_, Some(code @ NOT_IN_PROGRESS)) | (404, Some(code @ NOT_FOUND)) => {
            HangUpReply::NothingToEnd { code: code.to_owned() }
        }
        _ => HangUpReply::Failed(unknown(reply)),
    }
}

fn refused(reply: &Reply) -> PlaceError {
    let fault = Fault::read(reply);
    let code = fault.code.map_or_else(|| reply.status.to_string(), |code| short(&code));
    let said = fault.message.map(|message| short(&message)).filter(|message| !message.is_empty());
    let reason = match (reply.status, said) {
        (401, Some(said)) => format!("the carrier did not accept our credentials: {said}"),
        (401, None) => "the carrier did not accept our credentials".to_owned(),
        (_, Some(said)) => said,
        (status, None) => format!("HTTP {status}"),
    };
    PlaceError::Refused { code, reason }
}

/// A text as one segment of a path, whatever is in it.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, OUTSIDE_SEGMENT).to_string()
}

const OUTSIDE_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
const USER_AGENT: &str = concat!("offhook/", env!("CARGO_PKG_VERSION"));
/// `Timeout` may be at most this (call resource, 2026-11-22).
const RING_S_MAX: u64 = 600;
/// `TimeLimit` may be at most a day (call resource, 2026-11-22).
const DURATION_S_MAX: u64 = 86_400;
/// "Call is not in-progress. Cannot redirect.": over, or not yet begun
/// (<https://www.twilio.com/docs/api/errors/21220>, 2026-11-22).
const NOT_IN_PROGRESS: &str = "21220";
/// "The requested resource was not found" (<https://www.twilio.com/docs/api/errors/20404>, 2026-11-22).
const NOT_FOUND: &str = "20404";
